/*
 * Talking to a running engine: where it is, with which key, and what it answers.
 *
 * The address is --url, else ZARISH_URL, else what DATA/endpoint.json of this machine's engine
 * says, else http://127.0.0.1:8585. The key is ZARISH_KEY, else the one of DATA/admin.json; keys
 * are never taken from the command line, where other users could read them.
 */
#ifndef ZS_CLI_REMOTE_H
#define ZS_CLI_REMOTE_H

#include "cli/cli.h"
#include "json/json.h"

#define CLI_OPTS_REMOTE                                                                            \
    { .name = "url",                                                                               \
      .arg = "URL",                                                                                \
      .help = "the engine's management API; else ZARISH_URL, else "                                \
              "the engine of --data" },                                                            \
    {                                                                                              \
        .name = "data", .letter = 'd', .arg = "DIR",                                               \
        .help = "data directory of an engine on this machine", .def = "./zarish-data"              \
    }

struct remote_answer {
    unsigned status;
    struct str type;
    struct str body;
    const struct json *json; /* NULL where the body is not JSON */
};

/*
 * One request; path begins with /api/v1. An answer of 400 or more is an error with the problem
 * document's code and text; RC_MISSING (404), RC_DENIED (401, 403), RC_STATE (409), else RC_PEER.
 * CLI-031: no key; HTTP-05x: no answer at all.
 */
enum rc remote_call(struct cli *c, const struct cli_args *a, const char *method, struct str path,
                    struct remote_answer *out, struct err *e) ZS_CHECK;

/* Append "?name=value" or "&name=value", escaped, when value is not NULL. */
void remote_query(struct buf *path, const char *name, const char *value);

#endif

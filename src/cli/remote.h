/*
 * Talking to a running engine: where it is, with which credential, and what it answers.
 *
 * The address is --url, else ZARISH_URL, else what DATA/endpoint.json of this machine's engine
 * says, else http://127.0.0.1:8585. The credential is ZARISH_KEY, else the session that `zarish
 * login` left for this address, else the key in DATA/admin.json; none is ever taken from the
 * command line, where other users could read it.
 */
#ifndef ZS_CLI_REMOTE_H
#define ZS_CLI_REMOTE_H

#include "base/secret.h"
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

/* The same where -d is the command's own. */
#define CLI_OPTS_REMOTE_LONG                                                                       \
    { .name = "url",                                                                               \
      .arg = "URL",                                                                                \
      .help = "the engine's management API; else ZARISH_URL, else "                                \
              "the engine of --data" },                                                            \
    {                                                                                              \
        .name = "data", .arg = "DIR", .help = "data directory of an engine on this machine",       \
        .def = "./zarish-data"                                                                     \
    }

struct remote_request {
    const char *method;      /* "GET" */
    struct str path;         /* begins with /api/v1 */
    struct str body;         /* STR_NULL: none */
    const char *type;        /* of the body; NULL: application/json */
    const char *wait;        /* shown on a terminal while there is no answer: "testing"; or NULL */
    uint32_t total_ms;       /* 0: 30 s */
    bool open;               /* without a credential: the log-in */
    const struct secret *as; /* with this one; NULL: the one that is found */
    struct arena *arena;     /* takes the answer; NULL: c->arena. For answers that hold a secret */
};

struct remote_answer {
    unsigned status; /* 0: there was no answer at all */
    struct str type;
    struct str body;
    const struct json *json; /* NULL where the body is not JSON */
};

/*
 * One request. An answer of 400 or more is an error with the problem document's code and text (and
 * *out is set): RC_MISSING (404), RC_DENIED (401, 403), RC_STATE (409, 412), RC_VALUE (400, 422),
 * else RC_PEER. CLI-031: no credential; HTTP-05x: no answer at all.
 */
enum rc remote_send(struct cli *c, const struct cli_args *a, const struct remote_request *r,
                    struct remote_answer *out, struct err *e) ZS_CHECK;

/* The same without a body; POST sends an empty one. */
enum rc remote_call(struct cli *c, const struct cli_args *a, const char *method, struct str path,
                    struct remote_answer *out, struct err *e) ZS_CHECK;

/*
 * Tell what remote_send failed with: the error, and every finding of the problem document. The
 * status: CLI_NO when the thing asked for is not there or not in a state for it, else CLI_FAILED.
 */
int remote_fail(struct cli *c, const struct remote_answer *r, const struct err *e);

/* The answer's body as it came, for -o json. */
void remote_print(struct cli *c, const struct remote_answer *r);

/* "/api/v1/channels/x" of SEGMENTS("channels", "x"): each escaped; a NULL among them ends it. */
#define SEGMENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

enum rc remote_path(struct cli *c, const char *const *segments, struct str *out,
                    struct err *e) ZS_CHECK;

/* Append "?name=value" or "&name=value", escaped, when value is not NULL. */
void remote_query(struct buf *path, const char *name, const char *value);

/* ---- where and who (remote_where.c) ---- */

/* Without a slash at the end. RC_NOMEM. */
enum rc remote_url(struct cli *c, const struct cli_args *a, struct str *out,
                   struct err *e) ZS_CHECK;

/* Nobody said where the engine is: remote_url gives the default. */
bool remote_is_guess(struct cli *c, const struct cli_args *a);

/* In the wiping arena. RC_MISSING CLI-031. */
enum rc remote_credential(struct cli *c, const struct cli_args *a, struct str url,
                          struct arena *wiping, struct secret *out, struct err *e) ZS_CHECK;

/* What `zarish login` keeps: a file of its owner alone (0600), below XDG_CONFIG_HOME or ~/.config.
 */
struct remote_session {
    struct str url, user, expires_at;
    struct secret token;
};

enum rc remote_session_save(struct cli *c, const struct remote_session *s, struct err *e) ZS_CHECK;
/* RC_MISSING CLI-051: there is none. */
enum rc remote_session_load(struct cli *c, struct arena *wiping, struct remote_session *out,
                            struct err *e) ZS_CHECK;
/* None is fine. */
enum rc remote_session_drop(struct cli *c, struct err *e) ZS_CHECK;

#endif

/*
 * The kinds of things an engine holds, as people write them: "integration", "integrations",
 * "integration/NAME". Thread  main.
 */
#ifndef ZS_CLI_KINDS_H
#define ZS_CLI_KINDS_H

#include "cli/remote.h"

struct cli_kind {
    const char *one, *path; /* "integration", and in the API's paths "integrations" */
    /* `zarish describe`: tell everything, r is its record */
    enum rc (*describe)(struct cli *c, const struct cli_args *a, const char *name,
                        const struct remote_answer *r, struct err *e);
};

/*
 * KIND NAME, or KIND/NAME in one word. RC_VALUE CLI-054 no such kind (the text names them),
 * CLI-005 the name is missing.
 */
enum rc cli_kind_read(struct cli *c, const struct cli_args *a, const struct cli_kind *kinds,
                      size_t n, const struct cli_kind **kind, const char **name,
                      struct err *e) ZS_CHECK;

#endif

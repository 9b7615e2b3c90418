/*
 * Secrets from a person or a pipe, never from the command line (other users can read that) and
 * never shown. Thread  main.
 */
#ifndef ZS_CLI_PROMPT_H
#define ZS_CLI_PROMPT_H

#include "cli/cli.h"

/*
 * On a terminal: "what: " on c->err and a line without echo, asked for again when `twice`.
 * Else all of c->in, without one line end at its end.
 *
 * wiping   takes the text
 * Returns  RC_VALUE CLI-056 nothing came, CLI-057 the two are not the same; RC_STATE CLI-058
 * Ctrl-C; RC_IO BASE-031; RC_LIMIT BASE-032 more than 64 kB; RC_NOMEM
 */
enum rc cli_read_secret(struct cli *c, const char *what, bool twice, struct arena *wiping,
                        struct str *out, struct err *e) ZS_CHECK;

#endif

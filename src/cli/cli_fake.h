/*
 * A command line for tests: streams in memory, a clock in the hand, commands of the test's own.
 * For the tests of this folder, and of commands:
 *
 *   struct cli_fake f;
 *   cli_fake_init(&f, "input");
 *   int status = cli_fake_run(&f, &program, (const char *[]){ "check", "-", NULL });
 *   T_EQ_STR(f.out, "…"); T_EQ_STR(f.err, "");
 *   cli_fake_done(&f);
 */
#ifndef ZS_CLI_CLI_FAKE_H
#define ZS_CLI_CLI_FAKE_H

#include "cli/cli.h"

struct cli_fake {
    struct cli c; /* change what a test wants different before the run */
    struct clock_fake clock;
    struct random_fake random;
    struct str out; /* what the last run wrote; good until the next run or done */
    struct str err;
    char *out_bytes;
    char *err_bytes;
    size_t out_n;
    size_t err_n;
};

/* input: what c.in holds, borrowed. */
void cli_fake_init(struct cli_fake *f, struct str input);
void cli_fake_done(struct cli_fake *f);

/* words: without the program's name, NULL at the end. Returns the exit status. */
int cli_fake_run(struct cli_fake *f, const struct cli_program *program, const char *const *words);

/* One command alone, by its own name. */
int cli_fake_cmd(struct cli_fake *f, const struct cli_cmd *cmd, const char *const *words);

#endif

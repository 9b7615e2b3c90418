/*
 * `zarish serve`: run the engine until it is told to stop.
 */
#include "app/run.h"

#include <unistd.h>

static const struct cli_opt opts[] = {
    { .name = "config",
      .letter = 'c',
      .arg = "PATH",
      .help = "configuration file, or directory of *.yaml, *.yml and *.json; may be repeated",
      .def = "zarish.yaml" },
    { .name = "data",
      .letter = 'd',
      .arg = "DIR",
      .help = "data directory, made when missing",
      .def = "./zarish-data" },
    { .name = "listen",
      .letter = 'l',
      .arg = "HOST:PORT",
      .help = "where the management API listens, instead of the configuration's address" },
    { .name = "log-form",
      .arg = "json|logfmt|human",
      .help = "form of the event lines on standard error; human on a terminal" },
    { .name = "log-level", .arg = "debug|info|warn|error", .help = "least level written" },
    CLI_OPT_END
};

static int run(struct cli *c, const struct cli_args *a)
{
    size_t n = cli_count(a, "config");
    const char **paths = arena_make(c->arena, const char *, n + 1);
    if (!paths) {
        struct err e;
        (void)err_set(&e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
        return cli_fail(c, &e);
    }
    for (size_t i = 0; i < n; i++)
        paths[i] = cli_opt_at(a, "config", i);
    if (n == 0 && access(cli_opt(a, "config"), F_OK) == 0)
        paths[n++] = cli_opt(a, "config");
    else if (n == 0)
        cli_note(c, "there is no %s here: the engine runs what was applied to it (`zarish apply`)",
                 cli_opt(a, "config"));
    struct run_conf conf = { .config = paths,
                             .n_config = n,
                             .data = cli_opt(a, "data"),
                             .listen = cli_opt(a, "listen"),
                             .log_form = cli_opt(a, "log-form"),
                             .log_level = cli_opt(a, "log-level") };
    struct run r;
    int status = run_open(c, &conf, &r);
    if (status != CLI_DONE)
        return status;
    run_wait(&r);
    run_close(&r);
    return CLI_DONE;
}

const struct cli_cmd cmd_serve = {
    .name = "serve",
    .summary = "Run the engine",
    .details =
        "Reads and checks the configuration (without --config, zarish.yaml where there is one), "
        "opens or makes the data directory, starts every "
        "channel and the management API, and runs until SIGTERM or SIGINT. Stopping is orderly: "
        "what was acknowledged is on disk, what is in flight is finished or recorded.\n\n"
        "The first start makes an administrator's key, shows it once and keeps it in "
        "DATA/admin.json (0600). DATA/endpoint.json says where this engine listens while it runs.",
    .examples = "zarish serve --config examples/quickstart --data ./zarish-data",
    .opts = opts,
    .run = run,
};

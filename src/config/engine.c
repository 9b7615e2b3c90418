/*
 * The `engine` document: what holds for the whole process. Tests: config_test.c
 */
#include "config/config_int.h"

static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const log_forms[] = { "json", "logfmt", "human", NULL };

static const struct opt_def engine_opts[] = {
    { .name = "engine",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct config_engine, name),
      .min = 1,
      .max = 100,
      .doc = "Name of this engine, for people." },
    { .name = "listen",
      .kind = OPT_STR,
      .at = offsetof(struct config_engine, listen),
      .dflt = "127.0.0.1:8585",
      .min = 1,
      .max = 300,
      .doc = "Where the management API listens, host:port. Port 0 takes a free one." },
    { .name = "logLevel",
      .kind = OPT_ENUM,
      .at = offsetof(struct config_engine, log_level),
      .dflt = "info",
      .names = log_levels,
      .doc = "Least level of events that are written." },
    { .name = "logForm",
      .kind = OPT_ENUM,
      .at = offsetof(struct config_engine, log_form),
      .dflt = "json",
      .names = log_forms,
      .doc = "How events are written; `human` is what a terminal gets anyway." },
    { .name = "loops",
      .kind = OPT_INT,
      .at = offsetof(struct config_engine, loops),
      .min = 0,
      .max = 256,
      .dflt = "0",
      .doc = "Threads for input and output; 0: one less than cores." },
};

const struct opt_table config_engine_table =
    OPT_TABLE("engine", struct config_engine, engine_opts,
              "What holds for the whole engine. At most one document of this kind.");

void config_read_engine(struct config_load *l, const struct config_doc *d)
{
    struct config_engine *conf = arena_make(l->arena, struct config_engine, 1);
    struct opt_read r = config_reader(l, d, NULL);
    if (!conf || opt_decode(&config_engine_table, d->doc, &r, conf) == RC_NOMEM)
        l->nomem = true;
    l->unit->engine = conf;
}

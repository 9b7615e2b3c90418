/*
 * The `engine` document: what holds for the whole process. Tests: config_test.c
 */
#include "config/config_int.h"

#include "net/addr.h"

static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const log_forms[] = { "json", "logfmt", "human", NULL };

static const struct opt_def outbound_opts[] = {
    { .name = "allow",
      .kind = OPT_STRS,
      .at = offsetof(struct config_outbound, allow),
      .max = 1000,
      .doc = "Networks (CIDR) that connections may go to; without it all of them." },
    { .name = "deny",
      .kind = OPT_STRS,
      .at = offsetof(struct config_outbound, deny),
      .max = 1000,
      .doc = "Networks that no connection may go to, even if `allow` has them." },
};

static const struct opt_table outbound_table =
    OPT_TABLE("outbound", struct config_outbound, outbound_opts,
              "Where endpoints and token servers may be: an editor of integrations is not thereby "
              "let into every network of this machine. Names are looked up first, addresses are "
              "what counts.");

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
    { .name = "outbound",
      .kind = OPT_OBJ,
      .at = offsetof(struct config_engine, outbound),
      .sub = &outbound_table,
      .doc = "Limits where connections may go. Taken up at the start of the engine." },
    { .name = "writeBack",
      .kind = OPT_BOOL,
      .at = offsetof(struct config_engine, write_back),
      .dflt = "false",
      .doc = "Changes that the API makes to an object of a file are written into that file; its "
             "comments are lost then. Without it such objects are changed in their files only." },
};

const struct opt_table config_engine_table =
    OPT_TABLE("engine", struct config_engine, engine_opts,
              "What holds for the whole engine. At most one document of this kind.");

static void check_networks(struct config_load *l, const struct config_doc *d, const char *key,
                           const struct opt_strs *networks)
{
    const struct json *outbound = json_getz(d->doc, "outbound");
    struct cidr net;
    struct err e;
    for (size_t i = 0; i < networks->n; i++) {
        if (cidr_parse(networks->v[i], &net, &e) == RC_OK)
            continue;
        char path[40];
        (void)snprintf(path, sizeof path, "outbound.%s[%zu]", key, i); /* fits: at most 1000 */
        config_finding(l, d, json_at(json_getz(outbound, key), i), path, e.id,
                       "such as 10.0.0.0/8 or fd00::/8", "%s", e.text);
    }
}

void config_read_engine(struct config_load *l, const struct config_doc *d)
{
    struct config_engine *conf = arena_make(l->arena, struct config_engine, 1);
    struct opt_read r = config_reader(l, d, NULL);
    if (!conf || opt_decode(&config_engine_table, d->doc, &r, conf) == RC_NOMEM)
        l->nomem = true;
    if (conf && conf->outbound) {
        check_networks(l, d, "allow", &conf->outbound->allow);
        check_networks(l, d, "deny", &conf->outbound->deny);
    }
    l->unit->engine = conf;
}

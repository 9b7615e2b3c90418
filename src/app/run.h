/*
 * A running engine with everything it stands on: data directory, store, keys, configuration,
 * channels and the management API. `serve` and `demo` are made of this.
 *
 *   run_open ── run_wait (until a signal, or run_stop) ── run_close
 *
 * Thread  main: its loop serves the management API and hears the signals.
 */
#ifndef ZS_APP_RUN_H
#define ZS_APP_RUN_H

#include "api/api.h"
#include "app/token.h"
#include "auth/auth.h"
#include "auth/vault.h"
#include "cli/cli.h"
#include "config/config.h"
#include "flow/engine.h"
#include "manage/manage.h"
#include "store/confdb.h"
#include "store/datadir.h"

struct run;

struct run_conf {
    const char *const *config; /* files and directories */
    size_t n_config;
    const char *data;     /* directory */
    const char *listen;   /* instead of the configuration's; NULL: that one */
    const char *log_form; /* "json", "logfmt", "human"; NULL: the configuration's */
    const char *log_level;
    bool quiet; /* no log lines at all: the demo shows its own */
    /* called when `loop` exists and nothing else does; may be NULL */
    enum rc (*prepare)(struct run *r, struct err *e);
    /* a variable for the configuration, before the environment's; may be NULL */
    const char *(*lookup)(void *ctx, const char *name);
    void *ctx;
};

struct run {
    struct cli *cli;
    struct run_conf conf;
    struct log *log;
    struct datadir *dir;
    struct confdb *confdb;
    struct vault *vault;
    struct store *store;
    struct auth *auth;
    struct manage *manage;
    struct config *config; /* the first one */
    struct loop *loop;
    struct addr_rules outbound; /* of the configuration's `outbound`; in findings_arena */
    struct tokens *tokens;
    struct engine *engine;
    struct api *api;
    struct arena *findings_arena;
    uint64_t config_version;
    bool stopping;
    bool told; /* what is wrong with the configuration */
    struct loop_post stop_post;
    struct loop_timer log_timer;
    char url[96]; /* of the management API */
};

/*
 * Bring everything up. On failure what was wrong has been told on c->err and everything is closed
 * again. Returns a CLI_… status.
 */
int run_open(struct cli *c, const struct run_conf *conf, struct run *r);

/* Serve until SIGTERM, SIGINT or run_stop. */
void run_wait(struct run *r);

/* Begin the orderly stop; run_wait returns when it may go on. Thread main's loop. */
void run_stop(struct run *r);

/* Orderly: nothing acknowledged is lost, what is in flight gets limit_ms. */
void run_close(struct run *r);

/* credentials.c: the master key; after the database, before what needs a secret. */
enum rc run_open_vault(struct run *r, struct err *e) ZS_CHECK;

/* credentials.c: the local credential, stored keys and users; the log is open. */
enum rc run_open_auth(struct run *r, struct err *e) ZS_CHECK;

#endif

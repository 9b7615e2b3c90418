/*
 * Manage: the one place where the configuration changes while the engine runs, and where an
 * integration lives its life (the guide's IntegrationManagementSystem).
 *
 *   op ── read and validate (pool) ── credentials, connectivity (loop) ── turn ── database, ledger,
 *      new snapshot (pool) ── engine_apply (loop) ── done
 *
 * What is wanted comes from two places: the configuration files the engine was started with, and
 * the objects in the database (origin "api"). Both are compiled together into one snapshot
 * (config/config.h); a change that does not compile is refused whole and changes nothing. Order on
 * disk: journal (STORE_CONFIG, STORE_ACT with the hashes before and after), database, engine; what
 * a crash interrupts is made good at the next start.
 *
 * Operations may overlap up to their turn (a slow connectivity test holds nobody up); from there
 * they go one after the other, in order.
 *
 * Secrets in clear in a document that came by the API are sealed in the vault before anything else
 * is done with it, under "integration/NAME/authentication.clientSecret" and the like; the document
 * then holds ${secret:…}. A reference that is sent back keeps what is there.
 *
 * Life of an integration: initializing → active | failed; active ↔ paused; failed → active, when a
 * probe or a new POST succeeds. A failed one is probed again with backoff (5 s to 5 min) by itself.
 * A stored active one stays active over a restart. Objects of files are read-only here unless
 * engine.writeBack is true.
 *
 * Thread  manage_do and manage_stop: any; everything they lead to happens on loop 0 of the engine
 *         (done, stopped) and on its pool. The rest is tagged.
 */
#ifndef ZS_MANAGE_MANAGE_H
#define ZS_MANAGE_MANAGE_H

#include "auth/auth.h"
#include "auth/vault.h"
#include "base/log.h"
#include "config/config.h"
#include "flow/engine.h"
#include "net/loop.h"
#include "store/confdb.h"
#include "store/store.h"

struct manage;

struct manage_conf {
    const char *const *paths; /* the configuration's files and directories */
    size_t n_paths;
    const char *data_dir; /* its real path: documents cannot name its files; NULL: there is none */
    const char *(*lookup_env)(void *ctx, const char *name);
    void *env_ctx;
    const struct conn_type *(*connector)(struct str scheme);
    struct store *store;
    struct confdb *confdb;
    struct vault *vault;
    const struct log *log;
    const struct clock *clock;
    const struct random *random;
};

/*
 * Read files and database into the first snapshot; record what changed in the files since the last
 * start. Blocks; before the engine exists. Findings as config_load.
 */
enum rc manage_open(const struct manage_conf *conf, struct manage **out, struct err_list *found,
                    struct err *e) ZS_CHECK;

/* The first snapshot, for engine_new, and the sequence of the newest STORE_CONFIG record. */
struct config *manage_config(struct manage *m, uint64_t *version);

/*
 * Between engine_new and engine_start, so that what is paused does not start: from when the engine
 * runs on, what is new in the files is initialized and what failed is probed.
 * Thread  the one that called engine_new.
 */
void manage_start(struct manage *m, struct engine *en);

/*
 * Take no more: what is in its turn is finished, everything else is answered RC_STATE MNG-001 as
 * soon as it waits for nothing but a peer; then stopped(ctx), once. Thread any.
 */
void manage_stop(struct manage *m, void (*stopped)(void *ctx), void *ctx);

/* After engine_free; the configuration database and the store are still open. */
void manage_free(struct manage **m);

/* ---- operations --------------------------------------------------------------------------- */

enum manage_verb {
    MANAGE_INIT = 1,      /* initializeIntegration; doc: the guide's integrationConfig */
    MANAGE_REPLACE,       /* the same for one that exists (name, doc), any status */
    MANAGE_PAUSE,         /* integration or channel (kind, name) */
    MANAGE_RESUME,        /*   an integration that resumes is probed: active or failed */
    MANAGE_TEST,          /* testConnectivity of an integration; answer: the guide's test record */
    MANAGE_TEST_ENDPOINT, /* testEndpoint (name, endpoint) */
    MANAGE_HEALTH,        /* monitorIntegrationHealth */
    MANAGE_PUT,           /* a channel, mapping or table (kind, name, doc) */
    MANAGE_DELETE,        /* any kind; RC_STATE MNG-004 while something uses it */
    MANAGE_APPLY,         /* documents as in files (doc is their text, YAML or JSON) */
    MANAGE_EXPORT /* every object of origin api (all: true, of files too) as YAML documents */
};

#define MANAGE_NEW UINT64_MAX

struct manage_op {
    /* in */
    enum manage_verb verb;
    struct arena *arena; /* the caller's; texts below live in it or longer */
    struct principal who;
    const char *peer;
    struct str kind;     /* "integration", "channel", "mapping", "table" */
    struct str name;     /* id or name */
    struct str endpoint; /* id or name */
    struct str doc;      /* JSON text, or YAML with APPLY */
    uint64_t seen; /* version the caller saw (If-Match), 0: any, MANAGE_NEW: PUT only if new */
    bool dry_run;  /* APPLY: say what would change */
    bool prune;    /* APPLY: remove objects of origin api that are not named */
    bool all;      /* EXPORT */
    void (*done)(struct manage_op *op);
    void *ctx;
    /* out */
    enum rc rc;        /* RC_OK; RC_VALUE, RC_PEER: initializing failed, `answer` is the record */
    struct err err;    /* texts of the guide: "Integration not found: X", "Endpoint not found: X" */
    struct str answer; /* JSON: the record, test, health, diff; YAML text with EXPORT. RC_VALUE of
                          PUT and APPLY: the findings, an array as err_list_json writes it */
    uint64_t version;  /* of the object afterwards, for ETag; 0: there is none, only a record */
    bool created;      /* PUT: it was new */
    struct loop_post post; /* manage's, as own */
    void *own;
};

/*
 * done(op) comes once, on loop 0, never from within this call. The operation and its arena are
 * manage's until then, also on pool threads.
 *
 * answer
 *   INIT REPLACE, PAUSE RESUME of an integration   the record, as manage_integration gives it
 *   PAUSE RESUME of a channel                      {"name","wanted":"paused" | "running"}
 *   TEST                                           the guide's test record
 *   TEST_ENDPOINT, HEALTH                          one entry of its `endpoints`; the health record
 *   PUT                                            as manage_object gives it
 *   DELETE                                         nothing
 *   APPLY   {"changes":[{"kind","name","action":"create" | "update" | "delete" | "unchanged",
 *           "diff":[{"path","old","new"}]}],"applied":true | false}; `old` or `new` is left out
 *           where there is none. Integrations are initialized afterwards, in the background.
 *   EXPORT  YAML
 *
 * rc, err
 *   RC_SYNTAX   the document cannot be read
 *   RC_VALUE    INIT, REPLACE: "Integration validation failed: …", `answer` is the record.
 *               PUT, APPLY: the first finding; `answer` is an array of all of them (errlist.h)
 *   RC_PEER     INIT, REPLACE: "Authentication setup failed: …", "Connectivity test failed: …";
 *               `answer` is the record, stored
 *   RC_MISSING  MNG-002 "Integration not found: X", MNG-003, MNG-005 "Endpoint not found: X"
 *   RC_STATE    MNG-001 stopping · MNG-004 used by what the text names · MNG-006 another version is
 *               current (If-Match) · MNG-007 belongs to a file · MNG-008 the name is taken ·
 *               MNG-010 not in this status · MNG-012 the file was changed meanwhile
 *   RC_LIMIT    MNG-015 too many integrations; STORE-001 the disk is full
 */
void manage_do(struct manage *m, struct manage_op *op);

/*
 * A sealed secret has another value in the database: what uses it is compiled anew and in force
 * within about a second. Where that fails (EV_CONFIG_NOT_RELOADED) what runs keeps the old one.
 * Thread any.
 */
void manage_secret_changed(struct manage *m);

/* ---- asking. Thread any but a loop: they read the database -------------------------------- */

/* The guide's integration object with live status: {"id","name","type","status",…,"origin",
 * "version"}. RC_MISSING MNG-002 "Integration not found: X". */
enum rc manage_integration(struct manage *m, struct str id_or_name, struct arena *a,
                           struct str *json, uint64_t *version, struct err *e) ZS_CHECK;

/* A page of them, in order of name. */
struct manage_list {
    struct str after;        /* a name; empty: from the first */
    struct str type, status; /* empty: any */
    size_t limit;
    /* out */
    struct str *json, *names;
    size_t n;
    bool more;
};
enum rc manage_integrations(struct manage *m, struct manage_list *list, struct arena *a,
                            struct err *e) ZS_CHECK;

/* An object as it was written, secrets as references: {"kind","name","origin","file"?,"version",
 * "hash","document"}; the document has no member for its kind and name. RC_MISSING MNG-003. */
enum rc manage_object(struct manage *m, struct str kind, struct str name, struct arena *a,
                      struct str *json, uint64_t *version, struct err *e) ZS_CHECK;

/* Who is meant: names and ids of an integration and (unless `endpoint` is empty) its endpoint.
 * RC_MISSING MNG-002, MNG-005 "Endpoint not found: X". The endpoint stays valid while *unit is
 * held (config_unit_unref); NULL for an integration that does not run (it failed validation).
 * Thread any: answers from the snapshot and a table in memory. */
struct manage_ref {
    struct str id, name, endpoint_id, endpoint;
    const struct config_endpoint *ep;
    const struct config_unit *unit;
};
enum rc manage_find(struct manage *m, struct str integration, struct str endpoint, struct arena *a,
                    struct manage_ref *out, struct err *e) ZS_CHECK;

/* config/validate.h with this engine's environment, for the API. */
const struct config_env *manage_env(const struct manage *m);

#endif

/*
 * Manage from inside: what is known of integrations, an operation under way, its turn, and what
 * its files hand each other.
 *
 *   run (one operation)   step ── step ── turn ── step … ── end
 *                         each on loop 0 or on the pool, never two at once
 *
 * Locks  m->sealing is held from finding a free name of a secret until it is kept under it.
 *        m->lock (leaf) guards the index, the snapshot's and the sources' pointers; everything else
 *        of struct manage is loop 0's, or belongs to whoever holds the turn.
 */
#ifndef ZS_MANAGE_MANAGE_INT_H
#define ZS_MANAGE_MANAGE_INT_H

#include "manage/manage.h"

#include "base/list.h"
#include "base/thread.h"
#include "base/uuid.h"
#include "config/validate.h"
#include "flow/execute.h"
#include "json/jw.h"
#include "net/pool.h"

#define MANAGE_DOC_MAX          ((size_t)16 * 1024 * 1024)
#define MANAGE_RUN_MEMORY       ((size_t)512 * 1024 * 1024)
#define MANAGE_FINDINGS_MAX     100
#define MANAGE_INTEGRATIONS_MAX 10000
#define MANAGE_TESTS_AT_ONCE    16
#define MANAGE_PROBES_AT_ONCE   8
#define MANAGE_TICK_MS          1000
#define MANAGE_RETRY_FIRST_MS   5000
#define MANAGE_RETRY_MAX_MS     300000

/* ---- the index: index.c ------------------------------------------------------------------- */

enum life { LIFE_INITIALIZING, LIFE_ACTIVE, LIFE_FAILED, LIFE_PAUSED };

/* One integration, with an object or with the record of a failure alone. */
struct entry {
    char id[UUID_TEXT_SIZE];
    struct str name;
    const char *type; /* one of config_type_names, or "" where that is not known */
    enum life life;
    bool runs; /* the snapshot has it */
    /* loop 0's: when it is probed next */
    uint64_t due_mono; /* 0: not */
    unsigned n_tries;
    bool probing;
    uint64_t error_hash; /* of the last failure's text */
};

struct index {
    struct entry **v; /* by name */
    size_t n, cap;
};

/* What is known of one, copied out. */
struct known {
    struct str id, name;
    const char *type;
    enum life life;
    bool runs;
};

const char *life_name(enum life l);
enum life life_parse(struct str name); /* LIFE_FAILED for what is none */

/* All of these take and give back m->lock. */
bool index_find(struct manage *m, struct str id_or_name, struct arena *a, struct known *out);
/* New, or changed by name. RC_LIMIT MNG-015, RC_NOMEM MNG-013. */
enum rc index_put(struct manage *m, const struct known *k, struct err *e) ZS_CHECK;
void index_remove(struct manage *m, struct str name);
void index_free(struct manage *m);
/* The entries of a page, and list->more; SIZE_MAX without memory. */
size_t index_page(struct manage *m, struct manage_list *list, struct arena *a, struct known *out);

/* Loop 0: entries stay while no turn ends. */
struct entry *index_at(struct manage *m, size_t i);
struct entry *index_entry(struct manage *m, struct str name);

/* ---- where the configuration comes from: sources.c ---------------------------------------- */

struct source { /* a file */
    const char *label, *dir;
    struct str text;
};

struct sources { /* immutable, counted */
    atomic_size_t refs;
    struct arena *arena;
    struct source *v;
    size_t n;
};

/* A change to one object. */
struct change {
    struct str kind, name;
    struct str body;      /* compact JSON without kind and name; STR_NULL: it goes */
    const char *file;     /* NULL: an object of the API */
    const char *verb;     /* "config.create" … of the act */
    struct str old, hash; /* what is there, hash of it; STR_NULL: nothing */
    struct str new_hash;
    uint64_t seen;    /* its version, 0: none */
    uint64_t version; /* afterwards */
};

struct changes {
    struct change *v;
    size_t n;
};

/* An id that was given to a name while compiling. */
struct new_id {
    struct str name;
    char id[UUID_TEXT_SIZE];
    struct new_id *next;
};

/* The context of config_env while compiling. */
struct compile {
    struct manage *m;
    struct arena *arena;
    struct new_id *ids;
    struct sources *sources;
    const struct changes *changes; /* instead of what the database holds of them */
    struct config *previous;
};

/* With the file's texts; findings go to `found`. Blocks. */
enum rc compile_config(struct compile *c, struct config **out, struct err_list *found,
                       struct err *e) ZS_CHECK;
/* The first time, from the paths; makes c->sources. */
enum rc compile_first(struct compile *c, struct config **out, struct err_list *found,
                      struct err *e) ZS_CHECK;
struct config_env compile_env(struct compile *c);
/* The id that a name was given already, or a new one; STR_NULL without memory. */
struct str give_id(struct manage *m, struct new_id **ids, struct str name, struct arena *a);
void sources_unref(struct sources **sp);
struct sources *sources_ref(struct sources *s);
const struct source *sources_find(const struct sources *s, const char *file);
/* The same with one file's text changed. */
enum rc sources_with(const struct sources *s, const char *file, struct str text,
                     struct sources **out, struct err *e) ZS_CHECK;

/* A unit's document as it is kept: compact, without kind and name. */
enum rc unit_body(const struct config_unit *u, struct arena *a, struct str *out,
                  struct err *e) ZS_CHECK;
/* doc without its members for kind and name. */
enum rc body_of(const struct json *doc, const char *kind, struct arena *a, struct str *out,
                struct err *e) ZS_CHECK;
void hash_text(struct str text, struct arena *a, struct str *hex);

struct run;

/* ---- what is written: commit.c ------------------------------------------------------------ */

struct record_change {
    struct confdb_record record;
    const char *type; /* one of config_type_names, or "" */
    bool remove;
};

struct commit {
    struct changes changes;
    struct record_change *records;
    size_t n_records;
    struct store_act *acts; /* beside those of the changes */
    size_t n_acts;
    struct str actor, peer;
    uint64_t config_version; /* afterwards; 0: no object changed */
};

/* Ledger, then database. Blocks; in the turn. After RC_IO nothing is committed any more. */
enum rc commit_write(struct manage *m, struct commit *c, struct arena *a, struct err *e) ZS_CHECK;
enum rc commit_run(struct run *r, struct err *e) ZS_CHECK;
enum rc commit_act(struct run *r, const char *verb, const char *status, struct err *e) ZS_CHECK;
/* At the start: what a crash left between the two. */
enum rc commit_recover(struct manage *m, struct err *e) ZS_CHECK;
/* Append and wait. */
enum rc ledger_append(struct store *s, struct store_op *ops, size_t n, struct err *e) ZS_CHECK;
enum rc commit_version(struct manage *m, struct arena *a, struct err *e) ZS_CHECK;

/* ---- an operation: run.c ------------------------------------------------------------------ */

enum step_at {
    STEP_END = 0,
    STEP_POOL, /* fn on a pool thread; may block */
    STEP_LOOP, /* fn on loop 0; ends in run_go, now or later */
    STEP_TURN, /* wait until all before are through */
    STEP_CLEAN /* as POOL, also after a failure, and leaves r->rc alone; not when stopped */
};

struct step {
    enum step_at at;
    void (*fn)(struct run *r);
};

struct test_one {
    struct endpoint_test test;
    struct run *run;
};

struct run {
    struct manage *m;
    struct manage_op *op; /* NULL: nobody waits (any more) */
    struct arena *arena;  /* wiping; of the operation */
    const struct step *step;
    struct list_node link; /* m->runs */
    struct list_node turn; /* m->turns */
    struct pool_work work;
    struct loop_post post;
    bool waits;   /* for a peer */
    bool is_left; /* on m->left */
    bool is_probe;
    enum rc rc; /* not RC_OK: the rest is left out */
    struct err err;
    struct str actor, peer;

    /* what it is about */
    struct str name, id; /* of the integration, or the object's name */
    struct known known;  /* when it began */
    struct json *doc;    /* as it came, secrets sealed */
    bool has_sealed;
    struct str error; /* the guide's; null: it went well */
    enum rc outcome;  /* RC_OK, RC_VALUE, RC_PEER: how initializing went */
    struct config_validation validation;
    struct err_list found;

    /* the candidate, and what is in force afterwards */
    struct config *next;
    uint64_t generation; /* of the database when it was compiled */
    struct sources *sources;
    const struct config_integration *in; /* of next, or held by unit */
    const struct config_unit *unit;

    /* credentials and connectivity: connect.c */
    struct credential_setup setup;
    bool is_set_up;
    struct test_one *tests;
    const struct config_unit *tested; /* holds their endpoints, whatever becomes of `in` */
    size_t n_tests, n_started, n_ended;
    int64_t tested_at;

    struct commit commit;
    struct str record; /* JSON of the integration's record, kept */
    struct str old_record;
    struct new_id *ids; /* of integrations that were new to the last turn_compile */
    uint64_t version;
    bool created;
};

/* Start: steps ends in STEP_END. op may be NULL. Loop 0. RC_NOMEM MNG-013, RC_STATE MNG-001. */
enum rc run_start(struct manage *m, struct manage_op *op, const struct step *steps,
                  struct run **out, struct err *e) ZS_CHECK;
void run_go(struct run *r); /* the step is done: the next one, never within this call. Loop 0. */
void run_try_stopped(struct manage *m);
void run_leave(struct manage *m);
void run_free_left(struct manage *m);

/* ---- the whole ---------------------------------------------------------------------------- */

struct paused { /* a channel */
    struct str name;
    struct paused *next;
};

struct manage {
    struct manage_conf conf;
    struct arena *arena; /* of the whole life */
    struct config_env env;
    struct engine *engine;
    struct mutex lock, sealing;
    struct index index;
    struct config *config;
    struct sources *sources;
    atomic_uint_fast64_t generation; /* rises when the database begins and ends to change */
    uint64_t config_version;
    struct list runs, turns;
    struct list left; /* runs that a stop does not wait for */
    struct loop_timer tick;
    size_t n_probes;
    struct paused *paused; /* at the start */
    struct loop_post start_post, stop_post;
    bool stopping;
    atomic_bool reload; /* a secret was changed: see reload.c */
    atomic_bool broken; /* the ledger is ahead of the database, or of the engine */
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

struct config *manage_current(struct manage *m);          /* with a reference */
struct sources *manage_current_sources(struct manage *m); /* likewise */
enum rc manage_nomem(struct err *e);                      /* MNG-013 */
enum rc not_found(struct str name, struct err *e);        /* MNG-002 */
const struct config_unit *find_unit(const struct config *c, struct str kind, struct str name);
/* pause.c: the setting that says so */
enum rc pause_setting(struct str channel, struct arena *a, struct str *out, struct err *e) ZS_CHECK;
void pause_forget(struct manage *m, struct str channel, struct arena *a);

/* record.c */
struct str endpoint_method(const struct config_endpoint *ep);
const char *type_of(const struct json *doc); /* of config_type_names, or "" */
struct record_parts {
    struct str id, name;
    const struct json *doc;                  /* the guide's integrationConfig */
    const struct config_integration *in;     /* NULL: it does not compile */
    const struct config_validation *checked; /* NULL: as before */
    const struct credential_setup *setup;    /* NULL: not set up */
    bool configured;                         /* endpoints and mappings are shown */
    struct str connectivity;                 /* JSON or null */
    struct str error;
    struct str created_at, created_by;
    const char *status;
};
enum rc record_write(const struct record_parts *p, struct arena *a, struct str *out,
                     struct err *e) ZS_CHECK;
/* The stored one with other members: status, error (null: none), connectivity (null: as it was). */
enum rc record_restate(struct str record, enum life life, struct str error, struct str connectivity,
                       struct arena *a, struct str *out, struct err *e) ZS_CHECK;
/* As it is shown: with origin and version. */
enum rc record_show(struct str record, enum life life, struct str origin, uint64_t version,
                    struct arena *a, struct str *out, struct err *e) ZS_CHECK;

/* apply.c: of one that waits to be initialized */
enum rc initial_record(struct manage *m, const struct config_integration *in, struct str id,
                       struct str by, struct arena *a, struct str *out, struct err *e) ZS_CHECK;

/* seal.c: literal secrets of r->doc into the vault. Blocks. */
enum rc seal_secrets(struct run *r, struct err *e) ZS_CHECK;
struct seal_texts {
    const struct str *v; /* JSON */
    size_t n;
};
/* Remove what was sealed for an integration, was named, and is not any more. */
void seal_sweep(struct manage *m, struct str name, struct seal_texts was, struct seal_texts is,
                struct arena *a);

/* probe.c: a stored record anew, by what r's setup and tests came to, as the one of r->commit. */
enum rc restate(struct run *r, enum life life, const char *verb, struct err *e) ZS_CHECK;
/* That record as it is shown, in op->answer. Blocks. */
enum rc show_record(struct run *r, struct err *e) ZS_CHECK;

/* reload.c: every tick */
void reload_tick(struct manage *m);

/* connect.c */
void connect_setup(struct run *r); /* loop: flow_setup of r->in */
void connect_test(struct run *r);  /* loop: flow_test of all of r->tests */
/* Tests of all endpoints of r->in, or of one. */
enum rc connect_plan(struct run *r, const struct config_endpoint *only, struct err *e) ZS_CHECK;
/* JSON in `a`: the test record, one entry of it, the health record. */
enum rc connect_record(struct run *r, struct arena *a, struct str *out, struct err *e) ZS_CHECK;
enum rc connect_one(struct run *r, struct arena *a, struct str *out, struct err *e) ZS_CHECK;
enum rc connect_health(struct run *r, struct arena *a, struct str *out, struct err *e) ZS_CHECK;
enum rc connect_error(struct run *r, struct str *out, struct err *e) ZS_CHECK;
/* What setup and tests came to: r->outcome and r->error, in the guide's words. */
enum rc connect_judge(struct run *r, struct err *e) ZS_CHECK;

/* the verbs' steps */
extern const struct step init_steps[], replace_steps[], probe_steps[];
extern const struct step pause_steps[], resume_steps[];
extern const struct step test_steps[], test_endpoint_steps[], health_steps[];
extern const struct step put_steps[], delete_steps[], apply_steps[], export_steps[];

/* in several of them */
enum rc answer_findings(struct run *r, struct err *e) ZS_CHECK;
void turn_in_force(struct run *r); /* loop: engine_apply of r->next */
enum rc turn_compile(struct run *r, struct err *e) ZS_CHECK;
/* What the database has of it: old, hash, seen, verb; file, or RC_STATE MNG-007. */
enum rc change_look_up(struct manage *m, struct change *ch, struct arena *a,
                       struct err *e) ZS_CHECK;
enum rc change_check_seen(const struct change *ch, uint64_t seen, struct err *e) ZS_CHECK;

/* probe.c: all on loop 0 */
void probe_tick(struct loop_timer *t);
void probe_plan(struct manage *m, struct str name); /* by its life */
void probe_due(struct manage *m, struct entry *en, uint64_t in_ms);
void probe_over(struct manage *m, struct str name);

/* files.c */
enum rc files_sync(struct manage *m, struct new_id *ids, struct err *e) ZS_CHECK;
/* writeBack: r->sources with the change made in its file's text. */
enum rc files_change(struct run *r, const struct change *ch, struct err *e) ZS_CHECK;
/* And onto the disk, all of r's. RC_STATE MNG-012: changed there since it was read. */
enum rc files_write(struct run *r, struct err *e) ZS_CHECK;

#endif

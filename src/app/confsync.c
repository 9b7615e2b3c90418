/*
 * What configuration an engine ran with: each object that is not what it was at the last start
 * becomes a new version in the database and a record in the journal, and the change an act.
 * Tests: tests/scen
 */
#include "app/run.h"

#include "base/alloc.h"
#include "base/num.h"
#include "json/json.h"

#include <semaphore.h>

#define DOC_MAX ((size_t)16 * 1024 * 1024)

/* An append that main waits for. */
struct wait_batch {
    struct store_batch batch;
    sem_t done;
};

static void on_done(struct store_batch *b)
{
    struct wait_batch *w = b->ctx;
    sem_post(&w->done);
}

static enum rc append_and_wait(struct store *s, struct store_op *ops, size_t n, struct err *e)
{
    struct wait_batch w = { .batch = { .first = ops, .n = n, .done = on_done, .ctx = &w } };
    for (size_t i = 0; i + 1 < n; i++)
        ops[i].next = &ops[i + 1];
    ZS_ASSERT(sem_init(&w.done, 0, 0) == 0);
    store_append(s, &w.batch);
    while (sem_wait(&w.done) != 0)
        ; /* interrupted by a signal: wait on */
    sem_destroy(&w.done);
    for (size_t i = 0; i < n; i++)
        if (ops[i].rc != RC_OK)
            return err_set(e, ops[i].rc, "APP-001",
                           "the configuration's version could not be recorded");
    return RC_OK;
}

struct versioned {
    struct arena *arena;
    struct confdb_object object;
    uint64_t seen;
    bool changed;
};

static enum rc describe(struct run *r, const struct config_unit *o, struct versioned *v,
                        struct err *e)
{
    struct buf text;
    buf_init_arena(&text, v->arena, DOC_MAX);
    enum rc rc = json_write(&text, o->doc, JSON_COMPACT, e);
    if (rc != RC_OK)
        return rc;
    v->object = (struct confdb_object){ .kind = str_z(o->kind),
                                        .name = o->name,
                                        .origin = STR("file"),
                                        .doc = buf_view(&text),
                                        .hash = str_z(o->hash),
                                        .by = STR("file") };
    struct confdb_object old;
    rc = confdb_get(r->confdb, v->object.kind, v->object.name, v->arena, &old, e);
    if (rc != RC_OK && rc != RC_MISSING)
        return rc;
    v->seen = rc == RC_OK ? old.version : 0;
    v->changed = rc == RC_MISSING || !str_eq(old.hash, v->object.hash);
    return RC_OK;
}

/* The journal first: a version the database knows is then always in the ledger too. */
static enum rc record(struct run *r, struct versioned *v, struct err *e)
{
    struct store_config sc = {
        .kind = v->object.kind, .name = v->object.name, .hash = v->object.hash, .doc = v->object.doc
    };
    struct buf object, detail;
    struct jw w;
    buf_init_arena(&object, v->arena, 1024);
    buf_init_arena(&detail, v->arena, 1024);
    buf_str(&object, v->object.kind);
    buf_char(&object, '/');
    buf_str(&object, v->object.name);
    jw_init(&w, &detail, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "after", v->object.hash);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc != RC_OK)
        return rc;
    struct store_act act = { .actor = STR("file"),
                             .peer = STR(""),
                             .verb = v->seen ? STR("config.change") : STR("config.create"),
                             .object = buf_view(&object),
                             .detail = buf_view(&detail) };
    struct store_op ops[] = { { .kind = STORE_CONFIG, .config = &sc },
                              { .kind = STORE_ACT, .act = &act } };
    uint64_t version = 0;
    rc = append_and_wait(r->store, ops, ZS_COUNT(ops), e);
    if (rc == RC_OK)
        rc = confdb_put(r->confdb, &v->object, v->seen, &version, e);
    if (rc == RC_OK)
        r->config_version = ops[0].seq;
    return rc;
}

static enum rc keep_version(struct run *r, struct arena *a, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 32);
    buf_u64(&b, r->config_version);
    return confdb_set(r->confdb, STR("config.version"), buf_view(&b), e);
}

static enum rc last_version(struct run *r, struct arena *a, struct err *e)
{
    struct str text = STR_NULL;
    enum rc rc = confdb_setting(r->confdb, STR("config.version"), a, &text, e);
    if (rc == RC_MISSING)
        return RC_OK;
    return rc == RC_OK ? num_u64(text, 0, UINT64_MAX, &r->config_version, e) : rc;
}

enum rc run_record_config(struct run *r, struct err *e)
{
    struct arena *a = arena_new("versions", 0, DOC_MAX * 4);
    if (!a)
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    uint64_t before = 0;
    enum rc rc = last_version(r, a, e);
    before = r->config_version;
    for (size_t i = 0; rc == RC_OK && i < r->config->n_units; i++) {
        struct arena_mark mark = arena_mark(a);
        struct versioned v = { .arena = a };
        rc = describe(r, r->config->units[i], &v, e);
        if (rc == RC_OK && v.changed)
            rc = record(r, &v, e);
        arena_rewind(a, mark);
    }
    if (rc == RC_OK && r->config_version != before)
        rc = keep_version(r, a, e);
    arena_free(&a);
    return rc;
}

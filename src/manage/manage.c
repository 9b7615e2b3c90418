/*
 * Up and down, and which verb leads to which steps. Tests: manage_test.c
 */
#include "manage/manage_int.h"

#include "base/alloc.h"

#define LIFE_MEMORY ((size_t)256 * 1024 * 1024)
#define LOCK_RANK   40 /* a leaf: nothing is taken while it is held */
#define SEAL_RANK   45 /* below confdb's, which is taken within */

/* ---- what all may ask --------------------------------------------------------------------- */

struct config *manage_current(struct manage *m)
{
    LOCK_SCOPE(guard, &m->lock);
    return config_ref(m->config);
}

struct sources *manage_current_sources(struct manage *m)
{
    LOCK_SCOPE(guard, &m->lock);
    return sources_ref(m->sources);
}

struct config *manage_config(struct manage *m, uint64_t *version)
{
    *version = m->config_version;
    return m->config;
}

const struct config_env *manage_env(const struct manage *m)
{
    return &m->env;
}

/* ---- opening ------------------------------------------------------------------------------ */

static const char *lookup(void *ctx, const char *name)
{
    const struct manage *m = ctx;
    return m->conf.lookup_env(m->conf.env_ctx, name);
}

static const char *type_of_record(struct str record, struct arena *a)
{
    struct json *doc = NULL;
    struct err e;
    return json_parse(record, &json_default_limits, a, &doc, &e) == RC_OK ? type_of(doc) : "";
}

static enum rc read_records(struct manage *m, struct arena *a, struct err *e)
{
    struct confdb_record *list = NULL;
    size_t n = 0;
    enum rc rc = confdb_records(m->conf.confdb, a, &list, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct known k = { .id = list[i].id,
                           .name = list[i].name,
                           .type = type_of_record(list[i].record, a),
                           .life = life_parse(list[i].status) };
        rc = index_put(m, &k, e);
    }
    return rc;
}

static enum rc read_paused(struct manage *m, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < m->config->n_channels; i++) {
        struct str name = m->config->channels[i]->name, setting = STR_NULL, value = STR_NULL;
        enum rc rc = pause_setting(name, a, &setting, e);
        if (rc == RC_OK)
            rc = confdb_setting(m->conf.confdb, setting, a, &value, e);
        if (rc == RC_MISSING)
            continue;
        struct paused *p = arena_make(m->arena, struct paused, 1);
        if (rc != RC_OK || !p)
            return rc != RC_OK ? rc : manage_nomem(e);
        p->name = arena_str(m->arena, name);
        p->next = m->paused;
        m->paused = p;
    }
    return RC_OK;
}

static enum rc open_all(struct manage *m, struct arena *a, struct err_list *found, struct err *e)
{
    struct compile c = { .m = m, .arena = a };
    enum rc rc = commit_recover(m, e);
    if (rc == RC_OK)
        rc = read_records(m, a, e);
    if (rc == RC_OK)
        rc = compile_first(&c, &m->config, found, e);
    m->sources = c.sources;
    if (rc == RC_OK)
        rc = files_sync(m, c.ids, e);
    return rc == RC_OK ? read_paused(m, a, e) : rc;
}

static struct manage *make(const struct manage_conf *conf)
{
    struct manage *m = mem_new(struct manage);
    if (!m)
        return NULL;
    m->arena = arena_new("manage", 0, LIFE_MEMORY);
    if (!m->arena) {
        mem_free(m);
        return NULL;
    }
    m->conf = *conf;
    m->env = (struct config_env){ .connector = conf->connector, .lookup_env = lookup, .ctx = m };
    mutex_init(&m->lock, "manage", LOCK_RANK);
    mutex_init(&m->sealing, "manage-sealing", SEAL_RANK);
    list_init(&m->runs);
    list_init(&m->turns);
    list_init(&m->left);
    return m;
}

enum rc manage_open(const struct manage_conf *conf, struct manage **out, struct err_list *found,
                    struct err *e)
{
    struct manage *m = make(conf);
    struct arena *a = m ? arena_new("opening", 0, LIFE_MEMORY * 4) : NULL;
    if (!a) {
        manage_free(&m);
        return manage_nomem(e);
    }
    enum rc rc = open_all(m, a, found, e);
    arena_free(&a);
    if (rc == RC_OK)
        *out = m;
    else
        manage_free(&m);
    return rc;
}

void manage_free(struct manage **mp)
{
    struct manage *m = *mp;
    *mp = NULL;
    if (!m)
        return;
    run_free_left(m);
    index_free(m);
    config_unref(&m->config);
    sources_unref(&m->sources);
    mutex_done(&m->sealing);
    mutex_done(&m->lock);
    arena_free(&m->arena);
    mem_free(m);
}

/* ---- running ------------------------------------------------------------------------------ */

static void on_start(struct loop_post *p)
{
    struct manage *m = ZS_CONTAINER(p, struct manage, start_post);
    for (size_t i = 0; index_at(m, i); i++)
        probe_plan(m, index_at(m, i)->name);
    loop_timer_start(engine_loop(m->engine), &m->tick, 0, probe_tick);
}

/* What cannot be paused was not running: it is reported as failed already. */
static void pause_all(struct manage *m)
{
    struct err e;
    struct entry *en = NULL;
    for (size_t i = 0; (en = index_at(m, i)) != NULL; i++)
        if (en->life == LIFE_PAUSED &&
            links_pause(engine_links(m->engine), en->name, true, &e) != RC_OK)
            log_event(m->conf.log, EV_CONFIG_UNPAUSED, F_ERR(&e));
    for (struct paused *p = m->paused; p; p = p->next)
        if (engine_pause(m->engine, p->name, true, &e) != RC_OK)
            log_event(m->conf.log, EV_CONFIG_UNPAUSED, F_ERR(&e));
}

void manage_start(struct manage *m, struct engine *en)
{
    m->engine = en;
    pause_all(m);
    m->start_post.fn = on_start;
    loop_post(engine_loop(en), &m->start_post);
}

static void on_stop(struct loop_post *p)
{
    struct manage *m = ZS_CONTAINER(p, struct manage, stop_post);
    m->stopping = true;
    loop_timer_stop(&m->tick);
    run_leave(m);
    run_try_stopped(m);
}

void manage_stop(struct manage *m, void (*stopped)(void *ctx), void *ctx)
{
    m->stopped = stopped;
    m->stopped_ctx = ctx;
    m->stop_post.fn = on_stop;
    loop_post(engine_loop(m->engine), &m->stop_post);
}

/* ---- operations --------------------------------------------------------------------------- */

static const struct step *const verbs[] = {
    [MANAGE_INIT] = init_steps,     [MANAGE_REPLACE] = replace_steps,
    [MANAGE_PAUSE] = pause_steps,   [MANAGE_RESUME] = resume_steps,
    [MANAGE_TEST] = test_steps,     [MANAGE_TEST_ENDPOINT] = test_endpoint_steps,
    [MANAGE_HEALTH] = health_steps, [MANAGE_PUT] = put_steps,
    [MANAGE_DELETE] = delete_steps, [MANAGE_APPLY] = apply_steps,
    [MANAGE_EXPORT] = export_steps
};

static void on_op(struct loop_post *p)
{
    struct manage_op *op = ZS_CONTAINER(p, struct manage_op, post);
    struct manage *m = op->own;
    enum rc rc = run_start(m, op, verbs[op->verb], NULL, &op->err);
    if (rc == RC_OK)
        return;
    op->rc = rc;
    op->own = NULL;
    op->done(op);
}

void manage_do(struct manage *m, struct manage_op *op)
{
    ZS_ASSERT(op->verb >= MANAGE_INIT && op->verb <= MANAGE_EXPORT);
    op->own = m;
    op->rc = RC_OK;
    op->answer = STR_NULL;
    op->version = 0;
    op->created = false;
    op->post.fn = on_op;
    loop_post(engine_loop(m->engine), &op->post);
}

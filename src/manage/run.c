/*
 * An operation goes through its steps, and waits for its turn where its steps say so. What crosses
 * between loop 0 and the pool is the run itself: one thread at a time has it. Tests: manage_test.c
 */
#include "manage/manage_int.h"

#include "base/alloc.h"

static void advance(struct loop_post *p);

static void run_free(struct run *r)
{
    config_unref(&r->next);
    config_unit_unref(&r->unit);
    config_unit_unref(&r->tested);
    sources_unref(&r->sources);
    struct arena *a = r->arena;
    mem_free(r);
    arena_free(&a);
}

/* The answer is the caller's from here on; the run may have work left. */
static void tell(struct run *r)
{
    struct manage_op *op = r->op;
    r->op = NULL;
    if (!op)
        return;
    op->rc = r->rc;
    op->own = NULL;
    if (r->rc != RC_OK)
        op->err = r->err;
    op->version = r->version;
    op->created = r->created;
    op->done(op);
}

static void give_turn(struct manage *m)
{
    struct list_node *first = list_first(&m->turns);
    if (first)
        run_go(ZS_CONTAINER(first, struct run, turn));
}

void run_try_stopped(struct manage *m)
{
    if (!m->stopping || !m->stopped || m->runs.n > 0)
        return;
    void (*stopped)(void *ctx) = m->stopped;
    m->stopped = NULL;
    stopped(m->stopped_ctx);
}

static void end(struct run *r)
{
    struct manage *m = r->m;
    list_remove(r->is_left ? &m->left : &m->runs, &r->link);
    if (list_is_linked(&r->turn)) {
        list_remove(&m->turns, &r->turn);
        give_turn(m);
    }
    if (r->is_probe)
        probe_over(m, r->name);
    tell(r);
    run_free(r);
    run_try_stopped(m);
}

/* Those that wait for a peer: the caller hears it now, the peer's answer is for nobody. */
void run_leave(struct manage *m)
{
    struct list_node *next = NULL;
    for (struct list_node *node = list_first(&m->runs); node; node = next) {
        next = list_next(&m->runs, node);
        struct run *r = ZS_CONTAINER(node, struct run, link);
        if (!r->waits)
            continue;
        list_remove(&m->runs, node);
        list_push(&m->left, node);
        r->is_left = true;
        r->rc = err_set(&r->err, RC_STATE, "MNG-001", "the engine is stopping");
        tell(r);
    }
}

/* When the loop has ended: what no peer answered, and all of an engine that never started. */
void run_free_left(struct manage *m)
{
    struct list *const lists[] = { &m->left, &m->runs };
    for (size_t i = 0; i < ZS_COUNT(lists); i++)
        for (struct list_node *node = list_pop(lists[i]); node; node = list_pop(lists[i]))
            run_free(ZS_CONTAINER(node, struct run, link));
}

static void pool_run(struct pool_work *w)
{
    struct run *r = ZS_CONTAINER(w, struct run, work);
    r->step[-1].fn(r);
}

static void pool_done(struct pool_work *w, enum rc rc)
{
    struct run *r = ZS_CONTAINER(w, struct run, work);
    if (rc != RC_OK && r->rc == RC_OK)
        r->rc = err_set(&r->err, RC_STATE, "MNG-001", "the engine is stopping");
    run_go(r);
}

static void on_pool(struct run *r)
{
    r->work = (struct pool_work){ .run = pool_run, .done = pool_done };
    struct err e;
    enum rc rc = pool_submit(engine_pool(r->m->engine), engine_loop(r->m->engine), &r->work, &e);
    if (rc == RC_OK)
        return;
    if (r->rc == RC_OK) {
        r->rc = rc;
        r->err = e;
    }
    run_go(r);
}

static void on_loop(struct run *r)
{
    r->step[-1].fn(r);
}

static void in_turn(struct run *r)
{
    struct manage *m = r->m;
    list_push(&m->turns, &r->turn);
    if (list_first(&m->turns) == &r->turn)
        run_go(r);
}

static void (*const begin[])(struct run *r) = {
    [STEP_END] = end,      [STEP_POOL] = on_pool,  [STEP_LOOP] = on_loop,
    [STEP_TURN] = in_turn, [STEP_CLEAN] = on_pool,
};

/* What has not reached its turn when the engine stops does not begin it. */
static void refuse_when_stopping(struct run *r)
{
    if (r->m->stopping && !list_is_linked(&r->turn) && r->rc == RC_OK && r->step->at != STEP_END)
        r->rc = err_set(&r->err, RC_STATE, "MNG-001", "the engine is stopping");
}

static void advance(struct loop_post *p)
{
    struct run *r = ZS_CONTAINER(p, struct run, post);
    refuse_when_stopping(r);
    while (r->rc != RC_OK && r->step->at != STEP_END && (r->step->at != STEP_CLEAN || r->is_left))
        r->step++;
    const struct step *s = r->step;
    if (s->at != STEP_END)
        r->step++;
    begin[s->at](r);
}

void run_go(struct run *r)
{
    r->post.fn = advance;
    loop_post(engine_loop(r->m->engine), &r->post);
}

static void fill_caller(struct run *r)
{
    r->actor = r->op ? arena_str(r->arena, str_z(r->op->who.id)) : STR("engine");
    r->peer = r->op && r->op->peer ? arena_str(r->arena, str_z(r->op->peer)) : STR("");
}

enum rc run_start(struct manage *m, struct manage_op *op, const struct step *steps,
                  struct run **out, struct err *e)
{
    if (m->stopping)
        return err_set(e, RC_STATE, "MNG-001", "the engine is stopping");
    struct run *r = mem_new(struct run);
    struct arena *a = r ? arena_new("change", 0, MANAGE_RUN_MEMORY) : NULL;
    if (!a) {
        mem_free(r);
        return manage_nomem(e);
    }
    arena_wipe_on_free(a);
    r->m = m;
    r->op = op;
    r->arena = a;
    r->step = steps;
    err_list_init(&r->found, a, MANAGE_FINDINGS_MAX);
    fill_caller(r);
    r->commit.actor = r->actor;
    r->commit.peer = r->peer;
    list_push(&m->runs, &r->link);
    run_go(r);
    if (out)
        *out = r;
    return RC_OK;
}

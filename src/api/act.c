/*
 * Acts of the audit that the API records itself. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

#include "base/thread.h"

/* Held by one waiting thread and, for a moment, the store's writer. */
#define RANK_ACT 900

struct waiting {
    struct mutex mutex;
    struct cond cond;
    bool done;
};

/* Writer's thread. */
static void on_stored(struct store_batch *b)
{
    struct waiting *w = b->ctx;
    LOCK_SCOPE(guard, &w->mutex);
    w->done = true;
    cond_signal(&w->cond);
}

static void append(struct store *s, struct store_op *op)
{
    struct waiting w = { .done = false };
    struct store_batch batch = { .first = op, .n = 1, .done = on_stored, .ctx = &w };
    mutex_init(&w.mutex, "act", RANK_ACT);
    cond_init(&w.cond);
    store_append(s, &batch);
    mutex_lock(&w.mutex);
    while (!w.done)
        cond_wait(&w.cond, &w.mutex);
    mutex_unlock(&w.mutex);
    cond_done(&w.cond);
    mutex_done(&w.mutex);
}

static enum rc put_detail(const struct api_act *act, struct buf *b, struct err *e)
{
    struct jw w;
    jw_init(&w, b, JSON_COMPACT);
    jw_object(&w);
    if (act->before.n)
        jw_kstr(&w, "before", act->before);
    if (act->after.n)
        jw_kstr(&w, "after", act->after);
    jw_end(&w);
    return jw_done(&w, e);
}

enum rc api_act(struct api_call *c, const struct api_act *act, struct err *e)
{
    struct buf object, detail;
    buf_init_arena(&object, c->arena, 1024);
    buf_init_arena(&detail, c->arena, 1024);
    buf_z(&object, act->kind);
    buf_char(&object, '/');
    buf_str(&object, act->name);
    enum rc rc = put_detail(act, &detail, e);
    if (rc == RC_OK)
        rc = buf_rc(&object, e);
    if (rc != RC_OK)
        return rc;
    struct store_act record = { .actor = str_z(c->who.id),
                                .peer = str_z(c->peer),
                                .verb = str_z(act->verb),
                                .object = buf_view(&object),
                                .detail = buf_view(&detail) };
    struct store_op op = { .kind = STORE_ACT, .act = &record };
    append(c->api->conf.store, &op);
    return op.rc == RC_OK
               ? RC_OK
               : err_set(e, op.rc, "API-006",
                         "the act could not be recorded, so it was not done (%s)", op.error);
}

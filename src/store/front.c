/*
 * Encoding and queueing. Hashers are kept for reuse because setting one up costs more than hashing
 * a short message. Tests: contract_test.c
 */
#include "store/front.h"

#include "base/alloc.h"

void front_init(struct front *f, size_t max_record, size_t max_queue)
{
    *f = (struct front){ .max_record = max_record, .max_queue = max_queue };
    mutex_init(&f->lock, "store-front", STORE_RANK_FRONT);
    cond_init(&f->filled);
    cond_init(&f->answered);
}

void front_done(struct front *f)
{
    ZS_ASSERT(!f->first);
    while (f->n_idle)
        sha256_free(&f->idle[--f->n_idle]);
    cond_done(&f->answered);
    cond_done(&f->filled);
    mutex_done(&f->lock);
}

static struct sha256 *hasher_take(struct front *f)
{
    struct sha256 *h = NULL;
    mutex_lock(&f->lock);
    if (f->n_idle)
        h = f->idle[--f->n_idle];
    mutex_unlock(&f->lock);
    return h ? h : sha256_new();
}

static void hasher_put(struct front *f, struct sha256 *h)
{
    mutex_lock(&f->lock);
    if (f->n_idle < FRONT_HASHERS) {
        f->idle[f->n_idle++] = h;
        h = NULL;
    }
    mutex_unlock(&f->lock);
    sha256_free(&h);
}

/* Is there room for one more record of about this size? Racing appends may overshoot by one each.
 */
static bool has_room(struct front *f, const struct store_op *op)
{
    if (!front_needs_space(op))
        return true;
    mutex_lock(&f->lock);
    bool room = f->queued_bytes < f->max_queue;
    mutex_unlock(&f->lock);
    return room;
}

static enum rc encode_without_result(const struct front *f, const struct store_op *op,
                                     struct sha256 *sha, struct record **out)
{
    struct store_exec_end end = *op->exec_end;
    const struct store_op cut = { .kind = STORE_EXEC_END, .exec_end = &end };
    end.result = STR_NULL;
    end.cut = true;
    return record_encode(&cut, f->max_record, sha, out, NULL);
}

static size_t encode_op(struct front *f, struct store_op *op, struct sha256 *sha)
{
    struct record *r = NULL;
    op->encoded = NULL;
    op->seq = 0;
    op->at_ms = 0;
    front_refuse(op, RC_LIMIT, "STORE-001");
    if (!sha || !has_room(f, op))
        return 0;
    enum rc rc = record_encode(op, f->max_record, sha, &r, NULL);
    if (rc == RC_LIMIT && op->kind == STORE_EXEC_END)
        rc = encode_without_result(f, op, sha, &r);
    if (rc == RC_LIMIT)
        op->error = "STORE-002";
    if (rc)
        return 0; /* too large, or no memory: both refuse this one and no other */
    op->rc = RC_OK;
    op->error = NULL;
    op->encoded = r;
    return r->n;
}

void front_append(struct front *f, struct store_batch *b)
{
    struct sha256 *sha = hasher_take(f);
    size_t bytes = 0;
    for (struct store_op *op = b->first; op; op = op->next)
        bytes += encode_op(f, op, sha);
    if (sha)
        hasher_put(f, sha);
    b->next = NULL;
    mutex_lock(&f->lock);
    ZS_ASSERT(!f->closing);
    if (f->last)
        f->last->next = b;
    else
        f->first = b;
    f->last = b;
    f->queued_bytes += bytes;
    f->n_appended++;
    mutex_unlock(&f->lock);
    cond_signal(&f->filled);
}

void front_cut_result(struct front *f, struct store_op *op)
{
    struct record *r = NULL;
    struct record *old = front_record(op);
    if (op->kind != STORE_EXEC_END || !old || op->exec_end->result.n == 0)
        return;
    struct sha256 *sha = hasher_take(f);
    if (sha && !encode_without_result(f, op, sha, &r)) {
        op->encoded = r;
        mutex_lock(&f->lock);
        f->queued_bytes = f->queued_bytes - old->n + r->n;
        mutex_unlock(&f->lock);
        mem_free(old);
    }
    if (sha)
        hasher_put(f, sha);
}

struct store_batch *front_take(struct front *f, uint64_t wait_ms, bool *closed)
{
    mutex_lock(&f->lock);
    bool in_time = true;
    while (!f->first && !f->closing && !f->poked && in_time && wait_ms) {
        if (wait_ms == UINT64_MAX)
            cond_wait(&f->filled, &f->lock);
        else
            in_time = cond_wait_ms(&f->filled, &f->lock, wait_ms);
    }
    struct store_batch *list = f->first;
    f->first = f->last = NULL;
    f->poked = false;
    *closed = !list && f->closing;
    mutex_unlock(&f->lock);
    return list;
}

void front_answer(struct front *f, struct store_batch *b)
{
    size_t bytes = 0;
    for (struct store_op *op = b->first; op; op = op->next) {
        struct record *r = op->encoded;
        bytes += r ? r->n : 0;
        mem_free(r);
        op->encoded = NULL;
    }
    b->done(b); /* b is the caller's from here on */
    mutex_lock(&f->lock);
    f->queued_bytes -= bytes;
    f->n_answered++;
    mutex_unlock(&f->lock);
    cond_broadcast(&f->answered);
}

void front_poke(struct front *f)
{
    mutex_lock(&f->lock);
    f->poked = true;
    mutex_unlock(&f->lock);
    cond_signal(&f->filled);
}

void front_close(struct front *f)
{
    mutex_lock(&f->lock);
    f->closing = true;
    mutex_unlock(&f->lock);
    cond_signal(&f->filled);
}

void front_wait(struct front *f)
{
    mutex_lock(&f->lock);
    uint64_t until = f->n_appended;
    while (f->n_answered < until)
        cond_wait(&f->answered, &f->lock);
    mutex_unlock(&f->lock);
}

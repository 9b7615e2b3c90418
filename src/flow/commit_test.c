/*
 * The committer over a store that keeps its batches until the test lets go of them: order, what
 * becomes one batch and one record, who is told when, and what no memory does.
 */
#include "flow/commit.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

#define SEEN_MAX 16

struct world {
    struct store store;
    struct loop *loop;
    struct committer *committer;
    struct store_batch *batch[SEEN_MAX]; /* appended and not yet answered */
    size_t n_batches;
    struct commit_op *done[SEEN_MAX];
    size_t n_done;
    size_t n_idle;
};

struct given {
    struct commit_op op;
    struct world *w;
    struct commit_op *more; /* added when this one is done */
};

static void append(struct store *s, struct store_batch *b)
{
    struct world *w = ZS_CONTAINER(s, struct world, store);
    w->batch[w->n_batches++] = b;
}

static const struct store_ops ops = { .name = "fake", .append = append };

static void world_up(struct world *w)
{
    struct err e;
    *w = (struct world){ .store = { .ops = &ops, .id = "00000000" } };
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(committer_new(w->loop, &w->store, &w->committer, &e), &e);
}

static void world_down(struct world *w)
{
    committer_free(&w->committer);
    T_TRUE(w->committer == NULL);
    loop_free(&w->loop);
}

static void op_done(struct commit_op *c)
{
    struct given *g = ZS_CONTAINER(c, struct given, op);
    g->w->done[g->w->n_done++] = c;
    if (g->more)
        committer_add(g->w->committer, g->more);
}

static void add(struct world *w, struct given *g, const struct store_intake *in)
{
    static const struct store_mark mark = { .upto = 1 };
    *g = (struct given){ .w = w, .more = g->more };
    g->op.done = op_done;
    g->op.op.kind = in ? STORE_INTAKE : STORE_MARK;
    if (in)
        g->op.op.intake = in;
    else
        g->op.op.mark = &mark;
    committer_add(w->committer, &g->op);
}

/* The store answers its oldest batch. */
static void let_go(struct world *w)
{
    struct store_batch *b = w->batch[0];
    for (size_t i = 1; i < w->n_batches; i++)
        w->batch[i - 1] = w->batch[i];
    w->n_batches--;
    b->done(b);
}

static void an_iteration_is_one_batch_in_order(void **state)
{
    (void)state;
    struct world w;
    struct given g[3] = { 0 };
    world_up(&w);
    for (size_t i = 0; i < 3; i++)
        add(&w, &g[i], NULL);
    T_EQ_SIZE(w.n_batches, 0); /* not before the iteration's end */
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_batches, 1);
    T_EQ_SIZE(w.batch[0]->n, 3);
    const struct store_op *op = w.batch[0]->first;
    for (size_t i = 0; i < 3; i++, op = op->next)
        T_TRUE(op == &g[i].op.op);
    T_TRUE(op == NULL);
    T_EQ_SIZE(committer_pending(w.committer), 3);
    T_EQ_SIZE(w.n_done, 0);
    let_go(&w);
    T_EQ_SIZE(w.n_done, 0); /* told on the loop */
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_done, 3);
    for (size_t i = 0; i < 3; i++)
        T_TRUE(w.done[i] == &g[i].op);
    T_EQ_SIZE(committer_pending(w.committer), 0);
    world_down(&w);
}

static void several_batches_are_under_way_and_come_back_in_order(void **state)
{
    (void)state;
    struct world w;
    struct given g[3] = { 0 };
    struct given after = { 0 };
    world_up(&w);
    after = (struct given){ .w = &w };
    after.op = (struct commit_op){ .op = { .kind = STORE_MARK }, .done = op_done };
    g[0].more = &after.op;
    for (size_t i = 0; i < 3; i++) {
        add(&w, &g[i], NULL);
        loop_poll(w.loop);
    }
    T_EQ_SIZE(w.n_batches, 3);
    for (size_t i = 0; i < 3; i++)
        let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_done, 3);
    for (size_t i = 0; i < 3; i++)
        T_TRUE(w.done[i] == &g[i].op);
    T_EQ_SIZE(w.n_batches, 1); /* what a done added */
    T_TRUE(w.batch[0]->first == &after.op.op);
    T_EQ_SIZE(committer_pending(w.committer), 1);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_done, 4);
    world_down(&w);
}

struct waiter {
    struct commit_barrier barrier;
    size_t n;
};

static void is_passed(struct commit_barrier *b)
{
    ZS_CONTAINER(b, struct waiter, barrier)->n++;
}

static void a_barrier_waits_for_what_was_handed_in_before_it(void **state)
{
    (void)state;
    struct world w;
    struct given g[2] = { 0 };
    struct waiter at_once = { .barrier.fn = is_passed };
    struct waiter first = at_once, second = at_once;
    struct store_outcome o = { .seq = 1, .lane = STR("l") };
    struct err e;
    world_up(&w);
    committer_after(w.committer, &at_once.barrier); /* nothing is under way */
    T_EQ_SIZE(at_once.n, 1);
    add(&w, &g[0], NULL);
    loop_poll(w.loop);
    T_OK(committer_out(w.committer, &o, &e), &e); /* not with the store yet */
    committer_after(w.committer, &first.barrier);
    loop_poll(w.loop);
    add(&w, &g[1], NULL);
    committer_after(w.committer, &second.barrier);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_batches, 3);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(first.n, 0);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(first.n, 1);
    T_EQ_SIZE(second.n, 0);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(first.n, 1);
    T_EQ_SIZE(second.n, 1);
    world_down(&w);
}

static void outcomes_are_copied_into_one_record_in_front(void **state)
{
    (void)state;
    enum { N = 200 };
    struct world w;
    struct given g = { 0 };
    struct err e;
    char text[8] = "first";
    world_up(&w);
    add(&w, &g, NULL); /* asked for first, and still behind: see commit.c */
    for (uint64_t i = 0; i < N; i++) {
        struct store_outcome o = { .seq = i,
                                   .lane = str_z(text),
                                   .reply = str_z(text),
                                   .error = str_z(text),
                                   .status = str_z(text) };
        T_OK(committer_out(w.committer, &o, &e), &e);
    }
    (void)snprintf(text, sizeof text, "gone"); /* fits */
    T_EQ_SIZE(committer_pending(w.committer), N + 1);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_batches, 1);
    const struct store_op *op = w.batch[0]->first;
    T_EQ_SIZE(w.batch[0]->n, 2);
    T_EQ_INT(op->kind, STORE_OUTCOMES);
    T_EQ_SIZE(op->outcomes.n, N);
    for (uint64_t i = 0; i < N; i++) {
        const struct store_outcome *o = &op->outcomes.list[i];
        T_EQ_SIZE(o->seq, i);
        T_EQ_STR(o->lane, "first");
        T_EQ_STR(o->reply, "first");
        T_EQ_STR(o->error, "first");
        T_EQ_STR(o->status, "first");
    }
    T_TRUE(op->next == &g.op.op);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_done, 1);
    T_EQ_SIZE(committer_pending(w.committer), 0);
    world_down(&w);
}

/* Together they would be more than a store takes at once, and all would be refused. */
static void large_messages_go_in_several_batches(void **state)
{
    (void)state;
    struct world w;
    struct given g[5] = { 0 };
    static const char one = 'x';
    struct store_intake in = { .body = str_of(&one, (size_t)6 << 20) }; /* nobody reads it */
    struct store_intake huge = { .body = str_of(&one, (size_t)60 << 20) };
    static const size_t sizes[] = { 2, 2, 1 };
    world_up(&w);
    for (size_t i = 0; i < 4; i++)
        add(&w, &g[i], &in);
    add(&w, &g[4], &huge);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_batches, 3);
    for (size_t i = 0; i < 3; i++)
        T_EQ_SIZE(w.batch[i]->n, sizes[i]);
    while (w.n_batches > 0)
        let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_done, 5);
    for (size_t i = 0; i < 5; i++)
        T_TRUE(w.done[i] == &g[i].op);
    world_down(&w);
}

static void is_idle(void *ctx)
{
    struct world *w = ctx;
    T_EQ_SIZE(committer_pending(w->committer), 0);
    w->n_idle++;
}

static void idle_is_told_once(void **state)
{
    (void)state;
    struct world w;
    struct given g = { 0 };
    struct store_outcome o = { .seq = 1, .lane = STR("l") };
    struct err e;
    world_up(&w);
    committer_when_idle(w.committer, is_idle, &w); /* nothing is under way: at once */
    T_EQ_SIZE(w.n_idle, 1);
    add(&w, &g, NULL);
    T_OK(committer_out(w.committer, &o, &e), &e);
    committer_when_idle(w.committer, is_idle, &w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_idle, 1);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_idle, 2);
    add(&w, &g, NULL);
    loop_poll(w.loop);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_idle, 2); /* once is once */
    add(&w, &g, NULL);
    committer_when_idle(w.committer, is_idle, &w);
    committer_when_idle(w.committer, NULL, NULL);
    loop_poll(w.loop);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(w.n_idle, 2);
    world_down(&w);
}

static void no_memory_is_told_and_forgotten(void **state)
{
    (void)state;
    struct world w;
    struct given g = { 0 };
    struct store_outcome o = { .seq = 1, .lane = STR("l") };
    struct err e;
    for (size_t k = 1; k <= 2; k++) { /* the batch, its arena */
        world_up(&w);
        mem_fail_at(k);
        add(&w, &g, NULL);
        T_EQ_SIZE(w.n_done, 1);
        T_EQ_INT(g.op.op.rc, RC_NOMEM);
        mem_fail_at(k);
        T_EQ_INT(committer_out(w.committer, &o, &e), RC_NOMEM);
        T_EQ_Z(e.id, "FLOW-001");
        mem_fail_at(0);
        T_EQ_SIZE(committer_pending(w.committer), 0);
        loop_poll(w.loop);
        T_EQ_SIZE(w.n_batches, 0);
        T_OK(committer_out(w.committer, &o, &e), &e);
        loop_poll(w.loop);
        T_EQ_SIZE(w.n_batches, 1);
        T_EQ_SIZE(w.batch[0]->first->outcomes.n, 1);
        let_go(&w);
        loop_poll(w.loop);
        world_down(&w);
    }
}

/* Growing the list fails: what was taken before is still written. */
static void no_memory_for_one_outcome_keeps_the_others(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    enum rc rc = RC_OK;
    size_t taken = 0;
    struct store_outcome o = { .seq = 1, .lane = STR("l") };
    world_up(&w);
    T_OK(committer_out(w.committer, &o, &e), &e);
    mem_fail_at(1); /* the arena's next chunk */
    for (taken = 1; rc == RC_OK; taken += rc == RC_OK)
        rc = committer_out(w.committer, &o, &e);
    T_EQ_INT(rc, RC_NOMEM);
    T_EQ_SIZE(committer_pending(w.committer), taken);
    loop_poll(w.loop);
    T_EQ_SIZE(w.batch[0]->first->outcomes.n, taken);
    let_go(&w);
    loop_poll(w.loop);
    T_EQ_SIZE(committer_pending(w.committer), 0);
    world_down(&w);
}

static void making_one_without_memory(void **state)
{
    (void)state;
    struct world w;
    struct committer *c = NULL;
    struct err e;
    world_up(&w);
    mem_fail_at(1);
    T_EQ_INT(committer_new(w.loop, &w.store, &c, &e), RC_NOMEM);
    T_EQ_Z(e.id, "FLOW-001");
    mem_fail_at(0);
    committer_free(&c); /* NULL is fine */
    world_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(an_iteration_is_one_batch_in_order),
        T_TEST(several_batches_are_under_way_and_come_back_in_order),
        T_TEST(a_barrier_waits_for_what_was_handed_in_before_it),
        T_TEST(outcomes_are_copied_into_one_record_in_front),
        T_TEST(large_messages_go_in_several_batches),
        T_TEST(idle_is_told_once),
        T_TEST(no_memory_is_told_and_forgotten),
        T_TEST(no_memory_for_one_outcome_keeps_the_others),
        T_TEST(making_one_without_memory),
    };
    return T_RUN(tests);
}

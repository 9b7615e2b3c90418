/*
 * One batch of the store per loop iteration. See commit.h. Tests: commit_test.c
 */
#include "flow/commit.h"

#include "base/alloc.h"

#define BATCH_FIRST  (16 * 1024)
#define BATCH_LIMIT  ((size_t)256 * 1024 * 1024)
#define OUTCOMES_MIN 64

/* A store takes so much at once and no more (store.h: half a segment); stay far below it. */
#define BATCH_BYTES ((size_t)16 * 1024 * 1024)

/* What goes to the store together. Reused: an engine at work needs two or three of them. */
struct batch {
    struct store_batch sb; /* sb.ctx is this */
    struct loop_post post;
    struct committer *owner;
    struct arena *arena; /* the outcomes and their strings */
    struct store_outcome *outcomes;
    size_t n_outcomes, cap_outcomes;
    size_t bytes; /* about, of all that is in it */
    struct commit_op outcome_op;
    struct store_op *last;
    struct batch *next_free;
};

struct committer {
    struct loop *loop;
    struct store *store;
    struct loop_hook hook;
    struct batch *open; /* being filled, or NULL */
    struct batch *spare;
    uint64_t handed, settled; /* records and outcomes; they come back in order */
    struct list barriers;     /* commit_barrier, in order */
    void (*idle)(void *ctx);
    void *idle_ctx;
};

static void submit_hook(struct loop_hook *h);

enum rc committer_new(struct loop *l, struct store *s, struct committer **out, struct err *e)
{
    struct committer *c = mem_new(struct committer);
    if (!c)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the committer");
    c->loop = l;
    c->store = s;
    c->hook.fn = submit_hook;
    list_init(&c->barriers);
    *out = c;
    return RC_OK;
}

static void batch_free(struct batch *b)
{
    arena_free(&b->arena);
    mem_free(b);
}

void committer_free(struct committer **cp)
{
    struct committer *c = *cp;
    if (!c)
        return;
    ZS_ASSERT(committer_pending(c) == 0 && list_is_empty(&c->barriers));
    *cp = NULL;
    loop_hook_cancel(c->loop, &c->hook);
    if (c->open)
        batch_free(c->open);
    while (c->spare) {
        struct batch *b = c->spare;
        c->spare = b->next_free;
        batch_free(b);
    }
    mem_free(c);
}

static void batch_settled(struct loop_post *p);
static void batch_done(struct store_batch *sb);

static struct batch *batch_new(struct committer *c)
{
    struct batch *b = mem_new(struct batch);
    if (!b)
        return NULL;
    b->arena = arena_new("commit", BATCH_FIRST, BATCH_LIMIT);
    if (!b->arena) {
        mem_free(b);
        return NULL;
    }
    b->owner = c;
    b->post.fn = batch_settled;
    b->sb.done = batch_done;
    b->sb.ctx = b;
    return b;
}

/* The batch being filled; NULL when there is no memory for one. */
static struct batch *open_batch(struct committer *c)
{
    if (!c->open) {
        struct batch *b = c->spare;
        if (b)
            c->spare = b->next_free;
        else
            b = batch_new(c);
        if (!b)
            return NULL;
        c->open = b;
    }
    loop_hook_arm(c->loop, &c->hook);
    return c->open;
}

static void append(struct batch *b, struct store_op *op)
{
    op->next = NULL;
    if (b->last)
        b->last->next = op;
    else
        b->sb.first = op;
    b->last = op;
    b->sb.n++;
}

static size_t size_of(const struct store_op *op)
{
    if (op->kind == STORE_EXEC)
        return op->exec->request.n;
    if (op->kind == STORE_EXEC_END)
        return op->exec_end->result.n;
    if (op->kind != STORE_INTAKE)
        return 0;
    size_t n = op->intake->body.n + op->intake->ack.n;
    for (size_t i = 0; i < op->intake->n_deliveries; i++)
        n += op->intake->deliveries[i].payload.n;
    return n;
}

/* The open batch, with room for `bytes` more: one that is full goes to the store before. */
static struct batch *batch_for(struct committer *c, size_t bytes)
{
    if (c->open && c->open->bytes > 0 && c->open->bytes + bytes > BATCH_BYTES)
        submit_hook(&c->hook);
    struct batch *b = open_batch(c);
    if (b)
        b->bytes += bytes;
    return b;
}

void committer_add(struct committer *c, struct commit_op *op)
{
    struct batch *b = batch_for(c, size_of(&op->op));
    if (!b) {
        op->op.rc = RC_NOMEM;
        op->done(op);
        return;
    }
    c->handed++;
    append(b, &op->op);
}

/*
 * Outcomes go first: a mark of the same iteration may have been asked for after one of them, and
 * would not cover its delivery if the outcome were the newer record. The other way round only
 * covers too much.
 */
static void prepend(struct batch *b, struct store_op *op)
{
    op->next = b->sb.first;
    b->sb.first = op;
    if (!b->last)
        b->last = op;
    b->sb.n++;
}

static enum rc copy_outcome(struct batch *b, const struct store_outcome *o)
{
    if (b->n_outcomes == b->cap_outcomes) {
        size_t cap = size_max(b->cap_outcomes * 2, OUTCOMES_MIN);
        struct store_outcome *grown =
            arena_grow(b->arena, b->outcomes, b->cap_outcomes * sizeof *grown, cap * sizeof *grown);
        if (!grown)
            return RC_NOMEM;
        b->outcomes = grown;
        b->cap_outcomes = cap;
    }
    struct store_outcome copy = *o;
    struct str *const texts[] = { &copy.lane, &copy.status, &copy.error, &copy.reply };
    for (size_t i = 0; i < ZS_COUNT(texts); i++) {
        if (texts[i]->n == 0)
            continue;
        *texts[i] = arena_str(b->arena, *texts[i]);
        if (str_is_null(*texts[i]))
            return RC_NOMEM;
    }
    b->outcomes[b->n_outcomes++] = copy;
    return RC_OK;
}

enum rc committer_out(struct committer *c, const struct store_outcome *o, struct err *e)
{
    struct batch *b = batch_for(c, o->reply.n);
    if (!b || copy_outcome(b, o) != RC_OK)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory to record an outcome");
    c->handed++;
    return RC_OK;
}

static void submit_hook(struct loop_hook *h)
{
    struct committer *c = ZS_CONTAINER(h, struct committer, hook);
    struct batch *b = c->open;
    if (!b)
        return;
    if (b->n_outcomes > 0) {
        b->outcome_op = (struct commit_op){ .op = { .kind = STORE_OUTCOMES } };
        b->outcome_op.op.outcomes.list = b->outcomes;
        b->outcome_op.op.outcomes.n = b->n_outcomes;
        prepend(b, &b->outcome_op.op);
    }
    if (b->sb.n == 0)
        return; /* memory ran out before anything was taken: keep it for the next */
    c->open = NULL;
    store_append(c->store, &b->sb);
}

/* Writer's thread. */
static void batch_done(struct store_batch *sb)
{
    struct batch *b = sb->ctx;
    loop_post(b->owner->loop, &b->post);
}

static void batch_recycle(struct committer *c, struct batch *b)
{
    arena_clear(b->arena);
    b->outcomes = NULL;
    b->n_outcomes = b->cap_outcomes = 0;
    b->sb.first = b->last = NULL;
    b->sb.n = 0;
    b->bytes = 0;
    b->next_free = c->spare;
    c->spare = b;
}

static void pass_barriers(struct committer *c)
{
    struct list_node *n;
    while ((n = list_first(&c->barriers)) != NULL) {
        struct commit_barrier *b = ZS_CONTAINER(n, struct commit_barrier, node);
        if (b->upto > c->settled)
            return;
        list_remove(&c->barriers, n);
        b->fn(b);
    }
}

void committer_after(struct committer *c, struct commit_barrier *b)
{
    b->upto = c->handed;
    list_push(&c->barriers, &b->node);
    pass_barriers(c);
}

static void batch_settled(struct loop_post *p)
{
    struct batch *b = ZS_CONTAINER(p, struct batch, post);
    struct committer *c = b->owner;
    struct store_op *op = b->sb.first;
    while (op) {
        struct store_op *next = op->next; /* done may free the op */
        if (op != &b->outcome_op.op) {
            struct commit_op *co = ZS_CONTAINER(op, struct commit_op, op);
            c->settled++;
            co->done(co);
        }
        op = next;
    }
    c->settled += b->n_outcomes;
    batch_recycle(c, b);
    pass_barriers(c);
    if (committer_pending(c) == 0 && c->idle) {
        void (*fn)(void *ctx) = c->idle;
        c->idle = NULL;
        fn(c->idle_ctx);
    }
}

size_t committer_pending(const struct committer *c)
{
    return (size_t)(c->handed - c->settled);
}

void committer_when_idle(struct committer *c, void (*fn)(void *ctx), void *ctx)
{
    c->idle = fn;
    c->idle_ctx = ctx;
    if (fn && committer_pending(c) == 0) {
        c->idle = NULL;
        fn(ctx);
    }
}

/* Shared by the store's tests; see contract.h. */
#include "store/contract.h"

#include "base/thread.h"

static void on_fatal(void *ctx, const struct err *e)
{
    struct fix *f = ctx;
    f->n_fatal++;
    f->last_notice = *e;
}

static void on_notice(void *ctx, const struct err *e)
{
    struct fix *f = ctx;
    if ((size_t)f->n_notices < ZS_COUNT(f->notice_ids))
        f->notice_ids[f->n_notices] = e->id;
    f->n_notices++;
    f->last_notice = *e;
}

bool fix_noticed(const struct fix *f, const char *id)
{
    for (size_t i = 0; i < ZS_COUNT(f->notice_ids) && i < (size_t)f->n_notices; i++)
        if (strcmp(f->notice_ids[i], id) == 0)
            return true;
    return false;
}

void fix_init(struct fix *f, const struct backend *b)
{
    *f = (struct fix){ .n_fatal = 0 };
    clock_fake_init(&f->clock, 1700000000000);
    f->host = (struct store_host){
        .clock = &f->clock.clock, .fatal = on_fatal, .notice = on_notice, .ctx = f
    };
    f->a = arena_new("test", 0, (size_t)64 << 20);
    T_TRUE(f->a != NULL);
    b->start(f);
}

void fix_stop(struct fix *f)
{
    store_close(&f->s);
    datadir_close(&f->dir);
}

void fix_restart(struct fix *f, const struct backend *b)
{
    fix_stop(f);
    b->start(f);
}

void fix_done(struct fix *f)
{
    fix_stop(f);
    mem_image_free(&f->image);
    arena_free(&f->a);
}

static void start_mem(struct fix *f)
{
    struct err e;
    if (!f->image)
        f->image = mem_image_new();
    T_OK(mem_store_open(f->image, 0, &f->host, &f->s, &e), &e);
}

const struct backend backend_mem = { "mem", start_mem };

static void start_journal(struct fix *f)
{
    struct err e;
    if (!f->path[0]) {
        static unsigned number; /* of the directory: every fixture has its own */
        int n = snprintf(f->path, sizeof f->path, "%s/store%u", t_tmpdir(), ++number);
        T_TRUE(n > 0 && (size_t)n < sizeof f->path);
    }
    T_OK(datadir_open(f->path, &f->dir, &e), &e);
    struct journal_conf conf = f->conf;
    conf.dir = f->dir;
    conf.segment_bytes = conf.segment_bytes ? conf.segment_bytes : 1 << 20;
    T_OK(journal_open(&conf, &f->host, &f->s, &e), &e);
}

const struct backend backend_journal = { "journal", start_journal };

struct waiter {
    struct mutex lock;
    struct cond answered;
    bool done;
};

static void on_done(struct store_batch *b)
{
    struct waiter *w = b->ctx;
    mutex_lock(&w->lock);
    w->done = true;
    cond_signal(&w->answered);
    mutex_unlock(&w->lock);
}

void put_ops(struct fix *f, struct store_op *ops, size_t n)
{
    struct waiter w = { .done = false };
    mutex_init(&w.lock, "test", 900);
    cond_init(&w.answered);
    for (size_t i = 0; i < n; i++)
        ops[i].next = i + 1 < n ? &ops[i + 1] : NULL;
    struct store_batch b = { .first = n ? ops : NULL, .n = n, .done = on_done, .ctx = &w };
    store_append(f->s, &b);
    mutex_lock(&w.lock);
    while (!w.done)
        cond_wait(&w.answered, &w.lock);
    mutex_unlock(&w.lock);
    cond_done(&w.answered);
    mutex_done(&w.lock);
}

uint64_t put_intake(struct fix *f, const struct store_intake *in)
{
    struct store_op op = { .kind = STORE_INTAKE, .intake = in };
    put_ops(f, &op, 1);
    return op.rc ? 0 : op.seq;
}

uint64_t put_outcome(struct fix *f, const struct store_outcome *o)
{
    struct store_op op = { .kind = STORE_OUTCOMES, .outcomes = { o, 1 } };
    put_ops(f, &op, 1);
    return op.rc ? 0 : op.seq;
}

uint64_t put_mark(struct fix *f, const char *lane, uint64_t upto)
{
    const struct store_mark m = { .lane = str_z(lane), .upto = upto };
    struct store_op op = { .kind = STORE_MARK, .mark = &m };
    put_ops(f, &op, 1);
    return op.rc ? 0 : op.seq;
}

uint64_t put_act(struct fix *f, const char *actor, const char *verb)
{
    const struct store_act act = { .actor = str_z(actor),
                                   .peer = STR("127.0.0.1"),
                                   .verb = str_z(verb),
                                   .object = STR("channel/x"),
                                   .detail = STR("{}") };
    struct store_op op = { .kind = STORE_ACT, .act = &act };
    put_ops(f, &op, 1);
    return op.rc ? 0 : op.seq;
}

uint64_t put_message(struct fix *f, const char *control_id, const char *lane0, const char *lane1)
{
    struct store_delivery d[2] = { { .lane = str_z(lane0), .state = DELIVERY_QUEUED },
                                   { .lane = str_z(lane1), .state = DELIVERY_QUEUED } };
    const struct store_intake in = { .channel = STR("adt-in"),
                                     .control_id = str_z(control_id),
                                     .type = STR("ADT^A01"),
                                     .content_type = STR("text/plain"),
                                     .state = INTAKE_ACCEPTED,
                                     .body = str_z(control_id),
                                     .ack = STR("AA"),
                                     .deliveries = d,
                                     .n_deliveries = lane1   ? 2
                                                     : lane0 ? 1
                                                             : 0 };
    return put_intake(f, &in);
}

uint64_t put_state(struct fix *f, uint64_t seq, const char *lane, enum delivery_state state)
{
    const struct store_outcome o = {
        .seq = seq, .lane = str_z(lane), .state = state, .attempt = 1
    };
    return put_outcome(f, &o);
}

uint64_t put_exec(struct fix *f, const char *integration, const char *endpoint)
{
    const struct store_exec x = { .integration = str_z(integration),
                                  .endpoint = str_z(endpoint),
                                  .actor = STR("ann"),
                                  .start_ms = clock_now_ms(&f->clock.clock),
                                  .request = STR("{\"data\":1}") };
    struct store_op op = { .kind = STORE_EXEC, .exec = &x };
    put_ops(f, &op, 1);
    return op.rc ? 0 : op.seq;
}

uint64_t put_exec_end(struct fix *f, uint64_t seq, const char *integration, const char *endpoint,
                      uint32_t duration_ms, const char *error)
{
    const struct store_exec_end x = { .seq = seq,
                                      .integration = str_z(integration),
                                      .endpoint = str_z(endpoint),
                                      .state = error ? EXEC_FAILED : EXEC_COMPLETED,
                                      .start_ms =
                                          clock_now_ms(&f->clock.clock) - (int64_t)duration_ms,
                                      .duration_ms = duration_ms,
                                      .status = error ? STR("500") : STR("200"),
                                      .error = str_z(error),
                                      .result = STR("{\"response\":2}") };
    struct store_op op = { .kind = STORE_EXEC_END, .exec_end = &x };
    put_ops(f, &op, 1);
    return op.rc ? 0 : op.seq;
}

uint64_t put_attempt(struct fix *f, uint64_t seq, const char *lane, uint32_t duration_ms,
                     const char *error)
{
    const struct store_outcome o = { .seq = seq,
                                     .lane = str_z(lane),
                                     .state = error ? DELIVERY_RETRYING : DELIVERY_DELIVERED,
                                     .attempt = 3,
                                     .sent = true,
                                     .duration_ms = duration_ms,
                                     .status = error ? STR("AE") : STR("AA"),
                                     .error = str_z(error),
                                     .reply = STR("MSA|AA") };
    return put_outcome(f, &o);
}

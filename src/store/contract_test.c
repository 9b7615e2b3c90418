/*
 * The contract (store.h), run against every backend. Passing it is what being a backend means.
 */
#include "store/contract.h"

#include "base/thread.h"
#include "store/rules.h"

static const struct backend *backend;

/* ---- appending and reading back ----------------------------------------------------------- */

static const struct store_term some_terms[] = { { TERM_PATIENT_ID, STR_INIT("p1") },
                                                { TERM_ORDER, STR_INIT("o1") } };
static const struct store_delivery some_deliveries[] = {
    { .lane = STR_INIT("c/i/e"),
      .state = DELIVERY_QUEUED,
      .key = STR_INIT("k1"),
      .payload = STR_INIT("sent"),
      .content_type = STR_INIT("text/x") },
    { .lane = STR_INIT("c/i/f"), .state = DELIVERY_FILTERED, .reason = STR_INIT("when") },
};
static const struct store_intake some_intake = {
    .channel = STR_INIT("c"),
    .peer = STR_INIT("10.0.0.1:5"),
    .sender = STR_INIT("LAB|H"),
    .control_id = STR_INIT("M1"),
    .type = STR_INIT("ORU^R01"),
    .content_type = STR_INIT("x-application/hl7-v2+er7"),
    .trace_id = STR_INIT("0af7651916cd43dd8448eb211c80319c"),
    .state = INTAKE_ACCEPTED,
    .reason = STR_INIT(""),
    .body = STR_INIT("MSH|\0|"),
    .ack = STR_INIT("MSA|AA"),
    .config_version = 3,
    .terms = some_terms,
    .n_terms = 2,
    .deliveries = some_deliveries,
    .n_deliveries = 2,
};

static void an_intake_reads_back_whole(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t seq = put_intake(&f, &some_intake);
    T_TRUE(seq > 0);
    struct store_message m;
    T_OK(store_read(f.s, seq, f.a, &m, &e), &e);
    T_EQ_SIZE(m.seq, seq);
    T_EQ_INT(m.at_ms, 1700000000000);
    const struct store_intake *in = &m.intake;
    T_EQ_STR(in->channel, "c");
    T_EQ_STR(in->peer, "10.0.0.1:5");
    T_EQ_STR(in->sender, "LAB|H");
    T_EQ_STR(in->control_id, "M1");
    T_EQ_STR(in->type, "ORU^R01");
    T_EQ_STR(in->content_type, "x-application/hl7-v2+er7");
    T_EQ_STR(in->trace_id, "0af7651916cd43dd8448eb211c80319c");
    T_EQ_INT(in->state, INTAKE_ACCEPTED);
    T_EQ_STR(in->reason, "");
    T_EQ_BYTES(in->body, STR("MSH|\0|"));
    T_EQ_STR(in->ack, "MSA|AA");
    T_EQ_SIZE(in->config_version, 3);
    T_EQ_SIZE(in->n_terms, 2);
    T_EQ_INT(in->terms[1].kind, TERM_ORDER);
    T_EQ_STR(in->terms[1].value, "o1");
    T_EQ_SIZE(in->n_deliveries, 2);
    T_EQ_STR(in->deliveries[0].lane, "c/i/e");
    T_EQ_STR(in->deliveries[0].payload, "sent");
    T_EQ_STR(in->deliveries[0].key, "k1");
    T_EQ_STR(in->deliveries[0].content_type, "text/x");
    T_EQ_INT(in->deliveries[1].state, DELIVERY_FILTERED);
    T_EQ_STR(in->deliveries[1].reason, "when");
    T_TRUE(str_is_null(in->deliveries[1].payload));
    fix_done(&f);
}

static void what_is_not_there_is_missing(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_message m;
    struct store_event *events = NULL;
    size_t n = 0;
    fix_init(&f, backend);
    uint64_t mark = put_mark(&f, "c/i/e", 5);
    const uint64_t seqs[] = { 0, mark, mark + 1, UINT64_MAX };
    for (size_t i = 0; i < ZS_COUNT(seqs); i++) {
        T_EQ_INT(store_read(f.s, seqs[i], f.a, &m, &e), RC_MISSING);
        T_EQ_Z(e.id, "STORE-011");
        T_EQ_INT(store_events(f.s, seqs[i], f.a, &events, &n, &e), RC_MISSING);
        T_EQ_Z(e.id, "STORE-011");
    }
    fix_done(&f);
}

static void sequences_rise_by_one_in_batch_order(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f, backend);
    const struct store_mark mark = { STR("l"), 1 };
    struct store_op ops[3] = { { .kind = STORE_MARK, .mark = &mark },
                               { .kind = STORE_INTAKE, .intake = &some_intake },
                               { .kind = STORE_MARK, .mark = &mark } };
    put_ops(&f, ops, 3);
    for (size_t i = 0; i < 3; i++) {
        T_EQ_INT(ops[i].rc, RC_OK);
        T_TRUE(ops[i].error == NULL);
        T_EQ_SIZE(ops[i].seq, ops[0].seq + i);
        T_EQ_INT(ops[i].at_ms, 1700000000000);
    }
    uint64_t last = ops[2].seq;
    fix_restart(&f, backend);
    struct store_stats stats;
    store_stats(f.s, &stats);
    T_TRUE(stats.last_seq >= last); /* a store may close with a record of its own */
    T_EQ_SIZE(put_mark(&f, "l", 2), stats.last_seq + 1);
    fix_done(&f);
}

struct flood {
    struct fix *f;
    struct store_batch batch[50];
    struct store_op op[50];
    struct thread thread;
};

static void count_done(struct store_batch *b)
{
    /* the order of answers is looked at through the sequences */
    ZS_ASSERT(b->first->rc == RC_OK);
}

static void flood(void *ctx)
{
    struct flood *w = ctx;
    for (size_t i = 0; i < ZS_COUNT(w->op); i++) {
        w->op[i] = (struct store_op){ .kind = STORE_INTAKE, .intake = &some_intake };
        w->batch[i] = (struct store_batch){ .first = &w->op[i], .n = 1, .done = count_done };
        store_append(w->f->s, &w->batch[i]);
    }
}

static void appends_of_one_thread_keep_their_order(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    struct flood *w = arena_make(f.a, struct flood, 4);
    for (size_t i = 0; i < 4; i++) {
        w[i].f = &f;
        T_OK(thread_start(&w[i].thread, "flood", flood, &w[i], &e), &e);
    }
    for (size_t i = 0; i < 4; i++)
        thread_join(&w[i].thread);
    T_OK(store_settle(f.s, &e), &e);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 1; k < ZS_COUNT(w[i].op); k++)
            T_TRUE(w[i].op[k].seq > w[i].op[k - 1].seq);
    struct store_stats stats;
    store_stats(f.s, &stats);
    T_EQ_SIZE(stats.last_seq, 200);
    T_EQ_SIZE(stats.indexed_seq, 200);
    T_EQ_SIZE(stats.n_messages, 200);
    fix_done(&f);
}

/* ---- what happened to a message ----------------------------------------------------------- */

static void events_come_oldest_first_and_whole(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t one = put_message(&f, "M1", "c/i/e", NULL);
    uint64_t two = put_message(&f, "M2", "c/i/e", NULL);
    const struct store_outcome first[] = {
        { .seq = two,
          .lane = STR("c/i/e"),
          .state = DELIVERY_RETRYING,
          .attempt = 1,
          .fate = FATE_RETRY,
          .next_at = 1700000005000,
          .duration_ms = 7,
          .status = STR("AE"),
          .error = STR("X-001 busy"),
          .reply = STR("MSA|AE") },
        { .seq = one, .lane = STR("c/i/e"), .state = DELIVERY_DELIVERED, .attempt = 1 }
    };
    struct store_op op = { .kind = STORE_OUTCOMES, .outcomes = { first, 2 } };
    put_ops(&f, &op, 1);
    clock_fake_step(&f.clock, 5000);
    const struct store_outcome second = { .seq = two,
                                          .lane = STR("c/i/e"),
                                          .state = DELIVERY_DELIVERED,
                                          .attempt = 2,
                                          .unknown_before = true };
    uint64_t last = put_outcome(&f, &second);
    for (int restarted = 0; restarted < 2; restarted++) {
        struct store_event *list = NULL;
        size_t n = 0;
        T_OK(store_events(f.s, two, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 2);
        T_EQ_SIZE(list[0].seq, op.seq);
        T_EQ_INT(list[0].at_ms, 1700000000000);
        T_EQ_INT(list[0].outcome.state, DELIVERY_RETRYING);
        T_EQ_INT(list[0].outcome.fate, FATE_RETRY);
        T_EQ_INT(list[0].outcome.next_at, 1700000005000);
        T_EQ_SIZE(list[0].outcome.duration_ms, 7);
        T_EQ_STR(list[0].outcome.status, "AE");
        T_EQ_STR(list[0].outcome.error, "X-001 busy");
        T_EQ_STR(list[0].outcome.reply, "MSA|AE");
        T_EQ_SIZE(list[1].seq, last);
        T_EQ_INT(list[1].at_ms, 1700000005000);
        T_EQ_SIZE(list[1].outcome.attempt, 2);
        T_TRUE(list[1].outcome.unknown_before);
        T_OK(store_events(f.s, one, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 1);
        T_EQ_INT(list[0].outcome.state, DELIVERY_DELIVERED);
        fix_restart(&f, backend);
    }
    fix_done(&f);
}

static void acts_come_newest_first_and_page(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t seq[5];
    for (size_t i = 0; i < 5; i++) {
        seq[i] = put_act(&f, i % 2 ? "bob" : "ann", "channel.pause");
        T_TRUE(put_message(&f, "M", NULL, NULL) > 0);
    }
    for (int settled = 0; settled < 2; settled++) {
        struct store_audit *list = NULL;
        size_t n = 0;
        T_OK(store_acts(f.s, 0, 3, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 3);
        T_EQ_SIZE(list[0].seq, seq[4]);
        T_EQ_STR(list[0].act.actor, "ann");
        T_EQ_STR(list[0].act.peer, "127.0.0.1");
        T_EQ_STR(list[0].act.verb, "channel.pause");
        T_EQ_STR(list[0].act.object, "channel/x");
        T_EQ_STR(list[0].act.detail, "{}");
        T_EQ_STR(list[1].act.actor, "bob");
        T_OK(store_acts(f.s, list[2].seq, 3, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 2);
        T_EQ_SIZE(list[0].seq, seq[1]);
        T_EQ_SIZE(list[1].seq, seq[0]);
        T_OK(store_acts(f.s, seq[0], 3, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 0);
        T_OK(store_settle(f.s, &e), &e);
    }
    fix_done(&f);
}

/* ---- search ------------------------------------------------------------------------------- */

struct sample {
    const char *control_id, *type, *channel, *peer, *patient, *accession, *order;
    enum intake_state state;
    enum delivery_state delivery; /* 0: none */
};

/* One second apart, from 1700000000000 on. */
static const struct sample samples[] = {
    { "A1", "ADT^A01", "adt", "10.0.0.1:1", "p1", "", "", INTAKE_ACCEPTED, DELIVERY_DELIVERED },
    { "A2", "ADT^A08", "adt", "10.0.0.1:2", "p2", "", "", INTAKE_ACCEPTED, DELIVERY_QUEUED },
    { "A3", "ORU^R01", "oru", "10.0.0.2:1", "p1", "acc1", "o1", INTAKE_ACCEPTED, DELIVERY_HELD },
    { "A1", "ORU^R01", "oru", "10.0.0.2:1", "p3", "acc2", "o1", INTAKE_ACCEPTED, 0 },
    { "A4", "ADT", "adt", "10.0.0.2:1", "p1", "", "", INTAKE_REFUSED, 0 },
    { "A5", "ORU^R01", "oru", "", "", "acc1", "", INTAKE_ACCEPTED, DELIVERY_REJECTED },
};

static void put_sample(struct fix *f, const struct sample *s)
{
    struct store_term terms[3];
    size_t n = 0;
    const struct store_term all[] = { { TERM_PATIENT_ID, str_z(s->patient) },
                                      { TERM_ACCESSION, str_z(s->accession) },
                                      { TERM_ORDER, str_z(s->order) } };
    for (size_t i = 0; i < 3; i++)
        if (all[i].value.n)
            terms[n++] = all[i];
    const struct store_delivery d = { .lane = STR("c/i/e"), .state = DELIVERY_QUEUED };
    const struct store_intake in = { .channel = str_z(s->channel),
                                     .peer = str_z(s->peer),
                                     .control_id = str_z(s->control_id),
                                     .type = str_z(s->type),
                                     .state = s->state,
                                     .body = STR("12345"),
                                     .terms = terms,
                                     .n_terms = n,
                                     .deliveries = &d,
                                     .n_deliveries = s->delivery ? 1 : 0 };
    uint64_t seq = put_intake(f, &in);
    T_TRUE(seq > 0);
    if (s->delivery && s->delivery != DELIVERY_QUEUED)
        put_state(f, seq, "c/i/e", s->delivery);
    clock_fake_step(&f->clock, 1000);
}

static const struct {
    const char *name;
    struct store_query q;
    const char *hits; /* control id and type's first letter, newest first */
} searches[] = {
    { "all", { .limit = 9 }, "A5O A4A A1O A3O A2A A1A " },
    { "control id", { .control_id = STR_INIT("A1"), .limit = 9 }, "A1O A1A " },
    { "control id in part", { .control_id = STR_INIT("A"), .limit = 9 }, "" },
    { "patient", { .patient_id = STR_INIT("p1"), .limit = 9 }, "A4A A3O A1A " },
    { "accession", { .accession = STR_INIT("acc1"), .limit = 9 }, "A5O A3O " },
    { "order", { .order = STR_INIT("o1"), .limit = 9 }, "A1O A3O " },
    { "a patient's id is no order", { .order = STR_INIT("p1"), .limit = 9 }, "" },
    { "two terms",
      { .patient_id = STR_INIT("p1"), .accession = STR_INIT("acc1"), .limit = 9 },
      "A3O " },
    { "channel", { .channel = STR_INIT("oru"), .limit = 9 }, "A5O A1O A3O " },
    { "type", { .type = STR_INIT("ADT"), .limit = 9 }, "A4A A2A A1A " },
    { "type and event", { .type = STR_INIT("ADT^A08"), .limit = 9 }, "A2A " },
    { "peer", { .peer = STR_INIT("10.0.0.1"), .limit = 9 }, "A2A A1A " },
    { "peer and port", { .peer = STR_INIT("10.0.0.1:2"), .limit = 9 }, "A2A " },
    { "delivered", { .state = DELIVERY_DELIVERED, .limit = 9 }, "A1A " },
    { "queued", { .state = DELIVERY_QUEUED, .limit = 9 }, "A2A " },
    { "held", { .state = DELIVERY_HELD, .limit = 9 }, "A3O " },
    { "rejected", { .state = DELIVERY_REJECTED, .limit = 9 }, "A5O " },
    { "dead", { .state = DELIVERY_DEAD, .limit = 9 }, "" },
    { "refused", { .state = -1, .limit = 9 }, "A4A " },
    { "since", { .since = 1700000003000, .limit = 9 }, "A5O A4A A1O " },
    { "until", { .until = 1700000003000, .limit = 9 }, "A3O A2A A1A " },
    { "between", { .since = 1700000001000, .until = 1700000003000, .limit = 9 }, "A3O A2A " },
    { "all at once",
      { .patient_id = STR_INIT("p1"),
        .channel = STR_INIT("adt"),
        .type = STR_INIT("ADT"),
        .peer = STR_INIT("10.0.0.1"),
        .state = DELIVERY_DELIVERED,
        .since = 1700000000000,
        .until = 1700000000001,
        .limit = 9 },
      "A1A " },
};

static void search_into(struct fix *f, const struct store_query *q, char *out, size_t size,
                        bool *more)
{
    struct err e;
    struct store_row *rows = NULL;
    size_t n = 0;
    T_OK(store_search(f->s, q, f->a, &rows, &n, more, &e), &e);
    struct buf b;
    buf_init_arena(&b, f->a, size);
    for (size_t i = 0; i < n; i++) {
        buf_str(&b, rows[i].control_id);
        buf_str(&b, str_sub(rows[i].type, 0, 1));
        buf_char(&b, ' ');
        T_EQ_SIZE(rows[i].bytes, 5);
        T_TRUE(i == 0 || rows[i].seq < rows[i - 1].seq);
    }
    T_OK(buf_rc(&b, &e), &e);
    T_TRUE(b.n < size);
    if (b.n)
        memcpy(out, b.p, b.n);
    out[b.n] = '\0';
}

static void check_searches(struct fix *f)
{
    for (size_t i = 0; i < ZS_COUNT(searches); i++) {
        char hits[128];
        bool more = true;
        T_ROW(searches[i].name);
        search_into(f, &searches[i].q, hits, sizeof hits, &more);
        T_EQ_Z(hits, searches[i].hits);
        T_FALSE(more);
    }
}

static void search_finds_by_every_criterion(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    for (size_t i = 0; i < ZS_COUNT(samples); i++)
        put_sample(&f, &samples[i]);
    check_searches(&f); /* perhaps not indexed yet */
    T_OK(store_settle(f.s, &e), &e);
    check_searches(&f);
    fix_restart(&f, backend);
    check_searches(&f);
    fix_done(&f);
}

static void search_sees_both_sides_of_the_indexed_border(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    for (size_t border = 0; border <= ZS_COUNT(samples); border++) {
        fix_init(&f, backend);
        for (size_t i = 0; i < ZS_COUNT(samples); i++) {
            if (i == border)
                T_OK(store_settle(f.s, &e), &e);
            put_sample(&f, &samples[i]);
        }
        check_searches(&f);
        fix_done(&f);
    }
}

static void search_pages_without_gap_or_repeat(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f, backend);
    for (size_t i = 0; i < 25; i++) {
        put_sample(&f, &samples[i % ZS_COUNT(samples)]);
        if (i == 12) {
            struct err e;
            T_OK(store_settle(f.s, &e), &e);
        }
    }
    for (size_t limit = 1; limit <= 7; limit++) {
        struct store_query q = { .channel = STR("adt"), .limit = limit };
        size_t total = 0;
        bool more = true;
        while (more) {
            struct err e;
            struct store_row *rows = NULL;
            size_t n = 0;
            T_OK(store_search(f.s, &q, f.a, &rows, &n, &more, &e), &e);
            T_TRUE(n == limit || !more);
            total += n;
            if (n)
                q.before = rows[n - 1].seq;
        }
        T_EQ_SIZE(total, 13);
    }
    struct store_query bad = { .limit = 1001 };
    struct store_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    struct err e;
    T_EQ_INT(store_search(f.s, &bad, f.a, &rows, &n, &more, &e), RC_VALUE);
    T_EQ_Z(e.id, "STORE-013");
    fix_done(&f);
}

static void a_row_shows_the_least_finished_delivery(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t seq = put_message(&f, "M1", "c/i/e", "c/i/f");
    static const struct {
        const char *lane;
        enum delivery_state state, shown;
    } rows[] = {
        { "c/i/e", DELIVERY_DELIVERED, DELIVERY_QUEUED },
        { "c/i/f", DELIVERY_RETRYING, DELIVERY_RETRYING },
        { "c/i/f", DELIVERY_UNCERTAIN, DELIVERY_UNCERTAIN },
        { "c/i/f", DELIVERY_HELD, DELIVERY_HELD },
        { "c/i/f", DELIVERY_REJECTED, DELIVERY_REJECTED },
        { "c/i/g", DELIVERY_RETRYING, DELIVERY_RETRYING }, /* a lane the intake does not name */
        { "c/i/g", DELIVERY_DEAD, DELIVERY_DEAD },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        put_state(&f, seq, rows[i].lane, rows[i].state);
        if (i % 2)
            T_OK(store_settle(f.s, &e), &e);
        const struct store_query q = { .limit = 1, .state = (int)rows[i].state };
        struct store_row *row = NULL;
        size_t n = 0;
        bool more = false;
        T_OK(store_search(f.s, &q, f.a, &row, &n, &more, &e), &e);
        T_ROW(delivery_state_name(rows[i].state));
        T_EQ_SIZE(n, 1);
        T_EQ_INT(row[0].delivery, rows[i].shown);
    }
    fix_done(&f);
}

/* ---- lanes -------------------------------------------------------------------------------- */

static void lanes_count_what_is_open(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t one = put_message(&f, "M1", "b", "a");
    clock_fake_step(&f.clock, 1000);
    uint64_t two = put_message(&f, "M2", "b", NULL);
    put_message(&f, "M3", "b", NULL);
    put_state(&f, one, "a", DELIVERY_DELIVERED);
    put_state(&f, one, "b", DELIVERY_SKIPPED);
    put_state(&f, two, "b", DELIVERY_HELD);
    for (int settled = 0; settled < 3; settled++) {
        struct store_lane *list = NULL;
        size_t n = 0;
        T_OK(store_lanes(f.s, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 1);
        T_EQ_STR(list[0].lane, "b");
        T_EQ_SIZE(list[0].n_open, 2);
        T_EQ_SIZE(list[0].oldest_seq, two);
        T_EQ_INT(list[0].oldest_at, 1700000001000);
        if (settled == 0)
            T_OK(store_settle(f.s, &e), &e);
        else
            fix_restart(&f, backend);
    }
    fix_done(&f);
}

/* "1q 3r?4 " : index in seqs, first letter of the state, ? when unknown, attempts when not 0 */
static void window_into(struct fix *f, const char *lane, uint64_t after, const uint64_t *seqs,
                        size_t n_seqs, char *out, size_t size)
{
    struct err e;
    struct store_waiting *list = NULL;
    size_t n = 0;
    struct buf b;
    T_OK(store_window(f->s, str_z(lane), after, 100, 1 << 20, f->a, &list, &n, &e), &e);
    buf_init_arena(&b, f->a, size);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < n_seqs && seqs[k] != list[i].seq)
            k++;
        buf_u64(&b, k);
        buf_char(&b, delivery_state_name(list[i].state)[0]);
        if (list[i].unknown)
            buf_char(&b, '?');
        if (list[i].attempts)
            buf_u64(&b, list[i].attempts);
        buf_char(&b, ' ');
    }
    T_OK(buf_rc(&b, &e), &e);
    T_TRUE(b.n < size);
    if (b.n)
        memcpy(out, b.p, b.n);
    out[b.n] = '\0';
}

static void check_window(struct fix *f, const char *lane, const uint64_t *seqs, size_t n_seqs,
                         const char *want)
{
    char got[256];
    window_into(f, lane, 0, seqs, n_seqs, got, sizeof got);
    T_EQ_Z(got, want);
}

static void a_window_holds_the_open_ones_in_order(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    uint64_t seq[6];
    fix_init(&f, backend);
    for (size_t i = 0; i < 6; i++)
        seq[i] = put_message(&f, "M", i == 4 ? "other" : "lane", "second");
    put_state(&f, seq[0], "lane", DELIVERY_DELIVERED);
    put_state(&f, seq[2], "lane", DELIVERY_RETRYING);
    put_state(&f, seq[3], "lane", DELIVERY_HELD);
    put_state(&f, seq[3], "second", DELIVERY_DEAD);
    for (int turn = 0; turn < 3; turn++) {
        check_window(&f, "lane", seq, 6, "1q 2r1 3h1 5q ");
        check_window(&f, "second", seq, 6, "0q 1q 2q 4q 5q ");
        check_window(&f, "nobody", seq, 6, "");
        char got[64];
        window_into(&f, "lane", seq[2], seq, 6, got, sizeof got);
        T_EQ_Z(got, "3h1 5q ");
        if (turn == 0)
            T_OK(store_settle(f.s, &e), &e);
        else
            fix_restart(&f, backend);
    }
    fix_done(&f);
}

static void a_window_is_bounded_by_count_and_bytes(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_waiting *list = NULL;
    size_t n = 0;
    fix_init(&f, backend);
    for (size_t i = 0; i < 6; i++) {
        put_message(&f, "0123456789", "lane", NULL);
        if (i == 2)
            T_OK(store_settle(f.s, &e), &e);
    }
    T_OK(store_window(f.s, STR("lane"), 0, 4, 1000, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 4);
    T_OK(store_window(f.s, STR("lane"), 0, 100, 30, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 3);
    T_OK(store_window(f.s, STR("lane"), 0, 100, 1, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 1);
    T_OK(store_window(f.s, STR("lane"), list[0].seq, 2, 1000, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    fix_done(&f);
}

static void a_window_carries_what_is_to_be_sent(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_waiting *list = NULL;
    size_t n = 0;
    fix_init(&f, backend);
    uint64_t seq = put_intake(&f, &some_intake);
    const struct store_outcome o = { .seq = seq,
                                     .lane = STR("c/i/new"),
                                     .state = DELIVERY_RETRYING,
                                     .attempt = 4,
                                     .next_at = 1700000009000 };
    put_outcome(&f, &o);
    for (int turn = 0; turn < 3; turn++) {
        T_OK(store_window(f.s, STR("c/i/e"), 0, 9, 1000, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 1);
        T_EQ_SIZE(list[0].seq, seq);
        T_EQ_INT(list[0].state, DELIVERY_QUEUED);
        T_EQ_INT(list[0].at_ms, 1700000000000);
        T_EQ_STR(list[0].delivery.lane, "c/i/e");
        T_EQ_STR(list[0].delivery.payload, "sent");
        T_EQ_STR(list[0].delivery.key, "k1");
        T_EQ_STR(list[0].delivery.content_type, "text/x");
        T_EQ_STR(list[0].content_type, "x-application/hl7-v2+er7");
        T_EQ_STR(list[0].control_id, "M1");
        T_EQ_STR(list[0].type, "ORU^R01");
        T_OK(store_window(f.s, STR("c/i/new"), 0, 9, 1000, f.a, &list, &n, &e), &e);
        T_EQ_SIZE(n, 1);
        T_EQ_INT(list[0].state, DELIVERY_RETRYING);
        T_EQ_SIZE(list[0].attempts, 4);
        T_EQ_INT(list[0].next_at, 1700000009000);
        T_EQ_BYTES(list[0].delivery.payload, STR("MSH|\0|"));
        T_EQ_STR(list[0].delivery.content_type, "x-application/hl7-v2+er7");
        if (turn == 0)
            T_OK(store_settle(f.s, &e), &e);
        else
            fix_restart(&f, backend);
    }
    fix_done(&f);
}

static uint64_t put_marked(struct fix *f, const char *lane)
{
    const struct store_delivery d = { .lane = str_z(lane),
                                      .state = DELIVERY_QUEUED,
                                      .marked = true };
    const struct store_intake in = {
        .state = INTAKE_ACCEPTED, .body = STR("x"), .deliveries = &d, .n_deliveries = 1
    };
    return put_intake(f, &in);
}

static void coverage_makes_unknown_after_a_restart(void **state)
{
    (void)state;
    for (int settle = 0; settle < 2; settle++) {
        struct fix f;
        struct err e;
        uint64_t seq[8];
        fix_init(&f, backend);
        seq[0] = put_message(&f, "M0", "lane", NULL); /* covered by the mark below */
        seq[1] = put_marked(&f, "lane");              /* by its own flag */
        seq[2] = put_marked(&f, "lane");              /* outcome after the flag */
        seq[3] = put_message(&f, "M3", "lane", NULL); /* retrying after the mark */
        seq[4] = put_message(&f, "M4", "lane", NULL); /* retrying before the mark */
        put_state(&f, seq[4], "lane", DELIVERY_RETRYING);
        put_mark(&f, "lane", seq[4]);
        put_mark(&f, "elsewhere", 1000);
        put_state(&f, seq[2], "lane", DELIVERY_RETRYING);
        put_state(&f, seq[3], "lane", DELIVERY_RETRYING);
        seq[5] = put_message(&f, "M5", "lane", NULL); /* beyond the mark */
        seq[6] = put_message(&f, "M6", "done", NULL);
        put_mark(&f, "done", seq[6]);
        put_state(&f, seq[6], "done", DELIVERY_UNCERTAIN); /* known to be uncertain */
        if (settle)
            T_OK(store_settle(f.s, &e), &e);
        check_window(&f, "lane", seq, 7, "0q 1q 2r1 3r1 4r1 5q ");
        fix_restart(&f, backend);
        check_window(&f, "lane", seq, 7, "0q? 1q? 2r1 3r1 4r?1 5q ");
        check_window(&f, "done", seq, 7, "6u1 ");
        /* what this run writes does not change what the last one left */
        put_mark(&f, "lane", 1000);
        seq[7] = put_message(&f, "M7", "lane", NULL);
        check_window(&f, "lane", seq, 8, "0q? 1q? 2r1 3r1 4r?1 5q 7q ");
        put_state(&f, seq[0], "lane", DELIVERY_RETRYING);
        put_state(&f, seq[1], "lane", DELIVERY_UNCERTAIN);
        check_window(&f, "lane", seq, 8, "0r1 1u1 2r1 3r1 4r?1 5q 7q ");
        if (settle)
            T_OK(store_settle(f.s, &e), &e);
        fix_restart(&f, backend);
        check_window(&f, "lane", seq, 8, "0r1 1u1 2r?1 3r?1 4r?1 5q? 7q? ");
        fix_done(&f);
    }
}

static void a_mark_that_lies_behind_an_older_one_hides_nothing(void **state)
{
    (void)state;
    struct fix f;
    uint64_t seq[3];
    fix_init(&f, backend);
    seq[0] = put_message(&f, "M0", "lane", NULL);
    seq[1] = put_message(&f, "M1", "lane", NULL);
    seq[2] = put_message(&f, "M2", "lane", NULL);
    put_mark(&f, "lane", seq[1]);
    put_state(&f, seq[0], "lane", DELIVERY_RETRYING);
    put_mark(&f, "lane", seq[0]);
    fix_restart(&f, backend);
    check_window(&f, "lane", seq, 3, "0r?1 1q? 2q ");
    fix_done(&f);
}

static void a_final_delivery_can_be_opened_again(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    uint64_t seq[2];
    fix_init(&f, backend);
    seq[0] = put_message(&f, "M0", "lane", NULL);
    seq[1] = put_message(&f, "M1", "lane", NULL);
    put_state(&f, seq[0], "lane", DELIVERY_DEAD);
    T_OK(store_settle(f.s, &e), &e);
    check_window(&f, "lane", seq, 2, "1q ");
    const struct store_outcome again = { .seq = seq[0],
                                         .lane = STR("lane"),
                                         .state = DELIVERY_RETRYING };
    put_outcome(&f, &again);
    check_window(&f, "lane", seq, 2, "0r 1q ");
    T_OK(store_settle(f.s, &e), &e);
    check_window(&f, "lane", seq, 2, "0r 1q ");
    struct store_lane *list = NULL;
    size_t n = 0;
    T_OK(store_lanes(f.s, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 1);
    T_EQ_SIZE(list[0].n_open, 2);
    T_EQ_SIZE(list[0].oldest_seq, seq[0]);
    fix_done(&f);
}

static void stats_count(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    for (size_t i = 0; i < ZS_COUNT(samples); i++)
        put_sample(&f, &samples[i]);
    T_OK(store_settle(f.s, &e), &e);
    struct store_stats stats;
    for (int turn = 0; turn < 2; turn++) {
        store_stats(f.s, &stats);
        T_EQ_SIZE(stats.n_messages, 6);
        T_EQ_SIZE(stats.n_refused, 1);
        T_TRUE(stats.last_seq >= 9);
        T_EQ_SIZE(stats.indexed_seq, stats.last_seq);
        T_FALSE(stats.full);
        fix_restart(&f, backend);
    }
    T_EQ_INT(f.n_fatal, 0);
    T_EQ_INT(f.n_notices, 0);
    fix_done(&f);
}

static void the_id_survives_and_names_messages(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t seq = put_message(&f, "M1", NULL, NULL);
    struct str id = arena_str(f.a, store_id(f.s));
    T_EQ_SIZE(id.n, 8);
    struct buf b;
    buf_init_arena(&b, f.a, 64);
    buf_str(&b, id);
    buf_char(&b, '-');
    buf_u64(&b, seq);
    fix_restart(&f, backend);
    uint64_t parsed = 0;
    T_OK(store_parse_id(f.s, buf_view(&b), &parsed, &e), &e);
    T_EQ_SIZE(parsed, seq);
    fix_done(&f);
}

static void answers_say_when_memory_is_short(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t seq = put_intake(&f, &some_intake);
    put_state(&f, seq, "c/i/e", DELIVERY_RETRYING);
    put_act(&f, "ann", "x");
    struct arena *small = arena_new("test", 256, 400);
    T_TRUE(arena_raw(small, 100) != NULL);
    struct store_message m;
    struct store_event *events = NULL;
    struct store_row *rows = NULL;
    struct store_audit *acts = NULL;
    struct store_waiting *window = NULL;
    const struct store_query q = { .limit = 9 };
    size_t n = 0;
    bool more = false;
    T_EQ_INT(store_read(f.s, seq, small, &m, &e), RC_NOMEM);
    T_EQ_INT(store_events(f.s, seq, small, &events, &n, &e), RC_NOMEM);
    T_EQ_INT(store_search(f.s, &q, small, &rows, &n, &more, &e), RC_NOMEM);
    T_EQ_INT(store_acts(f.s, 0, 9, small, &acts, &n, &e), RC_NOMEM);
    T_EQ_INT(store_window(f.s, STR("c/i/e"), 0, 9, 99, small, &window, &n, &e), RC_NOMEM);
    arena_free(&small);
    T_OK(store_read(f.s, seq, f.a, &m, &e), &e);
    fix_done(&f);
}

static int run(const struct backend *b)
{
    const struct CMUnitTest tests[] = {
        T_TEST(an_intake_reads_back_whole),
        T_TEST(what_is_not_there_is_missing),
        T_TEST(sequences_rise_by_one_in_batch_order),
        T_TEST(appends_of_one_thread_keep_their_order),
        T_TEST(events_come_oldest_first_and_whole),
        T_TEST(acts_come_newest_first_and_page),
        T_TEST(search_finds_by_every_criterion),
        T_TEST(search_sees_both_sides_of_the_indexed_border),
        T_TEST(search_pages_without_gap_or_repeat),
        T_TEST(a_row_shows_the_least_finished_delivery),
        T_TEST(lanes_count_what_is_open),
        T_TEST(a_window_holds_the_open_ones_in_order),
        T_TEST(a_window_is_bounded_by_count_and_bytes),
        T_TEST(a_window_carries_what_is_to_be_sent),
        T_TEST(coverage_makes_unknown_after_a_restart),
        T_TEST(a_mark_that_lies_behind_an_older_one_hides_nothing),
        T_TEST(a_final_delivery_can_be_opened_again),
        T_TEST(stats_count),
        T_TEST(the_id_survives_and_names_messages),
        T_TEST(answers_say_when_memory_is_short),
    };
    backend = b;
    return cmocka_run_group_tests_name(b->name, tests, NULL, NULL);
}

int main(void)
{
    int failed = run(&backend_mem);
    return failed + run(&backend_journal);
}

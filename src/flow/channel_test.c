/*
 * A channel over the in-memory store, with a source that notes what its senders hear and
 * destinations that answer by script. The table of "What the sender hears" is spelled out here.
 */
#include "base/alloc.h"
#include "flow/channel_int.h"
#include "store/mem/mem.h"
#include "tests/lib/t.h"

#define LIMIT_MS  20000
#define HEARD_MAX 1024
#define ROOM      ((size_t)1 << 20)

enum reply { SAY_OK, SAY_NO, SAY_UNSURE, SAY_LATER };

struct heard {
    enum answer_kind kind;
    struct str body, id;
    const char *why; /* error id; NULL: none */
};

struct world {
    struct arena *arena;
    struct loop *loop;
    struct pool *pool;
    struct store *store;
    struct committer *committer;
    struct links *links;
    struct conn_host host;
    struct random_fake random;
    struct config *config;
    struct err_list found;
    struct channel *channel;
    bool backlog[4];
    atomic_uint_fast64_t config_version;
    bool deaf; /* the source cannot listen */

    struct conn_source *source;
    size_t n_given, n_heard;
    struct heard heard[HEARD_MAX];
    bool reading, source_open, draining;
    bool stuck; /* the source never drains */

    enum reply reply;
    size_t n_sent;
    char sent[HEARD_MAX][256]; /* "endpoint body" */
    struct delivery *later[HEARD_MAX];
    size_t n_later;
    bool stopped;
};

static struct world *here; /* the one under test: the vtable has no context of its own */

/* ---- the source ----------------------------------------------------------------------------- */

static enum rc src_open(struct conn_source *s, struct err *e)
{
    if (here->deaf)
        return err_set(e, RC_IO, "NET-001", "scripted: the address is in use");
    s->inst = here;
    here->source = s;
    here->source_open = true;
    return RC_OK;
}

static void src_start(struct conn_source *s)
{
    struct world *w = s->inst;
    w->reading = true;
}

static void src_pause(struct conn_source *s, bool paused)
{
    struct world *w = s->inst;
    T_TRUE(w->reading == paused); /* told only when it changes */
    w->reading = !paused;
}

static void src_drained(struct world *w)
{
    if (w->draining && !w->stuck && w->n_heard == w->n_given) {
        w->draining = false;
        w->source->drained(w->source);
    }
}

static void src_drain(struct conn_source *s)
{
    struct world *w = s->inst;
    w->draining = true;
    src_drained(w);
}

static void src_close(struct conn_source *s)
{
    struct world *w = s->inst;
    w->source_open = false;
}

static struct str keep(struct world *w, struct str s)
{
    return str_is_null(s) ? s : arena_str(w->arena, s);
}

/* A positive answer names a record that is there, with these very bytes as its acknowledgement. */
static void check_is_kept(struct world *w, const struct answer *a, struct str body)
{
    struct store_message m;
    struct err e;
    uint64_t seq = 0;
    T_OK(store_parse_id(w->store, a->message_id, &seq, &e), &e);
    T_OK(store_read(w->store, seq, w->arena, &m, &e), &e);
    T_EQ_BYTES(m.intake.body, body);
    if (a->kind == ANSWER_ACCEPTED || a->kind == ANSWER_HELD || a->kind == ANSWER_REFUSED)
        T_TRUE(str_eq(m.intake.ack, a->body));
}

static void src_settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    struct world *w = s->inst;
    T_TRUE(w->source_open);
    T_TRUE(w->n_heard < HEARD_MAX);
    if (a->message_id.n > 0)
        check_is_kept(w, a, in->body);
    else
        T_TRUE(a->kind == ANSWER_BUSY || a->kind == ANSWER_REFUSED);
    w->heard[w->n_heard++] = (struct heard){ .kind = a->kind,
                                             .body = keep(w, a->body),
                                             .id = keep(w, a->message_id),
                                             .why = a->err ? a->err->id : NULL };
    src_drained(w);
}

static void src_address(const struct conn_source *s, char *out, size_t size)
{
    (void)s;
    (void)snprintf(out, size, "fake://here"); /* fits */
}

/* ---- the destinations ------------------------------------------------------------------------ */

static void answer_delivery(struct delivery *d, enum reply how)
{
    static const struct verdict says[] = {
        [SAY_OK] = { .rc = RC_OK, .answered = true },
        [SAY_NO] = { .rc = RC_PEER, .fate = FATE_REJECT, .answered = true },
        [SAY_UNSURE] = { .rc = RC_TIMEOUT, .fate = FATE_UNCERTAIN },
        [SAY_LATER] = { .rc = RC_OK },
    };
    struct verdict v = says[how];
    if (v.rc != RC_OK)
        (void)err_set(&v.err, v.rc, "MLLP-099", "scripted");
    d->done(d, &v);
}

static enum rc dst_open(struct conn_dest *d, struct err *e)
{
    (void)e;
    d->inst = here;
    return RC_OK;
}

static void dst_send(struct conn_dest *dest, struct delivery *d)
{
    struct world *w = dest->inst;
    T_TRUE(w->n_sent < HEARD_MAX);
    (void)snprintf(w->sent[w->n_sent++], sizeof w->sent[0], "%s %.*s", dest->ep->name,
                   (int)size_min(d->body.n, 100), d->body.p);
    if (w->reply == SAY_LATER)
        w->later[w->n_later++] = d;
    else
        answer_delivery(d, w->reply);
}

static void dst_cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest, (void)d;
}

static void dst_drain(struct conn_dest *d)
{
    struct world *w = d->inst;
    if (w->n_later == 0)
        d->drained(d);
}

/* What is in flight is answered, as the contract wants it. */
static void dst_close(struct conn_dest *d)
{
    struct world *w = d->inst;
    while (w->n_later > 0)
        answer_delivery(w->later[--w->n_later], SAY_UNSURE);
}

struct src_conf {
    struct str listen;
};
static const struct opt_def src_defs[] = { { .name = "listen",
                                             .kind = OPT_STR,
                                             .flags = OPT_REQUIRED,
                                             .at = offsetof(struct src_conf, listen),
                                             .doc = "Where." } };
static const struct opt_table src_opts = OPT_TABLE("fake", struct src_conf, src_defs, "Fake.");

static const struct conn_type fake = { .name = "fake",
                                       .caps = CONN_RECEIVES | CONN_SENDS,
                                       .recv_opts = &src_opts,
                                       .recv_open = src_open,
                                       .recv_start = src_start,
                                       .recv_pause = src_pause,
                                       .recv_drain = src_drain,
                                       .recv_close = src_close,
                                       .recv_address = src_address,
                                       .settled = src_settled,
                                       .send_open = dst_open,
                                       .send = dst_send,
                                       .cancel = dst_cancel,
                                       .send_drain = dst_drain,
                                       .send_close = dst_close };

static const struct conn_type *connector(struct str scheme)
{
    (void)scheme;
    return &fake;
}

/* ---- the world ------------------------------------------------------------------------------- */

#define LAB                                                                                        \
    "integration: lab\ntype: hl7_v2\nendpoints:\n"                                                 \
    "  - { name: a, url: \"mllp://h:1\" }\n"                                                       \
    "  - { name: b, url: \"mllp://h:2\" }\n---\n"                                                  \
    "mapping: need\nfrom: hl7v2\nto: json\n"                                                       \
    "rules: [ { to: id, from: PID-3.1, required: true } ]\n---\n"
#define HL7  LAB "channel: ch\nsource: { type: hl7_v2, listen: \"mllp://h:3\" }\n"
#define JSON LAB "channel: ch\nsource: { type: rest_api, listen: \"http://h:3\" }\n"
#define TO_A "destinations: [ { to: lab/a } ]\n"

#define MSG(n) "MSH|^~\\&|S|F|R|G|20240101||ADT^A01^ADT_A01|" n "|P|2.5\rPID|||P7^^^H\r"

#define BAD    "MSH|^~\\&|S|F|R|G|20240101||ADT^A01^ADT_A01|C1|P|2.5\rPID|||P7\rx\r"
#define MANY   "ZZ1|1\rZZ1|2\rZZ1|3\rZZ1|4\rZZ1|5\rZZ1|6\rZZ1|7\rZZ1|8\rZZ1|9\r"
#define NO_PID "MSH|^~\\&|S|F|R|G|20240101||ADT^A01^ADT_A01|C1|P|2.5\rPV1||I\r"

static void store_says(void *ctx, const struct err *e)
{
    (void)ctx;
    T_FAIL("the store complains: %s", e->text);
}

static void load(struct world *w, const char *text)
{
    static const struct config_env env = { .connector = connector, .resolve = true };
    struct err e;
    err_list_init(&w->found, w->arena, 10);
    const struct config_text doc = { .text = str_z(text), .label = "c.yaml", .dir = "." };
    const struct config_sources src = { .texts = &doc, .n_texts = 1 };
    enum rc rc = config_load(&src, &env, &w->config, &w->found, &e);
    if (rc == RC_VALUE && w->found.n > 0)
        T_FAIL("configuration: %.*s", STR_ARG(w->found.v[0].text));
    T_OK(rc, &e);
}

static struct lane_env env_of(struct world *w)
{
    return (struct lane_env){ .host = &w->host,
                              .committer = w->committer,
                              .store = w->store,
                              .links = w->links,
                              .pool = w->pool,
                              .random = &w->random.random,
                              .config_version = &w->config_version,
                              .log = log_none() };
}

static struct world *world_new(const char *config, size_t store_bytes)
{
    struct store_host sh = { .clock = clock_real(), .fatal = store_says, .notice = store_says };
    struct world *w = mem_new(struct world);
    struct err e;
    T_TRUE(w != NULL);
    here = w;
    w->arena = arena_new("world", 0, (size_t)64 << 20);
    T_TRUE(w->arena != NULL);
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(pool_new("test", 1, 16, &w->pool, &e), &e);
    T_OK(mem_store_open(NULL, store_bytes, &sh, &w->store, &e), &e);
    T_OK(committer_new(w->loop, w->store, &w->committer, &e), &e);
    random_fake_init(&w->random, 7);
    const struct links_conf lc = {
        .home = w->loop, .clock = clock_real(), .random = &w->random.random, .log = log_none()
    };
    T_OK(links_new(&lc, &w->links, &e), &e);
    atomic_init(&w->config_version, 5);
    w->host = (struct conn_host){
        .loop = w->loop, .pool = w->pool, .clock = clock_real(), .log = log_none()
    };
    load(w, config);
    return w;
}

static struct world *world_up(const char *config)
{
    struct world *w = world_new(config, 0);
    struct lane_env env = env_of(w);
    struct err e;
    T_OK(channel_new(w->config->channels[0], &env, &w->channel, &e), &e);
    channel_start(w->channel, w->backlog);
    return w;
}

static void is_stopped(void *ctx)
{
    struct world *w = ctx;
    T_FALSE(w->stopped); /* told once */
    w->stopped = true;
}

static bool all_quiet(void *ctx)
{
    const struct world *w = ctx;
    return w->stopped && committer_pending(w->committer) == 0;
}

static void channel_down(struct world *w, uint32_t limit_ms)
{
    w->stopped = false;
    channel_stop(w->channel, limit_ms, is_stopped, w);
    T_TRUE(loop_run_until(w->loop, all_quiet, w, LIMIT_MS));
    T_EQ_INT(atomic_load(&channel_figures(w->channel)->state), CHANNEL_STOPPED);
    T_EQ_SIZE(atomic_load(&channel_figures(w->channel)->pending), 0);
    channel_close(w->channel);
    channel_free(&w->channel);
}

static void world_free(struct world *w)
{
    if (w->channel)
        channel_down(w, 100);
    pool_free(&w->pool);
    committer_free(&w->committer);
    loop_free(&w->loop);
    links_free(&w->links);
    store_close(&w->store);
    config_unref(&w->config);
    arena_free(&w->arena);
    mem_free(w);
}

static void give_with(struct world *w, const char *text, const char *key, size_t room)
{
    struct arena *a = arena_new("intake", size_min(room, 4096), room);
    struct intake *in = arena_make(a, struct intake, 1);
    T_TRUE(in != NULL);
    *in = (struct intake){ .source = w->source,
                           .arena = a,
                           .body = arena_str(a, str_z(text)),
                           .content_type = STR("x/y"),
                           .peer = STR("10.0.0.1:9"),
                           .key = str_z(key),
                           .at_ms = clock_now_ms(clock_real()) };
    w->n_given++;
    w->source->intake(w->source, in);
}

static void give(struct world *w, const char *text)
{
    give_with(w, text, "", ROOM);
}

struct want {
    const struct world *w;
    size_t heard, sent;
};

static bool is_so(void *ctx)
{
    const struct want *want = ctx;
    return want->w->n_heard >= want->heard && want->w->n_sent >= want->sent &&
           committer_pending(want->w->committer) == 0;
}

static void run_until(struct world *w, size_t heard, size_t sent)
{
    struct want want = { w, heard, sent };
    T_TRUE(loop_run_until(w->loop, is_so, &want, LIMIT_MS));
    T_EQ_SIZE(w->n_heard, heard);
    T_EQ_SIZE(w->n_sent, sent);
}

/* The acknowledgement behind its header: what depends on the outcome. */
static struct str msa_of(struct str ack)
{
    size_t at = str_find(ack, STR("MSA|"), 0);
    return at == SIZE_MAX ? STR("") : str_from(ack, at);
}

/* "accepted: a=delivered b=filtered", or "refused". */
static struct str story(struct world *w, uint64_t seq)
{
    struct store_message m;
    struct store_event *ev = NULL;
    size_t n = 0;
    struct err e;
    struct buf b;
    buf_init_arena(&b, w->arena, 4096);
    T_OK(store_read(w->store, seq, w->arena, &m, &e), &e);
    T_OK(store_events(w->store, seq, w->arena, &ev, &n, &e), &e);
    buf_z(&b, m.intake.state == INTAKE_REFUSED ? "refused" : "accepted");
    for (size_t i = 0; i < m.intake.n_deliveries; i++) {
        const struct store_delivery *d = &m.intake.deliveries[i];
        const char *state = delivery_state_name(d->state);
        for (size_t k = 0; k < n; k++)
            if (str_eq(ev[k].outcome.lane, d->lane))
                state = delivery_state_name(ev[k].outcome.state);
        buf_fmt(&b, " %.*s=%s", STR_ARG(str_from(d->lane, strlen("ch/lab/"))), state);
    }
    return b.n ? buf_view(&b) : STR("");
}

/* ---- what the sender hears --------------------------------------------------------------------
 */

static void the_table_of_acknowledgements_hl7(void **state)
{
    (void)state;
    static const struct {
        const char *name, *config, *message;
        enum reply reply;
        enum answer_kind kind;
        const char *msa, *story, *why;
        size_t sent;
    } rows[] = {
        { "stored", HL7 TO_A, MSG("C1"), SAY_OK, ANSWER_ACCEPTED, "MSA|AA|C1\r",
          "accepted a=delivered", NULL, 1 },
        { "a channel that only stores", HL7, MSG("C1"), SAY_OK, ANSWER_ACCEPTED, "MSA|AA|C1\r",
          "accepted", NULL, 0 },
        { "filtered", HL7 "filter: \"`MSH-9.2` = 'A04'\"\n" TO_A, MSG("C1"), SAY_OK,
          ANSWER_FILTERED, "MSA|AA|C1\r", "accepted a=filtered", NULL, 0 },
        { "no destination wants it", HL7 "destinations: [ { to: lab/a, when: \"false\" } ]\n",
          MSG("C1"), SAY_OK, ANSWER_FILTERED, "MSA|AA|C1\r", "accepted a=filtered", NULL, 0 },
        { "one of two wants it",
          HL7 "destinations: [ { to: lab/a, when: \"false\" }, { to: lab/b, when: \"true\" } ]\n",
          MSG("C1"), SAY_OK, ANSWER_ACCEPTED, "MSA|AA|C1\r", "accepted a=filtered b=delivered",
          NULL, 1 },
        { "validation, stored: held", HL7 TO_A, BAD, SAY_OK, ANSWER_HELD, "MSA|AA|C1\r",
          "accepted a=held", "HL7-111", 0 },
        { "validation, none wanted", HL7 "validate: { profile: none }\n" TO_A, BAD, SAY_OK,
          ANSWER_ACCEPTED, "MSA|AA|C1\r", "accepted a=delivered", NULL, 1 },
        { "validation, processed: AE with the place", HL7 "ack: processed\n" TO_A, BAD, SAY_OK,
          ANSWER_INVALID,
          "MSA|AE|C1|this line is not a segment\r"
          "ERR|||100^Segment sequence error^HL70357|E|HL7-111|||this line is not a segment\r",
          "refused", "HL7-111", 0 },
        { "validation, onError: refuse", HL7 "validate: { onError: refuse }\n" TO_A, BAD, SAY_OK,
          ANSWER_REFUSED,
          "MSA|AR|C1|this line is not a segment\r"
          "ERR|||100^Segment sequence error^HL70357|E|HL7-111|||this line is not a segment\r",
          "refused", "HL7-111", 0 },
        { "validation, strict: what only breaks the standard",
          HL7 "validate: { profile: strict, onError: refuse }\n" TO_A,
          "MSH|^~\\&#|S|F|R|G|20240101||ADT^A01^ADT_A01|C1|P|2.5\rPID|||P7\r", SAY_OK,
          ANSWER_REFUSED,
          "MSA|AR|C1|there is a truncation character, which version 2.7 brought\r"
          "ERR||MSH^1^2|102^Data type error^HL70357|W|HL7-105|||"
          "there is a truncation character, which version 2.7 brought\r",
          "refused", "HL7-105", 0 },
        { "mapping, stored: this one held, the other goes on",
          HL7 "destinations: [ { to: lab/a, mapping: need }, { to: lab/b } ]\n", NO_PID, SAY_OK,
          ANSWER_HELD, "MSA|AA|C1\r", "accepted a=held b=delivered", "MAP-040", 1 },
        { "mapping, processed: AE, nothing goes on",
          HL7 "ack: processed\ndestinations: [ { to: lab/a, mapping: need }, { to: lab/b } ]\n",
          NO_PID, SAY_OK, ANSWER_INVALID,
          "MSA|AE|C1|there is no value, and one is required (reading PID-3.1)\r"
          "ERR|||207^Application error^HL70357|E|MAP-040|||"
          "there is no value, and one is required (reading PID-3.1)\r",
          "refused", "MAP-040", 0 },
        { "a filter that cannot be evaluated", HL7 "filter: \"('a' | 'b').upper() = 'A'\"\n" TO_A,
          MSG("C1"), SAY_OK, ANSWER_HELD, "MSA|AA|C1\r", "accepted a=held", "FP-101", 0 },
        { "an order that cannot be evaluated",
          HL7 "destinations: [ { to: lab/a, order: \"('a' | 'b').upper()\" } ]\n", MSG("C1"),
          SAY_OK, ANSWER_HELD, "MSA|AA|C1\r", "accepted a=held", "FP-101", 0 },
        { "no MSH-9", HL7 TO_A, "MSH|^~\\&|S|F|R|G|20240101|||C1|P|2.5\r", SAY_OK, ANSWER_REFUSED,
          "MSA|AR|C1|the message type is missing\r"
          "ERR||MSH^1^9|101^Required field missing^HL70357|E|HL7-106|||"
          "the message type is missing\r",
          "refused", "HL7-106", 0 },
        { "no MSH-10", HL7 TO_A, "MSH|^~\\&|S|F|R|G|20240101||ADT^A01||P|2.5\r", SAY_OK,
          ANSWER_REFUSED,
          "MSA|AR||the control id is missing: the message cannot be acknowledged\r"
          "ERR||MSH^1^10|101^Required field missing^HL70357|E|HL7-108|||"
          "the control id is missing: the message cannot be acknowledged\r",
          "refused", "HL7-108", 0 },
        { "no MSH-11", HL7 TO_A, "MSH|^~\\&|S|F|R|G|20240101||ADT^A01|C1||2.5\r", SAY_OK,
          ANSWER_REFUSED,
          "MSA|AR|C1|the processing id is missing\r"
          "ERR||MSH^1^11|101^Required field missing^HL70357|E|HL7-109|||"
          "the processing id is missing\r",
          "refused", "HL7-109", 0 },
        { "no MSH-12", HL7 TO_A, "MSH|^~\\&|S|F|R|G|20240101||ADT^A01|C1|P\r", SAY_OK,
          ANSWER_REFUSED,
          "MSA|AR|C1|the version is missing\r"
          "ERR||MSH^1^12|101^Required field missing^HL70357|E|HL7-110|||"
          "the version is missing\r",
          "refused", "HL7-110", 0 },
        { "no HL7 at all", HL7 TO_A, "hello", SAY_OK, ANSWER_REFUSED,
          "MSA|AR||it does not begin with an MSH, FHS or BHS segment\r"
          "ERR|||100^Segment sequence error^HL70357|E|HL7-001|||"
          "it does not begin with an MSH, FHS or BHS segment\r",
          "refused", "HL7-001", 0 },
        { "a batch", HL7 TO_A, "BHS|^~\\&|S\rBTS|0\r", SAY_OK, ANSWER_REFUSED,
          "MSA|AR||a batch cannot be taken as one message; send its messages one by one\r"
          "ERR|||207^Application error^HL70357|E|FLOW-005|||"
          "a batch cannot be taken as one message; send its messages one by one\r",
          "refused", "FLOW-005", 0 },
        { "delivered", HL7 "ack: delivered\n" TO_A, MSG("C1"), SAY_OK, ANSWER_ACCEPTED,
          "MSA|AA|C1\r", "accepted a=delivered", NULL, 1 },
        { "delivered, to nobody", HL7 "ack: delivered\nfilter: \"false\"\n" TO_A, MSG("C1"), SAY_OK,
          ANSWER_FILTERED, "MSA|AA|C1\r", "accepted a=filtered", NULL, 0 },
        { "delivered, the peer says no", HL7 "ack: delivered\n" TO_A, MSG("C1"), SAY_NO,
          ANSWER_INVALID,
          "MSA|AE|C1|scripted\r"
          "ERR|||207^Application error^HL70357|E|MLLP-099|||scripted\r",
          "accepted a=rejected", "MLLP-099", 1 },
        { "delivered, nobody knows", HL7 "ack: delivered\n" TO_A, MSG("C1"), SAY_UNSURE,
          ANSWER_INVALID,
          "MSA|AE|C1|scripted\r"
          "ERR|||207^Application error^HL70357|E|MLLP-099|||scripted\r",
          "accepted a=uncertain", "MLLP-099", 1 },
        { "delivered, not in time", HL7 "ack: delivered\nackTimeout: 5ms\n" TO_A, MSG("C1"),
          SAY_LATER, ANSWER_PENDING,
          "MSA|AE|C1|not yet delivered; the message is kept and queued\r"
          "ERR|||207^Application error^HL70357|E|FLOW-003|||"
          "not yet delivered; the message is kept and queued\r",
          "accepted a=queued", "FLOW-003", 1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world *w = world_up(rows[i].config);
        w->reply = rows[i].reply;
        give(w, rows[i].message);
        T_EQ_SIZE(w->n_heard, 0); /* nothing before the commit */
        run_until(w, 1, rows[i].sent);
        T_ROW(rows[i].name);
        T_EQ_BYTES(msa_of(w->heard[0].body), str_z(rows[i].msa));
        T_EQ_INT(w->heard[0].kind, rows[i].kind);
        T_EQ_BYTES(story(w, 1), str_z(rows[i].story));
        T_EQ_Z(w->heard[0].why ? w->heard[0].why : "", rows[i].why ? rows[i].why : "");
        world_free(w);
    }
}

static void the_table_of_acknowledgements_json(void **state)
{
    (void)state;
    static const struct {
        const char *name, *config, *message;
        enum reply reply;
        enum answer_kind kind;
        const char *story, *why;
        size_t sent;
    } rows[] = {
        { "stored", JSON TO_A, "{}", SAY_OK, ANSWER_ACCEPTED, "accepted a=delivered", "", 1 },
        { "filtered", JSON "filter: \"x = 2\"\n" TO_A, "{\"x\":1}", SAY_OK, ANSWER_FILTERED,
          "accepted a=filtered", "", 0 },
        { "not JSON", JSON TO_A, "{", SAY_OK, ANSWER_REFUSED, "refused", "JSON-001", 0 },
        { "an error in the filter, stored", JSON "filter: \"x.upper() = 'A'\"\n" TO_A,
          "{\"x\":[\"a\",\"b\"]}", SAY_OK, ANSWER_HELD, "accepted a=held", "FP-101", 0 },
        { "an error in the filter, processed",
          JSON "ack: processed\nfilter: \"x.upper() = 'A'\"\n" TO_A, "{\"x\":[\"a\",\"b\"]}",
          SAY_OK, ANSWER_INVALID, "refused", "FP-101", 0 },
        { "delivered", JSON "ack: delivered\n" TO_A, "{}", SAY_OK, ANSWER_ACCEPTED,
          "accepted a=delivered", "", 1 },
        { "delivered, the peer says no", JSON "ack: delivered\n" TO_A, "{}", SAY_NO, ANSWER_INVALID,
          "accepted a=rejected", "MLLP-099", 1 },
        { "delivered, not in time", JSON "ack: delivered\nackTimeout: 5ms\n" TO_A, "{}", SAY_LATER,
          ANSWER_PENDING, "accepted a=queued", "FLOW-003", 1 },
        { "bytes pass unread", JSON "format: bytes\n" TO_A, "\x01{", SAY_OK, ANSWER_ACCEPTED,
          "accepted a=delivered", "", 1 },
        { "bytes have nothing that could be named", JSON "format: bytes\nfilter: \"x = 1\"\n" TO_A,
          "{\"x\":1}", SAY_OK, ANSWER_FILTERED, "accepted a=filtered", "", 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world *w = world_up(rows[i].config);
        w->reply = rows[i].reply;
        give(w, rows[i].message);
        T_EQ_SIZE(w->n_heard, 0);
        run_until(w, 1, rows[i].sent);
        T_EQ_INT(w->heard[0].kind, rows[i].kind);
        T_EQ_SIZE(w->heard[0].body.n, 0); /* the connector has its own words */
        T_EQ_BYTES(story(w, 1), str_z(rows[i].story));
        T_EQ_Z(w->heard[0].why ? w->heard[0].why : "", rows[i].why);
        world_free(w);
    }
}

static void what_is_kept_can_be_found(void **state)
{
    (void)state;
    const struct {
        const char *name, *config, *message, *key;
        struct store_query q;
        const char *type;
    } rows[] = {
        { "control id", HL7, MSG("C1"), "", { .control_id = STR("C1") }, "ADT^A01" },
        { "patient", HL7, MSG("C1"), "", { .patient_id = STR("P7") }, "ADT^A01" },
        { "accession and order",
          HL7,
          "MSH|^~\\&|S|F|R|G|20240101||ORU^R01|C2|P|2.5\rOBR|1|O1^x|A1^y\r",
          "",
          { .accession = STR("A1"), .order = STR("O1") },
          "ORU^R01" },
        { "a refused one by its control id",
          HL7,
          "MSH|^~\\&|S|F|R|G|||ADT^A01|C3|P\r",
          "",
          { .control_id = STR("C3"), .state = -1 },
          "ADT^A01" },
        { "one that cannot be read, as refused", HL7, "hello", "", { .state = -1 }, "" },
        { "JSON by its key",
          JSON,
          "{\"resourceType\":\"Patient\"}",
          "K1",
          { .control_id = STR("K1") },
          "Patient" },
        { "a long resource type is cut",
          JSON,
          "{\"resourceType\":\"0123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789x\"}",
          "",
          { .channel = STR("ch") },
          "01234567890123456789012345678901234567890123456789012345678901234567890123456789" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world *w = world_up(rows[i].config);
        struct store_query q = rows[i].q;
        struct store_row *found = NULL;
        struct err e;
        size_t n = 0;
        bool more = false;
        give_with(w, rows[i].message, rows[i].key, ROOM);
        run_until(w, 1, 0);
        q.limit = 10;
        T_OK(store_search(w->store, &q, w->arena, &found, &n, &more, &e), &e);
        T_EQ_SIZE(n, 1);
        T_TRUE(str_eqz(found[0].type, rows[i].type));
        T_EQ_STR(found[0].peer, "10.0.0.1:9");
        world_free(w);
    }
}

static void every_message_is_counted_once(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 "filter: \"`MSH-10` != 'F'\"\n" TO_A);
    struct channel_figures *f = channel_figures(w->channel);
    give(w, MSG("C1"));
    give(w, MSG("F"));
    give(w, BAD);
    give(w, "hello");
    T_EQ_SIZE(atomic_load(&f->pending), 4);
    run_until(w, 4, 1);
    T_EQ_SIZE(atomic_load(&f->pending), 0);
    T_EQ_SIZE(atomic_load(&f->taken), 4);
    T_EQ_SIZE(atomic_load(&f->filtered), 1);
    T_EQ_SIZE(atomic_load(&f->held), 1);
    T_EQ_SIZE(atomic_load(&f->refused), 1);
    T_EQ_SIZE(atomic_load(&f->busy), 0);
    T_EQ_Z(f->address, "fake://here");
    world_free(w);
}

/* ---- when there is no room ---------------------------------------------------------------------
 */

/* A store whose intakes are refused while `error` is set. */
struct refusing {
    struct store store; /* first */
    struct store_ops ops;
    struct store *behind;
    const char *error;
    enum rc rc;
};

static void refusing_append(struct store *s, struct store_batch *b)
{
    struct refusing *r = ZS_CONTAINER(s, struct refusing, store);
    if (!r->error) {
        store_append(r->behind, b);
        return;
    }
    for (struct store_op *op = b->first; op; op = op->next) {
        op->rc = r->rc;
        op->error = r->error;
    }
    b->done(b);
}

static void refuse_intakes(struct world *w, struct refusing *r, enum rc rc, const char *error)
{
    struct err e;
    *r = (struct refusing){ .store = *w->store, .behind = w->store, .rc = rc, .error = error };
    r->ops = *w->store->ops;
    r->ops.append = refusing_append;
    r->store.ops = &r->ops;
    committer_free(&w->committer);
    T_OK(committer_new(w->loop, &r->store, &w->committer, &e), &e);
    struct lane_env env = env_of(w);
    T_OK(channel_new(w->config->channels[0], &env, &w->channel, &e), &e);
    channel_start(w->channel, w->backlog);
}

static bool reads_again(void *ctx)
{
    const struct world *w = ctx;
    return w->reading;
}

static void a_full_store_pushes_back_and_goes_on(void **state)
{
    (void)state;
    struct refusing r;
    struct world *w = world_new(HL7 TO_A, 0);
    refuse_intakes(w, &r, RC_LIMIT, "STORE-001");
    give(w, MSG("C1"));
    run_until(w, 1, 0);
    T_EQ_INT(w->heard[0].kind, ANSWER_BUSY);
    T_EQ_Z(w->heard[0].why, "STORE-001");
    T_EQ_SIZE(w->heard[0].id.n, 0);
    T_TRUE(str_starts(msa_of(w->heard[0].body), STR("MSA|AE|C1|the message could not be stored")));
    T_FALSE(w->reading);
    T_EQ_SIZE(atomic_load(&channel_figures(w->channel)->busy), 1);
    T_EQ_SIZE(atomic_load(&channel_figures(w->channel)->taken), 0);
    r.error = NULL;
    T_TRUE(loop_run_until(w->loop, reads_again, w, LIMIT_MS));
    give(w, MSG("C1"));
    run_until(w, 2, 1);
    T_EQ_INT(w->heard[1].kind, ANSWER_ACCEPTED);
    world_free(w);
}

static void what_never_fits_holds_nobody_up(void **state)
{
    (void)state;
    struct refusing r;
    struct world *w = world_new(HL7 TO_A, 0);
    refuse_intakes(w, &r, RC_LIMIT, "STORE-002");
    give(w, MSG("C1"));
    run_until(w, 1, 0);
    T_EQ_INT(w->heard[0].kind, ANSWER_REFUSED);
    T_EQ_Z(w->heard[0].why, "STORE-002");
    T_TRUE(str_starts(msa_of(w->heard[0].body), STR("MSA|AR|C1|")));
    T_TRUE(w->reading);
    T_EQ_SIZE(atomic_load(&channel_figures(w->channel)->refused), 1);
    world_free(w);
}

static void too_many_pending_pause_the_source(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 "maxPending: 2\n" TO_A);
    give(w, MSG("C1"));
    T_TRUE(w->reading);
    give(w, MSG("C2"));
    T_FALSE(w->reading);
    run_until(w, 2, 2);
    T_TRUE(w->reading);
    world_free(w);
}

/* A delivery that is left to the store reports to nobody: its sender would only time out. */
static void who_waits_for_delivery_has_room_in_the_window(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 "ack: delivered\nmaxPending: 5000\n" TO_A);
    size_t n = 0;
    w->reply = SAY_LATER;
    for (; w->reading && n < HEARD_MAX - 1; n++)
        give(w, MSG("C1"));
    T_EQ_SIZE(n, LANE_WINDOW);
    run_until(w, 0, 1);
    w->reply = SAY_OK;
    w->n_later = 0;
    answer_delivery(w->later[0], SAY_OK);
    run_until(w, n, n);
    for (size_t i = 0; i < n; i++)
        T_EQ_INT(w->heard[i].kind, ANSWER_ACCEPTED);
    T_TRUE(w->reading);
    world_free(w);
}

/* A message whose arena is used up: told to come again, or held where it was readable; never AA
 * without being kept, and the engine lives. */
static void a_small_arena_ends_one_message_only(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 TO_A);
    size_t n_accepted = 0;
    size_t n_busy = 0;
    for (size_t room = 2048; room <= 24576; room += 128) {
        w->n_heard = w->n_given = w->n_sent = 0;
        give_with(w, MSG("C1") MANY MANY MANY MANY, "", room);
        struct want want = { w, 1, 0 };
        T_TRUE(loop_run_until(w->loop, is_so, &want, LIMIT_MS));
        enum answer_kind kind = w->heard[0].kind;
        T_TRUE(kind == ANSWER_ACCEPTED || kind == ANSWER_HELD || kind == ANSWER_BUSY);
        n_accepted += kind == ANSWER_ACCEPTED;
        n_busy += kind == ANSWER_BUSY;
        if (kind == ANSWER_BUSY)
            T_EQ_SIZE(w->heard[0].id.n, 0);
    }
    T_TRUE(n_accepted > 0 && n_busy > 1);
    T_EQ_SIZE(atomic_load(&channel_figures(w->channel)->busy), n_busy);
    T_EQ_INT(w->heard[0].kind, ANSWER_ACCEPTED);
    T_EQ_SIZE(atomic_load(&channel_figures(w->channel)->pending), 0);
    world_free(w);
}

/* Each allocation of an intake and its delivery fails once: always one answer, nothing leaks. */
static void no_memory_anywhere_is_one_answer(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t k = 1; failed && k < 60; k++) {
        struct world *w = world_up(HL7 "ack: delivered\nackTimeout: 50ms\n" TO_A);
        struct arena *a = arena_new("intake", 0, ROOM);
        struct intake *in = arena_make(a, struct intake, 1);
        T_TRUE(in != NULL);
        *in = (struct intake){ .source = w->source, .arena = a, .body = STR(MSG("C1")) };
        w->n_given++;
        mem_fail_at(k);
        w->source->intake(w->source, in);
        struct want want = { w, 1, 0 };
        T_TRUE(loop_run_until(w->loop, is_so, &want, LIMIT_MS));
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_EQ_SIZE(w->n_heard, 1);
        if (!failed)
            T_EQ_INT(w->heard[0].kind, ANSWER_ACCEPTED);
        world_free(w);
    }
    T_FALSE(failed);
}

/* ---- order, pause, stop
 * --------------------------------------------------------------------------- */

static void an_order_key_lets_other_keys_pass(void **state)
{
    (void)state;
    struct world *w =
        world_up(HL7 "destinations: [ { to: lab/a, order: \"`MSH-10`\", inFlight: 4 } ]\n");
    w->reply = SAY_LATER;
    give(w, MSG("K1"));
    give(w, MSG("K1"));
    give(w, MSG("K2"));
    run_until(w, 3, 2);
    T_TRUE(str_find(str_z(w->sent[0]), STR("K1"), 0) != SIZE_MAX);
    T_TRUE(str_find(str_z(w->sent[1]), STR("K2"), 0) != SIZE_MAX);
    w->n_later = 1;
    answer_delivery(w->later[1], SAY_OK);
    w->n_later = 0;
    answer_delivery(w->later[0], SAY_OK);
    run_until(w, 3, 3);
    T_TRUE(str_find(str_z(w->sent[2]), STR("K1"), 0) != SIZE_MAX);
    world_free(w);
}

static void a_pause_stops_both_ends_and_keeps_what_comes(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 TO_A);
    channel_pause(w->channel, true);
    channel_pause(w->channel, true); /* twice is once */
    T_FALSE(w->reading);
    T_EQ_INT(atomic_load(&channel_figures(w->channel)->state), CHANNEL_PAUSED);
    give(w, MSG("C1")); /* was read already */
    run_until(w, 1, 0);
    T_EQ_INT(w->heard[0].kind, ANSWER_ACCEPTED);
    channel_pause(w->channel, false);
    T_TRUE(w->reading);
    run_until(w, 1, 1);
    T_EQ_BYTES(story(w, 1), STR("accepted a=delivered"));
    channel_pause(w->channel, true);
    world_free(w); /* stops from paused too */
}

static void a_stop_tells_those_who_wait_for_delivery(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 "ack: delivered\n" TO_A);
    w->reply = SAY_LATER;
    give(w, MSG("C1"));
    give(w, MSG("C2"));
    run_until(w, 0, 1);
    channel_down(w, 20); /* the limit cuts off what is in flight */
    T_EQ_SIZE(w->n_heard, 2);
    for (size_t i = 0; i < 2; i++) {
        T_EQ_INT(w->heard[i].kind, ANSWER_PENDING);
        T_TRUE(str_starts(msa_of(w->heard[i].body), STR("MSA|AE|")));
    }
    T_EQ_BYTES(story(w, 1), STR("accepted a=uncertain"));
    world_free(w);
}

static void a_stop_answers_what_is_being_committed(void **state)
{
    (void)state;
    static const char *const acks[] = { "stored", "delivered" };
    for (size_t i = 0; i < ZS_COUNT(acks); i++) {
        T_ROW(acks[i]);
        struct world *w = world_up(i == 0 ? HL7 TO_A : HL7 "ack: delivered\n" TO_A);
        give(w, MSG("C1"));
        give(w, MSG("C2"));
        channel_down(w, 1000); /* before the loop had a turn */
        T_EQ_SIZE(w->n_heard, 2);
        T_EQ_INT(w->heard[0].kind, i == 0 ? ANSWER_ACCEPTED : ANSWER_PENDING);
        T_EQ_SIZE(w->n_sent, 0);
        world_free(w);
    }
}

/* The source does not drain: its limit closes it, and what was taken is kept without an answer. */
static void a_source_that_hangs_is_closed(void **state)
{
    (void)state;
    struct world *w = world_up(HL7 TO_A);
    w->stuck = true;
    give(w, MSG("C1"));
    channel_stop(w->channel, 5, is_stopped, w);
    T_TRUE(loop_run_until(w->loop, all_quiet, w, LIMIT_MS));
    T_FALSE(w->source_open);
    channel_close(w->channel);
    channel_free(&w->channel);
    T_EQ_BYTES(str_sub(story(w, 1), 0, 8), STR("accepted"));
    world_free(w);
}

static void a_deaf_source_fails_its_channel_only(void **state)
{
    (void)state;
    struct world *w = world_new(HL7 TO_A, 0);
    struct lane_env env = env_of(w);
    struct err e;
    w->deaf = true;
    T_OK(channel_new(w->config->channels[0], &env, &w->channel, &e), &e);
    channel_start(w->channel, w->backlog);
    T_EQ_INT(atomic_load(&channel_figures(w->channel)->state), CHANNEL_FAILED);
    channel_pause(w->channel, true);
    T_EQ_INT(atomic_load(&channel_figures(w->channel)->state), CHANNEL_FAILED);
    world_free(w);
}

static void making_a_channel_without_memory_leaves_nothing(void **state)
{
    (void)state;
    struct world *w = world_new(HL7 TO_A, 0);
    struct lane_env env = env_of(w);
    struct err e;
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc != RC_OK; k++) {
        mem_fail_at(k);
        rc = channel_new(w->config->channels[0], &env, &w->channel, &e);
        mem_fail_at(0);
        if (rc != RC_OK)
            T_EQ_INT(rc, RC_NOMEM);
    }
    channel_start(w->channel, w->backlog);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(the_table_of_acknowledgements_hl7),
        T_TEST(the_table_of_acknowledgements_json),
        T_TEST(what_is_kept_can_be_found),
        T_TEST(every_message_is_counted_once),
        T_TEST(a_full_store_pushes_back_and_goes_on),
        T_TEST(what_never_fits_holds_nobody_up),
        T_TEST(too_many_pending_pause_the_source),
        T_TEST(who_waits_for_delivery_has_room_in_the_window),
        T_TEST(a_small_arena_ends_one_message_only),
        T_TEST(no_memory_anywhere_is_one_answer),
        T_TEST(an_order_key_lets_other_keys_pass),
        T_TEST(a_pause_stops_both_ends_and_keeps_what_comes),
        T_TEST(a_stop_tells_those_who_wait_for_delivery),
        T_TEST(a_stop_answers_what_is_being_committed),
        T_TEST(a_source_that_hangs_is_closed),
        T_TEST(a_deaf_source_fails_its_channel_only),
        T_TEST(making_a_channel_without_memory_leaves_nothing),
    };
    return T_RUN(tests);
}

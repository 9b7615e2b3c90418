/*
 * The golden record was made by an independent program (Python's struct and hashlib) from the
 * format's description.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "store/record.h"
#include "tests/lib/t.h"

#define MAX (1u << 20)

static const char golden_hex[] =
    "5a524301fef3ea88e8000000010001002a000000000000007b68e5cf8b0100004500000012000000000000000300"
    "0000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f5a28b29e593a69b193dae1ef"
    "3693869fa1da89d4492dfe4390019326e46a1d0e00ba665267f97882353832dcb0f2333682873aa0e0ebde47242b"
    "348ac116555605066164742d696e11044d53473115074144545e41303120012a052e0b8101080402090434373131"
    "85011a05126164742d696e2f6c61622f726573756c747308010c0116024d53487c784d53417c41417c4d5347317b"
    "7d00";
static const char golden_link[] =
    "b70b2beb1245f433ff092b4b028e0e5136d4327dfc450e4987ce96feab872fbb";

static const struct store_term golden_terms[] = { { TERM_PATIENT_ID, STR_INIT("4711") } };
static const struct store_delivery golden_deliveries[] = { { .lane = STR_INIT("adt-in/lab/results"),
                                                             .state = DELIVERY_QUEUED,
                                                             .marked = true,
                                                             .payload = STR_INIT("{}") } };
static const struct store_intake golden_intake = { .channel = STR_INIT("adt-in"),
                                                   .control_id = STR_INIT("MSG1"),
                                                   .type = STR_INIT("ADT^A01"),
                                                   .state = INTAKE_ACCEPTED,
                                                   .body = STR_INIT("MSH|x"),
                                                   .ack = STR_INIT("MSA|AA|MSG1"),
                                                   .terms = golden_terms,
                                                   .n_terms = 1,
                                                   .deliveries = golden_deliveries,
                                                   .n_deliveries = 1 };

struct fix {
    struct arena *a;
    struct sha256 *sha;
    unsigned char link[RECORD_LINK];
};

static void fix_init(struct fix *f)
{
    f->a = arena_new("test", 0, 1u << 22);
    f->sha = sha256_new();
    T_TRUE(f->a && f->sha);
    for (size_t i = 0; i < sizeof f->link; i++)
        f->link[i] = (unsigned char)i;
}

static void fix_done(struct fix *f)
{
    arena_free(&f->a);
    sha256_free(&f->sha);
}

static struct str view(const struct record *r)
{
    return str_of((const char *)r->bytes, r->n);
}

/* Encoded and sealed as record 42, fourth of its commit; in the arena. */
static struct str sealed(struct fix *f, const struct store_op *op)
{
    struct err e;
    struct record *r = NULL;
    const struct record_place at = {
        .seq = 42, .at_ms = 1700000000123, .group = 3, .flags = RECORD_BATCH_END
    };
    T_OK(record_encode(op, MAX, f->sha, &r, &e), &e);
    record_seal(r, &at, f->sha, f->link);
    struct str bytes = arena_str(f->a, view(r));
    mem_free(r);
    return bytes;
}

static struct record_head head_of(struct str bytes)
{
    struct record_head h;
    T_EQ_INT(record_head(bytes, MAX, &h), RECORD_GOOD);
    T_TRUE(record_check(&h, bytes));
    return h;
}

static struct str hex(struct fix *f, const void *p, size_t n)
{
    struct buf b;
    buf_init_arena(&b, f->a, n * 2);
    buf_hex(&b, p, n);
    return buf_view(&b);
}

static void the_format_is_the_described_one(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f);
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &golden_intake };
    struct str bytes = sealed(&f, &op);
    T_EQ_STR(hex(&f, bytes.p, bytes.n), golden_hex);
    T_EQ_STR(hex(&f, f.link, sizeof f.link), golden_link);
    unsigned char link[RECORD_LINK];
    record_link(bytes, f.sha, link);
    T_EQ_STR(hex(&f, link, sizeof link), golden_link);
    fix_done(&f);
}

static void every_field_of_an_intake_reads_back(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    const struct store_term terms[] = { { TERM_PATIENT_ID, STR("p1") },
                                        { TERM_ACCESSION, STR("a\0b") },
                                        { TERM_ORDER, STR("") } };
    const struct store_delivery deliveries[] = {
        { .lane = STR("c/i/e"), .state = DELIVERY_QUEUED, .marked = true, .payload = STR("one") },
        { .lane = STR("c/i/f"),
          .state = DELIVERY_HELD,
          .key = STR("k"),
          .payload = STR(""),
          .content_type = STR("text/plain"),
          .reason = STR("MAP-004 rules[2]") },
        { .lane = STR("c/i/g"), .state = DELIVERY_FILTERED, .payload = STR("three") },
    };
    const struct store_intake in = { .channel = STR("c"),
                                     .peer = STR("10.1.2.3:4711"),
                                     .sender = STR("LAB|HOSP"),
                                     .control_id = STR("MSG1"),
                                     .type = STR("ADT^A01"),
                                     .content_type = STR("x-application/hl7-v2+er7"),
                                     .trace_id = STR("0af7651916cd43dd8448eb211c80319c"),
                                     .state = INTAKE_REFUSED,
                                     .reason = STR("HL7-001 no MSH"),
                                     .body = STR("bo\0dy"),
                                     .ack = STR("ack"),
                                     .config_version = UINT64_MAX,
                                     .terms = terms,
                                     .n_terms = 3,
                                     .deliveries = deliveries,
                                     .n_deliveries = 3 };
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &in };
    struct str bytes = sealed(&f, &op);
    struct record_head h = head_of(bytes);
    T_EQ_INT(h.kind, STORE_INTAKE);
    T_EQ_SIZE(h.seq, 42);
    T_EQ_INT(h.at_ms, 1700000000123);
    T_EQ_SIZE(h.group, 3);
    T_EQ_SIZE(h.flags, RECORD_BATCH_END);
    T_TRUE(record_check_hashes(&h, bytes, f.sha));

    struct store_intake out;
    T_OK(record_intake(&h, bytes, f.a, &out, &e), &e);
    T_EQ_STR(out.channel, "c");
    T_EQ_STR(out.peer, "10.1.2.3:4711");
    T_EQ_STR(out.sender, "LAB|HOSP");
    T_EQ_STR(out.control_id, "MSG1");
    T_EQ_STR(out.type, "ADT^A01");
    T_EQ_STR(out.content_type, "x-application/hl7-v2+er7");
    T_EQ_STR(out.trace_id, "0af7651916cd43dd8448eb211c80319c");
    T_EQ_INT(out.state, INTAKE_REFUSED);
    T_EQ_STR(out.reason, "HL7-001 no MSH");
    T_EQ_BYTES(out.body, STR("bo\0dy"));
    T_EQ_STR(out.ack, "ack");
    T_EQ_SIZE(out.config_version, UINT64_MAX);
    T_EQ_SIZE(out.n_terms, 3);
    T_EQ_INT(out.terms[0].kind, TERM_PATIENT_ID);
    T_EQ_STR(out.terms[0].value, "p1");
    T_EQ_BYTES(out.terms[1].value, STR("a\0b"));
    T_EQ_STR(out.terms[2].value, "");
    T_EQ_SIZE(out.n_deliveries, 3);
    T_EQ_STR(out.deliveries[0].lane, "c/i/e");
    T_TRUE(out.deliveries[0].marked);
    T_EQ_STR(out.deliveries[0].payload, "one");
    T_TRUE(str_is_null(out.deliveries[0].content_type));
    T_TRUE(str_is_null(out.deliveries[0].key));
    T_EQ_INT(out.deliveries[1].state, DELIVERY_HELD);
    T_FALSE(out.deliveries[1].marked);
    T_EQ_STR(out.deliveries[1].key, "k");
    T_FALSE(str_is_null(out.deliveries[1].payload));
    T_EQ_STR(out.deliveries[1].payload, "");
    T_EQ_STR(out.deliveries[1].content_type, "text/plain");
    T_EQ_STR(out.deliveries[1].reason, "MAP-004 rules[2]");
    T_EQ_INT(out.deliveries[2].state, DELIVERY_FILTERED);
    T_EQ_STR(out.deliveries[2].payload, "three");
    fix_done(&f);
}

static void every_field_of_an_outcome_reads_back(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    const struct store_outcome list[] = { { .seq = 7,
                                            .lane = STR("c/i/e"),
                                            .state = DELIVERY_RETRYING,
                                            .attempt = 3,
                                            .fate = FATE_UNCERTAIN,
                                            .unknown_before = true,
                                            .sent = true,
                                            .next_at = -5,
                                            .duration_ms = UINT32_MAX,
                                            .status = STR("AE"),
                                            .error = STR("MLLP-004 late"),
                                            .reply = STR("MSA|AE") },
                                          { .seq = 8,
                                            .lane = STR("c/i/f"),
                                            .state = DELIVERY_DELIVERED,
                                            .next_at = INT64_MIN,
                                            .reply = STR("MSA|AA") } };
    const struct store_op op = { .kind = STORE_OUTCOMES, .outcomes = { list, 2 } };
    struct str bytes = sealed(&f, &op);
    struct record_head h = head_of(bytes);
    struct store_outcome *out = NULL;
    size_t n = 0;
    T_OK(record_outcomes(&h, bytes, f.a, &out, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_SIZE(out[0].seq, 7);
    T_EQ_STR(out[0].lane, "c/i/e");
    T_EQ_INT(out[0].state, DELIVERY_RETRYING);
    T_EQ_SIZE(out[0].attempt, 3);
    T_EQ_INT(out[0].fate, FATE_UNCERTAIN);
    T_TRUE(out[0].unknown_before);
    T_TRUE(out[0].sent);
    T_FALSE(out[1].sent);
    T_EQ_INT(out[0].next_at, -5);
    T_EQ_SIZE(out[0].duration_ms, UINT32_MAX);
    T_EQ_STR(out[0].status, "AE");
    T_EQ_STR(out[0].error, "MLLP-004 late");
    T_EQ_STR(out[0].reply, "MSA|AE");
    T_EQ_SIZE(out[1].seq, 8);
    T_FALSE(out[1].unknown_before);
    T_EQ_INT(out[1].next_at, INT64_MIN);
    T_EQ_STR(out[1].reply, "MSA|AA");
    T_TRUE(str_is_null(out[1].status));
    fix_done(&f);
}

static void the_small_kinds_read_back(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    const struct store_mark mark = { STR("c/i/e"), 1u << 20 };
    struct store_mark mark_out;
    const struct store_op op_mark = { .kind = STORE_MARK, .mark = &mark };
    struct str bytes = sealed(&f, &op_mark);
    struct record_head h = head_of(bytes);
    T_OK(record_mark(&h, bytes, &mark_out, &e), &e);
    T_EQ_STR(mark_out.lane, "c/i/e");
    T_EQ_SIZE(mark_out.upto, 1u << 20);

    const struct store_act act = { STR("ann"), STR("::1"), STR("channel.pause"), STR("channel/x"),
                                   STR("{\"a\":1}") };
    struct store_act act_out;
    const struct store_op op_act = { .kind = STORE_ACT, .act = &act };
    bytes = sealed(&f, &op_act);
    h = head_of(bytes);
    T_OK(record_act(&h, bytes, &act_out, &e), &e);
    T_EQ_STR(act_out.actor, "ann");
    T_EQ_STR(act_out.peer, "::1");
    T_EQ_STR(act_out.verb, "channel.pause");
    T_EQ_STR(act_out.object, "channel/x");
    T_EQ_STR(act_out.detail, "{\"a\":1}");
    T_EQ_INT(record_mark(&h, bytes, &mark_out, &e), RC_PEER);
    T_EQ_Z(e.id, "STORE-012");

    const struct store_config config = { STR("channel"), STR("x"), STR("abc"), STR("{}") };
    struct store_config config_out;
    const struct store_op op_config = { .kind = STORE_CONFIG, .config = &config };
    bytes = sealed(&f, &op_config);
    h = head_of(bytes);
    T_OK(record_config(&h, bytes, &config_out, &e), &e);
    T_EQ_STR(config_out.kind, "channel");
    T_EQ_STR(config_out.name, "x");
    T_EQ_STR(config_out.hash, "abc");
    T_EQ_STR(config_out.doc, "{}");
    fix_done(&f);
}

static void executions_read_back(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    const struct store_exec exec = { STR("lab"), STR("send"), STR("ann"), 1700000000123,
                                     STR("{\"data\":1}") };
    struct store_exec exec_out;
    const struct store_op op = { .kind = STORE_EXEC, .exec = &exec };
    struct str bytes = sealed(&f, &op);
    struct record_head h = head_of(bytes);
    T_OK(record_exec(&h, bytes, &exec_out, &e), &e);
    T_EQ_STR(exec_out.integration, "lab");
    T_EQ_STR(exec_out.endpoint, "send");
    T_EQ_STR(exec_out.actor, "ann");
    T_EQ_INT(exec_out.start_ms, 1700000000123);
    T_EQ_STR(exec_out.request, "{\"data\":1}");

    char text[450];
    memset(text, 'x', sizeof text);
    const struct store_exec_end end = { .seq = 7,
                                        .integration = STR("lab"),
                                        .endpoint = STR("send"),
                                        .state = EXEC_FAILED,
                                        .start_ms = -1,
                                        .duration_ms = UINT32_MAX,
                                        .status = str_of(text, 40),
                                        .error = str_of(text, sizeof text),
                                        .result = STR("{}"),
                                        .cut = true };
    struct store_exec_end end_out;
    const struct store_op op_end = { .kind = STORE_EXEC_END, .exec_end = &end };
    bytes = sealed(&f, &op_end);
    h = head_of(bytes);
    T_OK(record_exec_end(&h, bytes, &end_out, &e), &e);
    T_EQ_SIZE(end_out.seq, 7);
    T_EQ_STR(end_out.integration, "lab");
    T_EQ_STR(end_out.endpoint, "send");
    T_EQ_INT(end_out.state, EXEC_FAILED);
    T_EQ_INT(end_out.start_ms, -1);
    T_EQ_SIZE(end_out.duration_ms, UINT32_MAX);
    T_EQ_SIZE(end_out.status.n, 32);
    T_EQ_SIZE(end_out.error.n, 400);
    T_EQ_STR(end_out.result, "{}");
    T_TRUE(end_out.cut);
    T_EQ_INT(record_exec(&h, bytes, &exec_out, &e), RC_PEER);
    T_EQ_Z(e.id, "STORE-012");

    const struct store_exec_end stateless = { .seq = 7 };
    const struct store_op op_none = { .kind = STORE_EXEC_END, .exec_end = &stateless };
    bytes = sealed(&f, &op_none);
    h = head_of(bytes);
    T_EQ_INT(record_exec_end(&h, bytes, &end_out, &e), RC_PEER);
    T_EQ_Z(e.id, "STORE-012");
    fix_done(&f);
}

static void a_checkpoint_reads_back(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    const struct record_checkpoint c = { .segment = 9,
                                         .first_seq = 10,
                                         .n_records = 11,
                                         .n_messages = 12,
                                         .closes = true,
                                         .signer = STR("k1"),
                                         .signature = STR("s\0s") };
    struct record *r = NULL;
    T_OK(record_encode_checkpoint(&c, f.sha, &r, &e), &e);
    const struct record_place at = { .seq = 1 };
    record_seal(r, &at, f.sha, f.link);
    struct record_head h = head_of(view(r));
    struct record_checkpoint out;
    T_OK(record_read_checkpoint(&h, view(r), &out, &e), &e);
    T_EQ_SIZE(out.segment, 9);
    T_EQ_SIZE(out.first_seq, 10);
    T_EQ_SIZE(out.n_records, 11);
    T_EQ_SIZE(out.n_messages, 12);
    T_TRUE(out.closes);
    T_EQ_STR(out.signer, "k1");
    T_EQ_BYTES(out.signature, STR("s\0s"));
    mem_free(r);
    fix_done(&f);
}

/* One flipped bit anywhere is found by the CRC, or makes the header implausible. */
static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f);
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &golden_intake };
    struct str bytes = sealed(&f, &op);
    char *copy = arena_z(f.a, bytes);
    for (size_t bit = 0; bit < bytes.n * 8; bit++) {
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        struct record_head h;
        enum record_look look = record_head(str_of(copy, bytes.n), bytes.n, &h);
        if (look == RECORD_GOOD && record_check(&h, str_of(copy, bytes.n)))
            T_FAIL("bit %zu", bit);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
    }
    fix_done(&f);
}

static void implausible_headers_are_refused(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f);
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &golden_intake };
    struct str bytes = sealed(&f, &op);
    char *p = arena_z(f.a, bytes);
    struct record_head h;
    T_EQ_INT(record_head(str_of(p, RECORD_HEAD - 1), MAX, &h), RECORD_MORE);
    T_EQ_INT(record_head(str_of(p, bytes.n), bytes.n - 8, &h), RECORD_BAD);
    static const struct {
        const char *name;
        size_t at;
        char value;
    } rows[] = {
        { "magic", 0, 'z' },      { "version", 3, 2 },         { "length not of 8", 8, 1 },
        { "length short", 8, 8 }, { "length long", 8, -16 },   { "no kind", 12, 0 },
        { "no sequence", 16, 0 }, { "meta too long", 32, -1 }, { "body too long", 36, -1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        char was = p[rows[i].at];
        p[rows[i].at] = rows[i].value;
        T_EQ_INT(record_head(str_of(p, bytes.n), MAX, &h), RECORD_BAD);
        p[rows[i].at] = was;
    }
    memset(p, 0, RECORD_HEAD);
    T_EQ_INT(record_head(str_of(p, bytes.n), MAX, &h), RECORD_EMPTY);
    p[100] = 1;
    T_EQ_INT(record_head(str_of(p, bytes.n), MAX, &h), RECORD_BAD);
    fix_done(&f);
}

/* A record around hand-made meta bytes, for what the encoder never writes. */
static struct str around(struct fix *f, enum store_kind kind, struct str meta, struct str body,
                         struct record_head *h)
{
    struct buf b;
    buf_init_arena(&b, f->a, 4096);
    buf_fill(&b, '\0', RECORD_HEAD);
    buf_str(&b, meta);
    buf_str(&b, body);
    *h = (struct record_head){ .kind = kind,
                               .length = (uint32_t)b.n,
                               .meta_len = (uint32_t)meta.n,
                               .body_len = (uint32_t)body.n };
    return buf_view(&b);
}

static void foreign_meta_is_skipped_or_refused(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    static const struct {
        const char *name;
        struct str meta;
        enum rc rc;
        const char *channel; /* where it is read */
    } rows[] = {
        { "nothing", STR_INIT(""), RC_OK, NULL },
        { "channel", STR_INIT("\x05\x01x"), RC_OK, "x" },
        { "unknown number", STR_INIT("\x7c\x05\x05\x01x"), RC_OK, "x" },
        { "unknown bytes", STR_INIT("\x7d\x02zz\x05\x01x"), RC_OK, "x" },
        { "unknown body, then the message's", STR_INIT("\x7e\x02\x2a\x01\x05\x01x"), RC_OK, "x" },
        { "tag over 63", STR_INIT("\x84\x02\x05\x05\x01x"), RC_OK, "x" },
        { "form 3", STR_INIT("\x07\x01x"), RC_PEER, NULL },
        { "key cut", STR_INIT("\x85"), RC_PEER, NULL },
        { "length cut", STR_INIT("\x05\x80"), RC_PEER, NULL },
        { "bytes cut", STR_INIT("\x05\x02x"), RC_PEER, NULL },
        { "length of 2^64-1", STR_INIT("\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), RC_PEER,
          NULL },
        { "number over 64 bits", STR_INIT("\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), RC_PEER,
          NULL },
        { "number over 10 bytes", STR_INIT("\x30\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
          RC_PEER, NULL },
        { "state that does not exist", STR_INIT("\x20\x03"), RC_PEER, NULL },
        { "channel as a number", STR_INIT("\x04\x01"), RC_PEER, NULL },
        { "body longer than there is", STR_INIT("\x2a\x04"), RC_PEER, NULL },
        { "term cut inside", STR_INIT("\x81\x01\x02\x09\x05"), RC_PEER, NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct record_head h;
        struct store_intake in;
        struct str bytes = around(&f, STORE_INTAKE, rows[i].meta, STR("zzb"), &h);
        T_EQ_INT(record_intake(&h, bytes, f.a, &in, &e), rows[i].rc);
        if (rows[i].rc)
            T_EQ_Z(e.id, "STORE-012");
        else
            T_EQ_STR(in.channel, rows[i].channel);
        if (!rows[i].rc && in.body.n)
            T_EQ_STR(in.body, "b");
    }
    fix_done(&f);
}

static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    struct record *r = NULL;
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &golden_intake };
    T_EQ_INT(record_encode(&op, 232, f.sha, &r, &e), RC_LIMIT);
    T_EQ_Z(e.id, "STORE-002");
    T_OK(record_encode(&op, 240, f.sha, &r, &e), &e);
    mem_free(r);
    char lane[256];
    memset(lane, 'l', sizeof lane);
    const struct store_mark mark = { .lane = str_of(lane, 256) };
    const struct store_op op_mark = { .kind = STORE_MARK, .mark = &mark };
    T_EQ_INT(record_encode(&op_mark, MAX, f.sha, &r, &e), RC_LIMIT);
    const struct store_mark fits = { .lane = str_of(lane, 255) };
    const struct store_op op_fits = { .kind = STORE_MARK, .mark = &fits };
    T_OK(record_encode(&op_fits, MAX, f.sha, &r, &e), &e);
    mem_free(r);
    fix_done(&f);
}

static void long_terms_are_cut_at_256(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    char value[300];
    memset(value, 'v', sizeof value);
    const struct store_term term = { TERM_ORDER, str_of(value, sizeof value) };
    const struct store_intake in = { .state = INTAKE_ACCEPTED, .terms = &term, .n_terms = 1 };
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &in };
    struct str bytes = sealed(&f, &op);
    struct record_head h = head_of(bytes);
    struct store_intake out;
    T_OK(record_intake(&h, bytes, f.a, &out, &e), &e);
    T_EQ_SIZE(out.terms[0].value.n, 256);
    fix_done(&f);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f);
    struct record *r = NULL;
    const struct store_op op = { .kind = STORE_INTAKE, .intake = &golden_intake };
    mem_fail_at(1);
    T_EQ_INT(record_encode(&op, MAX, f.sha, &r, &e), RC_NOMEM);
    T_EQ_Z(e.id, "STORE-003");
    struct str bytes = sealed(&f, &op);
    struct record_head h = head_of(bytes);
    struct arena *small = arena_new("test", 256, 300);
    struct store_intake out;
    T_TRUE(arena_raw(small, 100) != NULL);
    T_EQ_INT(record_intake(&h, bytes, small, &out, &e), RC_NOMEM);
    arena_free(&small);
    fix_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(the_format_is_the_described_one),
        T_TEST(every_field_of_an_intake_reads_back),
        T_TEST(every_field_of_an_outcome_reads_back),
        T_TEST(the_small_kinds_read_back),
        T_TEST(executions_read_back),
        T_TEST(a_checkpoint_reads_back),
        T_TEST(every_flipped_bit_is_found),
        T_TEST(implausible_headers_are_refused),
        T_TEST(foreign_meta_is_skipped_or_refused),
        T_TEST(what_is_too_large_is_refused),
        T_TEST(long_terms_are_cut_at_256),
        T_TEST(no_memory_is_an_error),
    };
    return T_RUN(tests);
}

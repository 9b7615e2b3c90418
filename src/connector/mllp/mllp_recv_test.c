/*
 * The listener, over real sockets, with the test in flow's place: what is taken, what is answered
 * and when, and every way to end. Bugs of other engines that must not happen here are named after
 * where they were reported.
 */
#include "connector/mllp/mllp_fix.h"

#include "base/alloc.h"

#define MSG(id) "\x0bMSH|^~\\&|a|b|c|d|20240102||ADT^A01|" id "|P|2.5.1\rPID|1\r\x1c\r"
#define ACK(id) "\x0bMSH|^~\\&|us||them||||ACK|A1|P|2.5.1\rMSA|AA|" id "\r\x1c\r"

/* ---- what is taken and answered ---- */

static void one_message(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    T_TRUE(str_starts(str_z(f.url), STR("mllp://127.0.0.1:")));
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1")));
    FIX_UNTIL(&f, f.n_in == 1);
    T_EQ_STR(f.in[0]->body, "MSH|^~\\&|a|b|c|d|20240102||ADT^A01|1|P|2.5.1\rPID|1\r");
    T_TRUE(str_starts(f.in[0]->peer, STR("127.0.0.1:")));
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, w.got.n > 0);
    T_EQ_STR(buf_view(&w.got), ACK("1"));
    fix_end(&f);
    T_EQ_SIZE(w.n_closed, 1);
    wire_done(&w);
}

/* medplum#7578: the acknowledgement went out while the message was only in memory. */
static void medplum_7578_nothing_before_settled(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1")));
    FIX_UNTIL(&f, f.n_in == 1);
    for (int i = 0; i < 10; i++) {
        clock_fake_step(&f.clock, 600000);
        fix_settle_down(&f);
    }
    T_EQ_SIZE(w.got.n, 0);
    conn_mllp.recv_close(&f.source); /* never settled: never answered */
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_SIZE(w.got.n, 0);
    fix_end(&f);
    wire_done(&w);
}

/* camel#26259: messages that arrived in one read were discarded but for the first. */
static void camel_26259_pipelined(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1") MSG("2") MSG("3") MSG("4")));
    FIX_UNTIL(&f, f.n_taken == 4);
    struct str want = STR(ACK("1") ACK("2") ACK("3") ACK("4"));
    FIX_UNTIL(&f, w.got.n == want.n);
    T_EQ_BYTES(buf_view(&w.got), want);
    fix_end(&f);
    wire_done(&w);
}

/* Answers go out in the order of the messages, whatever order they are settled in. */
static void answers_in_order(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1") MSG("2") MSG("3")));
    FIX_UNTIL(&f, f.n_in == 3);
    fix_settle(&f, 2, ANSWER_ACCEPTED, f.ack); /* the third */
    fix_settle(&f, 1, ANSWER_ACCEPTED, f.ack); /* the second */
    fix_settle_down(&f);
    T_EQ_SIZE(w.got.n, 0);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    struct str want = STR(ACK("1") ACK("2") ACK("3"));
    FIX_UNTIL(&f, w.got.n == want.n);
    T_EQ_BYTES(buf_view(&w.got), want);
    fix_end(&f);
    wire_done(&w);
}

/* openhim-core-js src/tcpAdapter.js: every read was taken for a message of its own. */
static void openhim_tcp_adapter_one_byte_writes(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "");
    wire_connect(&f, &w);
    struct str in = STR(MSG("1") MSG("2"));
    for (size_t i = 0; i < in.n; i++) {
        wire_write(&w, str_sub(in, i, 1));
        fix_step(&f);
    }
    struct str want = STR(ACK("1") ACK("2"));
    FIX_UNTIL(&f, w.got.n == want.n);
    T_EQ_BYTES(buf_view(&w.got), want);
    T_EQ_SIZE(f.n_taken, 2);
    fix_end(&f);
    wire_done(&w);
}

static void openhim_tcp_adapter_ten_megabytes(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    struct buf b;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    buf_init(&b, 11u << 20);
    buf_z(&b, "\x0bMSH|^~\\&|a|b|c|d|2024||ORU^R01|big|P|2.5.1\rOBX|1|ED|PDF||^^^Base64^");
    buf_fill(&b, 'A', 10u << 20);
    buf_z(&b, "\r\x1c\r");
    wire_write(&w, buf_view(&b));
    FIX_UNTIL(&f, f.n_in == 1);
    T_EQ_BYTES(f.in[0]->body, str_sub(buf_view(&b), 1, b.n - 3));
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, w.got.n > 0);
    T_EQ_STR(buf_view(&w.got), ACK("big"));
    buf_done(&b);
    fix_end(&f);
    wire_done(&w);
}

/* connect#249, #423, #830, elixir-mllp#11, wokket#3: junk, doubled markers, split ends. */
static void noise_is_skipped_and_reported(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str bytes[3];
        const char *report; /* part of the event; NULL: no noise */
    } rows[] = {
        { "NUL and line ends between frames",
          { STR_INIT(MSG("1")), STR_INIT("\r\n\0\0"), STR_INIT(MSG("2")) },
          NULL },
        { "junk between frames",
          { STR_INIT(MSG("1")), STR_INIT("hello"), STR_INIT(MSG("2")) },
          "\"junkBytes\":5" },
        { "FS and CR in packets of their own",
          { STR_INIT("\x0bMSH|^~\\&|a|b|c|d|2024||ADT^A01|1|P|2.5.1\r\x1c"), STR_INIT("\r"),
            STR_INIT(MSG("2")) },
          NULL },
        { "doubled markers",
          { STR_INIT("\x0b" MSG("1")), STR_INIT(""),
            STR_INIT("\x0bMSH|^~\\&|a|b|c|d|2024||ADT^A01|2|P|2.5.1\r\x1c\x1c\r") },
          "\"doubledVt\":1,\"doubledFs\":1" },
        { "a frame whose end was lost",
          { STR_INIT("\x0bMSH|^~\\&|lost"), STR_INIT(MSG("1")), STR_INIT(MSG("2")) },
          "\"cut\":1" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        struct wire w;
        T_ROW(rows[i].name);
        fix_begin(&f);
        f.settles_at_once = true;
        fix_source(&f, "");
        wire_connect(&f, &w);
        for (size_t k = 0; k < 3; k++) {
            wire_write(&w, rows[i].bytes[k]);
            fix_settle_down(&f);
        }
        struct str want = STR(ACK("1") ACK("2"));
        FIX_UNTIL(&f, w.got.n == want.n);
        T_EQ_BYTES(buf_view(&w.got), want);
        stream_close(w.s);
        FIX_UNTIL(&f, w.n_closed);
        fix_settle_down(&f);
        if (rows[i].report)
            T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_NOISE)), str_z(rows[i].report), 0) !=
                   SIZE_MAX);
        else
            T_NO_EVENT(&f.log, EV_MLLP_NOISE);
        fix_end(&f);
        wire_done(&w);
    }
    T_ROW(NULL);
}

/* connect#1309: FS inside the data is data; medplum#8122: half a frame is visible. */
static void fs_inside_and_half_a_frame(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR("\x0bMSH|a\x1c"
                       "b\rPID\r\x1c\r\x0bMSH|half"));
    FIX_UNTIL(&f, f.n_in == 1);
    T_EQ_STR(f.in[0]->body, "MSH|a\x1c"
                            "b\rPID\r");
    stream_close(w.s);
    fix_settle_down(&f);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, w.n_closed);
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_NOISE)), STR("\"cut\":1"), 0) != SIZE_MAX);
    fix_end(&f);
    wire_done(&w);
}

/* A sender that forgets the CR and waits for its answer. */
static void missing_cr(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, str_sub(STR(MSG("1")), 0, sizeof MSG("1") - 2));
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_taken, 0);
    clock_fake_step(&f.clock, 1000);
    FIX_UNTIL(&f, w.got.n > 0);
    T_EQ_STR(buf_view(&w.got), ACK("1"));
    stream_close(w.s);
    FIX_UNTIL(&f, w.n_closed);
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_NOISE)), STR("\"missingCr\":1"), 0) != SIZE_MAX);
    fix_end(&f);
    wire_done(&w);
}

/* connect#6053: a load balancer that looks whether the port is open is no error. */
static void connect_6053_probe_is_silent(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    stream_close(w.s);
    FIX_UNTIL(&f, w.n_closed);
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_CLOSED)), STR("\"level\":\"debug\""), 0) !=
           SIZE_MAX);
    wire_done(&w);
    wire_connect(&f, &w);
    stream_abort(w.s);
    FIX_UNTIL(&f, w.n_closed);
    fix_settle_down(&f);
    (void)T_EVENT(&f.log, EV_MLLP_CLOSED);
    fix_end(&f); /* and no warning was logged */
    wire_done(&w);
}

/* Flow gives no words (no memory for them): the connector's own, as negative as the answer. */
static void own_words(void **state)
{
    (void)state;
    static const struct {
        enum answer_kind kind;
        const char *msa;
    } rows[] = {
        { ANSWER_ACCEPTED, "MSA|AA|1" }, { ANSWER_FILTERED, "MSA|AA|1" },
        { ANSWER_HELD, "MSA|AA|1" },     { ANSWER_REPEAT, "MSA|AA|1" },
        { ANSWER_REFUSED, "MSA|AR|1" },  { ANSWER_DENIED, "MSA|AR|1" },
        { ANSWER_INVALID, "MSA|AE|1" },  { ANSWER_PENDING, "MSA|AE|1" },
        { ANSWER_BUSY, "MSA|AE|1" },
    };
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].msa);
        buf_clear(&w.got);
        wire_write(&w, STR(MSG("1")));
        FIX_UNTIL(&f, f.n_in == 1);
        fix_settle(&f, 0, rows[i].kind, NULL);
        FIX_UNTIL(&f, str_ends(buf_view(&w.got), STR("\x1c\r")));
        T_TRUE(str_find(buf_view(&w.got), str_z(rows[i].msa), 0) != SIZE_MAX);
    }
    T_ROW(NULL);
    /* not even those: the connection goes, and nothing was said */
    buf_clear(&w.got);
    wire_write(&w, STR(MSG("2")));
    FIX_UNTIL(&f, f.n_in == 1);
    struct intake *in = f.in[--f.n_in];
    struct arena *a = in->arena;
    struct answer busy = { .kind = ANSWER_BUSY };
    mem_fail_at(1);
    conn_mllp.settled(&f.source, in, &busy);
    mem_fail_at(0);
    arena_free(&a);
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_SIZE(w.got.n, 0);
    fix_end(&f);
    wire_done(&w);
}

/* ---- limits ---- */

/* Exactly maxPipelined are taken, however many lie in one read; the rest comes as they settle. */
static void pipeline_limit(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "\"maxPipelined\":2");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1") MSG("2") MSG("3") MSG("4") MSG("5")));
    FIX_UNTIL(&f, f.n_in == 2);
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_taken, 2);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, f.n_taken == 3);
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_taken, 3);
    while (f.n_taken < 5 || f.n_in > 0) {
        if (f.n_in > 0)
            fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
        fix_step(&f);
    }
    struct str want = STR(ACK("1") ACK("2") ACK("3") ACK("4") ACK("5"));
    FIX_UNTIL(&f, w.got.n == want.n);
    T_EQ_BYTES(buf_view(&w.got), want);
    fix_end(&f);
    wire_done(&w);
}

/* Flow pauses (store full): nothing more is read, on any connection; then all goes on. */
static void pause_and_resume(void **state)
{
    (void)state;
    struct fix f;
    struct wire w, later;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "");
    wire_connect(&f, &w);
    conn_mllp.recv_pause(&f.source, true);
    wire_connect(&f, &later);
    wire_write(&w, STR(MSG("1")));
    wire_write(&later, STR(MSG("2")));
    fix_settle_down(&f);
    clock_fake_step(&f.clock, 3600000); /* waiting because of us is not the sender's fault */
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_taken, 0);
    conn_mllp.recv_pause(&f.source, false);
    FIX_UNTIL(&f, f.n_taken == 2);
    FIX_UNTIL(&f, w.got.n && later.got.n);
    T_EQ_STR(buf_view(&w.got), ACK("1"));
    fix_end(&f);
    wire_done(&w);
    wire_done(&later);
}

/* Over the limit: what came before is still answered, then the connection is closed. */
static void too_large(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "\"maxMessage\":100");
    wire_connect(&f, &w);
    struct buf b;
    buf_init(&b, 10000);
    buf_z(&b, MSG("1"));
    buf_z(&b, "\x0bMSH|");
    buf_fill(&b, 'x', 200);
    buf_z(&b, "\x1c\r" MSG("3"));
    wire_write(&w, buf_view(&b));
    buf_done(&b);
    FIX_UNTIL(&f, f.n_in == 1);
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_CUT_OFF)), STR("maxMessage"), 0) != SIZE_MAX);
    T_EQ_SIZE(w.n_closed, 0);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_STR(buf_view(&w.got), ACK("1"));
    T_EQ_SIZE(f.n_taken, 1);
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_NOISE)), STR("\"over\":1"), 0) != SIZE_MAX);
    fix_end(&f);
    wire_done(&w);
}

/* A sender that drips: bytes keep coming, the message never ends. */
static void message_timeout(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "\"messageTimeout\":\"10s\"");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1")));
    FIX_UNTIL(&f, w.got.n > 0);
    clock_fake_step(&f.clock, 60000); /* silence between messages is no matter */
    wire_write(&w, STR("\x0bMSH|"));
    fix_settle_down(&f);
    for (int i = 0; i < 9; i++) {
        clock_fake_step(&f.clock, 1000);
        wire_write(&w, STR("x"));
        fix_settle_down(&f);
    }
    T_EQ_SIZE(w.n_closed, 0);
    clock_fake_step(&f.clock, 1000);
    FIX_UNTIL(&f, w.n_closed);
    (void)T_EVENT(&f.log, EV_MLLP_CUT_OFF);
    fix_settle_down(&f);
    (void)T_EVENT(&f.log, EV_MLLP_NOISE);
    fix_end(&f);
    wire_done(&w);
}

static void idle_timeout(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "\"idleTimeout\":\"30s\"");
    wire_connect(&f, &w);
    clock_fake_step(&f.clock, 29999);
    fix_settle_down(&f);
    T_EQ_SIZE(w.n_closed, 0);
    clock_fake_step(&f.clock, 1);
    FIX_UNTIL(&f, w.n_closed);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_CLOSED)), STR("NET-031"), 0) != SIZE_MAX);
    fix_end(&f);
    wire_done(&w);
}

static void denied(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "\"allow\":[\"10.0.0.0/8\"]");
    wire_connect(&f, &w);
    FIX_UNTIL(&f, w.n_closed);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_DENIED)), STR("127.0.0.1:"), 0) != SIZE_MAX);
    fix_end(&f);
    wire_done(&w);
}

/* A sender that sends for ever and never reads: we stop reading it, and hold no more than that. */
static void sender_that_does_not_read(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "");
    wire_connect(&f, &w);
    stream_pause(w.s);
    size_t before = 0, still = 0;
    struct err e;
    struct str msg = STR(MSG("1"));
    while (still < 50) {
        for (int i = 0; i < 200 && stream_write(w.s, &msg, 1, &e) == RC_OK; i++)
            ;
        fix_step(&f);
        still = f.n_taken == before ? still + 1 : 0;
        before = f.n_taken;
    }
    T_TRUE(f.n_taken > 100);
    stream_resume(w.s);
    FIX_UNTIL(&f, f.n_taken > before + 1000);
    fix_end(&f);
    wire_done(&w);
}

/* ---- ends ---- */

/* Some half-close after the last message and still wait for the answers. */
static void half_closed(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1") MSG("2")));
    stream_end(w.s);
    FIX_UNTIL(&f, f.n_in == 2);
    fix_settle_down(&f);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    fix_settle_down(&f);
    T_EQ_STR(buf_view(&w.got), ACK("1"));
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_STR(buf_view(&w.got), ACK("1") ACK("2"));
    T_EQ_INT(w.why.code, RC_OK);
    fix_end(&f);
    wire_done(&w);
}

/* The sender is gone when flow settles: its answer is dropped, everything else goes on. */
static void gone_before_settled(void **state)
{
    (void)state;
    struct fix f;
    struct wire w, other;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1") MSG("2")));
    FIX_UNTIL(&f, f.n_in == 2);
    stream_abort(w.s);
    FIX_UNTIL(&f, w.n_closed);
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_CLOSED)), STR("\"unanswered\":2"), 0) !=
           SIZE_MAX);
    fix_settle(&f, 1, ANSWER_ACCEPTED, f.ack);
    fix_settle(&f, 0, ANSWER_ACCEPTED, NULL);
    wire_connect(&f, &other);
    wire_write(&other, STR(MSG("3")));
    FIX_UNTIL(&f, f.n_in == 1);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    FIX_UNTIL(&f, other.got.n > 0);
    fix_end(&f);
    wire_done(&w);
    wire_done(&other);
}

/* Drain: nothing new, what was taken is answered, the answers arrive, then drained(), once. */
static void drain(void **state)
{
    (void)state;
    struct fix f;
    struct wire w, idle, late;
    fix_begin(&f);
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_connect(&f, &idle);
    wire_write(&w, STR(MSG("1") MSG("2")));
    FIX_UNTIL(&f, f.n_in == 2);
    conn_mllp.recv_drain(&f.source);
    wire_write(&w, STR(MSG("3")));
    FIX_UNTIL(&f, idle.n_closed);
    wire_connect(&f, &late);
    T_EQ_SIZE(late.n_closed, 1);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_drained, 0);
    fix_settle(&f, 0, ANSWER_ACCEPTED, f.ack);
    T_EQ_SIZE(f.n_drained, 1);
    conn_mllp.recv_close(&f.source); /* at once, as flow does */
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_STR(buf_view(&w.got), ACK("1") ACK("2"));
    T_EQ_SIZE(f.n_taken, 2);
    fix_end(&f);
    T_EQ_SIZE(f.n_drained, 1);
    wire_done(&w);
    wire_done(&idle);
    wire_done(&late);
}

static void drain_when_idle(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f);
    fix_source(&f, "");
    conn_mllp.recv_drain(&f.source);
    T_EQ_SIZE(f.n_drained, 1);
    fix_end(&f);
}

/* Flow may close the source from inside intake(). */
static void close_inside_intake(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    fix_begin(&f);
    f.closes_inside = true;
    fix_source(&f, "");
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1") MSG("2")));
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_SIZE(f.n_taken, 1);
    T_EQ_SIZE(w.got.n, 0);
    fix_end(&f);
    wire_done(&w);
}

/* ---- opening ---- */

static void over_mutual_tls(void **state)
{
    (void)state;
    struct fix f;
    struct wire w;
    struct err e;
    struct buf opt;
    struct t_cert ca = t_cert_make(&(struct t_cert_spec){ .cn = "CA", .is_ca = true }, NULL);
    struct t_cert cert =
        t_cert_make(&(struct t_cert_spec){ .cn = "x", .alt = "IP:127.0.0.1" }, &ca);
    const char *dir = t_tmpdir();
    t_write(t_path(dir, "ca.pem"), ca.cert_pem);
    t_write(t_path(dir, "cert.pem"), cert.cert_pem);
    t_write(t_path(dir, "key.pem"), cert.key_pem);
    fix_begin(&f);
    f.settles_at_once = true;
    buf_init(&opt, 2000);
    buf_fmt(&opt,
            "\"listen\":\"mllps://127.0.0.1:0\",\"certificate\":\"%s/cert.pem\","
            "\"key\":\"%s/key.pem\",\"clientCa\":\"%s/ca.pem\"",
            dir, dir, dir);
    fix_source(&f, buf_cstr(&opt));
    T_TRUE(str_starts(str_z(f.url), STR("mllps://")));
    struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = ca.cert_pem };
    T_OK(tls_ctx_new(&client, &f.tls, &e), &e);
    wire_connect(&f, &w); /* without a certificate: TLS 1.3 tells only after that */
    FIX_UNTIL(&f, w.n_closed);
    T_EQ_Z(w.why.id, "TLS-025");
    fix_settle_down(&f);
    T_TRUE(str_find(str_z(T_EVENT(&f.log, EV_MLLP_CLOSED)), STR("TLS-024"), 0) != SIZE_MAX);
    wire_done(&w);
    tls_ctx_unref(&f.tls);
    client.cert_pem = cert.cert_pem;
    client.key_pem = cert.key_pem;
    T_OK(tls_ctx_new(&client, &f.tls, &e), &e);
    wire_connect(&f, &w);
    wire_write(&w, STR(MSG("1")));
    FIX_UNTIL(&f, w.got.n > 0);
    T_EQ_STR(buf_view(&w.got), ACK("1"));
    fix_end(&f);
    wire_done(&w);
    buf_done(&opt);
}

static void cannot_open(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f);
    fix_source(&f, "");
    struct conn_mllp_conf taken = { .listen = str_z(f.url), .max_conns = 1 };
    struct conn_source second = { .type = &conn_mllp, .conf = &taken, .host = &f.host };
    T_EQ_INT(conn_mllp.recv_open(&second, &e), RC_IO);
    T_EQ_Z(e.id, "NET-040");
    T_TRUE(second.inst == NULL);
    struct conn_mllp_conf no_file = { .listen = STR("mllps://127.0.0.1:0"),
                                      .cert_file = STR("/nowhere/cert.pem"),
                                      .key_file = STR("/nowhere/key.pem") };
    second.conf = &no_file;
    T_EQ_INT(conn_mllp.recv_open(&second, &e), RC_IO);
    T_EQ_Z(e.id, "TLS-008");
    struct conn_mllp_conf good = { .listen = STR("mllp://127.0.0.1:0"), .max_conns = 1 };
    second.conf = &good;
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc != RC_OK; k++) {
        mem_fail_at(k);
        rc = conn_mllp.recv_open(&second, &e);
        if (rc != RC_OK)
            T_EQ_INT(rc, RC_NOMEM);
    }
    mem_fail_at(0);
    conn_mllp.recv_close(&second);
    fix_end(&f);
}

/* Whichever allocation fails while a message is taken: it is answered, or the connection goes. */
static void no_memory(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f);
    f.settles_at_once = true;
    fix_source(&f, "");
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        struct wire w;
        wire_connect(&f, &w);
        fix_settle_down(&f);
        buf_fill(&w.got, 'x', 4096); /* the test's own memory is there already */
        buf_clear(&w.got);
        wire_write(&w, STR(MSG("1")));
        mem_fail_at(k);
        FIX_UNTIL(&f, w.got.n > 0 || w.n_closed);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        if (w.s)
            stream_abort(w.s);
        FIX_UNTIL(&f, w.n_closed);
        fix_settle_down(&f);
        wire_done(&w);
    }
    for (size_t i = 0; i < f.log.n; i++)
        if (f.log.got[i].ev == EV_MLLP_CUT_OFF)
            f.log.got[i].expected = true;
    fix_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(one_message),
        T_TEST(medplum_7578_nothing_before_settled),
        T_TEST(camel_26259_pipelined),
        T_TEST(answers_in_order),
        T_TEST(openhim_tcp_adapter_one_byte_writes),
        T_TEST(openhim_tcp_adapter_ten_megabytes),
        T_TEST(noise_is_skipped_and_reported),
        T_TEST(fs_inside_and_half_a_frame),
        T_TEST(missing_cr),
        T_TEST(connect_6053_probe_is_silent),
        T_TEST(own_words),
        T_TEST(pipeline_limit),
        T_TEST(pause_and_resume),
        T_TEST(too_large),
        T_TEST(message_timeout),
        T_TEST(idle_timeout),
        T_TEST(denied),
        T_TEST(sender_that_does_not_read),
        T_TEST(half_closed),
        T_TEST(gone_before_settled),
        T_TEST(drain),
        T_TEST(drain_when_idle),
        T_TEST(close_inside_intake),
        T_TEST(over_mutual_tls),
        T_TEST(cannot_open),
        T_TEST(no_memory),
    };
    return T_RUN(tests);
}

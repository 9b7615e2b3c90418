/* Streams, plain and over TLS: bytes, back-pressure, ends, limits of time and number. */
#include "net/stream_fix.h"

#include "base/alloc.h"
#include "net/stream_int.h"

#include <errno.h>
#include <sys/resource.h>

static const enum fix_kind kinds[] = { FIX_PLAIN, FIX_TLS, FIX_MUTUAL };

static void begin_row(struct fix *f, size_t i, bool fake)
{
    static const char *const names[] = { "plain", "TLS", "mutual TLS" };
    T_ROW(names[i]);
    fix_begin(f, kinds[i], fake);
}

static const char text[] = "\x0bMSH|^~\\&|a|b\rPID|1\r\x1c\r";

/* ---- bytes ---- */

static void test_echo_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
        struct fix f;
        begin_row(&f, i, true);
        f.server_way.echo = true;
        fix_pair(&f, NULL);
        T_TRUE(addr_is_loopback(stream_peer(f.client.s)));
        T_EQ_INT(stream_peer(f.client.s)->port, listener_addr(f.listener)->port);
        T_EQ_INT(stream_local(f.client.s)->port, stream_peer(f.server[0].s)->port);
        for (size_t k = 0; k < sizeof text - 1; k++) {
            fix_write(&f, &f.client, str_of(text + k, 1));
            fix_step(&f);
        }
        FIX_UNTIL(&f, f.client.got.n == sizeof text - 1);
        T_EQ_STR(buf_view(&f.client.got), text);
        T_EQ_SIZE(stream_bytes_out(f.client.s), sizeof text - 1);
        T_EQ_SIZE(stream_queued(f.client.s), 0);
        FIX_CALL(&f, stream_close(f.client.s));
        FIX_UNTIL(&f, f.client.n_closed && f.server[0].n_closed);
        T_EQ_INT(f.client.why.code, RC_OK);
        T_EQ_INT(f.server[0].why.code, RC_OK);
        fix_end(&f);
    }
}

/* Write the pattern as fast as the stream takes it, until `total`. */
static uint64_t feed(struct fix *f, struct end *e, uint64_t from, uint64_t total, size_t piece)
{
    static char chunk[200000];
    while (from < total && !stream_is_full(e->s)) {
        size_t n = size_min(piece, (size_t)(total - from));
        for (size_t i = 0; i < n; i++)
            chunk[i] = fix_pattern(from + i);
        fix_write(f, e, str_of(chunk, n));
        from += n;
    }
    return from;
}

static void test_back_pressure(void **state)
{
    (void)state;
    enum { TOTAL = 12 * 1000 * 1000 };
    static const struct {
        const char *name;
        size_t piece, takes;
        bool resumes;
    } rows[] = {
        { "all at once", 200000, 0, false },
        { "small pieces", 700, 0, false },
        { "the reader takes half a chunk", 200000, 30000, true },
        { "the reader pauses", 200000, 50000, false },
    };
    for (size_t k = 0; k < 2 * ZS_COUNT(rows); k++) {
        struct fix f;
        size_t r = k / 2;
        fix_begin(&f, kinds[k % 2], true);
        T_ROW(rows[r].name);
        f.server_way.counts = true;
        f.server_way.takes = rows[r].takes;
        f.server_way.resumes = rows[r].resumes;
        fix_pair(&f, NULL);
        uint64_t sent = 0;
        struct end *to = &f.server[0];
        while (to->n_got < TOTAL) {
            sent = feed(&f, &f.client, sent, TOTAL, rows[r].piece);
            T_TRUE(stream_queued(f.client.s) <= 64 * 1024 + 200000 + 80 * 1024);
            fix_step(&f);
            if (stream_is_paused(to->s))
                FIX_CALL(&f, stream_resume(to->s));
        }
        T_EQ_SIZE(to->n_got, TOTAL);
        T_TRUE(f.client.n_drained > 0);
        fix_end(&f);
        T_EQ_INT(f.client.why.code, RC_STATE); /* the loop went first */
    }
}

/* The peer does not read at all: the queue fills up to write_max and not a byte further. */
static void test_write_max(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fix f;
        begin_row(&f, i, true);
        struct stream_opts opts = { .write_max = 300000, .write_high = 100000 };
        fix_pair(&f, &opts);
        FIX_CALL(&f, stream_pause(f.server[0].s));
        static char piece[50000];
        struct err e = { .id = "" };
        struct str part = { piece, sizeof piece };
        enum rc rc = RC_OK;
        for (int k = 0; k < 10000 && rc == RC_OK; k++) {
            rc = stream_write(f.client.s, &part, 1, &e);
            fix_step(&f);
            T_TRUE(f.client.s->out.n - f.client.s->out_head <= 300000);
        }
        T_EQ_INT(rc, RC_LIMIT);
        T_EQ_Z(e.id, "NET-038");
        T_TRUE(stream_is_full(f.client.s));
        size_t queued = stream_queued(f.client.s);
        T_EQ_INT(stream_write(f.client.s, &part, 1, &e), RC_LIMIT);
        T_EQ_SIZE(stream_queued(f.client.s), queued); /* nothing of it */
        T_EQ_SIZE(f.client.n_drained, 0);
        FIX_CALL(&f, stream_resume(f.server[0].s));
        FIX_UNTIL(&f, stream_queued(f.client.s) == 0);
        T_EQ_SIZE(f.client.n_drained, 1);
        fix_end(&f);
    }
}

static void test_parts(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    fix_pair(&f, NULL);
    static char big[100000];
    memset(big, 'x', sizeof big);
    struct str few[] = { STR("\x0b"), { big, sizeof big }, STR_NULL, STR("\x1c\r") };
    struct str many[20];
    for (size_t i = 0; i < ZS_COUNT(many); i++)
        many[i] = str_of(big, 2000);
    T_OK(stream_write(f.client.s, few, 4, &e), &e);
    T_OK(stream_write(f.client.s, NULL, 0, &e), &e);
    T_OK(stream_write(f.client.s, many, ZS_COUNT(many), &e), &e);
    T_OK(stream_write(f.client.s, few, 1, &e), &e);
    struct buf *got = &f.server[0].got;
    FIX_UNTIL(&f, got->n == sizeof big + 3 + 40000 + 1);
    T_EQ_INT(got->p[0], '\x0b');
    T_EQ_INT(got->p[sizeof big], 'x');
    T_EQ_INT(got->p[sizeof big + 1], '\x1c');
    T_EQ_INT(got->p[sizeof big + 3], 'x');
    T_EQ_INT(got->p[got->n - 1], '\x0b');
    fix_end(&f);
}

/* ---- ends ---- */

static void test_half_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
        struct fix f;
        struct err e;
        begin_row(&f, i, true);
        f.server_way.answers_end = true;
        f.client.answers_end = true;
        fix_pair(&f, NULL);
        fix_write(&f, &f.client, STR("question"));
        FIX_CALL(&f, stream_end(f.client.s));
        FIX_CALL(&f, stream_end(f.client.s));
        struct str more = STR("more");
        T_EQ_INT(stream_write(f.client.s, &more, 1, &e), RC_STATE);
        T_EQ_Z(e.id, "NET-039");
        FIX_UNTIL(&f, f.server[0].n_end);
        T_EQ_STR(buf_view(&f.server[0].got), "question");
        fix_write(&f, &f.server[0], STR("answer"));
        FIX_UNTIL(&f, f.client.got.n);
        T_EQ_STR(buf_view(&f.client.got), "answer");
        FIX_CALL(&f, stream_close(f.server[0].s));
        FIX_UNTIL(&f, f.client.n_end && f.server[0].n_closed);
        T_EQ_INT(f.server[0].why.code, RC_OK);
        T_EQ_SIZE(f.client.n_closed, 0); /* it has end(): closing is its business */
        FIX_CALL(&f, stream_close(f.client.s));
        FIX_UNTIL(&f, f.client.n_closed);
        T_EQ_INT(f.client.why.code, RC_OK);
        fix_end(&f);
    }
}

/* Everything written before stream_close arrives, however slowly it is read. */
static void test_close_sends_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fix f;
        begin_row(&f, i, true);
        f.server_way.counts = true;
        f.server_way.takes = 40000;
        f.server_way.resumes = true;
        struct stream_opts opts = { .write_max = 8u << 20, .write_high = 8u << 20 };
        fix_pair(&f, &opts);
        T_EQ_SIZE(feed(&f, &f.client, 0, 6u << 20, 200000), 6u << 20);
        FIX_CALL(&f, stream_close(f.client.s));
        FIX_UNTIL(&f, f.client.n_closed && f.server[0].n_closed);
        T_EQ_SIZE(f.server[0].n_got, 6u << 20);
        T_EQ_INT(f.client.why.code, RC_OK);
        T_EQ_INT(f.server[0].why.code, RC_OK);
        fix_end(&f);
    }
}

static void test_close_inside_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct fix f;
        begin_row(&f, i % 2, true);
        f.server_way.closes = i & 2;
        f.server_way.aborts = !(i & 2);
        f.server_way.takes = i & 4 ? 3 : 0;
        fix_pair(&f, NULL);
        fix_write(&f, &f.client, str_z(text));
        FIX_UNTIL(&f, f.client.n_closed && f.server[0].n_closed);
        T_EQ_INT(f.server[0].why.code, i & 2 ? RC_OK : RC_STATE);
        if (!(i & 2)) {
            T_EQ_Z(f.server[0].why.id, "NET-037");
            T_EQ_INT(f.client.why.code, RC_IO);
            T_EQ_Z(f.client.why.id, "NET-036");
            T_EQ_INT(f.client.why.sys, ECONNRESET);
        }
        fix_end(&f);
    }
}

/* Closing while bytes that were offered and not taken lie in the stream's own buffer. */
static void test_close_while_the_rest_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fix f;
        begin_row(&f, i, true);
        f.server_way.takes = 3;
        fix_pair(&f, NULL);
        fix_write(&f, &f.client, str_z(text));
        FIX_UNTIL(&f, stream_is_paused(f.server[0].s));
        T_EQ_SIZE(f.server[0].got.n, 3);
        f.server[0].closes = true;
        FIX_CALL(&f, stream_resume(f.server[0].s));
        FIX_UNTIL(&f, f.server[0].n_closed);
        T_EQ_SIZE(f.server[0].got.n, 6);
        fix_end(&f);
    }
}

/* A peer that resets in the middle of a frame. */
static void test_reset(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fix f;
        begin_row(&f, i, true);
        fix_pair(&f, NULL);
        fix_write(&f, &f.client, STR("\x0bMSH|^~\\&|half a fra"));
        FIX_UNTIL(&f, f.server[0].got.n == 20);
        FIX_CALL(&f, stream_abort(f.client.s));
        FIX_CALL(&f, stream_abort(f.client.s));
        FIX_CALL(&f, stream_close(f.client.s));
        FIX_UNTIL(&f, f.client.n_closed && f.server[0].n_closed);
        T_EQ_Z(f.client.why.id, "NET-037");
        T_EQ_INT(f.server[0].why.code, RC_IO);
        T_EQ_Z(f.server[0].why.id, "NET-036");
        fix_end(&f);
    }
}

/* What the peer said before it reset is read first: a refusal, a last acknowledgement. */
static void test_last_words_before_reset(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_PLAIN, true);
    fix_pair(&f, NULL);
    int fd = fix_raw(&f);
    FIX_UNTIL(&f, f.n_server == 2 && f.server[1].n_open);
    T_EQ_INT(send(fd, "last words", 10, 0), 10);
    sock_reset(fd);
    fix_write(&f, &f.server[1], STR("to nobody"));
    FIX_UNTIL(&f, f.server[1].n_closed);
    T_EQ_STR(buf_view(&f.server[1].got), "last words");
    T_EQ_Z(f.server[1].why.id, "NET-036");
    fix_end(&f);
}

static void test_hung_up_while_paused(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_PLAIN, true);
    f.server_way.answers_end = true;
    fix_pair(&f, NULL);
    FIX_CALL(&f, stream_pause(f.server[0].s));
    fix_write(&f, &f.client, STR("bye"));
    FIX_CALL(&f, stream_end(f.client.s));
    FIX_UNTIL(&f, f.server[0].n_hung_up);
    T_EQ_SIZE(f.server[0].got.n, 0);
    T_EQ_SIZE(f.server[0].n_end, 0);
    for (int i = 0; i < 5; i++)
        fix_step(&f);
    FIX_CALL(&f, stream_resume(f.server[0].s));
    FIX_UNTIL(&f, f.server[0].n_end);
    T_EQ_STR(buf_view(&f.server[0].got), "bye");
    T_EQ_SIZE(f.server[0].n_hung_up, 1);
    fix_end(&f);
}

static void test_find(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_PLAIN, true);
    fix_pair(&f, NULL);
    stream_id id = stream_id_of(f.client.s);
    T_TRUE(id != 0);
    T_TRUE(stream_find(f.loop, id) == f.client.s);
    T_TRUE(stream_find(f.loop, id + (1u << 20)) == NULL);
    T_TRUE(stream_find(f.loop, 0) == NULL);
    T_TRUE(stream_find(f.loop, ~(stream_id)0) == NULL);
    FIX_CALL(&f, stream_abort(f.client.s));
    T_TRUE(stream_find(f.loop, id) == NULL);
    FIX_UNTIL(&f, f.client.n_closed);
    end_done(&f.client);
    end_init(&f.client, &f);
    fix_connect(&f, &f.client, NULL);
    FIX_UNTIL(&f, f.client.n_open);
    T_TRUE(stream_id_of(f.client.s) != id); /* the slot is the same, the id is not */
    T_TRUE(stream_find(f.loop, id) == NULL);
    fix_end(&f);
}

/* ---- connecting ---- */

static void test_refused(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    fix_listen(&f, &(struct stream_listen){ 0 });
    uint16_t port = listener_addr(f.listener)->port;
    listener_close(&f.listener);
    struct stream_connect how = { .host = STR("127.0.0.1"), .port = port };
    FIX_CALL(&f, T_OK(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), &e));
    FIX_UNTIL(&f, f.client.n_closed);
    T_EQ_SIZE(f.client.n_open, 0);
    T_EQ_INT(f.client.why.code, RC_IO);
    T_EQ_Z(f.client.why.id, "NET-035");
    T_EQ_INT(f.client.why.sys, ECONNREFUSED);
    fix_end(&f);
}

/* "localhost" is two addresses; the one that listens is found. */
static void test_second_address(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    fix_listen(&f, &(struct stream_listen){ .host = STR("::1") });
    struct stream_connect how = { .host = STR("localhost"),
                                  .port = listener_addr(f.listener)->port };
    FIX_CALL(&f, T_OK(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), &e));
    FIX_UNTIL(&f, f.client.n_open);
    T_FALSE(addr_is_v4(stream_peer(f.client.s)));
    fix_end(&f);
}

static bool deny(void *ctx, const struct addr *a)
{
    size_t *asked = ctx;
    T_TRUE(addr_is_loopback(a));
    ++*asked;
    return false;
}

static void test_not_allowed_out(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    size_t asked = 0;
    fix_begin(&f, FIX_PLAIN, true);
    struct stream_connect how = {
        .host = STR("localhost"), .port = 1, .allow = deny, .allow_ctx = &asked
    };
    FIX_CALL(&f, T_OK(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), &e));
    FIX_UNTIL(&f, f.client.n_closed);
    T_EQ_INT(f.client.why.code, RC_DENIED);
    T_EQ_Z(f.client.why.id, "NET-043");
    T_EQ_SIZE(asked, 2);
    fix_end(&f);
}

static void test_connect_timeout(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    /* a listener whose queue is full answers no SYN */
    fix_listen(&f, &(struct stream_listen){ .backlog = 1 });
    listener_pause(f.listener);
    int raw[2] = { fix_raw(&f), fix_raw(&f) };
    struct stream_connect how = { .host = STR("127.0.0.1"),
                                  .port = listener_addr(f.listener)->port,
                                  .timeout_ms = 3000 };
    FIX_CALL(&f, T_OK(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), &e));
    clock_fake_step(&f.clock, 2999);
    for (int i = 0; i < 5; i++)
        loop_poll(f.loop);
    T_EQ_SIZE(f.client.n_closed, 0);
    T_TRUE(stream_find(f.loop, stream_id_of(f.client.s)) == f.client.s);
    clock_fake_step(&f.clock, 1);
    FIX_UNTIL(&f, f.client.n_closed);
    T_EQ_INT(f.client.why.code, RC_TIMEOUT);
    T_EQ_Z(f.client.why.id, "NET-030");
    sock_close(raw[0]);
    sock_close(raw[1]);
    fix_end(&f);
}

static void test_connect_errors(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    static const struct {
        const char *host, *id;
    } rows[] = { { "", "NET-021" },       { "a b", "NET-021" }, { "127.0.0.1:80", "NET-021" },
                 { "10.0.1", "NET-021" }, { "*", "NET-021" },   { "lab.example", "NET-034" },
                 { "[::1]", "NET-021" },  { "a..b", "NET-021" } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].host);
        struct stream_connect how = { .host = str_z(rows[i].host), .port = 1 };
        T_EQ_INT(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), RC_VALUE);
        T_EQ_Z(e.id, rows[i].id);
        T_TRUE(f.client.s == NULL);
    }
    fix_end(&f);
}

/* A look-up cannot be stopped: the stream goes at once, its memory when the pool is done. */
static void test_abort_during_look_up(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    T_OK(pool_new("look-up", 1, 4, &f.pool, &e), &e);
    struct stream_connect how = { .host = STR("host.invalid"), .port = 1, .pool = f.pool };
    FIX_CALL(&f, T_OK(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), &e));
    FIX_CALL(&f, stream_abort(f.client.s));
    FIX_UNTIL(&f, f.client.n_closed);
    T_EQ_Z(f.client.why.id, "NET-037");
    fix_end(&f);
}

static void test_look_up(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_PLAIN, true);
    T_OK(pool_new("look-up", 1, 4, &f.pool, &e), &e);
    fix_listen(&f, &(struct stream_listen){ .host = STR("*") });
    /* of the system's own, from its hosts file: no name server is asked */
    struct stream_connect how = { .host = STR("localhost."),
                                  .port = listener_addr(f.listener)->port,
                                  .pool = f.pool };
    FIX_CALL(&f, T_OK(stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e), &e));
    FIX_UNTIL(&f, f.client.n_open || f.client.n_closed);
    if (f.client.n_closed)
        T_EQ_Z(f.client.why.id, "NET-034");
    fix_end(&f);
}

/* ---- limits of time ---- */

static void test_idle(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fix f;
        begin_row(&f, i, true);
        fix_pair(&f, &(struct stream_opts){ .idle_ms = 1000 });
        stream_set_idle(f.client.s, 0);
        clock_fake_step(&f.clock, 900);
        fix_write(&f, &f.client, STR("x"));
        FIX_UNTIL(&f, f.server[0].got.n == 1); /* counted from here on */
        clock_fake_step(&f.clock, 999);
        for (int k = 0; k < 5; k++)
            loop_poll(f.loop);
        T_EQ_SIZE(f.server[0].n_closed, 0);
        clock_fake_step(&f.clock, 1);
        FIX_UNTIL(&f, f.server[0].n_closed);
        T_EQ_INT(f.server[0].why.code, RC_TIMEOUT);
        T_EQ_Z(f.server[0].why.id, "NET-031");
        fix_end(&f);
    }
}

static void test_deadline(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_PLAIN, true);
    fix_pair(&f, NULL);
    stream_set_deadline(f.server[0].s, 500);
    stream_set_deadline(f.client.s, 400);
    stream_set_deadline(f.client.s, 0);
    for (int ms = 0; ms < 500; ms += 100) { /* traffic does not move it */
        T_EQ_SIZE(f.server[0].n_closed, 0);
        fix_write(&f, &f.client, STR("x"));
        clock_fake_step(&f.clock, 100);
        fix_step(&f);
    }
    FIX_UNTIL(&f, f.server[0].n_closed);
    T_EQ_INT(f.server[0].why.code, RC_TIMEOUT);
    T_EQ_Z(f.server[0].why.id, "NET-032");
    fix_end(&f);
}

static void test_handshake_timeout(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_TLS, true);
    fix_listen(&f, &(struct stream_listen){ .opts.handshake_ms = 5000 });
    int raw = fix_raw(&f);
    FIX_UNTIL(&f, f.n_server == 1);
    T_EQ_INT(send(raw, "\x16\x03\x01", 3, 0), 3); /* it begins like one */
    fix_step(&f);
    clock_fake_step(&f.clock, 5000);
    FIX_UNTIL(&f, f.server[0].n_closed);
    T_EQ_SIZE(f.server[0].n_open, 0);
    T_EQ_INT(f.server[0].why.code, RC_TIMEOUT);
    T_EQ_Z(f.server[0].why.id, "NET-033");
    sock_close(raw);
    fix_end(&f);
}

/* stream_close does not wait for ever: neither for the peer's end nor for its reading. */
static void test_linger(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        struct fix f;
        fix_begin(&f, FIX_PLAIN, true);
        f.server_way.answers_end = true; /* and does nothing about it */
        struct stream_opts opts = { .linger_ms = 700,
                                    .write_max = 16u << 20,
                                    .write_high = 16u << 20 };
        fix_pair(&f, &opts);
        if (full) {
            FIX_CALL(&f, stream_pause(f.server[0].s));
            T_EQ_SIZE(feed(&f, &f.client, 0, 15u << 20, 200000), 15u << 20);
        }
        FIX_CALL(&f, stream_close(f.client.s));
        for (int k = 0; k < 5; k++)
            fix_step(&f);
        clock_fake_step(&f.clock, 699);
        fix_step(&f);
        T_EQ_SIZE(f.client.n_closed, 0);
        clock_fake_step(&f.clock, 1);
        FIX_UNTIL(&f, f.client.n_closed);
        T_EQ_INT(f.client.why.code, full ? RC_IO : RC_OK);
        fix_end(&f);
    }
}

/* ---- listening ---- */

static void test_denied(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct cidr only;
    fix_begin(&f, FIX_PLAIN, true);
    T_OK(cidr_parse(STR("10.0.0.0/8"), &only, &e), &e);
    fix_listen(&f, &(struct stream_listen){ .allow = { &only, 1 } });
    fix_connect(&f, &f.client, NULL);
    FIX_UNTIL(&f, f.client.n_closed && f.n_denied);
    T_EQ_SIZE(f.n_server, 0);
    T_EQ_INT(f.client.why.sys, ECONNRESET); /* while connecting, or just after */
    fix_end(&f);
}

static void test_max_streams(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_PLAIN, true);
    fix_listen(&f, &(struct stream_listen){ .max_streams = 2 });
    int raw[4];
    for (int i = 0; i < 4; i++)
        raw[i] = fix_raw(&f);
    FIX_UNTIL(&f, f.n_server == 2);
    for (int i = 0; i < 5; i++)
        fix_step(&f);
    T_EQ_SIZE(f.n_server, 2);
    T_EQ_SIZE(listener_n_streams(f.listener), 2);
    sock_close(raw[0]);
    FIX_UNTIL(&f, f.n_server == 3); /* one goes, one comes */
    T_EQ_SIZE(listener_n_streams(f.listener), 2);
    FIX_CALL(&f, stream_abort(f.server[1].s));
    FIX_UNTIL(&f, f.n_server == 4);
    for (int i = 1; i < 4; i++)
        sock_close(raw[i]);
    fix_end(&f);
}

static void test_listener_pause_and_close(void **state)
{
    (void)state;
    struct fix f;
    fix_begin(&f, FIX_PLAIN, true);
    f.server_way.echo = true;
    fix_listen(&f, &(struct stream_listen){ 0 });
    listener_pause(f.listener);
    fix_connect(&f, &f.client, NULL);
    FIX_UNTIL(&f, f.client.n_open); /* the kernel's queue took it */
    for (int i = 0; i < 5; i++)
        fix_step(&f);
    T_EQ_SIZE(f.n_server, 0);
    listener_resume(f.listener);
    FIX_UNTIL(&f, f.n_server == 1);
    listener_close(&f.listener);
    T_TRUE(f.listener == NULL);
    fix_write(&f, &f.client, STR("still there")); /* its streams go on */
    FIX_UNTIL(&f, f.client.got.n == 11);
    fix_end(&f);
}

static void test_listen_errors(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct listener *second = NULL;
    fix_begin(&f, FIX_PLAIN, true);
    fix_listen(&f, &(struct stream_listen){ .reuse_port = true });
    uint16_t port = listener_addr(f.listener)->port;
    T_TRUE(port != 0);
    struct stream_listen again = { .host = STR("127.0.0.1"), .port = port };
    static const struct listener_events none = { 0 };
    T_EQ_INT(stream_listen(f.loop, &again, &none, NULL, &second, &e), RC_IO);
    T_EQ_Z(e.id, "NET-040");
    T_EQ_INT(e.sys, EADDRINUSE);
    again.reuse_port = true;
    T_OK(stream_listen(f.loop, &again, &none, NULL, &second, &e), &e);
    listener_close(&second);
    listener_close(&second);
    struct stream_listen named = { .host = STR("lab.example"), .port = 0 };
    T_EQ_INT(stream_listen(f.loop, &named, &none, NULL, &second, &e), RC_VALUE);
    T_EQ_Z(e.id, "NET-020");
    struct stream_listen foreign = { .host = STR("192.0.2.1"), .port = 0 };
    T_EQ_INT(stream_listen(f.loop, &foreign, &none, NULL, &second, &e), RC_IO);
    T_EQ_INT(e.sys, EADDRNOTAVAIL);
    fix_end(&f);
}

/* Out of descriptors: said once per breather, and accepting goes on when there are some again. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct fix f;
    struct rlimit old;
    fix_begin(&f, FIX_PLAIN, true);
    fix_listen(&f, &(struct stream_listen){ 0 });
    int raw = fix_raw(&f);
    T_EQ_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit none = { .rlim_cur = 3, .rlim_max = old.rlim_max };
    T_EQ_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    FIX_UNTIL(&f, f.n_failed);
    for (int i = 0; i < 5; i++)
        loop_poll(f.loop);
    T_EQ_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
    T_EQ_SIZE(f.n_failed, 1);
    T_EQ_Z(f.failed.id, "NET-041");
    T_EQ_INT(f.failed.sys, EMFILE);
    T_EQ_SIZE(f.n_server, 0);
    clock_fake_step(&f.clock, 100);
    FIX_UNTIL(&f, f.n_server == 1);
    sock_close(raw);
    fix_end(&f);
}

/* ---- memory ---- */

/* True when none is left; their ends are ready for the next. */
static bool abort_servers(struct fix *f)
{
    for (size_t i = 0; i < f->n_server; i++)
        if (f->server[i].s)
            stream_abort(f->server[i].s);
    if (listener_n_streams(f->listener) > 0)
        return false;
    for (size_t i = 0; i < f->n_server; i++) {
        T_EQ_SIZE(f->server[i].n_closed, 1);
        end_done(&f->server[i]);
    }
    f->n_server = 0;
    return true;
}

/* Whichever allocation fails, nothing leaks, every stream ends once, the next try works. */
static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fix f;
        begin_row(&f, i, true);
        f.server_way.echo = true;
        fix_listen(&f, &(struct stream_listen){ 0 });
        bool failed = true;
        for (size_t k = 1; failed && k < 200; k++) {
            struct err e;
            struct str say = STR("hello");
            f.n_server = 0;
            struct stream_connect how = { .host = STR("127.0.0.1"),
                                          .port = listener_addr(f.listener)->port,
                                          .tls = f.client_tls };
            mem_fail_at(k);
            bool wrote = false;
            if (stream_connect(f.loop, &how, &end_events, &f.client, &f.client.s, &e) == RC_OK) {
                for (int n = 0; n < 300 && f.client.s && f.client.got.n < 5; n++) {
                    fix_step(&f);
                    if (f.client.s && f.client.n_open && !wrote)
                        wrote = stream_write(f.client.s, &say, 1, &e) == RC_OK;
                    clock_fake_step(&f.clock, 100); /* a failed accept takes a breather */
                }
                if (f.client.s)
                    stream_abort(f.client.s);
                FIX_UNTIL(&f, !f.client.s);
            }
            failed = mem_fail_left() == 0;
            mem_fail_at(0);
            FIX_UNTIL(&f, abort_servers(&f));
            if (!failed)
                T_EQ_STR(buf_view(&f.client.got), "hello");
            end_done(&f.client);
            end_init(&f.client, &f);
        }
        T_FALSE(failed);
        fix_end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_echo_byte_by_byte),
        T_TEST(test_back_pressure),
        T_TEST(test_write_max),
        T_TEST(test_parts),
        T_TEST(test_half_close),
        T_TEST(test_close_sends_the_rest),
        T_TEST(test_close_inside_read),
        T_TEST(test_close_while_the_rest_is_read),
        T_TEST(test_reset),
        T_TEST(test_last_words_before_reset),
        T_TEST(test_hung_up_while_paused),
        T_TEST(test_find),
        T_TEST(test_refused),
        T_TEST(test_second_address),
        T_TEST(test_not_allowed_out),
        T_TEST(test_connect_timeout),
        T_TEST(test_connect_errors),
        T_TEST(test_abort_during_look_up),
        T_TEST(test_look_up),
        T_TEST(test_idle),
        T_TEST(test_deadline),
        T_TEST(test_handshake_timeout),
        T_TEST(test_linger),
        T_TEST(test_denied),
        T_TEST(test_max_streams),
        T_TEST(test_listener_pause_and_close),
        T_TEST(test_listen_errors),
        T_TEST(test_no_descriptors),
        T_TEST(test_no_memory),
    };
    return T_RUN(tests);
}

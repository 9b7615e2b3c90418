/*
 * The destination against a peer that answers as the test says: one verdict for each send, and
 * which. Bugs of other engines that must not happen here are named after where they were reported.
 */
#include "connector/mllp/mllp_fix.h"

#include "base/alloc.h"

#define BODY(id) "MSH|^~\\&|us||them||2024||ADT^A01|" id "|P|2.5.1\rPID|1\r"

static void begin(struct fix *f, const char *parameters)
{
    fix_begin(f);
    fix_peer(f);
    fix_dest(f, parameters);
}

/* The peer has got `n` whole frames on its i-th connection. */
static bool peer_has(const struct fix *f, size_t i, size_t n)
{
    if (f->n_peer <= i)
        return false;
    struct str got = buf_view(&f->peer[i].got);
    size_t at = 0;
    for (; n > 0; n--) {
        at = str_find(got, STR("\x1c\r"), at);
        if (at == SIZE_MAX)
            return false;
        at += 2;
    }
    return true;
}

/* ---- answers ---- */

static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *code, *id;
        enum rc rc;
        enum fate fate;
        const char *status;
    } rows[] = {
        { "AA", "1", RC_OK, FATE_NONE, "AA" },      { "CA", "1", RC_OK, FATE_NONE, "CA" },
        { "AE", "1", RC_PEER, FATE_RETRY, "AE" },   { "CE", "1", RC_PEER, FATE_RETRY, "CE" },
        { "AR", "1", RC_PEER, FATE_REJECT, "AR" },  { "CR", "1", RC_PEER, FATE_REJECT, "CR" },
        { " aa ", "1", RC_OK, FATE_NONE, "AA" },    { "AA", " 1", RC_OK, FATE_NONE, "AA" },
        { "??", "1", RC_PEER, FATE_UNCERTAIN, "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        struct sent s = { .f = NULL };
        T_ROW(rows[i].code);
        begin(&f, "{}");
        fix_send(&f, &s, BODY("1"));
        T_EQ_SIZE(s.n_done, 0);
        FIX_UNTIL(&f, peer_has(&f, 0, 1));
        T_EQ_STR(buf_view(&f.peer[0].got), "\x0b" BODY("1") "\x1c\r");
        fix_answer(&f.peer[0], rows[i].code, rows[i].id);
        FIX_UNTIL(&f, s.n_done);
        T_EQ_INT(s.v.rc, rows[i].rc);
        T_EQ_INT(s.v.fate, rows[i].fate);
        T_EQ_Z(s.status, rows[i].status);
        T_EQ_INT(s.v.answered, rows[i].fate != FATE_UNCERTAIN);
        if (s.v.answered)
            T_TRUE(str_starts(str_z(s.reply), STR("MSH|^~\\&|them")));
        if (rows[i].rc != RC_OK)
            T_EQ_Z(s.err_id, rows[i].fate == FATE_UNCERTAIN ? "MLLP-020" : "MLLP-014");
        fix_end(&f);
    }
    T_ROW(NULL);
}

/* A connection is kept for the next message. */
static void one_after_the_other(void **state)
{
    (void)state;
    struct fix f;
    struct sent s[3] = { { .f = NULL } };
    begin(&f, "{}");
    for (int i = 0; i < 3; i++) {
        fix_send(&f, &s[i], BODY("1"));
        FIX_UNTIL(&f, peer_has(&f, 0, (size_t)i + 1));
        fix_answer(&f.peer[0], "AA", "1");
        FIX_UNTIL(&f, s[i].n_done);
        T_EQ_INT(s[i].v.rc, RC_OK);
    }
    T_EQ_SIZE(f.n_peer, 1);
    fix_end(&f);
}

/*
 * connect#1441: the acknowledgement of message 1 came after its timeout, was taken as that of
 * message 2, and message 2 was lost.
 */
static void connect_1441_late_acknowledgement(void **state)
{
    (void)state;
    struct fix f;
    struct sent one = { .f = NULL }, two = { .f = NULL };
    begin(&f, "{\"connections\":1}");
    fix_send(&f, &one, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    clock_fake_step(&f.clock, 4999);
    fix_settle_down(&f);
    T_EQ_SIZE(one.n_done, 0);
    clock_fake_step(&f.clock, 1);
    FIX_UNTIL(&f, one.n_done);
    T_EQ_INT(one.v.rc, RC_TIMEOUT);
    T_EQ_INT(one.v.fate, FATE_UNCERTAIN);
    T_EQ_Z(one.err_id, "MLLP-015");
    fix_send(&f, &two, BODY("2"));
    if (f.peer[0].s)
        fix_answer(&f.peer[0], "AA", "1"); /* late, on the connection that was dropped */
    FIX_UNTIL(&f, peer_has(&f, 1, 1));
    fix_answer(&f.peer[1], "AA", "1"); /* and even on the new one: it is not message 2's */
    fix_settle_down(&f);
    T_EQ_SIZE(two.n_done, 0);
    (void)T_EVENT(&f.log, EV_MLLP_STRAY_ACK);
    fix_answer(&f.peer[1], "AE", "2");
    FIX_UNTIL(&f, two.n_done);
    T_EQ_INT(two.v.fate, FATE_RETRY);
    T_EQ_Z(two.status, "AE");
    fix_end(&f);
}

/*
 * connect#1314: after a timeout every later acknowledgement was one off, and each was taken for a
 * failure that was sent again, thousands of times.
 */
static void connect_1314_acknowledgements_do_not_shift(void **state)
{
    (void)state;
    struct fix f;
    struct sent s[4] = { { .f = NULL } };
    static const char *const bodies[] = { BODY("1"), BODY("2"), BODY("3"), BODY("4") };
    begin(&f, "{\"connections\":1}");
    fix_send(&f, &s[0], bodies[0]);
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    clock_fake_step(&f.clock, 5000);
    FIX_UNTIL(&f, s[0].n_done);
    for (int i = 1; i < 4; i++) {
        char id[2] = { (char)('1' + i), '\0' }, before[2] = { (char)('0' + i), '\0' };
        fix_send(&f, &s[i], bodies[i]);
        FIX_UNTIL(&f, peer_has(&f, 1, (size_t)i));
        fix_answer(&f.peer[1], "AA", before); /* the peer is one behind */
        fix_settle_down(&f);
        T_EQ_SIZE(s[i].n_done, 0);
        (void)T_EVENT(&f.log, EV_MLLP_STRAY_ACK);
        fix_answer(&f.peer[1], "AA", id);
        FIX_UNTIL(&f, s[i].n_done);
        T_EQ_INT(s[i].v.rc, RC_OK);
    }
    T_EQ_SIZE(f.n_peer, 2);
    fix_end(&f);
}

/* What is no acknowledgement of ours is thrown away, counted and waited past. */
static void strays(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\x0bMSH|^~\\&|them||us||||ACK|X|P|2.5.1\rMSA|AA|other\r\x1c\r",
        "\x0bMSH|^~\\&|them||us||||ACK|X|P|2.5.1\rMSA|AA\r\x1c\r",
        "\x0bMSH|^~\\&|them||us||||ACK|X|P|2.5.1\rMSA|??|other\r\x1c\r",
        "\x0bMSH|^~\\&|them||us||||ADT^A01|X|P|2.5.1\rPID|1\r\x1c\r",
        "\x0bhello\x1c\r",
        "\x0b\x06\x1c\r", /* release 2: taken by the transport, says nothing of the message */
    };
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        wire_write(&f.peer[0], str_z(rows[i]));
        fix_settle_down(&f);
        T_EQ_SIZE(s.n_done, 0);
        (void)T_EVENT(&f.log, EV_MLLP_STRAY_ACK);
    }
    fix_answer(&f.peer[0], "AA", "1");
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.rc, RC_OK);
    fix_answer(&f.peer[0], "AA", "1"); /* once more, for nobody */
    fix_settle_down(&f);
    (void)T_EVENT(&f.log, EV_MLLP_STRAY_ACK);
    fix_end(&f);
}

static void without_matching(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{\"matchControlId\":false}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    fix_answer(&f.peer[0], "AA", "4711");
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.rc, RC_OK);
    fix_send(&f, &s, "MSH|^~\\&|no|control|id\r"); /* nothing to match: likewise */
    FIX_UNTIL(&f, peer_has(&f, 0, 2));
    fix_answer(&f.peer[0], "AA", "");
    FIX_UNTIL(&f, s.n_done);
    fix_end(&f);
}

static void commit_bytes(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{\"commit\":\"byte\"}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    wire_write(&f.peer[0], STR("\x0b\x06\x1c\r"));
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.rc, RC_OK);
    fix_send(&f, &s, BODY("2"));
    FIX_UNTIL(&f, peer_has(&f, 0, 2));
    wire_write(&f.peer[0], STR("\x0b\x15\x1c\r"));
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.fate, FATE_RETRY);
    T_TRUE(s.v.answered);
    fix_end(&f);
}

/* An answer in pieces, and one that never ends. */
static void answer_in_pieces_and_too_long(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    struct str ack = STR("\x0bMSH|^~\\&|them||us||||ACK|X|P|2.5.1\rMSA|AA|1\r\x1c\r");
    begin(&f, "{}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    for (size_t i = 0; i < ack.n; i++) {
        wire_write(&f.peer[0], str_sub(ack, i, 1));
        fix_step(&f);
    }
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.rc, RC_OK);
    fix_send(&f, &s, BODY("2"));
    FIX_UNTIL(&f, peer_has(&f, 0, 2));
    struct buf b;
    buf_init(&b, 3u << 20);
    buf_z(&b, "\x0bMSH|");
    buf_fill(&b, 'x', 2u << 20);
    f.peer[0].keeps_open = true;
    wire_write(&f.peer[0], buf_view(&b));
    buf_done(&b);
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.fate, FATE_UNCERTAIN);
    T_EQ_Z(s.err_id, "MLLP-020");
    fix_end(&f);
}

/* ---- connections ---- */

static void several_at_once(void **state)
{
    (void)state;
    struct fix f;
    struct sent s[5] = { { .f = NULL } };
    begin(&f, "{\"connections\":3}");
    for (int i = 0; i < 5; i++)
        fix_send(&f, &s[i], BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1) && peer_has(&f, 1, 1) && peer_has(&f, 2, 1));
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_peer, 3); /* one message each, the others wait */
    T_FALSE(peer_has(&f, 0, 2) || peer_has(&f, 1, 2) || peer_has(&f, 2, 2));
    fix_answer(&f.peer[1], "AA", "1");
    FIX_UNTIL(&f, peer_has(&f, 1, 2));
    fix_answer(&f.peer[1], "AA", "1");
    FIX_UNTIL(&f, peer_has(&f, 1, 3));
    fix_answer(&f.peer[0], "AA", "1");
    fix_answer(&f.peer[1], "AA", "1");
    fix_answer(&f.peer[2], "AA", "1");
    FIX_UNTIL(&f, s[0].n_done && s[1].n_done && s[2].n_done && s[3].n_done && s[4].n_done);
    fix_end(&f);
}

/*
 * The idle connection is dead, or something lies on it, before the loop has heard of that: it is
 * not used, and nothing becomes uncertain.
 */
static void idle_connection_is_looked_at(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct fix f;
        struct sent s = { .f = NULL };
        static char unasked[20000];
        begin(&f, "{\"connections\":1}");
        fix_send(&f, &s, BODY("1"));
        FIX_UNTIL(&f, peer_has(&f, 0, 1));
        fix_answer(&f.peer[0], "AA", "1");
        FIX_UNTIL(&f, s.n_done);
        if (reset)
            stream_abort(f.peer[0].s);
        else
            wire_write(&f.peer[0], str_of(unasked, sizeof unasked)); /* so large: sent at once */
        fix_send(&f, &s, BODY("2"));
        FIX_UNTIL(&f, peer_has(&f, 1, 1));
        fix_answer(&f.peer[1], "AA", "2");
        FIX_UNTIL(&f, s.n_done);
        T_EQ_INT(s.v.rc, RC_OK);
        T_FALSE(peer_has(&f, 0, 2));
        fix_end(&f);
    }
}

static void no_peer(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{}");
    listener_close(&f.listener);
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.fate, FATE_RETRY);
    T_FALSE(s.v.answered);
    T_EQ_Z(s.err_id, "NET-035");
    fix_end(&f);
}

/* The connection breaks while an answer is awaited. */
static void broken_while_waiting(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct fix f;
        struct sent s = { .f = NULL }, again = { .f = NULL };
        begin(&f, "{\"connections\":1}");
        fix_send(&f, &s, BODY("1"));
        FIX_UNTIL(&f, peer_has(&f, 0, 1));
        if (reset)
            stream_abort(f.peer[0].s);
        else
            stream_close(f.peer[0].s);
        FIX_UNTIL(&f, s.n_done);
        T_EQ_INT(s.v.fate, FATE_UNCERTAIN);
        T_EQ_Z(s.err_id, reset ? "NET-036" : "MLLP-016");
        fix_send(&f, &again, BODY("1"));
        FIX_UNTIL(&f, peer_has(&f, 1, 1));
        fix_answer(&f.peer[1], "AA", "1");
        FIX_UNTIL(&f, again.n_done);
        T_EQ_INT(again.v.rc, RC_OK);
        fix_end(&f);
    }
}

/* Markers of the protocol inside a message would make the peer read another one. */
static void markers_inside(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{}");
    fix_send(&f, &s, "MSH|^~\\&|a\x1c\rMSH|^~\\&|b");
    T_EQ_SIZE(s.n_done, 1);
    T_EQ_INT(s.v.fate, FATE_REJECT);
    T_EQ_Z(s.err_id, "MLLP-002");
    T_EQ_SIZE(f.n_peer, 0);
    fix_end(&f);
}

static void idle_connections_close(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{\"idleTimeout\":\"10s\"}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    fix_answer(&f.peer[0], "AA", "1");
    FIX_UNTIL(&f, s.n_done);
    clock_fake_step(&f.clock, 10000);
    FIX_UNTIL(&f, f.peer[0].n_closed);
    fix_send(&f, &s, BODY("2"));
    FIX_UNTIL(&f, peer_has(&f, 1, 1));
    fix_end(&f);
    T_EQ_SIZE(s.n_done, 1);
}

/* ---- ends ---- */

static void cancel(void **state)
{
    (void)state;
    struct fix f;
    struct sent sent = { .f = NULL }, waits = { .f = NULL }, after = { .f = NULL };
    begin(&f, "{\"connections\":1}");
    fix_send(&f, &sent, BODY("1"));
    fix_send(&f, &waits, BODY("2"));
    fix_send(&f, &after, BODY("3"));
    conn_mllp.cancel(&f.dest, &waits.d); /* not sent at all */
    T_EQ_SIZE(waits.n_done, 1);
    T_EQ_INT(waits.v.rc, RC_STATE);
    T_EQ_INT(waits.v.fate, FATE_RETRY);
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    conn_mllp.cancel(&f.dest, &sent.d);
    T_EQ_SIZE(sent.n_done, 1);
    T_EQ_INT(sent.v.rc, RC_STATE);
    T_EQ_INT(sent.v.fate, FATE_UNCERTAIN);
    FIX_UNTIL(&f, peer_has(&f, 1, 1)); /* the last one has a connection of its own */
    fix_answer(&f.peer[1], "AA", "3");
    FIX_UNTIL(&f, after.n_done);
    T_EQ_INT(after.v.rc, RC_OK);
    fix_end(&f);
}

static void cancel_while_connecting(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .f = NULL };
    begin(&f, "{}");
    fix_send(&f, &s, BODY("1"));
    conn_mllp.cancel(&f.dest, &s.d);
    T_EQ_INT(s.v.fate, FATE_RETRY);
    fix_settle_down(&f);
    fix_end(&f);
}

static void close_with_work(void **state)
{
    (void)state;
    struct fix f;
    struct sent s[4] = { { .f = NULL } };
    begin(&f, "{\"connections\":2}");
    for (int i = 0; i < 4; i++)
        fix_send(&f, &s[i], BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1) && peer_has(&f, 1, 1));
    conn_mllp.send_close(&f.dest);
    for (int i = 0; i < 4; i++) {
        T_EQ_SIZE(s[i].n_done, 1);
        T_EQ_INT(s[i].v.rc, RC_STATE);
        T_EQ_INT(s[i].v.fate, i < 2 ? FATE_UNCERTAIN : FATE_RETRY);
    }
    fix_end(&f);
}

static void close_inside_done(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .close_in_done = true };
    begin(&f, "{}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    fix_answer(&f.peer[0], "AA", "1");
    FIX_UNTIL(&f, s.n_done);
    T_TRUE(f.dest.inst == NULL);
    FIX_UNTIL(&f, f.peer[0].n_closed);
    fix_end(&f);
}

static void drain(void **state)
{
    (void)state;
    struct fix f;
    struct sent s[2] = { { .f = NULL } };
    begin(&f, "{\"connections\":1}");
    fix_send(&f, &s[0], BODY("1"));
    fix_send(&f, &s[1], BODY("2"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    conn_mllp.send_drain(&f.dest);
    T_EQ_SIZE(f.n_dest_drained, 0);
    fix_answer(&f.peer[0], "AA", "1");
    FIX_UNTIL(&f, peer_has(&f, 0, 2));
    T_EQ_SIZE(f.n_dest_drained, 0);
    fix_answer(&f.peer[0], "AA", "2");
    FIX_UNTIL(&f, s[1].n_done);
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_dest_drained, 1);
    fix_end(&f);
}

static void drain_inside_the_last_done(void **state)
{
    (void)state;
    struct fix f;
    struct sent s = { .drain_in_done = true };
    begin(&f, "{}");
    conn_mllp.send_drain(&f.dest); /* nothing to do: at once */
    T_EQ_SIZE(f.n_dest_drained, 1);
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, peer_has(&f, 0, 1));
    fix_answer(&f.peer[0], "AA", "1");
    FIX_UNTIL(&f, s.n_done);
    fix_settle_down(&f);
    T_EQ_SIZE(f.n_dest_drained, 2);
    fix_end(&f);
}

/* ---- TLS ---- */

static void tls_and_who_is_trusted(void **state)
{
    (void)state;
    struct t_cert ca = t_cert_make(&(struct t_cert_spec){ .cn = "CA", .is_ca = true }, NULL);
    struct t_cert cert =
        t_cert_make(&(struct t_cert_spec){ .cn = "x", .alt = "IP:127.0.0.1" }, &ca);
    const char *dir = t_tmpdir();
    t_write(t_path(dir, "ca.pem"), ca.cert_pem);
    t_write(t_path(dir, "cert.pem"), cert.cert_pem);
    t_write(t_path(dir, "key.pem"), cert.key_pem);
    const struct conn_tls ours = { ca.cert_pem, cert.cert_pem, cert.key_pem, STR_NULL };
    const struct conn_tls ca_only = { .ca_pem = ca.cert_pem };
    const struct conn_tls other = { .ca_pem = cert.cert_pem };
    const struct {
        const char *name, *options; /* % is the directory, # the fingerprint */
        const struct conn_tls *trust;
        bool asks; /* the peer wants a client certificate */
        enum fate fate;
        const char *id;
    } rows[] = {
        { "trusted", "{\"ca\":\"%/ca.pem\"}", NULL, false, FATE_NONE, "" },
        { "pinned", "{\"verify\":\"pin\",\"pins\":[\"#\"]}", NULL, false, FATE_NONE, "" },
        { "with a client certificate",
          "{\"ca\":\"%/ca.pem\",\"certificate\":\"%/cert.pem\",\"key\":\"%/key.pem\"}", NULL, true,
          FATE_NONE, "" },
        { "unknown authority", "{}", NULL, false, FATE_OPERATOR, "TLS-020" },
        { "another name", "{\"ca\":\"%/ca.pem\",\"serverName\":\"lab.example\"}", NULL, false,
          FATE_OPERATOR, "TLS-021" },
        { "no client certificate", "{\"ca\":\"%/ca.pem\"}", NULL, true, FATE_OPERATOR, "TLS-025" },
        { "the integration's trust", "{}", &ca_only, false, FATE_NONE, "" },
        { "the integration's certificate", "{}", &ours, true, FATE_NONE, "" },
        { "the endpoint's own go first", "{\"ca\":\"%/ca.pem\"}", &other, false, FATE_NONE, "" },
        { "not what the integration trusts", "{}", &other, false, FATE_OPERATOR, "TLS-020" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        struct err e;
        struct sent s = { .f = NULL };
        struct buf opt;
        T_ROW(rows[i].name);
        fix_begin(&f);
        struct tls_conf server = { .role = TLS_SERVER,
                                   .cert_pem = cert.cert_pem,
                                   .key_pem = cert.key_pem };
        if (rows[i].asks)
            server.ca_pem = ca.cert_pem;
        T_OK(tls_ctx_new(&server, &f.tls, &e), &e);
        fix_peer(&f);
        buf_init_arena(&opt, f.arena, 2000);
        for (const char *p = rows[i].options; *p; p++) {
            if (*p == '%')
                buf_z(&opt, dir);
            else if (*p == '#')
                buf_z(&opt, cert.fingerprint);
            else
                buf_char(&opt, *p);
        }
        f.trust = rows[i].trust;
        fix_dest(&f, buf_cstr(&opt));
        fix_send(&f, &s, BODY("1"));
        FIX_UNTIL(&f, s.n_done || peer_has(&f, 0, 1));
        if (!s.n_done)
            fix_answer(&f.peer[0], "AA", "1");
        FIX_UNTIL(&f, s.n_done);
        T_EQ_INT(s.v.fate, rows[i].fate);
        T_EQ_Z(s.err_id, rows[i].id);
        fix_end(&f);
    }
    T_ROW(NULL);
}

/* ---- where connections may go ---- */

static void address_not_allowed(void **state)
{
    (void)state;
    struct addr_rules rules = { .allow = { NULL, 0 } };
    struct str net = STR("127.0.0.0/8");
    struct fix f;
    struct err e;
    struct sent s = { .f = NULL };
    fix_begin(&f);
    T_OK(cidr_list_parse(&net, 1, f.arena, &rules.deny, &e), &e);
    f.host.outbound = &rules;
    fix_peer(&f);
    fix_dest(&f, "{}");
    fix_send(&f, &s, BODY("1"));
    FIX_UNTIL(&f, s.n_done);
    T_EQ_INT(s.v.fate, FATE_OPERATOR);
    T_EQ_INT(s.v.rc, RC_DENIED);
    T_EQ_INT(f.n_peer, 0);
    fix_end(&f);
}

/* ---- probe ---- */

struct probed {
    size_t n;
    struct probe_result r;
};

static void on_probe(void *ctx, const struct probe_result *r)
{
    struct probed *p = ctx;
    p->n++;
    p->r = *r;
}

static void probe(void **state)
{
    (void)state;
    struct fix f;
    struct probed p = { 0 }, none = { 0 }, stopped = { 0 };
    begin(&f, "{}");
    conn_mllp.probe(&f.dest, NULL, on_probe, &p);
    FIX_UNTIL(&f, p.n);
    T_TRUE(p.r.success);
    T_EQ_Z(p.r.how, "tcp");
    FIX_UNTIL(&f, f.peer[0].n_closed);
    T_EQ_SIZE(f.peer[0].got.n, 0); /* no byte was sent */
    conn_mllp.probe(&f.dest, NULL, on_probe, &stopped);
    conn_mllp.probe(&f.dest, NULL, on_probe, &none);
    mem_fail_at(1);
    conn_mllp.probe(&f.dest, NULL, on_probe, &none);
    T_EQ_SIZE(none.n, 1);
    T_FALSE(none.r.success);
    T_EQ_INT(none.r.err.code, RC_NOMEM);
    conn_mllp.send_close(&f.dest);
    T_EQ_SIZE(stopped.n, 1);
    T_EQ_INT(stopped.r.err.code, RC_STATE);
    T_EQ_SIZE(none.n, 2);
    fix_end(&f);
    T_EQ_SIZE(p.n, 1);
}

static void probe_of_nobody(void **state)
{
    (void)state;
    struct fix f;
    struct probed p = { 0 };
    begin(&f, "{}");
    listener_close(&f.listener);
    conn_mllp.probe(&f.dest, NULL, on_probe, &p);
    FIX_UNTIL(&f, p.n);
    T_FALSE(p.r.success);
    T_EQ_Z(p.r.err.id, "NET-035");
    fix_end(&f);
}

/* Whichever allocation fails, on either side: one verdict, and the next message goes. */
static void no_memory(void **state)
{
    (void)state;
    struct fix f;
    begin(&f, "{\"connections\":1}");
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        struct sent s = { .f = NULL };
        fix_delivery(&f, &s, BODY("1"));
        mem_fail_at(k);
        conn_mllp.send(&f.dest, &s.d);
        for (int i = 0; i < 20; i++)
            fix_step(&f);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        struct wire *peer = f.n_peer ? &f.peer[f.n_peer - 1] : NULL;
        if (peer && peer->s && peer->got.n > 0 && !s.n_done)
            fix_answer(peer, "AA", "1");
        for (int i = 0; i < 20; i++)
            fix_step(&f);
        clock_fake_step(&f.clock, 5000);
        FIX_UNTIL(&f, s.n_done);
        if (!failed)
            T_EQ_INT(s.v.rc, RC_OK);
    }
    fix_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(answers),
        T_TEST(one_after_the_other),
        T_TEST(connect_1441_late_acknowledgement),
        T_TEST(connect_1314_acknowledgements_do_not_shift),
        T_TEST(strays),
        T_TEST(without_matching),
        T_TEST(commit_bytes),
        T_TEST(answer_in_pieces_and_too_long),
        T_TEST(several_at_once),
        T_TEST(idle_connection_is_looked_at),
        T_TEST(no_peer),
        T_TEST(broken_while_waiting),
        T_TEST(markers_inside),
        T_TEST(idle_connections_close),
        T_TEST(cancel),
        T_TEST(cancel_while_connecting),
        T_TEST(close_with_work),
        T_TEST(close_inside_done),
        T_TEST(drain),
        T_TEST(drain_inside_the_last_done),
        T_TEST(tls_and_who_is_trusted),
        T_TEST(address_not_allowed),
        T_TEST(probe),
        T_TEST(probe_of_nobody),
        T_TEST(no_memory),
    };
    return T_RUN(tests);
}

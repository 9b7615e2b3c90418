/* What is said for each protocol, and that a long queue does not nest. */
#include "connector/absent/absent.h"

#include "base/log.h"
#include "net/loop.h"
#include "tests/lib/t.h"

#define LIMIT_MS 20000
#define N_MOST   300

struct rig {
    struct loop *loop;
    struct conn_host host;
    struct conn_endpoint ep;
    struct conn_dest dest;
    struct delivery d;
    struct verdict v;
    unsigned n_done, depth, deepest;
    unsigned n_again; /* send again from done so often */
    bool close_in_done;
    bool drained;
};

static void on_done(struct delivery *d, const struct verdict *v)
{
    struct rig *r = ZS_CONTAINER(d, struct rig, d);
    r->v = *v;
    r->n_done++;
    r->depth++;
    r->deepest = r->depth > r->deepest ? r->depth : r->deepest;
    if (r->close_in_done)
        conn_absent.send_close(&r->dest);
    else if (r->n_done < r->n_again)
        conn_absent.send(&r->dest, d);
    r->depth--;
}

static void on_drained(struct conn_dest *d)
{
    ((struct rig *)d->ctx)->drained = true;
}

static void rig_open(struct rig *r, const char *url)
{
    struct err e;
    *r = (struct rig){ .d.done = on_done };
    T_OK(loop_new("test", NULL, &r->loop, &e), &e);
    r->host = (struct conn_host){ .loop = r->loop, .clock = clock_real(), .log = log_none() };
    r->ep = (struct conn_endpoint){ .name = "a/b", .url = str_z(url) };
    r->dest = (struct conn_dest){
        .type = &conn_absent, .ep = &r->ep, .host = &r->host, .drained = on_drained, .ctx = r
    };
    T_OK(conn_absent.send_open(&r->dest, &e), &e);
}

static void rig_close(struct rig *r)
{
    conn_absent.send_close(&r->dest);
    loop_free(&r->loop);
}

static bool all_done(void *ctx)
{
    const struct rig *r = ctx;
    return r->n_done > 0 && r->n_done >= r->n_again;
}

static bool is_drained(void *ctx)
{
    return ((struct rig *)ctx)->drained;
}

static void on_probe(void *ctx, const struct probe_result *p)
{
    *(struct probe_result *)ctx = *p;
}

static void says_so(void **state)
{
    (void)state;
    static const struct {
        const char *url, *text;
    } rows[] = {
        { "ws://h/x", "websocket is not available in this build" },
        { "WSS://h/x", "websocket is not available in this build" },
        { "sftp://h/x", "SFTP is not available in this build" },
        { "ftp://h/x", "FTP is not available in this build" },
        { "ftps://h/x", "FTPS is not available in this build" },
        { "file:///x", "file transfer is not available in this build" },
        { "postgresql://h/x", "PostgreSQL is not available in this build" },
        { "mysql://h/x", "MySQL is not available in this build" },
        { "mariadb://h/x", "MariaDB is not available in this build" },
        { "odbc://dsn", "ODBC is not available in this build" },
        { "gopher://h", "this protocol is not available in this build" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].url);
        struct rig r;
        struct probe_result p = { .success = true };
        rig_open(&r, rows[i].url);
        conn_absent.probe(&r.dest, NULL, on_probe, &p);
        T_FALSE(p.success);
        T_EQ_Z(p.err.text, rows[i].text);
        T_EQ_Z(p.err.id, "CONN-010");
        conn_absent.send(&r.dest, &r.d);
        T_EQ_INT(r.n_done, 0);
        T_TRUE(loop_run_until(r.loop, all_done, &r, LIMIT_MS));
        T_EQ_INT(r.v.rc, RC_MISSING);
        T_EQ_INT(r.v.fate, FATE_OPERATOR);
        T_FALSE(r.v.answered);
        T_EQ_Z(r.v.err.text, rows[i].text);
        rig_close(&r);
    }
}

static void every_scheme_has_its_words(void **state)
{
    (void)state;
    for (const char *const *s = conn_absent.schemes; *s; s++) {
        char url[40];
        struct rig r;
        struct probe_result p;
        (void)snprintf(url, sizeof url, "%s://h", *s); /* fits */
        rig_open(&r, url);
        conn_absent.probe(&r.dest, NULL, on_probe, &p);
        T_FALSE(str_starts(str_z(p.err.text), STR("this protocol")));
        rig_close(&r);
    }
}

static void a_queue_does_not_nest(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "ws://h");
    r.n_again = N_MOST;
    conn_absent.send(&r.dest, &r.d);
    T_TRUE(loop_run_until(r.loop, all_done, &r, LIMIT_MS));
    T_EQ_INT(r.n_done, N_MOST);
    T_EQ_INT(r.deepest, 1);
    rig_close(&r);
}

static void may_be_closed_in_done(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "ws://h");
    r.close_in_done = true;
    conn_absent.send(&r.dest, &r.d);
    T_TRUE(loop_run_until(r.loop, all_done, &r, LIMIT_MS));
    T_TRUE(r.dest.inst == NULL);
    rig_close(&r);
    T_EQ_INT(r.n_done, 1);
}

struct queued {
    struct delivery d;
    unsigned n;
    enum fate fate;
};

static void on_queued(struct delivery *d, const struct verdict *v)
{
    struct queued *q = ZS_CONTAINER(d, struct queued, d);
    q->n++;
    q->fate = v->fate;
}

static void any_of_a_queue_may_be_cancelled(void **state)
{
    (void)state;
    for (size_t gone = 0; gone < 3; gone++) {
        struct rig r;
        struct queued q[4] = { { .n = 0 } };
        rig_open(&r, "ws://h");
        for (size_t i = 0; i < ZS_COUNT(q); i++)
            q[i].d.done = on_queued;
        for (size_t i = 0; i < 3; i++)
            conn_absent.send(&r.dest, &q[i].d);
        conn_absent.cancel(&r.dest, &q[gone].d);
        T_EQ_INT(q[gone].n, 1);
        T_EQ_INT(q[gone].fate, FATE_RETRY);
        conn_absent.cancel(&r.dest, &q[gone].d); /* it has ended */
        conn_absent.send(&r.dest, &q[3].d);
        conn_absent.send_drain(&r.dest);
        T_TRUE(loop_run_until(r.loop, is_drained, &r, LIMIT_MS));
        for (size_t i = 0; i < ZS_COUNT(q); i++) {
            T_EQ_INT(q[i].n, 1);
            T_EQ_INT(q[i].fate, i == gone ? FATE_RETRY : FATE_OPERATOR);
        }
        rig_close(&r);
    }
}

static void drains(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "ws://h");
    conn_absent.send(&r.dest, &r.d);
    conn_absent.send_drain(&r.dest);
    T_TRUE(loop_run_until(r.loop, is_drained, &r, LIMIT_MS));
    T_EQ_INT(r.n_done, 1);
    rig_close(&r);
    rig_open(&r, "ws://h");
    conn_absent.send_drain(&r.dest); /* nothing in flight */
    T_FALSE(r.drained);
    T_TRUE(loop_run_until(r.loop, is_drained, &r, LIMIT_MS));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(says_so),
                                        T_TEST(every_scheme_has_its_words),
                                        T_TEST(a_queue_does_not_nest),
                                        T_TEST(may_be_closed_in_done),
                                        T_TEST(any_of_a_queue_may_be_cancelled),
                                        T_TEST(drains) };
    return T_RUN(tests);
}

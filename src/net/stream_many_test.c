/*
 * Many streams: who the peer is over mutual TLS, certificates that are refused, a random soak with
 * a seed, and 10,000 idle connections.
 */
#include "net/stream_fix.h"

#include "net/stream_int.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- certificates over the wire ---- */

static void test_peer_certificate(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct tls_peer peer;
    struct arena *a = arena_new("test", 0, 1u << 20);
    fix_begin(&f, FIX_MUTUAL, true);
    fix_pair(&f, NULL);
    T_OK(stream_peer_cert(f.server[0].s, a, &peer, &e), &e);
    T_EQ_STR(peer.common_name, "peer");
    T_EQ_Z(peer.fingerprint, fix_cert()->fingerprint);
    T_TRUE(str_is_null(stream_alpn(f.client.s)));
    fix_end(&f);
    fix_begin(&f, FIX_PLAIN, true);
    fix_pair(&f, NULL);
    T_EQ_INT(stream_peer_cert(f.server[0].s, a, &peer, &e), RC_MISSING);
    fix_end(&f);
    arena_free(&a);
}

/* A client without the certificate that is asked for: both sides end, and both say why. */
static void test_no_client_certificate(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_MUTUAL, true);
    tls_ctx_unref(&f.client_tls);
    struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = fix_ca()->cert_pem };
    T_OK(tls_ctx_new(&client, &f.client_tls, &e), &e);
    fix_listen(&f, &(struct stream_listen){ 0 });
    fix_connect(&f, &f.client, NULL);
    FIX_UNTIL(&f, f.client.n_closed && f.n_server && f.server[0].n_closed);
    T_EQ_SIZE(f.server[0].n_open, 0);
    T_EQ_Z(f.server[0].why.id, "TLS-024");
    T_EQ_INT(f.client.why.code, RC_PEER);
    T_EQ_Z(f.client.why.id, "TLS-025");
    fix_end(&f);
}

/* A client that does not trust the listener, and one that speaks no TLS at all. */
static void test_not_trusted(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_begin(&f, FIX_TLS, true);
    tls_ctx_unref(&f.client_tls);
    struct tls_conf client = { .role = TLS_CLIENT };
    T_OK(tls_ctx_new(&client, &f.client_tls, &e), &e);
    fix_listen(&f, &(struct stream_listen){ 0 });
    fix_connect(&f, &f.client, NULL);
    FIX_UNTIL(&f, f.client.n_closed && f.n_server && f.server[0].n_closed);
    T_EQ_Z(f.client.why.id, "TLS-020");
    T_EQ_Z(f.server[0].why.id, "TLS-025");
    int raw = fix_raw(&f);
    T_EQ_INT(send(raw, "\x0bMSH|^~\\&|", 10, 0), 10);
    FIX_UNTIL(&f, f.n_server == 2 && f.server[1].n_closed);
    T_EQ_Z(f.server[1].why.id, "TLS-026");
    sock_close(raw);
    fix_end(&f);
}

/* New connections use the new certificate, open ones go on with theirs. */
static void test_reload(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct tls_peer peer;
    struct tls_ctx *next = NULL;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct t_cert renewed =
        t_cert_make(&(struct t_cert_spec){ .cn = "renewed", .alt = "IP:127.0.0.1" }, fix_ca());
    fix_begin(&f, FIX_TLS, true);
    f.server_way.echo = true;
    fix_pair(&f, NULL);
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = renewed.cert_pem,
                               .key_pem = renewed.key_pem };
    T_OK(tls_ctx_new(&server, &next, &e), &e);
    listener_set_tls(f.listener, next);
    tls_ctx_unref(&next);
    struct end second;
    end_init(&second, &f);
    fix_connect(&f, &second, NULL);
    FIX_UNTIL(&f, second.n_open);
    T_OK(stream_peer_cert(second.s, a, &peer, &e), &e);
    T_EQ_Z(peer.fingerprint, renewed.fingerprint);
    fix_write(&f, &f.client, STR("x"));
    FIX_UNTIL(&f, f.client.got.n == 1);
    T_OK(stream_peer_cert(f.client.s, a, &peer, &e), &e);
    T_EQ_Z(peer.fingerprint, fix_cert()->fingerprint);
    fix_end(&f);
    end_done(&second);
    arena_free(&a);
}

/* ---- random ---- */

static uint32_t next(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

/* One random thing to one end. */
static void poke(struct fix *f, struct end *e, uint32_t *x)
{
    static char piece[40000];
    struct err err;
    if (!e->s || !e->n_open)
        return;
    uint32_t what = next(x) % 40;
    struct str part = { piece, next(x) % sizeof piece };
    f->inside = true;
    if (what < 20)
        (void)(stream_write(e->s, &part, 1, &err) == RC_OK);
    else if (what < 28)
        stream_pause(e->s);
    else if (what < 37)
        stream_resume(e->s);
    else if (what == 37)
        stream_end(e->s);
    else if (what == 38)
        stream_close(e->s);
    else
        stream_abort(e->s);
    f->inside = false;
}

/* Whatever is done to them in whatever order: every stream ends once, and nothing is left. */
static void test_random(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        struct fix f;
        struct end clients[FIX_ENDS];
        uint32_t x = seed;
        fix_begin(&f, seed % 3 == 0 ? FIX_TLS : FIX_PLAIN, true);
        f.server_way.takes = seed % 2 ? 1000 : 0;
        f.server_way.resumes = seed % 4 == 1;
        f.server_way.answers_end = seed % 5 == 0;
        fix_listen(&f, &(struct stream_listen){ .opts.write_max = 200000 });
        for (size_t i = 0; i < FIX_ENDS / 2; i++) {
            end_init(&clients[i], &f);
            clients[i].answers_end = i % 2;
            fix_connect(&f, &clients[i], &(struct stream_opts){ .write_max = 100000 });
        }
        for (int i = 0; i < 4000; i++) {
            poke(&f, &clients[next(&x) % (FIX_ENDS / 2)], &x);
            if (f.n_server)
                poke(&f, &f.server[next(&x) % f.n_server], &x);
            if (i % 4 == 0)
                loop_poll(f.loop);
            clock_fake_step(&f.clock, 1);
        }
        fix_end(&f); /* closes what is open; looks at every end */
        for (size_t i = 0; i < FIX_ENDS / 2; i++) {
            T_EQ_SIZE(clients[i].n_closed, 1);
            end_done(&clients[i]);
        }
    }
}

/* ---- many ---- */

enum { MANY = 10000 };

struct crowd {
    struct loop *loop;
    struct listener *listener;
    size_t n_open, n_closed, n_read;
};

static void crowd_open(void *ctx, struct stream *s)
{
    struct crowd *c = ctx;
    (void)s;
    c->n_open++;
}

static size_t crowd_read(void *ctx, struct stream *s, struct str data)
{
    struct crowd *c = ctx;
    struct err e;
    c->n_read += data.n;
    T_OK(stream_write(s, &data, 1, &e), &e);
    return data.n;
}

static void crowd_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct crowd *c = ctx;
    (void)s;
    (void)why;
    c->n_closed++;
}

static const struct stream_events crowd_events = { .open = crowd_open,
                                                   .read = crowd_read,
                                                   .closed = crowd_closed };

static void crowd_accept(void *ctx, struct listener *ls, struct stream *s)
{
    (void)ls;
    stream_attach(s, &crowd_events, ctx);
}

static bool all_read(void *ctx)
{
    const struct crowd *c = ctx;
    return c->n_read == MANY;
}

static bool all_closed(void *ctx)
{
    const struct crowd *c = ctx;
    return c->n_closed == MANY;
}

/*
 * The other side, a process of its own with descriptors of its own: a byte each, then silence.
 * Every 500th waits for its answer, else the kernel's queue overflows and drops for seconds.
 */
static void crowd_of_clients(const struct addr *to, int stay)
{
    struct sockaddr_storage sa;
    socklen_t n = sock_addr_to(to, &sa);
    char c;
    for (int i = 0; i < MANY; i++) {
        int fd = socket(sock_family(to), SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&sa, n) != 0 || send(fd, "x", 1, 0) != 1)
            _exit(1);
        if (i % 500 == 499 && recv(fd, &c, 1, 0) != 1)
            _exit(2);
    }
    while (read(stay, &c, 1) < 0 && errno == EINTR)
        ;
    _exit(0);
}

static void test_ten_thousand(void **state)
{
    (void)state;
    struct rlimit lim;
    T_EQ_INT(getrlimit(RLIMIT_NOFILE, &lim), 0);
    struct rlimit need = { .rlim_cur = MANY + 100, .rlim_max = lim.rlim_max };
    if (setrlimit(RLIMIT_NOFILE, &need) != 0)
        T_SKIP("the limit of open files cannot be raised far enough");
    struct crowd c = { .loop = NULL };
    struct err e;
    int stay[2];
    static const struct listener_events events = { .accept = crowd_accept };
    T_OK(loop_new("crowd", NULL, &c.loop, &e), &e);
    struct stream_listen how = { .host = STR("127.0.0.1"), .max_streams = MANY, .backlog = 4096 };
    T_OK(stream_listen(c.loop, &how, &events, &c, &c.listener, &e), &e);
    T_EQ_INT(pipe(stay), 0);
    pid_t child = fork();
    T_TRUE(child >= 0);
    if (child == 0) {
        (void)close(stay[1]);
        crowd_of_clients(listener_addr(c.listener), stay[0]);
    }
    T_TRUE(loop_run_until(c.loop, all_read, &c, 60000));
    T_EQ_SIZE(c.n_open, MANY);
    T_EQ_SIZE(c.n_closed, 0);
    T_EQ_SIZE(listener_n_streams(c.listener), MANY);
    T_EQ_INT(close(stay[1]), 0);
    T_TRUE(loop_run_until(c.loop, all_closed, &c, 60000));
    int status = -1;
    T_EQ_INT(waitpid(child, &status, 0), child);
    T_EQ_INT(status, 0);
    T_EQ_INT(close(stay[0]), 0);
    listener_close(&c.listener);
    loop_free(&c.loop);
    T_EQ_INT(setrlimit(RLIMIT_NOFILE, &lim), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_peer_certificate), T_TEST(test_no_client_certificate),
        T_TEST(test_not_trusted),      T_TEST(test_reload),
        T_TEST(test_random),           T_TEST(test_ten_thousand),
    };
    return T_RUN(tests);
}

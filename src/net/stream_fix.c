/* See stream_fix.h. */
#include "net/stream_fix.h"

#include "net/stream_int.h"

#include <errno.h>

/* ---- certificates ---- */

static struct t_cert ca, cert;

const struct t_cert *fix_ca(void)
{
    if (!ca.cert_pem.p)
        ca = t_cert_make(&(struct t_cert_spec){ .cn = "Test CA", .is_ca = true }, NULL);
    return &ca;
}

const struct t_cert *fix_cert(void)
{
    if (!cert.cert_pem.p)
        cert = t_cert_make(
            &(struct t_cert_spec){ .cn = "peer", .alt = "DNS:localhost,IP:127.0.0.1" }, fix_ca());
    return &cert;
}

/* ---- ends ---- */

static void on_open(void *ctx, struct stream *s)
{
    struct end *e = ctx;
    T_TRUE(e->s == s && e->n_open == 0 && e->n_closed == 0);
    T_EQ_INT(stream_is_tls(s), e->f->server_tls != NULL);
    e->n_open++;
}

static size_t echo(struct end *e, struct str data)
{
    struct err err;
    if (stream_is_full(e->s)) {
        stream_pause(e->s);
        return 0;
    }
    if (stream_write(e->s, &data, 1, &err) != RC_OK) { /* in a walk of failing allocations */
        T_EQ_INT(err.code, RC_NOMEM);
        stream_abort(e->s);
    }
    return data.n;
}

static size_t take(struct end *e, struct str data)
{
    size_t n = e->takes ? size_min(e->takes, data.n) : data.n;
    for (size_t i = 0; e->counts && i < n; i++)
        if (data.p[i] != fix_pattern(e->n_got + i))
            T_FAIL("byte %zu is wrong", (size_t)e->n_got + i);
    e->n_got += n;
    if (!e->counts)
        buf_add(&e->got, data.p, n);
    if (n < data.n && e->resumes)
        stream_resume(e->s);
    return n;
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    struct end *e = ctx;
    T_TRUE(e->s == s && data.n > 0 && e->n_open == 1 && e->n_end == 0 && e->n_closed == 0);
    T_FALSE(e->f->inside);
    size_t n = e->echo ? echo(e, data) : take(e, data);
    if (e->closes)
        stream_close(s);
    if (e->aborts)
        stream_abort(s);
    /* closed or not, the bytes are valid during the call: ASan looks */
    T_TRUE(data.p[0] == data.p[0] && data.p[data.n - 1] == data.p[data.n - 1]);
    return n;
}

static void on_end(void *ctx, struct stream *s)
{
    struct end *e = ctx;
    T_TRUE(e->s == s && e->n_open == 1 && e->n_end == 0 && e->n_closed == 0);
    e->n_end++;
}

static void on_hung_up(void *ctx, struct stream *s)
{
    struct end *e = ctx;
    T_TRUE(e->s == s && e->n_hung_up == 0);
    T_TRUE(stream_is_paused(s));
    e->n_hung_up++;
}

static void on_drained(void *ctx, struct stream *s)
{
    struct end *e = ctx;
    T_TRUE(e->s == s && !stream_is_full(s));
    T_FALSE(e->f->inside);
    e->n_drained++;
    if (e->echo)
        stream_resume(s);
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct end *e = ctx;
    T_TRUE(e->s == s && e->n_closed == 0);
    T_FALSE(e->f->inside);
    T_TRUE(stream_find(e->f->loop, stream_id_of(s)) == NULL);
    e->n_closed++;
    e->why = *why;
    e->s = NULL;
}

const struct stream_events end_events = { .open = on_open,
                                          .read = on_read,
                                          .hung_up = on_hung_up,
                                          .drained = on_drained,
                                          .closed = on_closed };
const struct stream_events end_events_ended = { .open = on_open,
                                                .read = on_read,
                                                .end = on_end,
                                                .hung_up = on_hung_up,
                                                .drained = on_drained,
                                                .closed = on_closed };

void end_init(struct end *e, struct fix *f)
{
    *e = (struct end){ .f = f };
    buf_init(&e->got, 32u << 20);
}

void end_done(struct end *e)
{
    buf_done(&e->got);
}

/* ---- the listener ---- */

static void on_accept(void *ctx, struct listener *ls, struct stream *s)
{
    struct fix *f = ctx;
    T_TRUE(ls == f->listener);
    if (f->n_server == FIX_ENDS)
        return; /* not attached: the stream is dropped */
    struct end *e = &f->server[f->n_server++];
    struct end way = f->server_way;
    end_init(e, f);
    e->echo = way.echo;
    e->answers_end = way.answers_end;
    e->takes = way.takes;
    e->resumes = way.resumes;
    e->closes = way.closes;
    e->aborts = way.aborts;
    e->counts = way.counts;
    e->s = s;
    stream_attach(s, way.answers_end ? &end_events_ended : &end_events, e);
}

static void on_denied(void *ctx, struct listener *ls, const struct addr *peer)
{
    struct fix *f = ctx;
    T_TRUE(ls == f->listener && addr_is_loopback(peer));
    f->n_denied++;
}

static void on_failed(void *ctx, struct listener *ls, const struct err *why)
{
    struct fix *f = ctx;
    T_TRUE(ls == f->listener);
    f->failed = *why;
    f->n_failed++;
}

static const struct listener_events fix_listener = { on_accept, on_denied, on_failed };

void fix_listen(struct fix *f, const struct stream_listen *how)
{
    struct err e;
    struct stream_listen h = *how;
    if (str_is_null(h.host))
        h.host = STR("127.0.0.1");
    h.tls = f->server_tls;
    T_OK(stream_listen(f->loop, &h, &fix_listener, f, &f->listener, &e), &e);
}

void fix_begin(struct fix *f, enum fix_kind kind, bool fake)
{
    struct err e;
    *f = (struct fix){ .loop = NULL };
    clock_fake_init(&f->clock, 1000);
    T_OK(loop_new("test", fake ? &f->clock.clock : NULL, &f->loop, &e), &e);
    end_init(&f->client, f);
    if (kind == FIX_PLAIN)
        return;
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = fix_cert()->cert_pem,
                               .key_pem = fix_cert()->key_pem };
    struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = fix_ca()->cert_pem };
    if (kind == FIX_MUTUAL) {
        server.ca_pem = fix_ca()->cert_pem;
        client.cert_pem = fix_cert()->cert_pem;
        client.key_pem = fix_cert()->key_pem;
    }
    T_OK(tls_ctx_new(&server, &f->server_tls, &e), &e);
    T_OK(tls_ctx_new(&client, &f->client_tls, &e), &e);
}

void fix_end(struct fix *f)
{
    listener_close(&f->listener);
    pool_free(&f->pool);
    loop_free(&f->loop);
    for (size_t i = 0; i < f->n_server; i++) {
        T_EQ_SIZE(f->server[i].n_closed, 1); /* always, once */
        end_done(&f->server[i]);
    }
    T_TRUE(f->client.s == NULL);
    end_done(&f->client);
    tls_ctx_unref(&f->server_tls);
    tls_ctx_unref(&f->client_tls);
}

void fix_connect(struct fix *f, struct end *e, const struct stream_opts *opts)
{
    struct err err;
    struct stream_connect how = { .host = STR("127.0.0.1"),
                                  .port = listener_addr(f->listener)->port,
                                  .tls = f->client_tls };
    if (opts)
        how.opts = *opts;
    FIX_CALL(f, T_OK(stream_connect(f->loop, &how, e->answers_end ? &end_events_ended : &end_events,
                                    e, &e->s, &err),
                     &err));
}

void fix_pair(struct fix *f, const struct stream_opts *opts)
{
    if (!f->listener)
        fix_listen(f, &(struct stream_listen){ .opts = opts ? *opts : (struct stream_opts){ 0 } });
    fix_connect(f, &f->client, opts);
    FIX_UNTIL(f, f->client.n_open && f->n_server && f->server[0].n_open);
}

static bool second_time(void *ctx)
{
    bool *asked = ctx;
    bool was = *asked;
    *asked = true;
    return was;
}

void fix_step(struct fix *f)
{
    bool asked = false;
    T_TRUE(loop_run_until(f->loop, second_time, &asked, 1) || asked);
}

void fix_write(struct fix *f, struct end *e, struct str bytes)
{
    struct err err;
    FIX_CALL(f, T_OK(stream_write(e->s, &bytes, 1, &err), &err));
}

int fix_raw(struct fix *f)
{
    struct sockaddr_storage sa;
    struct addr to = *listener_addr(f->listener);
    socklen_t n = sock_addr_to(&to, &sa);
    int fd = socket(sock_family(&to), SOCK_STREAM | SOCK_CLOEXEC, 0);
    T_TRUE(fd >= 0);
    T_EQ_INT(connect(fd, (struct sockaddr *)&sa, n), 0);
    return fd;
}

/*
 * Listening. Connections are taken in batches until the kernel has no more or the limit is
 * reached; then accepting pauses and the rest waits in the kernel's queue. A failing accept (no
 * descriptors, usually) pauses for a moment too: the queue would make the loop spin otherwise.
 *
 * A listener's memory lives until it is closed and its last stream is gone.
 * Tests: stream_test.c
 */
#include "net/stream_int.h"

#include "base/alloc.h"
#include "net/loop_int.h"

#include <errno.h>
#include <netinet/in.h>

#define BATCH       64
#define BREATHER_MS 100
#define BACKLOG     1024
#define STREAMS     10000

struct listener {
    struct list_node link; /* stream_set.listeners, until closed */
    struct loop *loop;
    int fd;
    struct loop_fd *watch;
    struct loop_timer breather;
    const struct listener_events *ev;
    void *ctx;
    size_t max_streams, n_streams;
    struct cidr_list allow;
    struct tls_ctx *tls;
    struct stream_opts opts;
    struct addr addr;
    bool paused;   /* by listener_pause */
    bool watching; /* the descriptor, for connections */
    bool closed;
};

/* ---- accepting ---- */

static void watch(struct listener *ls)
{
    bool want = !ls->closed && !ls->paused && ls->n_streams < ls->max_streams &&
                !loop_timer_is_on(&ls->breather);
    struct err why;
    if (want == ls->watching)
        return;
    if (loop_fd_events(ls->watch, want ? LOOP_READABLE : 0, &why) == RC_OK)
        ls->watching = want;
    else if (ls->ev->failed)
        ls->ev->failed(ls->ctx, ls, &why);
}

static void on_breather(struct loop_timer *t)
{
    watch(ZS_CONTAINER(t, struct listener, breather));
}

static void accept_failed(struct listener *ls, const struct err *why)
{
    loop_timer_start(ls->loop, &ls->breather, BREATHER_MS, on_breather);
    if (ls->ev->failed)
        ls->ev->failed(ls->ctx, ls, why);
}

static void release(struct listener *ls)
{
    if (!ls->closed || ls->n_streams > 0)
        return;
    tls_ctx_unref(&ls->tls);
    mem_free(ls);
}

void listener_stream_gone(struct listener *ls)
{
    ls->n_streams--;
    if (!ls->closed)
        watch(ls);
    release(ls);
}

/* A connection nobody has heard of yet. */
static void drop(struct stream *s)
{
    stream_tls_free(s);
    stream_delete(s);
}

static void adopt(struct listener *ls, int fd, const struct addr *peer)
{
    struct stream *s = NULL;
    struct err why;
    enum rc rc = stream_new(ls->loop, &ls->opts, STREAM_HANDSHAKE, &s, &why);
    if (rc == RC_OK && ls->tls)
        rc = stream_tls_begin(s, ls->tls, STR_NULL, &why);
    if (rc != RC_OK) {
        if (s)
            drop(s);
        sock_reset(fd);
        accept_failed(ls, &why);
        return;
    }
    s->peer = *peer;
    s->listener = ls;
    ls->n_streams++;
    stream_connected(s, fd);
    uint64_t t = loop_enter();
    ls->ev->accept(ls->ctx, ls, s);
    loop_leave(ls->loop, t, "listener accept", 0);
    if (!s->ev)
        stream_abort(s);
}

/* false: enough for now. */
static bool accept_one(struct listener *ls)
{
    struct sockaddr_storage sa;
    struct addr peer;
    socklen_t n = sizeof sa;
    int fd = accept4(ls->fd, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (fd < 0 && errno == ECONNABORTED)
        return true;
    if (fd < 0) {
        struct err why;
        (void)err_sys(&why, "NET-041", errno, "cannot accept a connection");
        accept_failed(ls, &why);
        return false;
    }
    bool known = sock_addr_from(&sa, &peer);
    if (!known || (ls->allow.n > 0 && !cidr_list_has(&ls->allow, &peer))) {
        sock_reset(fd);
        if (known && ls->ev->denied)
            ls->ev->denied(ls->ctx, ls, &peer);
        return true;
    }
    adopt(ls, fd, &peer);
    return true;
}

static void on_ready(void *ctx, unsigned ready)
{
    struct listener *ls = ctx;
    (void)ready;
    ls->n_streams++; /* holds the listener while callbacks may close it */
    for (int i = 0; i < BATCH; i++)
        if (ls->closed || ls->paused || ls->n_streams > ls->max_streams ||
            loop_timer_is_on(&ls->breather) || !accept_one(ls))
            break;
    listener_stream_gone(ls);
}

/* ---- opening ---- */

/* All addresses: IPv6 that takes IPv4 too, where the system has it. */
static int open_any(uint16_t port, struct addr *bind_to)
{
    *bind_to = (struct addr){ .port = port };
    int fd = sock_open(AF_INET6);
    int off = 0;
    if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0)
        return fd;
    if (fd >= 0)
        sock_close(fd);
    bind_to->ip[10] = bind_to->ip[11] = 0xff;
    return sock_open(AF_INET);
}

static enum rc open_socket(const struct stream_listen *how, int *out, struct addr *bind_to,
                           struct err *e)
{
    if (how->host.n == 0 || str_eq(how->host, STR("*"))) {
        *out = open_any(how->port, bind_to);
    } else {
        bool local = str_ieq(how->host, STR("localhost"));
        enum rc rc = addr_parse_ip(local ? STR("127.0.0.1") : how->host, bind_to, e);
        if (rc != RC_OK) {
            if (e)
                e->code = RC_VALUE;
            return RC_VALUE;
        }
        bind_to->port = how->port;
        *out = sock_open(sock_family(bind_to));
    }
    if (*out < 0)
        return err_sys(e, "NET-040", errno, "cannot open a socket");
    return RC_OK;
}

static enum rc bind_socket(int fd, const struct stream_listen *how, const struct addr *bind_to,
                           struct err *e)
{
    struct sockaddr_storage sa;
    char text[ADDR_TEXT_MAX];
    int on = 1;
    socklen_t n = sock_addr_to(bind_to, &sa);
    /* without it a restart would have to wait for old connections to be forgotten */
    bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (how->reuse_port)
        ok = ok && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    ok = ok && bind(fd, (struct sockaddr *)&sa, n) == 0 &&
         listen(fd, how->backlog ? how->backlog : BACKLOG) == 0;
    if (ok)
        return RC_OK;
    int errnum = errno;
    addr_text(bind_to, text);
    return err_sys(e, "NET-040", errnum, "cannot listen on %s", text);
}

static enum rc start(struct listener *ls, const struct stream_listen *how, struct err *e)
{
    struct addr bind_to;
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    enum rc rc = open_socket(how, &ls->fd, &bind_to, e);
    if (rc != RC_OK)
        return rc;
    rc = bind_socket(ls->fd, how, &bind_to, e);
    ls->addr = bind_to;
    if (rc == RC_OK && getsockname(ls->fd, (struct sockaddr *)&sa, &n) == 0)
        (void)sock_addr_from(&sa, &ls->addr); /* of a family we asked for */
    if (rc == RC_OK)
        rc = loop_fd_watch(ls->loop, ls->fd, LOOP_READABLE, on_ready, ls, &ls->watch, e);
    if (rc != RC_OK)
        sock_close(ls->fd);
    ls->watching = rc == RC_OK;
    return rc;
}

enum rc stream_listen(struct loop *l, const struct stream_listen *how,
                      const struct listener_events *ev, void *ctx, struct listener **out,
                      struct err *e)
{
    LOOP_ASSERT_CURRENT(l);
    struct stream_set *set = NULL;
    enum rc rc = stream_set_of(l, &set, e);
    if (rc != RC_OK)
        return rc;
    struct listener *ls = mem_new(struct listener);
    if (!ls)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a listener");
    *ls = (struct listener){ .loop = l,
                             .fd = -1,
                             .ev = ev,
                             .ctx = ctx,
                             .max_streams = how->max_streams ? how->max_streams : STREAMS,
                             .allow = how->allow,
                             .opts = how->opts };
    rc = start(ls, how, e);
    if (rc != RC_OK) {
        mem_free(ls);
        return rc;
    }
    ls->tls = tls_ctx_ref(how->tls);
    list_push(&set->listeners, &ls->link);
    *out = ls;
    return RC_OK;
}

void listener_close(struct listener **lsp)
{
    struct listener *ls = *lsp;
    *lsp = NULL;
    if (!ls)
        return;
    LOOP_ASSERT_CURRENT(ls->loop);
    ZS_ASSERT(!ls->closed);
    ls->closed = true;
    loop_timer_stop(&ls->breather);
    loop_fd_unwatch(&ls->watch);
    sock_close(ls->fd);
    list_remove(&ls->loop->streams->listeners, &ls->link);
    release(ls);
}

void listeners_close_all(struct stream_set *set)
{
    for (struct list_node *n = list_first(&set->listeners); n; n = list_first(&set->listeners)) {
        struct listener *ls = ZS_CONTAINER(n, struct listener, link);
        listener_close(&ls);
    }
}

void listener_pause(struct listener *ls)
{
    LOOP_ASSERT_CURRENT(ls->loop);
    ls->paused = true;
    watch(ls);
}

void listener_resume(struct listener *ls)
{
    LOOP_ASSERT_CURRENT(ls->loop);
    ls->paused = false;
    watch(ls);
}

void listener_set_tls(struct listener *ls, struct tls_ctx *tls)
{
    LOOP_ASSERT_CURRENT(ls->loop);
    ZS_ASSERT((tls == NULL) == (ls->tls == NULL));
    struct tls_ctx *old = ls->tls;
    ls->tls = tls_ctx_ref(tls);
    tls_ctx_unref(&old);
}

const struct addr *listener_addr(const struct listener *ls)
{
    return &ls->addr;
}

size_t listener_n_streams(const struct listener *ls)
{
    return ls->n_streams;
}

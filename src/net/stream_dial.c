/*
 * Connecting: look the name up on the pool, put the addresses in order, try them one after the
 * other without waiting for the one before to fail (RFC 8305, with its default of 250 ms), keep
 * the first that connects.
 *
 * The look-up's memory is its own: getaddrinfo cannot be stopped, so a stream that is given up
 * leaves it behind to be freed when the pool is done. Tests: stream_test.c
 */
#include "net/stream_int.h"

#include "base/alloc.h"
#include "net/loop_int.h"

#include <errno.h>
#include <netdb.h>

#define ADDRS_MAX  16
#define NEXT_MS    250
#define HOST_MAX   256
#define CONNECT_MS 10000

struct lookup {
    struct pool_work work;
    struct dial *dial; /* NULL: nobody waits any more */
    char host[HOST_MAX];
    uint16_t port;
    struct addr addrs[ADDRS_MAX]; /* written on the pool, read in done */
    size_t n;
    int gai; /* getaddrinfo's result */
};

struct attempt {
    struct dial *dial; /* NULL: not running */
    struct loop_fd *watch;
    int fd;
    size_t addr;
};

struct dial {
    struct stream *stream;
    struct lookup *lookup;
    struct loop_timer next_timer;
    bool (*allow)(void *ctx, const struct addr *a);
    void *allow_ctx;
    struct addr addrs[ADDRS_MAX];
    size_t n, next;
    struct attempt attempts[ADDRS_MAX]; /* one per address */
    size_t n_running;
    struct err why; /* of the last attempt that failed */
};

/* ---- the end of dialing ---- */

static void stop_attempt(struct attempt *a, bool close_it)
{
    loop_fd_unwatch(&a->watch);
    if (close_it)
        sock_close(a->fd);
    a->dial->n_running--;
    a->dial = NULL;
}

void dial_cancel(struct stream *s)
{
    struct dial *d = s->dial;
    s->dial = NULL;
    if (!d)
        return;
    loop_timer_stop(&d->next_timer);
    for (size_t i = 0; i < d->next; i++)
        if (d->attempts[i].dial)
            stop_attempt(&d->attempts[i], true);
    if (d->lookup) {
        d->lookup->dial = NULL;
        (void)pool_cancel(&d->lookup->work); /* in time or not, done frees it */
    }
    mem_free(d);
}

static void dial_failed(struct dial *d)
{
    struct err why = d->why;
    stream_fail(d->stream, &why); /* frees d */
}

/* ---- attempts ---- */

static void next_attempt(struct dial *d);

static void attempt_failed(struct attempt *a, int errnum)
{
    struct dial *d = a->dial;
    char text[ADDR_TEXT_MAX];
    addr_text(&d->addrs[a->addr], text);
    (void)err_sys(&d->why, "NET-035", errnum, "cannot connect to %s", text);
    stop_attempt(a, true);
    if (d->next < d->n)
        next_attempt(d);
    else if (d->n_running == 0)
        dial_failed(d);
}

static void attempt_won(struct attempt *a)
{
    struct stream *s = a->dial->stream;
    int fd = a->fd;
    s->peer = a->dial->addrs[a->addr];
    stop_attempt(a, false);
    dial_cancel(s);
    stream_connected(s, fd);
}

static void on_attempt(void *ctx, unsigned ready)
{
    struct attempt *a = ctx;
    int errnum = 0;
    socklen_t n = sizeof errnum;
    (void)ready; /* SO_ERROR tells more */
    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &errnum, &n) != 0)
        errnum = errno;
    if (errnum)
        attempt_failed(a, errnum);
    else
        attempt_won(a);
}

/* errno, 0 when it is under way. */
static int start_attempt(struct dial *d, struct attempt *a)
{
    struct sockaddr_storage sa;
    struct err why;
    const struct addr *to = &d->addrs[a->addr];
    a->fd = sock_open(sock_family(to));
    if (a->fd < 0)
        return errno;
    socklen_t n = sock_addr_to(to, &sa);
    /* one that connects at once is found writable, like every other */
    int errnum = 0;
    if (connect(a->fd, (struct sockaddr *)&sa, n) != 0 && errno != EINPROGRESS)
        errnum = errno;
    else if (loop_fd_watch(d->stream->loop, a->fd, LOOP_WRITABLE, on_attempt, a, &a->watch, &why) !=
             RC_OK)
        errnum = why.sys ? why.sys : ENOMEM;
    if (errnum) {
        sock_close(a->fd);
        return errnum;
    }
    a->dial = d;
    d->n_running++;
    return 0;
}

static void on_next(struct loop_timer *t)
{
    next_attempt(ZS_CONTAINER(t, struct dial, next_timer));
}

/* Start the next address that can be started; fail when there is none and nothing runs. */
static void next_attempt(struct dial *d)
{
    while (d->next < d->n) {
        struct attempt *a = &d->attempts[d->next];
        a->addr = d->next++;
        int errnum = start_attempt(d, a);
        if (errnum == 0) {
            if (d->next < d->n)
                loop_timer_start(d->stream->loop, &d->next_timer, NEXT_MS, on_next);
            return;
        }
        (void)err_sys(&d->why, "NET-035", errnum, "cannot connect");
    }
    if (d->n_running == 0)
        dial_failed(d);
}

/* ---- addresses ---- */

/* Families in turn, the system's first choice first. */
static size_t interleave(const struct addr *in, size_t n, struct addr *out)
{
    bool first_v4 = n > 0 && addr_is_v4(&in[0]);
    size_t at[2] = { 0, 0 }, n_out = 0;
    for (size_t turn = 0; n_out < n; turn = 1 - turn) {
        bool want_v4 = first_v4 == (turn == 0);
        while (at[turn] < n && addr_is_v4(&in[at[turn]]) != want_v4)
            at[turn]++;
        if (at[turn] < n)
            out[n_out++] = in[at[turn]++];
    }
    return n_out;
}

static void begin(struct dial *d, const struct addr *found, size_t n)
{
    d->n = interleave(found, n, d->addrs);
    size_t kept = 0;
    for (size_t i = 0; i < d->n; i++)
        if (!d->allow || d->allow(d->allow_ctx, &d->addrs[i]))
            d->addrs[kept++] = d->addrs[i];
    d->n = kept;
    if (kept == 0)
        (void)err_set(&d->why, RC_DENIED, "NET-043", "no address of the host may be connected to");
    next_attempt(d);
}

/* ---- look-up ---- */

static void look_up(struct pool_work *w) /* on the pool */
{
    struct lookup *u = ZS_CONTAINER(w, struct lookup, work);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *found = NULL;
    u->gai = getaddrinfo(u->host, NULL, &hints, &found);
    if (u->gai != 0)
        return;
    for (const struct addrinfo *i = found; i && u->n < ADDRS_MAX; i = i->ai_next) {
        struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
        memcpy(&sa, i->ai_addr, size_min(i->ai_addrlen, sizeof sa));
        if (sock_addr_from(&sa, &u->addrs[u->n]))
            u->addrs[u->n++].port = u->port;
    }
    freeaddrinfo(found);
}

static void looked_up(struct pool_work *w, enum rc rc)
{
    struct lookup *u = ZS_CONTAINER(w, struct lookup, work);
    struct dial *d = u->dial;
    if (d) {
        d->lookup = NULL;
        if (rc != RC_OK)
            (void)err_set(&d->why, RC_STATE, "NET-034", "the look-up was stopped");
        else if (u->gai != 0)
            (void)err_set(&d->why, RC_IO, "NET-034", "the host's name cannot be looked up: %s",
                          gai_strerror(u->gai));
        if (d->why.code != RC_OK)
            dial_failed(d);
        else
            begin(d, u->addrs, u->n);
    }
    mem_free(u);
}

static enum rc start_lookup(struct dial *d, const struct stream_connect *how, struct err *e)
{
    if (!how->pool)
        return err_set(e, RC_VALUE, "NET-034", "names cannot be looked up here");
    struct lookup *u = mem_new(struct lookup);
    if (!u)
        return err_set(e, RC_NOMEM, "NET-009", "no memory to look a name up");
    u->work.run = look_up;
    u->work.done = looked_up;
    u->dial = d;
    u->port = how->port;
    memcpy(u->host, how->host.p, how->host.n);
    enum rc rc = pool_submit(how->pool, d->stream->loop, &u->work, e);
    if (rc == RC_OK)
        d->lookup = u;
    else
        mem_free(u);
    return rc;
}

/* The name of this machine is known without asking (RFC 6761 section 6.3). */
static void dial_localhost(struct dial *d, uint16_t port)
{
    const struct addr both[] = {
        { .ip = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 }, .port = port },
        { .ip = { [15] = 1 }, .port = port },
    };
    begin(d, both, ZS_COUNT(both));
}

static enum rc start_dial(struct stream *s, const struct stream_connect *how, struct err *e)
{
    struct dial *d = mem_new(struct dial);
    if (!d)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a connection");
    d->stream = s;
    d->allow = how->allow;
    d->allow_ctx = how->allow_ctx;
    s->dial = d;
    struct addr a;
    if (str_ieq(how->host, STR("localhost"))) {
        dial_localhost(d, how->port);
    } else if (addr_parse_ip(how->host, &a, NULL) == RC_OK) {
        a.port = how->port;
        begin(d, &a, 1);
    } else {
        return start_lookup(d, how, e);
    }
    return RC_OK;
}

/* Undo stream_connect's work on a stream nobody has heard of. */
static void forget(struct stream *s)
{
    dial_cancel(s);
    loop_timer_stop(&s->timer);
    stream_tls_free(s);
    stream_delete(s);
}

static bool is_host(struct str host)
{
    struct hostport h;
    struct addr a;
    if (addr_parse_ip(host, &a, NULL) == RC_OK)
        return true;
    return host.n < HOST_MAX && str_chr(host, ':', 0) == SIZE_MAX &&
           hostport_parse(host, 1, &h, NULL) == RC_OK && h.host.n > 0;
}

enum rc stream_connect(struct loop *l, const struct stream_connect *how,
                       const struct stream_events *ev, void *ctx, struct stream **out,
                       struct err *e)
{
    LOOP_ASSERT_CURRENT(l);
    struct stream *s = NULL;
    if (!is_host(how->host))
        return err_set(e, RC_VALUE, "NET-021", "the host is neither a name nor an IP address");
    enum rc rc = stream_new(l, &how->opts, STREAM_DIALING, &s, e);
    if (rc != RC_OK)
        return rc;
    stream_attach(s, ev, ctx);
    s->phase_due = loop_now_mono(l) +
                   (uint64_t)(how->timeout_ms ? how->timeout_ms : CONNECT_MS) * UINT64_C(1000000);
    stream_set_timer(s);
    if (how->tls)
        rc = stream_tls_begin(s, how->tls, str_is_null(how->tls_name) ? how->host : how->tls_name,
                              e);
    if (rc == RC_OK)
        rc = start_dial(s, how, e);
    if (rc != RC_OK) {
        forget(s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

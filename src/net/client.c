/*
 * libcurl's multi interface on a loop: its sockets are watched descriptors, its timeout a timer.
 * libcurl must not be called from its own callbacks, and done() may call anything here, so results
 * are told only after libcurl has returned. Tests: client_test.c
 */
#include "net/client_int.h"

#include "base/alloc.h"

struct sock {
    struct list_node link;
    struct client *client;
    curl_socket_t fd;
    struct loop_fd *watch;
};

static void free_now(struct client *c);
static CURLM *make_multi(struct client *c);

/* ---- results ---- */

static void drop_call(struct client_call *call)
{
    struct client *c = call->client;
    (void)curl_multi_remove_handle(call->multi, call->easy); /* fails only for handles not in it */
    list_remove(&c->calls, &call->link);
    client_easy_free(call);
    mem_free(call);
}

static void tell(struct client_call *call, CURLcode code)
{
    struct client *c = call->client;
    void (*done)(void *ctx, const struct client_result *res) = call->done;
    void *ctx = call->ctx;
    client_easy_result(call, code);
    struct client_result res = call->res;
    drop_call(call);
    c->busy++;
    done(ctx, &res);
    c->busy--;
}

/* The oldest call of that handle: newer ones, made in done(), stand behind and have another. */
static struct client_call *first_of(const struct client *c, const CURLM *multi)
{
    struct list_node *n = list_first(&c->calls);
    struct client_call *call = n ? ZS_CONTAINER(n, struct client_call, link) : NULL;
    return call && call->multi == multi ? call : NULL;
}

/*
 * A socket could not be watched, for lack of memory: for libcurl its whole handle is lost then. All
 * its calls have failed, as far as they got, and the next ones use a new handle.
 */
static void replace_multi(struct client *c)
{
    CURLM *old = c->multi;
    c->broken = false;
    c->multi = make_multi(c);
    struct client_call *call = NULL;
    while ((call = first_of(c, old)) != NULL && !c->dying)
        tell(call, CURLE_OUT_OF_MEMORY);
    (void)curl_multi_cleanup(old); /* fails only on a handle that is none */
}

static void tell_finished(struct client *c)
{
    CURLMsg *m = NULL;
    int left = 0;
    while (!c->dying && !c->broken && (m = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct client_call *call = NULL;
        if (m->msg == CURLMSG_DONE &&
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call) == CURLE_OK && call)
            tell(call, m->data.result);
    }
    if (c->broken && !c->dying)
        replace_multi(c);
    if (c->dying && c->busy == 0)
        free_now(c);
}

/* ---- libcurl and the loop ---- */

static void act(struct client *c, curl_socket_t fd, int events)
{
    int running = 0;
    /* failures of single transfers come as messages; of the multi handle there are none to come */
    (void)curl_multi_socket_action(c->multi, fd, events, &running);
    tell_finished(c);
}

static void on_timer(struct loop_timer *t)
{
    act(ZS_CONTAINER(t, struct client, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int on_multi_timer(CURLM *multi, long ms, void *ctx)
{
    struct client *c = ctx;
    (void)multi; /* c's */
    if (ms < 0)
        loop_timer_stop(&c->timer);
    else
        loop_timer_start(c->loop, &c->timer, (uint64_t)ms, on_timer);
    return 0;
}

static void on_ready(void *ctx, unsigned ready)
{
    struct sock *s = ctx;
    int events = 0;
    if (ready & LOOP_READABLE)
        events |= CURL_CSELECT_IN;
    if (ready & LOOP_WRITABLE)
        events |= CURL_CSELECT_OUT;
    act(s->client, s->fd, events);
}

static void forget_sock(struct client *c, struct sock *s)
{
    (void)curl_multi_assign(c->multi, s->fd, NULL); /* unknown sockets are fine */
    loop_fd_unwatch(&s->watch);
    list_remove(&c->socks, &s->link);
    mem_free(s);
}

static struct sock *watch_sock(struct client *c, curl_socket_t fd, unsigned events)
{
    struct sock *s = mem_new(struct sock);
    if (!s)
        return NULL;
    s->client = c;
    s->fd = fd;
    if (loop_fd_watch(c->loop, fd, events, on_ready, s, &s->watch, NULL) != RC_OK) {
        mem_free(s);
        return NULL;
    }
    list_push(&c->socks, &s->link);
    (void)curl_multi_assign(c->multi, fd, s); /* fd is libcurl's own, just named by it */
    return s;
}

/* -1 makes libcurl give up its whole handle: see replace_multi. */
static int on_multi_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *sock)
{
    static const unsigned events[] = { [CURL_POLL_NONE] = 0,
                                       [CURL_POLL_IN] = LOOP_READABLE,
                                       [CURL_POLL_OUT] = LOOP_WRITABLE,
                                       [CURL_POLL_INOUT] = LOOP_READABLE | LOOP_WRITABLE };
    struct client *c = ctx;
    struct sock *s = sock;
    (void)easy; /* the socket tells enough */
    if (what == CURL_POLL_REMOVE) {
        if (s)
            forget_sock(c, s);
        return 0;
    }
    bool watched = s ? loop_fd_events(s->watch, events[what], NULL) == RC_OK
                     : watch_sock(c, fd, events[what]) != NULL;
    c->broken = c->broken || !watched;
    return watched ? 0 : -1;
}

/* ---- the client ---- */

static bool set_multi(struct client *c, CURLM *m)
{
    const struct {
        CURLMoption option;
        size_t value;
    } limits[] = { { CURLMOPT_MAX_TOTAL_CONNECTIONS, c->conf.max_conns },
                   { CURLMOPT_MAXCONNECTS, c->conf.max_conns },
                   { CURLMOPT_MAX_HOST_CONNECTIONS, c->conf.max_conns_per_host } };
    for (size_t i = 0; i < ZS_COUNT(limits); i++)
        if (curl_multi_setopt(m, limits[i].option, (long)limits[i].value) != CURLM_OK)
            return false;
    return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_multi_socket) == CURLM_OK &&
           curl_multi_setopt(m, CURLMOPT_SOCKETDATA, c) == CURLM_OK &&
           curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_multi_timer) == CURLM_OK &&
           curl_multi_setopt(m, CURLMOPT_TIMERDATA, c) == CURLM_OK;
}

/* NULL: no memory. */
static CURLM *make_multi(struct client *c)
{
    CURLM *m = curl_multi_init();
    if (m && set_multi(c, m))
        return m;
    (void)curl_multi_cleanup(m); /* NULL is fine, and nothing is in it */
    return NULL;
}

enum rc client_new(struct loop *l, const struct client_conf *conf, struct client **out,
                   struct err *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, RC_BUG, "HTTP-050", "the HTTP client library does not start");
    struct client *c = mem_new(struct client);
    if (!c) {
        curl_global_cleanup();
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the HTTP client");
    }
    c->loop = l;
    c->conf = *conf;
    c->conf.max_conns = conf->max_conns ? conf->max_conns : 256;
    c->conf.max_conns_per_host = conf->max_conns_per_host ? conf->max_conns_per_host : 32;
    c->conf.keep_ms = conf->keep_ms ? conf->keep_ms : 15000;
    list_init(&c->calls);
    list_init(&c->socks);
    c->multi = make_multi(c);
    if (!c->multi) {
        free_now(c);
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the HTTP client");
    }
    *out = c;
    return RC_OK;
}

static void free_now(struct client *c)
{
    for (struct list_node *n = list_first(&c->calls); n; n = list_first(&c->calls))
        drop_call(ZS_CONTAINER(n, struct client_call, link));
    (void)curl_multi_cleanup(c->multi); /* fails only on a handle that is none */
    for (struct list_node *n = list_first(&c->socks); n; n = list_first(&c->socks)) {
        struct sock *s = ZS_CONTAINER(n, struct sock, link);
        loop_fd_unwatch(&s->watch);
        list_remove(&c->socks, n);
        mem_free(s);
    }
    loop_timer_stop(&c->timer);
    mem_free(c);
    curl_global_cleanup();
}

void client_free(struct client **cp)
{
    struct client *c = *cp;
    if (!c)
        return;
    *cp = NULL;
    c->dying = true;
    if (c->busy == 0) {
        free_now(c);
        return;
    }
    /* inside a done(): the rest goes when that has returned */
    for (struct list_node *n = list_first(&c->calls); n; n = list_first(&c->calls))
        drop_call(ZS_CONTAINER(n, struct client_call, link));
}

/* ---- calls ---- */

static enum rc no_memory(struct err *e)
{
    (void)err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the request");
    (void)err_fate(e, FATE_RETRY); /* returns the code set above */
    return RC_NOMEM;
}

static enum rc add_call(struct client *c, struct client_call *call, struct err *e)
{
    if (!c->multi)
        c->multi = make_multi(c);
    if (!c->multi || curl_multi_add_handle(c->multi, call->easy) != CURLM_OK)
        return no_memory(e);
    call->multi = c->multi;
    list_push(&c->calls, &call->link);
    return RC_OK;
}

enum rc client_call(struct client *c, const struct client_request *r, struct arena *a,
                    void (*done)(void *ctx, const struct client_result *res), void *ctx,
                    struct client_call **out, struct err *e)
{
    struct client_call *call = mem_new(struct client_call);
    if (!call)
        return no_memory(e);
    *call =
        (struct client_call){ .client = c, .arena = a, .request = *r, .done = done, .ctx = ctx };
    enum rc rc = client_easy_make(call, e);
    if (rc == RC_OK)
        rc = add_call(c, call, e);
    if (rc != RC_OK) {
        client_easy_free(call);
        mem_free(call);
        return rc;
    }
    *out = call;
    return RC_OK;
}

void client_cancel(struct client_call **callp)
{
    struct client_call *call = *callp;
    *callp = NULL;
    if (call)
        drop_call(call);
}

bool client_may_be_sent(const struct client_call *call)
{
    return call->handed;
}

/* ---- one call for a command ---- */

struct once {
    struct client_result *res;
    bool done;
};

static void once_done(void *ctx, const struct client_result *res)
{
    struct once *o = ctx;
    *o->res = *res;
    o->done = true;
}

static bool once_is_done(void *ctx)
{
    const struct once *o = ctx;
    return o->done;
}

#define TICK_MS 200

/* The call runs out of its own total limit; this one is for a fault of ours. */
static enum rc wait_for(struct loop *l, struct once *o, const struct client_request *r,
                        struct err *e)
{
    uint64_t limit = (uint64_t)r->total_ms + 60000;
    for (uint64_t waited = 0; waited < limit; waited += TICK_MS) {
        if (loop_run_until(l, once_is_done, o, TICK_MS))
            return RC_OK;
        if (r->tick)
            r->tick(r->tick_ctx);
    }
    (void)err_set(e, RC_TIMEOUT, "HTTP-054", "no answer in time");
    (void)err_fate(e, FATE_UNCERTAIN); /* returns the code set above */
    return RC_TIMEOUT;
}

enum rc client_run_once(const struct client_request *r, struct arena *a, struct client_result *res,
                        struct err *e)
{
    struct loop *l = NULL;
    struct client *c = NULL;
    struct client_call *call = NULL;
    struct once o = { .res = res };
    struct err why = { .code = RC_OK };
    *res = (struct client_result){ .rc = RC_BUG };
    enum rc rc = loop_new("client", NULL, &l, &why);
    if (rc == RC_OK)
        rc = client_new(l, &(struct client_conf){ .max_conns = 1 }, &c, &why);
    if (rc == RC_OK)
        rc = client_call(c, r, a, once_done, &o, &call, &why);
    if (rc == RC_OK)
        rc = wait_for(l, &o, r, &why);
    client_free(&c);
    loop_free(&l);
    if (!o.done) {
        res->rc = rc;
        res->err = why;
    }
    if (res->rc != RC_OK && e)
        *e = res->err;
    return res->rc;
}

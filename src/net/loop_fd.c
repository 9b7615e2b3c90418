/*
 * Watching descriptors of foreign libraries. The uv_poll_t must outlive the call that closes it,
 * so it is allocated here and freed in its close callback. Tests: loop_test.c
 */
#include "net/loop_int.h"

#include "base/alloc.h"

struct loop_fd {
    uv_poll_t h;
    struct list_node link; /* loop->fds, while watched */
    struct loop *loop;
    void (*fn)(void *ctx, unsigned ready); /* NULL: unwatched */
    void *ctx;
};

/* Ours and libuv's names for the same events. */
static const struct {
    unsigned ours;
    int uv;
} event_map[] = {
    { LOOP_READABLE, UV_READABLE },
    { LOOP_WRITABLE, UV_WRITABLE },
    { LOOP_HANGUP, UV_DISCONNECT },
};

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct loop_fd *f = h->data;
    unsigned ready = 0;
    for (size_t i = 0; i < ZS_COUNT(event_map); i++)
        if (events & event_map[i].uv)
            ready |= event_map[i].ours;
    if (status < 0)
        ready |= LOOP_READABLE | LOOP_WRITABLE | LOOP_FAILED;
    struct loop *l = f->loop;
    uint64_t t = loop_enter();
    f->fn(f->ctx, ready); /* may unwatch: f is freed later, by on_closed */
    loop_leave(l, t, "descriptor", 0);
}

static void on_closed(uv_handle_t *h)
{
    mem_free(h->data);
}

enum rc loop_fd_events(struct loop_fd *f, unsigned events, struct err *e)
{
    LOOP_ASSERT_CURRENT(f->loop);
    int wanted = 0;
    for (size_t i = 0; i < ZS_COUNT(event_map); i++)
        if (events & event_map[i].ours)
            wanted |= event_map[i].uv;
    int rc = wanted ? uv_poll_start(&f->h, wanted, on_poll) : uv_poll_stop(&f->h);
    if (rc != 0)
        return err_sys(e, "NET-002", loop_errno(rc), "cannot watch a descriptor");
    return RC_OK;
}

enum rc loop_fd_watch(struct loop *l, int fd, unsigned events,
                      void (*fn)(void *ctx, unsigned ready), void *ctx, struct loop_fd **out,
                      struct err *e)
{
    LOOP_ASSERT_CURRENT(l);
    struct loop_fd *f = mem_new(struct loop_fd);
    if (!f)
        return err_set(e, RC_NOMEM, "NET-009", "no memory to watch a descriptor");
    f->loop = l;
    f->fn = fn;
    f->ctx = ctx;
    int rc = uv_poll_init(&l->uv, &f->h, fd);
    if (rc != 0) {
        mem_free(f);
        return err_sys(e, "NET-002", loop_errno(rc), "cannot watch a descriptor");
    }
    f->h.data = f;
    list_push(&l->fds, &f->link);
    enum rc started = loop_fd_events(f, events, e);
    if (started != RC_OK) {
        loop_fd_unwatch(&f);
        return started;
    }
    *out = f;
    return RC_OK;
}

void loop_fd_unwatch(struct loop_fd **fp)
{
    struct loop_fd *f = *fp;
    *fp = NULL;
    if (!f)
        return;
    LOOP_ASSERT_CURRENT(f->loop);
    list_remove(&f->loop->fds, &f->link);
    f->fn = NULL;
    uv_close((uv_handle_t *)&f->h, on_closed); /* takes it out of epoll at once */
}

void loop_fds_close(struct loop *l)
{
    for (struct list_node *n = list_first(&l->fds); n; n = list_first(&l->fds)) {
        struct loop_fd *f = ZS_CONTAINER(n, struct loop_fd, link);
        loop_fd_unwatch(&f);
    }
}

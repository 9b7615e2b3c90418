/*
 * The streams of one loop: slots for ids, the list of what is open, the buffers they share. An id
 * is a serial number over 20 bits of slot, so it is never given twice and found in one step.
 * Tests: stream_test.c
 */
#include "net/stream_int.h"

#include "base/alloc.h"
#include "net/loop_int.h"

#define SLOT_BITS 20
#define SLOT_MASK ((uint64_t)STREAMS_MAX - 1)

_Static_assert(STREAMS_MAX == 1u << SLOT_BITS, "slots and id bits belong together");

enum rc stream_set_of(struct loop *l, struct stream_set **out, struct err *e)
{
    if (!l->streams) {
        struct stream_set *set = mem_new(struct stream_set);
        if (!set)
            return err_set(e, RC_NOMEM, "NET-009", "no memory for connections");
        list_init(&set->open);
        list_init(&set->listeners);
        set->next_serial = 1;
        l->streams = set;
    }
    *out = l->streams;
    return RC_OK;
}

/* Twice as many slots; the new ones on the stack of free ones, the lowest on top. */
static enum rc grow(struct stream_set *set, struct err *e)
{
    size_t n = set->n_slots ? set->n_slots * 2 : 64;
    if (n > STREAMS_MAX)
        return err_set(e, RC_LIMIT, "NET-042", "%u connections are open already", STREAMS_MAX);
    struct stream **slots = mem_grow(set->slots, n * sizeof(struct stream *));
    if (!slots)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a connection");
    set->slots = slots;
    uint32_t *free_slots = mem_grow(set->free_slots, n * sizeof *free_slots);
    if (!free_slots)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a connection");
    set->free_slots = free_slots;
    for (size_t i = n; i > set->n_slots; i--) {
        set->slots[i - 1] = NULL;
        set->free_slots[set->n_free++] = (uint32_t)(i - 1);
    }
    set->n_slots = n;
    return RC_OK;
}

static size_t or_default(size_t v, size_t dflt)
{
    return v ? v : dflt;
}

enum rc stream_new(struct loop *l, const struct stream_opts *opts, enum stream_state state,
                   struct stream **out, struct err *e)
{
    struct stream_set *set = NULL;
    enum rc rc = stream_set_of(l, &set, e);
    if (rc == RC_OK && set->n_free == 0)
        rc = grow(set, e);
    if (rc != RC_OK)
        return rc;
    struct stream *s = mem_new(struct stream);
    if (!s)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a connection");
    uint32_t slot = set->free_slots[--set->n_free];
    *s = (struct stream){ .magic = STREAM_MAGIC,
                          .state = state,
                          .fd = -1,
                          .loop = l,
                          .hook.fn = stream_on_hook,
                          .id = set->next_serial++ << SLOT_BITS | slot,
                          .opts = *opts };
    s->opts.write_max = or_default(opts->write_max, 1024 * 1024);
    s->opts.write_high = size_min(or_default(opts->write_high, 64 * 1024), s->opts.write_max);
    s->opts.handshake_ms = (uint32_t)or_default(opts->handshake_ms, 10000);
    s->opts.linger_ms = (uint32_t)or_default(opts->linger_ms, 2000);
    buf_init(&s->rest, STREAM_CHUNK);
    buf_init(&s->out, s->opts.write_max);
    set->slots[slot] = s;
    list_push(&set->open, &s->link);
    atomic_fetch_add_explicit(&l->n_streams, 1, memory_order_relaxed);
    *out = s;
    return RC_OK;
}

void stream_delete(struct stream *s)
{
    struct loop *l = s->loop;
    struct stream_set *set = l->streams;
    uint32_t slot = (uint32_t)(s->id & SLOT_MASK);
    ZS_ASSERT(s->magic == STREAM_MAGIC && set->slots[slot] == s);
    set->slots[slot] = NULL;
    set->free_slots[set->n_free++] = slot;
    list_remove(&set->open, &s->link);
    loop_hook_cancel(l, &s->hook);
    s->magic = 0;
    mem_free(s);
    atomic_fetch_sub_explicit(&l->n_streams, 1, memory_order_relaxed);
}

struct stream *stream_find(struct loop *l, stream_id id)
{
    LOOP_ASSERT_CURRENT(l);
    struct stream_set *set = l->streams;
    size_t slot = (size_t)(id & SLOT_MASK);
    if (!set || slot >= set->n_slots)
        return NULL;
    struct stream *s = set->slots[slot];
    return s && s->id == id && s->state <= STREAM_OPEN ? s : NULL;
}

void stream_set_abort_all(struct loop *l)
{
    struct stream_set *set = l->streams;
    if (!set)
        return;
    for (struct list_node *n = list_first(&set->open); n; n = list_next(&set->open, n))
        stream_abort(ZS_CONTAINER(n, struct stream, link));
    listeners_close_all(set);
}

void stream_set_free(struct loop *l)
{
    struct stream_set *set = l->streams;
    if (!set)
        return;
    ZS_ASSERT(list_is_empty(&set->open) && list_is_empty(&set->listeners));
    mem_free(set->slots);
    mem_free(set->free_slots);
    mem_free(set);
    l->streams = NULL;
}

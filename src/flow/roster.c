/*
 * Slots, their life on their loop, and the counted lists of them. Tests: engine_test.c
 */
#include "flow/roster_int.h"

#include "base/alloc.h"

#include <stdlib.h>

/* ---- slots -------------------------------------------------------------------------------- */

static void pause_on_loop(struct loop_post *p)
{
    struct slot *s = ZS_CONTAINER(p, struct slot, pause_post);
    atomic_store(&s->pause_posted, false);
    channel_pause(s->channel, atomic_load(&s->want_paused)); /* no matter once it drains */
    slot_unref(&s);
}

enum rc slot_new(const struct config_channel *conf, const struct lane_env *env,
                 struct slot_home *home, struct slot **out, struct err *e)
{
    struct slot *s = mem_new(struct slot);
    if (!s)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a channel");
    atomic_init(&s->refs, 1);
    s->home = home;
    s->pause_post.fn = pause_on_loop;
    enum rc rc = channel_new(conf, env, &s->channel, e);
    if (rc != RC_OK) {
        slot_unref(&s);
        return rc;
    }
    s->unit = config_unit_ref(conf->unit);
    *out = s;
    return RC_OK;
}

struct slot *slot_ref(struct slot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void slot_unref(struct slot **sp)
{
    struct slot *s = *sp;
    *sp = NULL;
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1)
        return;
    channel_free(&s->channel);
    if (s->unit)
        config_unit_unref(&s->unit);
    mem_free(s->backlog);
    mem_free(s);
}

void slot_start(struct slot *s)
{
    list_push(&s->home->live, &s->node);
    channel_start(s->channel, s->backlog);
    channel_pause(s->channel, atomic_load(&s->want_paused));
}

static void close_slot(struct commit_barrier *b)
{
    struct slot *s = ZS_CONTAINER(b, struct slot, barrier);
    channel_close(s->channel);
    list_remove(&s->home->live, &s->node);
    s->retired(s);
}

static void off_the_stack(struct loop_post *p)
{
    struct slot *s = ZS_CONTAINER(p, struct slot, post);
    s->barrier.fn = close_slot;
    committer_after(s->home->committer, &s->barrier);
}

static void channel_stopped(void *ctx)
{
    struct slot *s = ctx;
    s->post.fn = off_the_stack;
    loop_post(s->home->loop, &s->post);
}

void slot_retire(struct slot *s, uint32_t limit_ms, void (*retired)(struct slot *s))
{
    s->retired = retired;
    channel_stop(s->channel, limit_ms, channel_stopped, s);
}

void slot_pause(struct slot *s)
{
    if (atomic_exchange(&s->pause_posted, true))
        return;
    (void)slot_ref(s); /* the post's */
    loop_post(s->home->loop, &s->pause_post);
}

/* ---- rosters ------------------------------------------------------------------------------ */

enum rc roster_new(size_t cap, struct roster **out, struct err *e)
{
    struct roster *r = mem_new(struct roster);
    struct slot **slots = mem_array(struct slot *, cap > 0 ? cap : 1);
    if (!r || !slots) {
        mem_free(r);
        mem_free(slots);
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the list of channels");
    }
    atomic_init(&r->refs, 1);
    r->slots = slots;
    r->cap = cap;
    *out = r;
    return RC_OK;
}

struct roster *roster_ref(struct roster *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

void roster_unref(struct roster **rp)
{
    struct roster *r = *rp;
    *rp = NULL;
    if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < r->n; i++)
        slot_unref(&r->slots[i]);
    mem_free(r->slots);
    mem_free(r);
}

void roster_add(struct roster *r, struct slot *s)
{
    ZS_ASSERT(r->n < r->cap);
    r->slots[r->n++] = s;
}

static struct str name_of(const struct slot *s)
{
    return channel_conf(s->channel)->name;
}

static int by_name(const void *a, const void *b)
{
    const struct slot *const *x = a;
    const struct slot *const *y = b;
    return str_cmp(name_of(*x), name_of(*y));
}

void roster_sort(struct roster *r)
{
    qsort(r->slots, r->n, sizeof *r->slots, by_name);
}

struct slot *roster_slot(const struct roster *r, struct str name)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(name, name_of(r->slots[mid]));
        if (order == 0)
            return r->slots[mid];
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

size_t roster_n(const struct roster *r)
{
    return r->n;
}

struct channel *roster_channel(const struct roster *r, size_t i)
{
    ZS_ASSERT(i < r->n);
    return r->slots[i]->channel;
}

struct channel *roster_find(const struct roster *r, struct str name)
{
    const struct slot *s = roster_slot(r, name);
    return s ? s->channel : NULL;
}

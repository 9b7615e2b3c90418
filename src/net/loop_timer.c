/*
 * Timers: an intrusive pairing heap. Starting is O(1), stopping any of them O(log n) amortised,
 * and none of it allocates, which is why a timer can live in whatever it times and cannot fail to
 * start. Ties expire in the order they were started. Tests: loop_test.c
 */
#include "net/loop_int.h"

static bool before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due_mono != b->due_mono ? a->due_mono < b->due_mono : a->seq < b->seq;
}

/* Two trees into one; the later root becomes the first child of the earlier one. */
static struct loop_timer *meld(struct loop_timer *a, struct loop_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (before(b, a)) {
        struct loop_timer *t = a;
        a = b;
        b = t;
    }
    b->prev = a; /* the first child's prev is its parent, a later one's its left sibling */
    b->sibling = a->child;
    if (a->child)
        a->child->prev = b;
    a->child = b;
    return a;
}

/* A list of siblings into one tree: in pairs from the left, then the pairs from the right. */
static struct loop_timer *meld_list(struct loop_timer *first)
{
    struct loop_timer *pairs = NULL;
    while (first) {
        struct loop_timer *a = first, *b = a->sibling;
        first = b ? b->sibling : NULL;
        a->sibling = a->prev = NULL;
        if (b)
            b->sibling = b->prev = NULL;
        a = meld(a, b);
        a->sibling = pairs;
        pairs = a;
    }
    struct loop_timer *root = NULL;
    while (pairs) {
        struct loop_timer *next = pairs->sibling;
        pairs->sibling = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void take_out(struct loop *l, struct loop_timer *t)
{
    if (t == l->timers) {
        l->timers = meld_list(t->child);
    } else {
        if (t->prev->child == t)
            t->prev->child = t->sibling;
        else
            t->prev->sibling = t->sibling;
        if (t->sibling)
            t->sibling->prev = t->prev;
        l->timers = meld(l->timers, meld_list(t->child));
    }
    t->child = t->sibling = t->prev = NULL;
    t->loop = NULL;
}

void loop_timer_start_impl(struct loop *l, struct loop_timer *t, uint64_t ms,
                           void (*fn)(struct loop_timer *t), const char *file, int line)
{
    LOOP_ASSERT_CURRENT(l);
    if (t->loop)
        take_out(l, t);
    uint64_t ns = 0;
    if (__builtin_mul_overflow(ms, 1000000u, &ns) ||
        __builtin_add_overflow(ns, clock_mono_ns(l->clock), &ns))
        ns = UINT64_MAX;
    *t = (struct loop_timer){ .fn = fn,
                              .due_mono = ns ? ns : 1, /* 0 means "no timer" in loop_timers_due */
                              .seq = l->timer_seq++,
                              .loop = l,
                              .file = file,
                              .line = line };
    l->timers = meld(l->timers, t);
}

void loop_timer_stop(struct loop_timer *t)
{
    if (!t->loop)
        return;
    LOOP_ASSERT_CURRENT(t->loop);
    take_out(t->loop, t);
}

void loop_timers_run(struct loop *l)
{
    if (!l->timers)
        return;
    uint64_t now = clock_mono_ns(l->clock);
    uint64_t until = l->timer_seq; /* one that restarts itself with 0 ms waits for the next round */
    while (l->timers && l->timers->due_mono <= now && l->timers->seq < until) {
        struct loop_timer *t = l->timers;
        const char *file = t->file;
        int line = t->line;
        take_out(l, t);
        uint64_t entered = loop_enter();
        t->fn(t); /* t may be gone now */
        loop_leave(l, entered, file, line);
    }
}

uint64_t loop_timers_due(const struct loop *l)
{
    return l->timers ? l->timers->due_mono : 0;
}

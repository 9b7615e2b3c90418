/*
 * Chunked bump allocation. The arena's own struct lives in its first chunk, so a small message
 * costs one malloc. Tests: arena_test.c
 */
#include "base/arena.h"

#include "base/alloc.h"

#include <stdalign.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n)   ((void)0)
#define UNPOISON(p, n) ((void)0)
#endif

#define ARENA_MAGIC   0x5a41524eu
#define FIRST_DEFAULT 4096
#define CHUNK_MAX     (256 * 1024)
#define ALIGN         alignof(max_align_t)

struct chunk {
    struct chunk *prev;
    size_t cap; /* bytes after the header */
    size_t used;
    alignas(max_align_t) char data[];
};

struct arena {
    unsigned magic;
    bool sealed;
    bool wipe;
    const char *name;
    size_t limit;
    size_t total;
    size_t next; /* size of the next chunk to ask for */
    struct chunk *top;
    struct chunk *first;
};

static size_t align_up(size_t n)
{
    return (n + (ALIGN - 1)) & ~(ALIGN - 1);
}

struct arena *arena_new(const char *name, size_t first, size_t limit)
{
    size_t size = size_max(first ? first : FIRST_DEFAULT,
                           sizeof(struct chunk) + align_up(sizeof(struct arena)) + 64);
    struct chunk *c = mem_alloc(size);
    if (!c)
        return NULL;
    c->prev = NULL;
    c->cap = size - sizeof(struct chunk);
    struct arena *a = (struct arena *)(void *)c->data;
    c->used = align_up(sizeof *a);
    *a = (struct arena){ .magic = ARENA_MAGIC,
                         .name = name,
                         .limit = limit,
                         .total = size,
                         .next = size_min(size * 2, CHUNK_MAX),
                         .top = c,
                         .first = c };
    POISON(c->data + c->used, c->cap - c->used);
    return a;
}

static void chunk_free(struct arena *a, struct chunk *c)
{
    UNPOISON(c->data, c->cap);
    if (a->wipe)
        mem_wipe(c->data, c->cap);
    mem_free(c);
}

/* Give back every chunk above `keep`. */
static void drop_above(struct arena *a, const struct chunk *keep)
{
    while (a->top != keep) {
        struct chunk *c = a->top;
        a->top = c->prev;
        a->total -= sizeof *c + c->cap;
        chunk_free(a, c);
    }
}

void arena_free(struct arena **ap)
{
    struct arena *a = *ap;
    if (!a)
        return;
    ZS_ASSERT(a->magic == ARENA_MAGIC);
    *ap = NULL;
    drop_above(a, a->first);
    a->magic = 0;
    struct chunk *c = a->first;
    bool wipe = a->wipe;
    UNPOISON(c->data, c->cap);
    if (wipe)
        mem_wipe(c->data, c->cap);
    mem_free(c);
}

static bool add_chunk(struct arena *a, size_t n)
{
    size_t size = 0;
    if (!size_add(n, sizeof(struct chunk), &size))
        return false;
    size = size_max(size, a->next);
    if (a->total >= a->limit || size > a->limit - a->total) {
        /* the last stretch before the limit: only what is needed */
        if (a->total >= a->limit || n + sizeof(struct chunk) > a->limit - a->total)
            return false;
        size = n + sizeof(struct chunk);
    }
    struct chunk *c = mem_alloc(size);
    if (!c)
        return false;
    c->prev = a->top;
    c->cap = size - sizeof *c;
    c->used = 0;
    POISON(c->data, c->cap);
    a->top = c;
    a->total += size;
    a->next = size_min(a->next * 2, CHUNK_MAX);
    return true;
}

void *arena_raw(struct arena *a, size_t n)
{
    ZS_ASSERT(a->magic == ARENA_MAGIC && !a->sealed);
    if (n > SIZE_MAX - ALIGN)
        return NULL;
    size_t need = align_up(n ? n : 1);
    if (need > a->top->cap - a->top->used && !add_chunk(a, need))
        return NULL;
    void *p = a->top->data + a->top->used;
    a->top->used += need;
    UNPOISON(p, n ? n : 1);
    return p;
}

void *arena_zero(struct arena *a, size_t n)
{
    void *p = arena_raw(a, n);
    if (p)
        memset(p, 0, n);
    return p;
}

void *arena_zero_array(struct arena *a, size_t size, size_t n)
{
    size_t total = 0;
    if (!size_mul(size, n, &total))
        return NULL;
    return arena_zero(a, total);
}

void *arena_grow(struct arena *a, void *p, size_t old, size_t n)
{
    if (p && n > SIZE_MAX - ALIGN)
        return NULL;
    struct chunk *c = a->top;
    size_t old_need = align_up(old ? old : 1);
    if (p && c->used >= old_need && (char *)p == c->data + c->used - old_need) {
        size_t at = c->used - old_need;
        size_t need = align_up(n ? n : 1);
        if (need <= c->cap - at) {
            ZS_ASSERT(!a->sealed);
            c->used = at + need;
            UNPOISON(p, n ? n : 1);
            return p;
        }
    }
    void *q = arena_raw(a, n);
    if (q && p)
        memcpy(q, p, size_min(old, n));
    return q;
}

struct str arena_str(struct arena *a, struct str s)
{
    const char *p = arena_z(a, s);
    return p ? (struct str){ p, s.n } : STR_NULL;
}

char *arena_z(struct arena *a, struct str s)
{
    if (s.n == SIZE_MAX)
        return NULL;
    char *p = arena_raw(a, s.n + 1);
    if (!p)
        return NULL;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){ .chunk = a->top, .used = a->top->used, .total = a->total };
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    ZS_ASSERT(a->magic == ARENA_MAGIC && !a->sealed);
    drop_above(a, mark.chunk);
    ZS_ASSERT(a->top->used >= mark.used && a->total == mark.total);
    if (a->wipe) {
        UNPOISON(a->top->data + mark.used, a->top->used - mark.used);
        mem_wipe(a->top->data + mark.used, a->top->used - mark.used);
    }
    a->top->used = mark.used;
    POISON(a->top->data + a->top->used, a->top->cap - a->top->used);
}

void arena_clear(struct arena *a)
{
    ZS_ASSERT(a->magic == ARENA_MAGIC && !a->sealed);
    drop_above(a, a->first);
    struct arena_mark empty = { .chunk = a->first, .used = align_up(sizeof *a), .total = a->total };
    arena_rewind(a, empty);
    a->next = size_min(a->total * 2, CHUNK_MAX);
}

void arena_seal(struct arena *a)
{
    ZS_ASSERT(a->magic == ARENA_MAGIC);
    a->sealed = true;
}

size_t arena_size(const struct arena *a)
{
    return a->total;
}

void arena_wipe_on_free(struct arena *a)
{
    a->wipe = true;
}

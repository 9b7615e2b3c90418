/*
 * Growing buffer with a ceiling and a sticky failure. Tests: buf_test.c
 */
#include "base/buf.h"

#include "base/alloc.h"

#define FIRST_CAP 64

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_init_arena(struct buf *b, struct arena *a, size_t max)
{
    *b = (struct buf){ .max = max, .arena = a };
}

void buf_done(struct buf *b)
{
    if (!b->arena)
        mem_free(b->p);
    *b = (struct buf){ .max = b->max, .arena = b->arena };
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = RC_OK;
}

static bool grow(struct buf *b, size_t need)
{
    size_t cap = size_min(size_max(size_max(b->cap * 2, FIRST_CAP), need), b->max);
    char *p = b->arena ? arena_grow(b->arena, b->p, b->cap, cap) : mem_grow(b->p, cap);
    if (!p) {
        b->failed = RC_NOMEM;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

char *buf_room(struct buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (n > b->max - b->n) {
        b->failed = RC_LIMIT;
        return NULL;
    }
    if (n > b->cap - b->n && !grow(b, b->n + n))
        return NULL;
    return b->p ? b->p + b->n : NULL;
}

void buf_added(struct buf *b, size_t n)
{
    ZS_ASSERT(n <= b->cap - b->n);
    b->n += n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    char *to = buf_room(b, n);
    if (!to)
        return;
    memcpy(to, p, n);
    b->n += n;
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_z(struct buf *b, const char *z)
{
    buf_add(b, z, strlen(z));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_fill(struct buf *b, char c, size_t n)
{
    if (n == 0)
        return;
    char *to = buf_room(b, n);
    if (!to)
        return;
    memset(to, c, n);
    b->n += n;
}

void buf_u64(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_add(b, digits + at, sizeof digits - at);
}

void buf_i64(struct buf *b, int64_t v)
{
    if (v < 0)
        buf_char(b, '-');
    buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_hex(struct buf *b, const void *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *byte = p;
    size_t want = 0;
    if (!size_mul(n, 2, &want)) {
        b->failed = RC_LIMIT;
        return;
    }
    if (n == 0)
        return;
    char *to = buf_room(b, want);
    if (!to)
        return;
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = hex[byte[i] >> 4];
        to[2 * i + 1] = hex[byte[i] & 15];
    }
    b->n += want;
}

void buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    char shortcut[256];
    int n = vsnprintf(shortcut, sizeof shortcut, fmt, ap);
    size_t need = n > 0 ? (size_t)n : 0;
    if (need < sizeof shortcut) {
        buf_add(b, shortcut, need);
    } else {
        /* vsnprintf writes a terminator, so ask for one byte more and do not claim it */
        char *to = buf_room(b, need + 1);
        if (to) {
            (void)vsnprintf(to, need + 1, fmt, again); /* length known from the first run */
            b->n += need;
        }
    }
    va_end(again);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(b, fmt, ap);
    va_end(ap);
}

void buf_eat(struct buf *b, size_t n)
{
    ZS_ASSERT(n <= b->n);
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

void buf_cut(struct buf *b, size_t n)
{
    b->n = size_min(b->n, n);
}

const char *buf_cstr(struct buf *b)
{
    char *end = buf_room(b, 1);
    if (!end)
        return NULL;
    *end = '\0';
    return b->p;
}

enum rc buf_rc(const struct buf *b, struct err *e)
{
    if (b->failed == RC_LIMIT)
        return err_set(e, RC_LIMIT, "BASE-001", "result is larger than its limit of %zu bytes",
                       b->max);
    if (b->failed)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    return RC_OK;
}

/*
 * Growing byte buffer, born with a ceiling.
 *
 * Append freely and check once: an append that does not fit (the ceiling, or no memory) sets
 * `failed`, leaves the contents as they were, and every later append does nothing. buf_rc() then
 * tells RC_LIMIT or RC_NOMEM. buf_clear() forgives.
 *
 *   buf_init ── append … ── buf_str / buf_take ── buf_done
 *
 * A buffer over an arena (buf_init_arena) takes its memory there: buf_done is not needed, and its
 * contents live as long as the arena.
 *
 * The contents are not terminated unless buf_z() is asked for them.
 */
#ifndef ZS_BASE_BUF_H
#define ZS_BASE_BUF_H

#include "base/arena.h"
#include "base/err.h"

#include <stdarg.h>

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    struct arena *arena; /* NULL: the allocator */
    enum rc failed;      /* RC_OK, RC_LIMIT or RC_NOMEM */
};

void buf_init(struct buf *b, size_t max);
void buf_init_arena(struct buf *b, struct arena *a, size_t max);

/* Frees and leaves an empty, usable buffer of the same ceiling. */
void buf_done(struct buf *b);

/* Empty, keep the memory, forgive a failure. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_z(struct buf *b, const char *z);
void buf_char(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t n);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);

/* Lower-case hexadecimal of n bytes. */
void buf_hex(struct buf *b, const void *p, size_t n);

/*
 * For text of ours; never to build JSON, SQL, HL7 or HTTP out of foreign parts. A text over 255
 * bytes needs one byte of room more than it has.
 */
void buf_fmt(struct buf *b, const char *fmt, ...) ZS_PRINTF(2, 3);
void buf_vfmt(struct buf *b, const char *fmt, va_list ap) ZS_PRINTF(2, 0);

/*
 * Room for at least n more bytes at p + n, to be filled by the caller and then claimed with
 * buf_added(). NULL (and failed) when there is none.
 */
char *buf_room(struct buf *b, size_t n) ZS_CHECK;
void buf_added(struct buf *b, size_t n);

/* Drop n bytes at the front (the rest moves down). */
void buf_eat(struct buf *b, size_t n);

/* Cut to n bytes; n over the length does nothing. */
void buf_cut(struct buf *b, size_t n);

/* Borrowed until the next append, clear or done. */
static inline struct str buf_view(const struct buf *b)
{
    return (struct str){ b->p, b->n };
}

/* The contents with a NUL behind; NULL when that does not fit. Borrowed likewise. */
const char *buf_cstr(struct buf *b) ZS_CHECK;

/* RC_OK, or the sticky failure as an error (id BASE-001 over the ceiling, BASE-002 no memory). */
enum rc buf_rc(const struct buf *b, struct err *e) ZS_CHECK;

#endif

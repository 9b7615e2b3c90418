/*
 * Arena: memory with one lifetime and a limit. Everything taken from it goes when it goes.
 *
 *   arena_new ── make/raw/str … ── mark ── … ── rewind ── … ── arena_free
 *                                   └ memory taken after the mark is given back
 *
 * One arena per message (freed when the message's last delivery is settled), one per connection,
 * one per configuration. The limit counts every byte asked of the allocator, so a hostile input
 * ends in RC_NOMEM for its own message and nowhere else.
 *
 * Invariants: blocks are aligned for any type; arena_make zeroes, arena_raw does not; a failed
 * request leaves the arena usable. Under ASan the unused part is poisoned.
 *
 * Thread  one at a time; a sealed arena (arena_seal) may be read from any, allocation then asserts.
 */
#ifndef ZS_BASE_ARENA_H
#define ZS_BASE_ARENA_H

#include "base/str.h"

struct arena;

struct arena_mark {
    void *chunk;
    size_t used;
    size_t total;
};

/*
 * name    static string, for the memory report
 * first   size of the first block, which also holds the arena itself; 0 = 4 KB. Later ones double.
 * limit   bytes in all
 * Returns NULL when there is no memory.
 */
struct arena *arena_new(const char *name, size_t first, size_t limit) ZS_CHECK;

/* Frees everything and nulls the pointer; NULL inside is fine. */
void arena_free(struct arena **a);

/* n bytes, uninitialised / zeroed. NULL when the limit or the allocator says no. */
void *arena_raw(struct arena *a, size_t n) ZS_CHECK;
void *arena_zero(struct arena *a, size_t n) ZS_CHECK;

/* n zeroed objects of type T; NULL on overflow too. */
#define arena_make(a, T, n) ((T *)arena_zero_array((a), sizeof(T), (n)))

void *arena_zero_array(struct arena *a, size_t size, size_t n) ZS_CHECK;

/*
 * Grow the block p of `old` bytes to `n` bytes, in place when it is the newest, else by copy (the
 * old block stays until the arena goes). Contents up to `old` are kept. NULL: p stays valid.
 */
void *arena_grow(struct arena *a, void *p, size_t old, size_t n) ZS_CHECK;

/* A copy of s, with a NUL behind it that does not count. {NULL,0} when there is no memory. */
struct str arena_str(struct arena *a, struct str s);

/* The same as a terminated string; NULL when there is no memory. NUL inside s stays inside. */
char *arena_z(struct arena *a, struct str s) ZS_CHECK;

struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Empty it but keep the first block, for reuse. */
void arena_clear(struct arena *a);

/* From here on read-only; see Thread above. */
void arena_seal(struct arena *a);

/* Bytes taken from the allocator so far. */
size_t arena_size(const struct arena *a);

/* Clears every block before giving it back: for secrets. Set right after arena_new. */
void arena_wipe_on_free(struct arena *a);

#endif

/*
 * The one door to the allocator. Only arenas, buffers and adaptors for foreign libraries use it;
 * everything else takes memory from an arena (arena.h) or a buffer (buf.h).
 *
 * Fault injection: after mem_fail_at(k) the k-th allocation from then on (1 = the next) fails,
 * once, in the calling thread; 0 switches it off. Tests walk k upward until nothing fails any more
 * and look for leaks each time.
 *
 * Thread  any.
 */
#ifndef ZS_BASE_ALLOC_H
#define ZS_BASE_ALLOC_H

#include "base/defs.h"

/* n bytes, not cleared, aligned for any type; NULL when there are none. n = 0 gives a 1-byte block.
 */
void *mem_alloc(size_t n) ZS_CHECK;

/* n zeroed bytes. */
void *mem_zero(size_t n) ZS_CHECK;

/* Grow or shrink; on failure NULL and the old block stays valid. p may be NULL. */
void *mem_grow(void *p, size_t n) ZS_CHECK;

/* NULL is fine. */
void mem_free(void *p);

/* mem_zero for one T or n of them; NULL on overflow too. */
#define mem_new(T)      ((T *)mem_zero(sizeof(T)))
#define mem_array(T, n) ((T *)mem_zero_array(sizeof(T), (n)))

void *mem_zero_array(size_t size, size_t n) ZS_CHECK;

/* Overwrite with zeros in a way the compiler may not remove. For secrets, before mem_free. */
void mem_wipe(void *p, size_t n);

void mem_fail_at(size_t k);
size_t mem_fail_left(void); /* 0 once the armed failure happened or none is armed */

#endif

/*
 * Growing arrays in an arena: room for one more element, doubling. The old array stays in the arena
 * until that goes, so this is for arrays that end with their arena. Thread  the arena's owner.
 */
#ifndef ZS_STORE_VEC_H
#define ZS_STORE_VEC_H

#include "base/arena.h"

/*
 * The array of *cap elements of `size` bytes, n of them used, with room for another. NULL when
 * there is no memory; then the old one stays valid.
 */
static inline void *vec_room(struct arena *a, void *p, size_t size, size_t n, size_t *cap)
{
    size_t more = size_max(*cap * 2, 8);
    size_t bytes = 0;
    if (n < *cap)
        return p;
    if (!size_mul(more, size, &bytes))
        return NULL;
    void *q = arena_grow(a, p, *cap * size, bytes);
    if (q)
        *cap = more;
    return q;
}

#endif

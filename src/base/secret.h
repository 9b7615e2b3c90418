/*
 * Secrets: bytes that are compared in constant time, wiped when done with, and never formatted.
 * struct secret is a type of its own so that a log field, an error text or a JSON writer does not
 * take one by accident; secret_bytes() is the one way in, easy to search for.
 *
 * The bytes live in an arena with arena_wipe_on_free, or in a place wiped by mem_wipe.
 *
 * Thread  any.
 */
#ifndef ZS_BASE_SECRET_H
#define ZS_BASE_SECRET_H

#include "base/arena.h"
#include "base/err.h"

struct secret {
    const char *p;
    size_t n;
};

#define SECRET_NONE ((struct secret){ NULL, 0 })

/* A copy in `a`, which wipes when it goes. RC_NOMEM BASE-002. */
enum rc secret_copy(struct arena *a, struct str s, struct secret *out, struct err *e) ZS_CHECK;

/* For handing to the library that needs it. Borrows. */
static inline struct str secret_bytes(struct secret s)
{
    return (struct str){ s.p, s.n };
}

/* Equal? The time depends on the length of `given` only, not on where they differ. */
bool secret_eq(struct secret known, struct str given);

#endif

/*
 * strmap: hash map from struct str to a pointer. Open addressing, at most 3/4 full, with a ceiling
 * on entries. (The name leaves `map_` to the mapping folder.)
 *
 * Keys are borrowed: their bytes must live as long as the entry. Values are never NULL (asserted).
 * Order of iteration is not defined; sort what a person or a test will see.
 *
 *   strmap_init ── put / get / take / next ── strmap_done
 *
 * Over an arena strmap_done is not needed, and each doubling leaves the old table to the arena.
 * Keys that come from outside can be chosen to collide: give such a map a secret key
 * (strmap_init_keyed).
 *
 * Thread  one at a time.
 */
#ifndef ZS_BASE_MAP_H
#define ZS_BASE_MAP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

struct strmap_slot;

struct strmap {
    struct strmap_slot *slots;
    size_t cap; /* a power of two, or 0 */
    size_t n;   /* entries */
    size_t max;
    struct arena *arena; /* NULL: the allocator */
    struct hash_key key;
};

/* a NULL: the allocator, then strmap_done frees. max: entries. */
void strmap_init(struct strmap *m, struct arena *a, size_t max);
void strmap_init_keyed(struct strmap *m, struct arena *a, size_t max, const struct hash_key *key);
void strmap_done(struct strmap *m);

/* Empty, keep the table. */
void strmap_clear(struct strmap *m);

/*
 * Add, or replace the value of an equal key (the first key's bytes stay).
 * Returns  RC_LIMIT  BASE-009, max entries reached
 *          RC_NOMEM  BASE-002
 */
enum rc strmap_put(struct strmap *m, struct str key, void *value, struct err *e) ZS_CHECK;

/* NULL when absent. */
void *strmap_get(const struct strmap *m, struct str key);

/* Remove; the value, or NULL when it was not there. */
void *strmap_take(struct strmap *m, struct str key);

/*
 * Step through: start with *it = 0; false at the end. Nothing may be put meanwhile. key and value
 * may be NULL where not wanted.
 */
bool strmap_next(const struct strmap *m, size_t *it, struct str *key, void **value);

#endif

/*
 * Hash map with linear probing. Removal moves later entries of the same run back, so there are no
 * tombstones and a lookup always ends at the first empty slot. Tests: map_test.c
 */
#include "base/map.h"

#include "base/alloc.h"

#define CAP_MIN 8

struct strmap_slot {
    struct str key;
    void *value; /* NULL: empty */
    uint64_t hash;
};

void strmap_init(struct strmap *m, struct arena *a, size_t max)
{
    *m = (struct strmap){ .arena = a, .max = max };
}

void strmap_init_keyed(struct strmap *m, struct arena *a, size_t max, const struct hash_key *key)
{
    *m = (struct strmap){ .arena = a, .max = max, .key = *key };
}

void strmap_done(struct strmap *m)
{
    if (!m->arena)
        mem_free(m->slots);
    *m = (struct strmap){ .arena = m->arena, .max = m->max, .key = m->key };
}

void strmap_clear(struct strmap *m)
{
    for (size_t i = 0; i < m->cap; i++)
        m->slots[i] = (struct strmap_slot){ .value = NULL };
    m->n = 0;
}

/* The slot holding the key, or the empty one where it belongs. cap > 0. */
static struct strmap_slot *find(const struct strmap *m, struct str key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->cap - 1);
    while (m->slots[i].value && (m->slots[i].hash != hash || !str_eq(m->slots[i].key, key)))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static bool grow(struct strmap *m)
{
    struct strmap_slot *old = m->slots;
    size_t old_cap = m->cap;
    size_t cap = CAP_MIN;
    if (old_cap && !size_mul(old_cap, 2, &cap))
        return false;
    struct strmap_slot *slots = m->arena ? arena_make(m->arena, struct strmap_slot, cap)
                                         : mem_array(struct strmap_slot, cap);
    if (!slots)
        return false;
    m->slots = slots;
    m->cap = cap;
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].value)
            *find(m, old[i].key, old[i].hash) = old[i];
    if (!m->arena)
        mem_free(old);
    return true;
}

enum rc strmap_put(struct strmap *m, struct str key, void *value, struct err *e)
{
    ZS_ASSERT(value != NULL);
    uint64_t hash = hash_sip64(&m->key, key);
    struct strmap_slot *slot = m->cap ? find(m, key, hash) : NULL;
    if (slot && slot->value) {
        slot->value = value;
        return RC_OK;
    }
    if (m->n >= m->max)
        return err_set(e, RC_LIMIT, "BASE-009", "more than %zu entries", m->max);
    if (!slot || m->n >= m->cap / 4 * 3) {
        if (!grow(m))
            return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
        slot = find(m, key, hash);
    }
    *slot = (struct strmap_slot){ .key = key, .value = value, .hash = hash };
    m->n++;
    return RC_OK;
}

void *strmap_get(const struct strmap *m, struct str key)
{
    return m->cap ? find(m, key, hash_sip64(&m->key, key))->value : NULL;
}

/* Fill the hole at `hole` with the entries behind it that may stand there. */
static void close_hole(struct strmap *m, size_t hole)
{
    size_t mask = m->cap - 1;
    for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t home = (size_t)m->slots[i].hash & mask;
        /* its way from home to i leads over the hole: it may move there */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct strmap_slot){ .value = NULL };
}

void *strmap_take(struct strmap *m, struct str key)
{
    if (!m->cap)
        return NULL;
    struct strmap_slot *slot = find(m, key, hash_sip64(&m->key, key));
    void *value = slot->value;
    if (!value)
        return NULL;
    close_hole(m, (size_t)(slot - m->slots));
    m->n--;
    return value;
}

bool strmap_next(const struct strmap *m, size_t *it, struct str *key, void **value)
{
    while (*it < m->cap) {
        const struct strmap_slot *slot = &m->slots[(*it)++];
        if (!slot->value)
            continue;
        if (key)
            *key = slot->key;
        if (value)
            *value = slot->value;
        return true;
    }
    return false;
}

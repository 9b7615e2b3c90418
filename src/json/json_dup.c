/*
 * Names used twice. The reader's filter settles it for most objects; this looks at the rest by
 * sorting an index, so that no choice of names makes it quadratic. Tests: json_parse_test.c
 */
#include "json/json_int.h"

#define DROPPED 0x80u /* struct json .flags, only inside this file */

struct entry {
    uint64_t hash; /* FNV-1a: spreads, and need do no more, as equal hashes compare names */
    struct json *v;
};

static uint64_t name_hash(struct str name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

static int compare(const struct entry *a, const struct entry *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return str_cmp(json_name(a->v), json_name(b->v));
}

/* Two sorted runs into one; of equal ones those of `a` first, so the text's order stays. */
static void merge(const struct entry *a, size_t n_a, const struct entry *b, size_t n_b,
                  struct entry *out)
{
    while (n_a > 0 && n_b > 0) {
        bool from_a = compare(a, b) <= 0;
        *out++ = from_a ? *a++ : *b++;
        n_a -= from_a;
        n_b -= !from_a;
    }
    memcpy(out, n_a ? a : b, (n_a + n_b) * sizeof *out);
}

/*
 * Merge sort from the bottom: n log n whatever the names, and it goes through memory in order,
 * which for a million names is several times as fast as a heap. Returns `v` or `spare`.
 */
static struct entry *sort(struct entry *v, struct entry *spare, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t n_a = size_min(width, n - at);
            size_t n_b = size_min(width, n - at - n_a);
            merge(v + at, n_a, v + at + n_a, n_b, spare + at);
        }
        struct entry *sorted = spare;
        spare = v;
        v = sorted;
    }
    return v;
}

static struct entry *index_of(const struct json *box, struct arena *scratch)
{
    struct entry *entries = arena_make(scratch, struct entry, 2 * (size_t)box->n);
    if (!entries)
        return NULL;
    struct json *v = json_first(box);
    for (uint32_t i = 0; i < box->n; i++, v = v->next)
        entries[i] = (struct entry){ name_hash(json_name(v)), v };
    return sort(entries, entries + box->n, box->n);
}

/* Of all members that have the name of an earlier one, the first in the text. */
static const struct json *first_second(const struct entry *entries, size_t n)
{
    const struct json *found = NULL;
    for (size_t i = 1; i < n; i++)
        if (compare(&entries[i - 1], &entries[i]) == 0 &&
            (!found || entries[i].v->name_pos < found->name_pos))
            found = entries[i].v;
    return found;
}

static void drop_earlier(struct json *box, const struct entry *entries)
{
    for (size_t i = 1; i < box->n; i++)
        if (compare(&entries[i - 1], &entries[i]) == 0)
            entries[i - 1].v->flags |= DROPPED;
    uint32_t n = box->n;
    struct json *v = json_first(box);
    box->last = NULL;
    box->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct json *next = v->next;
        if (!(v->flags & DROPPED))
            json_link(box, v);
        v = next;
    }
}

enum rc json_dup_check(struct json *box, enum json_dup dup, struct arena *scratch,
                       const struct json **second)
{
    struct arena_mark mark = arena_mark(scratch);
    struct entry *entries = index_of(box, scratch);
    if (!entries)
        return RC_NOMEM;
    if (dup == JSON_DUP_REJECT)
        *second = first_second(entries, box->n);
    else
        drop_earlier(box, entries);
    arena_rewind(scratch, mark);
    return RC_OK;
}

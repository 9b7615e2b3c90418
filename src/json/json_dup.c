/*
 * Names used twice. The reader's filter settles it for most objects; this looks at the rest by
 * sorting an index, so that no choice of names makes it quadratic. Tests: json_parse_test.c
 */
#include "json/json_int.h"

#define DROPPED 0x80u /* struct json .flags, only inside this file */

struct entry {
    uint64_t hash; /* FNV-1a: spreads, and need do no more, as equal hashes compare names */
    uint32_t order;
    struct json *v;
};

static uint64_t name_hash(struct str name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

static int compare_names(const struct entry *a, const struct entry *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return str_cmp(json_name(a->v), json_name(b->v));
}

static bool comes_before(const struct entry *a, const struct entry *b)
{
    int c = compare_names(a, b);
    return c < 0 || (c == 0 && a->order < b->order);
}

static void sift_down(struct entry *heap, size_t at, size_t n)
{
    struct entry moving = heap[at];
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && comes_before(&heap[child], &heap[child + 1]))
            child++;
        if (!comes_before(&moving, &heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

/* Heap sort: in place and n log n at worst. */
static void sort(struct entry *entries, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(entries, i, n);
    for (size_t i = n; i-- > 1;) {
        struct entry top = entries[0];
        entries[0] = entries[i];
        entries[i] = top;
        sift_down(entries, 0, i);
    }
}

static struct entry *index_of(const struct json *box, struct arena *scratch)
{
    struct entry *entries = arena_make(scratch, struct entry, box->n);
    if (!entries)
        return NULL;
    struct json *v = json_first(box);
    for (uint32_t i = 0; i < box->n; i++, v = v->next)
        entries[i] = (struct entry){ name_hash(json_name(v)), i, v };
    sort(entries, box->n);
    return entries;
}

/* Of all members that have the name of an earlier one, the first in the text. */
static const struct json *first_second(const struct entry *entries, size_t n)
{
    const struct entry *found = NULL;
    for (size_t i = 1; i < n; i++)
        if (compare_names(&entries[i - 1], &entries[i]) == 0 &&
            (!found || entries[i].order < found->order))
            found = &entries[i];
    return found ? found->v : NULL;
}

static void drop_earlier(struct json *box, const struct entry *entries)
{
    for (size_t i = 1; i < box->n; i++)
        if (compare_names(&entries[i - 1], &entries[i]) == 0)
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

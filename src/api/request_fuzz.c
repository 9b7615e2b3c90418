/*
 * What a request brings beside its body, of whatever bytes: the query by every route's table, the
 * conditions, the cursors. No crash; a cursor that is taken comes out of its reading the same.
 */
#include "api/api_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_queries(struct str in, struct arena *a)
{
    for (size_t i = 0; i < api_n_resources; i++)
        for (size_t k = 0; k < api_resources[i]->n; k++) {
            const struct api_route *r = &api_resources[i]->v[k];
            const void *out = NULL;
            struct err e;
            if (r->params && api_read_query(r->params, in, a, &out, &e) != RC_OK)
                ZS_ASSERT(out == NULL && e.id != NULL);
        }
}

static void read_conditions(struct str in)
{
    struct api_seen seen;
    struct err e;
    if (api_read_seen(in, in, &seen, &e) == RC_OK)
        ZS_ASSERT(seen.given && (seen.any || seen.never || seen.version > 0));
}

static void read_cursors(struct str in, struct arena *a)
{
    struct str name = STR_NULL, again = STR_NULL;
    uint64_t seq = 0, seq2 = 0;
    unsigned n = 0, n2 = 0;
    struct err e;
    if (api_cursor_read(in, &seq, &n, &e) == RC_OK && seq > 0) {
        ZS_ASSERT(api_cursor_read(api_cursor(a, seq, n), &seq2, &n2, &e) == RC_OK);
        ZS_ASSERT(seq2 == seq && n2 == n);
    }
    if (api_cursor_name_read(in, a, &name, &e) == RC_OK && name.n > 0) {
        struct str text = api_cursor_name(a, name);
        ZS_ASSERT(api_cursor_name_read(text, a, &again, &e) == RC_OK);
        ZS_ASSERT(str_eq(again, name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of(size ? (const char *)data : "", size);
    struct arena *a = arena_new("fuzz", 0, 1 << 20);
    if (!a || size > 256) {
        arena_free(&a);
        return 0;
    }
    read_queries(in, a);
    read_conditions(in);
    read_cursors(in, a);
    arena_free(&a);
    return 0;
}

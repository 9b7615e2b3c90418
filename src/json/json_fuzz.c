/*
 * Any bytes: read; what was read, written and read again is the same document, and written again
 * the same bytes. Errors name a place inside the text.
 */
#include "json/json.h"

#define MEMORY (32u << 20)

static struct json *read_again(struct buf *b, const struct json *v, enum json_style style,
                               struct arena *a)
{
    static const struct json_limits keep = { 64 << 20, JSON_DEPTH_MAX, UINT32_MAX, JSON_DUP_KEEP };
    struct json *again = NULL;
    buf_clear(b);
    ZS_ASSERT(json_write(b, v, style, NULL) == RC_OK);
    struct str text = arena_str(a, buf_view(b));
    if (str_is_null(text) || json_parse(text, &keep, a, &again, NULL) == RC_NOMEM)
        return NULL;
    ZS_ASSERT(again && json_eq(v, again));
    return again;
}

static void check_document(const struct json *v, struct str in, struct arena *a)
{
    struct buf compact;
    struct buf other;
    buf_init(&compact, MEMORY);
    buf_init(&other, MEMORY);
    const struct json *again = read_again(&compact, v, JSON_COMPACT, a);
    if (again) {
        ZS_ASSERT(json_write(&other, again, JSON_COMPACT, NULL) == RC_OK);
        ZS_ASSERT(str_eq(buf_view(&compact), buf_view(&other)));
    }
    again = read_again(&other, v, JSON_PRETTY, a);
    struct json *copy = NULL;
    if (again && json_copy(a, again, &copy, NULL) == RC_OK)
        ZS_ASSERT(json_eq(copy, v) && json_count_all(copy) == json_count_all(v));
    struct str source = json_source(v, in);
    ZS_ASSERT(source.n > 0 && v->pos + source.n <= in.n);
    ZS_ASSERT(str_trim(str_from(in, v->pos + source.n)).n == 0);
    buf_done(&compact);
    buf_done(&other);
}

static void read_one(struct str in, enum json_dup dup)
{
    const struct json_limits limits = { 64 << 20, JSON_DEPTH_MAX, UINT32_MAX, dup };
    struct arena *a = arena_new("fuzz", 0, MEMORY);
    struct json *v = NULL;
    struct err e = { 0 };
    ZS_ASSERT(a);
    if (json_parse(in, &limits, a, &v, &e) == RC_OK)
        check_document(v, in, a);
    else
        ZS_ASSERT(e.id && e.pos <= in.n && e.line > 0 && e.column > 0);
    arena_free(&a);
}

static void read_lines(struct str in)
{
    struct arena *a = arena_new("fuzz", 0, MEMORY);
    struct json_lines it = { .in = in, .limits = &json_default_limits };
    ZS_ASSERT(a);
    for (;;) {
        struct json *v = NULL;
        arena_clear(a);
        if (json_lines_next(&it, a, &v, NULL) == RC_OK && !v)
            break;
    }
    ZS_ASSERT(it.at == in.n);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    read_one(in, JSON_DUP_KEEP);
    read_one(in, JSON_DUP_REJECT);
    read_one(in, JSON_DUP_LAST);
    read_lines(in);
    return 0;
}

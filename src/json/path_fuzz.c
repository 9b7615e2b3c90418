/*
 * A path or a pointer, a NUL, a document. What is set at a place is found there, its path leads
 * back to it, and it can be taken out again.
 */
#include "json/path.h"

#define MEMORY (8u << 20)

static void check_path(const struct json_path *path, struct json *doc, struct arena *a)
{
    struct json *value = json_make_bool(a, true);
    if (!value || json_path_set(path, &doc, value, a, NULL) != RC_OK)
        return;
    struct buf b;
    struct json_path own;
    buf_init_arena(&b, a, 65536);
    ZS_ASSERT(json_path_of(doc, value, &b));
    if (b.failed || json_path_compile(buf_view(&b), a, &own, NULL) != RC_OK)
        return; /* no memory: what json_path_of writes is a path otherwise */
    ZS_ASSERT(json_path_get(&own, doc) == value || json_count(doc) > 1);
    ZS_ASSERT(json_write(&b, doc, JSON_COMPACT, NULL) != RC_VALUE || b.failed || path->n > 0);
    if (path->n > 0)
        ZS_ASSERT(json_path_remove(&own, doc, NULL) == RC_OK);
}

static void run(struct str path_text, struct str doc_text, bool pointer)
{
    struct arena *a = arena_new("fuzz", 0, MEMORY);
    struct json *doc = NULL;
    struct json_path path;
    struct err e = { 0 };
    ZS_ASSERT(a);
    enum rc rc = pointer ? json_pointer_compile(path_text, a, &path, &e)
                         : json_path_compile(path_text, a, &path, &e);
    if (rc)
        ZS_ASSERT(e.id && (rc == RC_NOMEM || e.pos <= path_text.n));
    else if (json_parse(doc_text, &json_default_limits, a, &doc, NULL) == RC_OK)
        check_path(&path, doc, a);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str doc = str_of((const char *)data, size);
    struct str path;
    if (!str_split(&doc, '\0', &path))
        return 0;
    run(path, doc, false);
    run(path, doc, true);
    return 0;
}

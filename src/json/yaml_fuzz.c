/*
 * Any bytes as YAML: what was read is a document that can be written as JSON; that JSON is the same
 * document when read as JSON, and as YAML where libyaml takes it (it refuses some characters).
 */
#include "json/yaml.h"

#define MEMORY (32u << 20)

static void check_documents(const struct json *docs, struct arena *a)
{
    struct buf b;
    struct json *again = NULL;
    buf_init(&b, MEMORY);
    ZS_ASSERT(json_write(&b, docs, JSON_COMPACT, NULL) == RC_OK);
    struct str text = arena_str(a, buf_view(&b));
    if (!str_is_null(text) && json_parse(text, &json_default_limits, a, &again, NULL) != RC_NOMEM) {
        ZS_ASSERT(again && json_eq(docs, again));
        if (yaml_parse(text, &json_default_limits, a, &again, NULL) == RC_OK)
            ZS_ASSERT(json_eq(docs, json_first(again)));
    }
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 0, MEMORY);
    struct json *docs = NULL;
    struct err e = { 0 };
    struct str in = str_of((const char *)data, size);
    ZS_ASSERT(a);
    enum rc rc = yaml_parse(in, &yaml_default_limits, a, &docs, &e);
    if (rc == RC_OK)
        check_documents(docs, a);
    else
        ZS_ASSERT(e.id && (rc == RC_NOMEM || (e.pos <= in.n && e.line > 0)));
    arena_free(&a);
    return 0;
}

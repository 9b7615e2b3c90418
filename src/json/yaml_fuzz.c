/*
 * Any bytes as YAML: what was read is a document that can be written as JSON; that JSON is the same
 * document when read as JSON, and as YAML where libyaml takes it (it refuses some characters).
 */
#include "json/yaml.h"
#include "json/yaml_write.h"

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

/* What is written as YAML reads back as the same. */
static void check_written(const struct json *docs, struct arena *a)
{
    struct buf b;
    buf_init(&b, MEMORY);
    JSON_EACH(doc, docs)
    {
        struct json *again = NULL;
        buf_clear(&b);
        enum rc rc = yaml_write(&b, doc, NULL);
        ZS_ASSERT(rc == RC_OK || rc == RC_LIMIT || rc == RC_NOMEM);
        if (rc == RC_OK)
            rc = yaml_parse(buf_view(&b), &json_default_limits, a, &again, NULL);
        else
            continue;
        ZS_ASSERT(rc == RC_OK || rc == RC_NOMEM || rc == RC_LIMIT);
        if (rc == RC_OK) /* a document that is null alone is left out by the reader */
            ZS_ASSERT(json_is(doc, JSON_NULL) || json_eq(json_first(again), doc));
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
    if (rc == RC_OK) {
        check_documents(docs, a);
        check_written(docs, a);
    } else {
        ZS_ASSERT(e.id && (rc == RC_NOMEM || (e.pos <= in.n && e.line > 0)));
    }
    arena_free(&a);
    return 0;
}

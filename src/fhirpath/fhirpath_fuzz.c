/*
 * Expressions of any bytes, compiled with small limits and evaluated on a document: nothing
 * crashes, nothing runs on, an error has an id, and one found when compiling a place in the text.
 */
#include "fhirpath/doc_json.h"
#include "fhirpath/fhirpath.h"
#include "fhirpath/result.h"

#include <stdint.h>

#define ARENA_MAX ((size_t)8 << 20)

static const char doc[] =
    "{\"resourceType\":\"Patient\",\"a\":[1,2.50,\"x\",true,null,{\"b\":[{\"c\":\"2012-04-15\"}]}],"
    "\"_a\":[null,{\"id\":\"i\"}],\"d\":\"2012-04-15T10:00:00Z\",\"e\":{\"value\":4,\"unit\":"
    "\"mg\"},"
    "\"s\":\"M\xc3\xbcller\",\"n\":-17}";

static const struct fp_limits limits = {
    .text = 4096, .depth = 32, .results = 10000, .steps = 100000, .string = 65536
};

static void run(const struct fp_expr *x, struct arena *a)
{
    struct json *v = NULL;
    struct fp_coll found;
    struct err e = { 0 };
    const struct fp_env env = { .now_ms = 1715941815678, .limits = &limits };
    if (json_parse(STR(doc), &json_default_limits, a, &v, &e) != RC_OK)
        return;
    enum rc rc = fhirpath_eval(x, doc_json(v), &env, a, &found, &e);
    ZS_ASSERT(rc == RC_OK || e.id != NULL);
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, ARENA_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_array(&w);
    for (size_t i = 0; rc == RC_OK && i < found.n; i++)
        rc = fp_result_write(&w, &found.v[i], a, &e);
    jw_end(&w);
    if (rc == RC_OK)
        rc = jw_done(&w, &e);
    ZS_ASSERT(rc == RC_OK || rc == RC_NOMEM || rc == RC_VALUE || rc == RC_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct fp_options opt = { .syntax = &doc_json_syntax, .limits = &limits };
    struct arena *a = arena_new("fuzz", 0, ARENA_MAX);
    const struct fp_expr *x = NULL;
    struct err e = { 0 };
    if (!a)
        return 0;
    enum rc rc = fhirpath_compile(str_of((const char *)data, n), &opt, a, &x, &e);
    if (rc == RC_OK)
        run(x, a);
    else
        ZS_ASSERT(e.id != NULL && (e.pos == ERR_NO_POS || e.pos <= n));
    arena_free(&a);
    return 0;
}

/*
 * Any bytes that are a message come back from JSON; any JSON is built or refused.
 */
#include "cli/hl7_json.h"

#include "hl7/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_flush(void *ctx)
{
    (void)ctx;
}

static const struct hl7_json_sink sink = { no_flush, NULL };

static void build(struct str json, struct arena *a, struct buf *out, bool must)
{
    struct json *doc = NULL;
    struct err e;
    enum rc rc = json_parse(json, &json_default_limits, a, &doc, &e);
    ZS_ASSERT(!must || rc == RC_OK);
    if (rc != RC_OK)
        return;
    rc = hl7_json_build(doc, a, out, &sink, &e);
    ZS_ASSERT(!must || rc == RC_OK);
}

static void round_trip(struct str in, struct arena *a)
{
    struct hl7_parts it;
    struct hl7_part part;
    struct jw w;
    struct buf text;
    struct buf bytes;
    struct err e;
    buf_init(&text, (size_t)64 << 20);
    buf_init(&bytes, (size_t)4 << 20);
    jw_init(&w, &text, JSON_COMPACT);
    jw_object(&w);
    jw_keyz(&w, "parts");
    jw_array(&w);
    hl7_parts_init(&it, in);
    while (hl7_parts_next(&it, &part)) {
        const struct hl7_msg *m = NULL;
        ZS_ASSERT(hl7_parse_part(part.bytes, part.delims, NULL, a, &m, &e) == RC_OK);
        bool headless = m->n_segs == 0 || !hl7_id_is_header(m->segs[0].id);
        ZS_ASSERT(hl7_json_put(&w, m, headless, a, &sink, &e) == RC_OK);
    }
    jw_end(&w);
    jw_end(&w);
    ZS_ASSERT(jw_done(&w, &e) == RC_OK && w.n_replaced == 0);
    build(buf_view(&text), a, &bytes, true);
    ZS_ASSERT(str_eq(buf_view(&bytes), in));
    buf_done(&text);
    buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct arena *a = arena_new("fuzz", 0, (size_t)256 << 20);
    struct buf out;
    ZS_ASSERT(a != NULL);
    if (size > 0 && size < 8192)
        round_trip(in, a);
    buf_init(&out, (size_t)1 << 20);
    build(in, a, &out, false);
    buf_done(&out);
    arena_free(&a);
    return 0;
}

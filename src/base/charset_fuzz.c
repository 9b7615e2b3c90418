/*
 * Character sets: any bytes become valid UTF-8 under every policy, and what was decoded without
 * loss is encoded to the same bytes where a set has one way to write a text.
 */
#include "base/charset.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *name;
    bool one_way; /* a text has one form only, and no mark */
} sets[] = {
    { "UTF-8", true },    { "8859/1", true },         { "windows-1252", true },
    { "ISO IR14", true }, { "UTF-16", false },        { "UTF-16LE", true },
    { "UTF-32BE", true }, { "8859/7", true },         { "ISO IR87", false },
    { "BIG-5", false },   { "GB 18030-2000", false }, { "ISO-2022-KR", false },
};

static bool has_mark(const struct buf *out, struct str in)
{
    return out->n != in.n;
}

static void round_trip(struct charset *cs, struct str in, bool one_way)
{
    struct buf text;
    struct buf bytes;
    struct charset_loss loss;
    struct err e;
    buf_init(&text, 1u << 20);
    buf_init(&bytes, 1u << 20);
    for (enum charset_policy p = CHARSET_REJECT; p <= CHARSET_FALLBACK; p++) {
        buf_clear(&text);
        enum rc rc = charset_decode(cs, in, p, &text, &loss, &e);
        ZS_ASSERT(utf8_is_valid(buf_view(&text), NULL));
        ZS_ASSERT(rc == RC_OK || (p == CHARSET_REJECT && e.pos <= in.n));
        ZS_ASSERT((loss.count == 0) == (loss.first_at == ERR_NO_POS));
        if (rc != RC_OK || loss.count > 0)
            continue;
        buf_clear(&bytes);
        rc = charset_encode(cs, buf_view(&text), CHARSET_REJECT, &bytes, &loss, &e);
        ZS_ASSERT(!one_way || rc == RC_OK);
        if (one_way && !has_mark(&bytes, in))
            ZS_ASSERT(str_eq(buf_view(&bytes), in));
    }
    buf_done(&text);
    buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct charset *cs = NULL;
    struct err e;
    if (size == 0)
        return 0;
    size_t i = data[0] % ZS_COUNT(sets);
    ZS_ASSERT(charset_open(str_z(sets[i].name), &cs, &e) == RC_OK);
    round_trip(cs, str_of((const char *)data + 1, size - 1), sets[i].one_way);
    charset_free(&cs);
    if (size < 40 && charset_open(str_of((const char *)data, size), &cs, &e) == RC_OK)
        charset_free(&cs);
    return 0;
}

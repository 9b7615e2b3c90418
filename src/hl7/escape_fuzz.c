/*
 * Escapes: the first six bytes are delimiters. Text comes back through escape and unescape; raw
 * bytes never make the result longer than they are (but for rendered formatting, which is limited).
 */
#include "hl7/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Delimiters as a header would give them; false when they would be none. */
static bool read_delims(const uint8_t *data, struct hl7_delims *out)
{
    char header[9] = "MSH";
    memcpy(header + 3, data, 6);
    return hl7_delims_read(str_of(header, sizeof header), out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hl7_delims d;
    if (size < 6 || !read_delims(data, &d))
        return 0;
    struct str in = str_of((const char *)data + 6, size - 6);
    struct arena *a = arena_new("fuzz", 0, (size_t)16 << 20);
    struct buf b;
    struct str out;
    struct err e;
    ZS_ASSERT(a != NULL);
    buf_init(&b, (size_t)1 << 20);
    if (hl7_unescape(in, d, a, &out, &e) == RC_OK)
        ZS_ASSERT(out.n <= in.n);
    if (hl7_plain(in, d, a, &out, &e) == RC_OK)
        ZS_ASSERT(out.n <= in.n * 30 + 30);
    /* A delimiter that is a letter or digit of the escapes themselves cannot be escaped. */
    if (hl7_delims_are_sane(d) && hl7_escape(in, d, HL7_KEEP_NOTHING, &b, &e) == RC_OK &&
        hl7_unescape(buf_view(&b), d, a, &out, &e) == RC_OK)
        ZS_ASSERT(str_eq(out, in));
    buf_done(&b);
    arena_free(&a);
    return 0;
}

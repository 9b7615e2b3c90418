/*
 * Dates and times: what is read is written in the same notation byte for byte (but for the sign of
 * a zero offset), covers a sensible span, and reads back to the same parts.
 */
#include "base/timefmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum rc parse_fn(struct str s, struct time_part *out, struct err *e);
typedef void text_fn(struct buf *b, const struct time_part *t);

static void one_form(struct str in, parse_fn *parse, text_fn *text, struct buf *b)
{
    struct time_part t;
    struct err e;
    int64_t first = 0;
    int64_t last = 0;
    if (parse(in, &t, &e) != RC_OK) {
        ZS_ASSERT(e.pos == ERR_NO_POS || e.pos <= in.n);
        return;
    }
    buf_clear(b);
    text(b, &t);
    bool zero_west = t.offset == TIME_OFFSET && t.offset_min == 0;
    ZS_ASSERT(zero_west || t.frac_cut || str_eq(buf_view(b), in));
    time_part_span(&t, 0, &first, &last);
    ZS_ASSERT(first <= last && last - first < 367 * (int64_t)86400000);
    struct time_part again;
    ZS_ASSERT(parse(buf_view(b), &again, &e) == RC_OK);
    ZS_ASSERT(again.frac_ns == t.frac_ns && again.offset_min == t.offset_min);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct buf b;
    int64_t at = 0;
    struct err e;
    buf_init(&b, 256);
    one_form(in, time_hl7_parse, time_hl7_text, &b);
    one_form(in, time_hl7_tm_parse, time_hl7_text, &b);
    one_form(in, time_iso_parse, time_iso_text, &b);
    one_form(in, time_iso_time_parse, time_iso_text, &b);
    if (time_iso_instant(in, &at, &e) == RC_OK && at >= -62167219200000 && at <= 253402300799999) {
        char text[TIME_ISO_SIZE];
        int64_t back = 0;
        time_iso(at, text);
        ZS_ASSERT(time_iso_instant(str_z(text), &back, &e) == RC_OK && back == at);
    }
    buf_done(&b);
    return 0;
}

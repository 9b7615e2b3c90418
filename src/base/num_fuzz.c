/*
 * Numbers, sizes and durations: what is read is written so that it reads back the same.
 */
#include "base/num.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void numbers(struct str in)
{
    uint64_t u = 0;
    int64_t i = 0;
    struct err e = { .code = RC_OK };
    bool is_u64 = num_u64(in, 0, UINT64_MAX, &u, &e) == RC_OK;
    ZS_ASSERT(is_u64 || e.code == RC_SYNTAX || e.code == RC_VALUE);
    if (is_u64 && u <= INT64_MAX)
        ZS_ASSERT(num_i64(in, INT64_MIN, INT64_MAX, &i, &e) == RC_OK && (uint64_t)i == u);
    if (num_hex(in, &u, &e) != RC_OK)
        ZS_ASSERT(e.pos == ERR_NO_POS || e.pos <= in.n);
}

static void doubles(struct str in, struct buf *b)
{
    double v = 0;
    double back = 0;
    struct err e;
    enum rc rc = num_double(in, &v, &e);
    ZS_ASSERT((rc != RC_SYNTAX) == num_is_json(in));
    if (rc != RC_OK)
        return;
    buf_clear(b);
    num_double_text(b, v);
    ZS_ASSERT(num_double(buf_view(b), &back, &e) == RC_OK);
    ZS_ASSERT(memcmp(&v, &back, sizeof v) == 0);
    /* libc agrees, where the text is short enough for a copy */
    char text[128];
    if (in.n >= sizeof text)
        return;
    memcpy(text, in.p, in.n);
    text[in.n] = '\0';
    double libc = strtod(text, NULL);
    ZS_ASSERT(memcmp(&v, &libc, sizeof v) == 0);
}

static void amounts(struct str in, struct buf *b)
{
    uint64_t size = 0;
    uint64_t size_back = 0;
    int64_t ms = 0;
    int64_t ms_back = 0;
    struct err e;
    if (num_size(in, 0, UINT64_MAX, &size, &e) == RC_OK) {
        buf_clear(b);
        num_size_text(b, size);
        ZS_ASSERT(num_size(buf_view(b), 0, UINT64_MAX, &size_back, &e) == RC_OK);
        ZS_ASSERT(size == size_back);
    }
    if (num_duration(in, 0, INT64_MAX, &ms, &e) == RC_OK) {
        buf_clear(b);
        num_duration_text(b, ms);
        ZS_ASSERT(num_duration(buf_view(b), 0, INT64_MAX, &ms_back, &e) == RC_OK);
        ZS_ASSERT(ms == ms_back);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct buf b;
    buf_init(&b, 4096);
    numbers(in);
    if (in.n > 0)
        doubles(in, &b);
    amounts(in, &b);
    (void)num_is_nm(in); /* only that it ends */
    buf_done(&b);
    return 0;
}

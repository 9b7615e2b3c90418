/*
 * Streams: the first two bytes choose the limit and how the rest is cut into reads. Read whole or
 * in pieces, the same frames come out and the same noise; what a frame holds can be framed again
 * and read back.
 */
#include "hl7/mllp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct buf frames; /* each with its length before it */
    struct mllp_noise noise;
};

static void note(struct seen *s, enum mllp_event event, struct str frame)
{
    buf_fmt(&s->frames, "%d:%zu:", (int)event, frame.n);
    buf_str(&s->frames, frame);
}

static void read_stream(struct str in, size_t step, size_t limit, struct seen *s)
{
    struct mllp_reader r;
    mllp_reader_init(&r, limit);
    buf_init(&s->frames, (size_t)8 << 20);
    while (in.n > 0) {
        mllp_feed(&r, str_sub(in, 0, step));
        in = str_from(in, step);
        struct str frame = STR_NULL;
        for (;;) {
            enum mllp_event event = mllp_next(&r, &frame);
            if (event == MLLP_MORE)
                break;
            note(s, event, event == MLLP_FRAME ? frame : STR_NULL);
            ZS_ASSERT(event != MLLP_FRAME || (frame.n > 0 && frame.n <= limit));
        }
    }
    (void)mllp_end(&r);
    s->noise = r.noise;
    mllp_reader_done(&r);
}

static void again(struct str in)
{
    struct buf b;
    struct seen s;
    struct err e;
    buf_init(&b, in.n + 16);
    if (in.n > 0 && mllp_wrap(&b, in, &e) == RC_OK) {
        read_stream(buf_view(&b), 7, in.n, &s);
        ZS_ASSERT(s.noise.frames == 1 && !mllp_is_noisy(&s.noise));
        ZS_ASSERT(str_ends(buf_view(&s.frames), in));
        buf_done(&s.frames);
    }
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct str in = str_of((const char *)data + 2, size - 2);
    size_t limit = (size_t)data[0] + 1;
    struct seen whole;
    struct seen pieces;
    read_stream(in, SIZE_MAX, limit, &whole);
    read_stream(in, (size_t)data[1] % 9 + 1, limit, &pieces);
    ZS_ASSERT(str_eq(buf_view(&whole.frames), buf_view(&pieces.frames)));
    ZS_ASSERT(memcmp(&whole.noise, &pieces.noise, sizeof whole.noise) == 0);
    buf_done(&whole.frames);
    buf_done(&pieces.frames);
    again(in);
    return 0;
}

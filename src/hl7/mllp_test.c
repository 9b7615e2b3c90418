/* mllp.c: every split of every stream gives the same frames and the same noise. */
#include "hl7/mllp.h"

#include "tests/lib/t.h"

#include "base/alloc.h"

#define VT "\x0b"
#define FS "\x1c"
#define CR "\x0d"

#define MAX_FRAME 40

static const struct row {
    const char *name;
    struct str in;
    const char *out; /* frames in ( ), ! for one given up */
    struct mllp_noise noise;
} rows[] = {
    { "one frame", STR_INIT(VT "MSH|a" FS CR), "(MSH|a)", { .frames = 1 } },
    { "wokket 3: two frames in one read",
      STR_INIT(VT "MSH|a" FS CR VT "MSH|b" FS CR),
      "(MSH|a)(MSH|b)",
      { .frames = 2 } },
    { "line ends inside",
      STR_INIT(VT "MSH|a\rPID\nX\r\n" FS CR),
      "(MSH|a\rPID\nX\r\n)",
      { .frames = 1 } },
    { "mirth 423: junk before VT",
      STR_INIT("[log]\n" VT "MSH|a" FS CR),
      "(MSH|a)",
      { .frames = 1, .padding_bytes = 1, .junk_bytes = 5 } },
    { "mirth 249: CR, LF, NUL between frames",
      STR_INIT(VT "MSH|a" FS CR "\r\n\0" VT "MSH|b" FS CR "\0"),
      "(MSH|a)(MSH|b)",
      { .frames = 2, .padding_bytes = 4 } },
    { "mirth 830: doubled VT",
      STR_INIT(VT VT "MSH|a" FS CR),
      "(MSH|a)",
      { .frames = 1, .doubled_vt = 1 } },
    { "mirth 830: doubled FS",
      STR_INIT(VT "MSH|a" FS FS CR),
      "(MSH|a)",
      { .frames = 1, .doubled_fs = 1 } },
    { "mirth 1309: FS in the data",
      STR_INIT(VT "MSH|a" FS "b" FS FS "c" FS CR),
      "(MSH|a" FS "b" FS FS "c)",
      { .frames = 1 } },
    { "FS LF is data", STR_INIT(VT "MSH|a" FS "\nb" FS CR), "(MSH|a" FS "\nb)", { .frames = 1 } },
    { "VT in the data",
      STR_INIT(VT "MSH|a" VT "b" VT VT "M" VT "MS" VT "MSG" VT FS CR),
      "(MSH|a" VT "b" VT VT "M" VT "MS" VT "MSG" VT ")",
      { .frames = 1 } },
    { "no CR, the next frame at once",
      STR_INIT(VT "MSH|a" FS VT "MSH|b" FS CR),
      "(MSH|a)(MSH|b)",
      { .frames = 2, .missing_cr = 1 } },
    { "end lost, a new message begins",
      STR_INIT(VT "MSH|half" VT "MSH|b" FS CR),
      "(MSH|b)",
      { .frames = 1, .cut = 1, .cut_bytes = 8 } },
    { "end lost, a batch begins",
      STR_INIT(VT "MSH|half" VT "FHS|b" FS CR VT "x" VT "BHS|c" FS CR),
      "(FHS|b)(BHS|c)",
      { .frames = 2, .cut = 2, .cut_bytes = 9 } },
    { "medplum 8122: half a frame at the end",
      STR_INIT(VT "MSH|half"),
      "",
      { .cut = 1, .cut_bytes = 8 } },
    { "half a frame up to its FS", STR_INIT(VT "MSH|half" FS), "", { .cut = 1, .cut_bytes = 9 } },
    { "nothing in the frame", STR_INIT(VT FS CR VT "a" FS CR), "(a)", { .frames = 1, .empty = 1 } },
    { "as long as may be",
      STR_INIT(VT "1234567890123456789012345678901234567890" FS CR),
      "(1234567890123456789012345678901234567890)",
      { .frames = 1 } },
    { "one byte over the limit",
      STR_INIT(VT "12345678901234567890123456789012345678901" FS CR VT "MSH|b" FS CR),
      "!(MSH|b)",
      { .frames = 1, .over = 1, .over_bytes = 41 } },
    { "over by the FS in its data",
      STR_INIT(VT "1234567890123456789012345678901234567890" FS "x" FS CR VT "MSH|b" FS CR),
      "!(MSH|b)",
      { .frames = 1, .over = 1, .over_bytes = 42 } },
    { "over by the VT in its data",
      STR_INIT(VT "1234567890123456789012345678901234567890" VT "MSx" FS CR VT "b" FS CR),
      "!(b)",
      { .frames = 1, .over = 1, .over_bytes = 44 } },
    { "over the limit, FS and VT in the rest",
      STR_INIT(VT "12345678901234567890123456789012345678901234567890" FS "1" VT "MS1" FS CR VT
                  "b" FS CR),
      "!(b)",
      { .frames = 1, .over = 1, .over_bytes = 56 } },
    { "over the limit, end lost",
      STR_INIT(VT "12345678901234567890123456789012345678901234567890" VT "MSH|b" FS CR),
      "!(MSH|b)",
      { .frames = 1, .over = 1, .over_bytes = 50 } },
    { "camel 26259: pipelined frames",
      STR_INIT(VT "1" FS CR VT "2" FS CR VT "3" FS CR VT "4" FS CR VT "5" FS CR),
      "(1)(2)(3)(4)(5)",
      { .frames = 5 } },
    { "no frame at all",
      STR_INIT("MSH|^~\\&|A\rPID|1\r"),
      "",
      { .padding_bytes = 2, .junk_bytes = 15 } },
    { "NUL and all bytes inside",
      STR_INIT(VT "\0\xff\x7f" FS CR),
      "(\0\xff\x7f)",
      { .frames = 1 } },
    { "an HTTP client",
      STR_INIT("GET / HTTP/1.1\r\n\r\n"),
      "",
      { .padding_bytes = 4, .junk_bytes = 14 } },
};

/* A copy that ends where the chunk ends, so that ASan sees a read behind it. */
static void feed_all(struct mllp_reader *r, struct str chunk, struct buf *out)
{
    char *copy = mem_alloc(chunk.n);
    T_TRUE(copy != NULL);
    memcpy(copy, chunk.p, chunk.n);
    mllp_feed(r, str_of(copy, chunk.n));
    for (;;) {
        struct str frame = STR_NULL;
        enum mllp_event event = mllp_next(r, &frame);
        if (event == MLLP_MORE)
            break;
        if (event == MLLP_FRAME) {
            buf_char(out, '(');
            buf_str(out, frame);
            buf_char(out, ')');
        } else {
            buf_char(out, event == MLLP_OVER ? '!' : '?');
        }
    }
    mem_free(copy);
}

static struct str expected(const struct row *row)
{
    /* The one row with a NUL in its frame. */
    if (row->in.n == 6 && row->in.p[1] == '\0')
        return STR("(\0\xff\x7f)");
    return str_z(row->out);
}

static void check_noise(const struct mllp_noise *got, const struct row *row)
{
    struct mllp_noise want = row->noise;
    want.bytes = row->in.n;
    T_EQ_SIZE(got->frames, want.frames);
    T_EQ_SIZE(got->bytes, want.bytes);
    T_EQ_SIZE(got->padding_bytes, want.padding_bytes);
    T_EQ_SIZE(got->junk_bytes, want.junk_bytes);
    T_EQ_SIZE(got->doubled_vt, want.doubled_vt);
    T_EQ_SIZE(got->doubled_fs, want.doubled_fs);
    T_EQ_SIZE(got->missing_cr, want.missing_cr);
    T_EQ_SIZE(got->cut, want.cut);
    T_EQ_SIZE(got->cut_bytes, want.cut_bytes);
    T_EQ_SIZE(got->over, want.over);
    T_EQ_SIZE(got->over_bytes, want.over_bytes);
    T_EQ_SIZE(got->empty, want.empty);
}

/* Feed row->in cut at the two places, and compare. */
static void run_split(const struct row *row, size_t first, size_t second)
{
    struct mllp_reader r;
    struct buf out;
    mllp_reader_init(&r, MAX_FRAME);
    buf_init(&out, 4096);
    buf_char(&out, ':'); /* so that an empty result is no null one */
    feed_all(&r, str_sub(row->in, 0, first), &out);
    feed_all(&r, str_sub(row->in, first, second - first), &out);
    feed_all(&r, str_from(row->in, second), &out);
    (void)mllp_end(&r);
    T_EQ_BYTES(str_from(buf_view(&out), 1), expected(row));
    check_noise(&r.noise, row);
    buf_done(&out);
    mllp_reader_done(&r);
}

static void every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        for (size_t first = 0; first <= rows[i].in.n; first++)
            for (size_t second = first; second <= rows[i].in.n; second++)
                run_split(&rows[i], first, second);
    }
}

/* openhim: one data event is not one message; the medplum and node clients likewise. */
static void byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct mllp_reader r;
        struct buf out;
        mllp_reader_init(&r, MAX_FRAME);
        buf_init(&out, 4096);
        buf_char(&out, ':'); /* so that an empty result is no null one */
        for (size_t k = 0; k < rows[i].in.n; k++)
            feed_all(&r, str_sub(rows[i].in, k, 1), &out);
        (void)mllp_end(&r);
        T_EQ_BYTES(str_from(buf_view(&out), 1), expected(&rows[i]));
        check_noise(&r.noise, &rows[i]);
        buf_done(&out);
        mllp_reader_done(&r);
    }
}

/* A frame that lies whole in the chunk is handed out where it lies. */
static void whole_frame_is_not_copied(void **state)
{
    (void)state;
    struct mllp_reader r;
    struct str in = STR(VT "MSH|a" FS CR VT "MSH|b" FS CR);
    struct str frame;
    mllp_reader_init(&r, MAX_FRAME);
    mllp_feed(&r, in);
    T_EQ_INT(mllp_next(&r, &frame), MLLP_FRAME);
    T_TRUE(frame.p == in.p + 1);
    T_EQ_INT(mllp_next(&r, &frame), MLLP_FRAME);
    T_TRUE(frame.p == in.p + 9);
    T_EQ_INT(mllp_next(&r, &frame), MLLP_MORE);
    T_FALSE(mllp_is_inside(&r));
    T_EQ_SIZE(r.held.cap, 0);
    T_FALSE(mllp_is_noisy(&r.noise));
    mllp_reader_done(&r);
}

/* Reading stops between two messages of one chunk and goes on later with the rest. */
static void unfeed(void **state)
{
    (void)state;
    struct mllp_reader r;
    struct str in = STR(VT "MSH|a" FS CR VT "MSH|b" FS CR VT "MS");
    struct str frame;
    mllp_reader_init(&r, MAX_FRAME);
    mllp_feed(&r, in);
    T_EQ_INT(mllp_next(&r, &frame), MLLP_FRAME);
    T_EQ_SIZE(mllp_unfeed(&r), 11);
    T_EQ_STR(frame, "MSH|a");
    T_EQ_SIZE(r.noise.bytes, 8);
    T_EQ_SIZE(mllp_unfeed(&r), 0);
    mllp_feed(&r, str_from(in, 8));
    T_EQ_INT(mllp_next(&r, &frame), MLLP_FRAME);
    T_EQ_STR(frame, "MSH|b");
    T_EQ_INT(mllp_next(&r, &frame), MLLP_MORE);
    T_EQ_SIZE(mllp_unfeed(&r), 0);
    T_TRUE(mllp_is_inside(&r));
    T_EQ_SIZE(r.noise.bytes, 19);
    mllp_reader_done(&r);
}

/* A sender that forgets the CR and waits. */
static void end_at_fs(void **state)
{
    (void)state;
    struct mllp_reader r;
    struct str frame = STR_NULL;
    mllp_reader_init(&r, MAX_FRAME);
    mllp_feed(&r, STR(VT "MSH|a" FS));
    T_EQ_INT(mllp_next(&r, &frame), MLLP_MORE);
    T_TRUE(mllp_is_at_fs(&r));
    T_TRUE(mllp_is_inside(&r));
    T_TRUE(mllp_end_at_fs(&r, &frame));
    T_EQ_STR(frame, "MSH|a");
    T_EQ_SIZE(r.noise.missing_cr, 1);
    T_TRUE(mllp_is_noisy(&r.noise));
    mllp_feed(&r, STR(CR VT "b"));
    T_EQ_INT(mllp_next(&r, &frame), MLLP_MORE);
    T_FALSE(mllp_is_at_fs(&r));
    T_EQ_SIZE(r.noise.padding_bytes, 1);
    T_TRUE(mllp_end(&r));
    T_FALSE(mllp_end(&r));
    mllp_reader_done(&r);
}

static void memory_fails(void **state)
{
    (void)state;
    struct mllp_reader r;
    struct str frame = STR_NULL;
    mllp_reader_init(&r, MAX_FRAME);
    mllp_feed(&r, STR(VT "MSH|"));
    mem_fail_at(1);
    T_EQ_INT(mllp_next(&r, &frame), MLLP_NOMEM);
    mem_fail_at(0);
    T_EQ_INT(mllp_next(&r, &frame), MLLP_MORE);
    mllp_feed(&r, STR("rest" FS CR VT "MSH|b" FS CR));
    T_EQ_INT(mllp_next(&r, &frame), MLLP_FRAME);
    T_EQ_STR(frame, "MSH|b");
    T_EQ_SIZE(r.noise.over, 1);
    T_EQ_SIZE(r.noise.over_bytes, 8);
    mllp_reader_done(&r);
}

static const struct {
    struct str in;
    enum rc rc;
    size_t pos;
} wraps[] = {
    { STR_INIT("MSH|a"), RC_OK, 0 },           { STR_INIT("a" FS "b" VT "c"), RC_OK, 0 },
    { STR_INIT("ab" FS CR "c"), RC_VALUE, 2 }, { STR_INIT("ab" FS), RC_VALUE, 2 },
    { STR_INIT("ab" FS VT), RC_VALUE, 2 },     { STR_INIT(VT "ab"), RC_VALUE, 0 },
    { STR_INIT("a" VT "MSH"), RC_VALUE, 1 },   { STR_INIT("a" VT "MS"), RC_OK, 0 },
};

static void wrapped(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(wraps); i++) {
        struct buf out;
        struct err e = { 0 };
        buf_init(&out, 64);
        buf_z(&out, "x");
        T_EQ_INT(mllp_wrap(&out, wraps[i].in, &e), wraps[i].rc);
        if (wraps[i].rc != RC_OK) {
            T_EQ_Z(e.id, "MLLP-002");
            T_EQ_SIZE(e.pos, wraps[i].pos);
            T_EQ_STR(buf_view(&out), "x");
        } else {
            T_EQ_SIZE(out.n, wraps[i].in.n + 4);
            T_EQ_BYTES(str_sub(buf_view(&out), 2, wraps[i].in.n), wraps[i].in);
        }
        buf_done(&out);
    }
    struct buf small;
    struct err e = { 0 };
    buf_init(&small, 6);
    T_EQ_INT(mllp_wrap(&small, STR("MSH|a"), &e), RC_LIMIT);
    T_EQ_SIZE(small.n, 0);
    buf_done(&small);
}

static void commit_acknowledgements(void **state)
{
    (void)state;
    bool positive = false;
    T_TRUE(mllp_is_commit(STR("\x06"), &positive) && positive);
    T_TRUE(mllp_is_commit(STR("\x15"), &positive) && !positive);
    T_FALSE(mllp_is_commit(STR("\x06\x06"), &positive));
    T_FALSE(mllp_is_commit(STR("M"), &positive));
}

/* ---- the shared streams, where they are there ---- */

static struct str member(struct str line, const char *name)
{
    size_t at = str_find(line, str_z(name), 0);
    T_TRUE(at != SIZE_MAX);
    return str_from(line, at + strlen(name));
}

static void feed_hex(struct mllp_reader *r, struct str hex, struct buf *out)
{
    struct buf bytes;
    buf_init(&bytes, 4096);
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        static const char digits[] = "0123456789abcdef";
        const char *high = memchr(digits, hex.p[i], 16);
        const char *low = memchr(digits, hex.p[i + 1], 16);
        T_TRUE(high && low);
        buf_char(&bytes, (char)((high - digits) << 4 | (low - digits)));
    }
    feed_all(r, buf_view(&bytes), out);
    buf_done(&bytes);
}

static void stream(struct str line)
{
    struct mllp_reader r;
    struct buf out;
    mllp_reader_init(&r, 4096);
    buf_init(&out, 8192);
    struct str chunks = member(line, "\"chunks_hex\": [");
    size_t n = str_chr(chunks, ']', 0);
    chunks = str_sub(chunks, 0, n);
    struct str hex;
    for (bool odd = false; str_split(&chunks, '"', &hex); odd = !odd)
        if (odd)
            feed_hex(&r, hex, &out);
    (void)mllp_end(&r);
    T_EQ_SIZE(r.noise.frames, (size_t)(member(line, "\"expect_messages\": ").p[0] - '0'));
    T_EQ_INT(mllp_is_noisy(&r.noise),
             str_starts(member(line, "\"expect_noise_or_error\": "), STR("true")));
    buf_done(&out);
    mllp_reader_done(&r);
}

static void shared_streams(void **state)
{
    (void)state;
    struct str lines = t_data("hl7v2/edge/mllp-streams.jsonl");
    if (str_is_null(lines))
        T_SKIP("no conformance data");
    struct str line;
    size_t n = 0;
    while (str_split(&lines, '\n', &line)) {
        if (line.n == 0)
            continue;
        stream(line);
        n++;
    }
    T_EQ_SIZE(n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_split),
        T_TEST(byte_by_byte),
        T_TEST(whole_frame_is_not_copied),
        T_TEST(unfeed),
        T_TEST(end_at_fs),
        T_TEST(memory_fails),
        T_TEST(wrapped),
        T_TEST(commit_acknowledgements),
        T_TEST(shared_streams),
    };
    return T_RUN(tests);
}

/* batch.c: where the parts of a file begin, and with which delimiters they are read. */
#include "hl7/batch.h"

#include "tests/lib/t.h"

#include "base/buf.h"

static const struct {
    const char *name;
    struct str in;
    const char *parts; /* "kind:length:separator " */
} rows[] = {
    { "one message", STR_INIT("MSH|^~\\&\rPID|1\r"), "M:15:| " },
    { "nothing", STR_INIT(""), "" },
    { "several without a batch", STR_INIT("MSH|^~\\&\rPID|1\rMSH|^~\\&\r\nMSH|^~\\&"),
      "M:15:| M:10:| M:8:| " },
    { "batch", STR_INIT("FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&\rMSH|^~\\&\rBTS|2\rFTS|1\r"),
      "F:9:| B:9:| M:9:| M:9:| b:6:| f:6:| " },
    { "each header its own delimiters",
      STR_INIT("FHS@~&#\\@\rBHS#^~\\&#\rMSH|^~\\&|\rBTS#2\rFTS@1\rMSH|^~\\&\r"),
      "F:10:@ B:10:# M:10:| b:6:# f:6:@ M:9:| " },
    { "batch without a trailer", STR_INIT("BHS|^~\\&\rMSH|^~\\&\rEVN|\r"), "B:9:| M:14:| " },
    { "trailer without a header", STR_INIT("MSH|^~\\&\rBTS\r"), "M:9:| b:4:| " },
    { "frames, with their markers", STR_INIT("\x0bMSH|^~\\&\r\x1c\r\x0bMSH|^~\\&\r\x1c\r"),
      "M:12:| M:12:| " },
    { "mark and blank lines in front", STR_INIT("\xef\xbb\xbf\r\n\nMSH|^~\\&\r"), "M:15:| " },
    { "words that only begin like one", STR_INIT("MSH|^~\\&\rMSHX|1\rMSH\rFTSX\rBTS|\r"),
      "M:25:| b:5:| " },
    { "no message at all", STR_INIT("PID|1\rPV1|\rMSH|^~\\&\r"), "S:11:| M:9:| " },
    { "blank", STR_INIT("\r\n \r\n"), "S:5:| " },
};

static void boundaries(void **state)
{
    (void)state;
    static const char letters[] = "MFBbfS";
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct hl7_parts it;
        struct hl7_part part;
        struct buf b;
        size_t at = 0;
        buf_init(&b, 1024);
        buf_z(&b, "");
        hl7_parts_init(&it, rows[i].in);
        while (hl7_parts_next(&it, &part)) {
            buf_fmt(&b, "%c:%zu:%c ", letters[part.kind], part.bytes.n, part.delims.field);
            T_TRUE(part.bytes.p == rows[i].in.p + at);
            at += part.bytes.n;
        }
        T_EQ_SIZE(at, rows[i].in.n);
        T_EQ_SIZE(b.n, strlen(rows[i].parts));
        if (b.n > 0)
            T_EQ_STR(buf_view(&b), rows[i].parts);
        buf_done(&b);
    }
    T_EQ_SIZE(hl7_parts_count(rows[3].in), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(boundaries) };
    return T_RUN(tests);
}

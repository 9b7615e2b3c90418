#include "base/charset.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

/* The same text in a set and in UTF-8. */
static void both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *name, *set;
        struct str bytes;
        const char *utf8;
    } rows[] = {
        { "ASCII", "ASCII", STR_INIT("MSH|^~\\&|"), "MSH|^~\\&|" },
        { "latin 1", "8859/1", STR_INIT("M\xfcller"), "M\xc3\xbcller" },
        { "latin 2", "8859/2",
          STR_INIT("\xa3\xf3"
                   "d\xbc"),
          "\xc5\x81\xc3\xb3"
          "d\xc5\xba" },
        { "Cyrillic", "8859/5", STR_INIT("\xb8\xd2\xd0\xdd"), "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd" },
        { "latin 9", "8859/15", STR_INIT("\xa4"), "\xe2\x82\xac" },
        { "windows-1252", "windows-1252", STR_INIT("\x80 \x9c\xff"),
          "\xe2\x82\xac \xc5\x93\xc3\xbf" },
        { "JIS X 0201", "ISO IR14", STR_INIT("A\\~\xb1\xdf"),
          "A\xc2\xa5\xe2\x80\xbe\xef\xbd\xb1\xef\xbe\x9f" },
        { "ISO 2022", "ISO IR87", STR_INIT("a\x1b$B;3ED\x1b(Bb"),
          "a\xe5\xb1\xb1\xe7\x94\xb0"
          "b" },
        { "ISO 2022 at the end", "ISO IR87", STR_INIT("\x1b$B;3\x1b(B"), "\xe5\xb1\xb1" },
        { "JIS X 0212", "ISO IR159", STR_INIT("\x1b$(D0!\x1b(B"), "\xe4\xb8\x82" },
        { "with a head", "ISO-2022-KR",
          STR_INIT("\x1b$)Ca\x0e"
                   "1h\x0f"),
          "a\xea\xb9\x80" },
        { "HZ", "KOI8-R", STR_INIT("~{VP~}\xc1"), "~{VP~}\xd0\xb0" },
        { "UTF-7", "UTF-7", STR_INIT("a+Ti0-"), "a\xe4\xb8\xad" },
        { "GB", "GB 18030-2000", STR_INIT("\xd6\xd0"), "\xe4\xb8\xad" },
        { "Korean", "KS X 1001", STR_INIT("\xb1\xe8"), "\xea\xb9\x80" },
        { "CNS", "CNS 11643-1992", STR_INIT("\xc4\xe3"), "\xe4\xb8\xad" },
        { "Big5", "BIG-5", STR_INIT("\xa4\xa4"), "\xe4\xb8\xad" },
        { "UTF-8", "UNICODE UTF-8", STR_INIT("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
        { "UTF-16", "UNICODE UTF-16", STR_INIT("\xfe\xff\0A\xd8\x3d\xde\x00"),
          "A\xf0\x9f\x98\x80" },
        { "UTF-16BE", "UTF-16BE", STR_INIT("\0A\xd8\x3d\xde\x00"), "A\xf0\x9f\x98\x80" },
        { "UTF-16LE", "utf-16le", STR_INIT("A\0\x3d\xd8\x00\xde"), "A\xf0\x9f\x98\x80" },
        { "UTF-32", "UNICODE UTF-32", STR_INIT("\0\0\xfe\xff\0\0\0A\0\x01\xf6\x00"),
          "A\xf0\x9f\x98\x80" },
        { "UTF-32LE", "UTF-32LE", STR_INIT("A\0\0\0"), "A" },
        { "CP932", "CP932", STR_INIT("\x8e\x52"), "\xe5\xb1\xb1" },
    };
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct charset *cs = NULL;
        struct charset_loss loss;
        struct err e;
        T_ROW(rows[i].name);
        T_OK(charset_open(str_z(rows[i].set), &cs, &e), &e);
        for (int twice = 0; twice < 2; twice++) { /* each call starts afresh */
            buf_clear(&out);
            T_OK(charset_decode(cs, rows[i].bytes, CHARSET_REJECT, &out, &loss, &e), &e);
            T_EQ_STR(buf_view(&out), rows[i].utf8);
            T_EQ_SIZE(loss.count, 0);
            buf_clear(&out);
            T_OK(charset_encode(cs, str_z(rows[i].utf8), CHARSET_REJECT, &out, &loss, &e), &e);
            T_EQ_BYTES(buf_view(&out), rows[i].bytes);
        }
        charset_free(&cs);
        T_TRUE(cs == NULL);
    }
    buf_done(&out);
}

/* Marks at the start, and byte order without one: big-endian on every machine. */
static void byte_order(void **state)
{
    (void)state;
    static const struct {
        const char *name, *set;
        struct str bytes;
        const char *utf8;
    } rows[] = {
        { "UTF-8 mark", "UTF-8", STR_INIT("\xef\xbb\xbfMSH"), "MSH" },
        { "no mark", "UTF-16", STR_INIT("\0M\0S\0H"), "MSH" },
        { "little mark", "UTF-16", STR_INIT("\xff\xfeM\0S\0H\0"), "MSH" },
        { "deprecated name", "UNICODE", STR_INIT("\0M\0S\0H"), "MSH" },
        { "UCS-2 of iconv", "UCS-2", STR_INIT("\0M\0S\0H"), "MSH" },
        { "UTF-32 no mark", "UTF-32", STR_INIT("\0\0\0M"), "M" },
        { "UTF-32 little mark", "UTF-32", STR_INIT("\xff\xfe\0\0M\0\0\0"), "M" },
        { "UCS-4", "UCS-4", STR_INIT("\0\0\0M"), "M" },
        { "only a mark", "UTF-16", STR_INIT("\xff\xfe"), "" },
        { "nothing", "UTF-16", STR_INIT(""), "" },
    };
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct charset *cs = NULL;
        struct err e;
        T_ROW(rows[i].name);
        T_OK(charset_open(str_z(rows[i].set), &cs, &e), &e);
        buf_clear(&out);
        T_OK(charset_decode(cs, rows[i].bytes, CHARSET_REJECT, &out, NULL, &e), &e);
        T_EQ_BYTES(str_of(out.n ? out.p : "", out.n), str_z(rows[i].utf8));
        charset_free(&cs);
    }
    buf_done(&out);
}

static void bad_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *set;
        struct str bytes;
        size_t pos; /* where REJECT stops, and the first loss */
        size_t count;
        const char *replace, *fallback;
    } rows[] = {
        { "latin 1 called UTF-8", "UTF-8", STR_INIT("M\xfcller"), 1, 1, "M\xef\xbf\xbdller",
          "M\xc3\xbcller" },
        { "both in one text", "UTF-8", STR_INIT("\xc3\xbc\xfc\x80"), 2, 2,
          "\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd", "\xc3\xbc\xc3\xbc\xe2\x82\xac" },
        { "over ASCII", "ASCII", STR_INIT("abc\xe4"), 3, 1, "abc\xef\xbf\xbd", "abc\xc3\xa4" },
        { "no such byte in 1252", "windows-1252", STR_INIT("a\x81"), 1, 1, "a\xef\xbf\xbd",
          "a\xef\xbf\xbd" },
        { "cut in the middle, iconv", "BIG-5", STR_INIT("a\xa4"), 1, 1, "a\xef\xbf\xbd",
          "a\xc2\xa4" },
        { "bad, iconv", "KS X 1001", STR_INIT("ok\xff\xb1\xe8"), 2, 1, "ok\xef\xbf\xbd\xea\xb9\x80",
          "ok\xc3\xbf\xea\xb9\x80" },
        { "lone surrogate", "UTF-16BE", STR_INIT("\0A\xdc\x00\0B"), 2, 1,
          "A\xef\xbf\xbd"
          "B",
          "A\xef\xbf\xbd"
          "B" },
        { "odd length", "UTF-16BE", STR_INIT("\0A\0"), 2, 1, "A\xef\xbf\xbd", "A\xef\xbf\xbd" },
        { "over U+10FFFF", "UTF-32BE", STR_INIT("\0\x11\0\0"), 0, 1, "\xef\xbf\xbd",
          "\xef\xbf\xbd" },
        { "gap of JIS X 0201", "ISO IR14", STR_INIT("\xe0"), 0, 1, "\xef\xbf\xbd", "\xc3\xa0" },
    };
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct charset *cs = NULL;
        struct charset_loss loss;
        struct err e;
        T_ROW(rows[i].name);
        T_OK(charset_open(str_z(rows[i].set), &cs, &e), &e);
        buf_clear(&out);
        T_EQ_INT(charset_decode(cs, rows[i].bytes, CHARSET_REJECT, &out, &loss, &e), RC_SYNTAX);
        T_EQ_Z(e.id, "BASE-021");
        T_EQ_SIZE(e.pos, rows[i].pos);
        buf_clear(&out);
        T_OK(charset_decode(cs, rows[i].bytes, CHARSET_REPLACE, &out, &loss, &e), &e);
        T_EQ_STR(buf_view(&out), rows[i].replace);
        T_EQ_SIZE(loss.count, rows[i].count);
        T_EQ_SIZE(loss.first_at, rows[i].pos);
        buf_clear(&out);
        T_OK(charset_decode(cs, rows[i].bytes, CHARSET_FALLBACK, &out, &loss, &e), &e);
        T_EQ_STR(buf_view(&out), rows[i].fallback);
        charset_free(&cs);
    }
    buf_done(&out);
}

static void characters_the_set_does_not_have(void **state)
{
    (void)state;
    static const struct {
        const char *name, *set, *utf8;
        size_t pos;
        struct str out;
    } rows[] = {
        { "latin 1", "8859/1",
          "a\xe2\x82\xac"
          "b",
          1, STR_INIT("a?b") },
        { "1252", "windows-1252", "\xc2\x81", 0, STR_INIT("?") },
        { "ASCII", "ASCII", "M\xc3\xbcller", 1, STR_INIT("M?ller") },
        { "iconv", "8859/2",
          "x\xe2\x82\xac"
          "y",
          1, STR_INIT("x?y") },
        { "with states", "ISO IR87", "\xe5\xb1\xb1\xf0\x9f\x98\x80\xe5\xb1\xb1", 3,
          STR_INIT("\x1b$B;3\x1b(B?\x1b$B;3\x1b(B") },
        { "backslash in JIS X 0201", "ISO IR14", "\\", 0, STR_INIT("?") },
    };
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct charset *cs = NULL;
        struct charset_loss loss;
        struct err e;
        struct str in = str_z(rows[i].utf8);
        T_ROW(rows[i].name);
        T_OK(charset_open(str_z(rows[i].set), &cs, &e), &e);
        buf_clear(&out);
        T_EQ_INT(charset_encode(cs, in, CHARSET_REJECT, &out, &loss, &e), RC_VALUE);
        T_EQ_Z(e.id, "BASE-023");
        T_EQ_SIZE(e.pos, rows[i].pos);
        buf_clear(&out);
        T_OK(charset_encode(cs, in, CHARSET_FALLBACK, &out, &loss, &e), &e);
        T_EQ_BYTES(buf_view(&out), rows[i].out);
        T_EQ_SIZE(loss.count, 1);
        T_EQ_SIZE(loss.first_at, rows[i].pos);
        T_EQ_INT(charset_encode(cs, STR("ok\xff"), CHARSET_REPLACE, &out, &loss, &e), RC_SYNTAX);
        T_EQ_Z(e.id, "BASE-022");
        T_EQ_SIZE(e.pos, 2);
        charset_free(&cs);
    }
    buf_done(&out);
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *in, *name; /* NULL: refused */
    } rows[] = {
        { "8859/1", "ISO-8859-1" },
        { "unicode utf-8", "UTF-8" },
        { " ASCII ", "US-ASCII" },
        { "ISO IR6", "US-ASCII" },
        { "utf8", "UTF-8" },
        { "LATIN1", "ISO-8859-1" },
        { "cp1252", "windows-1252" },
        { "KOI8-R", "KOI8-R" },
        { "UNICODE", "UTF-16" },
        { "", NULL },
        { "   ", NULL },
        { "char", NULL },
        { "wchar_t", NULL },
        { "INTERNAL", NULL },
        { "OSF00010101", NULL },
        { "UTF-8//TRANSLIT", NULL },
        { "ISO-8859-2//IGNORE", NULL },
        { "8859/77", NULL },
        { "no-such-set", NULL },
        { "UTF-8,x", NULL },
        { "ISO-10646/UCS2/", NULL },
        { "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde", NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct charset *cs = NULL;
        struct err e;
        T_ROW(rows[i].in);
        enum rc rc = charset_open(str_z(rows[i].in), &cs, &e);
        T_EQ_INT(rc, rows[i].name ? RC_OK : RC_MISSING);
        if (rows[i].name)
            T_EQ_Z(charset_name(cs), rows[i].name);
        else
            T_EQ_Z(e.id, "BASE-020");
        charset_free(&cs);
    }
    T_EQ_Z(charset_to_hl7(STR("UTF-8")), "UNICODE UTF-8");
    T_EQ_Z(charset_to_hl7(STR("us-ascii")), "ASCII");
    T_EQ_Z(charset_to_hl7(STR("UTF-16")), "UNICODE UTF-16");
    T_TRUE(charset_to_hl7(STR("KOI8-R")) == NULL);
    T_EQ_Z(charset_of_hl7(STR("8859/15")), "ISO-8859-15");
    T_TRUE(charset_of_hl7(STR("8859/10")) == NULL);
}

/* A text that broke off in a shifted state says nothing about the next one. */
static void every_call_starts_in_the_first_state(void **state)
{
    (void)state;
    struct charset *cs = NULL;
    struct buf out;
    struct err e;
    buf_init(&out, 100);
    T_OK(charset_open(STR("ISO IR87"), &cs, &e), &e);
    T_EQ_INT(
        charset_encode(cs, STR("\xe5\xb1\xb1\xf0\x9f\x98\x80"), CHARSET_REJECT, &out, NULL, &e),
        RC_VALUE);
    buf_clear(&out);
    T_OK(charset_encode(cs,
                        STR("\xc2\xa5"
                            "a"),
                        CHARSET_REJECT, &out, NULL, &e),
         &e);
    T_EQ_STR(buf_view(&out), "\x1b(J\\a\x1b(B");
    charset_free(&cs);

    T_OK(charset_open(STR("UTF-7"), &cs, &e), &e);
    T_EQ_INT(charset_decode(cs, STR("+Ti\xff"), CHARSET_REJECT, &out, NULL, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 3);
    buf_clear(&out);
    T_OK(charset_decode(cs, STR("b4"), CHARSET_REJECT, &out, NULL, &e), &e);
    T_EQ_STR(buf_view(&out), "b4");
    charset_free(&cs);
    buf_done(&out);
}

/* Output larger than iconv's stage, and a ceiling to the byte. */
static void long_texts_and_ceilings(void **state)
{
    (void)state;
    struct charset *cs = NULL;
    struct buf in;
    struct buf out;
    struct err e;
    buf_init(&in, 10000);
    buf_fill(&in, '\xf3', 5000);
    T_OK(charset_open(STR("8859/2"), &cs, &e), &e);
    buf_init(&out, 10000);
    T_OK(charset_decode(cs, buf_view(&in), CHARSET_REJECT, &out, NULL, &e), &e);
    T_EQ_SIZE(out.n, 10000);
    T_EQ_STR(str_sub(buf_view(&out), 9998, 2), "\xc3\xb3");
    buf_done(&out);
    buf_init(&out, 9999);
    T_EQ_INT(charset_decode(cs, buf_view(&in), CHARSET_REJECT, &out, NULL, &e), RC_LIMIT);
    T_EQ_Z(e.id, "BASE-001");
    buf_done(&out);
    buf_done(&in);
    charset_free(&cs);
}

static void without_memory(void **state)
{
    (void)state;
    struct charset *cs = NULL;
    struct err e;
    mem_fail_at(1);
    T_EQ_INT(charset_open(STR("UTF-8"), &cs, &e), RC_NOMEM);
    T_EQ_INT(mem_fail_left(), 0);
    T_TRUE(cs == NULL);
    charset_free(&cs);
    struct buf out;
    T_OK(charset_open(STR("8859/1"), &cs, &e), &e);
    buf_init(&out, 100);
    mem_fail_at(1);
    T_EQ_INT(charset_decode(cs, STR("\xe4"), CHARSET_REJECT, &out, NULL, &e), RC_NOMEM);
    buf_done(&out);
    charset_free(&cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(both_ways),
        T_TEST(byte_order),
        T_TEST(bad_bytes),
        T_TEST(characters_the_set_does_not_have),
        T_TEST(every_call_starts_in_the_first_state),
        T_TEST(names),
        T_TEST(long_texts_and_ceilings),
        T_TEST(without_memory),
    };
    return T_RUN(tests);
}

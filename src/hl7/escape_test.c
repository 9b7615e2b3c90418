/* escape.c: decoding, rendering, encoding, and that they are inverse. */
#include "hl7/escape.h"

#include "tests/lib/t.h"

#include <stdio.h>

#define USUAL                                                                                      \
    {                                                                                              \
        '|', '^', '~', '\\', '&', 0                                                                \
    }

static const struct {
    const char *name;
    struct hl7_delims d;
    struct str raw;
    struct str text;
    struct str plain; /* {NULL, 0}: as text */
} rows[] = {
    { "each delimiter", USUAL, STR_INIT("\\F\\\\S\\\\T\\\\R\\\\E\\"), STR_INIT("|^&~\\"), { 0 } },
    { "python-hl7 84: \\E\\R\\ keeps its backslash",
      USUAL,
      STR_INIT("\\E\\R\\"),
      STR_INIT("\\R\\"),
      { 0 } },
    { "ruby-hl7 80: adjacent escapes stay apart",
      USUAL,
      STR_INIT("a\\F\\\\F\\b"),
      STR_INIT("a||b"),
      { 0 } },
    { "HL7-V2 40: consecutive escapes",
      USUAL,
      STR_INIT("\\X0D\\\\X0A\\"),
      STR_INIT("\r\n"),
      { 0 } },
    { "HL7-dotnetcore 77: a lone backslash",
      USUAL,
      STR_INIT("4\\5 re."),
      STR_INIT("4\\5 re."),
      { 0 } },
    { "HL7-dotnetcore 113: \\E\\ at the end", USUAL, STR_INIT("x\\E\\"), STR_INIT("x\\"), { 0 } },
    { "HL7-dotnetcore 99: .br stays in the text", USUAL, STR_INIT("a\\.br\\b"),
      STR_INIT("a\\.br\\b"), STR_INIT("a\nb") },
    { "nHapi 44: UNC path",
      USUAL,
      STR_INIT("\\\\server\\share\\file"),
      STR_INIT("\\\\server\\share\\file"),
      { 0 } },
    { "path with an escape behind it",
      USUAL,
      STR_INIT("C:\\temp\\F\\x"),
      STR_INIT("C:\\temp|x"),
      { 0 } },
    { "nHapi 74: .br and \\E\\ together",
      USUAL,
      STR_INIT("\\E\\.br\\E\\"),
      STR_INIT("\\.br\\"),
      { 0 } },
    { "NextLevelSeven 7: escapes are resolved at all",
      USUAL,
      STR_INIT("A\\T\\E"),
      STR_INIT("A&E"),
      { 0 } },
    { "HAPI does not: hexadecimal", USUAL, STR_INIT("\\X21\\\\X4142\\"), STR_INIT("!AB"), { 0 } },
    { "lower-case digits", USUAL, STR_INIT("\\X0d0a\\"), STR_INIT("\r\n"), { 0 } },
    { "NUL by hexadecimal", USUAL, STR_INIT("a\\X00\\b"), STR_INIT("a\0b"), { 0 } },
    { "odd digits are no escape", USUAL, STR_INIT("\\X123\\"), STR_INIT("\\X123\\"), { 0 } },
    { "no digits are none", USUAL, STR_INIT("\\X\\"), STR_INIT("\\X\\"), { 0 } },
    { "x is no X (C:\\x64\\)", USUAL, STR_INIT("C:\\x64\\bin"), STR_INIT("C:\\x64\\bin"), { 0 } },
    { "unterminated", USUAL, STR_INIT("ends with \\"), STR_INIT("ends with \\"), { 0 } },
    { "unterminated behind a good one", USUAL, STR_INIT("\\F\\x\\S"), STR_INIT("|x\\S"), { 0 } },
    { "empty escape", USUAL, STR_INIT("a\\\\b"), STR_INIT("a\\\\b"), { 0 } },
    { "local stays", USUAL, STR_INIT("\\Zlocal1\\\\F\\"), STR_INIT("\\Zlocal1\\|"), { 0 } },
    { "character sets stay",
      USUAL,
      STR_INIT("\\C2842\\\\M242B30\\"),
      STR_INIT("\\C2842\\\\M242B30\\"),
      { 0 } },
    { "highlight", USUAL, STR_INIT("\\H\\bold\\N\\ text"), STR_INIT("\\H\\bold\\N\\ text"),
      STR_INIT("bold text") },
    { "formatting", USUAL, STR_INIT("\\.in+4\\a\\.sp2\\b\\.sk3\\c\\.ce\\x\\.fi\\\\.nf\\\\.ti-2\\"),
      STR_INIT("\\.in+4\\a\\.sp2\\b\\.sk3\\c\\.ce\\x\\.fi\\\\.nf\\\\.ti-2\\"),
      STR_INIT("a\n\nb   c\nx") },
    { "a count without limit is limited",
      USUAL,
      STR_INIT("\\.sp9999\\"),
      STR_INIT("\\.sp9999\\"),
      { 0 } },
    { "unknown formatting", USUAL, STR_INIT("\\.xx\\"), STR_INIT("\\.xx\\"), { 0 } },
    { "own delimiters",
      { '#', '*', '@', '!', '%', 0 },
      STR_INIT("a!F!b!S!c!R!d!E!e!T!f"),
      STR_INIT("a#b*c@d!e%f"),
      { 0 } },
    { "truncation",
      { '|', '^', '~', '\\', '&', '#' },
      STR_INIT("a\\P\\b"),
      STR_INIT("a#b"),
      { 0 } },
    { "a delimiter not in use: the usual one",
      { '|', 0, 0, '\\', 0, 0 },
      STR_INIT("\\S\\\\T\\\\R\\\\P\\"),
      STR_INIT("^&~#"),
      { 0 } },
    { "no escape character",
      { '|', '^', '~', 0, 0, 0 },
      STR_INIT("a\\F\\b"),
      STR_INIT("a\\F\\b"),
      { 0 } },
    { "empty", USUAL, STR_INIT(""), STR_INIT(""), { 0 } },
};

static void decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1 << 16);
        struct str out;
        struct err e = { 0 };
        T_OK(hl7_unescape(rows[i].raw, rows[i].d, a, &out, &e), &e);
        T_EQ_BYTES(out, rows[i].text);
        T_OK(hl7_plain(rows[i].raw, rows[i].d, a, &out, &e), &e);
        T_EQ_BYTES(out, rows[i].plain.p ? rows[i].plain : rows[i].text);
        arena_free(&a);
    }
}

static const struct {
    const char *name;
    struct hl7_delims d;
    enum hl7_keep keep;
    struct str text;
    struct str raw;
} encoded[] = {
    { "plain", USUAL, HL7_KEEP_NOTHING, STR_INIT("DOE, J\xc3\xb6rg\t1"),
      STR_INIT("DOE, J\xc3\xb6rg\t1") },
    { "delimiters", USUAL, HL7_KEEP_NOTHING, STR_INIT("|^&~\\#"),
      STR_INIT("\\F\\\\S\\\\T\\\\R\\\\E\\#") },
    { "truncation",
      { '|', '^', '~', '\\', '&', '#' },
      HL7_KEEP_NOTHING,
      STR_INIT("#"),
      STR_INIT("\\P\\") },
    { "hapi 7: line ends in data", USUAL, HL7_KEEP_NOTHING, STR_INIT("a\r\nb"),
      STR_INIT("a\\X0D\\\\X0A\\b") },
    { "what MLLP needs", USUAL, HL7_KEEP_NOTHING, STR_INIT("\x0b\x1c\0"),
      STR_INIT("\\X0B\\\\X1C\\\\X00\\") },
    { "encoded leaf", USUAL, HL7_KEEP_ESCAPES, STR_INIT("a&b\\T\\^~|"),
      STR_INIT("a\\T\\b\\T\\\\S\\\\R\\\\F\\") },
    { "encoded component", USUAL, HL7_KEEP_SUBS, STR_INIT("a&b\\T\\^~|"),
      STR_INIT("a&b\\T\\\\S\\\\R\\\\F\\") },
    { "encoded repetition", USUAL, HL7_KEEP_COMPS, STR_INIT("a^b&c~|\r"),
      STR_INIT("a^b&c\\R\\\\F\\\\X0D\\") },
    { "encoded field", USUAL, HL7_KEEP_REPS, STR_INIT("a^b&c~\\S\\|"),
      STR_INIT("a^b&c~\\S\\\\F\\") },
    { "no escape needed, none there",
      { '|', '^', 0, 0, 0, 0 },
      HL7_KEEP_NOTHING,
      STR_INIT("a~b"),
      STR_INIT("a~b") },
};

static void written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(encoded); i++) {
        T_ROW(encoded[i].name);
        struct arena *a = arena_new("test", 0, 1 << 16);
        struct buf b;
        struct err e = { 0 };
        buf_init_arena(&b, a, 4096);
        T_OK(hl7_escape(encoded[i].text, encoded[i].d, encoded[i].keep, &b, &e), &e);
        T_EQ_BYTES(buf_view(&b), encoded[i].raw);
        arena_free(&a);
    }
}

static void cannot_be_written(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct buf b;
    struct err e = { 0 };
    struct hl7_delims d = { '|', '^', 0, 0, 0, 0 };
    buf_init_arena(&b, a, 8);
    buf_z(&b, "keep");
    T_EQ_INT(hl7_escape(STR("ab^"), d, HL7_KEEP_NOTHING, &b, &e), RC_VALUE);
    T_EQ_Z(e.id, "HL7-020");
    T_EQ_SIZE(e.pos, 2);
    T_EQ_STR(buf_view(&b), "keep");
    T_EQ_INT(hl7_escape(STR("abcdef"), d, HL7_KEEP_NOTHING, &b, &e), RC_LIMIT);
    arena_free(&a);
}

/* unescape(escape(t)) is t, for every pair of bytes between two others. */
static void inverse(void **state)
{
    (void)state;
    const struct hl7_delims sets[] = { USUAL,
                                       { '|', '^', '~', '\\', '&', '#' },
                                       { '#', '*', '@', '!', '%', 0 } };
    struct arena *a = arena_new("test", 0, 1 << 16);
    for (size_t k = 0; k < ZS_COUNT(sets); k++) {
        for (unsigned pair = 0; pair < 65536; pair++) {
            char text[4] = { 'F', (char)(pair >> 8), (char)(pair & 255), '\\' };
            struct str out;
            struct buf b;
            struct err e = { 0 };
            arena_clear(a);
            buf_init_arena(&b, a, 64);
            T_OK(hl7_escape(str_of(text, 4), sets[k], HL7_KEEP_NOTHING, &b, &e), &e);
            T_OK(hl7_unescape(buf_view(&b), sets[k], a, &out, &e), &e);
            T_EQ_BYTES(out, str_of(text, 4));
        }
    }
    arena_free(&a);
}

/* ---- the shared table, where it is there ---- */

static bool json_text(struct str json, struct buf *out)
{
    if (json.n < 2 || json.p[0] != '"' || json.p[json.n - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < json.n; i++) {
        if (json.p[i] == '\\')
            i++;
        buf_char(out, json.p[i]);
    }
    return true;
}

/* One row: delimiters, raw, decoded, kind. */
static void table_row(struct arena *a, struct str row)
{
    struct str cell[5];
    for (size_t i = 0; i < 5; i++)
        T_TRUE(str_split(&row, '\t', &cell[i]));
    char header[16];
    struct buf raw;
    struct buf want;
    struct str got;
    struct err e = { 0 };
    int n = snprintf(header, sizeof header, "MSH%.*s", STR_ARG(cell[0]));
    T_TRUE(n > 0 && (size_t)n < sizeof header);
    struct hl7_delims d;
    T_TRUE(hl7_delims_read(str_of(header, (size_t)n), &d));
    buf_init_arena(&raw, a, 4096);
    buf_init_arena(&want, a, 4096);
    T_TRUE(json_text(cell[1], &raw) && json_text(cell[2], &want));
    T_OK(hl7_unescape(buf_view(&raw), d, a, &got, &e), &e);
    T_EQ_BYTES(got, buf_view(&want));
}

static void shared_table(void **state)
{
    (void)state;
    struct str table = t_data("hl7v2/edge/escape-decode.tsv");
    if (str_is_null(table))
        T_SKIP("no conformance data");
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct str line;
    size_t n = 0;
    T_TRUE(str_split(&table, '\n', &line));
    while (str_split(&table, '\n', &line)) {
        if (line.n == 0)
            continue;
        table_row(a, line);
        n++;
    }
    T_EQ_SIZE(n, 14);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(decoded), T_TEST(written),      T_TEST(cannot_be_written),
        T_TEST(inverse), T_TEST(shared_table),
    };
    return T_RUN(tests);
}

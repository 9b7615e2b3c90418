/* CSV, and code tables from it. */
#include "map/csv.h"
#include "map/map_test.h"

/* ---- the reader ---- */

/* Rows as "a|b;c|d", or the error's id and line. */
static void reads_csv(void **state)
{
    static const struct {
        const char *name;
        struct str in;
        const char *out;
    } rows[] = {
        { "nothing", STR_INIT(""), "" },
        { "one field", STR_INIT("a"), "a" },
        { "line ends of both kinds", STR_INIT("a,b\r\nc,d\n"), "a|b;c|d" },
        { "no line end at the end", STR_INIT("a,b\nc,d"), "a|b;c|d" },
        { "empty fields", STR_INIT(",\na,,b,\n"), "|;a||b|" },
        { "blank lines", STR_INIT("\n\na\n\r\n\nb\n\n"), "a;b" },
        { "a byte order mark",
          STR_INIT("\xef\xbb\xbf"
                   "a,b"),
          "a|b" },
        { "quotes", STR_INIT("\"a,b\",\"c\"\"d\"\"\",\"\"\n"), "a,b|c\"d\"|" },
        { "a line end in quotes", STR_INIT("\"a\r\nb\",c\nd,e"), "a\r\nb|c;d|e" },
        { "a quote inside a bare field", STR_INIT("a\"b,c"), "a\"b|c" },
        { "white space stays", STR_INIT(" a , b \n"), " a | b " },
        { "a lone CR is text", STR_INIT("a\rb,c"), "a\rb|c" },
        { "NUL is text", STR_INIT("a\0b,c"), NULL },
        { "no closing quote", STR_INIT("a\n\"b\nc"), "a;!MAP-020@2" },
        { "something behind the quote", STR_INIT("\"a\"b"), "!MAP-020@1" },
        { "the same, a quote", STR_INIT("\"a\" \"b\""), "!MAP-020@1" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("csv", 0, MAP_TEST_ARENA);
        struct csv c;
        struct csv_row row;
        struct err e = { 0 };
        struct buf b;
        enum rc rc = RC_OK;
        T_ROW(rows[i].name);
        T_TRUE(a != NULL);
        buf_init_arena(&b, a, 1000);
        csv_init(&c, rows[i].in, ',', a);
        bool first = true;
        while ((rc = csv_next(&c, &row, &e)) == RC_OK && row.n) {
            buf_z(&b, first ? "" : ";");
            first = false;
            for (size_t k = 0; k < row.n; k++) {
                buf_z(&b, k ? "|" : "");
                buf_str(&b, row.v[k]);
            }
        }
        if (rc != RC_OK)
            buf_fmt(&b, "%s!%s@%u", first ? "" : ";", e.id, e.line);
        if (rows[i].out)
            T_EQ_STR(b.n ? buf_view(&b) : STR(""), rows[i].out);
        else
            T_EQ_BYTES(buf_view(&b), STR("a\0b|c"));
        arena_free(&a);
    }
}

static void wide_rows_have_a_limit(void **state)
{
    struct arena *a = arena_new("csv", 0, MAP_TEST_ARENA);
    struct csv c;
    struct csv_row row;
    struct err e;
    struct buf b;
    (void)state;
    T_TRUE(a != NULL);
    buf_init_arena(&b, a, 10000);
    buf_fill(&b, ',', CSV_FIELDS_MAX - 1);
    csv_init(&c, buf_view(&b), ',', a);
    T_OK(csv_next(&c, &row, &e), &e);
    T_EQ_SIZE(row.n, CSV_FIELDS_MAX);
    buf_char(&b, ',');
    csv_init(&c, buf_view(&b), ',', a);
    T_EQ_INT(csv_next(&c, &row, &e), RC_LIMIT);
    T_EQ_Z(e.id, "MAP-021");
    arena_free(&a);
}

/* ---- tables from files ---- */

struct fake_file {
    struct str bytes;
    struct str asked;
};

static enum rc read_fake(void *ctx, struct str path, struct arena *a, struct str *out,
                         struct err *e)
{
    struct fake_file *f = ctx;
    f->asked = path;
    if (str_is_null(f->bytes))
        return err_set(e, RC_MISSING, "BASE-030", "not there");
    *out = arena_str(a, f->bytes);
    return RC_OK;
}

static const struct {
    const char *name;
    const char *yaml;
    const char *file; /* NULL: cannot be read */
    const char *found;
    size_t n;
    const char *code, *value; /* NULL: not in the table */
} files[] = {
    { "the first two columns", "table: t\nfile: a.csv\n", "code,text,more\nM,male,x\nF,female,y\n",
      "", 2, "F", "female" },
    { "columns by name", "table: t\nfile: a.csv\ncolumns: [text, code]\n", "code,text\nM,male\n",
      "", 1, "male", "M" },
    { "another separator", "table: t\nfile: a.csv\nseparator: ';'\n", "c;t\nM;m,n\n", "", 1, "M",
      "m,n" },
    { "codes without case", "table: t\nfile: a.csv\nignoreCase: true\n", "c,t\nÄb,x\n", "", 1, "äB",
      "x" },
    { "a header alone", "table: t\nfile: a.csv\n", "c,t\n", "", 0, "M", NULL },
    { "an empty file", "table: t\nfile: a.csv\n", "", "MAP-025", 0, NULL, NULL },
    { "a column that is not there", "table: t\nfile: a.csv\ncolumns: [a, b]\n", "c,t\n", "MAP-025",
      0, NULL, NULL },
    { "one column", "table: t\nfile: a.csv\ncolumns: [c]\n", "c,t\n", "MAP-025", 0, NULL, NULL },
    { "a row too short", "table: t\nfile: a.csv\n", "c,t\nM,m\nF\n", "MAP-025", 0, NULL, NULL },
    { "a code twice", "table: t\nfile: a.csv\n", "c,t\nM,m\nM,n\n", "MAP-022", 0, NULL, NULL },
    { "malformed", "table: t\nfile: a.csv\n", "c,t\n\"M,m\n", "MAP-020", 0, NULL, NULL },
    { "not readable", "table: t\nfile: a.csv\n", NULL, "MAP-026", 0, NULL, NULL },
};

static void tables_from_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(files); i++) {
        struct map_trial t;
        struct json *docs = NULL;
        struct fake_file f = { .bytes = str_z(files[i].file) };
        struct map_loader loader = { read_fake, &f };
        const struct map_table *table = NULL;
        T_ROW(files[i].name);
        T_OK(map_trial_load(&t, "table: x\nrows: {}\n"), &t.e);
        T_OK(yaml_parse(str_z(files[i].yaml), &json_default_limits, t.arena, &docs, &t.e), &t.e);
        struct map_source src = { .doc = json_first(docs), .text = str_z(files[i].yaml) };
        enum rc rc = map_table_compile(&src, &loader, t.arena, &table, &t.found, &t.e);
        T_EQ_INT(rc, files[i].found[0] ? RC_VALUE : RC_OK);
        T_EQ_Z(t.found.n ? t.found.v[0].id : "", files[i].found);
        if (rc == RC_OK) {
            T_EQ_STR(map_table_name(table), "t");
            T_EQ_SIZE(map_table_count(table), files[i].n);
            T_EQ_STR(f.asked, "a.csv");
            t.tables[0] = table;
        }
        map_trial_done(&t);
    }
}

/* The values come out of a mapping that uses the file's table. */
static void values_from_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(files); i++) {
        struct map_trial t;
        struct json *docs = NULL;
        struct fake_file f = { .bytes = str_z(files[i].file) };
        struct map_loader loader = { read_fake, &f };
        const struct map_table *table = NULL;
        struct buf in;
        if (!files[i].code)
            continue;
        T_ROW(files[i].name);
        T_OK(map_trial_load(&t, "table: x\nrows: {}\n"), &t.e);
        const char *text =
            "mapping: m\nfrom: json\nto: json\nrules:\n- {to: o, from: i, lookup: t}\n";
        T_OK(yaml_parse(str_z(files[i].yaml), &json_default_limits, t.arena, &docs, &t.e), &t.e);
        struct map_source src = { .doc = json_first(docs) };
        T_OK(map_table_compile(&src, &loader, t.arena, &table, &t.found, &t.e), &t.e);
        T_OK(yaml_parse(str_z(text), &json_default_limits, t.arena, &docs, &t.e), &t.e);
        const struct map_tables tables = { .v = &table, .n = 1 };
        src.doc = json_first(docs);
        T_OK(map_compile(&src, &tables, t.arena, &t.map, &t.found, &t.e), &t.e);
        buf_init_arena(&in, t.arena, 100);
        buf_fmt(&in, "{\"i\":\"%s\"}", files[i].code);
        T_EQ_INT(map_trial_run(&t, buf_view(&in)), files[i].value ? RC_OK : RC_VALUE);
        if (files[i].value)
            T_EQ_STR(json_text(json_getz(t.out.json, "o")), files[i].value);
        map_trial_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(reads_csv), T_TEST(wide_rows_have_a_limit),
                                        T_TEST(tables_from_files), T_TEST(values_from_files) };
    return T_RUN(tests);
}

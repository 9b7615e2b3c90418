/*
 * The conformance messages, where they are there: each is read without a finding of the sanitizers,
 * its segments tile its bytes, and the facts of field-values.tsv hold.
 */
#include "hl7/path.h"

#include "tests/lib/t.h"

#include "base/buf.h"
#include "base/timefmt.h"

#include <dirent.h>
#include <stdio.h>

#define DIR_NAME "hl7v2/messages/"

/* Visit every value of a message at every level; returns how many bytes the leaves have. */
static size_t walk(const struct hl7_msg *m, struct arena *a)
{
    size_t n = 0;
    struct err e = { 0 };
    for (size_t i = 0; i < m->n_segs; i++) {
        for (unsigned f = 1; f <= hl7_seg_n_fields(m, i); f++) {
            struct hl7_path p = { .seg = m->segs[i].id, .field = (uint16_t)f };
            struct hl7_iter it;
            struct hl7_value v;
            hl7_iter_init_in(&it, m, i, &p);
            while (hl7_iter_next(&it, &v)) {
                struct arena_mark mark = arena_mark(a);
                struct str text;
                T_OK(hl7_text(m, v, a, &text, &e), &e);
                n += v.raw.n;
                arena_rewind(a, mark);
            }
        }
    }
    return n;
}

static void one_file(const char *name)
{
    char path[300];
    int n = snprintf(path, sizeof path, DIR_NAME "%s", name);
    T_TRUE(n > 0 && (size_t)n < sizeof path);
    T_ROW(name);
    struct str in = t_data(path);
    struct arena *a = arena_new("test", 0, (size_t)64 << 20);
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
    size_t at = m->start;
    for (size_t i = 0; i < m->n_segs; i++) {
        T_EQ_SIZE(m->segs[i].at, at);
        at += (size_t)m->segs[i].n + m->segs[i].term;
    }
    T_EQ_SIZE(at, m->end);
    T_TRUE(walk(m, a) > 0);
    arena_free(&a);
    T_ROW(NULL);
}

static void every_message(void **state)
{
    (void)state;
    const char *dir = t_data_dir();
    if (!dir)
        T_SKIP("no conformance data");
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/" DIR_NAME, dir);
    T_TRUE(n > 0 && (size_t)n < sizeof path);
    DIR *d = opendir(path);
    T_TRUE(d != NULL);
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        one_file(entry->d_name);
        count++;
    }
    (void)closedir(d); /* only read */
    T_EQ_SIZE(count, 218);
}

/* ---- field-values.tsv ---- */

static const char *const hex_digits = "0123456789abcdef";

static size_t put_utf8(unsigned cp, struct buf *out)
{
    if (cp < 0x80) {
        buf_char(out, (char)cp);
    } else if (cp < 0x800) {
        buf_char(out, (char)(0xC0 | cp >> 6));
        buf_char(out, (char)(0x80 | (cp & 63)));
    } else {
        buf_char(out, (char)(0xE0 | cp >> 12));
        buf_char(out, (char)(0x80 | (cp >> 6 & 63)));
        buf_char(out, (char)(0x80 | (cp & 63)));
    }
    return out->n;
}

/* A JSON string without surrogates; false for null. */
static bool unquote(struct str json, struct buf *out)
{
    static const char plain[] = "\"\\/bfnrt";
    static const char means[] = "\"\\/\b\f\n\r\t";
    buf_clear(out);
    if (json.n < 2 || json.p[0] != '"')
        return false;
    for (size_t i = 1; i + 1 < json.n; i++) {
        if (json.p[i] != '\\') {
            buf_char(out, json.p[i]);
            continue;
        }
        char c = json.p[++i];
        const char *at = strchr(plain, c);
        if (at) {
            buf_char(out, means[at - plain]);
            continue;
        }
        unsigned cp = 0;
        for (size_t k = 1; k <= 4; k++)
            cp = cp << 4 | (unsigned)(strchr(hex_digits, json.p[i + k] | 0x20) - hex_digits);
        (void)put_utf8(cp, out);
        i += 4;
    }
    return true;
}

static uint32_t num(struct str s)
{
    uint32_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    return v;
}

/* One fact: does it hold? */
static bool holds(struct str row, struct arena *a)
{
    struct str cell[10];
    for (size_t i = 0; i < 10; i++)
        T_TRUE(str_split(&row, '\t', &cell[i]));
    char path[300];
    int n = snprintf(path, sizeof path, DIR_NAME "%.*s", STR_ARG(cell[0]));
    T_TRUE(n > 0 && (size_t)n < sizeof path);
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    T_OK(hl7_parse(t_data(path), NULL, a, &m, &e), &e);
    struct hl7_path p = { .seg = hl7_id_read(cell[1]),
                          .occ = num(cell[2]),
                          .field = (uint16_t)num(cell[3]),
                          .rep = num(cell[4]),
                          .comp = (uint16_t)num(cell[5]),
                          .sub = (uint16_t)num(cell[6]) };
    struct buf want;
    struct str text;
    buf_init_arena(&want, a, 1 << 20);
    struct hl7_value v = hl7_get(m, &p);
    T_TRUE(unquote(cell[7], &want));
    bool ok = str_eq(v.raw, buf_view(&want));
    T_OK(hl7_text(m, v, a, &text, &e), &e);
    return ok && (!unquote(cell[8], &want) || str_eq(text, buf_view(&want)));
}

static void field_values(void **state)
{
    (void)state;
    struct str table = t_data("hl7v2/field-values.tsv");
    if (str_is_null(table))
        T_SKIP("no conformance data");
    struct arena *a = arena_new("test", 0, (size_t)64 << 20);
    struct str line;
    size_t n = 0;
    size_t wrong = 0;
    T_ROW(NULL);
    T_TRUE(str_split(&table, '\n', &line));
    while (str_split(&table, '\n', &line)) {
        if (line.n == 0)
            continue;
        arena_clear(a);
        n++;
        if (!holds(line, a)) {
            wrong++;
            print_message("does not hold: %.*s\n", STR_ARG(line));
        }
    }
    T_EQ_SIZE(n, 1253);
    /*
     * PRB-16 of s169 and s171: a space stands behind the date, at the segment's end, and the fact
     * was taken from stripped lines. Chapter 2 gives no leave to strip a value, so it stays.
     */
    T_EQ_SIZE(wrong, 2);
    arena_free(&a);
}

/* ---- edge/timestamps.tsv: what a v2 time means, as base reads it for us ---- */

/* The time in ISO form; empty for the null value and for what is no time. */
static struct str iso_of(struct str v2, bool time_of_day, struct buf *b)
{
    struct time_part t;
    struct err e = { 0 };
    buf_clear(b);
    buf_char(b, '=');
    if (hl7_value_of(v2).presence == HL7_NULL)
        return STR("=");
    if (time_of_day ? time_hl7_tm_parse(v2, &t, &e) != RC_OK : time_hl7_parse(v2, &t, &e) != RC_OK)
        return STR("=");
    if (time_of_day)
        T_TRUE(t.no_date);
    time_iso_text(b, &t);
    return buf_view(b);
}

static void timestamps(void **state)
{
    (void)state;
    struct str table = t_data("hl7v2/edge/timestamps.tsv");
    if (str_is_null(table))
        T_SKIP("no conformance data");
    struct buf b;
    struct str line;
    size_t n = 0;
    buf_init(&b, 256);
    T_TRUE(str_split(&table, '\n', &line));
    while (str_split(&table, '\n', &line)) {
        struct str v2;
        struct str want;
        struct str target;
        if (line.n == 0)
            continue;
        T_TRUE(str_split(&line, '\t', &v2) && str_split(&line, '\t', &want));
        T_TRUE(str_split(&line, '\t', &target));
        struct str got = str_from(iso_of(v2, str_eqz(target, "time"), &b), 1);
        n++;
        if (want.p[0] >= '0' && want.p[0] <= '9' && target.n == 4 && str_eqz(target, "time"))
            T_TRUE(str_starts(want, got)); /* FHIR wants seconds; 13:28 has none */
        else if (want.p[0] >= '0' && want.p[0] <= '9')
            T_EQ_BYTES(got, want);
        else if (str_starts(want, STR("valid FHIR only")))
            T_EQ_STR(got, "2015-02-07T13:28:17"); /* no offset is invented: the target decides */
        else
            T_EQ_SIZE(got.n, 0);
    }
    T_EQ_SIZE(n, 9);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(every_message), T_TEST(field_values),
                                        T_TEST(timestamps) };
    return T_RUN(tests);
}

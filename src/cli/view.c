/*
 * Cells and lines from JSON answers. Tests: view_test.c
 */
#include "cli/view.h"

#include "base/num.h"
#include "base/timefmt.h"
#include "json/jw.h"

#include <stdarg.h>

#define DEPTH_COLS 2
#define LABEL_COLS 16
#define TIME_MAX   (INT64_C(36500) * 24 * 3600 * 1000)

const struct json *view_at(const struct json *v, const char *path)
{
    struct str rest = str_z(path), name;
    while (v && rest.n > 0) {
        size_t dot = str_chr(rest, '.', 0);
        name = dot == SIZE_MAX ? rest : str_sub(rest, 0, dot);
        rest = dot == SIZE_MAX ? STR("") : str_from(rest, dot + 1);
        v = json_get(v, name);
    }
    return v;
}

/* ---- cells -------------------------------------------------------------------------------- */

void view_text(struct cli_table *t, const struct json *row, const char *path)
{
    cli_table_cell(t, json_text(view_at(row, path)));
}

void view_time(struct cli_table *t, const struct json *row, const char *path)
{
    /* 2024-05-06T07:08:09.123Z is shown as 2024-05-06 07:08:09.123 */
    struct str s = json_text(view_at(row, path));
    char text[TIME_ISO_SIZE];
    if (s.n != TIME_ISO_SIZE - 1) {
        cli_table_cell(t, s);
        return;
    }
    memcpy(text, s.p, s.n);
    text[10] = ' ';
    cli_table_cell(t, str_of(text, s.n - 1));
}

void view_epoch(struct cli_table *t, const struct json *row, const char *path)
{
    int64_t at = json_i64_or(view_at(row, path), 0);
    char text[TIME_ISO_SIZE] = "";
    if (at > 0) {
        time_iso(at, text);
        text[10] = ' ';
    }
    cli_table_cell(t, str_of(text, at > 0 ? TIME_ISO_SIZE - 2 : 0));
}

void view_count(struct cli_table *t, const struct json *row, const char *path)
{
    cli_table_u64(t, json_count(view_at(row, path)));
}

void view_yes(struct cli_table *t, const struct json *row, const char *path)
{
    cli_table_cell(t, json_bool_or(view_at(row, path), false) ? STR("yes") : STR(""));
}

void view_sum(struct cli_table *t, const struct json *row, const char *path)
{
    struct str rest = str_z(path), name;
    uint64_t total = 0;
    (void)str_split(&rest, '.', &name); /* there is one: the path is of a table of ours */
    const struct json *list = json_get(row, name);
    while (str_split(&rest, '+', &name))
        JSON_EACH(item, list)
    total += (uint64_t)json_i64_or(json_get(item, name), 0);
    cli_table_u64(t, total);
}

enum rc view_table(struct cli *c, const struct view_col *cols, size_t n, const struct json *items,
                   struct err *e)
{
    struct cli_table t;
    struct cli_col *heads = arena_make(c->arena, struct cli_col, n);
    if (!heads)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    for (size_t i = 0; i < n; i++)
        heads[i] = cols[i].col;
    cli_table_init(&t, heads, n, c->arena);
    JSON_EACH(item, items)
    for (size_t i = 0; i < n; i++)
        cols[i].put(&t, item, cols[i].path);
    return cli_table_print(&t, c->out, e);
}

/* ---- lines -------------------------------------------------------------------------------- */

static void put_label(FILE *f, int depth, const char *label)
{
    fprintf(f, "%*s%-*s ", depth * DEPTH_COLS, "", LABEL_COLS, label);
}

void view_line(FILE *f, int depth, const char *label, struct str text)
{
    if (text.n == 0)
        return;
    put_label(f, depth, label);
    cli_put_safe(f, text);
    fputc('\n', f);
}

void view_line_fmt(FILE *f, int depth, const char *label, const char *fmt, ...)
{
    va_list ap;
    put_label(f, depth, label);
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
}

void view_member(struct cli *c, FILE *f, int depth, const char *label, const struct json *v)
{
    struct buf b;
    struct jw w;
    struct err none;
    switch (json_type(v)) {
    case JSON_STRING:
    case JSON_NUMBER: view_line(f, depth, label, json_text(v)); break;
    case JSON_BOOL: view_line(f, depth, label, v->n ? STR("yes") : STR("no")); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_init_arena(&b, c->arena, (size_t)16 << 20);
        jw_init(&w, &b, JSON_COMPACT);
        jw_value(&w, v);
        if (json_count(v) > 0 && jw_done(&w, &none) == RC_OK)
            view_line(f, depth, label, buf_view(&b));
        break;
    case JSON_ABSENT:
    case JSON_NULL: break;
    }
}

struct str view_when(struct arena *a, struct str iso)
{
    if (iso.n != TIME_ISO_SIZE - 1)
        return iso;
    struct buf b;
    buf_init_arena(&b, a, 64);
    buf_str(&b, str_sub(iso, 0, 10));
    buf_char(&b, ' ');
    buf_str(&b, str_sub(iso, 11, 8));
    buf_z(&b, " UTC");
    return buf_view(&b);
}

struct str view_when_ms(struct arena *a, int64_t at_ms)
{
    char text[TIME_ISO_SIZE];
    time_iso(at_ms, text);
    return view_when(a, str_of(text, TIME_ISO_SIZE - 1));
}

enum rc view_document(struct cli *c, FILE *f, const struct json *v, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, c->arena, (size_t)256 << 20);
    jw_init(&w, &b, JSON_PRETTY);
    jw_value(&w, v);
    enum rc rc = jw_done(&w, e);
    if (rc != RC_OK)
        return rc;
    cli_put_safe(f, buf_view(&b));
    fputc('\n', f);
    return RC_OK;
}

enum rc view_time_option(struct cli *c, const char *given, const char **out, struct err *e)
{
    int64_t ago = 0, at = 0;
    struct err none;
    *out = NULL;
    if (!given)
        return RC_OK;
    if (num_duration(str_z(given), 0, TIME_MAX, &ago, &none) == RC_OK) {
        char text[TIME_ISO_SIZE];
        time_iso(clock_now_ms(c->clock) - ago, text);
        *out = arena_z(c->arena, str_z(text));
        return *out ? RC_OK : err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    }
    if (time_iso_instant(str_z(given), &at, &none) != RC_OK)
        return err_set(e, RC_VALUE, "CLI-053",
                       "\"%s\" is neither a time like 2024-05-06T07:08:09Z nor so long ago, like "
                       "24h",
                       given);
    *out = given;
    return RC_OK;
}

/*
 * Tables for people. Tests: cli_table_test.c
 */
#include "cli/cli_int.h"

#include "base/utf8.h"

#define GAP 2

void cli_table_init(struct cli_table *t, const struct cli_col *cols, size_t n, struct arena *a)
{
    *t = (struct cli_table){ .cols = cols, .n_cols = n, .arena = a };
}

static bool room_for_one(struct cli_table *t)
{
    if (t->n_cells < t->cap)
        return true;
    size_t cap = t->cap ? t->cap * 2 : 64;
    size_t bytes = 0;
    struct str *cells = size_mul(cap, sizeof *cells, &bytes)
                            ? arena_grow(t->arena, t->cells, t->cap * sizeof *cells, bytes)
                            : NULL;
    if (!cells)
        return false;
    t->cells = cells;
    t->cap = cap;
    return true;
}

/* Line ends and tabs would break the row, other controls could drive the terminal. */
static void blank_controls(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
            p[i] = ' ';
}

/* The start of s that takes at most `columns`. */
static struct str cut_to_columns(struct str s, size_t columns)
{
    size_t at = 0;
    size_t end = 0;
    size_t used = 0;
    while (at < s.n) {
        (void)utf8_next(s, &at); /* a bad sequence is one place wide */
        used += cli_columns(str_sub(s, end, at - end));
        if (used > columns)
            break;
        end = at;
    }
    return str_sub(s, 0, end);
}

static struct str fit(struct arena *a, struct str s, size_t max)
{
    struct buf b;
    if (max == 0 || cli_columns(s) <= max)
        return arena_str(a, s);
    struct str kept = cut_to_columns(s, max - 1);
    buf_init_arena(&b, a, kept.n + 3);
    buf_str(&b, kept);
    buf_z(&b, "\xe2\x80\xa6");
    return b.failed ? STR_NULL : buf_view(&b);
}

void cli_table_cell(struct cli_table *t, struct str s)
{
    char *copy = room_for_one(t) ? arena_z(t->arena, s) : NULL;
    if (!copy) {
        t->failed = true;
        return;
    }
    blank_controls(copy, s.n);
    size_t max = t->cols[t->n_cells % t->n_cols].max;
    struct str cell = fit(t->arena, str_of(copy, s.n), max);
    t->failed = t->failed || str_is_null(cell);
    t->cells[t->n_cells++] = cell;
}

void cli_table_u64(struct cli_table *t, uint64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof digits);
    cli_table_cell(t, str_of(digits, (size_t)n));
}

static void spaces(FILE *f, size_t n)
{
    for (; n > 0; n--)
        fputc(' ', f);
}

/* The last column is not filled up: no spaces at the ends of lines. */
static void put_cell(FILE *f, struct str s, size_t width, bool right, bool last)
{
    size_t fill = width - cli_columns(s);
    if (right)
        spaces(f, fill);
    cli_put_safe(f, s);
    if (!last)
        spaces(f, GAP + (right ? 0 : fill));
}

static size_t column_width(const struct cli_table *t, size_t col)
{
    size_t width = cli_columns(str_z(t->cols[col].head));
    for (size_t i = col; i < t->n_cells; i += t->n_cols)
        width = size_max(width, cli_columns(t->cells[i]));
    return width;
}

enum rc cli_table_print(const struct cli_table *t, FILE *f, struct err *e)
{
    ZS_ASSERT(t->n_cols > 0);
    size_t *width = arena_make(t->arena, size_t, t->n_cols);
    if (t->failed || !width)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    for (size_t col = 0; col < t->n_cols; col++) {
        width[col] = column_width(t, col);
        put_cell(f, str_z(t->cols[col].head), width[col], t->cols[col].right, col + 1 == t->n_cols);
    }
    fputc('\n', f);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t col = i % t->n_cols;
        bool last = col + 1 == t->n_cols || i + 1 == t->n_cells;
        put_cell(f, t->cells[i], width[col], t->cols[col].right, last);
        if (last)
            fputc('\n', f);
    }
    return RC_OK;
}

/*
 * The CSV reader. Tests: table_test.c
 */
#include "map/csv.h"

#include "base/buf.h"

void csv_init(struct csv *c, struct str text, char sep, struct arena *a)
{
    *c = (struct csv){ .text = text, .sep = sep, .arena = a, .next_line = 1 };
    if (str_starts(text, STR("\xef\xbb\xbf")))
        c->pos = 3;
}

static bool at_end(const struct csv *c)
{
    return c->pos >= c->text.n;
}

/* Move over one line end, if there is one here. */
static bool take_line_end(struct csv *c)
{
    struct str rest = str_from(c->text, c->pos);
    size_t n = str_starts(rest, STR("\r\n")) ? 2 : str_starts(rest, STR("\n")) ? 1 : 0;
    c->pos += n;
    c->next_line += n > 0;
    return n > 0;
}

static bool is_line_end(const struct csv *c)
{
    struct str rest = str_from(c->text, c->pos);
    return str_starts(rest, STR("\r\n")) || str_starts(rest, STR("\n"));
}

static enum rc fail(const struct csv *c, const char *what, struct err *e)
{
    enum rc rc = err_set_at(e, RC_SYNTAX, "MAP-020", c->pos, "%s", what);
    if (e)
        e->line = c->next_line;
    return rc;
}

/* Without the doubling of quotes. */
static enum rc undouble(const struct csv *c, struct str s, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, c->arena, s.n);
    for (size_t i = 0; i < s.n; i++) {
        buf_char(&b, s.p[i]);
        i += s.p[i] == '"';
    }
    *out = buf_view(&b);
    return b.failed == RC_OK ? RC_OK : err_set(e, RC_NOMEM, "MAP-090", "no memory for a table");
}

/* From the opening quote on. */
static enum rc quoted(struct csv *c, struct str *out, struct err *e)
{
    size_t first = ++c->pos;
    bool doubled = false;
    for (;; c->pos++) {
        size_t end = str_chr(c->text, '"', c->pos);
        if (end == SIZE_MAX)
            return fail(c, "a field in quotes has no end", e);
        for (size_t i = c->pos; i < end; i++)
            c->next_line += c->text.p[i] == '\n';
        c->pos = end + 1;
        if (at_end(c) || c->text.p[c->pos] != '"')
            break;
        doubled = true;
    }
    *out = str_sub(c->text, first, c->pos - 1 - first);
    if (!at_end(c) && c->text.p[c->pos] != c->sep && !is_line_end(c))
        return fail(c, "something stands behind the closing quote of a field", e);
    return doubled ? undouble(c, *out, out, e) : RC_OK;
}

static enum rc field(struct csv *c, struct str *out, struct err *e)
{
    if (!at_end(c) && c->text.p[c->pos] == '"')
        return quoted(c, out, e);
    size_t first = c->pos;
    while (!at_end(c) && c->text.p[c->pos] != c->sep && !is_line_end(c))
        c->pos++;
    *out = str_sub(c->text, first, c->pos - first);
    return RC_OK;
}

enum rc csv_next(struct csv *c, struct csv_row *out, struct err *e)
{
    struct str fields[CSV_FIELDS_MAX];
    size_t n = 0;
    while (take_line_end(c))
        ;
    *out = (struct csv_row){ 0 };
    if (at_end(c))
        return RC_OK;
    c->line = c->next_line;
    for (;;) {
        if (n == CSV_FIELDS_MAX)
            return err_set_at(e, RC_LIMIT, "MAP-021", c->pos, "a row has more than %d fields",
                              CSV_FIELDS_MAX);
        enum rc rc = field(c, &fields[n++], e);
        if (rc != RC_OK)
            return rc;
        if (at_end(c) || take_line_end(c))
            break;
        c->pos++; /* the separator */
    }
    struct str *v = arena_make(c->arena, struct str, n);
    if (!v)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a table");
    memcpy(v, fields, n * sizeof *v);
    *out = (struct csv_row){ v, n };
    return RC_OK;
}

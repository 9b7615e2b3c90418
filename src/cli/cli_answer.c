/*
 * What goes to a person: errors, remarks, foreign text made safe; and what comes in.
 * Tests: cli_test.c
 */
#include "cli/cli_int.h"

#include "base/file.h"
#include "base/utf8.h"

#include <stdarg.h>

/* Line and column of a byte offset; CR, LF and CRLF each end a line, as HL7 and text want. */
static void locate(struct str input, size_t pos, unsigned *line, unsigned *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < pos && i < input.n; i++) {
        bool ends = input.p[i] == '\n' ||
                    (input.p[i] == '\r' && !(i + 1 < input.n && input.p[i + 1] == '\n'));
        *line += ends ? 1 : 0;
        *column = ends ? 1 : *column + 1;
    }
}

static void put_place(FILE *f, const char *path, struct str input, const struct err *e)
{
    unsigned line = e->line;
    unsigned column = e->column;
    if (line == 0 && e->pos != ERR_NO_POS && !str_is_null(input))
        locate(input, e->pos, &line, &column);
    if (path && line > 0)
        fprintf(f, "%s:%u:%u: ", path, line, column);
    else if (path)
        fprintf(f, "%s: ", path);
    fprintf(f, "%s: ", e->id);
    if (e->where[0])
        fprintf(f, "%s: ", e->where);
    fputs(e->text, f);
    if (!path && line > 0)
        fprintf(f, " (line %u, column %u)", line, column);
    else if (line == 0 && e->pos != ERR_NO_POS)
        fprintf(f, " (byte %zu)", e->pos);
}

static void put_hint(FILE *f, const struct err *e)
{
    fprintf(f, "\nzarish: `zarish explain %s` says what to do\n", e->id);
}

int cli_fail_in(struct cli *c, const char *path, struct str input, const struct err *e)
{
    fputs("zarish: ", c->err);
    put_place(c->err, path, input, e);
    put_hint(c->err, e);
    return CLI_FAILED;
}

int cli_fail(struct cli *c, const struct err *e)
{
    return cli_fail_in(c, NULL, STR_NULL, e);
}

int cli_usage(struct cli *c, const struct cli_args *a, const struct err *e)
{
    fprintf(c->err, "zarish %s: ", a->cmd->name);
    put_place(c->err, NULL, STR_NULL, e);
    fputs("\nusage: ", c->err);
    help_usage(c->err, a->cmd);
    fprintf(c->err, "`zarish %s --help` says more\n", a->cmd->name);
    return CLI_USAGE;
}

void cli_note(struct cli *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fflush(c->out); /* what was printed before stands before; cli_main looks at the stream */
    fputs("zarish: ", c->err);
    vfprintf(c->err, fmt, ap);
    fputs("\n", c->err);
    va_end(ap);
}

/* C0 but line feed and tab, DEL, C1. */
static bool drives_terminal(uint32_t cp)
{
    if (cp == '\n' || cp == '\t')
        return false;
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);
}

void cli_put_safe(FILE *f, struct str s)
{
    size_t from = 0;
    for (size_t at = 0; at < s.n;) {
        size_t start = at;
        uint32_t cp = utf8_next(s, &at);
        if (cp != UTF8_BAD && !drives_terminal(cp))
            continue;
        (void)fwrite(s.p + from, 1, start - from, f); /* cli_main looks at the stream's state */
        fputs(UTF8_REPLACE, f);
        from = at;
    }
    if (s.n > from)
        (void)fwrite(s.p + from, 1, s.n - from, f); /* as above */
}

const char *cli_env(const struct cli *c, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *v = c->env; v && *v; v++)
        if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
            return *v + n + 1;
    return NULL;
}

static enum rc read_stream(FILE *f, size_t limit, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    char piece[16384];
    buf_init_arena(&b, a, limit);
    for (size_t n = sizeof piece; n == sizeof piece;) {
        n = fread(piece, 1, sizeof piece, f);
        if (n > limit - b.n)
            return err_set(e, RC_LIMIT, "BASE-032", "the input is larger than %zu bytes", limit);
        buf_add(&b, piece, n);
    }
    if (ferror(f))
        return err_set(e, RC_IO, "BASE-031", "the input could not be read");
    *out = b.n ? buf_view(&b) : STR("");
    return buf_rc(&b, e);
}

enum rc cli_read_input(struct cli *c, const char *path, size_t limit, struct arena *a,
                       struct str *out, struct err *e)
{
    if (strcmp(path, "-") == 0)
        return read_stream(c->in, limit, a, out, e);
    return file_read(path, limit, a, out, e);
}

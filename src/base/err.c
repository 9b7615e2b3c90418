/*
 * The error record. Text is bounded and cut visibly; see err.h. Tests: err_test.c
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

void zs_assert_failed(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "zarish: assertion failed at %s:%d: %s\n", file, line, cond);
    abort();
}

/* vsnprintf into a fixed field; an overlong text ends in "…" on a character boundary. */
static void format_cut(char *out, size_t size, const char *fmt, va_list ap) ZS_PRINTF(3, 0);

static void format_cut(char *out, size_t size, const char *fmt, va_list ap)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    int n = vsnprintf(out, size, fmt, ap);
    if (n < 0) {
        out[0] = '\0';
        return;
    }
    if ((size_t)n < size)
        return;
    size_t at = size - sizeof ellipsis;
    while (at > 0 && ((unsigned char)out[at] & 0xC0) == 0x80)
        at--;
    memcpy(out + at, ellipsis, sizeof ellipsis);
}

static void err_begin(struct err *e, enum rc code, const char *id, const char *file, int line)
{
    *e = (struct err){
        .code = code, .pos = ERR_NO_POS, .id = id, .src_file = file, .src_line = line
    };
}

enum rc err_set_impl(struct err *e, enum rc code, const char *id, const char *file, int line,
                     const char *fmt, ...)
{
    ZS_ASSERT(code != RC_OK);
    if (!e)
        return code;
    err_begin(e, code, id, file, line);
    va_list ap;
    va_start(ap, fmt);
    format_cut(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return code;
}

enum rc err_set_at_impl(struct err *e, enum rc code, const char *id, size_t pos, const char *file,
                        int line, const char *fmt, ...)
{
    ZS_ASSERT(code != RC_OK);
    if (!e)
        return code;
    err_begin(e, code, id, file, line);
    e->pos = pos;
    va_list ap;
    va_start(ap, fmt);
    format_cut(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return code;
}

/* Append with the same visible cut. */
static void append_cut(char *out, size_t size, const char *fmt, ...) ZS_PRINTF(3, 4);

static void append_cut(char *out, size_t size, const char *fmt, ...)
{
    size_t used = strlen(out);
    if (size - used < 8)
        return;
    va_list ap;
    va_start(ap, fmt);
    format_cut(out + used, size - used, fmt, ap);
    va_end(ap);
}

enum rc err_sys_impl(struct err *e, const char *id, int errnum, const char *file, int line,
                     const char *fmt, ...)
{
    if (!e)
        return RC_IO;
    err_begin(e, RC_IO, id, file, line);
    e->sys = errnum;
    va_list ap;
    va_start(ap, fmt);
    format_cut(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    char reason[96] = "";
    /* the GNU strerror_r may answer with a static string instead of the buffer */
    const char *why = strerror_r(errnum, reason, sizeof reason);
    append_cut(e->text, sizeof e->text, ": %s", why);
    return RC_IO;
}

void err_where(struct err *e, const char *fmt, ...)
{
    if (!e)
        return;
    va_list ap;
    va_start(ap, fmt);
    format_cut(e->where, sizeof e->where, fmt, ap);
    va_end(ap);
}

enum rc err_fate(struct err *e, enum fate fate)
{
    if (!e)
        return RC_BUG;
    e->fate = fate;
    return e->code;
}

const char *rc_name(enum rc code)
{
    static const char *const names[] = { "ok",     "again",   "nomem", "limit", "syntax",
                                         "value",  "missing", "io",    "peer",  "timeout",
                                         "denied", "state",   "bug" };
    return (size_t)code < ZS_COUNT(names) ? names[code] : "bug";
}

const char *fate_name(enum fate fate)
{
    static const char *const names[] = { "none", "retry", "uncertain", "reject", "operator" };
    return (size_t)fate < ZS_COUNT(names) ? names[fate] : "none";
}

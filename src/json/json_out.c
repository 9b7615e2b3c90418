/*
 * See json_out.h. Tests: json_write_test.c, jw_test.c
 */
#include "json/json_out.h"

#include "base/utf8.h"
#include "json/path.h"

void out_begin(struct out *o, struct buf *b, enum json_style style)
{
    *o = (struct out){ .b = b, .scan = json_scan_best(), .style = style };
    if (!b->failed && b->p) {
        o->p = b->p + b->n;
        o->end = b->p + b->cap;
    }
}

void out_end(struct out *o)
{
    if (o->p)
        o->b->n = (size_t)(o->p - o->b->p);
}

/* From here on there is no room, and none will be found. */
static bool stop(struct out *o)
{
    out_end(o);
    o->p = o->end = NULL;
    return false;
}

bool out_more(struct out *o, size_t n)
{
    if (o->bad_text)
        return false;
    out_end(o);
    char *p = buf_room(o->b, n);
    if (!p)
        return stop(o);
    o->p = p;
    o->end = o->b->p + o->b->cap;
    return true;
}

bool out_bytes(struct out *o, const char *p, size_t n)
{
    if (!out_room(o, n))
        return false;
    o->p = out_copy(o->p, p, n);
    return true;
}

/* Bytes of a line end with its indentation; none in compact style. */
static size_t line_size(const struct out *o, unsigned depth)
{
    return o->style == JSON_COMPACT ? 0 : 1 + 2 * (size_t)depth;
}

/* There is room for n = line_size. */
static char *put_line(char *to, size_t n)
{
    static const char line[] = "\n                                ";
    if (n < sizeof line)
        return out_copy(to, line, n);
    *to = '\n';
    memset(to + 1, ' ', n - 1);
    return to + n;
}

bool out_line_pretty(struct out *o, unsigned depth)
{
    size_t n = line_size(o, depth);
    if (!out_room(o, n))
        return false;
    o->p = put_line(o->p, n);
    return true;
}

/* RFC 8785 3.2.2.2: the short forms where there are some, else \u00xx in lower case. */
static bool out_escape(struct out *o, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[128] = { ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                      ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't' };
    size_t n = shorts[c] ? 2 : 6;
    if (!out_room(o, n))
        return false;
    char *p = o->p;
    o->p += n;
    *p++ = '\\';
    if (shorts[c]) {
        *p = shorts[c];
        return true;
    }
    memcpy(p, "u00", 3);
    p[3] = hex[c >> 4];
    p[4] = hex[c & 15];
    return true;
}

/* A run without escapes; it may hold characters outside ASCII. */
static bool out_run(struct out *o, struct str s)
{
    if (o->scan->utf8(s.p, s.n))
        return out_bytes(o, s.p, s.n);
    if (!o->replace) {
        o->bad_text = true;
        return stop(o);
    }
    bool ok = true;
    for (size_t at = 0; ok && at < s.n;) {
        size_t from = at;
        if (utf8_next(s, &at) != UTF8_BAD) {
            ok = out_bytes(o, s.p + from, at - from);
        } else {
            ok = out_bytes(o, UTF8_REPLACE, sizeof UTF8_REPLACE - 1);
            o->n_replaced++;
        }
    }
    return ok;
}

static bool out_checked(struct out *o, struct str s)
{
    bool ok = out_bytes(o, "\"", 1);
    while (ok && s.n > 0) {
        unsigned high = 0;
        size_t n = o->scan->plain(s.p, s.n, &high);
        ok = high ? out_run(o, str_of(s.p, n)) : out_bytes(o, s.p, n);
        if (ok && n < s.n)
            ok = out_escape(o, (unsigned char)s.p[n++]);
        s = str_from(s, n);
    }
    return ok && out_bytes(o, "\"", 1);
}

bool out_string(struct out *o, struct str s, bool clean)
{
    if (!clean)
        return out_checked(o, s);
    if (!out_room(o, s.n + 2))
        return false;
    *o->p++ = '"';
    o->p = out_copy(o->p, s.p, s.n);
    *o->p++ = '"';
    return true;
}

static bool out_scalar(struct out *o, const struct json *v)
{
    switch (v->type) {
    case JSON_STRING: return out_string(o, str_of(v->text, v->n), v->flags & JSON_CLEAN);
    case JSON_NUMBER: return out_bytes(o, v->text, v->n);
    case JSON_BOOL: return v->n ? out_bytes(o, "true", 4) : out_bytes(o, "false", 5);
    case JSON_ARRAY: return out_bytes(o, "[]", 2);
    case JSON_OBJECT: return out_bytes(o, "{}", 2);
    default: return out_bytes(o, "null", 4);
    }
}

/* A document being written: the containers that are open, and where the whole of it stands. */
struct tree {
    struct out *o;
    unsigned base;
    unsigned n;
    const struct json *open[JSON_DEPTH_MAX];
};

/* What stands before a child: a comma, a new line, its name. One question for room answers all. */
static inline bool out_before(struct tree *t, const struct json *v, bool comma)
{
    struct out *o = t->o;
    bool named = t->n > 0 && t->open[t->n - 1]->type == JSON_OBJECT;
    bool quick = named && (v->flags & JSON_NAME_CLEAN);
    size_t line = t->n > 0 ? line_size(o, t->base + t->n) : 0;
    size_t colon = o->style == JSON_COMPACT ? 1 : 2;
    if (!out_room(o, comma + line + (quick ? v->name_n + 2 + colon : 0)))
        return false;
    char *p = o->p;
    if (comma)
        *p++ = ',';
    if (line)
        p = put_line(p, line);
    o->p = p;
    if (named && !quick)
        return out_string(o, json_name(v), false) && out_bytes(o, ": ", colon);
    if (!quick)
        return true;
    *p++ = '"';
    p = out_copy(p, v->name, v->name_n);
    *p++ = '"';
    *p++ = ':';
    if (colon > 1)
        *p++ = ' ';
    o->p = p;
    return true;
}

/* Close what ends behind v; *v becomes what comes next, NULL at the end of the document. */
static bool out_behind(struct tree *t, const struct json **v)
{
    const struct json *done = *v;
    while (t->n > 0 && done == t->open[t->n - 1]->last) {
        done = t->open[--t->n];
        if (!out_line(t->o, t->base + t->n) ||
            !out_bytes(t->o, done->type == JSON_OBJECT ? "}" : "]", 1))
            return false;
    }
    *v = t->n > 0 ? done->next : NULL;
    return true;
}

enum out_result out_tree(struct out *o, const struct json *v, unsigned depth,
                         const struct json **stopped)
{
    struct tree t;
    *stopped = NULL;
    if (!v)
        return out_bytes(o, "null", 4) ? OUT_OK : OUT_FAILED;
    t.o = o;
    t.base = depth;
    t.n = 0;
    bool comma = false;
    for (; v; comma = true) {
        *stopped = v;
        if (!out_before(&t, v, comma))
            return OUT_FAILED;
        for (; v->type >= JSON_ARRAY && v->last; v = v->last->next, *stopped = v) {
            if (t.base + t.n == JSON_DEPTH_MAX)
                return OUT_DEEP;
            t.open[t.n++] = v;
            if (!out_bytes(o, v->type == JSON_OBJECT ? "{" : "[", 1) ||
                !out_before(&t, v->last->next, false))
                return OUT_FAILED;
        }
        if (!out_scalar(o, v) || !out_behind(&t, &v))
            return OUT_FAILED;
    }
    return OUT_OK;
}

enum rc json_write(struct buf *b, const struct json *v, enum json_style style, struct err *e)
{
    struct out o;
    const struct json *stopped = NULL;
    out_begin(&o, b, style);
    enum out_result result = out_tree(&o, v, 0, &stopped);
    out_end(&o);
    if (result == OUT_OK)
        return RC_OK;
    if (!o.bad_text && result == OUT_FAILED)
        return buf_rc(b, e);
    enum rc rc = result == OUT_DEEP ? err_set(e, RC_LIMIT, "JSON-021",
                                              "nested deeper than %d levels", JSON_DEPTH_MAX)
                                    : err_set(e, RC_VALUE, "JSON-014", "the text is not UTF-8");
    char text[256];
    struct buf path = { .p = text, .cap = sizeof text, .max = sizeof text };
    if (json_path_of(v, stopped, &path))
        err_where(e, "%.*s", STR_ARG(buf_view(&path)));
    return rc;
}

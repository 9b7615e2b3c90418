/*
 * The push writer's grammar; the bytes come from json_out.c.
 *
 *   VALUE  nothing written yet          FULL    the document is whole
 *   FIRST  just behind { or [           NEXT    behind a child
 *   NAMED  behind a key                 BROKEN  a call did not fit, or writing failed
 *
 * Tests: jw_test.c
 */
#include "json/jw.h"

#include "base/num.h"
#include "json/json_out.h"
#include "json/path.h"

void jw_init(struct jw *w, struct buf *b, enum json_style style)
{
    *w = (struct jw){ .b = b, .style = style, .state = JW_VALUE };
}

static bool in_object(const struct jw *w)
{
    unsigned level = w->depth - 1;
    return w->depth > 0 && (w->object[level / 8] & (1u << (level % 8)));
}

static bool broken(struct jw *w, enum rc why)
{
    if (w->state != JW_BROKEN)
        w->failed = why;
    w->state = JW_BROKEN;
    return false;
}

static bool in_array(const struct jw *w)
{
    return (w->state == JW_FIRST || w->state == JW_NEXT) && !in_object(w);
}

/* Is there a place for a value here? If not, the writer is broken. */
static bool fits(struct jw *w)
{
    return w->state == JW_VALUE || w->state == JW_NAMED || in_array(w) || broken(w, RC_STATE);
}

/* Begin to write: the comma and the new line before a child. */
static bool start(struct jw *w, struct out *o)
{
    out_begin(o, w->b, w->style);
    o->replace = true;
    if (w->state == JW_NEXT && !out_bytes(o, ",", 1))
        return false;
    return w->depth == 0 || w->state == JW_NAMED || out_line(o, w->depth);
}

static void finish(struct jw *w, struct out *o, bool ok, enum jw_state state)
{
    w->n_replaced += o->n_replaced;
    out_end(o);
    if (ok)
        w->state = state;
    else
        (void)broken(w, w->b->failed ? w->b->failed : RC_LIMIT);
}

static enum jw_state behind_value(const struct jw *w)
{
    return w->depth == 0 ? JW_FULL : JW_NEXT;
}

static void put(struct jw *w, struct str text)
{
    struct out o;
    if (!fits(w))
        return;
    bool ok = start(w, &o) && out_bytes(&o, text.p, text.n);
    finish(w, &o, ok, behind_value(w));
}

/* --- containers --- */

static void open_box(struct jw *w, bool object)
{
    struct out o;
    if (!fits(w))
        return;
    if (w->depth == JSON_DEPTH_MAX) {
        (void)broken(w, RC_LIMIT);
        return;
    }
    bool ok = start(w, &o) && out_bytes(&o, object ? "{" : "[", 1);
    finish(w, &o, ok, JW_FIRST);
    unsigned level = w->depth++;
    uint8_t bit = (uint8_t)(1u << (level % 8));
    w->object[level / 8] =
        (uint8_t)(object ? w->object[level / 8] | bit : w->object[level / 8] & ~bit);
}

void jw_object(struct jw *w)
{
    open_box(w, true);
}

void jw_array(struct jw *w)
{
    open_box(w, false);
}

void jw_end(struct jw *w)
{
    struct out o;
    if (w->depth == 0 || (w->state != JW_FIRST && w->state != JW_NEXT)) {
        (void)broken(w, RC_STATE);
        return;
    }
    const char *bracket = in_object(w) ? "}" : "]";
    w->depth--;
    out_begin(&o, w->b, w->style);
    bool ok = w->state == JW_FIRST || out_line(&o, w->depth);
    finish(w, &o, ok && out_bytes(&o, bracket, 1), behind_value(w));
}

void jw_key(struct jw *w, struct str name)
{
    struct out o;
    if (!in_object(w) || (w->state != JW_FIRST && w->state != JW_NEXT)) {
        (void)broken(w, RC_STATE);
        return;
    }
    bool ok = start(w, &o) && out_string(&o, name, false);
    finish(w, &o, ok && out_bytes(&o, ": ", w->style == JSON_COMPACT ? 1 : 2), JW_NAMED);
}

void jw_keyz(struct jw *w, const char *name)
{
    jw_key(w, str_z(name));
}

/* --- values --- */

void jw_null(struct jw *w)
{
    put(w, STR("null"));
}

void jw_text(struct jw *w, struct str json)
{
    if (json.n > 0)
        put(w, json);
    else
        (void)broken(w, RC_VALUE);
}

void jw_bool(struct jw *w, bool v)
{
    put(w, v ? STR("true") : STR("false"));
}

void jw_i64(struct jw *w, int64_t v)
{
    char digits[24];
    struct buf b = { .p = digits, .cap = sizeof digits, .max = sizeof digits };
    buf_i64(&b, v);
    put(w, buf_view(&b));
}

void jw_u64(struct jw *w, uint64_t v)
{
    char digits[24];
    struct buf b = { .p = digits, .cap = sizeof digits, .max = sizeof digits };
    buf_u64(&b, v);
    put(w, buf_view(&b));
}

void jw_double(struct jw *w, double v)
{
    char text[64];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    if (__builtin_isfinite(v))
        num_double_text(&b, v);
    put(w, b.n ? buf_view(&b) : STR("null"));
}

void jw_str(struct jw *w, struct str s)
{
    struct out o;
    if (!fits(w))
        return;
    bool ok = start(w, &o) && out_string(&o, s, false);
    finish(w, &o, ok, behind_value(w));
}

void jw_strz(struct jw *w, const char *z)
{
    if (z)
        jw_str(w, str_z(z));
    else
        jw_null(w);
}

void jw_number(struct jw *w, struct str text)
{
    if (num_is_json(text))
        put(w, text);
    else
        (void)broken(w, RC_VALUE);
}

void jw_value(struct jw *w, const struct json *v)
{
    struct out o;
    const struct json *stopped = NULL;
    if (!fits(w))
        return;
    bool ok = start(w, &o) && out_tree(&o, v, w->depth, &stopped) == OUT_OK;
    finish(w, &o, ok, behind_value(w));
}

/* --- a key and its value --- */

void jw_kstr(struct jw *w, const char *name, struct str s)
{
    jw_keyz(w, name);
    jw_str(w, s);
}

void jw_kstrz(struct jw *w, const char *name, const char *z)
{
    jw_keyz(w, name);
    jw_strz(w, z);
}

void jw_ki64(struct jw *w, const char *name, int64_t v)
{
    jw_keyz(w, name);
    jw_i64(w, v);
}

void jw_ku64(struct jw *w, const char *name, uint64_t v)
{
    jw_keyz(w, name);
    jw_u64(w, v);
}

void jw_kbool(struct jw *w, const char *name, bool v)
{
    jw_keyz(w, name);
    jw_bool(w, v);
}

enum rc jw_done(struct jw *w, struct err *e)
{
    if (w->state == JW_FULL)
        return RC_OK;
    if (w->state != JW_BROKEN)
        return err_set(e, RC_STATE, "JSON-015", "the JSON document is not finished");
    if (w->b->failed)
        return buf_rc(w->b, e);
    if (w->failed == RC_LIMIT)
        return err_set(e, RC_LIMIT, "JSON-021", "nested deeper than %d levels", JSON_DEPTH_MAX);
    if (w->failed == RC_VALUE)
        return err_set(e, RC_VALUE, "JSON-011", "this is no number as JSON writes them");
    return err_set(e, RC_STATE, "JSON-015", "a value, name or end that does not fit was written");
}

/*
 * date, dateTime and time: reading what the document has (HL7 v2 or ISO 8601, whichever fits, or
 * the format the argument names), the offset policy, and writing. Tests: transform_test.c
 */
#include "map/datefmt.h"
#include "map/transform_int.h"

#define TEXT_MAX 128

/* ---- compiling ---- */

static bool format_arg(struct map_compiler *c, const struct json *v, const struct date_format **out)
{
    struct err e;
    if (!json_is(v, JSON_STRING))
        return map_complain(c, v, "MAP-011", "a date format is iso, hl7 or a pattern");
    enum rc rc = date_format_compile(json_text(v), c->arena, out, &e);
    if (rc == RC_NOMEM)
        return map_no_room(c);
    return rc == RC_OK || map_complain(c, v, "MAP-013", "%s", e.text);
}

static bool compile(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    if (!arg)
        return true;
    if (!json_is(arg, JSON_OBJECT))
        return format_arg(c, arg, &out->to);
    JSON_EACH(m, arg)
    {
        bool from = str_eqz(json_name(m), "from");
        if (!from && !str_eqz(json_name(m), "to"))
            return map_complain(c, m, "MAP-011", "a date takes from and to");
        if (!format_arg(c, m, from ? &out->from : &out->to))
            return false;
    }
    return true;
}

bool map_compile_date(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    return compile(c, arg, out);
}

bool map_compile_date_time(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    return compile(c, arg, out);
}

bool map_compile_time(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    return compile(c, arg, out);
}

/* ---- reading ---- */

typedef enum rc parse_fn(struct str s, struct time_part *out, struct err *e);

/* The notation of the input first, the other one then. */
static bool read_either(struct str s, bool hl7_first, parse_fn *hl7, parse_fn *iso,
                        struct time_part *out)
{
    return (hl7_first ? hl7 : iso)(s, out, NULL) == RC_OK ||
           (hl7_first ? iso : hl7)(s, out, NULL) == RC_OK;
}

static bool read_date(const struct map_work *w, const struct map_args *args, struct str s,
                      struct time_part *out)
{
    if (args->from)
        return date_format_read(args->from, s, out);
    return read_either(s, w->hl7_times, time_hl7_parse, time_iso_parse, out);
}

/* ---- writing ---- */

static enum map_outcome give(const struct map_work *w, const struct date_format *f,
                             const struct time_part *t, struct map_value *out)
{
    struct buf b;
    buf_init_arena(&b, w->arena, TEXT_MAX);
    if (!f)
        time_iso_text(&b, t);
    else if (!date_format_write(f, t, &b))
        return MAP_REFUSED;
    *out = (struct map_value){ .kind = MAP_TEXT, .text = buf_view(&b) };
    return b.failed == RC_NOMEM ? MAP_NO_ROOM : b.failed == RC_OK ? MAP_DONE : MAP_REFUSED;
}

static void to_day(struct time_part *t)
{
    if (t->prec > TIME_DAY)
        t->prec = TIME_DAY;
    t->offset = TIME_NO_OFFSET;
    t->frac_digits = 0;
}

enum map_outcome map_run_date(const struct map_work *w, const struct map_args *args, struct str in,
                              struct map_value *out)
{
    struct time_part t;
    if (!read_date(w, args, str_trim(in), &t) || t.no_date)
        return MAP_REFUSED;
    to_day(&t);
    return give(w, args->to, &t, out);
}

/* A time without an offset, as the mapping says. */
static void apply_offset(const struct map_offset *o, struct time_part *t)
{
    if (t->prec <= TIME_DAY || t->offset != TIME_NO_OFFSET)
        return;
    if (o->policy == OFFSET_DROP)
        to_day(t);
    if (o->policy == OFFSET_SET) {
        t->offset = o->zulu ? TIME_ZULU : TIME_OFFSET;
        t->offset_min = o->minutes;
    }
}

enum map_outcome map_run_date_time(const struct map_work *w, const struct map_args *args,
                                   struct str in, struct map_value *out)
{
    struct time_part t;
    if (!read_date(w, args, str_trim(in), &t) || t.no_date)
        return MAP_REFUSED;
    apply_offset(w->offset, &t);
    return give(w, args->to, &t, out);
}

/* The time of day a text says: alone, or behind a date. */
static bool read_time(const struct map_work *w, const struct map_args *args, struct str s,
                      struct time_part *out)
{
    if (args->from)
        return date_format_read(args->from, s, out);
    return read_either(s, w->hl7_times, time_hl7_tm_parse, time_iso_time_parse, out) ||
           read_either(s, w->hl7_times, time_hl7_parse, time_iso_parse, out);
}

enum map_outcome map_run_time(const struct map_work *w, const struct map_args *args, struct str in,
                              struct map_value *out)
{
    struct time_part t;
    if (!read_time(w, args, str_trim(in), &t) || t.prec < TIME_HOUR)
        return MAP_REFUSED;
    t.no_date = true;
    t.offset = TIME_NO_OFFSET;
    return give(w, args->to, &t, out);
}

/*
 * Quantities and the units of time. Which other units go together is UCUM's affair: until it is
 * asked, quantities compare and add when their units are the same text. Tests: eval_test.c
 */
#include "fhirpath/fp_int.h"

struct time_unit {
    const char *word;  /* calendar, singular */
    const char *words; /* plural */
    const char *ucum;
    enum temporal_unit unit;
    bool definite; /* the UCUM unit is the calendar unit: true up to weeks */
    int64_t per;   /* in milliseconds, or in months where it is not definite */
};

static const struct time_unit time_units[] = {
    { "year", "years", "a", TEMPORAL_YEAR, false, 12 },
    { "month", "months", "mo", TEMPORAL_MONTH, false, 1 },
    { "week", "weeks", "wk", TEMPORAL_WEEK, true, 604800000 },
    { "day", "days", "d", TEMPORAL_DAY, true, 86400000 },
    { "hour", "hours", "h", TEMPORAL_HOUR, true, 3600000 },
    { "minute", "minutes", "min", TEMPORAL_MINUTE, true, 60000 },
    { "second", "seconds", "s", TEMPORAL_SECOND, true, 1000 },
    { "millisecond", "milliseconds", "ms", TEMPORAL_MILLISECOND, true, 1 },
};

static const struct time_unit *find_word(struct str s)
{
    for (size_t i = 0; i < ZS_COUNT(time_units); i++)
        if (str_eqz(s, time_units[i].word) || str_eqz(s, time_units[i].words))
            return &time_units[i];
    return NULL;
}

static const struct time_unit *find_ucum(struct str s)
{
    for (size_t i = 0; i < ZS_COUNT(time_units); i++)
        if (str_eqz(s, time_units[i].ucum))
            return &time_units[i];
    return NULL;
}

struct str fp_calendar_word(struct str word)
{
    const struct time_unit *u = find_word(word);
    return u ? str_z(u->word) : STR_NULL;
}

/* A quoted word ('month') is accepted as the calendar's; a UCUM year or month is no calendar unit.
 */
bool fp_time_unit(struct str unit, bool calendar, enum temporal_unit *out)
{
    const struct time_unit *u = find_word(unit);
    if (!u && !calendar) {
        u = find_ucum(unit);
        if (u && !u->definite)
            u = NULL;
    }
    if (!u)
        return false;
    *out = u->unit;
    return true;
}

/* Both as a count of the same thing: milliseconds, or calendar months. */
static bool to_common(const struct fp_quantity *q, const struct time_unit *u, struct decimal *out)
{
    struct decimal per = decimal_of_int(u->per);
    return decimal_mul(&q->value, &per, out);
}

bool fp_quantity_common(const struct fp_quantity *a, const struct fp_quantity *b, struct decimal *x,
                        struct decimal *y)
{
    if (a->calendar == b->calendar && str_eq(a->unit, b->unit)) {
        *x = a->value;
        *y = b->value;
        return true;
    }
    const struct time_unit *u = a->calendar ? find_word(a->unit) : find_ucum(a->unit);
    const struct time_unit *v = b->calendar ? find_word(b->unit) : find_ucum(b->unit);
    if (!u || !v || u->definite != v->definite)
        return false;
    if (!u->definite && a->calendar != b->calendar)
        return false;
    return to_common(a, u, x) && to_common(b, v, y);
}

enum rc fp_make_quantity(struct fp_machine *m, const struct fp_quantity *q, struct fp_value *out)
{
    struct fp_quantity *kept = arena_make(m->a, struct fp_quantity, 1);
    if (!kept)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory for a quantity");
    *kept = *q;
    *out = (struct fp_value){ .type = FP_QUANTITY, .u.quantity = kept };
    return RC_OK;
}

bool fp_parse_quantity(struct str s, struct fp_quantity *out)
{
    size_t space = 0;
    while (space < s.n && s.p[space] != ' ' && s.p[space] != '\t')
        space++;
    struct str unit = str_trim(str_from(s, space));
    struct fp_quantity q = { .unit = STR("1") };
    if (!decimal_parse(str_sub(s, 0, space), &q.value))
        return false;
    if (unit.n > 2 && unit.p[0] == '\'' && unit.p[unit.n - 1] == '\'') {
        q.unit = str_sub(unit, 1, unit.n - 2);
    } else if (unit.n) {
        q.unit = fp_calendar_word(unit);
        q.calendar = true;
        if (!q.unit.n)
            return false;
    }
    *out = q;
    return true;
}

/* The first child's text; STR_NULL when there is none. */
static enum rc child_text(struct fp_machine *m, struct doc_node n, const char *name,
                          struct str *out)
{
    struct doc_iter it;
    struct doc_node child;
    struct doc_prim prim;
    *out = STR_NULL;
    doc_iter_begin(&it);
    if (!n.ops->child(n, str_z(name), &it, &child))
        return RC_OK;
    enum rc rc = child.ops->prim(child, m->a, &prim, m->e);
    if (rc == RC_OK && prim.kind >= DOC_STRING && prim.kind <= DOC_NUMBER)
        *out = prim.text;
    return rc;
}

/* FHIR's Quantity: a UCUM code is the unit of the language, another unit is only its own text. */
enum rc fp_quantity_of_node(struct fp_machine *m, struct doc_node n, struct fp_quantity *out,
                            bool *is)
{
    struct str value, system, code, unit;
    *is = false;
    enum rc rc = child_text(m, n, "value", &value);
    if (rc != RC_OK || value.n == 0 || !decimal_parse(value, &out->value))
        return rc;
    rc = child_text(m, n, "system", &system);
    if (rc == RC_OK)
        rc = child_text(m, n, "code", &code);
    if (rc == RC_OK)
        rc = child_text(m, n, "unit", &unit);
    if (rc != RC_OK)
        return rc;
    bool ucum = str_eqz(system, "http://unitsofmeasure.org") && code.n;
    out->unit = ucum ? code : unit.n ? unit : STR("1");
    out->calendar = false;
    *is = true;
    return RC_OK;
}

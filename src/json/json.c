/*
 * Reading and building trees: everything that is not text. See json.h.
 * Tests: json_test.c
 */
#include "json/json.h"

#include "base/num.h"
#include "json/json_int.h"

_Static_assert(sizeof(struct json) == 40 || sizeof(void *) != 8, "a node is 40 bytes: see json.h");

/* --- reading --- */

static const struct {
    const char *name, *words;
} types[] = {
    [JSON_ABSENT] = { "absent", "nothing" },   [JSON_NULL] = { "null", "null" },
    [JSON_BOOL] = { "bool", "true or false" }, [JSON_NUMBER] = { "number", "a number" },
    [JSON_STRING] = { "string", "a string" },  [JSON_ARRAY] = { "array", "a list" },
    [JSON_OBJECT] = { "object", "an object" },
};

const char *json_type_name(enum json_type type)
{
    return types[type].name;
}

const char *json_type_words(enum json_type type)
{
    return types[type].words;
}

struct json *json_get(const struct json *v, struct str name)
{
    if (!json_is(v, JSON_OBJECT) || !v->last || name.n > UINT16_MAX)
        return NULL;
    struct json *m = v->last->next;
    for (uint32_t i = 0; i < v->n; i++, m = m->next)
        if (m->name_n == name.n && (name.n == 0 || memcmp(m->name, name.p, name.n) == 0))
            return m;
    return NULL;
}

struct json *json_getz(const struct json *v, const char *name)
{
    return json_get(v, str_z(name));
}

struct json *json_at(const struct json *v, size_t i)
{
    if (i >= json_count(v))
        return NULL;
    struct json *item = json_first(v);
    while (i-- > 0)
        item = item->next;
    return item;
}

struct str json_text(const struct json *v)
{
    if (json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER))
        return str_of(v->text, v->n);
    return STR_NULL;
}

struct str json_str_or(const struct json *v, struct str dflt)
{
    return json_is(v, JSON_STRING) ? str_of(v->text, v->n) : dflt;
}

bool json_bool_or(const struct json *v, bool dflt)
{
    return json_is(v, JSON_BOOL) ? v->n != 0 : dflt;
}

int64_t json_i64_or(const struct json *v, int64_t dflt)
{
    int64_t out = dflt;
    return json_i64(v, &out) ? out : dflt;
}

double json_double_or(const struct json *v, double dflt)
{
    double out = dflt;
    return json_double(v, &out) ? out : dflt;
}

bool json_i64(const struct json *v, int64_t *out)
{
    return json_is(v, JSON_NUMBER) &&
           num_i64(json_text(v), INT64_MIN, INT64_MAX, out, NULL) == RC_OK;
}

bool json_u64(const struct json *v, uint64_t *out)
{
    return json_is(v, JSON_NUMBER) && num_u64(json_text(v), 0, UINT64_MAX, out, NULL) == RC_OK;
}

bool json_double(const struct json *v, double *out)
{
    return json_is(v, JSON_NUMBER) && num_double(json_text(v), out, NULL) == RC_OK;
}

/* --- making --- */

static struct json *make(struct arena *a, enum json_type type)
{
    struct json *v = arena_make(a, struct json, 1);
    if (v) {
        v->type = (uint8_t)type;
        v->pos = JSON_NO_POS;
        v->name_pos = JSON_NO_POS;
    }
    return v;
}

struct json *json_make_null(struct arena *a)
{
    return make(a, JSON_NULL);
}

struct json *json_make_bool(struct arena *a, bool value)
{
    struct json *v = make(a, JSON_BOOL);
    if (v)
        v->n = value;
    return v;
}

static struct json *make_text(struct arena *a, enum json_type type, struct str text)
{
    if (text.n >= JSON_NO_POS - 1)
        return NULL;
    struct json *v = make(a, type);
    if (v) {
        v->text = text.n ? text.p : "";
        v->n = (uint32_t)text.n;
    }
    return v;
}

struct json *json_make_str(struct arena *a, struct str s)
{
    return make_text(a, JSON_STRING, s);
}

/* `text` is a JSON number in memory that goes away. */
static struct json *make_number(struct arena *a, struct str text)
{
    struct str kept = arena_str(a, text);
    struct json *v = str_is_null(kept) ? NULL : make_text(a, JSON_NUMBER, kept);
    if (v)
        v->flags = JSON_CLEAN;
    return v;
}

struct json *json_make_i64(struct arena *a, int64_t value)
{
    char digits[24];
    struct buf b = { .p = digits, .cap = sizeof digits, .max = sizeof digits };
    buf_i64(&b, value);
    return make_number(a, buf_view(&b));
}

struct json *json_make_u64(struct arena *a, uint64_t value)
{
    char digits[24];
    struct buf b = { .p = digits, .cap = sizeof digits, .max = sizeof digits };
    buf_u64(&b, value);
    return make_number(a, buf_view(&b));
}

struct json *json_make_array(struct arena *a)
{
    return make(a, JSON_ARRAY);
}

struct json *json_make_object(struct arena *a)
{
    return make(a, JSON_OBJECT);
}

enum rc json_make_number(struct arena *a, struct str text, struct json **out, struct err *e)
{
    if (!num_is_json(text))
        return err_set(e, RC_VALUE, "JSON-011", "this is no number as JSON writes them");
    struct json *v = make_text(a, JSON_NUMBER, text);
    if (!v)
        return json_no_memory(e);
    v->flags = JSON_CLEAN;
    *out = v;
    return RC_OK;
}

enum rc json_make_double(struct arena *a, double value, struct json **out, struct err *e)
{
    if (!__builtin_isfinite(value))
        return err_set(e, RC_VALUE, "JSON-011", "JSON has no infinities and no NaN");
    char text[64];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    num_double_text(&b, value);
    struct json *v = make_number(a, buf_view(&b));
    if (!v)
        return json_no_memory(e);
    *out = v;
    return RC_OK;
}

/* --- changing --- */

static enum rc check_place(const struct json *v, enum json_type type, const struct json *value,
                           struct err *e)
{
    if (!value)
        return json_no_memory(e);
    ZS_ASSERT(!value->next && value != v);
    if (!json_is(v, type))
        return err_set(e, RC_STATE, "JSON-012", "%s cannot hold %s", json_type_words(json_type(v)),
                       type == JSON_ARRAY ? "items" : "members");
    return RC_OK;
}

static enum rc check_name(struct str name, struct err *e)
{
    if (name.n > UINT16_MAX)
        return err_set(e, RC_LIMIT, "JSON-022", "a name over 65,535 bytes");
    return RC_OK;
}

static void give_name(struct json *value, struct str name)
{
    value->name = name.n ? name.p : "";
    value->name_n = (uint16_t)name.n;
    value->name_pos = JSON_NO_POS;
    value->flags &= (uint8_t)~JSON_NAME_CLEAN;
}

enum rc json_append(struct json *v, struct json *value, struct err *e)
{
    enum rc rc = check_place(v, JSON_ARRAY, value, e);
    if (rc)
        return rc;
    json_link(v, value);
    return RC_OK;
}

enum rc json_insert(struct json *v, size_t i, struct json *value, struct err *e)
{
    enum rc rc = check_place(v, JSON_ARRAY, value, e);
    if (rc)
        return rc;
    if (i > v->n)
        return err_set(e, RC_MISSING, "JSON-013", "the list has no item %zu to insert before", i);
    if (i == v->n) {
        json_link(v, value);
        return RC_OK;
    }
    struct json *before = v->last;
    while (i-- > 0)
        before = before->next;
    value->next = before->next;
    before->next = value;
    v->n++;
    return RC_OK;
}

enum rc json_add(struct json *v, struct str name, struct json *value, struct err *e)
{
    enum rc rc = check_place(v, JSON_OBJECT, value, e);
    if (!rc)
        rc = check_name(name, e);
    if (rc)
        return rc;
    give_name(value, name);
    json_link(v, value);
    return RC_OK;
}

enum rc json_set(struct json *v, struct str name, struct json *value, struct err *e)
{
    struct json *old = value ? json_get(v, name) : NULL;
    if (!old)
        return json_add(v, name, value, e);
    ZS_ASSERT(!value->next && value != v);
    json_replace(v, old, value);
    return RC_OK;
}

/* The sibling whose next is `child`. */
static struct json *sibling_before(struct json *v, const struct json *child)
{
    struct json *before = v->last;
    for (uint32_t i = 0; i < v->n && before->next != child; i++)
        before = before->next;
    ZS_ASSERT(before && before->next == child);
    return before;
}

/* A value on its own has no name. */
static void take_name_off(struct json *v)
{
    v->next = NULL;
    v->name = NULL;
    v->name_n = 0;
    v->name_pos = JSON_NO_POS;
    v->flags &= (uint8_t)~JSON_NAME_CLEAN;
}

void json_replace(struct json *v, struct json *old, struct json *value)
{
    ZS_ASSERT(json_count(v) > 0 && !value->next);
    struct json *before = sibling_before(v, old);
    value->name = old->name;
    value->name_n = old->name_n;
    value->name_pos = old->name_pos;
    value->flags = (uint8_t)((value->flags & ~JSON_NAME_CLEAN) | (old->flags & JSON_NAME_CLEAN));
    value->next = old->next == old ? value : old->next;
    if (before != old)
        before->next = value;
    if (v->last == old)
        v->last = value;
    take_name_off(old);
}

void json_retext(struct json *v, struct str text)
{
    ZS_ASSERT(v->type == JSON_STRING && text.n < JSON_NO_POS - 1);
    v->text = text.n ? text.p : "";
    v->n = (uint32_t)text.n;
    v->flags &= (uint8_t)~JSON_CLEAN;
}

void json_quote(struct json *v)
{
    if (json_is(v, JSON_NUMBER))
        v->type = JSON_STRING; /* both keep their text the same way */
}

void json_remove(struct json *v, struct json *child)
{
    ZS_ASSERT(json_count(v) > 0);
    struct json *before = sibling_before(v, child);
    before->next = child->next;
    if (v->last == child)
        v->last = before == child ? NULL : before;
    v->n--;
    take_name_off(child);
}

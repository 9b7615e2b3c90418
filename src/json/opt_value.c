/*
 * Values by kind: from a node, and from the text of a default. Tests: opt_test.c
 */
#include "base/num.h"
#include "json/json_int.h"
#include "json/opt_int.h"

static const struct json empty_object = { .type = JSON_OBJECT, .pos = JSON_NO_POS };

/* --- ranges and names --- */

static bool has_range(const struct opt_def *def)
{
    return def->min != 0 || def->max != 0;
}

int64_t opt_min(const struct opt_def *def)
{
    if (has_range(def))
        return def->min;
    return def->kind == OPT_INT ? INT64_MIN : 0;
}

int64_t opt_max(const struct opt_def *def)
{
    return has_range(def) && def->max >= def->min ? def->max : INT64_MAX;
}

static void number_text(const struct opt_def *def, int64_t v, struct buf *b)
{
    if (def->kind == OPT_MS && v >= 0)
        num_duration_text(b, v);
    else if (def->kind == OPT_SIZE && v >= 0)
        num_size_text(b, (uint64_t)v);
    else
        buf_i64(b, v);
}

void opt_range_text(const struct opt_def *def, struct buf *b)
{
    if (!has_range(def))
        return;
    if (opt_max(def) == INT64_MAX) {
        buf_z(b, "at least ");
        number_text(def, def->min, b);
        return;
    }
    if (def->min == def->max) {
        buf_z(b, "exactly ");
        number_text(def, def->min, b);
        return;
    }
    buf_z(b, "from ");
    number_text(def, def->min, b);
    buf_z(b, " to ");
    number_text(def, def->max, b);
}

/* The i-th name of an enum's or a choice's values, NULL behind the last. */
static const char *name_at(const struct opt_def *def, size_t i)
{
    if (def->kind == OPT_CHOICE)
        return i < def->variants->n ? def->variants->v[i].name : NULL;
    return def->names[i];
}

static size_t find_name(const struct opt_def *def, struct str text)
{
    for (size_t i = 0; name_at(def, i); i++)
        if (str_eqz(text, name_at(def, i)))
            return i;
    return SIZE_MAX;
}

void opt_names_text(const struct opt_def *def, struct buf *b)
{
    for (size_t i = 0; name_at(def, i); i++) {
        if (i > 0)
            buf_z(b, name_at(def, i + 1) ? ", " : " or ");
        buf_z(b, name_at(def, i));
    }
}

/* --- findings that several kinds make --- */

static void wrong_type(const struct opt_value *o, const struct json *v, size_t index,
                       const char *wanted, const char *hint)
{
    opt_report(o, v, index, "OPT-002", hint, "this must be %s, not %s", wanted,
               json_type_words(json_type(v)));
}

static bool in_range(const struct opt_value *o, int64_t value, const char *unit)
{
    if (value >= opt_min(o->def) && value <= opt_max(o->def))
        return true;
    char range[96];
    char given[48];
    struct buf r = { .p = range, .cap = sizeof range, .max = sizeof range };
    struct buf g = { .p = given, .cap = sizeof given, .max = sizeof given };
    opt_range_text(o->def, &r);
    number_text(o->def, value, &g);
    opt_report(o, o->v, SIZE_MAX, "OPT-003", NULL, "this must be %.*s%s, not %.*s",
               STR_ARG(buf_view(&r)), unit, STR_ARG(buf_view(&g)));
    return false;
}

/* --- texts --- */

static void read_str(const struct opt_value *o)
{
    if (!json_is(o->v, JSON_STRING)) {
        wrong_type(o, o->v, SIZE_MAX, "a text",
                   json_is(o->v, JSON_NUMBER) || json_is(o->v, JSON_BOOL) ? "put it in quotes"
                                                                          : NULL);
        return;
    }
    struct str s = json_text(o->v);
    if (in_range(o, (int64_t)s.n, " bytes long"))
        *(struct str *)o->to = s;
}

static bool str_default(const struct opt_value *o, struct str text)
{
    *(struct str *)o->to = text;
    return true;
}

/* --- true and false --- */

static void read_bool(const struct opt_value *o)
{
    if (json_is(o->v, JSON_BOOL))
        *(bool *)o->to = json_bool_or(o->v, false);
    else
        wrong_type(o, o->v, SIZE_MAX, "true or false",
                   json_is(o->v, JSON_STRING) ? "write true or false, without quotes" : NULL);
}

static bool bool_default(const struct opt_value *o, struct str text)
{
    *(bool *)o->to = str_eqz(text, "true");
    return str_eqz(text, "true") || str_eqz(text, "false");
}

/* --- whole numbers, sizes, durations --- */

static void read_int(const struct opt_value *o)
{
    int64_t value = 0;
    if (!json_is(o->v, JSON_NUMBER))
        wrong_type(o, o->v, SIZE_MAX, "a whole number",
                   json_is(o->v, JSON_STRING) ? "write it without quotes" : NULL);
    else if (!json_i64(o->v, &value))
        opt_report(o, o->v, SIZE_MAX, "OPT-003", NULL,
                   "this must be a whole number of at most 64 bits");
    else if (in_range(o, value, ""))
        *(int64_t *)o->to = value;
}

static bool int_default(const struct opt_value *o, struct str text)
{
    return num_i64(text, opt_min(o->def), opt_max(o->def), o->to, NULL) == RC_OK;
}

static enum rc size_or_ms(const struct opt_def *def, struct str text, int64_t *out)
{
    if (def->kind == OPT_MS)
        return num_duration(text, 0, INT64_MAX, out, NULL);
    uint64_t size = 0;
    enum rc rc = num_size(text, 0, INT64_MAX, &size, NULL);
    if (!rc)
        *out = (int64_t)size;
    return rc;
}

/* What a bare number counts is not what a text without a unit does: that is milliseconds. */
static bool number_of_seconds(const struct opt_value *o, int64_t *ms)
{
    return (o->def->flags & OPT_SECONDS) && json_is(o->v, JSON_NUMBER) && json_i64(o->v, ms) &&
           *ms >= 0 && *ms <= INT64_MAX / 1000;
}

static const char *quantity_hint(const struct opt_def *def)
{
    if (def->kind == OPT_SIZE)
        return "write bytes, or a text such as 64k or 10M";
    return def->flags & OPT_SECONDS
               ? "write seconds, or a text such as 30s, 5m, 1h or 7d"
               : "write milliseconds, or a text such as 500ms, 5s, 1h30m or 7d";
}

static void read_quantity(const struct opt_value *o)
{
    bool ms = o->def->kind == OPT_MS;
    int64_t value = 0;
    if (!json_is(o->v, JSON_NUMBER) && !json_is(o->v, JSON_STRING)) {
        wrong_type(o, o->v, SIZE_MAX, ms ? "a duration such as 5s" : "a size such as 64k", NULL);
        return;
    }
    bool is_minus = json_is(o->v, JSON_NUMBER) && json_i64(o->v, &value) && value < 0;
    if (number_of_seconds(o, &value)) {
        value *= 1000;
    } else if (!is_minus && size_or_ms(o->def, json_text(o->v), &value) != RC_OK) {
        opt_report(o, o->v, SIZE_MAX, "OPT-007", quantity_hint(o->def), "this cannot be read as %s",
                   ms ? "a duration" : "a size");
        return;
    }
    if (value < 0)
        opt_report(o, o->v, SIZE_MAX, "OPT-003", NULL, "this must not be negative");
    else if (in_range(o, value, ""))
        *(uint64_t *)o->to = (uint64_t)value;
}

static bool quantity_default(const struct opt_value *o, struct str text)
{
    int64_t value = 0;
    if (size_or_ms(o->def, text, &value) != RC_OK || value < opt_min(o->def) ||
        value > opt_max(o->def))
        return false;
    *(uint64_t *)o->to = (uint64_t)value;
    return true;
}

/* --- one of several names --- */

static void unknown_name(const struct opt_value *o, const struct json *v, struct str text)
{
    const char *names[64];
    size_t n = 0;
    while (n < ZS_COUNT(names) && name_at(o->def, n)) {
        names[n] = name_at(o->def, n);
        n++;
    }
    char all[512];
    char hint[96] = "";
    struct buf b = { .p = all, .cap = sizeof all, .max = sizeof all };
    struct buf h = { .p = hint, .cap = sizeof hint, .max = sizeof hint - 1 };
    const char *near = err_list_full(o->reading->r->errs) ? NULL : str_nearest(text, names, n);
    if (near) {
        buf_z(&h, "did you mean ");
        buf_z(&h, near);
        buf_z(&h, "?");
    }
    opt_names_text(o->def, &b);
    opt_report(o, v, SIZE_MAX, "OPT-005", hint, "this must be %.*s", STR_ARG(buf_view(&b)));
}

static void read_enum(const struct opt_value *o)
{
    size_t i = find_name(o->def, json_text(o->v));
    if (!json_is(o->v, JSON_STRING) || i == SIZE_MAX)
        unknown_name(o, o->v, json_text(o->v));
    else
        *(int *)o->to = (int)i;
}

static bool enum_default(const struct opt_value *o, struct str text)
{
    size_t i = find_name(o->def, text);
    if (i == SIZE_MAX)
        return false;
    *(int *)o->to = (int)i;
    return true;
}

/* --- lists and maps --- */

/* "read write": as OAuth2 writes scopes. */
static void read_words(const struct opt_value *o)
{
    struct str text = json_text(o->v), word;
    size_t n = 1, used = 0;
    for (size_t at = str_chr(text, ' ', 0); at != SIZE_MAX; at = str_chr(text, ' ', at + 1))
        n++;
    struct str *words = opt_alloc(o->reading, sizeof *words, n);
    while (words && str_split(&text, ' ', &word))
        if (word.n > 0)
            words[used++] = word;
    if (words && in_range(o, (int64_t)used, " items"))
        *(struct opt_strs *)o->to = (struct opt_strs){ words, used };
}

static void read_strs(const struct opt_value *o)
{
    if ((o->def->flags & OPT_WORDS) && json_is(o->v, JSON_STRING)) {
        read_words(o);
        return;
    }
    if (!json_is(o->v, JSON_ARRAY)) {
        wrong_type(o, o->v, SIZE_MAX, "a list of texts",
                   json_is(o->v, JSON_STRING) ? "write it in square brackets" : NULL);
        return;
    }
    size_t n = json_count(o->v);
    struct str *texts = opt_alloc(o->reading, sizeof *texts, n);
    if (!texts || !in_range(o, (int64_t)n, " items"))
        return;
    size_t i = 0;
    JSON_EACH(item, o->v)
    {
        if (!json_is(item, JSON_STRING))
            wrong_type(o, item, i, "a text", "put it in quotes");
        texts[i++] = json_text(item);
    }
    *(struct opt_strs *)o->to = (struct opt_strs){ texts, n };
}

/* "a, b" */
static bool strs_default(const struct opt_value *o, struct str text)
{
    size_t n = 1;
    for (size_t at = str_chr(text, ',', 0); at != SIZE_MAX; at = str_chr(text, ',', at + 1))
        n++;
    struct str *texts = opt_alloc(o->reading, sizeof *texts, n);
    if (!texts)
        return true; /* no_memory says it */
    struct str piece;
    for (size_t i = 0; str_split(&text, ',', &piece); i++)
        texts[i] = str_trim(piece);
    *(struct opt_strs *)o->to = (struct opt_strs){ texts, n };
    return true;
}

static void read_map(const struct opt_value *o)
{
    if (!json_is(o->v, JSON_OBJECT)) {
        wrong_type(o, o->v, SIZE_MAX, "an object of texts", NULL);
        return;
    }
    size_t n = json_count(o->v);
    struct opt_pair *pairs = opt_alloc(o->reading, sizeof *pairs, n);
    if (!pairs || !in_range(o, (int64_t)n, " entries"))
        return;
    size_t i = 0;
    JSON_EACH(m, o->v)
    {
        if (!json_is(m, JSON_STRING) && !json_is(m, JSON_NUMBER))
            opt_report(o, m, SIZE_MAX, "OPT-002", "put it in quotes",
                       "every entry must be a text, not %s", json_type_words(json_type(m)));
        pairs[i++] = (struct opt_pair){ json_name(m), json_text(m) };
    }
    *(struct opt_map *)o->to = (struct opt_map){ pairs, n };
}

/* --- objects --- */

/* v as the object whose first key it is the value of; its place stays. NULL without memory. */
static const struct json *long_form(const struct opt_value *o)
{
    struct json *obj = json_make_object(o->reading->r->arena);
    struct json *value = opt_alloc(o->reading, sizeof *value, 1);
    if (obj && value) {
        *value = *o->v;
        value->next = NULL;
        obj->pos = o->v->pos;
    }
    if (obj && value && json_add(obj, str_z(o->def->sub->def[0].name), value, NULL) == RC_OK)
        return obj;
    o->reading->no_memory = true;
    return NULL;
}

static void read_obj(const struct opt_value *o)
{
    bool is_short = (o->def->flags & OPT_SHORT) && !json_is(o->v, JSON_OBJECT);
    const struct json *obj = is_short ? long_form(o) : o->v;
    void *conf = opt_alloc(o->reading, o->def->sub->size, 1);
    if (!conf || !obj)
        return;
    *(void **)o->to = conf;
    opt_push(o, o->def->sub, obj, SIZE_MAX, conf, NULL);
}

static bool obj_default(const struct opt_value *o, struct str text)
{
    struct opt_value with = *o;
    with.v = &empty_object;
    read_obj(&with);
    return str_eqz(text, "{}");
}

static void read_objs(const struct opt_value *o)
{
    if (!json_is(o->v, JSON_ARRAY)) {
        wrong_type(o, o->v, SIZE_MAX, "a list of objects",
                   json_is(o->v, JSON_OBJECT) ? "write it in square brackets, or behind \"- \""
                                              : NULL);
        return;
    }
    size_t n = json_count(o->v);
    char *confs = opt_alloc(o->reading, o->def->sub->size, n);
    if (!confs || !in_range(o, (int64_t)n, " items"))
        return;
    *(struct opt_list *)o->to = (struct opt_list){ confs, n };
    size_t i = 0;
    JSON_EACH(item, o->v)
    {
        opt_push(o, o->def->sub, item, i, confs + i * o->def->sub->size, NULL);
        i++;
    }
}

static void read_choice(const struct opt_value *o)
{
    const struct opt_variants *variants = o->def->variants;
    if (!json_is(o->v, JSON_OBJECT)) {
        wrong_type(o, o->v, SIZE_MAX, "an object", NULL);
        return;
    }
    const struct json *tag = json_getz(o->v, variants->tag);
    struct str name = tag && !json_is(tag, JSON_NULL) ? json_text(tag) : str_z(variants->dflt);
    if (str_is_null(name) && !tag) {
        char names[512];
        struct buf b = { .p = names, .cap = sizeof names, .max = sizeof names - 1 };
        opt_names_text(o->def, &b);
        opt_report(o, o->v, SIZE_MAX, "OPT-004", NULL, "\"%s\" is missing: it must be %.*s",
                   variants->tag, STR_ARG(buf_view(&b)));
        return;
    }
    size_t i = find_name(o->def, name);
    if (i == SIZE_MAX) {
        unknown_name(o, tag, name);
        return;
    }
    void *conf = opt_alloc(o->reading, variants->v[i].table->size, 1);
    if (!conf)
        return;
    *(struct opt_choice *)o->to = (struct opt_choice){ &variants->v[i], conf };
    opt_push(o, variants->v[i].table, o->v, SIZE_MAX, conf, variants->tag);
}

/* --- anything, secrets --- */

static void read_json(const struct opt_value *o)
{
    *(const struct json **)o->to = o->v;
}

static bool json_default(const struct opt_value *o, struct str text)
{
    struct json *v = NULL;
    enum rc rc = json_parse(text, &json_default_limits, o->reading->r->arena, &v, NULL);
    if (rc == RC_NOMEM)
        o->reading->no_memory = true;
    *(const struct json **)o->to = v;
    return rc == RC_OK || rc == RC_NOMEM;
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !memchr("-_.", c, 3))
            return false;
    }
    return s.n > 0 && s.n <= 128;
}

/* Names in the vault hold those of integrations, with their blanks and dots. */
static bool is_secret_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f || memchr("${}", s.p[i], 3))
            return false;
    return s.n > 0 && s.n <= 255;
}

static bool is_env_name(struct str s)
{
    return is_name(s) && str_starts(s, STR("ZARISH_"));
}

static bool is_path(struct str s)
{
    return s.n > 0 && str_chr(s, '\0', 0) == SIZE_MAX;
}

static const struct {
    struct str prefix;
    enum opt_secret_from from;
    bool (*is_valid)(struct str name);
    const char *rule;
} references[] = {
    { STR_INIT("${env:"), OPT_SECRET_ENV, is_env_name,
      "only environment variables that begin with ZARISH_ are read" },
    { STR_INIT("${file:"), OPT_SECRET_FILE, is_path, "a path should stand behind file:" },
    { STR_INIT("${secret:"), OPT_SECRET_NAMED, is_secret_name,
      "a secret's name has 1 to 255 bytes, without controls and without $ { }" },
};

/* The value itself is never shown, whatever it is. */
static void read_secret(const struct opt_value *o)
{
    static const char how[] = "write ${secret:NAME}, ${env:ZARISH_NAME} or ${file:PATH}";
    struct str text = json_text(o->v);
    if (!json_is(o->v, JSON_STRING)) {
        wrong_type(o, o->v, SIZE_MAX, "a reference to a secret", how);
        return;
    }
    struct opt_secret *secret = o->to;
    for (size_t i = 0; i < ZS_COUNT(references); i++) {
        if (!str_starts(text, references[i].prefix) || !str_ends(text, STR("}")))
            continue;
        struct str name = str_from(text, references[i].prefix.n);
        name.n--;
        if (references[i].is_valid(name))
            *secret = (struct opt_secret){ references[i].from, name };
        else
            opt_report(o, o->v, SIZE_MAX, "OPT-007", NULL, "%s", references[i].rule);
        return;
    }
    if (o->reading->r->literals && !str_starts(text, STR("${")))
        *secret = (struct opt_secret){ OPT_SECRET_LITERAL, text };
    else if (str_starts(text, STR("${")))
        opt_report(o, o->v, SIZE_MAX, "OPT-007", how, "this is no reference to a secret");
    else
        opt_report(o, o->v, SIZE_MAX, "OPT-006", how, "a secret may not stand here in clear");
}

/* --- the table of kinds --- */

static const struct {
    size_t size;
    void (*read)(const struct opt_value *o);
    bool (*from_default)(const struct opt_value *o, struct str text);
} kinds[] = {
    [OPT_STR] = { sizeof(struct str), read_str, str_default },
    [OPT_BOOL] = { sizeof(bool), read_bool, bool_default },
    [OPT_INT] = { sizeof(int64_t), read_int, int_default },
    [OPT_SIZE] = { sizeof(uint64_t), read_quantity, quantity_default },
    [OPT_MS] = { sizeof(uint64_t), read_quantity, quantity_default },
    [OPT_ENUM] = { sizeof(int), read_enum, enum_default },
    [OPT_STRS] = { sizeof(struct opt_strs), read_strs, strs_default },
    [OPT_MAP] = { sizeof(struct opt_map), read_map, NULL },
    [OPT_OBJ] = { sizeof(void *), read_obj, obj_default },
    [OPT_OBJS] = { sizeof(struct opt_list), read_objs, NULL },
    [OPT_CHOICE] = { sizeof(struct opt_choice), read_choice, NULL },
    [OPT_JSON] = { sizeof(struct json *), read_json, json_default },
    [OPT_SECRET] = { sizeof(struct opt_secret), read_secret, NULL },
};

size_t opt_kind_size(enum opt_kind kind)
{
    return (size_t)kind < ZS_COUNT(kinds) ? kinds[kind].size : 0;
}

void opt_read_value(const struct opt_value *o)
{
    kinds[o->def->kind].read(o);
}

bool opt_read_default(const struct opt_value *o)
{
    bool (*from)(const struct opt_value *, struct str) = kinds[o->def->kind].from_default;
    return from && from(o, str_z(o->def->dflt));
}

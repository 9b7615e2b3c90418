/*
 * Shapes as JSON Schema and as Markdown. Tests: api_table_test.c, tests/scen/api_test.py
 */
#include "api/shape.h"

static const struct {
    const char *type;
    const char *format;
    const char *word;
} kinds[] = {
    [SHAPE_TEXT] = { "string", NULL, "text" },
    [SHAPE_TIME] = { "string", "date-time", "time (ISO 8601, UTC)" },
    [SHAPE_UUID] = { "string", "uuid", "UUID" },
    [SHAPE_INT] = { "integer", NULL, "whole number" },
    [SHAPE_REAL] = { "number", NULL, "number" },
    [SHAPE_FLAG] = { "boolean", NULL, "`true` or `false`" },
    [SHAPE_OBJECT] = { "object", NULL, "object" },
    [SHAPE_TEXTS] = { "object", NULL, "names with texts" },
    [SHAPE_ANY] = { NULL, NULL, "anything" },
};

void shape_add(struct shape_set *set, const struct shape *s)
{
    size_t next = set->n;
    for (size_t i = 0; i < set->n; i++)
        if (set->v[i] == s)
            return;
    ZS_ASSERT(set->n < SHAPES_MAX);
    set->v[set->n++] = s;
    /* walking the list while it grows reaches everything without recursion */
    for (; next < set->n; next++)
        for (size_t i = 0; i < set->v[next]->n; i++) {
            const struct shape *sub = set->v[next]->v[i].sub;
            bool known = !sub;
            for (size_t k = 0; !known && k < set->n; k++)
                known = set->v[k] == sub;
            if (known)
                continue;
            ZS_ASSERT(set->n < SHAPES_MAX);
            set->v[set->n++] = sub;
        }
}

void shape_ref(struct jw *w, const char *name)
{
    char text[128];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    buf_z(&b, "#/components/schemas/");
    buf_z(&b, name);
    jw_kstr(w, "$ref", buf_view(&b));
}

/* `type`, with null beside it where that is allowed. */
static void put_type(struct jw *w, const char *type, bool nullable)
{
    jw_keyz(w, "type");
    if (nullable) {
        jw_array(w);
        jw_strz(w, type);
        jw_strz(w, "null");
        jw_end(w);
    } else {
        jw_strz(w, type);
    }
}

static void put_names(struct jw *w, const char *const *names, bool nullable)
{
    jw_keyz(w, "enum");
    jw_array(w);
    for (; *names; names++)
        jw_strz(w, *names);
    if (nullable)
        jw_null(w);
    jw_end(w);
}

/* A reference that may be null needs a choice of the two: $ref has no place for it. */
static void put_object(struct jw *w, const struct shape *sub, bool nullable)
{
    if (!nullable) {
        shape_ref(w, sub->name);
        return;
    }
    jw_keyz(w, "anyOf");
    jw_array(w);
    jw_object(w);
    shape_ref(w, sub->name);
    jw_end(w);
    jw_object(w);
    jw_kstrz(w, "type", "null");
    jw_end(w);
    jw_end(w);
}

/* The members of the schema of one value of the kind. */
static void put_kind(struct jw *w, const struct shape_member *m, bool nullable)
{
    if (m->kind == SHAPE_OBJECT) {
        put_object(w, m->sub, nullable);
        return;
    }
    if (m->kind == SHAPE_ANY)
        return;
    put_type(w, kinds[m->kind].type, nullable);
    if (kinds[m->kind].format)
        jw_kstrz(w, "format", kinds[m->kind].format);
    if (m->names)
        put_names(w, m->names, nullable);
    if (m->kind == SHAPE_TEXTS) {
        jw_keyz(w, "additionalProperties");
        jw_object(w);
        jw_kstrz(w, "type", "string");
        jw_end(w);
    }
}

static void put_member(struct jw *w, const struct shape_member *m)
{
    bool nullable = (m->flags & SHAPE_NULL) != 0;
    jw_keyz(w, m->name);
    jw_object(w);
    if (m->doc)
        jw_kstrz(w, "description", m->doc);
    if (m->flags & SHAPE_LIST) {
        put_type(w, "array", nullable);
        jw_keyz(w, "items");
        jw_object(w);
        put_kind(w, m, false);
        jw_end(w);
    } else {
        put_kind(w, m, nullable);
    }
    jw_end(w);
}

void shape_schema(struct jw *w, const struct shape *s)
{
    jw_object(w);
    jw_kstrz(w, "description", s->doc);
    jw_kstrz(w, "type", "object");
    jw_keyz(w, "required");
    jw_array(w);
    for (size_t i = 0; i < s->n; i++)
        if (!(s->v[i].flags & SHAPE_MAYBE))
            jw_strz(w, s->v[i].name);
    jw_end(w);
    jw_keyz(w, "properties");
    jw_object(w);
    for (size_t i = 0; i < s->n; i++)
        put_member(w, &s->v[i]);
    jw_end(w);
    jw_end(w);
}

static void put_word(struct buf *b, const struct shape_member *m)
{
    if (m->flags & SHAPE_LIST)
        buf_z(b, "list of ");
    if (m->kind == SHAPE_OBJECT)
        buf_fmt(b, "[%s](#%s)", m->sub->name, m->sub->name);
    else if (!m->names)
        buf_z(b, kinds[m->kind].word);
    for (const char *const *name = m->names; name && *name; name++)
        buf_fmt(b, "%s`%s`", name == m->names ? "" : ", ", *name);
    if (m->flags & SHAPE_NULL)
        buf_z(b, ", or null");
    if (m->flags & SHAPE_MAYBE)
        buf_z(b, "; may be absent");
}

void shape_markdown(struct buf *b, const struct shape *s)
{
    buf_fmt(b, "\n## %s\n\n%s\n\n| member | value | meaning |\n| --- | --- | --- |\n", s->name,
            s->doc);
    for (size_t i = 0; i < s->n; i++) {
        buf_fmt(b, "| `%s` | ", s->v[i].name);
        put_word(b, &s->v[i]);
        buf_fmt(b, " | %s |\n", s->v[i].doc ? s->v[i].doc : "");
    }
}

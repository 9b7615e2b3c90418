/*
 * Findings of the mapping and table compilers, and values of their documents. Tests: compile_test.c
 */
#include "map/map_int.h"

#include <stdarg.h>

#define TEXT_MAX 512

static size_t place_of(const struct json *v)
{
    if (!v)
        return ERR_NO_POS;
    uint32_t pos = v->name && v->name_pos != JSON_NO_POS ? v->name_pos : v->pos;
    return pos == JSON_NO_POS ? ERR_NO_POS : pos;
}

void map_place(const struct map_source *src, const struct json *v, size_t *pos, unsigned *line,
               unsigned *column)
{
    *pos = place_of(v);
    *line = *column = 0;
    if (*pos != ERR_NO_POS && src->text.n)
        json_place(src->text, *pos, line, column);
}

bool map_complain(struct map_compiler *c, const struct json *at, const char *id, const char *fmt,
                  ...)
{
    char store[TEXT_MAX];
    struct buf text = { .p = store, .cap = sizeof store, .max = sizeof store };
    struct finding f = { .file = c->src->file, .id = id, .path = c->path };
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(store, sizeof store, fmt, ap);
    va_end(ap);
    text.n = n < 0 ? 0 : size_min((size_t)n, sizeof store - 1);
    f.text = buf_view(&text);
    map_place(c->src, at ? at : c->rule, &f.pos, &f.line, &f.column);
    err_list_add(c->found, &f);
    return false;
}

bool map_no_room(struct map_compiler *c)
{
    c->nomem = true;
    return false;
}

bool map_value_of_json(struct map_compiler *c, const struct json *v, struct map_value *out)
{
    static const enum map_kind kinds[] = {
        [JSON_ABSENT] = MAP_ABSENT, [JSON_NULL] = MAP_NULL,   [JSON_BOOL] = MAP_BOOL,
        [JSON_NUMBER] = MAP_NUMBER, [JSON_STRING] = MAP_TEXT, [JSON_ARRAY] = MAP_TREE,
        [JSON_OBJECT] = MAP_TREE,
    };
    struct json *copy = NULL;
    *out = (struct map_value){ .kind = kinds[json_type(v)], .b = json_bool_or(v, false) };
    if (out->kind == MAP_TREE) {
        if (json_copy(c->arena, v, &copy, NULL) != RC_OK)
            return map_no_room(c);
        out->json = copy;
    }
    if (out->kind == MAP_TEXT || out->kind == MAP_NUMBER) {
        out->text = arena_str(c->arena, json_text(v));
        if (str_is_null(out->text))
            return map_no_room(c);
    }
    return true;
}

struct str map_value_text(const struct map_value *v)
{
    if (v->kind == MAP_BOOL)
        return v->b ? STR("true") : STR("false");
    return v->kind == MAP_TEXT || v->kind == MAP_NUMBER ? v->text : STR_NULL;
}

enum rc map_value_to_json(const struct map_value *v, struct arena *a, struct json **out,
                          struct err *e)
{
    *out = NULL;
    switch (v->kind) {
    case MAP_ABSENT: return RC_OK;
    case MAP_NULL: *out = json_make_null(a); break;
    case MAP_TEXT: *out = json_make_str(a, v->text); break;
    case MAP_NUMBER: return json_make_number(a, v->text, out, e);
    case MAP_BOOL: *out = json_make_bool(a, v->b); break;
    case MAP_TREE: return json_copy(a, v->json, out, e);
    }
    return *out ? RC_OK : err_set(e, RC_NOMEM, "MAP-090", "no memory for the output");
}

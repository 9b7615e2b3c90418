/*
 * From a node back to the text it came from, and texts that hold one document a line.
 * Tests: json_source_test.c
 */
#include "json/json_int.h"

/* --- places --- */

void json_place(struct str text, size_t pos, unsigned *line, unsigned *column)
{
    *line = 0;
    *column = 0;
    if (pos > text.n)
        return;
    unsigned lines = 1;
    size_t start = 0;
    for (size_t lf = str_chr(text, '\n', 0); lf < pos; lf = str_chr(text, '\n', start)) {
        lines++;
        start = lf + 1;
    }
    *line = lines;
    *column = (unsigned)size_min(pos - start + 1, UINT32_MAX);
}

/* Behind the string that starts at p; the text is known to be JSON. */
static size_t behind_string(struct str s, size_t at)
{
    for (at++; at < s.n && s.p[at] != '"'; at++)
        at += s.p[at] == '\\';
    return at < s.n ? at + 1 : s.n;
}

static size_t behind_box(struct str s, size_t at)
{
    size_t depth = 0;
    while (at < s.n) {
        char c = s.p[at];
        if (c == '"') {
            at = behind_string(s, at);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return at;
}

struct str json_source(const struct json *v, struct str source)
{
    if (!v || v->pos == JSON_NO_POS || v->pos >= source.n)
        return STR_NULL;
    size_t end = 0;
    switch (v->type) {
    case JSON_STRING: end = behind_string(source, v->pos); break;
    case JSON_ARRAY:
    case JSON_OBJECT: end = behind_box(source, v->pos); break;
    case JSON_NUMBER: end = v->pos + v->n; break;
    default: end = v->pos + (source.p[v->pos] == 'f' ? 5 : 4); break;
    }
    return str_sub(source, v->pos, end - v->pos);
}

/* --- one document a line --- */

enum rc json_lines_next(struct json_lines *it, struct arena *a, struct json **out, struct err *e)
{
    while (it->at < it->in.n) {
        size_t from = it->at;
        size_t lf = str_chr(it->in, '\n', from);
        struct str line = str_sub(it->in, from, size_min(lf, it->in.n) - from);
        it->at = lf < it->in.n ? lf + 1 : it->in.n;
        it->line++;
        if (str_trim(line).n > 0)
            return json_parse_part(it->in, from, from + line.n, it->limits, a, out, e);
    }
    *out = NULL;
    return RC_OK;
}

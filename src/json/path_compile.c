/*
 * From the text of a path or a pointer to its steps. Tests: path_test.c
 */
#include "base/num.h"
#include "base/utf8.h"
#include "json/json_int.h"
#include "json/path_int.h"

static enum rc bad_path(size_t pos, const char *what, struct err *e)
{
    return err_set_at(e, RC_SYNTAX, "JSON-040", pos, "%s", what);
}

static enum rc add(struct path_compiler *c, struct json_step step, struct err *e)
{
    if (c->n == JSON_STEPS_MAX)
        return err_set_at(e, RC_LIMIT, "JSON-042", c->at, "the path has more than %d steps",
                          JSON_STEPS_MAX);
    c->step[c->n++] = step;
    return RC_OK;
}

/* A name that is not UTF-8 could be set, but never written. */
static enum rc check_text(const struct path_compiler *c, const char *id, struct err *e)
{
    size_t bad = 0;
    if (utf8_is_valid(c->text, &bad))
        return RC_OK;
    return err_set_at(e, RC_SYNTAX, id, bad, "the path is not UTF-8");
}

/* --- paths --- */

static enum rc plain_name(struct path_compiler *c, struct err *e)
{
    size_t from = c->at;
    while (c->at < c->text.n && c->text.p[c->at] != '.' && c->text.p[c->at] != '[') {
        char ch = c->text.p[c->at];
        if (ch == ']' || ch == '"')
            return bad_path(c->at, "a name with this character must stand as [\"name\"]", e);
        c->at++;
    }
    if (c->at == from)
        return bad_path(from, "a name should stand here", e);
    struct str name = str_sub(c->text, from, c->at - from);
    return add(c, (struct json_step){ .kind = JSON_STEP_NAME, .name = name }, e);
}

/* "name" inside brackets: any JSON string. */
static enum rc quoted_name(struct path_compiler *c, struct err *e)
{
    size_t from = c->at;
    size_t to = from + 1;
    bool escapes = false;
    for (; to < c->text.n && c->text.p[to] != '"'; to++) {
        escapes |= c->text.p[to] == '\\';
        to += c->text.p[to] == '\\';
    }
    if (to >= c->text.n)
        return bad_path(from, "the closing quote is missing", e);
    c->at = to + 1;
    struct json_step step = { .kind = JSON_STEP_NAME,
                              .name = str_sub(c->text, from + 1, to - from - 1) };
    if (!escapes)
        return add(c, step, e);
    struct json *decoded = NULL;
    if (!c->a)
        return json_no_memory(e);
    enum rc rc =
        json_parse(str_sub(c->text, from, c->at - from), &json_default_limits, c->a, &decoded, e);
    if (rc == RC_NOMEM)
        return rc;
    if (rc)
        return bad_path(from, "this is no JSON string", e);
    step.name = json_text(decoded);
    return add(c, step, e);
}

/* [3] or [-] */
static enum rc item_index(struct path_compiler *c, struct err *e)
{
    size_t from = c->at;
    size_t close = size_min(str_chr(c->text, ']', from), c->text.n);
    struct str digits = str_sub(c->text, from, close - from);
    uint64_t index = JSON_INDEX_END;
    if (!str_eq(digits, STR("-")) && num_u64(digits, 0, JSON_INDEX_END - 1, &index, NULL) != RC_OK)
        return bad_path(from, "a number, - or a name in double quotes should stand in the brackets",
                        e);
    c->at = close;
    return add(c, (struct json_step){ .kind = JSON_STEP_INDEX, .index = (uint32_t)index }, e);
}

static enum rc bracket(struct path_compiler *c, struct err *e)
{
    c->at++;
    bool quoted = c->at < c->text.n && c->text.p[c->at] == '"';
    enum rc rc = quoted ? quoted_name(c, e) : item_index(c, e);
    if (rc)
        return rc;
    if (c->at == c->text.n || c->text.p[c->at] != ']')
        return bad_path(c->at, "the closing bracket is missing", e);
    c->at++;
    return RC_OK;
}

enum rc path_compile_steps(struct path_compiler *c, struct err *e)
{
    enum rc rc = check_text(c, "JSON-040", e);
    while (!rc && c->at < c->text.n) {
        if (c->text.p[c->at] == '[') {
            rc = bracket(c, e);
        } else if (c->n == 0) {
            rc = plain_name(c, e);
        } else if (c->text.p[c->at] == '.') {
            c->at++;
            rc = plain_name(c, e);
        } else {
            rc = bad_path(c->at, "a dot or a bracket should stand here", e);
        }
    }
    return rc;
}

/* --- pointers --- */

/* RFC 6901 section 4: ~1 is / and ~0 is ~, nothing else follows a ~. */
static enum rc decode_token(struct path_compiler *c, struct str token, struct str *out,
                            struct err *e)
{
    if (str_chr(token, '~', 0) == SIZE_MAX) {
        *out = token;
        return RC_OK;
    }
    char *to = c->a ? arena_raw(c->a, token.n) : c->room + c->used;
    if (!to || (!c->a && token.n > sizeof c->room - c->used))
        return json_no_memory(e);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        char ch = token.p[i];
        if (ch == '~') {
            char next = ++i < token.n ? token.p[i] : '\0';
            if (next != '0' && next != '1')
                return err_set_at(e, RC_SYNTAX, "JSON-041", (size_t)(token.p - c->text.p) + i - 1,
                                  "~ must be followed by 0 or 1");
            ch = next == '1' ? '/' : '~';
        }
        to[n++] = ch;
    }
    c->used += c->a ? 0 : n;
    *out = str_of(to, n);
    return RC_OK;
}

/* An array index as RFC 6901 writes it: no sign, no leading zeros; or - for the end. */
static bool token_index(struct str token, uint32_t *out)
{
    uint64_t index = JSON_INDEX_END;
    bool is_end = str_eq(token, STR("-"));
    bool leading_zero = token.n > 1 && token.p[0] == '0';
    if (!is_end && (leading_zero || num_u64(token, 0, JSON_INDEX_END - 1, &index, NULL) != RC_OK))
        return false;
    *out = (uint32_t)index;
    return true;
}

enum rc pointer_compile_steps(struct path_compiler *c, struct err *e)
{
    if (c->text.n > 0 && c->text.p[0] != '/')
        return err_set_at(e, RC_SYNTAX, "JSON-041", 0, "a JSON Pointer starts with a slash");
    enum rc rc = check_text(c, "JSON-041", e);
    while (!rc && c->at < c->text.n) {
        size_t from = c->at + 1;
        size_t to = size_min(str_chr(c->text, '/', from), c->text.n);
        struct str token = str_sub(c->text, from, to - from);
        struct json_step step = { .kind = JSON_STEP_NAME };
        if (token_index(token, &step.index))
            step.kind = JSON_STEP_EITHER;
        rc = decode_token(c, token, &step.name, e);
        if (!rc)
            rc = add(c, step, e);
        c->at = to;
    }
    return rc;
}

/* --- keeping --- */

static enum rc keep(const struct path_compiler *c, struct arena *a, struct json_path *out,
                    struct err *e)
{
    struct json_step *steps = arena_make(a, struct json_step, c->n);
    if (!steps)
        return json_no_memory(e);
    if (c->n)
        memcpy(steps, c->step, c->n * sizeof *steps);
    *out = (struct json_path){ steps, c->n };
    return RC_OK;
}

enum rc json_path_compile(struct str text, struct arena *a, struct json_path *out, struct err *e)
{
    struct path_compiler c;
    path_compiler_init(&c, text, a);
    enum rc rc = path_compile_steps(&c, e);
    return rc ? rc : keep(&c, a, out, e);
}

enum rc json_pointer_compile(struct str text, struct arena *a, struct json_path *out, struct err *e)
{
    struct path_compiler c;
    path_compiler_init(&c, text, a);
    enum rc rc = pointer_compile_steps(&c, e);
    return rc ? rc : keep(&c, a, out, e);
}

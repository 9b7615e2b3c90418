/*
 * The lexer: white space and comments, names, strings with their escapes, numbers, dates and times,
 * punctuation. Tests: compile_test.c
 */
#include "fhirpath/lex.h"

#include "base/utf8.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static char at(const struct fp_lex *l, size_t i)
{
    return i < l->text.n ? l->text.p[i] : '\0';
}

/* White space, `// …` to the end of the line, and comments between slash-star and star-slash. */
static enum rc skip_blank(struct fp_lex *l, struct err *e)
{
    for (;;) {
        while (l->pos < l->text.n && is_space(l->text.p[l->pos]))
            l->pos++;
        if (at(l, l->pos) != '/')
            return RC_OK;
        if (at(l, l->pos + 1) == '/') {
            size_t end = str_chr(l->text, '\n', l->pos);
            l->pos = end == SIZE_MAX ? l->text.n : end;
        } else if (at(l, l->pos + 1) == '*') {
            size_t end = str_find(l->text, STR("*/"), l->pos + 2);
            if (end == SIZE_MAX)
                return err_set_at(e, RC_SYNTAX, "FP-002", l->pos, "this comment has no end");
            l->pos = end + 2;
        } else {
            return RC_OK;
        }
    }
}

/* ---- quoted text ---- */

static bool hex4(struct str s, size_t pos, uint32_t *out)
{
    uint32_t v = 0;
    if (pos + 4 > s.n)
        return false;
    for (size_t i = pos; i < pos + 4; i++) {
        char c = s.p[i];
        uint32_t d = 0;
        if (is_digit(c))
            d = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            d = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            d = (uint32_t)(c - 'A' + 10);
        else
            return false;
        v = v * 16 + d;
    }
    *out = v;
    return true;
}

/* \uXXXX at pos (of the backslash), a surrogate pair as one character. */
static enum rc unicode_escape(struct str s, size_t *pos, struct buf *out, struct err *e)
{
    uint32_t cp = 0, low = 0;
    size_t start = *pos;
    char utf8[4];
    if (!hex4(s, start + 2, &cp))
        return err_set_at(e, RC_SYNTAX, "FP-003", start, "\\u wants four hexadecimal digits");
    *pos = start + 6;
    if (cp >= 0xD800 && cp <= 0xDBFF && *pos + 1 < s.n && s.p[*pos] == '\\' &&
        s.p[*pos + 1] == 'u' && hex4(s, *pos + 2, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
        *pos += 6;
    }
    if (cp >= 0xD800 && cp <= 0xDFFF)
        return err_set_at(e, RC_SYNTAX, "FP-003", start, "half a surrogate pair is no character");
    buf_add(out, utf8, utf8_put(cp, utf8));
    return RC_OK;
}

static enum rc escape(struct str s, size_t *pos, struct buf *out, struct err *e)
{
    static const char letters[] = "`'\\/fnrt\"";
    static const char meaning[] = "`'\\/\f\n\r\t\"";
    char c = *pos + 1 < s.n ? s.p[*pos + 1] : '\0';
    if (c == 'u')
        return unicode_escape(s, pos, out, e);
    const char *found = c ? strchr(letters, c) : NULL;
    if (!found)
        return err_set_at(e, RC_SYNTAX, "FP-003", *pos, "there is no such escape sequence");
    buf_char(out, meaning[found - letters]);
    *pos += 2;
    return RC_OK;
}

/* Decode what stands between the quotes at first … end, where there is a backslash in it. */
static enum rc decode(struct fp_lex *l, size_t first, size_t end, struct str *out, struct err *e)
{
    struct str s = str_sub(l->text, 0, end);
    struct buf b;
    buf_init_arena(&b, l->arena, end - first);
    for (size_t i = first; i < end;) {
        if (s.p[i] != '\\') {
            buf_char(&b, s.p[i++]);
            continue;
        }
        enum rc rc = escape(s, &i, &b, e);
        if (rc != RC_OK)
            return rc;
    }
    *out = buf_view(&b);
    return buf_rc(&b, e);
}

static enum rc quoted(struct fp_lex *l, char quote, enum fp_tok_kind kind, struct fp_tok *t,
                      struct err *e)
{
    size_t i = l->pos + 1;
    bool escaped = false;
    for (; i < l->text.n && l->text.p[i] != quote; i++) {
        if (l->text.p[i] == '\\') {
            escaped = true;
            i++;
        }
    }
    if (i >= l->text.n)
        return err_set_at(e, RC_SYNTAX, "FP-002", l->pos, "this %s has no end",
                          kind == FP_TOK_STRING ? "string" : "name in backticks");
    t->kind = kind;
    t->text = str_sub(l->text, l->pos + 1, i - l->pos - 1);
    t->end = i + 1;
    return escaped ? decode(l, l->pos + 1, i, &t->text, e) : RC_OK;
}

/* ---- numbers and times ---- */

static size_t digits(const struct fp_lex *l, size_t i)
{
    while (is_digit(at(l, i)))
        i++;
    return i;
}

/* 12 or 12.50; the point belongs to it only before a digit (1.toString() is a call). */
static void number(const struct fp_lex *l, struct fp_tok *t)
{
    size_t i = digits(l, l->pos);
    if (at(l, i) == '.' && is_digit(at(l, i + 1)))
        i = digits(l, i + 1);
    t->kind = FP_TOK_NUMBER;
    t->end = i;
    t->text = str_sub(l->text, l->pos, i - l->pos);
}

static size_t digits_and(const struct fp_lex *l, size_t i, char sep)
{
    while (is_digit(at(l, i)) || (at(l, i) == sep && is_digit(at(l, i + 1))))
        i++;
    return i;
}

static size_t offset_end(const struct fp_lex *l, size_t i)
{
    if (at(l, i) == 'Z')
        return i + 1;
    if (at(l, i) == '+' || at(l, i) == '-')
        return digits_and(l, i + 1, ':');
    return i;
}

/* @2015-02-04, @2015T, @2015-02-04T14:34:28.123+10:00, @T14:34. A time of day has no offset. */
static enum rc time_literal(const struct fp_lex *l, struct fp_tok *t, struct err *e)
{
    size_t i = l->pos + 1, first = i;
    enum temporal_kind kind = TEMPORAL_TIME;
    if (at(l, i) != 'T') {
        kind = TEMPORAL_DATE;
        i = digits_and(l, i, '-');
    }
    if (at(l, i) == 'T') {
        kind = kind == TEMPORAL_DATE ? TEMPORAL_DATETIME : kind;
        i = digits_and(l, i + 1, ':');
        if (at(l, i) == '.' && is_digit(at(l, i + 1)))
            i = digits(l, i + 1);
        if (kind == TEMPORAL_DATETIME)
            i = offset_end(l, i);
    }
    t->kind = FP_TOK_TIME;
    t->end = i;
    t->text = str_sub(l->text, first, i - first);
    if (!temporal_parse(t->text, kind, &t->time))
        return err_set_at(e, RC_VALUE, "FP-006", l->pos, "this is no date or time");
    return RC_OK;
}

/* ---- the rest ---- */

static void name(const struct fp_lex *l, size_t first, enum fp_tok_kind kind, struct fp_tok *t)
{
    size_t i = first;
    while (is_name(at(l, i)) || is_digit(at(l, i)))
        i++;
    t->kind = kind;
    t->end = i;
    t->text = str_sub(l->text, first, i - first);
}

static enum rc symbol(const struct fp_lex *l, struct fp_tok *t, struct err *e)
{
    static const char *const two[] = { "!=", "!~", "<=", ">=" };
    t->kind = FP_TOK_SYMBOL;
    struct str s = str_sub(l->text, l->pos, 2);
    for (size_t i = 0; i < ZS_COUNT(two); i++) {
        if (str_eqz(s, two[i])) {
            t->text = s;
            t->end = l->pos + 2;
            return RC_OK;
        }
    }
    if (s.p[0] == '"')
        return err_set_at(e, RC_SYNTAX, "FP-001", l->pos, "strings stand in single quotes");
    if (s.p[0] == '\0' || !strchr(".,()[]{}+-*/&|=~<>%", s.p[0]))
        return err_set_at(e, RC_SYNTAX, "FP-001", l->pos, "this character has no place here");
    t->text = str_sub(s, 0, 1);
    t->end = l->pos + 1;
    return RC_OK;
}

static enum rc scan(struct fp_lex *l, struct fp_tok *t, struct err *e)
{
    char c = at(l, l->pos);
    if (c == '\'')
        return quoted(l, c, FP_TOK_STRING, t, e);
    if (c == '`')
        return quoted(l, c, FP_TOK_DELIMITED, t, e);
    if (c == '@')
        return time_literal(l, t, e);
    if (is_digit(c)) {
        number(l, t);
        return RC_OK;
    }
    if (c == '$' && is_name(at(l, l->pos + 1))) {
        name(l, l->pos + 1, FP_TOK_DOLLAR, t);
        return RC_OK;
    }
    if (is_name(c)) {
        name(l, l->pos, FP_TOK_NAME, t);
        return RC_OK;
    }
    return symbol(l, t, e);
}

enum rc fp_lex_next(struct fp_lex *l, struct fp_tok *out, struct err *e)
{
    enum rc rc = skip_blank(l, e);
    if (rc != RC_OK)
        return rc;
    struct fp_tok t = { .kind = FP_TOK_END, .pos = l->pos, .end = l->pos };
    if (l->pos < l->text.n)
        rc = scan(l, &t, e);
    if (rc != RC_OK)
        return rc;
    l->pos = t.end;
    *out = t;
    return RC_OK;
}

enum rc fp_lex_peek(const struct fp_lex *l, struct fp_tok *out, struct err *e)
{
    struct fp_lex copy = *l;
    return fp_lex_next(&copy, out, e);
}

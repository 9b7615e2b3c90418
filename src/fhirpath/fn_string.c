/*
 * Functions on strings (FHIRPath N1 5.6). Positions and lengths count characters, not bytes.
 * Every one of them: nothing in, nothing out. Tests: fn_test.c
 */
#include "fhirpath/fn.h"

#include "fhirpath/unicase.h"

#include "base/utf8.h"

/* The input and, of those asked for, string arguments; *has is false when one of them is empty. */
static enum rc texts(struct fp_machine *m, const struct fp_ins *i, unsigned n_args, struct str *s,
                     struct str *args, bool *has)
{
    enum rc rc = fp_single_str(m, i, fp_input(m, i), "the input", s, has);
    bool all = *has;
    for (unsigned k = 0; rc == RC_OK && k < n_args; k++) {
        rc = fp_single_str(m, i, fp_arg(m, i, k + 1), "the argument", &args[k], has);
        all = all && *has;
    }
    *has = all;
    return rc == RC_OK && all ? fp_spend(m, s->n / 64) : rc;
}

/* ---- questions ---- */

typedef struct fp_value answer_fn(struct str s, struct str arg);

static enum rc ask(struct fp_machine *m, const struct fp_ins *i, answer_fn *answer)
{
    struct str s, arg;
    bool has = false;
    enum rc rc = texts(m, i, 1, &s, &arg, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, FP_ARITY(i));
    struct fp_value v = answer(s, arg);
    return fp_give(m, FP_ARITY(i), &v);
}

static struct fp_value starts_with(struct str s, struct str arg)
{
    return fp_bool(str_starts(s, arg));
}

static struct fp_value ends_with(struct str s, struct str arg)
{
    return fp_bool(str_ends(s, arg));
}

static struct fp_value contains(struct str s, struct str arg)
{
    return fp_bool(arg.n == 0 || str_find(s, arg, 0) != SIZE_MAX);
}

static struct fp_value char_index(struct str s, size_t at)
{
    return fp_int(at == SIZE_MAX ? -1 : (int64_t)utf8_count(str_sub(s, 0, at)));
}

static struct fp_value index_of(struct str s, struct str arg)
{
    return char_index(s, arg.n == 0 ? 0 : str_find(s, arg, 0));
}

static struct fp_value last_index_of(struct str s, struct str arg)
{
    if (arg.n > s.n)
        return fp_int(-1);
    for (size_t at = s.n - arg.n + 1; at-- > 0;)
        if (str_eq(str_sub(s, at, arg.n), arg))
            return char_index(s, at);
    return fp_int(-1);
}

enum rc fp_fn_starts_with(struct fp_machine *m, const struct fp_ins *i)
{
    return ask(m, i, starts_with);
}

enum rc fp_fn_ends_with(struct fp_machine *m, const struct fp_ins *i)
{
    return ask(m, i, ends_with);
}

enum rc fp_fn_contains(struct fp_machine *m, const struct fp_ins *i)
{
    return ask(m, i, contains);
}

enum rc fp_fn_index_of(struct fp_machine *m, const struct fp_ins *i)
{
    return ask(m, i, index_of);
}

enum rc fp_fn_last_index_of(struct fp_machine *m, const struct fp_ins *i)
{
    return ask(m, i, last_index_of);
}

enum rc fp_fn_length(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s;
    bool has = false;
    enum rc rc = texts(m, i, 0, &s, NULL, &has);
    if (rc != RC_OK)
        return rc;
    struct fp_value n = fp_int(has ? (int64_t)utf8_count(s) : 0);
    return has ? fp_give(m, 1, &n) : fp_give_empty(m, 1);
}

/* ---- parts ---- */

enum rc fp_fn_substring(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s;
    int64_t start = 0, n = INT64_MAX;
    bool has = false, has_start = false, has_n = false;
    enum rc rc = texts(m, i, 0, &s, NULL, &has);
    if (rc == RC_OK)
        rc = fp_single_int(m, i, fp_arg(m, i, 1), "the start", &start, &has_start);
    if (rc == RC_OK && i->argc == 2)
        rc = fp_single_int(m, i, fp_arg(m, i, 2), "the length", &n, &has_n);
    if (rc != RC_OK)
        return rc;
    if (!has || !has_start || start < 0)
        return fp_give_empty(m, FP_ARITY(i));
    size_t from = utf8_offset(s, (size_t)start);
    if (from >= s.n)
        return fp_give_empty(m, FP_ARITY(i));
    struct str rest = str_from(s, from);
    if (has_n)
        rest = str_sub(rest, 0, n > 0 ? utf8_offset(rest, (size_t)n) : 0);
    return fp_give_str(m, FP_ARITY(i), rest);
}

enum rc fp_fn_trim(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s;
    bool has = false;
    enum rc rc = texts(m, i, 0, &s, NULL, &has);
    if (rc != RC_OK)
        return rc;
    return has ? fp_give_str(m, 1, str_trim(s)) : fp_give_empty(m, 1);
}

enum rc fp_fn_to_chars(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s;
    bool has = false;
    size_t first = m->n;
    enum rc rc = texts(m, i, 0, &s, NULL, &has);
    for (size_t pos = 0; rc == RC_OK && has && pos < s.n;) {
        size_t start = pos;
        (void)utf8_next(s, &pos); /* only where it ends matters */
        struct fp_value v = fp_str(str_sub(s, start, pos - start));
        rc = fp_push(m, &v);
    }
    return rc == RC_OK ? fp_give_from(m, 1, first) : rc;
}

static enum rc push_pieces(struct fp_machine *m, struct str s, struct str sep)
{
    enum rc rc = RC_OK;
    for (size_t from = 0; rc == RC_OK && from != SIZE_MAX;) {
        size_t at = str_find(s, sep, from);
        struct fp_value v = fp_str(str_sub(s, from, at == SIZE_MAX ? SIZE_MAX : at - from));
        from = at == SIZE_MAX ? SIZE_MAX : at + sep.n;
        rc = fp_push(m, &v);
    }
    return rc;
}

enum rc fp_fn_split(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s, sep;
    bool has = false;
    size_t first = m->n;
    enum rc rc = texts(m, i, 1, &s, &sep, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, FP_ARITY(i));
    if (sep.n == 0)
        return fp_fail(m, i, RC_VALUE, "FP-103", "split() needs a separator; toChars() splits all");
    rc = push_pieces(m, s, sep);
    return rc == RC_OK ? fp_give_from(m, FP_ARITY(i), first) : rc;
}

enum rc fp_fn_join(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_coll c = fp_input(m, i);
    struct str sep = STR(""), text;
    struct buf b;
    bool has = false;
    enum rc rc = RC_OK;
    if (i->argc == 1)
        rc = fp_single_str(m, i, fp_arg(m, i, 1), "the separator", &sep, &has);
    if (rc == RC_OK && c.n == 0)
        return fp_give_empty(m, FP_ARITY(i));
    fp_buf_init(m, &b);
    for (size_t k = 0; rc == RC_OK && k < c.n; k++) {
        rc = fp_value_text(&c.v[k], m->a, &text, m->e);
        if (k > 0)
            buf_str(&b, sep);
        if (rc == RC_OK)
            buf_str(&b, text);
    }
    if (rc == RC_OK)
        rc = fp_buf_str(m, i, &b, &text);
    return rc == RC_OK ? fp_give_str(m, FP_ARITY(i), text) : rc;
}

/* ---- changed ---- */

static enum rc change_case(struct fp_machine *m, const struct fp_ins *i, bool upper)
{
    struct str s;
    bool has = false;
    struct buf b;
    enum rc rc = texts(m, i, 0, &s, NULL, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, 1);
    fp_buf_init(m, &b);
    unicase_write(s, upper, &b);
    rc = fp_buf_str(m, i, &b, &s);
    return rc == RC_OK ? fp_give_str(m, 1, s) : rc;
}

enum rc fp_fn_upper(struct fp_machine *m, const struct fp_ins *i)
{
    return change_case(m, i, true);
}

enum rc fp_fn_lower(struct fp_machine *m, const struct fp_ins *i)
{
    return change_case(m, i, false);
}

/* An empty pattern stands before, between and behind all characters. */
static void replace_between(struct str s, struct str with, struct buf *b)
{
    buf_str(b, with);
    for (size_t pos = 0; pos < s.n;) {
        size_t start = pos;
        (void)utf8_next(s, &pos); /* only where it ends matters */
        buf_add(b, s.p + start, pos - start);
        buf_str(b, with);
    }
}

static void replace_all(struct str s, struct str what, struct str with, struct buf *b)
{
    for (size_t from = 0;;) {
        size_t at = str_find(s, what, from);
        buf_str(b, str_sub(s, from, at == SIZE_MAX ? SIZE_MAX : at - from));
        if (at == SIZE_MAX)
            return;
        buf_str(b, with);
        from = at + what.n;
    }
}

enum rc fp_fn_replace(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s, args[2];
    bool has = false;
    struct buf b;
    enum rc rc = texts(m, i, 2, &s, args, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, FP_ARITY(i));
    fp_buf_init(m, &b);
    if (args[0].n == 0)
        replace_between(s, args[1], &b);
    else
        replace_all(s, args[0], args[1], &b);
    rc = fp_buf_str(m, i, &b, &s);
    return rc == RC_OK ? fp_give_str(m, FP_ARITY(i), s) : rc;
}

/* ---- regular expressions ---- */

/* The one compiled with the expression, or one from a pattern that is only known now. */
static enum rc regex_of(struct fp_machine *m, const struct fp_ins *i, struct str pattern,
                        const struct fp_regex **out)
{
    if (i->target) {
        *out = m->x->regexes[i->target - 1];
        return RC_OK;
    }
    struct fp_regex *r = NULL;
    struct err inner;
    enum rc rc = fp_regex_compile(pattern, m->a, &r, &inner);
    if (rc == RC_NOMEM)
        return fp_fail(m, i, RC_NOMEM, "FP-207", "no memory for a regular expression");
    if (rc != RC_OK)
        return fp_fail(m, i, RC_VALUE, "FP-106", "%s", inner.text);
    *out = r;
    return RC_OK;
}

static enum rc match(struct fp_machine *m, const struct fp_ins *i, bool full)
{
    struct str s, pattern;
    bool has = false, yes = false;
    const struct fp_regex *r = NULL;
    enum rc rc = texts(m, i, 1, &s, &pattern, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, FP_ARITY(i));
    rc = regex_of(m, i, pattern, &r);
    if (rc == RC_OK)
        rc = fp_regex_match(r, s, full, m->a, &yes, m->e);
    return rc == RC_OK ? fp_give_bool(m, FP_ARITY(i), yes) : rc;
}

enum rc fp_fn_matches(struct fp_machine *m, const struct fp_ins *i)
{
    return match(m, i, false);
}

enum rc fp_fn_matches_full(struct fp_machine *m, const struct fp_ins *i)
{
    return match(m, i, true);
}

enum rc fp_fn_replace_matches(struct fp_machine *m, const struct fp_ins *i)
{
    struct str s, args[2];
    bool has = false;
    const struct fp_regex *r = NULL;
    enum rc rc = texts(m, i, 2, &s, args, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, FP_ARITY(i));
    if (args[0].n == 0) /* matches nothing, so replaces nothing */
        return fp_give_str(m, FP_ARITY(i), s);
    rc = regex_of(m, i, args[0], &r);
    if (rc == RC_OK)
        rc = fp_regex_replace(r, s, args[1], m->limits->string, m->a, &s, m->e);
    return rc == RC_OK ? fp_give_str(m, FP_ARITY(i), s) : rc;
}

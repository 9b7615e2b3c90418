/*
 * Regular expressions by PCRE2, for matches() and its like.
 *
 * All memory is an arena's: the pattern lives as long as its expression, a match gives back what it
 * took. That is why patterns are interpreted and not JIT-compiled: JIT code lies outside of any
 * allocator of ours and would need a destructor. Every match has limits, so that a catastrophic
 * pattern ends as an error. Tests: fn_test.c, eval_test.c
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "fhirpath/fp_int.h"

#include <pcre2.h>

#define MATCH_LIMIT   200000 /* steps of one match */
#define DEPTH_LIMIT   20000
#define HEAP_LIMIT_KB 20000
#define PATTERN_MAX   4096
#define REPLACE_SLACK 64
#define MESSAGE_MAX   120

struct fp_regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static void *take(size_t n, void *arena)
{
    return arena_raw(arena, n);
}

static void give_back(void *p, void *arena)
{
    (void)p; /* the arena has it */
    (void)arena;
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "FP-207", "no memory for a regular expression");
}

static enum rc bad_pattern(int code, size_t at, struct err *e)
{
    PCRE2_UCHAR text[MESSAGE_MAX];
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return no_memory(e);
    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    return err_set(e, RC_VALUE, "FP-012", "bad regular expression at character %zu: %s", at + 1,
                   (const char *)text);
}

enum rc fp_regex_compile(struct str pattern, struct arena *a, struct fp_regex **out, struct err *e)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    if (pattern.n > PATTERN_MAX)
        return err_set(e, RC_VALUE, "FP-012", "a regular expression may have %d bytes",
                       PATTERN_MAX);
    struct fp_regex *r = arena_make(a, struct fp_regex, 1);
    pcre2_general_context *memory = r ? pcre2_general_context_create(take, give_back, a) : NULL;
    pcre2_compile_context *ctx = memory ? pcre2_compile_context_create(memory) : NULL;
    if (!ctx)
        return no_memory(e);
    /* FHIRPath N1 5.6.9: single line mode, the point matches line ends too */
    r->code =
        pcre2_compile((PCRE2_SPTR)(pattern.n ? pattern.p : ""), pattern.n,
                      PCRE2_UTF | PCRE2_DOTALL | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
                      &code, &at, ctx);
    if (!r->code)
        return bad_pattern(code, at, e);
    r->limits = pcre2_match_context_create(memory);
    if (!r->limits)
        return no_memory(e);
    pcre2_set_match_limit(r->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(r->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(r->limits, HEAP_LIMIT_KB);
    *out = r;
    return RC_OK;
}

static enum rc match_failed(int code, struct err *e)
{
    if (code == PCRE2_ERROR_NOMEMORY)
        return no_memory(e);
    if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT ||
        code == PCRE2_ERROR_HEAPLIMIT)
        return err_set(e, RC_LIMIT, "FP-206", "a regular expression took too long on this text");
    return err_set(e, RC_VALUE, "FP-106", "this regular expression cannot be used here");
}

static pcre2_match_data *match_data(const struct fp_regex *r, struct arena *a)
{
    pcre2_general_context *memory = pcre2_general_context_create(take, give_back, a);
    return memory ? pcre2_match_data_create_from_pattern(r->code, memory) : NULL;
}

enum rc fp_regex_match(const struct fp_regex *r, struct str s, bool full, struct arena *a,
                       bool *out, struct err *e)
{
    struct arena_mark mark = arena_mark(a);
    pcre2_match_data *data = match_data(r, a);
    if (!data)
        return no_memory(e);
    uint32_t options = full ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0;
    int n = pcre2_match(r->code, (PCRE2_SPTR)(s.n ? s.p : ""), s.n, 0, options, data, r->limits);
    arena_rewind(a, mark);
    if (n < 0 && n != PCRE2_ERROR_NOMATCH)
        return match_failed(n, e);
    *out = n >= 0;
    return RC_OK;
}

/* Into p; *n is its size, then the length. A buffer too small gives NOMEMORY and *n wanted. */
static int substitute(const struct fp_regex *r, struct str s, struct str with, char *p, size_t *n,
                      struct arena *a)
{
    struct arena_mark mark = arena_mark(a);
    pcre2_match_data *data = match_data(r, a);
    if (!data)
        return PCRE2_ERROR_HEAPLIMIT;
    int code = pcre2_substitute(r->code, (PCRE2_SPTR)(s.n ? s.p : ""), s.n, 0,
                                PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_EXTENDED |
                                    PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY,
                                data, r->limits, (PCRE2_SPTR)(with.n ? with.p : ""), with.n,
                                (PCRE2_UCHAR *)p, n);
    arena_rewind(a, mark);
    return code;
}

enum rc fp_regex_replace(const struct fp_regex *r, struct str s, struct str with, size_t max,
                         struct arena *a, struct str *out, struct err *e)
{
    size_t size = s.n + REPLACE_SLACK;
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        size_t n = size;
        char *p = size > max + REPLACE_SLACK ? NULL : arena_raw(a, size);
        if (size > max + REPLACE_SLACK)
            return err_set(e, RC_LIMIT, "FP-205", "a text over %zu bytes", max);
        if (!p)
            return no_memory(e);
        int code = substitute(r, s, with, p, &n, a);
        if (code >= 0) {
            *out = str_of(p, n);
            return RC_OK;
        }
        if (code != PCRE2_ERROR_NOMEMORY)
            return match_failed(code, e);
        size = n;
    }
    return no_memory(e);
}

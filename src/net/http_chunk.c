/*
 * Chunked decoding: one small function per state, each takes one byte and names the next state.
 * Data is the exception and passes by slices. Tests: http_chunk_test.c, http_parse_fuzz.c
 */
#include "net/http_chunk.h"

#include "net/http_set.h"

#define DIGITS_MAX 16

enum state {
    SIZE = 0,
    EXT_NAME_FIRST,
    EXT_NAME,
    EXT_VALUE_FIRST,
    EXT_VALUE,
    EXT_QUOTED,
    EXT_ESCAPED,
    EXT_QUOTED_END,
    SIZE_LF,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    DATA,
    DONE
};

void http_chunk_init(struct http_chunk *c, uint64_t max)
{
    *c = (struct http_chunk){ .max = max };
}

static bool enter(struct http_chunk *c, enum state s)
{
    c->state = s;
    return true;
}

static bool is_tchar(unsigned char b)
{
    return http_set_has(HTTP_SET_TOKEN, b);
}

/* What may follow a whole size, name or value: the line's end, or another extension. */
static bool line_goes_on(struct http_chunk *c, unsigned char b)
{
    if (b == '\r')
        return enter(c, SIZE_LF);
    return b == ';' && enter(c, EXT_NAME_FIRST);
}

static bool size_byte(struct http_chunk *c, unsigned char b)
{
    int v = http_hex_value(b);
    if (v < 0)
        return c->digits > 0 && line_goes_on(c, b);
    if (c->digits++ == DIGITS_MAX)
        return false;
    c->left = c->left << 4 | (unsigned)v;
    return true;
}

static bool ext_name_first(struct http_chunk *c, unsigned char b)
{
    return is_tchar(b) && enter(c, EXT_NAME);
}

static bool ext_name(struct http_chunk *c, unsigned char b)
{
    if (is_tchar(b))
        return true;
    return b == '=' ? enter(c, EXT_VALUE_FIRST) : line_goes_on(c, b);
}

static bool ext_value_first(struct http_chunk *c, unsigned char b)
{
    if (b == '"')
        return enter(c, EXT_QUOTED);
    return is_tchar(b) && enter(c, EXT_VALUE);
}

static bool ext_value(struct http_chunk *c, unsigned char b)
{
    return is_tchar(b) || line_goes_on(c, b);
}

static bool ext_quoted(struct http_chunk *c, unsigned char b)
{
    if (b == '"')
        return enter(c, EXT_QUOTED_END);
    if (b == '\\')
        return enter(c, EXT_ESCAPED);
    return !http_is_control(b);
}

static bool ext_escaped(struct http_chunk *c, unsigned char b)
{
    return !http_is_control(b) && enter(c, EXT_QUOTED);
}

static bool size_lf(struct http_chunk *c, unsigned char b)
{
    c->digits = 0;
    return b == '\n' && enter(c, c->left == 0 ? TRAILER_FIRST : DATA);
}

static bool data_cr(struct http_chunk *c, unsigned char b)
{
    return b == '\r' && enter(c, DATA_LF);
}

static bool data_lf(struct http_chunk *c, unsigned char b)
{
    return b == '\n' && enter(c, SIZE);
}

static bool trailer_name(struct http_chunk *c, unsigned char b)
{
    static const struct str framing[] = { STR_INIT("content-length"), STR_INIT("host"),
                                          STR_INIT("transfer-encoding") };
    if (is_tchar(b)) {
        if (c->name_n < sizeof c->name)
            c->name[c->name_n] = (char)b;
        c->name_n++;
        return enter(c, TRAILER_NAME);
    }
    if (b != ':' || c->name_n == 0)
        return false;
    for (size_t i = 0; i < ZS_COUNT(framing); i++)
        if (c->name_n == framing[i].n && str_ieq(str_of(c->name, c->name_n), framing[i]))
            return false;
    return enter(c, TRAILER_VALUE);
}

static bool trailer_first(struct http_chunk *c, unsigned char b)
{
    c->name_n = 0;
    return b == '\r' ? enter(c, END_LF) : trailer_name(c, b);
}

static bool trailer_value(struct http_chunk *c, unsigned char b)
{
    if (b == '\r')
        return enter(c, TRAILER_LF);
    return !http_is_control(b);
}

static bool trailer_lf(struct http_chunk *c, unsigned char b)
{
    return b == '\n' && enter(c, TRAILER_FIRST);
}

static bool end_lf(struct http_chunk *c, unsigned char b)
{
    return b == '\n' && enter(c, DONE);
}

static const struct {
    bool (*step)(struct http_chunk *c, unsigned char b);
    const char *id;
    bool overhead; /* counts against HTTP_CHUNK_OVERHEAD */
} states[] = {
    [SIZE] = { size_byte, "HTTP-020", false },
    [EXT_NAME_FIRST] = { ext_name_first, "HTTP-021", true },
    [EXT_NAME] = { ext_name, "HTTP-021", true },
    [EXT_VALUE_FIRST] = { ext_value_first, "HTTP-021", true },
    [EXT_VALUE] = { ext_value, "HTTP-021", true },
    [EXT_QUOTED] = { ext_quoted, "HTTP-021", true },
    [EXT_ESCAPED] = { ext_escaped, "HTTP-021", true },
    [EXT_QUOTED_END] = { line_goes_on, "HTTP-021", true },
    [SIZE_LF] = { size_lf, "HTTP-020", false },
    [DATA_CR] = { data_cr, "HTTP-020", false },
    [DATA_LF] = { data_lf, "HTTP-020", false },
    [TRAILER_FIRST] = { trailer_first, "HTTP-022", true },
    [TRAILER_NAME] = { trailer_name, "HTTP-022", true },
    [TRAILER_VALUE] = { trailer_value, "HTTP-022", true },
    [TRAILER_LF] = { trailer_lf, "HTTP-022", true },
    [END_LF] = { end_lf, "HTTP-022", true },
};

static enum rc malformed(struct http_chunk *c, const char *id, struct err *e)
{
    c->status = 400;
    return err_set_at(e, RC_SYNTAX, id, (size_t)c->pos, "chunked body is malformed");
}

/* One byte outside the data. */
static enum rc take_byte(struct http_chunk *c, unsigned char b, struct err *e)
{
    const char *id = states[c->state].id;
    if (states[c->state].overhead && ++c->overhead > HTTP_CHUNK_OVERHEAD + c->total / 16)
        return malformed(c, id, e);
    if (!states[c->state].step(c, b))
        return malformed(c, id, e);
    c->pos++;
    if (c->state == DATA && c->left > c->max - c->total) {
        c->status = 413;
        return err_set_at(e, RC_LIMIT, "HTTP-023", (size_t)c->pos,
                          "body is larger than the limit of %llu bytes",
                          (unsigned long long)c->max);
    }
    return RC_OK;
}

enum rc http_chunk_next(struct http_chunk *c, struct str in, size_t *used, struct str *data,
                        struct err *e)
{
    size_t at = 0;
    while (c->state != DATA && c->state != DONE) {
        if (at == in.n) {
            *used = at;
            return RC_AGAIN;
        }
        enum rc rc = take_byte(c, (unsigned char)in.p[at], e);
        if (rc != RC_OK)
            return rc;
        at++;
    }
    struct str slice = STR_NULL;
    if (c->state == DATA) {
        if (at == in.n) {
            *used = at;
            return RC_AGAIN;
        }
        slice = str_sub(in, at, c->left < in.n - at ? (size_t)c->left : in.n - at);
        c->left -= slice.n;
        c->total += slice.n;
        c->pos += slice.n;
        if (c->left == 0)
            c->state = DATA_CR;
    }
    *used = at + slice.n;
    *data = slice;
    return RC_OK;
}

void http_chunk_unread(struct http_chunk *c, size_t n)
{
    ZS_ASSERT(n <= c->total && (c->state == DATA || c->state == DATA_CR));
    if (n == 0)
        return;
    c->left += n;
    c->total -= n;
    c->pos -= n;
    c->state = DATA;
}

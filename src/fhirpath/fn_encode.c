/*
 * encode, decode (hex, base64, urlbase64) and escape, unescape (html, json): the string functions
 * N1 marks for trial use. Text that cannot be decoded gives nothing. Tests: fn_test.c
 */
#include "fhirpath/fn.h"

#include "base/utf8.h"

#include "json/json.h"

typedef bool code_fn(struct str s, struct buf *out, struct arena *a);

struct coding {
    const char *name;
    code_fn *to;
    code_fn *from;
};

/* ---- hex ---- */

static bool to_hex(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    buf_hex(out, s.p, s.n);
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *at = lower ? strchr(digits, lower) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool from_hex(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        buf_char(out, (char)(high * 16 + low));
    }
    return s.n % 2 == 0;
}

/* ---- base64 (RFC 4648 4 and 5) ---- */

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void write_base64(struct str s, const char *alphabet, struct buf *out)
{
    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = size_min(3, s.n - i);
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < n ? (unsigned char)s.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            buf_char(out, k <= n ? alphabet[v >> (18 - 6 * k) & 63u] : '=');
    }
}

static bool read_base64(struct str s, const char *alphabet, struct buf *out)
{
    uint32_t v = 0;
    unsigned bits = 0;
    while (s.n && s.p[s.n - 1] == '=')
        s.n--;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
        if (!at)
            return false;
        v = v << 6 | (uint32_t)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_char(out, (char)(v >> bits & 255u));
        }
    }
    return bits < 6;
}

static bool to_base64(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    write_base64(s, ALPHABET "+/", out);
    return true;
}

static bool from_base64(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    return read_base64(s, ALPHABET "+/", out);
}

static bool to_urlbase64(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    write_base64(s, ALPHABET "-_", out);
    return true;
}

static bool from_urlbase64(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    return read_base64(s, ALPHABET "-_", out);
}

/* ---- html ---- */

static const struct {
    char c;
    const char *entity;
} entities[] = {
    { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" },
};

static bool to_html(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    for (size_t i = 0; i < s.n; i++) {
        size_t k = 0;
        while (k < ZS_COUNT(entities) && entities[k].c != s.p[i])
            k++;
        if (k < ZS_COUNT(entities))
            buf_z(out, entities[k].entity);
        else
            buf_char(out, s.p[i]);
    }
    return true;
}

static bool from_html(struct str s, struct buf *out, struct arena *a)
{
    (void)a; /* needs no memory of its own */
    for (size_t i = 0; i < s.n;) {
        size_t k = 0;
        while (k < ZS_COUNT(entities) && !str_starts(str_from(s, i), str_z(entities[k].entity)))
            k++;
        bool found = k < ZS_COUNT(entities);
        buf_char(out, found ? entities[k].c : s.p[i]);
        i += found ? strlen(entities[k].entity) : 1;
    }
    return true;
}

/* ---- json: the inside of a JSON string ---- */

static bool to_json(struct str s, struct buf *out, struct arena *a)
{
    struct json *v = json_make_str(a, s);
    struct buf quoted;
    buf_init_arena(&quoted, a, out->max);
    if (!v || json_write(&quoted, v, JSON_COMPACT, NULL) != RC_OK)
        return false;
    buf_add(out, quoted.p + 1, quoted.n - 2);
    return true;
}

/* A quote without its backslash stands for itself here: there is no end for it to mark. */
static bool from_json(struct str s, struct buf *out, struct arena *a)
{
    struct json *v = NULL;
    struct buf quoted;
    buf_init_arena(&quoted, a, out->max);
    buf_char(&quoted, '"');
    for (size_t i = 0; i < s.n; i++) {
        bool escape = s.p[i] == '\\' && i + 1 < s.n;
        if (s.p[i] == '"')
            buf_char(&quoted, '\\');
        buf_add(&quoted, s.p + i, escape ? 2 : 1);
        i += escape;
    }
    buf_char(&quoted, '"');
    if (quoted.failed != RC_OK ||
        json_parse(buf_view(&quoted), &json_default_limits, a, &v, NULL) != RC_OK)
        return false;
    buf_str(out, json_text(v));
    return true;
}

/* ---- the functions ---- */

static const struct coding encodings[] = {
    { "base64", to_base64, from_base64 },
    { "hex", to_hex, from_hex },
    { "urlbase64", to_urlbase64, from_urlbase64 },
};
static const struct coding escapings[] = { { "html", to_html, from_html },
                                           { "json", to_json, from_json } };

static enum rc run(struct fp_machine *m, const struct fp_ins *i, const struct coding *codings,
                   size_t n, bool to)
{
    struct str s, name;
    bool has = false, has_name = false;
    enum rc rc = fp_single_str(m, i, fp_input(m, i), "the input", &s, &has);
    if (rc == RC_OK)
        rc = fp_single_str(m, i, fp_arg(m, i, 1), "the kind", &name, &has_name);
    if (rc != RC_OK)
        return rc;
    if (!has || !has_name)
        return fp_give_empty(m, FP_ARITY(i));
    size_t k = 0;
    while (k < n && !str_eqz(name, codings[k].name))
        k++;
    if (k == n)
        return fp_fail(m, i, RC_VALUE, "FP-103", "there is no encoding of this name");
    struct buf b;
    fp_buf_init(m, &b);
    bool done = (to ? codings[k].to : codings[k].from)(s, &b, m->a);
    if (done && b.failed == RC_OK && !utf8_is_valid(buf_view(&b), NULL))
        done = false;
    if (!done)
        return fp_give_empty(m, FP_ARITY(i));
    rc = fp_buf_str(m, i, &b, &s);
    return rc == RC_OK ? fp_give_str(m, FP_ARITY(i), s) : rc;
}

enum rc fp_fn_encode(struct fp_machine *m, const struct fp_ins *i)
{
    return run(m, i, encodings, ZS_COUNT(encodings), true);
}

enum rc fp_fn_decode(struct fp_machine *m, const struct fp_ins *i)
{
    return run(m, i, encodings, ZS_COUNT(encodings), false);
}

enum rc fp_fn_escape(struct fp_machine *m, const struct fp_ins *i)
{
    return run(m, i, escapings, ZS_COUNT(escapings), true);
}

enum rc fp_fn_unescape(struct fp_machine *m, const struct fp_ins *i)
{
    return run(m, i, escapings, ZS_COUNT(escapings), false);
}

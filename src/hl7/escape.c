/*
 * Escape sequences; see escape.h. Decoding never looks further than the next escape character, and
 * a sequence that is none gives up one character only, so that "C:\temp\F\" still finds its \F\;
 * all the same every byte is looked at a fixed number of times. Tests: escape_test.c
 */
#include "hl7/escape.h"

/* Longest run of blanks or lines one formatting escape may ask for. */
#define FORMAT_RUN_MAX 99

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_hex_pairs(struct str s)
{
    if (s.n == 0 || s.n % 2 != 0)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (hex_digit(s.p[i]) < 0)
            return false;
    return true;
}

/* ".br", ".sp3", ".in+4": the commands of 2.7.6, with what each renders to for each count. */
static const struct format {
    struct str name;
    char fill;    /* rendered `count` times; 0 = nothing */
    bool counted; /* may carry a number */
} formats[] = {
    { STR_INIT(".br"), '\n', false }, { STR_INIT(".sp"), '\n', true },
    { STR_INIT(".ce"), '\n', false }, { STR_INIT(".sk"), ' ', true },
    { STR_INIT(".fi"), 0, false },    { STR_INIT(".nf"), 0, false },
    { STR_INIT(".in"), 0, true },     { STR_INIT(".ti"), 0, true },
};

/* "", "3", "+4", "-2": at most three digits. */
static bool is_count(struct str s)
{
    if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-'))
        s = str_from(s, 1);
    if (s.n > 3)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static const struct format *format_of(struct str body)
{
    for (size_t i = 0; i < ZS_COUNT(formats); i++) {
        const struct format *f = &formats[i];
        struct str count = str_from(body, f->name.n);
        if (str_ieq(str_sub(body, 0, f->name.n), f->name) && (f->counted || count.n == 0) &&
            is_count(count))
            return f;
    }
    return NULL;
}

static enum hl7_esc kind_of_letter(char c)
{
    switch (c) {
    case 'F':
    case 'S':
    case 'T':
    case 'R':
    case 'E':
    case 'P': return HL7_ESC_DELIM;
    case 'H':
    case 'N': return HL7_ESC_HIGHLIGHT;
    default: return HL7_ESC_UNKNOWN;
    }
}

enum hl7_esc hl7_esc_kind(struct str body)
{
    if (body.n == 0)
        return HL7_ESC_UNKNOWN;
    if (body.n == 1 && body.p[0] != 'Z')
        return kind_of_letter(body.p[0]);
    struct str rest = str_from(body, 1);
    switch (body.p[0]) {
    case 'X': return is_hex_pairs(rest) ? HL7_ESC_HEX : HL7_ESC_UNKNOWN;
    case 'C': return rest.n == 4 && is_hex_pairs(rest) ? HL7_ESC_CHARSET : HL7_ESC_UNKNOWN;
    case 'M':
        return (rest.n == 4 || rest.n == 6) && is_hex_pairs(rest) ? HL7_ESC_CHARSET
                                                                  : HL7_ESC_UNKNOWN;
    case 'Z': return HL7_ESC_LOCAL;
    case '.': return format_of(body) ? HL7_ESC_FORMAT : HL7_ESC_UNKNOWN;
    default: return HL7_ESC_UNKNOWN;
    }
}

static char or_usual(char own, char usual)
{
    return own ? own : usual;
}

static char delim_of(struct hl7_delims d, char letter)
{
    switch (letter) {
    case 'F': return or_usual(d.field, '|');
    case 'S': return or_usual(d.comp, '^');
    case 'T': return or_usual(d.sub, '&');
    case 'R': return or_usual(d.rep, '~');
    case 'P': return or_usual(d.trunc, '#');
    default: return d.esc;
    }
}

static char *put_hex(char *w, struct str digits)
{
    for (size_t i = 0; i + 1 < digits.n; i += 2)
        *w++ = (char)(hex_digit(digits.p[i]) << 4 | hex_digit(digits.p[i + 1]));
    return w;
}

/* ---- decoding ---- */

/* One sequence resolved at w; the output is never longer than the sequence, but see put_format. */
static char *put_resolved(char *w, enum hl7_esc kind, struct str body, struct hl7_delims d)
{
    if (kind == HL7_ESC_HEX)
        return put_hex(w, str_from(body, 1));
    *w++ = delim_of(d, body.p[0]);
    return w;
}

static size_t format_run(const struct format *f, struct str body)
{
    if (f->fill == 0)
        return 0;
    struct str count = str_from(body, f->name.n);
    size_t n = 0;
    for (size_t i = 0; i < count.n; i++)
        if (count.p[i] >= '0' && count.p[i] <= '9')
            n = n * 10 + (size_t)(count.p[i] - '0');
    return count.n == 0 ? 1 : size_min(n, FORMAT_RUN_MAX);
}

/* The next sequence at or behind `at`: its escape characters are at *open and *close. */
static bool next_sequence(struct str raw, char esc, size_t at, size_t *open, size_t *close)
{
    *open = str_chr(raw, esc, at);
    if (*open == SIZE_MAX)
        return false;
    *close = str_chr(raw, esc, *open + 1);
    return *close != SIZE_MAX;
}

static bool is_resolved(enum hl7_esc kind)
{
    return kind == HL7_ESC_DELIM || kind == HL7_ESC_HEX;
}

static bool is_rendered(enum hl7_esc kind)
{
    return kind == HL7_ESC_FORMAT || kind == HL7_ESC_HIGHLIGHT;
}

static struct str span(struct str s, size_t from, size_t to)
{
    return str_of(s.p + from, to - from);
}

/* Bytes the result may take: formatting may grow, everything else only shrinks. */
static size_t plain_size(struct str raw, struct hl7_delims d)
{
    size_t n = raw.n;
    size_t open = 0;
    size_t close = 0;
    for (size_t at = 0; next_sequence(raw, d.esc, at, &open, &close);) {
        struct str body = span(raw, open + 1, close);
        const struct format *f = hl7_esc_kind(body) == HL7_ESC_FORMAT ? format_of(body) : NULL;
        n += f ? format_run(f, body) : 0;
        at = hl7_esc_kind(body) == HL7_ESC_UNKNOWN ? close : close + 1;
    }
    return n;
}

static char *put_bytes(char *w, struct str s)
{
    memcpy(w, s.p, s.n);
    return w + s.n;
}

/* Resolve into w, which has room; render says whether formatting is rendered or kept. */
static char *resolve(char *w, struct str raw, struct hl7_delims d, bool render)
{
    size_t at = 0;
    size_t open = 0;
    size_t close = 0;
    while (next_sequence(raw, d.esc, at, &open, &close)) {
        struct str body = span(raw, open + 1, close);
        enum hl7_esc kind = hl7_esc_kind(body);
        w = put_bytes(w, span(raw, at, open));
        if (kind == HL7_ESC_UNKNOWN) {
            w = put_bytes(w, span(raw, open, close));
            at = close;
            continue;
        }
        at = close + 1;
        if (is_resolved(kind)) {
            w = put_resolved(w, kind, body, d);
        } else if (render && is_rendered(kind)) {
            const struct format *f = format_of(body);
            size_t run = f ? format_run(f, body) : 0;
            memset(w, f ? f->fill : 0, run);
            w += run;
        } else {
            w = put_bytes(w, span(raw, open, at));
        }
    }
    return put_bytes(w, str_from(raw, at));
}

static enum rc decode(struct str raw, struct hl7_delims d, bool render, size_t room,
                      struct arena *a, struct str *out, struct err *e)
{
    char *text = arena_raw(a, room);
    if (!text)
        return err_set(e, RC_NOMEM, "HL7-005", "the memory set aside for one message is used up");
    char *end = resolve(text, raw, d, render);
    *out = str_of(text, (size_t)(end - text));
    return RC_OK;
}

enum rc hl7_unescape(struct str raw, struct hl7_delims d, struct arena *a, struct str *out,
                     struct err *e)
{
    size_t open = 0;
    size_t close = 0;
    if (d.esc == 0 || !next_sequence(raw, d.esc, 0, &open, &close)) {
        *out = raw;
        return RC_OK;
    }
    return decode(raw, d, false, raw.n, a, out, e);
}

enum rc hl7_plain(struct str raw, struct hl7_delims d, struct arena *a, struct str *out,
                  struct err *e)
{
    size_t open = 0;
    size_t close = 0;
    if (d.esc == 0 || !next_sequence(raw, d.esc, 0, &open, &close)) {
        *out = raw;
        return RC_OK;
    }
    return decode(raw, d, true, plain_size(raw, d), a, out, e);
}

/* ---- encoding ---- */

/* Letter of the escape for c, 'X' for a hexadecimal one, 0 when c may stand as it is. */
static char escape_letter(char c, struct hl7_delims d, enum hl7_keep keep)
{
    if (c == 0)
        return 'X';
    if (c == d.field)
        return 'F';
    if (c == d.rep)
        return keep < HL7_KEEP_REPS ? 'R' : 0;
    if (c == d.comp)
        return keep < HL7_KEEP_COMPS ? 'S' : 0;
    if (c == d.sub)
        return keep < HL7_KEEP_SUBS ? 'T' : 0;
    if (c == d.esc)
        return keep == HL7_KEEP_NOTHING ? 'E' : 0;
    if (c == d.trunc)
        return keep == HL7_KEEP_NOTHING ? 'P' : 0;
    return (unsigned char)c < 0x20 && c != '\t' ? 'X' : 0;
}

static void put_escape(struct buf *out, char esc, char letter, char c)
{
    buf_char(out, esc);
    buf_char(out, letter);
    if (letter == 'X') {
        static const char digits[] = "0123456789ABCDEF";
        buf_char(out, digits[(unsigned char)c >> 4]);
        buf_char(out, digits[(unsigned char)c & 15]);
    }
    buf_char(out, esc);
}

enum rc hl7_escape(struct str text, struct hl7_delims d, enum hl7_keep keep, struct buf *out,
                   struct err *e)
{
    size_t before = out->n;
    size_t from = 0; /* text not yet copied */
    for (size_t i = 0; i < text.n; i++) {
        char letter = escape_letter(text.p[i], d, keep);
        if (letter == 0)
            continue;
        if (d.esc == 0) {
            buf_cut(out, before);
            return err_set_at(e, RC_VALUE, "HL7-020", i,
                              "the value needs an escape and the message has no escape character");
        }
        buf_str(out, span(text, from, i));
        put_escape(out, d.esc, letter, text.p[i]);
        from = i + 1;
    }
    buf_str(out, str_from(text, from));
    return buf_rc(out, e);
}

/*
 * Date formats. A pattern is compiled into a row of parts; reading and writing walk the same row.
 * Tests: transform_test.c
 */
#include "map/datefmt.h"

#define PARTS_MAX   24
#define YEAR_PIVOT  51 /* yy 51 … 99 are of the century before */
#define NANO_DIGITS 9

enum part_kind {
    PART_TEXT,
    PART_YEAR,
    PART_MONTH,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_FRACTION,
    PART_OFFSET
};

struct part {
    enum part_kind kind;
    unsigned width; /* digits; OFFSET: 3 with a colon, 2 without */
    struct str text;
};

struct date_format {
    enum { FORMAT_ISO, FORMAT_HL7, FORMAT_PATTERN } kind;
    const struct part *parts;
    size_t n;
};

/* ---- compiling ---- */

static const struct {
    const char *letters;
    enum part_kind kind;
} words[] = {
    { "yyyy", PART_YEAR }, { "yy", PART_YEAR },    { "MM", PART_MONTH },
    { "dd", PART_DAY },    { "HH", PART_HOUR },    { "mm", PART_MINUTE },
    { "ss", PART_SECOND }, { "XXX", PART_OFFSET }, { "XX", PART_OFFSET },
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t run_of(struct str s, size_t at)
{
    size_t n = 1;
    while (at + n < s.n && s.p[at + n] == s.p[at])
        n++;
    return n;
}

static bool word(struct str run, struct part *out)
{
    if (run.p[0] == 'S' && run.n <= NANO_DIGITS) {
        *out = (struct part){ .kind = PART_FRACTION, .width = (unsigned)run.n };
        return true;
    }
    for (size_t i = 0; i < ZS_COUNT(words); i++) {
        if (str_eqz(run, words[i].letters)) {
            *out = (struct part){ .kind = words[i].kind, .width = (unsigned)run.n };
            return true;
        }
    }
    return false;
}

static enum rc bad(size_t pos, const char *what, struct err *e)
{
    return err_set_at(e, RC_VALUE, "MAP-013", pos, "%s", what);
}

/* One part of the pattern at *at. */
static enum rc take(struct str s, size_t *at, struct part *out, struct err *e)
{
    if (s.p[*at] == '\'') {
        size_t end = str_chr(s, '\'', *at + 1);
        if (end == SIZE_MAX)
            return bad(*at, "text in a date pattern has no closing quote", e);
        *out = (struct part){ .text = str_sub(s, *at + 1, end - *at - 1) };
        *at = end + 1;
        return RC_OK;
    }
    size_t n = is_letter(s.p[*at]) ? run_of(s, *at) : 1;
    *out = (struct part){ .text = str_sub(s, *at, n) };
    if (is_letter(s.p[*at]) && !word(out->text, out))
        return bad(*at, "a date pattern has yyyy yy MM dd HH mm ss S… XXX XX; other text in quotes",
                   e);
    *at += n;
    return RC_OK;
}

static enum rc pattern(struct str s, struct arena *a, struct date_format *f, struct err *e)
{
    struct part *parts = arena_make(a, struct part, PARTS_MAX);
    if (!parts)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a date pattern");
    for (size_t at = 0; at < s.n;) {
        if (f->n == PARTS_MAX)
            return bad(at, "a date pattern has too many parts", e);
        enum rc rc = take(s, &at, &parts[f->n++], e);
        if (rc != RC_OK)
            return rc;
    }
    if (f->n == 0)
        return bad(0, "a date pattern cannot be empty", e);
    f->parts = parts;
    return RC_OK;
}

enum rc date_format_compile(struct str text, struct arena *a, const struct date_format **out,
                            struct err *e)
{
    struct date_format *f = arena_make(a, struct date_format, 1);
    struct str own = arena_str(a, text);
    if (!f || str_is_null(own))
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a date pattern");
    f->kind = str_eqz(text, "iso")   ? FORMAT_ISO
              : str_eqz(text, "hl7") ? FORMAT_HL7
                                     : FORMAT_PATTERN;
    *out = f;
    return f->kind == FORMAT_PATTERN ? pattern(own, a, f, e) : RC_OK;
}

bool date_format_has_time(const struct date_format *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->parts[i].kind >= PART_HOUR)
            return true;
    return f->kind != FORMAT_PATTERN;
}

/* ---- reading ---- */

static bool digits(struct str s, size_t *at, unsigned width, unsigned *out)
{
    unsigned v = 0;
    if (s.n - *at < width)
        return false;
    for (unsigned i = 0; i < width; i++) {
        char c = s.p[*at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (unsigned)(c - '0');
    }
    *at += width;
    *out = v;
    return true;
}

static bool read_offset(struct str s, size_t *at, unsigned width, struct time_part *t)
{
    unsigned hours = 0, minutes = 0;
    if (*at < s.n && s.p[*at] == 'Z') {
        (*at)++;
        t->offset = TIME_ZULU;
        return true;
    }
    if (*at >= s.n || (s.p[*at] != '+' && s.p[*at] != '-'))
        return false;
    bool west = s.p[(*at)++] == '-';
    if (!digits(s, at, 2, &hours))
        return false;
    if (width == 3 && (*at >= s.n || s.p[(*at)++] != ':'))
        return false;
    if (!digits(s, at, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    t->offset = TIME_OFFSET;
    t->offset_min = (int)(hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool read_number(const struct part *p, struct str s, size_t *at, struct time_part *t)
{
    int *const fields[] = {
        [PART_YEAR] = &t->at.year, [PART_MONTH] = &t->at.month,   [PART_DAY] = &t->at.day,
        [PART_HOUR] = &t->at.hour, [PART_MINUTE] = &t->at.minute, [PART_SECOND] = &t->at.second
    };
    unsigned v = 0;
    if (!digits(s, at, p->width, &v))
        return false;
    if (p->kind == PART_FRACTION) {
        t->frac_digits = p->width;
        for (unsigned i = p->width; i < NANO_DIGITS; i++)
            v *= 10;
        t->frac_ns = v;
        t->at.ms = (int)(v / 1000000);
        return true;
    }
    if (p->kind == PART_YEAR && p->width == 2)
        v += v < YEAR_PIVOT ? 2000 : 1900;
    *fields[p->kind] = (int)v;
    return true;
}

static bool is_valid(const struct time_part *t, bool has_date)
{
    const struct civil *c = &t->at;
    return (!has_date || time_is_date(c->year, c->month, c->day)) && c->hour < 24 &&
           c->minute < 60 && c->second < 60;
}

static bool read_pattern(const struct date_format *f, struct str s, struct time_part *out)
{
    struct time_part t = { .at = { .year = 1970, .month = 1, .day = 1 }, .no_date = true };
    size_t at = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct part *p = &f->parts[i];
        if (p->kind == PART_TEXT) {
            if (!str_starts(str_from(s, at), p->text))
                return false;
            at += p->text.n;
            continue;
        }
        bool ok =
            p->kind == PART_OFFSET ? read_offset(s, &at, p->width, &t) : read_number(p, s, &at, &t);
        if (!ok)
            return false;
        if (p->kind <= PART_DAY)
            t.no_date = false;
        if (p->kind < PART_OFFSET && (enum time_prec)(p->kind - PART_YEAR) > t.prec)
            t.prec = (enum time_prec)(p->kind - PART_YEAR);
    }
    if (at != s.n || !is_valid(&t, !t.no_date))
        return false;
    *out = t;
    return true;
}

bool date_format_read(const struct date_format *f, struct str s, struct time_part *out)
{
    if (f->kind == FORMAT_HL7)
        return time_hl7_parse(s, out, NULL) == RC_OK;
    if (f->kind == FORMAT_ISO)
        return time_iso_parse(s, out, NULL) == RC_OK;
    return read_pattern(f, s, out);
}

/* ---- writing ---- */

static void pad(struct buf *b, unsigned v, unsigned width)
{
    char text[NANO_DIGITS + 1];
    for (unsigned i = width; i-- > 0; v /= 10)
        text[i] = (char)('0' + v % 10);
    buf_add(b, text, width);
}

static bool has_part(const struct time_part *t, enum part_kind kind)
{
    if (kind == PART_OFFSET)
        return t->offset != TIME_NO_OFFSET;
    if (kind <= PART_DAY && t->no_date)
        return false;
    return (enum time_prec)(kind - PART_YEAR) <= t->prec || kind == PART_FRACTION;
}

static void write_offset(const struct time_part *t, unsigned width, struct buf *b)
{
    unsigned min = (unsigned)(t->offset_min < 0 ? -t->offset_min : t->offset_min);
    if (t->offset == TIME_ZULU) {
        buf_char(b, 'Z');
        return;
    }
    buf_char(b, t->offset_min < 0 ? '-' : '+');
    pad(b, min / 60, 2);
    if (width == 3)
        buf_char(b, ':');
    pad(b, min % 60, 2);
}

static void write_part(const struct part *p, const struct time_part *t, struct buf *b)
{
    const int values[] = {
        [PART_YEAR] = t->at.year, [PART_MONTH] = t->at.month,   [PART_DAY] = t->at.day,
        [PART_HOUR] = t->at.hour, [PART_MINUTE] = t->at.minute, [PART_SECOND] = t->at.second
    };
    uint32_t fraction = t->frac_ns;
    if (p->kind == PART_OFFSET) {
        write_offset(t, p->width, b);
        return;
    }
    if (p->kind == PART_FRACTION) {
        for (unsigned i = p->width; i < NANO_DIGITS; i++)
            fraction /= 10;
        pad(b, fraction, p->width);
        return;
    }
    pad(b, (unsigned)values[p->kind], p->width);
}

/* From part i on, is there anything the time has? An offset alone says nothing. */
static bool any_left(const struct date_format *f, size_t i, const struct time_part *t)
{
    for (; i < f->n; i++) {
        enum part_kind kind = f->parts[i].kind;
        if (kind != PART_TEXT && kind < PART_FRACTION && has_part(t, kind))
            return true;
    }
    return false;
}

static bool write_pattern(const struct date_format *f, const struct time_part *t, struct buf *b)
{
    size_t text_from = b->n; /* literal text waits for the part behind it */
    for (size_t i = 0; i < f->n; i++) {
        const struct part *p = &f->parts[i];
        if (p->kind == PART_TEXT) {
            buf_str(b, p->text);
            continue;
        }
        bool seconds = p->kind != PART_FRACTION || t->prec >= TIME_SECOND;
        if (has_part(t, p->kind) && seconds) {
            write_part(p, t, b);
            text_from = b->n;
            continue;
        }
        if (p->kind == PART_OFFSET) { /* left out, the rest stays */
            buf_cut(b, text_from);
            continue;
        }
        buf_cut(b, text_from);
        return !any_left(f, i, t) && i > 0 && text_from > 0;
    }
    return true;
}

bool date_format_write(const struct date_format *f, const struct time_part *t, struct buf *b)
{
    if (f->kind == FORMAT_HL7)
        time_hl7_text(b, t);
    else if (f->kind == FORMAT_ISO)
        time_iso_text(b, t);
    else
        return write_pattern(f, t, b);
    return true;
}

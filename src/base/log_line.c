/*
 * One log line in one of three forms, in a fixed buffer: logging must work when memory does not.
 * A field that does not fit is left out whole. Tests: log_test.c
 */
#include "base/log_int.h"

#include "base/timefmt.h"
#include "base/utf8.h"

#define TAIL_RESERVE 32 /* for the mark of a cut line, the closing brace, the line feed */

/* Appends; what would run into the reserve sets cut and changes nothing. */
static void put(struct log_line *l, struct str s)
{
    if (l->cut || s.n > LOG_LINE_MAX - TAIL_RESERVE - l->n) {
        l->cut = true;
        return;
    }
    if (s.n > 0)
        memcpy(l->p + l->n, s.p, s.n);
    l->n += s.n;
}

static void put_u64(struct log_line *l, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(l, str_of(digits + at, sizeof digits - at));
}

static void put_i64(struct log_line *l, int64_t v)
{
    if (v < 0)
        put(l, STR("-"));
    put_u64(l, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* C0, DEL and C1: a terminal could obey them. */
static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);
}

static void put_escaped_char(struct log_line *l, struct str raw, uint32_t cp)
{
    static const char hex[] = "0123456789abcdef";
    if (cp == UTF8_BAD) {
        put(l, STR(UTF8_REPLACE));
    } else if (cp == '"' || cp == '\\') {
        char two[2] = { '\\', (char)cp };
        put(l, str_of(two, 2));
    } else if (is_control(cp)) {
        char six[6] = { '\\', 'u', '0', '0', hex[cp >> 4], hex[cp & 15] };
        put(l, str_of(six, 6));
    } else {
        put(l, raw);
    }
}

/* Bytes from `at` on that stand for themselves. */
static size_t plain_run(struct str s, size_t at)
{
    size_t end = at;
    while (end < s.n && s.p[end] >= ' ' && s.p[end] < 0x7f && s.p[end] != '"' && s.p[end] != '\\')
        end++;
    return end - at;
}

static void put_quoted(struct log_line *l, struct str s)
{
    struct str whole = utf8_cut(s, LOG_TEXT_MAX);
    put(l, STR("\""));
    for (size_t at = 0; at < whole.n;) {
        size_t plain = plain_run(whole, at);
        put(l, str_sub(whole, at, plain));
        at += plain;
        if (at == whole.n)
            break;
        size_t start = at;
        uint32_t cp = utf8_next(whole, &at);
        put_escaped_char(l, str_sub(whole, start, at - start), cp);
    }
    if (whole.n < s.n)
        put(l, STR("\xe2\x80\xa6"));
    put(l, STR("\""));
}

/* May it stand in logfmt without quotes? */
static bool is_bare(struct str s)
{
    if (s.n == 0 || s.n > LOG_TEXT_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return true;
}

static void put_text(struct log_line *l, struct str s)
{
    if (l->form != LOG_JSON && is_bare(s))
        put(l, s);
    else
        put_quoted(l, s);
}

static void put_key(struct log_line *l, const char *key)
{
    if (l->form == LOG_JSON) {
        put(l, l->n > 1 ? STR(",\"") : STR("\""));
        put(l, str_z(key));
        put(l, STR("\":"));
    } else {
        put(l, l->n > 0 ? STR(" ") : STR(""));
        put(l, str_z(key));
        put(l, STR("="));
    }
}

static void put_name(struct log_line *l, const char *key, const char *text)
{
    put_key(l, key);
    if (text)
        put_text(l, str_z(text));
    else
        put(l, STR("null"));
}

static void put_at(struct log_line *l, const char *key, int64_t at_ms)
{
    char iso[TIME_ISO_SIZE];
    time_iso(at_ms, iso);
    put_name(l, key, iso);
}

static void put_err(struct log_line *l, const struct err *e)
{
    if (!e)
        return;
    put_name(l, "error", e->id);
    put_name(l, "errorText", e->text);
    if (e->where[0])
        put_name(l, "errorWhere", e->where);
    if (e->pos != ERR_NO_POS) {
        put_key(l, "errorAt");
        put_u64(l, e->pos);
    }
    if (e->fate != FATE_NONE)
        put_name(l, "fate", fate_name(e->fate));
    if (l->source && e->src_file) {
        put_name(l, "errorFile", e->src_file);
        put_key(l, "errorLine");
        put_i64(l, e->src_line);
    }
}

static void put_value(struct log_line *l, const struct log_field *f)
{
    switch (f->kind) {
    case LOG_F_NAME: put_name(l, f->key, f->v.name); break;
    case LOG_F_AT: put_at(l, f->key, f->v.i64); break;
    case LOG_F_ERR: put_err(l, f->v.err); break;
    case LOG_F_U64:
        put_key(l, f->key);
        put_u64(l, f->v.u64);
        break;
    case LOG_F_I64:
    case LOG_F_MS:
        put_key(l, f->key);
        put_i64(l, f->v.i64);
        break;
    case LOG_F_BOOL:
        put_key(l, f->key);
        put(l, f->v.yes ? STR("true") : STR("false"));
        break;
    case LOG_F_END_KIND: break;
    }
}

void log_line_field(struct log_line *l, const struct log_field *f)
{
    size_t before = l->n;
    put_value(l, f);
    if (l->cut)
        l->n = before;
}

static void begin_human(struct log_line *l, int64_t at_ms, const struct log_event_row *row)
{
    char iso[TIME_ISO_SIZE];
    time_iso(at_ms, iso);
    put(l, str_of(iso + 11, 12)); /* the time of day without its Z */
    put(l, STR(" "));
    struct str level = str_z(log_level_name(row->level));
    put(l, level);
    put(l, str_of("      ", 6 - level.n));
    put(l, str_z(row->name));
}

void log_line_begin(struct log_line *l, enum log_form form, int64_t at_ms,
                    const struct log_event_row *row)
{
    l->n = 0;
    l->cut = false;
    l->source = false;
    l->form = form;
    if (form == LOG_HUMAN) {
        begin_human(l, at_ms, row);
        return;
    }
    if (form == LOG_JSON)
        put(l, STR("{"));
    put_at(l, "at", at_ms);
    put_name(l, "level", log_level_name(row->level));
    put_name(l, "event", row->name);
}

struct str log_line_end(struct log_line *l)
{
    /* written past put(): the reserve is for this */
    static const struct str marks[] = { [LOG_JSON] = STR_INIT(",\"cut\":true"),
                                        [LOG_FMT] = STR_INIT(" cut=true"),
                                        [LOG_HUMAN] = STR_INIT(" cut=true") };
    struct str tail[3] = { STR_NULL, STR_NULL, STR("\n") };
    if (l->cut)
        tail[0] = marks[l->form];
    if (l->form == LOG_JSON)
        tail[1] = STR("}");
    for (size_t i = 0; i < ZS_COUNT(tail); i++) {
        ZS_ASSERT(tail[i].n <= LOG_LINE_MAX - l->n);
        if (tail[i].n > 0)
            memcpy(l->p + l->n, tail[i].p, tail[i].n);
        l->n += tail[i].n;
    }
    return str_of(l->p, l->n);
}

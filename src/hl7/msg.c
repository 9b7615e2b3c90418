/*
 * The segment index: where the body begins and ends, the delimiters, the segments. One pass over
 * the bytes, no copy. Fields and below are value.c. Tests: msg_test.c, fuzz: msg_fuzz.c
 */
#include "hl7/hl7.h"

#include "hl7/scan.h"

#define LIMIT_BYTES ((size_t)256 << 20)
#define LIMIT_SEGS  ((size_t)1000000)
#define FALLBACK    "windows-1252"

/* Mean bytes of a segment in real traffic: decides the first size of the index only. */
#define SEG_BYTES_GUESS 64

/* A long message is as likely one large field as many segments. */
#define SEGS_FIRST_MAX 248

struct hl7_limits hl7_limits_default(void)
{
    return (struct hl7_limits){ .bytes = LIMIT_BYTES, .segs = LIMIT_SEGS, .fallback = FALLBACK };
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_eol(char c)
{
    return c == '\r' || c == '\n';
}

/* Upper-cased letter or digit; 0 for anything else. */
static unsigned char id_char(char c)
{
    if (is_lower(c))
        return (unsigned char)(c - ('a' - 'A'));
    return is_upper(c) || is_digit(c) ? (unsigned char)c : 0;
}

uint32_t hl7_id_read(struct str s)
{
    if (s.n < 2 || s.n > HL7_ID_MAX)
        return 0;
    uint32_t id = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint32_t c = id_char(s.p[i]);
        if (c == 0)
            return 0;
        id |= c << (8 * i);
    }
    return id;
}

void hl7_id_print(uint32_t id, char out[HL7_ID_MAX + 1])
{
    for (size_t i = 0; i < HL7_ID_MAX; i++)
        out[i] = (char)(id >> (8 * i) & 0xFF);
    out[HL7_ID_MAX] = '\0';
}

/* ---- delimiters ---- */

/* A letter or digit would make MSH the start of a word, and a NUL stands for no delimiter. */
static bool is_separator(char c)
{
    return id_char(c) == 0 && c != 0 && !is_eol(c);
}

bool hl7_delims_read(struct str header, struct hl7_delims *out)
{
    if (header.n < 4 || !is_separator(header.p[3]))
        return false;
    struct hl7_delims d = { .field = header.p[3] };
    struct str msh2 = str_from(header, 4);
    size_t sep = str_chr(msh2, d.field, 0);
    msh2 = str_sub(msh2, 0, sep);

    char *const order[] = { &d.comp, &d.rep, &d.esc, &d.sub, &d.trunc };
    char taken[ZS_COUNT(order) + 1] = { d.field };
    for (size_t i = 0; i < ZS_COUNT(order) && i < msh2.n; i++) {
        char c = msh2.p[i];
        if (is_eol(c))
            break;
        if (!memchr(taken, c, i + 1))
            *order[i] = c;
        taken[i + 1] = c;
    }
    *out = d;
    return true;
}

bool hl7_delims_are_sane(struct hl7_delims d)
{
    const char all[] = { d.field, d.comp, d.rep, d.esc, d.sub };
    for (size_t i = 0; i < sizeof all; i++) {
        char c = all[i];
        if (c <= ' ' || c > '~' || c == '"' || id_char(c) != 0 || memchr(all, c, i))
            return false;
    }
    return true;
}

size_t hl7_delims_msh2(struct hl7_delims d, char out[5])
{
    const char all[5] = { d.comp, d.rep, d.esc, d.sub, d.trunc };
    size_t n = 0;
    while (n < sizeof all && all[n] != 0)
        n++;
    memcpy(out, all, n);
    return n;
}

/* ---- the body within the input ---- */

static bool is_lead(char c)
{
    return is_eol(c) || c == '\x0b' || c == ' ' || c == '\t';
}

/* BOM, VT, blanks and blank lines in front. */
static size_t skip_lead(struct str in)
{
    size_t i = str_starts(in, STR("\xef\xbb\xbf")) ? 3 : 0;
    while (i < in.n && is_lead(in.p[i]))
        i++;
    /* A mark behind the VT, as some file-to-MLLP tools send it. */
    if (str_starts(str_from(in, i), STR("\xef\xbb\xbf")))
        i += 3;
    return i;
}

/* Before FS, CR, LF at the end, if an FS is among them; all of it otherwise. */
static size_t trim_tail(struct str in, size_t start)
{
    size_t end = in.n;
    while (end > start && (is_eol(in.p[end - 1]) || in.p[end - 1] == '\x1c'))
        end--;
    size_t fs = str_chr(in, '\x1c', end);
    return fs == SIZE_MAX ? in.n : fs;
}

static bool is_utf16(struct str in)
{
    return str_starts(in, STR("\xff\xfe")) || str_starts(in, STR("\xfe\xff")) ||
           str_starts(in, STR("M\0S\0H\0")) || str_starts(in, STR("\0M\0S\0H"));
}

/* ---- segments ---- */

struct indexer {
    const char *p; /* the whole input */
    size_t pos;    /* next segment begins here */
    size_t end;
    char field;   /* separator behind an id */
    bool lf_ends; /* a lone LF ends a segment whatever follows; so it does the header */
    struct arena *a;
    struct hl7_seg *segs;
    size_t n;
    size_t cap;
    size_t max;
};

static enum rc no_room(struct err *e)
{
    return err_set(e, RC_NOMEM, "HL7-005", "the memory set aside for one message is used up");
}

/* Id of the line at p, up to the separator or the line's end. */
static uint32_t line_id(const char *p, size_t n, char field)
{
    size_t i = 0;
    while (i < n && i <= HL7_ID_MAX && p[i] != field)
        i++;
    return hl7_id_read(str_of(p, i));
}

/*
 * Does a segment, the end, or another line end stand at `at`? Then the LF before it was an end.
 * Only a well-formed id counts here: what follows may be a line of text.
 */
static bool segment_follows(const struct indexer *x, size_t at)
{
    const char *p = x->p + at;
    size_t left = x->end - at;
    if (left == 0 || is_eol(p[0]))
        return true;
    if (left < 3 || !is_upper(p[0]) || is_lower(p[1]) || !id_char(p[1]) || is_lower(p[2]) ||
        !id_char(p[2]))
        return false;
    return left == 3 || p[3] == x->field || is_eol(p[3]);
}

/* End of the line's text that starts at pos: the offset of the CR or LF that ends it, or end. */
static size_t line_end(const struct indexer *x, size_t pos)
{
    size_t i = pos;
    for (;;) {
        i += scan_either(x->p + i, x->end - i, '\r', '\n');
        if (i == x->end || x->p[i] == '\r' || x->lf_ends || segment_follows(x, i + 1))
            return i;
        i++;
    }
}

static size_t eol_run(const struct indexer *x, size_t pos)
{
    size_t i = pos;
    while (i < x->end && is_eol(x->p[i]))
        i++;
    return i - pos;
}

static enum rc add_seg(struct indexer *x, struct hl7_seg seg, struct err *e)
{
    if (x->n == x->max)
        return err_set_at(e, RC_LIMIT, "HL7-004", x->pos, "more than %zu segments", x->max);
    if (x->n == x->cap) {
        size_t cap = x->cap * 2;
        struct hl7_seg *grown =
            arena_grow(x->a, x->segs, x->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown)
            return no_room(e);
        x->segs = grown;
        x->cap = cap;
    }
    x->segs[x->n++] = seg;
    return RC_OK;
}

static enum rc index_segs(struct indexer *x, struct err *e)
{
    while (x->pos < x->end) {
        size_t at = x->pos;
        size_t stop = line_end(x, at);
        size_t term = eol_run(x, stop);
        if (x->n == 0)
            x->lf_ends = str_chr(str_of(x->p + stop, term), '\n', 0) != SIZE_MAX;
        struct hl7_seg seg = {
            .at = (uint32_t)at,
            .n = (uint32_t)(stop - at),
            .term = (uint32_t)term,
            .id = line_id(x->p + at, stop - at, x->field),
        };
        enum rc rc = add_seg(x, seg, e);
        if (rc != RC_OK)
            return rc;
        x->pos = stop + term;
    }
    return RC_OK;
}

static enum rc parse_body(struct str in, size_t start, struct hl7_delims delims,
                          const struct hl7_limits *limits, struct arena *a,
                          const struct hl7_msg **out, struct err *e)
{
    struct hl7_msg *m = arena_make(a, struct hl7_msg, 1);
    if (!m)
        return no_room(e);
    struct indexer x = {
        .p = in.p,
        .pos = start,
        .end = trim_tail(in, start),
        .field = delims.field,
        .lf_ends = true,
        .a = a,
        .max = limits->segs,
    };
    x.cap = 8 + size_min((x.end - start) / SEG_BYTES_GUESS, SEGS_FIRST_MAX);
    x.segs = arena_raw(a, x.cap * sizeof *x.segs);
    if (!x.segs)
        return no_room(e);
    enum rc rc = index_segs(&x, e);
    if (rc != RC_OK)
        return rc;
    *m = (struct hl7_msg){
        .bytes = in,
        .start = start,
        .end = x.end,
        .delims = delims,
        .segs = x.segs,
        .n_segs = x.n,
        .fallback = limits->fallback ? limits->fallback : FALLBACK,
    };
    *out = m;
    return RC_OK;
}

static enum rc check_size(struct str in, const struct hl7_limits *limits, struct err *e)
{
    size_t max = size_min(limits->bytes, HL7_BYTES_MAX);
    if (in.n > max)
        return err_set_at(e, RC_LIMIT, "HL7-003", max, "the message has more than %zu bytes", max);
    return RC_OK;
}

/* Delimiters of the header that the body begins with; false when it begins with none. */
static bool read_header(struct str in, size_t start, struct hl7_delims *delims)
{
    struct str body = str_from(in, start);
    return hl7_id_is_header(hl7_id_read(str_sub(body, 0, 3))) && hl7_delims_read(body, delims);
}

enum rc hl7_parse(struct str in, const struct hl7_limits *limits, struct arena *a,
                  const struct hl7_msg **out, struct err *e)
{
    struct hl7_limits standard = hl7_limits_default();
    if (!limits)
        limits = &standard;
    enum rc rc = check_size(in, limits, e);
    if (rc != RC_OK)
        return rc;
    if (is_utf16(in))
        return err_set_at(e, RC_SYNTAX, "HL7-006", 0, "the message is UTF-16 text");
    size_t start = skip_lead(in);
    struct str id = str_sub(in, start, 3);
    if (id.n < 3 || !hl7_id_is_header(hl7_id_read(id)))
        return err_set_at(e, RC_SYNTAX, "HL7-001", start,
                          "it does not begin with an MSH, FHS or BHS segment");
    struct hl7_delims delims;
    if (!read_header(in, start, &delims))
        return err_set_at(e, RC_SYNTAX, "HL7-002", start + 3,
                          "no field separator stands behind the header's id");
    return parse_body(in, start, delims, limits, a, out, e);
}

enum rc hl7_parse_part(struct str in, struct hl7_delims delims, const struct hl7_limits *limits,
                       struct arena *a, const struct hl7_msg **out, struct err *e)
{
    struct hl7_limits standard = hl7_limits_default();
    if (!limits)
        limits = &standard;
    enum rc rc = check_size(in, limits, e);
    if (rc != RC_OK)
        return rc;
    size_t start = skip_lead(in);
    struct hl7_delims own;
    if (read_header(in, start, &own))
        delims = own;
    return parse_body(in, start, delims, limits, a, out, e);
}

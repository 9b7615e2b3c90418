/*
 * JSON to HL7 v2; see hl7_json.h. Four levels (field, repetition, component, sub-component), a
 * function each; nothing recurses. Tests: hl7_json_test.c
 */
#include "cli/hl7_json.h"

#include "hl7/escape.h"

/* Highest number of a field, component or sub-component. */
#define NUMBER_MAX 99999u

struct builder {
    struct hl7_delims d;
    const char *set;
    struct str eol;
    struct arena *a;
    struct buf *out;
    enum rc rc; /* sticky */
    struct err *e;
    bool first;     /* the part's first segment: its delimiters count */
    char where[48]; /* "segments[3]", "PID-5": for errors */
};

/* ---- errors ---- */

static void refuse(struct builder *b, const struct json *at, const char *what)
{
    if (b->rc != RC_OK)
        return;
    b->rc = err_set_at(b->e, RC_VALUE, "CLI-020", at ? at->pos : ERR_NO_POS, "%s", what);
    err_where(b->e, "%s", b->where);
}

static void fail(struct builder *b, enum rc rc)
{
    if (b->rc == RC_OK && rc != RC_OK) {
        b->rc = rc;
        err_where(b->e, "%s", b->where);
    }
}

static enum rc no_room(struct err *e)
{
    return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
}

/* Every member's name must be one of the NULL-ended list. */
static void check_names(struct builder *b, const struct json *object, const char *const *names)
{
    if (json_type(object) != JSON_OBJECT) {
        refuse(b, object, "an object is expected here");
        return;
    }
    JSON_EACH(member, object)
    {
        size_t i = 0;
        while (names[i] && !str_eqz(json_name(member), names[i]))
            i++;
        if (!names[i])
            refuse(b, member, "a member of this name means nothing here");
    }
}

/* ---- bytes ---- */

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c, 16);
    return at ? (int)(at - digits) : -1;
}

static void put_hex(struct builder *b, const struct json *v)
{
    struct str s = json_text(v);
    if (json_type(v) != JSON_STRING || s.n % 2 != 0) {
        refuse(b, v, "an even number of hexadecimal digits is expected");
        return;
    }
    for (size_t i = 0; i < s.n; i += 2) {
        int high = hex_value(s.p[i]);
        int low = hex_value(s.p[i + 1]);
        if (high < 0 || low < 0) {
            refuse(b, v, "hexadecimal digits are expected");
            return;
        }
        buf_char(b->out, (char)(high << 4 | low));
    }
}

/* Bytes as they stand: a string, or { "hex" }. */
static void put_bytes(struct builder *b, const struct json *v)
{
    static const char *const names[] = { "hex", NULL };
    if (json_type(v) == JSON_STRING) {
        buf_str(b->out, json_text(v));
        return;
    }
    check_names(b, v, names);
    put_hex(b, json_getz(v, "hex"));
}

/* ---- values ---- */

static void put_text(struct builder *b, const struct json *v)
{
    struct str bytes;
    enum rc rc = hl7_to_charset(json_text(v), b->set, b->a, &bytes, b->e);
    if (rc == RC_OK)
        rc = hl7_escape(bytes, b->d, HL7_KEEP_NOTHING, b->out, b->e);
    fail(b, rc);
}

/* { "text", "raw" } or { "text", "hex" }: the second counts. */
static void put_exact(struct builder *b, const struct json *v)
{
    static const char *const names[] = { "text", "raw", "hex", NULL };
    const struct json *raw = json_getz(v, "raw");
    check_names(b, v, names);
    if (!raw) {
        put_hex(b, json_getz(v, "hex"));
        return;
    }
    struct str bytes = STR("");
    if (json_type(raw) != JSON_STRING)
        refuse(b, raw, "a text is expected here");
    else
        fail(b, hl7_to_charset(json_text(raw), b->set, b->a, &bytes, b->e));
    buf_str(b->out, bytes);
}

static void put_leaf(struct builder *b, const struct json *v)
{
    switch (json_type(v)) {
    case JSON_NULL: buf_z(b->out, "\"\""); break;
    case JSON_STRING:
    case JSON_NUMBER: put_text(b, v); break;
    case JSON_OBJECT: put_exact(b, v); break;
    case JSON_ABSENT:
    case JSON_BOOL:
    case JSON_ARRAY: refuse(b, v, "a text, a number or null is expected here"); break;
    }
}

/* "5" gives 5; 0 for anything but 1 … NUMBER_MAX without a leading zero. */
static size_t number_of(struct str name)
{
    size_t v = 0;
    if (name.n == 0 || name.p[0] == '0')
        return 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9')
            return 0;
        v = v * 10 + (size_t)(name.p[i] - '0');
        if (v > NUMBER_MAX)
            return 0;
    }
    return v;
}

/* The members of an object by their number, index 0 unused; *n is the highest. */
static const struct json **by_number(struct builder *b, const struct json *object, size_t *n)
{
    *n = 0;
    JSON_EACH(member, object)
    {
        size_t k = number_of(json_name(member));
        if (k == 0)
            refuse(b, member, "a member here is named by a number, from 1");
        *n = size_max(*n, k);
    }
    const struct json **out = arena_make(b->a, const struct json *, *n + 1);
    if (!out) {
        fail(b, no_room(b->e));
        return NULL;
    }
    JSON_EACH(member, object)
    {
        out[number_of(json_name(member))] = member;
    }
    return out;
}

static bool is_structure(const struct json *v)
{
    const struct json *first = json_first(v);
    return json_type(v) == JSON_OBJECT && (!first || number_of(json_name(first)) != 0);
}

typedef void (*put_fn)(struct builder *b, const struct json *v);

/* An object by number as pieces with separators; any other value alone. */
static void put_pieces(struct builder *b, const struct json *v, char sep, put_fn put)
{
    if (!is_structure(v)) {
        put(b, v);
        return;
    }
    size_t n = 0;
    const struct json **pieces = by_number(b, v, &n);
    if (n > 1 && sep == 0)
        refuse(b, v, "the delimiters of the message have no separator for this");
    for (size_t k = 1; b->rc == RC_OK && k <= n; k++) {
        if (k > 1)
            buf_char(b->out, sep);
        if (pieces[k])
            put(b, pieces[k]);
    }
}

static void put_comp(struct builder *b, const struct json *v)
{
    put_pieces(b, v, b->d.sub, put_leaf);
}

static void put_rep(struct builder *b, const struct json *v)
{
    put_pieces(b, v, b->d.comp, put_comp);
}

static void put_field(struct builder *b, const struct json *v)
{
    if (json_type(v) != JSON_ARRAY) {
        put_rep(b, v);
        return;
    }
    if (json_count(v) > 1 && b->d.rep == 0)
        refuse(b, v, "the delimiters of the message have no separator for this");
    bool first = true;
    JSON_EACH(rep, v)
    {
        if (!first)
            buf_char(b->out, b->d.rep);
        put_rep(b, rep);
        first = false;
    }
}

/* ---- segments ---- */

/*
 * Fields 1 and 2 of a header, whose id was written just before, and the delimiters they say.
 */
static void put_header_start(struct builder *b, const struct json *field1,
                             const struct json *field2)
{
    char msh2[5];
    struct hl7_delims usual = HL7_DELIMS_DEFAULT;
    if (b->out->failed)
        return;
    size_t start = b->out->n - 3;
    if (field1)
        put_bytes(b, field1);
    else
        buf_char(b->out, usual.field);
    if (b->rc == RC_OK && !b->out->failed && b->out->n != start + 4)
        refuse(b, field1, "the field separator is one character");
    if (field2)
        put_bytes(b, field2);
    else if (!field1)
        buf_add(b->out, msh2, hl7_delims_msh2(usual, msh2));
    if (b->rc == RC_OK && !b->out->failed && b->first)
        (void)hl7_delims_read(str_from(buf_view(b->out), start), &b->d); /* four bytes are there */
}

static void put_fields(struct builder *b, const struct json *fields, uint32_t id)
{
    size_t n = 0;
    if (json_type(fields) != JSON_OBJECT) {
        refuse(b, fields, "the fields are an object by number");
        return;
    }
    const struct json **v = by_number(b, fields, &n);
    size_t k = 1;
    if (b->rc == RC_OK && hl7_id_is_header(id) && n > 0) {
        put_header_start(b, v[1], n > 1 ? v[2] : NULL);
        k = 3;
    }
    char id_text[HL7_ID_MAX + 1];
    hl7_id_print(id, id_text);
    for (; b->rc == RC_OK && k <= n; k++) {
        (void)snprintf(b->where, sizeof b->where, "%s-%zu", id_text, k); /* 10 bytes at most */
        buf_char(b->out, b->d.field);
        if (v[k])
            put_field(b, v[k]);
    }
}

static void put_seg(struct builder *b, const struct json *seg)
{
    static const char *const names[] = { "id", "fields", "line", "end", NULL };
    const struct json *line = json_getz(seg, "line");
    const struct json *end = json_getz(seg, "end");
    check_names(b, seg, names);
    if (b->rc != RC_OK)
        return;
    if (line) {
        put_bytes(b, line);
    } else {
        struct str id = json_text(json_getz(seg, "id"));
        uint32_t packed = hl7_id_read(id);
        if (packed == 0) {
            refuse(b, seg, "a segment has an id of letters and digits, or is a line");
            return;
        }
        buf_str(b->out, id);
        if (json_getz(seg, "fields"))
            put_fields(b, json_getz(seg, "fields"), packed);
    }
    if (end)
        put_bytes(b, end);
    else
        buf_str(b->out, b->eol);
}

/* ---- parts ---- */

static struct str string_or(struct builder *b, const struct json *v, struct str usual)
{
    if (v && json_type(v) != JSON_STRING)
        refuse(b, v, "a text is expected here");
    return json_str_or(v, usual);
}

/* The delimiters a part says; those in force stay where it says none. */
static void take_delims(struct builder *b, const struct json *part)
{
    const struct json *v = json_getz(part, "delimiters");
    if (!v)
        return;
    size_t at = b->out->n;
    buf_z(b->out, "MSH");
    put_bytes(b, v);
    if (b->rc == RC_OK && !b->out->failed &&
        !hl7_delims_read(str_from(buf_view(b->out), at), &b->d))
        refuse(b, v, "delimiters are the field separator and the encoding characters");
    buf_cut(b->out, at);
}

static void put_part(struct builder *b, const struct json *part, const struct hl7_json_sink *sink)
{
    static const char *const names[] = { "before",   "delimiters", "charset", "eol",
                                         "segments", "after",      NULL };
    const struct json *segments = json_getz(part, "segments");
    check_names(b, part, names);
    if (json_type(segments) != JSON_ARRAY) {
        refuse(b, part, "a message has an array `segments`");
        return;
    }
    b->set = arena_z(b->a, string_or(b, json_getz(part, "charset"), STR("UTF-8")));
    if (!b->set) {
        fail(b, no_room(b->e));
        return;
    }
    b->eol = string_or(b, json_getz(part, "eol"), STR("\r"));
    take_delims(b, part);
    if (json_getz(part, "before"))
        put_bytes(b, json_getz(part, "before"));
    size_t i = 0;
    JSON_EACH(seg, segments)
    {
        if (b->rc != RC_OK)
            return;
        struct arena_mark mark = arena_mark(b->a);
        (void)snprintf(b->where, sizeof b->where, "segments[%zu]", i); /* 31 bytes at most */
        b->first = i++ == 0;
        put_seg(b, seg);
        arena_rewind(b->a, mark);
        sink->segment(sink->ctx);
    }
    if (json_getz(part, "after"))
        put_bytes(b, json_getz(part, "after"));
}

enum rc hl7_json_build(const struct json *doc, struct arena *scratch, struct buf *out,
                       const struct hl7_json_sink *sink, struct err *e)
{
    static const char *const names[] = { "parts", NULL };
    struct builder b = { .d = HL7_DELIMS_DEFAULT, .a = scratch, .out = out, .e = e };
    const struct json *parts = json_getz(doc, "parts");
    if (!parts) {
        put_part(&b, doc, sink);
    } else {
        check_names(&b, doc, names);
        if (json_type(parts) != JSON_ARRAY)
            refuse(&b, parts, "`parts` is an array");
        JSON_EACH(part, parts)
        {
            if (b.rc == RC_OK)
                put_part(&b, part, sink);
        }
    }
    return b.rc == RC_OK ? buf_rc(out, e) : b.rc;
}

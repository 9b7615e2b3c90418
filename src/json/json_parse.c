/*
 * The reader: one pass over the text, nodes from blocks of the arena, an explicit stack.
 *
 * Speed comes from three things: strings and white space are scanned sixteen bytes at a time; text
 * without escapes is not copied; a name is compared with its siblings only when a 64-bit filter
 * says it may have been there before. The functions marked HOT are inlined into one loop; all that
 * is rare is kept out of it: escapes in json_text.c, errors in json_fault.c.
 *
 * Tests: json_parse_test.c; json_fuzz.c
 */
#include "json/json_read.h"

#if defined(__x86_64__)
#include "json/scan_sse2.h"
#endif

#define HOT static inline __attribute__((always_inline))

#define NODES_FIRST    16
#define NODES_BLOCK    1024
#define WATCHED        32 /* members an object may have before names are checked at its end */
#define NAME_MAX_BYTES UINT16_MAX

/* --- nodes --- */

static __attribute__((noinline, cold)) bool more_nodes(struct reader *r)
{
    uint32_t left = r->limits->nodes - r->n_nodes;
    /* a node for every 16 bytes of text is a good guess for what is still to come */
    size_t guess = (size_t)(r->end - r->from) / 16 + NODES_FIRST;
    uint32_t n = (uint32_t)size_min(size_min(guess, NODES_BLOCK), left);
    if (n == 0) {
        (void)json_fail(r, NULL, F_NODES); /* the caller knows the place */
        return false;
    }
    struct json *block = arena_raw(r->a, n * sizeof *block);
    if (!block) {
        (void)json_fail(r, NULL, F_MEMORY);
        return false;
    }
    r->node = block;
    r->node_end = block + n;
    r->n_nodes += n;
    return true;
}

HOT struct json *new_node(struct reader *r, const char *at)
{
    if (r->node == r->node_end && !more_nodes(r)) {
        r->fault_at = at;
        return NULL;
    }
    return r->node++;
}

/* --- white space --- */

static const char *space_long(const struct reader *r, const char *p)
{
    return p + r->scan->space(p, (size_t)(r->end - p));
}

HOT const char *skip_space(const struct reader *r, const char *p)
{
    if (p < r->end && (unsigned char)*p > ' ')
        return p;
#if defined(__x86_64__)
    if (r->end - p >= 16) {
        unsigned other = sse2_not_space(p);
        if (other)
            return p + __builtin_ctz(other);
        p += 16;
    }
#endif
    return space_long(r, p);
}

/* --- strings --- */

/*
 * The text from p to `stop`, the first byte that is not plain (or the end); high: it holds bytes
 * outside ASCII. Sets *clean to JSON_CLEAN when the text is the source's, to 0 when it was decoded.
 *
 * The parts of a text travel as scalars here: as a struct they would go through memory, and cost a
 * third of all time in stalled loads.
 */
HOT const char *text_to(struct reader *r, const char *p, const char *stop, bool high,
                        const char **text, size_t *n, uint8_t *clean)
{
    if (high && !json_text_is_utf8(r, p, stop))
        return NULL;
    if (stop < r->end && *stop == '"') {
        *text = p;
        *n = (size_t)(stop - p);
        *clean = JSON_CLEAN;
        return stop + 1;
    }
    struct str decoded = STR_NULL;
    stop = json_text_escaped(r, p, stop, &decoded);
    *text = decoded.p;
    *n = decoded.n;
    *clean = 0;
    return stop;
}

/* p is behind the opening quote. */
HOT const char *string(struct reader *r, const char *p, const char **text, size_t *n,
                       uint8_t *clean)
{
    const char *q = p;
    unsigned high = 0;
#if defined(__x86_64__)
    /* most texts end within 16 bytes, nearly all within 32 */
    if (r->end - q >= 32) {
        unsigned special = sse2_special(q, &high);
        if (special) {
            unsigned k = (unsigned)__builtin_ctz(special);
            bool any_high = high && (high & ((1u << k) - 1));
            return text_to(r, p, q + k, any_high, text, n, clean);
        }
        unsigned more_high = 0;
        special = sse2_special(q + 16, &more_high);
        if (special) {
            unsigned k = (unsigned)__builtin_ctz(special);
            bool any_high = (high | more_high) && (high | (more_high & ((1u << k) - 1)));
            return text_to(r, p, q + 16 + k, any_high, text, n, clean);
        }
        high |= more_high;
        q += 32;
    }
#endif
    unsigned rest_high = 0;
    q += r->scan->plain(q, (size_t)(r->end - q), &rest_high);
    return text_to(r, p, q, high | rest_high, text, n, clean);
}

/* --- names --- */

/* The first eight bytes of a name, zeros behind a shorter one. */
HOT uint64_t name_start(const struct reader *r, const char *name, size_t n, bool in_source)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* a table, because a branch on the length of names goes wrong every third time */
    static const uint64_t kept[9] = { 0x0,        0xff,         0xffff,         0xffffff,
                                      0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
                                      UINT64_MAX };
    if (in_source && r->end - name >= 8) {
        uint64_t w = 0;
        memcpy(&w, name, sizeof w);
        return w & kept[size_min(n, 8)];
    }
#endif
    uint64_t w = 0;
    memcpy(&w, name, size_min(n, sizeof w));
    return w;
}

static __attribute__((noinline)) bool has_name(const struct frame *f, const char *name, size_t n)
{
    const struct json *v = f->first;
    for (uint32_t i = 0; i < f->box->n; i++, v = v->next)
        if (v->name_n == n && memcmp(v->name, name, n) == 0)
            return true;
    return false;
}

/* Take note of a name; f->seen becomes ALL_NAMES when the object needs a closer look. */
HOT void watch_name(struct frame *f, const char *name, size_t n, uint64_t start)
{
    unsigned bit = (unsigned)(((start ^ n) * UINT64_C(0x9e3779b97f4a7c15)) >> 58);
    if (!(f->seen >> bit & 1))
        f->seen |= UINT64_C(1) << bit;
    else if (f->seen != ALL_NAMES && (f->box->n >= WATCHED || has_name(f, name, n)))
        f->seen = ALL_NAMES;
}

/* "name" : — p is where the name should start. */
HOT const char *member_name(struct reader *r, const char *p, struct json *v)
{
    if (p == r->end || *p != '"')
        return json_fail(r, p, p == r->end ? F_END : F_NAME);
    const char *name = NULL;
    size_t n = 0;
    uint8_t clean = 0;
    v->name_pos = (uint32_t)(p - r->start);
    const char *q = string(r, p + 1, &name, &n, &clean);
    if (!q)
        return NULL;
    if (n > NAME_MAX_BYTES)
        return json_fail(r, p, F_NAME_SIZE);
    watch_name(r->inner, name, n, name_start(r, name, n, clean));
    v->name = name;
    v->name_n = (uint16_t)n;
    v->flags = clean ? JSON_NAME_CLEAN : 0;
    if (q < r->end && *q == ':') /* white space before it is rare in any style */
        return skip_space(r, q + 1);
    q = skip_space(r, q);
    if (q == r->end || *q != ':')
        return json_fail(r, q, q == r->end ? F_END : F_COLON);
    return skip_space(r, q + 1);
}

/* --- numbers and literals --- */

HOT const char *digits(const struct reader *r, const char *p)
{
    while (p < r->end && (unsigned char)(*p - '0') < 10)
        p++;
    return p;
}

/* Behind the digits that must follow `p`, over which it goes too; *ok becomes false without any. */
HOT const char *more_digits(const struct reader *r, const char *p, bool *ok)
{
    const char *q = digits(r, p + 1);
    *ok = q > p + 1;
    return q;
}

/* RFC 8259 section 6; the text stays as it is. */
HOT const char *number(struct reader *r, const char *p, struct json *v)
{
    const char *whole = p + (*p == '-');
    const char *q = digits(r, whole);
    bool ok = q > whole && (*whole != '0' || q - whole == 1);
    if (ok && q < r->end && *q == '.')
        q = more_digits(r, q, &ok);
    if (ok && q < r->end && (*q | 32) == 'e')
        q = more_digits(r, q + (r->end - q > 1 && (q[1] == '+' || q[1] == '-')), &ok);
    if (!ok)
        return whole == r->end ? json_fail(r, whole, F_END) : json_fail(r, p, F_NUMBER);
    v->type = JSON_NUMBER;
    v->text = p;
    v->n = (uint32_t)(q - p);
    v->flags |= JSON_CLEAN;
    return q;
}

HOT const char *literal(struct reader *r, const char *p, struct json *v)
{
    static const struct {
        char text[6];
        uint8_t n, type, value;
    } words[] = { { "null", 4, JSON_NULL, 0 },
                  { "true", 4, JSON_BOOL, 1 },
                  { "false", 5, JSON_BOOL, 0 } };
    size_t i = *p == 'n' ? 0 : *p == 't' ? 1 : 2;
    if ((size_t)(r->end - p) < words[i].n || memcmp(p, words[i].text, words[i].n) != 0)
        return json_fail(r, p, F_VALUE);
    v->type = words[i].type;
    v->n = words[i].value;
    v->text = NULL;
    return p + words[i].n;
}

/* --- values --- */

static const uint8_t starts[256] = {
    ['"'] = JSON_STRING, ['{'] = JSON_OBJECT, ['['] = JSON_ARRAY,  ['n'] = JSON_NULL,
    ['t'] = JSON_BOOL,   ['f'] = JSON_BOOL,   ['-'] = JSON_NUMBER, ['0'] = JSON_NUMBER,
    ['1'] = JSON_NUMBER, ['2'] = JSON_NUMBER, ['3'] = JSON_NUMBER, ['4'] = JSON_NUMBER,
    ['5'] = JSON_NUMBER, ['6'] = JSON_NUMBER, ['7'] = JSON_NUMBER, ['8'] = JSON_NUMBER,
    ['9'] = JSON_NUMBER
};

HOT void begin_frame(struct frame *f, struct json *box, char close)
{
    f->box = box;
    f->first = NULL;
    f->link = &f->first;
    f->seen = 0;
    f->close = close;
}

/* v becomes a container; on to its first child, or to its end. */
static const char *open_box(struct reader *r, const char *p, struct json *v, enum json_type type)
{
    if (r->depth == r->max_depth)
        return json_fail(r, p, F_DEPTH);
    r->depth++;
    v->type = (uint8_t)type;
    v->n = 0;
    v->last = NULL;
    begin_frame(++r->inner, v, type == JSON_OBJECT ? '}' : ']');
    return skip_space(r, p + 1);
}

HOT const char *string_value(struct reader *r, const char *p, struct json *v)
{
    const char *text = NULL;
    size_t n = 0;
    uint8_t clean = 0;
    p = string(r, p + 1, &text, &n, &clean);
    if (!p)
        return NULL;
    v->type = JSON_STRING;
    v->text = text;
    v->n = (uint32_t)n;
    v->flags |= clean;
    return p;
}

/* Anything but a container, which starts at p (< end). */
HOT const char *scalar(struct reader *r, const char *p, struct json *v, enum json_type type)
{
    if (type == JSON_STRING)
        return string_value(r, p, v);
    if (type == JSON_NUMBER)
        return number(r, p, v);
    if (type == JSON_ABSENT)
        return json_fail(r, p, F_VALUE);
    return literal(r, p, v);
}

/* The ring is closed here; while the container is open its first child stands in the frame. */
static const char *close_box(struct reader *r, const char *p)
{
    struct frame *f = r->inner;
    *f->link = f->first;
    if (f->seen == ALL_NAMES && r->limits->dup != JSON_DUP_KEEP) {
        const struct json *second = NULL;
        if (json_dup_check(f->box, r->limits->dup, r->a, &second) != RC_OK)
            return json_fail(r, p, F_MEMORY);
        if (second)
            return json_fail(r, r->start + second->name_pos, F_TWICE);
    }
    r->depth--;
    r->inner--;
    return p + 1;
}

/* Over what ends behind a value, to the next child or the end of the document. */
HOT const char *next_child(struct reader *r, const char *p)
{
    while (r->depth > 0) {
        if (p < r->end && *p == ',')
            return skip_space(r, p + 1);
        p = skip_space(r, p);
        if (p == r->end)
            return json_fail(r, p, F_END);
        if (*p == ',')
            return skip_space(r, p + 1);
        if (*p != r->inner->close)
            return json_fail(r, p, F_COMMA);
        p = close_box(r, p);
        if (!p)
            return NULL;
    }
    return p;
}

/* The child of the innermost container that starts at p; on to the next one, wherever it stands. */
HOT const char *child(struct reader *r, const char *p)
{
    struct frame *f = r->inner;
    struct json *box = f->box;
    struct json *v = new_node(r, p);
    if (!v)
        return NULL;
    v->name = NULL;
    v->name_pos = JSON_NO_POS;
    v->name_n = 0;
    v->flags = 0;
    if (box->type == JSON_OBJECT && !(p = member_name(r, p, v)))
        return NULL;
    if (p == r->end)
        return json_fail(r, p, F_END);
    *f->link = v;
    f->link = &v->next;
    box->last = v;
    box->n++;
    enum json_type type = (enum json_type)starts[(unsigned char)*p];
    v->pos = (uint32_t)(p - r->start);
    if (type >= JSON_ARRAY) {
        p = open_box(r, p, v, type);
        if (!p || p == r->end || *p != r->inner->close)
            return p;
    } else {
        p = scalar(r, p, v, type);
        if (!p)
            return NULL;
    }
    return next_child(r, p);
}

static __attribute__((noinline, hot)) const char *document(struct reader *r, const char *p)
{
    r->root = (struct json){ .type = JSON_ARRAY };
    r->inner = r->frame;
    begin_frame(r->inner, &r->root, '\0');
    p = skip_space(r, p);
    do
        p = child(r, p);
    while (p && r->depth > 0);
    if (!p)
        return NULL;
    r->root.last->next = NULL;
    p = skip_space(r, p);
    return p == r->end ? p : json_fail(r, p, F_AFTER);
}

/* --- the ends --- */

/* Over a byte order mark; NULL for texts that are plainly not UTF-8. */
static const char *text_start(struct reader *r)
{
    struct str in = str_of(r->from, (size_t)(r->end - r->from));
    if (str_starts(in, STR("\xef\xbb\xbf")))
        return r->from + 3;
    /* RFC 4627 section 3: two of the first four bytes being zero or a mark tell the encoding */
    if (str_starts(in, STR("\xff\xfe")) || str_starts(in, STR("\xfe\xff")) ||
        (in.n >= 2 && (in.p[0] == '\0' || in.p[1] == '\0')))
        return json_fail(r, r->from, F_UTF16);
    return r->from;
}

const struct json_limits json_default_limits = {
    .bytes = 64 << 20, .depth = 256, .nodes = 4 << 20, .dup = JSON_DUP_REJECT
};

enum rc json_parse_part(struct str whole, size_t from, size_t to, const struct json_limits *limits,
                        struct arena *a, struct json **out, struct err *e)
{
    size_t most = size_min(limits->bytes, JSON_NO_POS - 1);
    if (to - from > most)
        return err_set_at(e, RC_LIMIT, "JSON-020", from + most, "the text is larger than %zu bytes",
                          most);
    if (to > JSON_NO_POS - 1)
        return err_set_at(e, RC_LIMIT, "JSON-020", to, "the text is larger than 4 GiB");
    struct reader r; /* 24 KB of frames: each is set when it is opened */
    r.start = whole.n ? whole.p : "";
    r.from = r.start + from;
    r.end = r.start + to;
    r.a = a;
    r.limits = limits;
    r.scan = json_scan_best();
    r.node = r.node_end = NULL;
    r.n_nodes = 0;
    r.depth = 0;
    r.max_depth = (uint32_t)size_min(limits->depth, JSON_DEPTH_MAX);
    r.fault = F_NONE;
    r.fault_at = r.from;
    const char *p = text_start(&r);
    if (!p || !document(&r, p))
        return json_report(&r, whole, e);
    *out = r.root.last;
    return RC_OK;
}

enum rc json_parse(struct str in, const struct json_limits *limits, struct arena *a,
                   struct json **out, struct err *e)
{
    return json_parse_part(in, 0, in.n, limits, a, out, e);
}

/*
 * The reader: one pass over the text, nodes from blocks of the arena, an explicit stack.
 *
 * Speed comes from three things: strings and white space are scanned sixteen bytes at a time; text
 * without escapes is not copied; a name is compared with its siblings only when a 64-bit filter
 * says it may have been there before. The functions marked HOT are inlined into one loop; all that
 * is rare (escapes, long text, errors) is kept out of it.
 *
 * Functions that read return the place behind what they read, NULL after a fault (r->fault says
 * which and where; the error record is made once, at the end).
 *
 * Tests: json_parse_test.c, json_suite_test.c; json_fuzz.c
 */
#include "json/json_int.h"
#include "json/path.h"
#include "json/scan.h"

#include "base/utf8.h"

#if defined(__x86_64__)
#include "json/scan_sse2.h"
#endif

#define HOT  static inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))

#define NODES_FIRST    16
#define NODES_BLOCK    1024
#define WATCHED        32 /* members an object may have before names are checked at its end */
#define NAME_MAX_BYTES UINT16_MAX
#define ALL_NAMES      UINT64_MAX /* struct frame .seen: look at the names when the object ends */

enum fault {
    F_NONE = 0,
    F_END,
    F_VALUE,
    F_NAME,
    F_COLON,
    F_COMMA,
    F_NUMBER,
    F_ESCAPE,
    F_SURROGATE,
    F_CONTROL,
    F_UTF8,
    F_AFTER,
    F_UTF16,
    F_TWICE,
    F_DEPTH,
    F_NAME_SIZE,
    F_NODES,
    F_MEMORY
};

static const struct {
    enum rc rc;
    const char *id, *text;
} faults[] = {
    [F_NONE] = { RC_BUG, "JSON-030", "no fault" },
    [F_END] = { RC_SYNTAX, "JSON-001", "the text ends too early" },
    [F_VALUE] = { RC_SYNTAX, "JSON-002", "a value should stand here" },
    [F_NAME] = { RC_SYNTAX, "JSON-002", "a member's name in double quotes should stand here" },
    [F_COLON] = { RC_SYNTAX, "JSON-002", "a colon should stand here, behind the member's name" },
    [F_COMMA] = { RC_SYNTAX, "JSON-002", "a comma or the closing bracket should stand here" },
    [F_NUMBER] = { RC_SYNTAX, "JSON-003", "this is no number as JSON writes them" },
    [F_ESCAPE] = { RC_SYNTAX, "JSON-004", "unknown or incomplete escape in a string" },
    [F_SURROGATE] = { RC_SYNTAX, "JSON-004", "escaped surrogate without its other half" },
    [F_CONTROL] = { RC_SYNTAX, "JSON-005", "control character in a string, it must be escaped" },
    [F_UTF8] = { RC_SYNTAX, "JSON-006", "the string is not UTF-8" },
    [F_AFTER] = { RC_SYNTAX, "JSON-007", "more text behind the end of the document" },
    [F_UTF16] = { RC_SYNTAX, "JSON-008", "the text is UTF-16 or UTF-32, it must be UTF-8" },
    [F_TWICE] = { RC_VALUE, "JSON-010", "the name was used before in this object" },
    [F_DEPTH] = { RC_LIMIT, "JSON-021", "nested deeper than allowed" },
    [F_NAME_SIZE] = { RC_LIMIT, "JSON-022", "a name over 65,535 bytes" },
    [F_NODES] = { RC_LIMIT, "JSON-023", "more values than allowed" },
    [F_MEMORY] = { RC_NOMEM, "JSON-030", "not enough memory for the document" },
};

struct frame {
    struct json *box;
    struct json *first;
    uint64_t seen; /* filter of the names so far */
};

struct reader {
    const char *start; /* positions count from here */
    const char *from;  /* the document's first byte */
    const char *end;
    struct arena *a;
    const struct json_limits *limits;
    const struct json_scan *scan;
    struct json *node; /* next free one of the block */
    struct json *node_end;
    uint32_t n_nodes; /* given out in blocks, the current one included */
    uint32_t depth;   /* frames in use */
    uint32_t max_depth;
    enum fault fault;
    const char *fault_at;
    struct json *top;
    struct frame frame[JSON_DEPTH_MAX];
};

static COLD const char *fail(struct reader *r, const char *at, enum fault fault)
{
    r->fault = fault;
    r->fault_at = at;
    return NULL;
}

/* --- nodes --- */

static COLD bool more_nodes(struct reader *r)
{
    uint32_t left = r->limits->nodes - r->n_nodes;
    /* a node for every 16 bytes of text is a good guess for what is still to come */
    size_t guess = (size_t)(r->end - r->from) / 16 + NODES_FIRST;
    uint32_t n = (uint32_t)size_min(size_min(guess, NODES_BLOCK), left);
    if (n == 0) {
        (void)fail(r, NULL, F_NODES); /* the caller knows the place */
        return false;
    }
    struct json *block = arena_raw(r->a, n * sizeof *block);
    if (!block) {
        (void)fail(r, NULL, F_MEMORY);
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

/* Behind the run of plain bytes at p, which need not end before r->end. */
HOT const char *plain_run(const struct reader *r, const char *p, unsigned *high)
{
#if defined(__x86_64__)
    for (unsigned i = 0; i < 2 && r->end - p >= 16; i++, p += 16) {
        unsigned bytes_high = 0;
        unsigned special = sse2_special(p, &bytes_high);
        if (special) {
            unsigned k = (unsigned)__builtin_ctz(special);
            *high |= bytes_high & ((1u << k) - 1);
            return p + k;
        }
        *high |= bytes_high;
    }
#endif
    unsigned more = 0;
    p += r->scan->plain(p, (size_t)(r->end - p), &more);
    *high |= more;
    return p;
}

/* Four hexadecimal digits at p; -1 when they are not. */
static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        int digit = c >= '0' && c <= '9'                 ? c - '0'
                    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                         : -1;
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* The escape behind \u: one character, of one unit or a surrogate pair. */
static const char *unicode_escape(struct reader *r, const char *p, char **to)
{
    int unit = hex4(p, r->end);
    if (unit < 0)
        return fail(r, p - 2, F_ESCAPE);
    uint32_t cp = (uint32_t)unit;
    const char *next = p + 4;
    if (cp >= 0xd800 && cp < 0xe000) {
        int low =
            r->end - next >= 2 && next[0] == '\\' && next[1] == 'u' ? hex4(next + 2, r->end) : -1;
        if (cp >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
            return fail(r, p - 2, F_SURROGATE);
        cp = 0x10000 + ((cp - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
        next += 6;
    }
    *to += utf8_put(cp, *to);
    return next;
}

/* p is at a backslash inside the text. */
static const char *escape(struct reader *r, const char *p, char **to)
{
    static const char plain[256] = { ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                     ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t' };
    if (r->end - p < 2)
        return fail(r, r->end, F_END);
    unsigned char c = (unsigned char)p[1];
    if (c == 'u')
        return unicode_escape(r, p + 2, to);
    if (!plain[c])
        return fail(r, p, F_ESCAPE);
    *(*to)++ = plain[c];
    return p + 2;
}

/* Where the text that holds p stops: at its closing quote, a control character or the end. */
static const char *text_end(const struct reader *r, const char *p)
{
    unsigned high = 0;
    for (;;) {
        p += r->scan->plain(p, (size_t)(r->end - p), &high);
        if (p == r->end || *p != '\\')
            return p;
        p += r->end - p > 1 ? 2 : 1;
    }
}

static bool is_utf8(struct reader *r, const char *p, const char *end)
{
    size_t n = (size_t)(end - p);
    if (r->scan->utf8(p, n))
        return true;
    size_t bad = 0;
    (void)utf8_is_valid(str_of(p, n), &bad); /* now for the place */
    (void)fail(r, p + bad, F_UTF8);
    return false;
}

/* The rest of a string from its first escape on, decoded behind the plain part. */
static COLD const char *escaped_text(struct reader *r, const char *start, const char *p,
                                     struct str *out)
{
    size_t room = (size_t)(text_end(r, p) - start);
    char *text = arena_raw(r->a, room);
    if (!text)
        return fail(r, start, F_MEMORY);
    char *to = text;
    const char *from = start;
    for (;;) {
        unsigned high = 0;
        size_t n = (size_t)(p - from);
        memcpy(to, from, n);
        to += n;
        if (p == r->end)
            return fail(r, p, F_END);
        if (*p == '"')
            break;
        if (*p != '\\')
            return fail(r, p, F_CONTROL);
        from = escape(r, p, &to);
        if (!from)
            return NULL;
        p = from + r->scan->plain(from, (size_t)(r->end - from), &high);
        if (high && !is_utf8(r, from, p))
            return NULL;
    }
    /* give back what the escapes were longer than their characters */
    size_t n = (size_t)(to - text);
    const char *kept = arena_grow(r->a, text, room, n);
    *out = str_of(kept ? kept : text, n);
    return p + 1;
}

/*
 * p is behind the opening quote. Sets *clean to JSON_CLEAN when the text holds no escape. The parts
 * of a text travel as scalars here: as a struct they would go through memory, and cost a third of
 * all time in stalled loads.
 */
HOT const char *string(struct reader *r, const char *p, const char **text, size_t *n,
                       uint8_t *clean)
{
    unsigned high = 0;
    const char *stop = plain_run(r, p, &high);
    if (high && !is_utf8(r, p, stop))
        return NULL;
    if (stop < r->end && *stop == '"') {
        *text = p;
        *n = (size_t)(stop - p);
        *clean = JSON_CLEAN;
        return stop + 1;
    }
    struct str decoded = STR_NULL;
    stop = escaped_text(r, p, stop, &decoded);
    *text = decoded.p;
    *n = decoded.n;
    *clean = 0;
    return stop;
}

/* --- names --- */

/* The first eight bytes of a name, zeros behind a shorter one. */
HOT uint64_t name_start(const struct reader *r, const char *name, size_t n, bool in_source)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (in_source && r->end - name >= 8) {
        uint64_t w = 0;
        memcpy(&w, name, sizeof w);
        return n < 8 ? w & ((UINT64_C(1) << (8 * n)) - 1) : w;
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
    uint64_t bit = UINT64_C(1) << (((start ^ n) * UINT64_C(0x9e3779b97f4a7c15)) >> 58);
    if (!(f->seen & bit))
        f->seen |= bit;
    else if (f->seen != ALL_NAMES && (f->box->n >= WATCHED || has_name(f, name, n)))
        f->seen = ALL_NAMES;
}

/* "name" : — p is where the name should start. */
HOT const char *member_name(struct reader *r, const char *p, struct json *v)
{
    if (p == r->end || *p != '"')
        return fail(r, p, p == r->end ? F_END : F_NAME);
    const char *name = NULL;
    size_t n = 0;
    uint8_t clean = 0;
    v->name_pos = (uint32_t)(p - r->start);
    const char *q = string(r, p + 1, &name, &n, &clean);
    if (!q)
        return NULL;
    if (n > NAME_MAX_BYTES)
        return fail(r, p, F_NAME_SIZE);
    watch_name(&r->frame[r->depth - 1], name, n, name_start(r, name, n, clean));
    v->name = name;
    v->name_n = (uint16_t)n;
    v->flags = clean ? JSON_NAME_CLEAN : 0;
    q = skip_space(r, q);
    if (q == r->end || *q != ':')
        return fail(r, q, q == r->end ? F_END : F_COLON);
    return skip_space(r, q + 1);
}

/* --- numbers and literals --- */

HOT bool is_digit(const struct reader *r, const char *p)
{
    return p < r->end && (unsigned char)(*p - '0') < 10;
}

HOT const char *digits(const struct reader *r, const char *p)
{
    while (is_digit(r, p))
        p++;
    return p;
}

/* RFC 8259 section 6; the text stays as it is. */
HOT const char *number(struct reader *r, const char *p, struct json *v)
{
    const char *q = p + (*p == '-');
    const char *whole = q;
    q = digits(r, q);
    if (q == whole || (*whole == '0' && q - whole > 1))
        return fail(r, q == r->end ? q : p, q == r->end && q == whole ? F_END : F_NUMBER);
    if (q < r->end && *q == '.') {
        const char *fraction = q + 1;
        q = digits(r, fraction);
        if (q == fraction)
            return fail(r, p, F_NUMBER);
    }
    if (q < r->end && (*q | 32) == 'e') {
        q++;
        q += q < r->end && (*q == '+' || *q == '-');
        const char *exponent = q;
        q = digits(r, exponent);
        if (q == exponent)
            return fail(r, p, F_NUMBER);
    }
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
        return fail(r, p, F_VALUE);
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

static const char *open_box(struct reader *r, const char *p, struct json *v, enum json_type type)
{
    if (r->depth == r->max_depth)
        return fail(r, p, F_DEPTH);
    v->type = (uint8_t)type;
    v->n = 0;
    v->last = NULL;
    r->frame[r->depth++] = (struct frame){ .box = v };
    return p + 1;
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

/* Any value at p (which is < end) into v; of a container only its opening. */
HOT const char *value(struct reader *r, const char *p, struct json *v)
{
    enum json_type type = (enum json_type)starts[(unsigned char)*p];
    v->pos = (uint32_t)(p - r->start);
    if (type == JSON_STRING)
        return string_value(r, p, v);
    if (type >= JSON_ARRAY)
        return open_box(r, p, v, type);
    if (type == JSON_NUMBER)
        return number(r, p, v);
    if (type == JSON_ABSENT)
        return fail(r, p, F_VALUE);
    return literal(r, p, v);
}

/* The ring is closed here; while the container is open its first child stands in the frame. */
static const char *close_box(struct reader *r, const char *p)
{
    struct frame *f = &r->frame[r->depth - 1];
    if (f->box->last)
        f->box->last->next = f->first;
    if (f->seen == ALL_NAMES && r->limits->dup != JSON_DUP_KEEP) {
        const struct json *second = NULL;
        if (json_dup_check(f->box, r->limits->dup, r->a, &second) != RC_OK)
            return fail(r, p, F_MEMORY);
        if (second)
            return fail(r, r->start + second->name_pos, F_TWICE);
    }
    r->depth--;
    return p + 1;
}

/* One child of the innermost container, with the comma before it; or the container's end. */
HOT const char *child(struct reader *r, const char *p)
{
    struct frame *f = &r->frame[r->depth - 1];
    struct json *box = f->box;
    bool object = box->type == JSON_OBJECT;
    p = skip_space(r, p);
    if (p == r->end)
        return fail(r, p, F_END);
    if (*p == (object ? '}' : ']'))
        return close_box(r, p);
    if (box->last) {
        if (*p != ',')
            return fail(r, p, F_COMMA);
        p = skip_space(r, p + 1);
    }
    struct json *v = new_node(r, p);
    if (!v)
        return NULL;
    v->name = NULL;
    v->name_pos = JSON_NO_POS;
    v->name_n = 0;
    v->flags = 0;
    if (object && !(p = member_name(r, p, v)))
        return NULL;
    if (p == r->end)
        return fail(r, p, F_END);
    if (box->last)
        box->last->next = v;
    else
        f->first = v;
    box->last = v;
    box->n++;
    return value(r, p, v);
}

static __attribute__((noinline, hot)) const char *document(struct reader *r, const char *p)
{
    p = skip_space(r, p);
    if (p == r->end)
        return fail(r, p, F_END);
    struct json *v = new_node(r, p);
    if (!v)
        return NULL;
    *v = (struct json){ .name_pos = JSON_NO_POS };
    r->top = v;
    p = value(r, p, v);
    while (p && r->depth > 0)
        p = child(r, p);
    if (!p)
        return NULL;
    p = skip_space(r, p);
    return p == r->end ? p : fail(r, p, F_AFTER);
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
        return fail(r, r->from, F_UTF16);
    return r->from;
}

/* The path of the place that was being read: from the open containers. */
static COLD void fault_where(const struct reader *r, struct err *e)
{
    char text[256];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    for (uint32_t i = 0; i < r->depth; i++) {
        const struct json *box = r->frame[i].box;
        const struct json *v = box->last;
        bool no_child_yet = i + 1 == r->depth && (r->fault == F_NAME || r->fault == F_COLON);
        if (!v || no_child_yet)
            break;
        if (box->type == JSON_ARRAY)
            json_path_add_index(&b, box->n - 1);
        else
            json_path_add_name(&b, json_name(v));
    }
    err_where(e, "%.*s", STR_ARG(buf_view(&b)));
}

static COLD enum rc report(const struct reader *r, struct str whole, struct err *e)
{
    enum rc rc = faults[r->fault].rc;
    if (!e)
        return rc;
    size_t pos = (size_t)(r->fault_at - r->start);
    (void)err_set_at(e, rc, faults[r->fault].id, pos, "%s", faults[r->fault].text);
    json_place(whole, pos, &e->line, &e->column);
    fault_where(r, e);
    return rc;
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
        return report(&r, whole, e);
    *out = r.top;
    return RC_OK;
}

enum rc json_parse(struct str in, const struct json_limits *limits, struct arena *a,
                   struct json **out, struct err *e)
{
    return json_parse_part(in, 0, in.n, limits, a, out, e);
}

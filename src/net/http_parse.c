/*
 * The head parser: finds complete lines, checks every byte once, and acts on a line when it is
 * whole. Errors are rows of one table; the first one by position wins whatever the split, because
 * a line's limit is checked before its end is looked for and its grammar only after.
 * Tests: http_parse_test.c, http_parse_fuzz.c
 */
#include "net/http_parse.h"

#include "net/http_set.h"
#include "net/http_target.h"

#define RUN_MAX     (1u << 30)
#define SPANS_FIRST 16

enum stage { STAGE_START = 0, STAGE_AFTER_BLANK, STAGE_FIELDS, STAGE_DONE };

enum refusal {
    OK = 0,
    BAD_START,
    BAD_BYTE,
    BAD_FIELD,
    FOLDED,
    BAD_HOST,
    BAD_LENGTH,
    BOTH,
    BAD_CODING,
    BAD_TARGET,
    LONG_LINE,
    LONG_FIELDS,
    BAD_EXPECT,
    UNKNOWN_CODING,
    NO_CONNECT,
    BAD_VERSION,
    NO_MEMORY
};

static const struct {
    unsigned status;
    enum rc rc;
    const char *id;
    const char *text;
} refusals[] = {
    [OK] = { 0, RC_OK, "", "" },
    [BAD_START] = { 400, RC_SYNTAX, "HTTP-001", "first line is not METHOD TARGET HTTP/1.1" },
    [BAD_BYTE] = { 400, RC_SYNTAX, "HTTP-002",
                   "control character, bare CR or bare LF in the head" },
    [BAD_FIELD] = { 400, RC_SYNTAX, "HTTP-003", "header line is not name:value" },
    [FOLDED] = { 400, RC_SYNTAX, "HTTP-004", "header line starts with white space" },
    [BAD_HOST] = { 400, RC_SYNTAX, "HTTP-005", "Host is missing, repeated or no host" },
    [BAD_LENGTH] = { 400, RC_SYNTAX, "HTTP-006", "Content-Length is repeated or no number" },
    [BOTH] = { 400, RC_SYNTAX, "HTTP-007", "Content-Length together with Transfer-Encoding" },
    [BAD_CODING] = { 400, RC_SYNTAX, "HTTP-008", "Transfer-Encoding not allowed here" },
    [BAD_TARGET] = { 400, RC_SYNTAX, "HTTP-009",
                     "request target is malformed or not for this host" },
    [LONG_LINE] = { 414, RC_LIMIT, "HTTP-010", "request line is too long" },
    [LONG_FIELDS] = { 431, RC_LIMIT, "HTTP-011", "header fields are too long or too many" },
    [BAD_EXPECT] = { 417, RC_VALUE, "HTTP-012", "Expect is not 100-continue" },
    [UNKNOWN_CODING] = { 501, RC_VALUE, "HTTP-013", "transfer coding other than chunked" },
    [NO_CONNECT] = { 501, RC_VALUE, "HTTP-013", "CONNECT is not served" },
    [BAD_VERSION] = { 505, RC_VALUE, "HTTP-014", "HTTP version is not 1.0 or 1.1" },
    [NO_MEMORY] = { 503, RC_NOMEM, "HTTP-015", "not enough memory for the header fields" },
};

struct http_limits http_limits_default(void)
{
    return (struct http_limits){ .line = 8192, .fields = 32768, .n_fields = 100 };
}

void http_parse_init(struct http_parser *p, enum http_kind kind, const struct http_limits *limits,
                     struct arena *a)
{
    *p = (struct http_parser){ .kind = kind, .limits = *limits, .arena = a };
    p->limits.line = size_min(p->limits.line, RUN_MAX);
    p->limits.fields = size_min(p->limits.fields, RUN_MAX);
}

unsigned http_parse_status(const struct http_parser *p)
{
    return refusals[p->refused].status;
}

/* A span of the run; limits keep both under 2^32. */
static struct http_span span_of(struct str run, struct str part)
{
    return (struct http_span){ (uint32_t)(part.p - run.p), (uint32_t)part.n };
}

static struct str span_str(struct str run, struct http_span s)
{
    return str_sub(run, s.at, s.n);
}

/* Note a refusal for the line being read; the caller returns at once. */
static void refuse(struct http_parser *p, enum refusal r, size_t at)
{
    p->refused = (unsigned)r;
    p->refused_at = at;
}

/* ---- start line ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1" at `at`: sets the minor version or refuses. */
static void take_version(struct http_parser *p, struct str version, size_t at)
{
    if (version.n != 8 || !str_starts(version, STR("HTTP/")) || !is_digit(version.p[5]) ||
        version.p[6] != '.' || !is_digit(version.p[7])) {
        refuse(p, BAD_START, at);
        return;
    }
    if (version.p[5] != '1' || version.p[7] > '1') {
        refuse(p, BAD_VERSION, at);
        return;
    }
    p->head.minor = (unsigned)(version.p[7] - '0');
}

/* The authority of an absolute-form target, null for the other forms. */
static struct str absolute_authority(struct str target)
{
    static const struct str schemes[] = { STR_INIT("http://"), STR_INIT("https://") };
    for (size_t i = 0; i < ZS_COUNT(schemes); i++) {
        if (!str_ieq(str_sub(target, 0, schemes[i].n), schemes[i]))
            continue;
        struct str rest = str_from(target, schemes[i].n);
        size_t n = 0;
        while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
            n++;
        return str_sub(rest, 0, n);
    }
    return STR_NULL;
}

static bool target_has_a_form(enum http_method m, struct str target)
{
    if (target.p[0] == '/')
        return true;
    if (str_eqz(target, "*"))
        return m == HTTP_OPTIONS;
    return http_is_host(absolute_authority(target));
}

static void take_request_line(struct http_parser *p, struct str run, struct str line)
{
    size_t method_n = http_set_span(HTTP_SET_TOKEN, line);
    if (method_n == 0 || method_n == line.n || line.p[method_n] != ' ') {
        refuse(p, BAD_START, p->line_at + method_n);
        return;
    }
    struct str method = str_sub(line, 0, method_n);
    struct str rest = str_from(line, method_n + 1);
    struct str target = str_sub(rest, 0, http_set_span(HTTP_SET_TARGET, rest));
    size_t target_at = p->line_at + method_n + 1;
    if (target.n == 0 || target.n == rest.n || rest.p[target.n] != ' ') {
        refuse(p, BAD_START, target_at + target.n);
        return;
    }
    take_version(p, str_from(rest, target.n + 1), target_at + target.n + 1);
    if (p->refused)
        return;
    if (str_eqz(method, "CONNECT")) {
        refuse(p, NO_CONNECT, p->line_at);
        return;
    }
    p->head.method = http_method_of(method);
    if (!target_has_a_form(p->head.method, target))
        refuse(p, BAD_TARGET, target_at);
    p->method = span_of(run, method);
    p->target = span_of(run, target);
}

static void take_status_line(struct http_parser *p, struct str run, struct str line)
{
    struct str version = str_sub(line, 0, 8);
    struct str code = str_sub(line, 9, 3);
    take_version(p, version, p->line_at);
    if (p->refused)
        return;
    if (line.n < 12 || line.p[8] != ' ' || http_set_span(HTTP_SET_DIGIT, code) != 3 ||
        code.p[0] == '0' || (line.n > 12 && line.p[12] != ' ')) {
        refuse(p, BAD_START, p->line_at + 8);
        return;
    }
    p->head.status = (unsigned)(code.p[0] - '0') * 100 + (unsigned)(code.p[1] - '0') * 10 +
                     (unsigned)(code.p[2] - '0');
    p->reason = span_of(run, str_from(line, 13));
}

/* ---- fields that frame or address the message ---- */

struct field_line {
    struct str run, value;
    size_t at; /* of the line */
};

static void take_host(struct http_parser *p, const struct field_line *f)
{
    if (p->kind == HTTP_RESPONSE)
        return;
    if (p->has_host || !http_is_host(f->value)) {
        refuse(p, BAD_HOST, f->at);
        return;
    }
    p->has_host = true;
    p->host = span_of(f->run, f->value);
}

static void take_length(struct http_parser *p, const struct field_line *f)
{
    uint64_t n = 0;
    struct str v = f->value;
    bool octal = v.n > 1 && v.p[0] == '0'; /* allowed, but not read alike by everybody */
    if (p->has_length || v.n == 0 || octal || http_set_span(HTTP_SET_DIGIT, v) != v.n) {
        refuse(p, BAD_LENGTH, f->at);
        return;
    }
    for (size_t i = 0; i < v.n; i++) {
        uint64_t digit = (uint64_t)(v.p[i] - '0');
        if (n > (INT64_MAX - digit) / 10) {
            refuse(p, BAD_LENGTH, f->at);
            return;
        }
        n = n * 10 + digit;
    }
    p->has_length = true;
    p->head.length = n;
}

static void take_coding(struct http_parser *p, const struct field_line *f)
{
    struct str rest = f->value; /* inside the run: never null */
    struct str piece;
    while (str_split(&rest, ',', &piece)) {
        piece = http_trim(piece);
        if (piece.n == 0 || (p->has_coding && str_ieq(piece, STR("chunked")))) {
            refuse(p, BAD_CODING, f->at);
            return;
        }
        if (!str_ieq(piece, STR("chunked"))) {
            refuse(p, UNKNOWN_CODING, f->at);
            return;
        }
        p->has_coding = true;
    }
}

static void take_connection(struct http_parser *p, const struct field_line *f)
{
    struct str rest = f->value; /* inside the run: never null */
    struct str piece;
    while (str_split(&rest, ',', &piece)) {
        piece = http_trim(piece);
        p->has_close = p->has_close || str_ieq(piece, STR("close"));
        p->has_keep_alive = p->has_keep_alive || str_ieq(piece, STR("keep-alive"));
    }
}

static void take_expect(struct http_parser *p, const struct field_line *f)
{
    if (p->kind == HTTP_RESPONSE)
        return;
    if (!str_ieq(f->value, STR("100-continue"))) {
        refuse(p, BAD_EXPECT, f->at);
        return;
    }
    p->wants_continue = true;
}

static const struct {
    struct str name;
    void (*take)(struct http_parser *p, const struct field_line *f);
} known[] = {
    { STR_INIT("connection"), take_connection },
    { STR_INIT("content-length"), take_length },
    { STR_INIT("expect"), take_expect },
    { STR_INIT("host"), take_host },
    { STR_INIT("transfer-encoding"), take_coding },
};

/* ---- field lines ---- */

static bool add_span(struct http_parser *p, struct http_field_span s)
{
    if (p->n_spans == p->spans_cap) {
        size_t cap = size_max(p->spans_cap * 2, SPANS_FIRST);
        void *grown = arena_grow(p->arena, p->spans, p->spans_cap * sizeof s, cap * sizeof s);
        if (!grown)
            return false;
        p->spans = grown;
        p->spans_cap = cap;
    }
    p->spans[p->n_spans++] = s;
    return true;
}

static void take_field_line(struct http_parser *p, struct str run, struct str line)
{
    if (line.p[0] == ' ' || line.p[0] == '\t') {
        refuse(p, FOLDED, p->line_at);
        return;
    }
    size_t name_n = http_set_span(HTTP_SET_TOKEN, line);
    if (name_n == 0 || name_n == line.n || line.p[name_n] != ':') {
        refuse(p, BAD_FIELD, p->line_at + name_n);
        return;
    }
    struct str name = str_sub(line, 0, name_n);
    struct field_line f = { run, http_trim(str_from(line, name_n + 1)), p->line_at };
    if (p->n_spans >= p->limits.n_fields) {
        refuse(p, LONG_FIELDS, p->line_at);
        return;
    }
    if (!add_span(p, (struct http_field_span){ span_of(run, name), span_of(run, f.value) })) {
        refuse(p, NO_MEMORY, p->line_at);
        return;
    }
    for (size_t i = 0; i < ZS_COUNT(known); i++)
        if (str_ieq(known[i].name, name)) {
            known[i].take(p, &f);
            return;
        }
}

/* ---- the end of the head: what only the whole can tell ---- */

static enum http_framing framing_of(const struct http_parser *p)
{
    unsigned status = p->head.status;
    if (status == 204 || status == 304 || (status != 0 && status < 200))
        return HTTP_BODY_NONE;
    if (p->has_coding)
        return HTTP_BODY_CHUNKED;
    if (p->has_length)
        return HTTP_BODY_LENGTH;
    return p->kind == HTTP_RESPONSE ? HTTP_BODY_CLOSE : HTTP_BODY_NONE;
}

static void set_framing(struct http_parser *p)
{
    struct http_head *h = &p->head;
    h->framing = framing_of(p);
    bool wants_to_stay = !p->has_close && (h->minor == 1 || p->has_keep_alive);
    h->keep_alive = wants_to_stay && h->framing != HTTP_BODY_CLOSE;
    bool has_body =
        h->framing == HTTP_BODY_CHUNKED || (h->framing == HTTP_BODY_LENGTH && h->length > 0);
    h->expect_continue = p->wants_continue && h->minor == 1 && has_body;
}

static void finish(struct http_parser *p, struct str run, size_t at)
{
    struct str authority = absolute_authority(span_str(run, p->target));
    if (p->kind == HTTP_REQUEST && p->head.minor == 1 && !p->has_host)
        refuse(p, BAD_HOST, at);
    else if (p->has_coding && p->has_length)
        refuse(p, BOTH, at);
    else if (p->has_coding && p->head.minor == 0)
        refuse(p, BAD_CODING, at);
    else if (p->has_host && !str_is_null(authority) && !str_ieq(authority, span_str(run, p->host)))
        refuse(p, BAD_TARGET, p->target.at);
    else
        set_framing(p);
    p->stage = STAGE_DONE;
}

/* One complete line [line_at, end); `next` is behind its CR LF. */
static void take_line(struct http_parser *p, struct str run, size_t end, size_t next)
{
    struct str line = str_sub(run, p->line_at, end - p->line_at);
    if (p->stage == STAGE_FIELDS) {
        if (line.n == 0)
            finish(p, run, p->line_at);
        else
            take_field_line(p, run, line);
    } else if (line.n == 0 && p->stage == STAGE_START && p->kind == HTTP_REQUEST) {
        p->stage = STAGE_AFTER_BLANK;
    } else {
        if (p->kind == HTTP_REQUEST)
            take_request_line(p, run, line);
        else
            take_status_line(p, run, line);
        p->stage = STAGE_FIELDS;
        p->fields_at = next;
    }
    p->line_at = next;
    p->scan = next;
}

/* First offset that the line being read may not reach. */
static size_t line_limit(const struct http_parser *p)
{
    return p->stage == STAGE_FIELDS ? p->fields_at + p->limits.fields : p->line_at + p->limits.line;
}

/* Look for the end of the line from p->scan on. RC_AGAIN: none yet, and no refusal so far. */
static enum rc scan_line(struct http_parser *p, struct str run, size_t *end)
{
    size_t limit = line_limit(p);
    size_t stop = size_min(run.n, limit);
    size_t i = p->scan;
    while (i < stop && !http_is_control((unsigned char)run.p[i]))
        i++;
    p->scan = i;
    if (i < stop && run.p[i] != '\r') {
        refuse(p, BAD_BYTE, i);
        return RC_SYNTAX;
    }
    if (i + 1 < stop) {
        *end = i;
        if (run.p[i + 1] == '\n')
            return RC_OK;
        refuse(p, BAD_BYTE, i);
        return RC_SYNTAX;
    }
    if (stop < limit)
        return RC_AGAIN;
    refuse(p, p->stage == STAGE_FIELDS ? LONG_FIELDS : LONG_LINE, limit);
    return RC_LIMIT;
}

enum rc http_parse_more(struct http_parser *p, struct str run, size_t *used, struct err *e)
{
    ZS_ASSERT(run.n >= p->scan);
    while (!p->refused && p->stage != STAGE_DONE) {
        size_t end = 0;
        enum rc rc = scan_line(p, run, &end);
        if (rc == RC_AGAIN)
            return RC_AGAIN;
        if (rc == RC_OK)
            take_line(p, run, end, end + 2);
    }
    if (p->refused)
        return err_set_at(e, refusals[p->refused].rc, refusals[p->refused].id, p->refused_at, "%s",
                          refusals[p->refused].text);
    *used = p->line_at;
    return RC_OK;
}

enum rc http_parse_head(struct http_parser *p, struct str run, struct http_head *out, struct err *e)
{
    ZS_ASSERT(p->stage == STAGE_DONE && !p->refused && run.n >= p->line_at);
    struct http_field *fields = arena_make(p->arena, struct http_field, p->n_spans);
    if (!fields) {
        refuse(p, NO_MEMORY, 0);
        return err_set(e, RC_NOMEM, "HTTP-015", "%s", refusals[NO_MEMORY].text);
    }
    for (size_t i = 0; i < p->n_spans; i++)
        fields[i] = (struct http_field){ span_str(run, p->spans[i].name),
                                         span_str(run, p->spans[i].value) };
    struct http_head h = p->head;
    h.fields = fields;
    h.n_fields = p->n_spans;
    h.method_text = span_str(run, p->method);
    h.target = span_str(run, p->target);
    h.reason = span_str(run, p->reason);
    h.host = p->has_host ? span_str(run, p->host) : STR_NULL;
    *out = h;
    return RC_OK;
}

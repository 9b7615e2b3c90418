/*
 * Head and chunked body of whatever bytes: no crash, and any split gives what the whole gave.
 * The first byte says where to split and whether a request or a response is meant.
 */
#include "net/http_chunk.h"
#include "net/http_parse.h"
#include "net/http_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    enum rc rc;
    unsigned status;
    size_t used, pos;
};

static struct seen parse(enum http_kind kind, struct str in, size_t cut, struct arena *a,
                         struct http_head *head)
{
    struct http_limits limits = { .line = 512, .fields = 1024, .n_fields = 16 };
    struct http_parser p;
    struct err e = { .pos = 0 };
    struct seen s = { .rc = RC_AGAIN };
    http_parse_init(&p, kind, &limits, a);
    if (cut < in.n)
        s.rc = http_parse_more(&p, str_sub(in, 0, cut), &s.used, &e);
    if (s.rc == RC_AGAIN)
        s.rc = http_parse_more(&p, in, &s.used, &e);
    if (s.rc == RC_OK)
        s.rc = http_parse_head(&p, in, head, &e);
    s.status = http_parse_status(&p);
    s.pos = s.rc == RC_OK || s.rc == RC_AGAIN ? 0 : e.pos;
    return s;
}

/* A checksum of the decoded bytes, fed in pieces of `step`. */
static struct seen decode(struct str in, size_t step)
{
    struct http_chunk c;
    struct err e = { .pos = 0 };
    struct seen s = { .rc = RC_OK };
    size_t at = 0;
    size_t shown = size_min(step, in.n);
    http_chunk_init(&c, 4096);
    for (;;) {
        size_t used = 0;
        struct str d = STR_NULL;
        s.rc = http_chunk_next(&c, str_sub(in, at, shown - at), &used, &d, &e);
        if (s.rc != RC_OK && s.rc != RC_AGAIN)
            break;
        ZS_ASSERT(used <= shown - at);
        at += used;
        for (size_t i = 0; i < d.n; i++)
            s.used = s.used * 31 + (unsigned char)d.p[i];
        if ((s.rc == RC_OK && str_is_null(d)) || (s.rc == RC_AGAIN && shown == in.n))
            break;
        if (s.rc == RC_AGAIN)
            shown = size_min(shown + step, in.n);
    }
    ZS_ASSERT(c.total <= 4096);
    s.status = c.status;
    s.pos = s.rc == RC_OK || s.rc == RC_AGAIN ? at : e.pos;
    return s;
}

static void must_be_same(struct seen a, struct seen b)
{
    ZS_ASSERT(a.rc == b.rc && a.status == b.status && a.used == b.used && a.pos == b.pos);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct str in = str_of((const char *)data + 1, size - 1);
    enum http_kind kind = data[0] & 1 ? HTTP_RESPONSE : HTTP_REQUEST;
    struct arena *a = arena_new("fuzz", 0, 1u << 20);
    struct http_head h;
    struct http_head again;
    ZS_ASSERT(a != NULL);
    struct seen whole = parse(kind, in, in.n, a, &h);
    must_be_same(whole, parse(kind, in, data[0] >> 1, a, &again));
    struct err e;
    if (whole.rc == RC_OK && kind == HTTP_REQUEST) {
        struct http_target t;
        if (http_target_parse(h.target, a, &t, &e) == RC_OK)
            ZS_ASSERT(t.path.n > 0 && t.path.n <= h.target.n + 1);
    }
    struct str body = whole.rc == RC_OK ? str_from(in, whole.used) : in;
    must_be_same(decode(body, body.n + 1), decode(body, size_max(1, data[0] >> 1)));
    arena_free(&a);
    return 0;
}

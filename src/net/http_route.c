/*
 * Routing by narrowing: rows of the sorted table that share the path's first segments stand
 * together, so each segment of the path cuts the range by binary search. Tests: http_route_test.c
 */
#include "net/http_route.h"

#include "base/err.h"

struct range {
    size_t low, high; /* rows [low, high) */
};

/* Segment order: literals by bytes, "{x}" behind them, "{x*}" last. */
static int segment_class(struct str s)
{
    if (s.n < 2 || s.p[0] != '{')
        return 0;
    return s.p[s.n - 2] == '*' ? 2 : 1;
}

static int segment_cmp(struct str a, struct str b)
{
    int by_class = segment_class(a) - segment_class(b);
    return by_class != 0 ? by_class : str_cmp(a, b);
}

/* Cut the next segment off "/a/b": false at the end. */
static bool next_segment(struct str *rest, struct str *segment)
{
    if (rest->n == 0 || rest->p[0] != '/')
        return false;
    struct str from = str_from(*rest, 1);
    size_t n = size_min(str_chr(from, '/', 0), from.n);
    *segment = str_sub(from, 0, n);
    *rest = str_from(from, n);
    return true;
}

/* Segment number `depth` of the row's pattern: STR_NULL when it has fewer. */
static struct str segment_at(const struct http_routes *r, size_t row, size_t depth)
{
    struct str rest = str_z(r->v[row].pattern);
    struct str segment = STR_NULL;
    for (size_t i = 0; i <= depth; i++)
        if (!next_segment(&rest, &segment))
            return STR_NULL;
    return segment;
}

/* A pattern that ends comes before all that go on. */
static int order_at(const struct http_routes *r, size_t row, size_t depth, struct str want)
{
    struct str have = segment_at(r, row, depth);
    if (str_is_null(have) || str_is_null(want))
        return (int)!str_is_null(have) - (int)!str_is_null(want);
    return segment_cmp(have, want);
}

/* First row of the range that is not below `want`; with past, that is above it. */
static size_t bound(const struct http_routes *r, struct range in, size_t depth, struct str want,
                    bool past)
{
    while (in.low < in.high) {
        size_t mid = in.low + (in.high - in.low) / 2;
        int order = order_at(r, mid, depth, want);
        if (order < 0 || (past && order == 0))
            in.low = mid + 1;
        else
            in.high = mid;
    }
    return in.low;
}

static struct range narrow(const struct http_routes *r, struct range in, size_t depth,
                           struct str want)
{
    return (struct range){ bound(r, in, depth, want, false), bound(r, in, depth, want, true) };
}

/* Rows whose segment here is the parameter of that class; a place has at most one name of each. */
static struct range narrow_to_class(const struct http_routes *r, struct range in, size_t depth,
                                    int class)
{
    for (size_t row = in.high; row > in.low; row--) {
        struct str segment = segment_at(r, row - 1, depth);
        int have = str_is_null(segment) ? -1 : segment_class(segment);
        if (have == class)
            return narrow(r, in, depth, segment);
        if (have < class)
            break;
        row = bound(r, in, depth, segment, false) + 1; /* skip the class above in one step */
    }
    return (struct range){ 0, 0 };
}

static bool is_empty(struct range in)
{
    return in.low >= in.high;
}

static void add_param(struct http_match *m, struct str value)
{
    ZS_ASSERT(m->n_params < HTTP_ROUTE_PARAMS);
    m->params[m->n_params++] = value;
}

/* Rows whose whole pattern fits the path. */
static struct range match_path(const struct http_routes *r, struct str path, struct http_match *m)
{
    struct range in = { 0, r->n };
    struct str rest = path;
    struct str segment;
    size_t depth = 0;
    for (struct str from = rest; next_segment(&rest, &segment); from = rest, depth++) {
        struct range hit =
            segment_class(segment) == 0 ? narrow(r, in, depth, segment) : (struct range){ 0, 0 };
        if (is_empty(hit) && segment.n > 0) {
            hit = narrow_to_class(r, in, depth, 1);
            if (!is_empty(hit))
                add_param(m, segment);
        }
        if (is_empty(hit)) {
            hit = narrow_to_class(r, in, depth, 2);
            if (!is_empty(hit))
                add_param(m, str_from(from, 1));
            return hit;
        }
        in = hit;
    }
    if (rest.n > 0) /* does not start with a slash: "*" */
        return (struct range){ 0, 0 };
    return narrow(r, in, depth, STR_NULL);
}

/* The row for the method among those of one path; HEAD falls back to GET. */
static const struct http_route *pick(const struct http_routes *r, struct range in,
                                     enum http_method method)
{
    const struct http_route *get = NULL;
    for (size_t i = in.low; i < in.high; i++) {
        if (r->v[i].method == method)
            return &r->v[i];
        if (r->v[i].method == HTTP_GET)
            get = &r->v[i];
    }
    return method == HTTP_HEAD ? get : NULL;
}

enum http_found http_route_find(const struct http_routes *r, enum http_method method,
                                struct str path, struct http_match *m)
{
    *m = (struct http_match){ .route = NULL };
    struct range in = match_path(r, path, m);
    if (is_empty(in))
        return HTTP_ROUTE_NO_PATH;
    for (size_t i = in.low; i < in.high; i++)
        m->allow |= 1u << r->v[i].method;
    if (m->allow & 1u << HTTP_GET)
        m->allow |= 1u << HTTP_HEAD;
    m->route = pick(r, in, method);
    return m->route ? HTTP_ROUTE_FOUND : HTTP_ROUTE_NO_METHOD;
}

struct str http_match_param(const struct http_match *m, const char *name)
{
    struct str rest = str_z(m->route->pattern);
    struct str segment;
    for (size_t i = 0; next_segment(&rest, &segment);) {
        int class = segment_class(segment);
        if (class == 0)
            continue;
        if (str_eqz(str_sub(segment, 1, segment.n - (size_t) class - 1), name))
            return m->params[i];
        i++;
    }
    zs_assert_failed("the route has this parameter", __FILE__, __LINE__);
}

void http_allow_text(struct buf *b, unsigned allow)
{
    const char *comma = "";
    allow |= 1u << HTTP_OPTIONS;
    for (unsigned i = 0; i < HTTP_OTHER; i++)
        if (allow & 1u << i) {
            buf_z(b, comma);
            buf_z(b, http_method_name((enum http_method)i));
            comma = ", ";
        }
}

/* ---- the table itself ---- */

static enum rc bad_row(struct err *e, const struct http_route *row, const char *what)
{
    return err_set(e, RC_BUG, "HTTP-040", "route %s %s: %s", http_method_name(row->method),
                   row->pattern, what);
}

static enum rc check_pattern(const struct http_route *row, struct err *e)
{
    struct str rest = str_z(row->pattern);
    struct str segment;
    size_t n_params = 0;
    int class = 0;
    if (row->method >= HTTP_OTHER)
        return bad_row(e, row, "method is not a known one");
    while (next_segment(&rest, &segment)) {
        if (class == 2)
            return bad_row(e, row, "{name*} is not last");
        class = segment_class(segment);
        if (class > 0 && segment.p[segment.n - 1] != '}')
            return bad_row(e, row, "parameter is not closed");
        n_params += class > 0;
    }
    if (rest.n > 0 || str_z(row->pattern).n == 0)
        return bad_row(e, row, "pattern does not start with a slash");
    if (n_params > HTTP_ROUTE_PARAMS)
        return bad_row(e, row, "too many parameters");
    return RC_OK;
}

/* Order of two rows; *clash: two names for the parameter at one place. */
static int row_cmp(const struct http_route *a, const struct http_route *b, bool *clash)
{
    struct str rest_a = str_z(a->pattern);
    struct str rest_b = str_z(b->pattern);
    for (;;) {
        struct str x = STR_NULL;
        struct str y = STR_NULL;
        bool has_x = next_segment(&rest_a, &x);
        bool has_y = next_segment(&rest_b, &y);
        if (!has_x || !has_y) {
            int by_length = (int)has_x - (int)has_y;
            return by_length != 0 ? by_length : (int)a->method - (int)b->method;
        }
        int order = segment_cmp(x, y);
        if (order != 0) {
            *clash = segment_class(x) > 0 && segment_class(x) == segment_class(y);
            return order;
        }
    }
}

enum rc http_routes_check(const struct http_routes *r, struct err *e)
{
    for (size_t i = 0; i < r->n; i++) {
        enum rc rc = check_pattern(&r->v[i], e);
        if (rc != RC_OK)
            return rc;
        bool clash = false;
        int order = i == 0 ? -1 : row_cmp(&r->v[i - 1], &r->v[i], &clash);
        if (clash)
            return bad_row(e, &r->v[i], "parameter has another name than in the row before");
        if (order >= 0)
            return bad_row(e, &r->v[i], order == 0 ? "stands here twice" : "is not in order");
    }
    return RC_OK;
}

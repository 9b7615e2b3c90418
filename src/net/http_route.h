/*
 * Which handler a request is for: a constant, sorted table of method and pattern.
 *
 *   static const struct http_route routes[] = {
 *       { HTTP_GET,  "/api/v1/messages",            list_messages, NEED_READ,    "List messages" },
 *       { HTTP_GET,  "/api/v1/messages/{id}",       show_message,  NEED_READ,    "One message" },
 *       { HTTP_POST, "/api/v1/messages/{id}/skip",  skip_message,  NEED_OPERATE, "Skip it" },
 *       { HTTP_GET,  "/console/{path*}",            console_file,  NEED_NOTHING, "The console" },
 *   };
 *
 * A pattern is segments between slashes. "{name}" takes one segment, never an empty one; "{name*}"
 * may only come last and takes all the rest, slashes and nothing included. A literal segment beside
 * a parameter goes before it and hides it: with "/a/{x}/y" and "/a/b", "/a/b/y" is not found.
 * At one place of one pattern all parameters have the same name.
 *
 * The table is sorted segment by segment, literals in byte order, then "{…}", then "{…*}"; the same
 * pattern by method in the order of enum http_method. http_routes_check says whether it is: call it
 * in a test of the table.
 *
 * Thread  any; tables are constant.
 */
#ifndef ZS_NET_HTTP_ROUTE_H
#define ZS_NET_HTTP_ROUTE_H

#include "base/buf.h"
#include "net/http.h"

#define HTTP_ROUTE_PARAMS 6

struct http_exchange;
struct http_match;

struct http_route {
    enum http_method method; /* HEAD is answered by GET where it has no row */
    const char *pattern;
    void (*handle)(void *ctx, struct http_exchange *x, const struct http_match *m);
    unsigned need;   /* what the table's owner demands of the caller; nothing here reads it */
    const char *doc; /* one line for the reference */
};

struct http_routes {
    const struct http_route *v;
    size_t n;
};

struct http_match {
    const struct http_route *route;       /* NULL unless HTTP_ROUTE_FOUND */
    struct str params[HTTP_ROUTE_PARAMS]; /* in the order of the pattern; borrow from path */
    size_t n_params;
    unsigned allow; /* bits 1 << method of all rows of this path; 0 when it is unknown */
};

enum http_found {
    HTTP_ROUTE_FOUND = 0,
    HTTP_ROUTE_NO_PATH,  /* 404 */
    HTTP_ROUTE_NO_METHOD /* 405 with Allow */
};

/* path: normalised (http_target.path). *m is written always. */
enum http_found http_route_find(const struct http_routes *r, enum http_method method,
                                struct str path, struct http_match *m);

/* The value of parameter `name`; asserts that the route has it. */
struct str http_match_param(const struct http_match *m, const char *name);

/* "GET, HEAD, POST" for an Allow field; OPTIONS is always there. */
void http_allow_text(struct buf *b, unsigned allow);

/*
 * Is the table well formed and sorted? RC_BUG (HTTP-040) names the first row that is not.
 */
enum rc http_routes_check(const struct http_routes *r, struct err *e) ZS_CHECK;

#endif

/*
 * Request targets: the raw text stays as it came; beside it a path that is safe to compare.
 *
 * The path is percent-decoded once, its dot segments are resolved, and it is UTF-8. Refused with
 * 400 because two readers could disagree about them: broken escapes, escapes of "/", "\", NUL and
 * other controls, a raw backslash, "#", bytes outside ASCII, ".." above the root, invalid UTF-8.
 * Repeated slashes stay (they match no route).
 *
 * Spec    RFC 9112 3.2, RFC 3986 3.3, 5.2.4, 6.2.2
 * Thread  any; no shared state.
 */
#ifndef ZS_NET_HTTP_TARGET_H
#define ZS_NET_HTTP_TARGET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct http_target {
    struct str raw;       /* borrowed from the caller */
    struct str path;      /* normalised; "*" for the asterisk form; starts with "/" otherwise */
    struct str query;     /* raw, without "?"; null when there is none */
    struct str authority; /* of the absolute form, else null */
};

/*
 * Returns RC_SYNTAX  HTTP-030, e.pos = offset in raw
 *         RC_NOMEM   HTTP-015
 */
enum rc http_target_parse(struct str raw, struct arena *a, struct http_target *out,
                          struct err *e) ZS_CHECK;

/*
 * The next name=value of a query, decoded ("+" is a space) into the arena. Start with *rest =
 * query. Returns RC_MISSING at the end (no error is written), RC_SYNTAX HTTP-031 for a broken
 * escape or one of NUL, RC_NOMEM HTTP-015. A name without "=" has a null value.
 */
enum rc http_query_next(struct str *rest, struct arena *a, struct str *name, struct str *value,
                        struct err *e) ZS_CHECK;

/* Value of the first parameter of that name, decoded; RC_MISSING (no error) when there is none. */
enum rc http_query_get(struct str query, struct str name, struct arena *a, struct str *value,
                       struct err *e) ZS_CHECK;

/*
 * Append s with everything but RFC 3986's unreserved characters percent-encoded: for one path
 * segment, one query name or value.
 */

void http_escape(struct buf *b, struct str s);

/* Is this an authority a Host field may hold: reg-name, IPv4 or [IPv6], optional :port? */
bool http_is_host(struct str s);

#endif

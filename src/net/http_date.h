/*
 * HTTP dates: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). The two obsolete forms are not
 * read: nothing that we act on is sent in them any more.
 *
 * Thread  any.
 */
#ifndef ZS_NET_HTTP_DATE_H
#define ZS_NET_HTTP_DATE_H

#include "base/str.h"

#define HTTP_DATE_SIZE 30 /* with the NUL */

/* Years 0000 to 9999. */
void http_date(int64_t at_ms, char out[HTTP_DATE_SIZE]);

/* False when it is no such date; *at_ms is written on success only. The weekday is not checked. */
bool http_date_parse(struct str s, int64_t *at_ms);

#endif

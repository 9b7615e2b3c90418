/*
 * UTF-8: strict (no surrogates, nothing over U+10FFFF, no overlong form).
 *
 * Spec    RFC 3629; ill-formed sequences as in Unicode chapter 3, table 3-7
 * Thread  any.
 */
#ifndef ZS_BASE_UTF8_H
#define ZS_BASE_UTF8_H

#include "base/str.h"

#define UTF8_BAD     UINT32_MAX
#define UTF8_REPLACE "\xef\xbf\xbd" /* U+FFFD */

/* Is all of s well formed? If not, *bad_at (may be NULL) is the first byte of the bad sequence. */
bool utf8_is_valid(struct str s, size_t *bad_at);

/* Bytes before the first one outside ASCII (s.n when all are). Machine-word steps. */
size_t utf8_ascii_run(struct str s);

/*
 * The character at *pos (which is < s.n), and *pos moved behind it. UTF8_BAD for a bad sequence:
 * then *pos moves over its longest well-formed start, one byte at least (one U+FFFD each, as
 * Unicode recommends).
 */
uint32_t utf8_next(struct str s, size_t *pos);

/* Characters in s; each bad sequence counts as one. */
size_t utf8_count(struct str s);

/* Byte offset of character number i (0-based); s.n when there are not so many. */
size_t utf8_offset(struct str s, size_t i);

/* The longest start of s that has at most max_bytes and ends between characters. */
struct str utf8_cut(struct str s, size_t max_bytes);

/* Write cp (a valid scalar value, asserted); returns 1 to 4. */
size_t utf8_put(uint32_t cp, char out[4]);

#endif

/*
 * What changed between two documents, for people: a list of paths with old and new values.
 *
 *   [{"path":"endpoints[0].timeout","old":5000,"new":6000},{"path":"rules[3].to","new":"x"}]
 *
 * Thread  any.
 */
#ifndef ZS_MANAGE_DIFF_H
#define ZS_MANAGE_DIFF_H

#include "json/jw.h"

/*
 * was, is  JSON texts; STR_NULL: there was, or will be, nothing
 * w        receives one array; at most 1,000 entries, those of `is` first
 * Returns  RC_LIMIT (MNG-017) too many values; what json_parse says of a text that is none
 */
enum rc diff_write(struct str was, struct str is, struct arena *a, struct jw *w,
                   struct err *e) ZS_CHECK;

#endif

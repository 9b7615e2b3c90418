/*
 * Dates and times between notations: HL7 v2, ISO 8601, and patterns people write.
 *
 * Patterns: yyyy yy MM dd HH mm ss SSS (fraction, one S a digit) XXX (offset, +02:00 or Z) XX
 * (+0200); text in single quotes, and every character that is no letter, stands for itself.
 *
 * Nothing is invented: a part the input does not have is not written. A pattern whose remaining
 * parts are all missing ends there ("yyyy-MM-dd" of a month gives "2024-03"); one that needs a part
 * from the middle ("dd.MM.yyyy" of a month) refuses.
 *
 * yy is 1951 to 2050.
 */
#ifndef ZS_MAP_DATEFMT_H
#define ZS_MAP_DATEFMT_H

#include "base/arena.h"
#include "base/timefmt.h"

struct date_format;

/* "iso", "hl7" or a pattern. RC_VALUE MAP-013 with text; RC_NOMEM. */
enum rc date_format_compile(struct str text, struct arena *a, const struct date_format **out,
                            struct err *e) ZS_CHECK;

/* False: not of this form. */
bool date_format_read(const struct date_format *f, struct str s, struct time_part *out) ZS_CHECK;

/* False: the format needs a part that t does not have. */
bool date_format_write(const struct date_format *f, const struct time_part *t,
                       struct buf *b) ZS_CHECK;

/* Does the format have parts of a time of day? */
bool date_format_has_time(const struct date_format *f);

#endif

/*
 * Dates, date-times and times of every precision, with the offset they were written with.
 *
 * "2012", "2012-04", "2012-04-15", "2012-04-15T10", …:30, …:15.125, each with "Z" or "+02:00" or
 * without. Nothing is filled in and nothing is turned to UTC: what came in goes out.
 *
 * Seconds and their fraction are one precision (FHIRPath N1 6.2.1), the fraction with as many
 * digits as were written, up to nine.
 *
 * The calendar and the ISO forms are base/timefmt.h's; this is the small form that fits a value,
 * and FHIRPath's arithmetic and order over it.
 *
 * Thread  any; plain values.
 */
#ifndef ZS_FHIRPATH_TEMPORAL_H
#define ZS_FHIRPATH_TEMPORAL_H

#include "base/buf.h"
#include "base/timefmt.h"

enum temporal_kind { TEMPORAL_DATE, TEMPORAL_DATETIME, TEMPORAL_TIME };

enum temporal_unit {
    TEMPORAL_YEAR,
    TEMPORAL_MONTH,
    TEMPORAL_DAY,
    TEMPORAL_HOUR,
    TEMPORAL_MINUTE,
    TEMPORAL_SECOND,
    TEMPORAL_MILLISECOND, /* arithmetic only; a value's precision ends at SECOND */
    TEMPORAL_WEEK         /* likewise */
};

struct temporal {
    uint32_t nano;
    int16_t year;
    int16_t offset_min; /* east of Greenwich; 0 where there is none */
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
    uint8_t unit;   /* enum temporal_unit: the last one written */
    uint8_t digits; /* of the fraction */
    uint8_t kind;   /* enum temporal_kind */
    uint8_t offset; /* enum time_offset: none, ±hh:mm, or Z */
};

/*
 * Parse. Date: YYYY[-MM[-DD]]. DateTime: a date, optionally "T" and a time with an optional offset.
 * Time: [T]hh[:mm[:ss[.f]]]. False for anything else and for days that are none (2023-02-29).
 * A lone date given as a DateTime keeps its precision.
 */
bool temporal_parse(struct str s, enum temporal_kind kind, struct temporal *out) ZS_CHECK;

/* From base's form; false for more than a temporal holds. Date or DateTime by its precision. */
bool temporal_of_part(const struct time_part *p, struct temporal *out) ZS_CHECK;

/* Appends it in the same form; a DateTime of day precision or less has no "T". */
void temporal_write(const struct temporal *t, struct buf *b);

enum temporal_order {
    TEMPORAL_LESS = -1,
    TEMPORAL_EQUAL = 0,
    TEMPORAL_GREATER = 1,
    TEMPORAL_UNKNOWN = 2
};

/*
 * Compare as FHIRPath N1 6.2 does: part by part to the shorter precision; when all of those are
 * equal and one goes on, unknown. Offsets are normalised first when both have one; with only one of
 * them, unknown unless the days are more than the possible offsets apart. A date against a
 * date-time compares as a date-time of that precision; a time against either is unknown.
 */
enum temporal_order temporal_cmp(const struct temporal *a, const struct temporal *b);

/*
 * Add `n` whole units (negative to subtract), keeping offset and precision. Months and years keep
 * the day or take the month's last. Units finer than the precision count as whole units of it
 * (24 months → 2 years; N1 6.6.7). False past year 1 … 9999, or for a time of day with days.
 */
bool temporal_add(struct temporal *t, int64_t n, enum temporal_unit unit) ZS_CHECK;

/* From milliseconds since 1970 UTC, shown with the given offset, to the millisecond. */
void temporal_of_ms(int64_t at_ms, int offset_min, struct temporal *out);

/* Milliseconds since 1970 UTC; parts not written count as their first. Without an offset,
 * default_offset_min is taken. */
int64_t temporal_to_ms(const struct temporal *t, int default_offset_min);

#endif

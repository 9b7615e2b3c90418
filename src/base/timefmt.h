/*
 * Dates and times without libc's calendar: no locale, no time zone database, no hidden state.
 *
 * An instant is int64_t milliseconds since 1970-01-01T00:00:00Z (`_ms`, `_at`). What a message or a
 * resource says is a struct time_part: it keeps which parts were written, how many digits the
 * fraction had and whether an offset stood there, so that writing it back gives the same text and
 * nothing is invented. A day is never turned into a midnight unless the caller asks for it.
 *
 * The calendar is the proleptic Gregorian one, years 0000 to 9999. Seconds go to 59; a leap second
 * (60) is read in both notations and counts as the first instant of the next minute.
 *
 * Returns of all parsers:
 *          RC_SYNTAX  BASE-010: not of the form; e->pos at the first byte that does not fit
 *          RC_VALUE   BASE-011: of the form, but no such month, day, hour, minute, second or offset
 * Spec     HL7 v2.8.2 chapter 2A: 2A.3.21 DT, 2A.3.22 DTM, 2A.3.75 TM, 2A.3.77 TS of 2.3-2.5;
 *          FHIR R4 date, dateTime, instant, time; ISO 8601-1 calendar dates
 * Thread   any.
 */
#ifndef ZS_BASE_TIMEFMT_H
#define ZS_BASE_TIMEFMT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct civil {
    int year;   /* 0-9999 */
    int month;  /* 1-12 */
    int day;    /* 1-31 */
    int hour;   /* 0-23 */
    int minute; /* 0-59 */
    int second; /* 0-59, 60 for a leap second */
    int ms;     /* 0-999 */
};

/* How far the text went. */
enum time_prec {
    TIME_YEAR,
    TIME_MONTH,
    TIME_DAY,
    TIME_HOUR,
    TIME_MINUTE,
    TIME_SECOND,
    TIME_FRACTION
};

enum time_offset {
    TIME_NO_OFFSET, /* local to whoever wrote it */
    TIME_OFFSET,    /* +hh:mm or -hh:mm */
    TIME_ZULU       /* the letter Z: same instant as +00:00, written back as Z (ISO forms only) */
};

struct time_part {
    struct civil at; /* parts beyond prec are the first of their range; ms follows frac_ns */
    enum time_prec prec;
    bool no_date; /* a time of day: year, month, day are 1970-01-01 and mean nothing */
    uint32_t frac_ns;
    unsigned frac_digits; /* 1-9 with TIME_FRACTION, else 0 */
    bool frac_cut;        /* more than nine digits stood there; the rest was dropped */
    enum time_offset offset;
    int offset_min; /* east of Greenwich is positive; -0000 is read as 0 */
};

/* ---- calendar ---- */

bool time_is_leap(int year);
int time_month_days(int year, int month); /* 28-31; month 1-12 */
bool time_is_date(int year, int month, int day);
int time_weekday(int year, int month, int day); /* 1 Monday … 7 Sunday (ISO 8601) */

/* Days since 1970-01-01 (negative before). */
int64_t time_days(int year, int month, int day);

/* Instant to UTC parts. Instants outside 0000-9999 give the nearest end of that range. */
struct civil time_civil(int64_t at_ms);

/* Parts, taken as UTC, to an instant. The parts must be in range (asserted). */
int64_t time_instant(const struct civil *c);

/* ---- instants as text ---- */

#define TIME_ISO_SIZE 25 /* 2024-01-02T03:04:05.678Z and the NUL */
#define TIME_HL7_SIZE 24 /* 20240102030405.678+0000 and the NUL */

void time_iso(int64_t at_ms, char out[TIME_ISO_SIZE]);
void time_hl7(int64_t at_ms, int offset_min, char out[TIME_HL7_SIZE]);

/* A whole ISO 8601 instant: date, time to the second at least, and Z or an offset. */
enum rc time_iso_instant(struct str s, int64_t *at_ms, struct err *e) ZS_CHECK;

/* ---- parts ---- */

/* HL7 TS or DTM: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]; 1 to 4 digits of fraction. */
enum rc time_hl7_parse(struct str s, struct time_part *out, struct err *e) ZS_CHECK;

/* HL7 TM: HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]; no_date is set. */
enum rc time_hl7_tm_parse(struct str s, struct time_part *out, struct err *e) ZS_CHECK;

/*
 * YYYY, YYYY-MM, YYYY-MM-DD, or the last with T and hh:mm[:ss[.f…]] and then Z, +hh:mm, -hh:mm or
 * nothing. hh alone is not taken. Whether FHIR would want seconds or an offset is the caller's
 * rule.
 */
enum rc time_iso_parse(struct str s, struct time_part *out, struct err *e) ZS_CHECK;

/* hh:mm[:ss[.f…]], no offset; no_date is set. */
enum rc time_iso_time_parse(struct str s, struct time_part *out, struct err *e) ZS_CHECK;

/*
 * Write back as parsed. A HL7 form takes at most four digits of fraction (the rest is dropped) and
 * writes Z as +0000. An ISO form needs minutes beside hours: TIME_HOUR is written as hh:00.
 */
void time_hl7_text(struct buf *b, const struct time_part *t);
void time_iso_text(struct buf *b, const struct time_part *t);

/*
 * The instants a partial time covers: the first, and the last millisecond. Where no offset stands,
 * local_offset_min is taken. A date of precision TIME_DAY covers its whole day.
 */
void time_part_span(const struct time_part *t, int local_offset_min, int64_t *first_ms,
                    int64_t *last_ms);

/* An instant as parts at an offset, precision milliseconds. */
struct time_part time_part_of(int64_t at_ms, int offset_min);

#endif

/*
 * Numbers, sizes and durations from text. Strict: the whole text is the number, no white space, no
 * junk at either end, no locale, no octal or hexadecimal. *out is written on success only.
 *
 * Error text never repeats the input.
 *
 * Returns of all parsers:
 *          RC_SYNTAX  BASE-003 (numbers), BASE-005 (sizes), BASE-006 (durations); e->pos set
 *          RC_VALUE   BASE-004: well formed, outside min … max or the type; the text names both
 * Thread   any.
 */
#ifndef ZS_BASE_NUM_H
#define ZS_BASE_NUM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Digits only; leading zeros are allowed ("007" is 7). */
enum rc num_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out, struct err *e) ZS_CHECK;

/* The same with an optional '-' or '+'. */
enum rc num_i64(struct str s, int64_t min, int64_t max, int64_t *out, struct err *e) ZS_CHECK;

/* 16 hexadecimal digits at most, either case, no prefix. */
enum rc num_hex(struct str s, uint64_t *out, struct err *e) ZS_CHECK;

/*
 * Text as num_is_json takes it, to the nearest double. Never use it for money, doses or results:
 * those stay text (decimals are kept as written).
 * RC_VALUE: the result would be infinite.
 */
enum rc num_double(struct str s, double *out, struct err *e) ZS_CHECK;

/*
 * The shortest text that num_double reads back as v: 1, 0.1, 1e-7, 1.5e+300. v must be finite
 * (asserted).
 */
void num_double_text(struct buf *b, double v);

/* A JSON number (RFC 8259 section 6), which is also what a FHIR decimal may look like. */
bool num_is_json(struct str s);

/*
 * An HL7 v2 NM (chapter 2A, data type NM): optional sign, digits with at most one point, at least
 * one digit, no exponent. Leading zeros and a bare leading or trailing point are allowed.
 */
bool num_is_nm(struct str s);

/*
 * A size in bytes: digits and an optional unit B, k, M, G or T, each alone or followed by B or iB,
 * either case ("64k", "10MB", "1GiB"). Every unit is a power of 1024.
 */
enum rc num_size(struct str s, uint64_t min, uint64_t max, uint64_t *out, struct err *e) ZS_CHECK;

/*
 * A duration in milliseconds: one or more of digits + unit (ms, s, m, h, d, w), largest unit
 * first, each at most once ("500ms", "5s", "1h30m", "7d"). A bare number is milliseconds.
 */
enum rc num_duration(struct str s, int64_t min_ms, int64_t max_ms, int64_t *out_ms,
                     struct err *e) ZS_CHECK;

/* The shortest text num_duration reads back as ms: 90000 is "1m30s", 0 is "0ms". ms >= 0. */
void num_duration_text(struct buf *b, int64_t ms);

/* The shortest text num_size reads back as n: 65536 is "64k", 1000 is "1000". */
void num_size_text(struct buf *b, uint64_t n);

#endif

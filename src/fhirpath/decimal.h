/*
 * Decimals as decimal digits: a signed coefficient of up to 38 digits and the number of them that
 * stand behind the point. 1.10 is {110, 2} and is written 1.10 again; 0.1 + 0.2 is 0.3.
 *
 * Range: |coefficient| < 10^36, scale 0 … 34. Addition, subtraction and multiplication are exact
 * while they fit; what does not fit loses digits behind the point (half away from zero), and what
 * does not fit then is an overflow, which FHIRPath answers with the empty collection. A quotient
 * carries up to 28 significant digits.
 *
 * Functions return false for "no such decimal": overflow, division by zero, a root of a negative.
 * Spec    FHIRPath N1 (2.0.0) 4.1.4: at least 28 digits, 8 of them behind the point
 * Thread  any; plain values.
 */
#ifndef ZS_FHIRPATH_DECIMAL_H
#define ZS_FHIRPATH_DECIMAL_H

#include "base/buf.h"
#include "base/str.h"

struct decimal {
    uint64_t lo; /* magnitude, low and high word */
    uint64_t hi;
    uint8_t scale;
    bool neg; /* never with magnitude 0 */
};

#define DECIMAL_SCALE_MAX 34

struct decimal decimal_of_int(int64_t v);

/*
 * Digits with an optional sign, fraction and exponent ("-7.00", "1.20e2"): JSON's grammar, and
 * leading zeros and a plus sign besides. False when it is none or does not fit.
 */
bool decimal_parse(struct str s, struct decimal *out) ZS_CHECK;

/* Appends it as it stands, trailing zeros included. */
void decimal_write(const struct decimal *d, struct buf *b);

/* <0, 0, >0 by value: 1.10 equals 1.1. */
int decimal_cmp(const struct decimal *a, const struct decimal *b);

bool decimal_is_zero(const struct decimal *d);

bool decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *out) ZS_CHECK;
bool decimal_sub(const struct decimal *a, const struct decimal *b, struct decimal *out) ZS_CHECK;
bool decimal_mul(const struct decimal *a, const struct decimal *b, struct decimal *out) ZS_CHECK;
bool decimal_div(const struct decimal *a, const struct decimal *b, struct decimal *out) ZS_CHECK;

/* The integral part of a / b, towards zero, and what is left, with the sign of a. */
bool decimal_div_int(const struct decimal *a, const struct decimal *b,
                     struct decimal *out) ZS_CHECK;
bool decimal_mod(const struct decimal *a, const struct decimal *b, struct decimal *out) ZS_CHECK;

void decimal_neg(struct decimal *d);

enum decimal_round { DECIMAL_HALF_UP, DECIMAL_DOWN, DECIMAL_FLOOR, DECIMAL_CEILING };

/*
 * To `scale` digits behind the point. HALF_UP is half away from zero, DOWN towards zero.
 * A scale that is there already or longer changes nothing.
 */
void decimal_round(struct decimal *d, unsigned scale, enum decimal_round how);

/* Exactly `scale` digits behind the point, zeros appended. False when that does not fit. */
bool decimal_pad(struct decimal *d, unsigned scale) ZS_CHECK;

/* Without trailing zeros behind the point. */
void decimal_trim(struct decimal *d);

/* The value as an integer; false when it has a fraction other than zeros or does not fit. */
bool decimal_to_int(const struct decimal *d, int64_t *out) ZS_CHECK;

/* Square root to 17 significant digits or exact; whole powers exactly while they fit. */
bool decimal_sqrt(const struct decimal *d, struct decimal *out) ZS_CHECK;
bool decimal_power(const struct decimal *d, const struct decimal *exponent,
                   struct decimal *out) ZS_CHECK;

/*
 * The functions no finite number of digits can hold, computed in extended precision and given to
 * 15 significant digits. False outside their domain.
 */
bool decimal_exp(const struct decimal *d, struct decimal *out) ZS_CHECK;
bool decimal_ln(const struct decimal *d, struct decimal *out) ZS_CHECK;
bool decimal_log(const struct decimal *d, const struct decimal *base, struct decimal *out) ZS_CHECK;

#endif

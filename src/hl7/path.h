/*
 * Paths into a message: where a value stands, in the words HL7 people use.
 *
 *   PID-5.1        first component of PID-5        OBX[3]-5      OBX-5 of the third OBX
 *   PID-3[2].4.2   second repetition, component 4, sub-component 2
 *   ORC-2          the whole field                 ZPD[1]        the whole segment
 *
 * Also read: PID.5.1, PID-5-1, pid-5.1, OBX[*]-5. Printed is always the first form.
 *
 * All numbers count from 1. An index left out means "all" to an iterator and "the first" to a
 * function that gives one value.
 *
 * Compile once, use often: a path is a plain value of 20 bytes without pointers, and evaluating it
 * allocates nothing.
 *
 * Thread  any
 */
#ifndef ZS_HL7_PATH_H
#define ZS_HL7_PATH_H

#include "hl7/hl7.h"

struct hl7_path {
    uint32_t seg;   /* HL7_ID */
    uint32_t occ;   /* occurrence of the segment; 0 = none given */
    uint32_t rep;   /* repetition of the field; 0 = none given */
    uint16_t field; /* 0 = the whole segment */
    uint16_t comp;  /* 0 = the whole repetition */
    uint16_t sub;   /* 0 = the whole component */
};

/* Greatest number after - or . and in [ ]. */
#define HL7_PATH_MAX_FIELD 9999u
#define HL7_PATH_MAX_INDEX 9999999u

/* Longest printed path with its NUL. */
#define HL7_PATH_TEXT 48

/* For paths fixed in code: HL7_PATH('P','I','D', 5, 1) is PID-5.1. */
#define HL7_PATH(a, b, c, f, k)                                                                    \
    ((struct hl7_path){ .seg = HL7_ID(a, b, c), .field = (f), .comp = (k) })

/*
 * Returns  RC_SYNTAX  HL7-010 not a path; pos is the offset of the offending byte
 *          RC_VALUE   HL7-011 a number is 0 or too large; pos likewise
 */
enum rc hl7_path_parse(struct str s, struct hl7_path *out, struct err *e) ZS_CHECK;

/* The canonical text, terminated; returns its length. */
size_t hl7_path_print(const struct hl7_path *p, char out[HL7_PATH_TEXT]);

bool hl7_path_eq(const struct hl7_path *a, const struct hl7_path *b);

/* The first value there, HL7_ABSENT if none: of the first occurrence that has one, unless occ says.
 */
struct hl7_value hl7_get(const struct hl7_msg *m, const struct hl7_path *p);

/*
 * The same inside one segment: field, rep, comp and sub count, seg and occ do not. This is what
 * `from: OBX-3.1` means inside `each: OBX`.
 */
struct hl7_value hl7_seg_get(const struct hl7_msg *m, size_t i_seg, const struct hl7_path *p);

/*
 * All matches in the order of the message: every occurrence and every repetition that no index
 * names. Absent ones are not matches (a segment that ends before the field gives nothing); empty
 * and null ones are.
 *
 *   struct hl7_iter it;
 *   hl7_iter_init(&it, m, &path);
 *   while (hl7_iter_next(&it, &v)) …
 */
struct hl7_iter {
    const struct hl7_msg *m;
    struct hl7_path path; /* what was asked for */
    struct hl7_path here; /* after a match: where it stands, all indexes filled in */
    size_t i_seg;         /* after a match: its segment */
    size_t next_seg;
    size_t end_seg;
    struct str reps; /* repetitions of the field not yet visited; STR_NULL when none */
    bool inside;     /* only one segment is looked at */
};

void hl7_iter_init(struct hl7_iter *it, const struct hl7_msg *m, const struct hl7_path *p);

/* Only inside segment i_seg, as hl7_seg_get; here.occ stays 0. */
void hl7_iter_init_in(struct hl7_iter *it, const struct hl7_msg *m, size_t i_seg,
                      const struct hl7_path *p);

bool hl7_iter_next(struct hl7_iter *it, struct hl7_value *v);

#endif

/*
 * Files with several messages: batches (FHS, BHS, MSH …, BTS, FTS) and messages one behind the
 * other without any. Only the boundaries are found here; what the counts in the trailers say is not
 * checked.
 *
 *   struct hl7_parts it;
 *   hl7_parts_init(&it, bytes);
 *   while (hl7_parts_next(&it, &part))
 *       … hl7_parse_part(part.bytes, part.delims, …)
 *
 * A new part begins at each line that begins with MSH, FHS, BHS, BTS or FTS and a separator (or the
 * line's end); a VT or byte order mark in front belongs to it. The parts tile the input: what
 * stands before the first header belongs to the first part.
 *
 * Spec    HL7 v2.9 chapter 2, 2.10.3 (batch protocol)
 * Thread  any
 */
#ifndef ZS_HL7_BATCH_H
#define ZS_HL7_BATCH_H

#include "hl7/hl7.h"

enum hl7_part_kind {
    HL7_PART_MESSAGE, /* begins with MSH */
    HL7_PART_FILE_HEADER,
    HL7_PART_BATCH_HEADER,
    HL7_PART_BATCH_TRAILER,
    HL7_PART_FILE_TRAILER,
    HL7_PART_STRAY /* the input begins with none of them */
};

struct hl7_part {
    enum hl7_part_kind kind;
    struct str bytes;         /* borrowed from the input */
    struct hl7_delims delims; /* its own header's; of a trailer, those of the header it closes */
};

struct hl7_parts {
    struct str in;
    size_t pos;
    struct hl7_delims message;
    struct hl7_delims batch; /* field 0: no BHS yet */
    struct hl7_delims file;
};

void hl7_parts_init(struct hl7_parts *it, struct str in);
bool hl7_parts_next(struct hl7_parts *it, struct hl7_part *part);

/* How many parts of kind HL7_PART_MESSAGE the input has. */
size_t hl7_parts_count(struct str in);

#endif

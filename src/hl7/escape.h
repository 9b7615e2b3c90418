/*
 * Escape sequences of HL7 v2, both ways. (Written here with \ as the escape character; the
 * message's own is used.)
 *
 *   \F\ \S\ \T\ \R\ \E\ \P\   the delimiters and the truncation character
 *   \Xhh…\                    bytes, two hexadecimal digits each, in the message's character set
 *   \H\ \N\ \.br\ \.sp3\ …    highlighting and formatting of FT text
 *   \Cxxyy\ \Mxxyyzz\         a character of another set (ISO 2022)
 *   \Z…\                      agreed between two sites
 *
 * hl7_unescape resolves the first two kinds and leaves all others as they stand, byte for byte:
 * what is not known, not terminated, or no escape at all ("C:\temp", "4\5 re.") is text that the
 * sender meant to send. hl7_plain also renders formatting, for people and for targets without it.
 *
 * hl7_escape is the inverse on everything it can produce: unescape(escape(t)) is t for every t.
 *
 * An escape names a delimiter the message does not use: the usual one is meant (\S\ is ^).
 *
 * Spec    HL7 v2.9 chapter 2, 2.7 (escape sequences), 2.7.6 (formatting)
 * Thread  any
 */
#ifndef ZS_HL7_ESCAPE_H
#define ZS_HL7_ESCAPE_H

#include "base/buf.h"
#include "hl7/hl7.h"

enum hl7_esc {
    HL7_ESC_UNKNOWN, /* no escape: the character stands for itself */
    HL7_ESC_DELIM,
    HL7_ESC_HEX,
    HL7_ESC_HIGHLIGHT, /* H, N */
    HL7_ESC_FORMAT,    /* .br and its kin */
    HL7_ESC_CHARSET,   /* C, M */
    HL7_ESC_LOCAL      /* Z */
};

/* What the text between two escape characters is ("F", "X0D", ".br"). */
enum hl7_esc hl7_esc_kind(struct str body);

/*
 * Borrows raw when nothing is resolved; else *out stands in the arena.
 * Returns  RC_NOMEM  HL7-005
 */
enum rc hl7_unescape(struct str raw, struct hl7_delims d, struct arena *a, struct str *out,
                     struct err *e) ZS_CHECK;

/*
 * As hl7_unescape, and formatting becomes what it looks like: \.br\ and \.ce\ a line feed, \.sp3\
 * three of them, \.sk4\ four spaces; highlighting, fill, indent and margins vanish. Local and
 * character set escapes stay.
 */
enum rc hl7_plain(struct str raw, struct hl7_delims d, struct arena *a, struct str *out,
                  struct err *e) ZS_CHECK;

/*
 * How much of HL7's syntax a text that is to be escaped may bring along. From HL7_KEEP_ESCAPES on
 * it is taken as already escaped: the escape character and separators of the named level and below
 * stay as they are.
 */
enum hl7_keep {
    HL7_KEEP_NOTHING, /* plain text, a leaf */
    HL7_KEEP_ESCAPES, /* an encoded sub-component */
    HL7_KEEP_SUBS,    /* an encoded component */
    HL7_KEEP_COMPS,   /* an encoded repetition */
    HL7_KEEP_REPS     /* an encoded field */
};

/*
 * Append text so that it reads back as it is. Delimiters, the escape character, CR, LF and the
 * control characters MLLP needs become escapes; TAB and all else stay.
 * Returns  RC_VALUE  HL7-020 something needs an escape and the message has no escape character;
 *                    pos is its offset. out is as it was.
 *          RC_LIMIT, RC_NOMEM  the buffer's
 */
enum rc hl7_escape(struct str text, struct hl7_delims d, enum hl7_keep keep, struct buf *out,
                   struct err *e) ZS_CHECK;

#endif

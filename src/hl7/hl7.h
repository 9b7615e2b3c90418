/*
 * HL7 v2 messages: an index over bytes that stay where they are.
 *
 *   bytes ── hl7_parse ── struct hl7_msg ── hl7_seg_field / path.h ── struct hl7_value ── hl7_text
 *
 * Parsing finds the delimiters and where each segment begins and ends. Nothing below the segment is
 * indexed: a field is found by counting separators inside its own segment when it is asked for, so
 * a message can be read by many threads at once, and a 2 MB OBX-5 costs nothing to those who do not
 * read it. No byte is copied; every value borrows from the input.
 *
 * What is tolerated, because senders do it: LF and CRLF for CR, mixed, none at the end, blank
 * lines, a byte order mark or MLLP bytes around the message, lower-case and two- or four-letter
 * segment ids, any delimiters (MSH-2 of none to five characters and longer), unknown segments and
 * versions, lines that are no segment at all. check.h tells what of it was wrong.
 *
 * Line ends: CR and CRLF always end a segment. A lone LF does where the header itself ended in LF
 * or CRLF, or where a segment follows it; in a message with CR ends it is otherwise text (people
 * paste line feeds into notes).
 *
 * Invariant: segs[i].at + n + term == segs[i + 1].at, the first starts at `start`, the last ends at
 * `end`: the segments tile the body, so that everything can be put back together byte for byte.
 *
 * Spec    HL7 v2.9 chapter 2: 2.5 (message construction), 2.7 (escapes), 2.14.9 (MSH)
 * Thread  any; a parsed message is never written again.
 */
#ifndef ZS_HL7_HL7_H
#define ZS_HL7_HL7_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * The delimiters of MSH-1 and MSH-2. 0 = not in use: MSH-2 was too short, or the character was
 * already taken by one named before it (order: field, component, repetition, escape, subcomponent,
 * truncation). `#` truncation exists from v2.7 on and is honoured wherever it is declared.
 */
struct hl7_delims {
    char field;
    char comp;
    char rep;
    char esc;
    char sub;
    char trunc;
};

/* |^~\& without truncation: what everybody sends, and what new messages get. */
#define HL7_DELIMS_DEFAULT ((struct hl7_delims){ '|', '^', '~', '\\', '&', 0 })

/*
 * A segment id packed into a number, upper-cased, so that it compares at once: HL7_ID('P','I','D').
 * Ids of two and of four letters fit too (the unused places are 0).
 */
#define HL7_ID(a, b, c)                                                                            \
    ((uint32_t)(unsigned char)(a) | (uint32_t)(unsigned char)(b) << 8 |                            \
     (uint32_t)(unsigned char)(c) << 16)
#define HL7_MSH HL7_ID('M', 'S', 'H')
#define HL7_FHS HL7_ID('F', 'H', 'S')
#define HL7_BHS HL7_ID('B', 'H', 'S')
#define HL7_BTS HL7_ID('B', 'T', 'S')
#define HL7_FTS HL7_ID('F', 'T', 'S')
#define HL7_MSA HL7_ID('M', 'S', 'A')
#define HL7_ERR HL7_ID('E', 'R', 'R')

#define HL7_ID_MAX 4

struct hl7_seg {
    uint32_t at; /* offset of its first byte in msg.bytes */
    uint32_t n;  /* its bytes, without the line end */
    uint32_t
        term;    /* bytes of line ends behind it: 0 at an unterminated end, >1 CRLF, blank lines */
    uint32_t id; /* HL7_ID; 0 = the line does not begin with an id of 2 to 4 letters and digits */
};

struct hl7_msg {
    struct str bytes; /* all of the input, borrowed */
    size_t start;     /* the body begins here, behind BOM, VT and blank lines */
    size_t end;       /* and ends here, before an MLLP end block */
    struct hl7_delims delims;
    const struct hl7_seg *segs; /* segs[0] is MSH, FHS or BHS (any, with hl7_parse_part) */
    size_t n_segs;
    const char *fallback; /* of the limits it was parsed with */
};

struct hl7_limits {
    size_t bytes; /* of the input; at most HL7_BYTES_MAX counts */
    size_t segs;
    const char *fallback; /* set of text that MSH-18 says nothing true about; static; NULL = 1252 */
};

#define HL7_BYTES_MAX ((size_t)0xFFFFFFF0u)

/* 256 MB, 1,000,000 segments, windows-1252. */
struct hl7_limits hl7_limits_default(void);

/*
 * Parse one message. Several MSH in one input are not split here (batch.h does): the delimiters are
 * those of the first.
 *
 * in       borrowed by *out for as long as it is used
 * limits   NULL for the default ones
 * a        receives *out: 16 bytes a segment
 * Returns  RC_SYNTAX  HL7-001 it does not begin with MSH, FHS or BHS; HL7-002 no field separator is
 * behind it; HL7-006 it is UTF-16. pos is set. RC_LIMIT   HL7-003 too many bytes, HL7-004 too many
 * segments RC_NOMEM   HL7-005 the arena has no room
 */
enum rc hl7_parse(struct str in, const struct hl7_limits *limits, struct arena *a,
                  const struct hl7_msg **out, struct err *e) ZS_CHECK;

/*
 * The same for segments without a header (a BTS line, a fragment), with delimiters from elsewhere.
 * If the input does begin with a header, that one counts. Returns only RC_LIMIT and RC_NOMEM.
 */
enum rc hl7_parse_part(struct str in, struct hl7_delims delims, const struct hl7_limits *limits,
                       struct arena *a, const struct hl7_msg **out, struct err *e) ZS_CHECK;

/* ---- delimiters ------------------------------------------------------------------------------ */

/*
 * From a header segment's bytes ("MSH|^~\&|…"); false when no field separator stands behind the
 * id: the end, a line end, a letter, a digit or NUL does.
 */
bool hl7_delims_read(struct str header, struct hl7_delims *out);

/*
 * All of field, comp, rep, esc and sub in use, all different, none of them a letter, digit, space,
 * quote or control character.
 */
bool hl7_delims_are_sane(struct hl7_delims d);

/* MSH-2 of these delimiters into out[5]; returns its length (a missing one ends it). */
size_t hl7_delims_msh2(struct hl7_delims d, char out[5]);

/* ---- values ---------------------------------------------------------------------------------- */

enum hl7_presence {
    HL7_ABSENT, /* the segment ends before it, or there is no such segment */
    HL7_EMPTY,  /* nothing between two separators: "no change" */
    HL7_NULL,   /* "": delete what you have */
    HL7_VALUED
};

struct hl7_value {
    struct str raw; /* as it stands, borrowed from the message; STR_NULL when absent */
    enum hl7_presence presence;
    bool literal; /* MSH-1 and MSH-2: delimiters, never decoded */
};

#define HL7_NO_VALUE ((struct hl7_value){ STR_NULL, HL7_ABSENT, false })

/* A value from its bytes: empty, null or valued. */
struct hl7_value hl7_value_of(struct str raw);

/* Offset of a value that came from m; ERR_NO_POS when it is absent. */
size_t hl7_value_pos(const struct hl7_msg *m, struct hl7_value v);

/*
 * The value as UTF-8 text: escapes resolved (escape.h says which), then the character set. Borrows
 * from the message when there is nothing to change, else stands in the arena. Absent, empty and
 * null give the empty text.
 *
 * A value that still has structure (PID-5 of DOE^JOHN) keeps its escapes: they are resolved in
 * leaves, else an escaped ^ could not be told from a separator any more.
 *
 * The set is the first one of MSH-18. Where that is missing, unknown, ASCII or UTF-8, bytes that
 * are well-formed UTF-8 are taken as that, all others as the fallback set: a usable answer where
 * the label lies. The result is always well-formed UTF-8.
 * Returns  RC_NOMEM  HL7-005
 */
enum rc hl7_text(const struct hl7_msg *m, struct hl7_value v, struct arena *a, struct str *out,
                 struct err *e) ZS_CHECK;

/*
 * The set in which text is written into this message: MSH-18's, else UTF-8 unless the message holds
 * bytes that are not, then the fallback. A static name, as charset_open takes it.
 */
const char *hl7_charset(const struct hl7_msg *m);

/*
 * UTF-8 text as bytes of a set (hl7_charset's). Borrows when nothing changes.
 * Returns  RC_VALUE  HL7-024 a character that the set does not have; pos is its offset
 *          RC_NOMEM  HL7-005
 */
enum rc hl7_to_charset(struct str text, const char *set, struct arena *a, struct str *out,
                       struct err *e) ZS_CHECK;

/*
 * MSH-12 as a number that compares: 20501 for 2.5.1, 20300 for 2.3; 0 when there is none or it is
 * not of that form ("2.3.z"). 2.999 is 2 * 10000 + 999 * 100.
 */
unsigned hl7_version(const struct hl7_msg *m);

/* ---- segments and fields --------------------------------------------------------------------- */

#define HL7_NO_SEG SIZE_MAX

/* Index of the next segment with this id at or behind `from`; HL7_NO_SEG when there is none. */
size_t hl7_seg_find(const struct hl7_msg *m, uint32_t id, size_t from);

/* How many segments have this id. */
size_t hl7_seg_count(const struct hl7_msg *m, uint32_t id);

/* The segment's bytes without its line end. */
struct str hl7_seg_bytes(const struct hl7_msg *m, size_t i_seg);

/* The id of a text such as "PID" or "pid"; 0 when it is none (2 to 4 letters and digits). */
uint32_t hl7_id_read(struct str s);

/* Into out[HL7_ID_MAX + 1], terminated. */
void hl7_id_print(uint32_t id, char out[HL7_ID_MAX + 1]);

/* MSH, FHS and BHS: field 1 is the separator itself and field 2 is never split. */
static inline bool hl7_id_is_header(uint32_t id)
{
    return id == HL7_MSH || id == HL7_FHS || id == HL7_BHS;
}

/*
 * A whole field with all its repetitions, 1-based, numbered as the standard does: MSH-1 is the
 * field separator, MSH-2 the encoding characters. Field 0 is the whole segment.
 */
struct hl7_value hl7_seg_field(const struct hl7_msg *m, size_t i_seg, unsigned field);

/* Number of the segment's last field: 0 for "PID", 1 for "PID|", 2 for "MSH|^~\&". */
unsigned hl7_seg_n_fields(const struct hl7_msg *m, size_t i_seg);

/* Pieces of a value, 1-based; 0 gives the value itself. A missing separator makes one piece. */
struct hl7_value hl7_value_rep(const struct hl7_msg *m, struct hl7_value field, unsigned rep);
struct hl7_value hl7_value_comp(const struct hl7_msg *m, struct hl7_value rep, unsigned comp);
struct hl7_value hl7_value_sub(const struct hl7_msg *m, struct hl7_value comp, unsigned sub);

/* First repetition of a header field, comp 0 = all of it: hl7_header(m, 10, 0) is the control id.
 */
struct hl7_value hl7_header(const struct hl7_msg *m, unsigned field, unsigned comp);

#endif

/*
 * Editing: from one message's bytes to another's, in which every byte that no edit touched is as it
 * was. Also the way to build a message from nothing.
 *
 *   hl7_edit_new(m) or hl7_edit_blank() ── set / insert / delete … ── hl7_edit_write
 *
 * The original is borrowed, never written. A segment that is edited is split into its fields, which
 * still borrow; only the touched field is made anew. So a 2 MB OBX-5 is copied once, by
 * hl7_edit_write, however many edits its neighbours see.
 *
 * Paths name places (path.h), and an edit touches one. A segment index left out means the first
 * occurrence; a path that ends at a field (PID-3) means all of the field, with its repetitions, and
 * one that goes on (PID-3.1) the first repetition. What is missing on the way is made: fields,
 * repetitions and components by separators, a segment by an id behind the last segment of that id,
 * else at the end (before BTS and FTS). An occurrence that would leave a gap (OBX[5] where there
 * are 2) is refused, as is MSH-1 and MSH-2: other delimiters are another encoding of the whole
 * message.
 *
 * Values are UTF-8 text; HL7_TEXT escapes all that means something to HL7 and HL7_ENCODED keeps
 * what is structure below the path (escape.h, enum hl7_keep), so that a value read by hl7_text can
 * be set again at the same path with HL7_ENCODED when it had structure. The two characters ""
 * are the null value in either form. Text outside ASCII is written in the set MSH-18 names.
 *
 * After an error the edit is as it was before the call.
 *
 * Thread  one at a time
 */
#ifndef ZS_HL7_EDIT_H
#define ZS_HL7_EDIT_H

#include "base/buf.h"
#include "hl7/path.h"

struct hl7_edit;

enum hl7_form {
    HL7_TEXT,   /* escape everything */
    HL7_ENCODED /* separators below the path and escapes in it mean what they are */
};

/*
 * Over a message, which is borrowed until the last write. All memory of the edit is the arena's.
 * Returns  RC_NOMEM  HL7-005
 */
enum rc hl7_edit_new(const struct hl7_msg *m, struct arena *a, struct hl7_edit **out,
                     struct err *e) ZS_CHECK;

/*
 * Over nothing: one segment, MSH with its delimiters. Segments end in CR.
 * Returns  RC_NOMEM  HL7-005
 */
enum rc hl7_edit_blank(struct hl7_delims d, struct arena *a, struct hl7_edit **out,
                       struct err *e) ZS_CHECK;

/*
 * Make the value at a path `value`. Setting the empty value where nothing is changes nothing.
 * Returns  RC_VALUE  HL7-020 needs an escape, and the message has no escape character
 *                    HL7-021 a separator is needed that the message does not have
 *                    HL7-022 the path is a whole segment, or MSH-1 or MSH-2
 *                    HL7-023 occurrences before it are missing
 *                    HL7-024 a character that MSH-18's set does not have
 *          RC_LIMIT  HL7-025 over 65,535 pieces would have to be made
 *          RC_NOMEM  HL7-005
 */
enum rc hl7_edit_set(struct hl7_edit *ed, const struct hl7_path *p, struct str value,
                     enum hl7_form form, struct err *e) ZS_CHECK;

/* The same inside segment i_seg of the edit; p's seg and occ do not count. */
enum rc hl7_edit_set_in(struct hl7_edit *ed, size_t i_seg, const struct hl7_path *p,
                        struct str value, enum hl7_form form, struct err *e) ZS_CHECK;

/*
 * Put a new repetition holding value before the one the path names (PID-3[2]), or, without an
 * index, behind the last one. The path goes down to a field, no further.
 * Returns  as hl7_edit_set, and RC_VALUE HL7-022 for a path with a component
 */
enum rc hl7_edit_insert(struct hl7_edit *ed, const struct hl7_path *p, struct str value,
                        enum hl7_form form, struct err *e) ZS_CHECK;

/*
 * Take away what the path names. A segment goes with its line end. A repetition named by its index
 * (PID-3[2]) goes and those behind it move up. A field, component or sub-component becomes empty;
 * the last one of its parent goes, with the empty ones before it.
 * Returns  RC_MISSING  HL7-026 there is nothing
 *          RC_VALUE    HL7-022 MSH-1, MSH-2 or the header segment
 *          RC_NOMEM    HL7-005
 */
enum rc hl7_edit_delete(struct hl7_edit *ed, const struct hl7_path *p, struct err *e) ZS_CHECK;

/*
 * Add a segment before segment `before` (HL7_NO_SEG: at the end, as above), from its bytes without
 * a line end ("ZPD|1|2"), or just its id. *i_seg (may be NULL) is where it stands; the segments
 * behind it move by one.
 * Returns  RC_VALUE  HL7-027 it does not begin with a segment id, is MSH, or holds a line end
 *          RC_NOMEM  HL7-005
 */
enum rc hl7_edit_add_seg(struct hl7_edit *ed, size_t before, struct str bytes, size_t *i_seg,
                         struct err *e) ZS_CHECK;

size_t hl7_edit_n_segs(const struct hl7_edit *ed);
uint32_t hl7_edit_seg_id(const struct hl7_edit *ed, size_t i_seg);

/* Bytes of the result. */
size_t hl7_edit_size(const struct hl7_edit *ed);

/*
 * Append the result, with the bytes that stood around the message (BOM, MLLP). Any number of times.
 * Returns  RC_LIMIT, RC_NOMEM  the buffer's
 */
enum rc hl7_edit_write(const struct hl7_edit *ed, struct buf *out, struct err *e) ZS_CHECK;

#endif

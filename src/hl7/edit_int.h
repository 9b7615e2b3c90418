/* Shared by edit.c and edit_place.c: the segments of an edit, and places inside one field. */
#ifndef ZS_HL7_EDIT_INT_H
#define ZS_HL7_EDIT_INT_H

#include "hl7/edit.h"

#define EDIT_PIECES_MAX 65535u

struct eseg {
    uint32_t id;
    struct str bytes; /* while pieces is NULL */
    struct str term;
    struct str *pieces; /* what stands between the field separators; the first is the id */
    size_t n_pieces;
    size_t cap;
};

struct hl7_edit {
    struct arena *arena;
    struct hl7_delims delims;
    const struct hl7_msg *m; /* NULL: from nothing */
    struct eseg *segs;
    size_t n;
    size_t cap;
    struct str lead; /* around the message: BOM, MLLP */
    struct str tail;
    struct str term; /* line end of new segments */
};

/* A place in a field: bytes lo … hi. One that does not exist yet is empty, behind some padding. */
struct edit_place {
    size_t lo;
    size_t hi;
    size_t parent_lo; /* what it is a piece of */
    size_t parent_hi;
    char sep;          /* of that piece's level; 0 when the place is the whole field */
    char pad_sep[3];   /* separators to put at lo first, in this order … */
    uint32_t pad_n[3]; /* … so many of each */
    bool exists;
    bool no_sep; /* padding is needed with a separator the message does not have */
};

void edit_find(struct str field, struct hl7_delims d, const struct hl7_path *p,
               struct edit_place *out);

/*
 * The field with value at the place. Returns RC_VALUE HL7-021, RC_LIMIT HL7-025, RC_NOMEM HL7-005.
 */
enum rc edit_splice(struct str field, const struct edit_place *place, struct str value,
                    struct arena *a, struct str *out, struct err *e) ZS_CHECK;

/*
 * The field without the place, which exists. shift: those behind it move up, else it is emptied
 * and goes only when it is the last one. Returns RC_NOMEM HL7-005.
 */
enum rc edit_remove(struct str field, const struct edit_place *place, bool shift, struct arena *a,
                    struct str *out, struct err *e) ZS_CHECK;

enum rc edit_no_room(struct err *e);

#endif

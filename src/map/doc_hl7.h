/*
 * HL7 v2 messages as documents for expressions (fhirpath/doc.h).
 *
 *   message ── segments (children by id: OBX) ── field repetitions ── components ── sub-components
 *
 * A segment has children; everything below it is text of no declared type, which takes the type it
 * is compared with. An empty value is no node; the null value "" is a node without a value.
 *
 * Paths in backticks, compiled once:
 *   `PID-5.1`   from the message: every occurrence and repetition no index names. Asked of an OBX
 *               segment, a path OBX-… without an index stays inside that segment
 *   `3.1`       from a segment: field 3, component 1 (`3[2].1` the second repetition)
 *   `1`, `1.2`  from a field repetition: component, sub-component; from a component: sub-component
 *
 * So `PID-3`.where(`5` = 'MR').`1` is the medical record number.
 *
 * Limits  offsets to 2 GB, values to 1 GB; what lies beyond is not found.
 * Thread  any.
 */
#ifndef ZS_MAP_DOC_HL7_H
#define ZS_MAP_DOC_HL7_H

#include "fhirpath/doc.h"
#include "hl7/hl7.h"
#include "hl7/path.h"

extern const struct doc_ops doc_hl7_ops;
extern const struct doc_syntax doc_hl7_syntax;

/* The whole message; its nodes live as long as it. */
struct doc_node doc_hl7(const struct hl7_msg *m);

/* One of its segments. */
struct doc_node doc_hl7_seg(const struct hl7_msg *m, size_t i_seg);

/* The value behind a node below the segment level; HL7_NO_VALUE for other nodes. */
struct hl7_value doc_hl7_value(struct doc_node n);

/* The bytes of a node as they stand in the message: a segment, a value, all of it. */
struct str doc_hl7_bytes(struct doc_node n);

/* ---- items of a loop ---- */

/*
 * One item of a loop over segments or over the repetitions of a field, inside the items of the
 * loops around it. An item of segments is a group: it goes from its segment to before the next one
 * of the same id, or to the end of the group around it.
 *
 * Asked of an item, a path without a segment index is looked for, from the inside out,
 *   in the item (or an outer one) whose own segment it names;
 *   where its segment stands before the loop's first item: nearest before the item. It is what the
 *     items belong to: their OBR, and further up PID and MSH;
 *   where its segment stands behind items only: in the item's group, and nowhere else;
 *   where it is not in reach of the loop at all: around the loop, at last in the whole message.
 * NTE belongs to whatever stands before it: it is always looked for in the item's group alone.
 * So inside `each: OBX`, NTE-3 is the note behind this OBX or nothing, OBR-4 the order it stands
 * under, and PID-3 the patient's.
 */
#define DOC_HL7_IDS 16

/* What has been found out about a segment id, kept from item to item. */
struct doc_hl7_seen {
    uint32_t id;
    enum { SEEN_NOT, SEEN_BEFORE, SEEN_AMONG } where;
    size_t at;   /* BEFORE: the nearest one before `upto` */
    size_t upto; /* BEFORE: how far has been looked */
};

struct doc_hl7_scope {
    const struct hl7_msg *m;
    struct doc_hl7_scope *outer; /* NULL: the message */
    uint32_t id;                 /* of the items' segments */
    unsigned field;              /* a loop over repetitions: of this field; else 0 */
    size_t i_seg;                /* the item's segment */
    size_t end;                  /* behind the item's group */
    size_t first;                /* the loop's first item */
    size_t outer_begin;          /* the group around the loop */
    size_t outer_end;
    struct hl7_value rep; /* the item, where field is set */
    struct doc_hl7_seen seen[DOC_HL7_IDS];
    size_t n_seen;
};

/* Where a path is to be looked for. */
struct doc_hl7_place {
    enum { PLACE_NOWHERE, PLACE_SEGMENTS, PLACE_REP } kind;
    size_t from; /* SEGMENTS: from … before `to` */
    size_t to;
    struct hl7_value rep; /* REP: inside this repetition */
};

/* scope NULL: the whole message m. */
struct doc_hl7_place doc_hl7_find(const struct hl7_msg *m, struct doc_hl7_scope *scope,
                                  const struct hl7_path *p);

/* Walk what a path leads to from a place, as hl7_iter does from a message. */
struct doc_hl7_walk {
    struct hl7_path path;
    struct doc_hl7_place place;
    struct hl7_iter in; /* the segment in work */
    bool open;
};

void doc_hl7_walk_init(struct doc_hl7_walk *w, const struct hl7_path *p,
                       const struct doc_hl7_place *place);
bool doc_hl7_walk_next(struct doc_hl7_walk *w, const struct hl7_msg *m, struct hl7_value *v,
                       size_t *i_seg);

/* The item as a node: its segment or repetition, with paths resolved as above. Borrows both. */
struct doc_hl7_item {
    struct doc_hl7_scope *scope;
};
struct doc_node doc_hl7_item(const struct doc_hl7_item *item);

#endif

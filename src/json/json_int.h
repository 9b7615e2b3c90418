/*
 * What the files of this folder share about nodes.
 */
#ifndef ZS_JSON_JSON_INT_H
#define ZS_JSON_JSON_INT_H

#include "json/json.h"

/* struct json .flags: the text (the name) may be written between quotes as it is. */
#define JSON_CLEAN      1u
#define JSON_NAME_CLEAN 2u

/* Hang a node without parent at the end of a container. */
static inline void json_link(struct json *box, struct json *v)
{
    if (box->last) {
        v->next = box->last->next;
        box->last->next = v;
    } else {
        v->next = v;
    }
    box->last = v;
    box->n++;
}

/*
 * Names used twice in the object `box`: under JSON_DUP_REJECT *second is the first member with a
 * name used before, and stays as it was when there is none; under JSON_DUP_LAST the earlier members
 * are taken out. n log n, whatever the names. All names must have their position.
 * RC_NOMEM: no room for the index (the caller knows the place and writes the error).
 */
enum rc json_dup_check(struct json *box, enum json_dup dup, struct arena *scratch,
                       const struct json **second) ZS_CHECK;

/*
 * json_parse of the bytes from … to of a larger text: positions, lines and columns count from the
 * start of `whole`.
 */
enum rc json_parse_part(struct str whole, size_t from, size_t to, const struct json_limits *limits,
                        struct arena *a, struct json **out, struct err *e) ZS_CHECK;

static inline enum rc json_no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "JSON-030", "not enough memory for the document");
}

/* Append path step i of an array: "[3]". */
void json_path_add_index(struct buf *b, size_t i);

#endif

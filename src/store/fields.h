/*
 * Tagged fields: how the meta part of a record is written and read, driven by tables.
 *
 *   field:  key varint (tag << 2 | form), number varint, and for form 1 so many bytes
 *     form 0  the number is the value
 *     form 1  bytes follow
 *     form 2  so many bytes in the record's body section, where the texts follow one another in the
 *             order of their fields
 *
 * A reader can step over any field by its form, so tags may be added without a new format.
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_STORE_FIELDS_H
#define ZS_STORE_FIELDS_H

#include "base/arena.h"
#include "base/err.h"

enum field_type {
    FIELD_NONE,
    FIELD_STR,  /* struct str, in meta */
    FIELD_BODY, /* struct str, in the body section */
    FIELD_U64,
    FIELD_I64,
    FIELD_U32,
    FIELD_BOOL,
    FIELD_ENUM /* any enum; max is its highest value */
};

/* One row of a table indexed by tag: row 0 is unused, tags run to n - 1, at most 63. */
struct field {
    enum field_type type;
    uint32_t offset;
    uint32_t max; /* FIELD_ENUM: highest value; FIELD_STR: longest text, 0: any */
};

struct field_table {
    const struct field *row;
    size_t n;
};

/* Where encoded bytes go; p NULL: they are only counted. */
struct field_sink {
    unsigned char *p;
    size_t n;
};

/* meta and body of one record. */
struct field_out {
    struct field_sink meta;
    struct field_sink body;
};

void field_put_u64(struct field_sink *s, uint64_t v);
void field_put_bytes(struct field_sink *s, struct str v);

/* All fields of *object. Zero numbers, false and null texts are left out. */
void fields_put(struct field_out *o, const struct field_table *t, const void *object);

/* The same as one field `tag` holding them, for lists. */
void fields_put_nested(struct field_out *o, unsigned tag, const struct field_table *t,
                       const void *object);

/* Does a text exceed its row's max? */
bool fields_fit(const struct field_table *t, const void *object);

struct field_in {
    struct str meta; /* what is left */
    struct str body;
};

enum field_form { FORM_NUMBER = 0, FORM_BYTES = 1, FORM_BODY = 2 };

/* One field as read. */
struct field_value {
    unsigned tag; /* 0: a tag over 63, to be skipped */
    enum field_form form;
    uint64_t number;
    struct str bytes; /* of the two forms that have them */
};

/*
 * The next field, its body text taken. RC_MISSING at the end (no error set), RC_PEER (STORE-012)
 * malformed.
 */
enum rc field_next(struct field_in *in, struct field_value *out, struct err *e) ZS_CHECK;

/* Put a value into *object by its row; unknown tags are skipped. RC_PEER: wrong form or range. */
enum rc field_store(const struct field_table *t, const struct field_value *v, void *object,
                    struct err *e) ZS_CHECK;

/* field_next and field_store to the end of nested, whose body texts are taken from in->body. */
enum rc fields_get(struct field_in *in, struct str nested, const struct field_table *t,
                   void *object, struct err *e) ZS_CHECK;

#endif

/*
 * Comma-separated values: records of fields, quoted where they need it.
 *
 *   struct csv c;
 *   csv_init(&c, text, ',', arena);
 *   while ((rc = csv_next(&c, &row, e)) == RC_OK && row.n) …
 *
 * Records end in LF, CRLF or the end of the text; a blank line is skipped; a byte order mark too.
 * A field in double quotes may hold separators, line ends and doubled quotes. White space belongs
 * to its field.
 *
 * Spec    RFC 4180
 * Thread  one at a time.
 */
#ifndef ZS_MAP_CSV_H
#define ZS_MAP_CSV_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define CSV_FIELDS_MAX 1024

struct csv {
    struct str text;
    size_t pos;
    unsigned line; /* where the record returned last began, from 1 */
    unsigned next_line;
    char sep;
    struct arena *arena; /* for fields with doubled quotes, and the rows */
};

struct csv_row {
    const struct str *v; /* borrows the text, or the arena */
    size_t n;            /* 0: the end */
};

void csv_init(struct csv *c, struct str text, char sep, struct arena *a);

/*
 * The next record. A row lies in the arena.
 *   RC_SYNTAX  MAP-020 a quoted field has no end, or something stands behind its quote; pos, line
 *   RC_LIMIT   MAP-021 more than CSV_FIELDS_MAX fields
 *   RC_NOMEM   MAP-090
 */
enum rc csv_next(struct csv *c, struct csv_row *out, struct err *e) ZS_CHECK;

#endif

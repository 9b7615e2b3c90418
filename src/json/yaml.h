/*
 * YAML 1.2 into the document model (json.h), for configuration.
 *
 * Core schema, and no surprises: null ~ true false (also Null NULL True …), decimal integers and
 * floats, 0x and 0o integers. yes, no, on, off, y, n, dates, 12:30:00 and 1_000 are texts, and so
 * is everything in quotes. Numbers stay as written where JSON can hold that (1.10 stays 1.10);
 * +5, .5 and 5. become 5, 0.5 and 5.0. Names are texts as written: { 5: x } has the name "5".
 *
 * Refused, because each hides a trap: tags; merge keys (<<); a name used twice; a collection as a
 * name; numbers with leading zeros (0123: quote it, or drop the zero); .inf and .nan; %YAML other
 * than 1.2 and %TAG; an alias inside its own anchor; UTF-16. Aliases are copied, and what they
 * copy counts towards limits->nodes, so an alias bomb ends in RC_LIMIT.
 *
 * Positions are byte offsets into `in` as everywhere: json_place gives line and column.
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_JSON_YAML_H
#define ZS_JSON_YAML_H

#include "json/json.h"

/*
 * Read all documents of a file.
 *
 * in       UTF-8, a byte order mark is skipped; nothing of the result borrows it
 * limits   as for JSON, over all documents together; limits->dup is not looked at: always refused
 * *docs    an array with one item a document; documents that hold nothing are left out
 * Returns  RC_SYNTAX  YAML-001 not YAML (pos, line, column; text says what to look for)
 *          RC_VALUE   YAML-002 … YAML-010: one of the refusals above; JSON-010 for a name twice
 *          RC_LIMIT   JSON-020, JSON-021, JSON-022, JSON-023; YAML-011 aliases copy too much
 *          RC_NOMEM   JSON-030
 * Spec     YAML 1.2.2, 10.3 core schema
 */
enum rc yaml_parse(struct str in, const struct json_limits *limits, struct arena *a,
                   struct json **docs, struct err *e) ZS_CHECK;

#endif

/*
 * YAML 1.2 into the document model (json.h), for configuration.
 *
 * Core schema, and no surprises: null ~ true false (also Null NULL True …), decimal integers and
 * floats, 0x and 0o integers. yes, no, on, off, y, n, dates, 12:30:00 and 1_000 are texts, and so
 * is everything in quotes. Numbers stay as written where JSON can hold that (1.10 stays 1.10);
 * +5, .5 and 5. become 5, 0.5 and 5.0. Names are texts as written: { 5: x } has the name "5".
 *
 * Refused, because each hides a trap: tags; merge keys (<<); a name used twice; a collection or an
 * alias as a name, or no name at all; numbers with leading zeros (0123: quote it, or drop the
 * zero), .inf and .nan, 0x and 0o over 64 bits; %YAML other than 1.2 and %TAG; an alias inside its
 * own anchor; anything but UTF-8. Aliases are copied, YAML_COPIES_MAX values in all, so an alias
 * bomb ends in RC_LIMIT.
 *
 * Positions are byte offsets into `in` as everywhere: json_place gives line and column.
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_JSON_YAML_H
#define ZS_JSON_YAML_H

#include "json/json.h"

#define YAML_COPIES_MAX  65536
#define YAML_ANCHORS_MAX 1024 /* in one document */

/* 4 MB, 64 levels, 1 M nodes: what a configuration file may be. */
extern const struct json_limits yaml_default_limits;

/*
 * Read all documents of a file.
 *
 * in       UTF-8, a byte order mark is skipped; nothing of the result borrows it
 * limits   as for JSON, over all documents together; limits->dup is not looked at: always refused
 * *docs    an array with one item a document; documents that hold nothing are left out
 * Returns  RC_SYNTAX  YAML-001: not YAML, or not UTF-8
 *          RC_VALUE   YAML-002 tag, -003 merge key, -004 no name, -005 a name that is no text,
 *                     -006 leading zero, -007 number that JSON cannot hold, -008 directive,
 *                     -009 unknown alias, or inside its anchor; JSON-010 a name used twice
 *          RC_LIMIT   JSON-020 bytes, -021 depth, -022 name, -023 nodes; YAML-010 aliases
 *          RC_NOMEM   JSON-030
 * pos, line and column are set, but for RC_NOMEM.
 * Spec     YAML 1.2.2, 10.3 core schema
 */
enum rc yaml_parse(struct str in, const struct json_limits *limits, struct arena *a,
                   struct json **docs, struct err *e) ZS_CHECK;

#endif

/*
 * A document as YAML that a person would have written: block style, two spaces a level, texts in
 * quotes only where they need them. yaml_parse reads back an equal document.
 *
 * Texts that any YAML reader might take for something else (yes, 0x1f, 12:30, null) are quoted too.
 * Anchors and tags are never written.
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_JSON_YAML_WRITE_H
#define ZS_JSON_YAML_WRITE_H

#include "json/json.h"

/*
 * Append one document, ending in a line feed, without the `---` that stands between two of them.
 *
 * Returns  RC_VALUE  JSON-014: a text is not UTF-8
 *          RC_LIMIT  YAML-011: a name over 1,000 bytes as it is written; JSON-021 nested deeper
 *                    than JSON_DEPTH_MAX; BASE-001 the buffer's ceiling
 *          RC_NOMEM  BASE-002
 * After an error the buffer holds what was written so far.
 */
enum rc yaml_write(struct buf *b, const struct json *v, struct err *e) ZS_CHECK;

#endif

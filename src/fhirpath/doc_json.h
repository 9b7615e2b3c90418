/*
 * JSON as a document for expressions (doc.h).
 *
 * Children of an object are its members; an array's items are children of the array's name, nested
 * arrays flattened. A root that is an array has its items' children. A member `_x` holds what
 * belongs to the primitive `x` beside its value (FHIR's id and extension); `_x` is no child of its
 * own where the document is a FHIR resource (has resourceType) or lies inside one.
 * JSON null is no child by name unless such a sibling stands beside it.
 *
 * Paths in backticks: a JSON Pointer (`/name/0/family`) or a path (`name[0].family`). An identifier
 * without any of / . [ is a plain name, and a member of exactly that name comes first.
 *
 * Lifetime  of nodes: the document's.
 */
#ifndef ZS_FHIRPATH_DOC_JSON_H
#define ZS_FHIRPATH_DOC_JSON_H

#include "fhirpath/doc.h"
#include "json/json.h"

extern const struct doc_ops doc_json_ops;
extern const struct doc_syntax doc_json_syntax;

/* The whole document as a node. doc is not NULL. */
struct doc_node doc_json(const struct json *doc);

/* The JSON value behind a node of doc_json; NULL for other documents' nodes and for a place that
 * has extensions only. */
const struct json *doc_json_value(struct doc_node n);

#endif

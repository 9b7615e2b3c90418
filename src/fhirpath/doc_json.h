/*
 * JSON as a document for expressions (doc.h).
 *
 * Children of an object are its members; an array's items are children of the array's name. An
 * array met as a value (a root, an array inside an array) has the children of its items.
 * JSON null is no child, unless extensions stand beside it.
 *
 * A member `_x` that holds only id and extension (FHIR's place for what belongs to the primitive x
 * beside its value) is no child of its own: it gives x its children, and where x itself is missing
 * it is x, without a value. Other names that begin with _ are ordinary.
 *
 * Paths in backticks: a JSON Pointer (`/name/0/family`) or a path (`name[0].family`), from the node
 * they are asked of. An identifier without any of / . [ is a plain name; a member of exactly the
 * whole name comes before a path. An array at the end gives its items, null is given as null.
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

/* The JSON value behind a node of doc_json; NULL for other documents' nodes. */
const struct json *doc_json_value(struct doc_node n);

#endif

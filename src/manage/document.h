/*
 * Documents as they stand in files: several of them in one text, YAML or JSON, each with the key of
 * its kind.
 *
 * Thread  any.
 */
#ifndef ZS_MANAGE_DOCUMENT_H
#define ZS_MANAGE_DOCUMENT_H

#include "json/json.h"

enum document_form { DOCUMENT_YAML, DOCUMENT_JSON };

/* By a file's name: ".json" is JSON; by what a text begins with: { and [ are. */
enum document_form document_form_of_file(const char *file);
enum document_form document_form_of_text(struct str text);

/* *docs: an array, one item a document. Errors of json_parse and yaml_parse. */
enum rc document_parse(struct str text, enum document_form form, struct arena *a,
                       struct json **docs, struct err *e) ZS_CHECK;

/* The same back as text; JSON writes one document alone and several as an array. */
enum rc document_write(const struct json *docs, enum document_form form, struct buf *out,
                       struct err *e) ZS_CHECK;

/* "channel" of { channel: adt-in, … }, and NULL where it is of no kind. */
const char *document_kind(const struct json *doc);

/* A document from what is kept of it: {kind: name, …body}. */
enum rc document_make(struct str kind, struct str name, struct str body, struct arena *a,
                      struct json **out, struct err *e) ZS_CHECK;

#endif

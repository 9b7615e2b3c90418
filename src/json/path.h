/*
 * Places in a document: paths as people write them and JSON Pointers, compiled once or used at
 * once.
 *
 *   path      name[0].family    items[-]    ["odd.name"].x    [2]
 *             a name runs to the next . or [ ; ["…"] is a JSON string for any other name;
 *             [n] counts from 0; [-] is the place behind the last item (only to set)
 *   pointer   /name/0/family    /items/-    /a~1b             RFC 6901
 *             a token of digits is an index in an array and a name in an object
 *
 * The empty path and the empty pointer are the document itself.
 *
 * Setting makes what is missing on the way: an array where an index or - follows, else an object;
 * null counts as missing. An index behind the end fills the gap with null, at most
 * JSON_GAP_MAX places.
 */
#ifndef ZS_JSON_PATH_H
#define ZS_JSON_PATH_H

#include "json/json.h"

#define JSON_STEPS_MAX 64
#define JSON_GAP_MAX   1024

#define JSON_INDEX_END UINT32_MAX /* struct json_step .index of [-] and of the pointer token - */

struct json_step {
    enum json_step_kind {
        JSON_STEP_NAME,  /* a member */
        JSON_STEP_INDEX, /* an item */
        JSON_STEP_EITHER /* pointer token that is an index in an array, a name in an object */
    } kind;
    uint32_t index;
    struct str name; /* borrows the text it was compiled from, or the arena */
};

struct json_path {
    const struct json_step *step;
    size_t n;
};

/*
 * Compile. Steps live in the arena; names without escapes borrow `text`.
 * RC_SYNTAX JSON-040 (path) or JSON-041 (pointer) with pos; RC_LIMIT JSON-042 more than
 * JSON_STEPS_MAX steps; RC_NOMEM JSON-030.
 */
enum rc json_path_compile(struct str text, struct arena *a, struct json_path *out,
                          struct err *e) ZS_CHECK;
enum rc json_pointer_compile(struct str text, struct arena *a, struct json_path *out,
                             struct err *e) ZS_CHECK;

/* NULL when it is not there. */
const struct json *json_path_get(const struct json_path *path, const struct json *doc) ZS_CHECK;

/*
 * Put `value` (without parent) at the place; an earlier value there is replaced. *doc is the
 * document: NULL or a null makes a fresh one, and the empty path replaces it. New nodes and copies
 * of their names come from `a`.
 *
 * Returns RC_STATE  JSON-043: something on the way is neither array nor object, or an index was
 *                   used on an object, or a name on an array (where says which place)
 *         RC_LIMIT  JSON-044: the gap would be wider than JSON_GAP_MAX
 *         RC_NOMEM  JSON-030, also for a NULL value
 * On failure containers made on the way may be left behind, empty.
 */
enum rc json_path_set(const struct json_path *path, struct json **doc, struct json *value,
                      struct arena *a, struct err *e) ZS_CHECK;

/* Take the value at the place out. RC_MISSING JSON-045: nothing there (also for the empty path). */
enum rc json_path_remove(const struct json_path *path, struct json *doc, struct err *e) ZS_CHECK;

/*
 * At once, from text. The lookups answer NULL for a malformed text too, and for a name whose
 * escapes need memory (a backslash in ["…"]; pointers are fine up to 1 KB of such names): compile
 * what a user wrote.
 */
const struct json *json_find(const struct json *doc, struct str path) ZS_CHECK;
const struct json *json_findz(const struct json *doc, const char *path) ZS_CHECK;
const struct json *json_pointer(const struct json *doc, struct str pointer) ZS_CHECK;
enum rc json_put(struct json **doc, struct str path, struct json *value, struct arena *a,
                 struct err *e) ZS_CHECK;

/*
 * Append the path of `v` inside `doc` to b ("name[0].family"; names that need it as ["…"]).
 * Nothing is appended when v is doc itself; false when it is not in doc. O(doc).
 */
bool json_path_of(const struct json *doc, const struct json *v, struct buf *b);

/* Append one step in path syntax: ".name", "name" at the start of b's path, or ["odd name"]. */
void json_path_add_name(struct buf *b, struct str name);

#endif

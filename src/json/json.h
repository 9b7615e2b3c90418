/*
 * The document model of the engine: a tree of nodes in an arena, read from JSON (RFC 8259) or
 * YAML (yaml.h), built by mappings and handlers, and written as JSON.
 *
 *   json_parse ─┐                       ┌─ json_get, json_at, JSON_EACH, path.h
 *   yaml_parse ─┼─► struct json (arena) ┤
 *   json_make ──┘                       └─ json_write, jw_value (jw.h)
 *
 * A node is 40 bytes and holds a member's name and its value. Children form a ring: a container
 * points to its last child, the last child to the first. So appending is O(1), a node never moves
 * (a pointer to it stays good while the document changes), and finding a child by name or index
 * walks the ring: iterate with JSON_EACH instead of calling json_at in a loop.
 *
 * Numbers are their text: 1.10 stays 1.10 and 1e400 stays 1e400. Text without escapes borrows the
 * input; text with escapes is decoded into the arena. A string may hold NUL (from \u0000).
 *
 * Absent is NULL: every reading function takes NULL and answers what it says for JSON_ABSENT.
 *
 * What RFC 8259 leaves open is decided like this:
 *   one UTF-8 byte order mark at the start is skipped; UTF-16 and UTF-32 are refused
 *   invalid UTF-8, overlong forms, encoded and lone escaped surrogates are refused
 *   noncharacters (U+FFFF …) and U+0000 (escaped) are taken; numbers of any size and length
 *   a name used twice in one object is refused unless limits say otherwise
 *   a name over 65,535 bytes and a text over 4 GiB - 2 are refused
 *
 * Ownership  nodes and decoded text live as long as the arena, borrowed text as long as the input
 *            (or whatever was handed to the json_make functions).
 * Thread     a document is written by one thread at a time; nothing is cached on reading, so a
 *            document in a sealed arena may be read from any.
 */
#ifndef ZS_JSON_JSON_H
#define ZS_JSON_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Deepest nesting any function here follows; limits->depth may not exceed it. */
#define JSON_DEPTH_MAX 1024
#define JSON_NO_POS    UINT32_MAX

enum json_type {
    JSON_ABSENT = 0, /* what json_type(NULL) answers; no node has it */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Read the members through the functions below; only this folder writes them. */
struct json {
    struct json *next; /* next sibling, the last one's points to the first; NULL: has no parent */
    union {
        const char *text;  /* STRING decoded, NUMBER as written */
        struct json *last; /* ARRAY, OBJECT: last child, NULL when empty */
    };
    const char *name;  /* member's name, NULL elsewhere */
    uint32_t n;        /* STRING, NUMBER: bytes; ARRAY, OBJECT: children; BOOL: 0 or 1 */
    uint32_t pos;      /* first byte of the value in its source, JSON_NO_POS if made by us */
    uint32_t name_pos; /* likewise the name's */
    uint16_t name_n;
    uint8_t type;
    uint8_t flags;
};

enum json_dup { JSON_DUP_REJECT = 0, JSON_DUP_LAST, JSON_DUP_KEEP };

struct json_limits {
    size_t bytes;      /* of the input */
    uint32_t depth;    /* nested containers; 1 = a flat array or object */
    uint32_t nodes;    /* values of all types */
    enum json_dup dup; /* a name used twice: error; the last one stays; all stay */
};

/* 64 MB, 256 levels, 4 M nodes, duplicates refused. */
extern const struct json_limits json_default_limits;

/*
 * Read one JSON text.
 *
 * in       the whole text; borrowed by the document
 * limits   never NULL
 * Returns  RC_SYNTAX  JSON-001 … JSON-008: not JSON; pos, line, column and where are set
 *          RC_VALUE   JSON-010: a name used twice (at the second one)
 *          RC_LIMIT   JSON-020 … JSON-023: more than limits allow
 *          RC_NOMEM   JSON-030: the arena said no
 * After an error the arena holds an unused part of the document.
 * Spec     RFC 8259, RFC 3629, RFC 7493 2.3 (names used twice)
 */
enum rc json_parse(struct str in, const struct json_limits *limits, struct arena *a,
                   struct json **out, struct err *e) ZS_CHECK;

/*
 * Newline-delimited JSON: one text a line, LF or CRLF, blank lines skipped.
 *
 *   struct json_lines it = { .in = bytes, .limits = &json_default_limits };
 *   while ((rc = json_lines_next(&it, a, &v, e)) == RC_OK && v) …
 *
 * *out is NULL at the end. After an error the next call goes on with the next line. Positions,
 * lines and columns count from the start of `in`; limits hold for each line.
 */
struct json_lines {
    struct str in;
    const struct json_limits *limits;
    size_t at;     /* start at 0 */
    unsigned line; /* of the value returned last, from 1 */
};

enum rc json_lines_next(struct json_lines *it, struct arena *a, struct json **out,
                        struct err *e) ZS_CHECK;

/* --- reading --- */

static inline enum json_type json_type(const struct json *v)
{
    return v ? (enum json_type)v->type : JSON_ABSENT;
}

static inline bool json_is(const struct json *v, enum json_type type)
{
    return json_type(v) == type;
}

/* "absent", "null", "bool" … and for people "nothing", "null", "true or false", "a number" … */
const char *json_type_name(enum json_type type);
const char *json_type_words(enum json_type type);

/* Children of an array or object, 0 for everything else. */
static inline size_t json_count(const struct json *v)
{
    return json_type(v) >= JSON_ARRAY ? v->n : 0;
}

static inline struct json *json_first(const struct json *v)
{
    return json_type(v) >= JSON_ARRAY && v->last ? v->last->next : NULL;
}

static inline struct json *json_next(const struct json *parent, const struct json *child)
{
    return child == parent->last ? NULL : child->next;
}

/* for each child in order; the document must not change inside */
#define JSON_EACH(child, parent)                                                                   \
    for (const struct json *child = json_first(parent); child; child = json_next((parent), child))

static inline struct str json_name(const struct json *v)
{
    return v && v->name ? (struct str){ v->name, v->name_n } : STR_NULL;
}

/* The first member of that name; NULL when there is none or v is no object. */
struct json *json_get(const struct json *v, struct str name) ZS_CHECK;
struct json *json_getz(const struct json *v, const char *name) ZS_CHECK;

/* Child number i of an array or object, NULL past the end. O(i). */
struct json *json_at(const struct json *v, size_t i) ZS_CHECK;

/* Text of a string; of a number as written. STR_NULL for every other type. */
struct str json_text(const struct json *v);

/* The value, or the default where v is absent or of another type (or, for i64, does not fit). */
struct str json_str_or(const struct json *v, struct str dflt);
bool json_bool_or(const struct json *v, bool dflt);
int64_t json_i64_or(const struct json *v, int64_t dflt);
double json_double_or(const struct json *v, double dflt);

/*
 * The same as questions with an answer: false when v is no number, and for i64 and u64 when it is
 * written with a fraction or exponent, or does not fit.
 */
bool json_i64(const struct json *v, int64_t *out);
bool json_u64(const struct json *v, uint64_t *out);
bool json_double(const struct json *v, double *out);

/*
 * Same document: members in any order, array items in order, numbers by their text (1.0 is not
 * 1.00). NULL equals NULL only. Cost: the product of the member counts where orders differ.
 */
bool json_eq(const struct json *a, const struct json *b);

/* Every value below v and v itself. */
size_t json_count_all(const struct json *v);

/*
 * Walk a document in order without recursion. A container comes twice.
 *
 *   json_walk_init(&w, v);
 *   while ((ev = json_walk_next(&w, &node)) != JSON_WALK_END) …
 */
enum json_walk_event {
    JSON_WALK_END = 0,
    JSON_WALK_VALUE, /* anything but a container */
    JSON_WALK_ENTER,
    JSON_WALK_LEAVE,
    JSON_WALK_DEEP /* a container at JSON_DEPTH_MAX + 1: not entered */
};

struct json_walk {
    const struct json *node; /* comes next; NULL when the innermost container is done */
    unsigned depth;          /* containers entered and not left */
    const struct json *open[JSON_DEPTH_MAX];
};

void json_walk_init(struct json_walk *w, const struct json *v);
enum json_walk_event json_walk_next(struct json_walk *w, const struct json **node);

/* --- where it stood --- */

/* Line and column (from 1, in bytes) of byte `pos` of a text; 0, 0 past its end. */
void json_place(struct str text, size_t pos, unsigned *line, unsigned *column);

/*
 * The bytes of `source` that v was read from, STR_NULL when it was made by us. For documents read
 * by json_parse from this very source. O(result).
 */
struct str json_source(const struct json *v, struct str source);

/* --- building --- */

/*
 * New values without a parent. NULL when there is no memory; the functions that take a value take
 * that NULL too and answer RC_NOMEM, so calls nest. Text is borrowed: give it the arena's lifetime
 * (arena_str) when it has a shorter one. It must be UTF-8 by the time it is written.
 */
struct json *json_make_null(struct arena *a) ZS_CHECK;
struct json *json_make_bool(struct arena *a, bool v) ZS_CHECK;
struct json *json_make_i64(struct arena *a, int64_t v) ZS_CHECK;
struct json *json_make_u64(struct arena *a, uint64_t v) ZS_CHECK;
struct json *json_make_str(struct arena *a, struct str s) ZS_CHECK;
struct json *json_make_array(struct arena *a) ZS_CHECK;
struct json *json_make_object(struct arena *a) ZS_CHECK;

/* A number from its JSON text, kept as written. RC_VALUE JSON-011: not a JSON number. */
enum rc json_make_number(struct arena *a, struct str text, struct json **out,
                         struct err *e) ZS_CHECK;

/* Shortest text that reads back as v; infinities and NaN give RC_VALUE JSON-011. */
enum rc json_make_double(struct arena *a, double v, struct json **out, struct err *e) ZS_CHECK;

/*
 * A copy that shares nothing with the original or its source but keeps the positions.
 * RC_NOMEM JSON-030; RC_LIMIT JSON-021 nested too deeply.
 */
enum rc json_copy(struct arena *a, const struct json *v, struct json **out, struct err *e) ZS_CHECK;

/*
 * Put `value` into a container; it must have no parent yet (asserted). Names are borrowed.
 * RC_NOMEM JSON-030 for a NULL value; RC_STATE JSON-012 when `v` is no array or no object;
 * RC_LIMIT JSON-022 for a name over 65,535 bytes.
 *
 * json_append  at the end of an array
 * json_insert  before item i of an array; i = count appends, more gives RC_MISSING JSON-013
 * json_set     as the member `name`: takes the place of the first one, else comes last
 * json_add     as a further member, without looking for the name: for fresh objects
 * json_replace in the place (and under the name) of `old`, a child of `v`
 */
enum rc json_append(struct json *v, struct json *value, struct err *e) ZS_CHECK;
enum rc json_insert(struct json *v, size_t i, struct json *value, struct err *e) ZS_CHECK;
enum rc json_set(struct json *v, struct str name, struct json *value, struct err *e) ZS_CHECK;
enum rc json_add(struct json *v, struct str name, struct json *value, struct err *e) ZS_CHECK;
void json_replace(struct json *v, struct json *old, struct json *value);

/* Give a string another text, borrowed and at most 4 GiB - 2; its place in the source stays. */
void json_retext(struct json *v, struct str text);

/* Make a number the string of its text; every other value stays what it is. */
void json_quote(struct json *v);

/* Take a child out; it is a value without parent then. O(children). */
void json_remove(struct json *v, struct json *child);

/* --- writing --- */

enum json_style {
    JSON_COMPACT, /* no white space at all */
    JSON_PRETTY   /* two spaces a level, ": " after a name; {} and [] stay on one line */
};

/*
 * Append v as JSON text. The same document gives the same bytes. Escaped are only ", \ and the
 * controls below U+0020, in the short forms where there are some and lower-case \u00xx elsewhere
 * (as RFC 8785 3.2.2.2 has it); everything else stays UTF-8. No final newline. NULL writes null.
 *
 * Returns  RC_VALUE  JSON-014: a text is not UTF-8
 *          RC_LIMIT  JSON-021: nested deeper than JSON_DEPTH_MAX; BASE-001: the buffer's ceiling
 *          RC_NOMEM  BASE-002
 * After an error the buffer holds what was written so far.
 */
enum rc json_write(struct buf *b, const struct json *v, enum json_style style,
                   struct err *e) ZS_CHECK;

#endif

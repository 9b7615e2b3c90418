/*
 * Transforms: what a rule does to a value between reading and writing it.
 *
 * One row of a table each: name, shape of its argument, a sentence for the reference, examples
 * (which are the unit test and the reference's examples at once), compile and run. A rule's
 * `transform` is one name, one {name: argument}, or a list of them.
 *
 * A value is text, or what a transform or the document made of it: a number, a boolean. Nothing
 * (absent) and null pass through every transform untouched.
 */
#ifndef ZS_MAP_TRANSFORM_H
#define ZS_MAP_TRANSFORM_H

#include "base/buf.h"
#include "json/errlist.h"
#include "json/json.h"

struct map_table;
struct date_format;

enum map_kind {
    MAP_ABSENT = 0,
    MAP_NULL,
    MAP_TEXT,
    MAP_NUMBER, /* text holds a JSON number */
    MAP_BOOL,
    MAP_TREE /* json: an object or array, copied as it is */
};

struct map_value {
    enum map_kind kind;
    bool b;
    bool encoded; /* text that still has HL7 v2 separators in it, as they stood */
    struct str text;
    const struct json *json;
};

/* A transform's argument, compiled. */
struct map_args {
    struct str s[2];
    int64_t n[2];
    bool left;
    const struct date_format *from; /* NULL: recognised */
    const struct date_format *to;
    const struct map_table *table;
};

/* What a time without an offset gets. */
struct map_offset {
    enum { OFFSET_KEEP, OFFSET_DROP, OFFSET_SET } policy;
    int minutes;
    bool zulu; /* write Z, not +00:00 */
};

/* Where a transform is compiled: the findings know file, rule and place. */
struct map_compiler;

/* Where it runs. */
struct map_work {
    struct arena *arena;
    const struct map_offset *offset;
    bool hl7_times; /* the input writes times as HL7 v2 does */
};

enum map_outcome {
    MAP_DONE,
    MAP_REFUSED, /* the value is not of the form the transform takes */
    MAP_NO_ROOM  /* the arena */
};

struct map_example {
    const char *arg; /* YAML; NULL: the bare name */
    const char *in;
    const char *out; /* as JSON writes it; NULL: refused */
};

enum map_shape {
    SHAPE_EACH,  /* value by value */
    SHAPE_SPLIT, /* one value becomes several */
    SHAPE_JOIN,  /* all values become one */
    SHAPE_LOOKUP /* a code table */
};

#define MAP_EXAMPLES_MAX 4

struct map_transform {
    const char *name;
    const char *arg; /* how the argument is written, for the reference; NULL: none */
    bool needs_arg;
    enum map_shape shape;
    const char *doc;
    /* NULL: takes no argument. arg is NULL for the bare name. False when findings were added. */
    bool (*compile)(struct map_compiler *c, const struct json *arg, struct map_args *out);
    /* SHAPE_EACH: in is text (numbers and booleans as such); *out starts as `in`. */
    enum map_outcome (*run)(const struct map_work *w, const struct map_args *args, struct str in,
                            struct map_value *out);
    struct map_example examples[MAP_EXAMPLES_MAX];
};

extern const struct map_transform map_transforms[]; /* sorted by name */
extern const size_t map_n_transforms;

/* NULL when there is none. */
const struct map_transform *map_transform_find(struct str name);

/* One step of a rule. */
struct map_step {
    const struct map_transform *t;
    struct map_args args;
};

/* The reference in Markdown: a section a transform, with its examples. */
void map_transforms_markdown(struct buf *b);

#endif

/*
 * Shapes: what an answer looks like, as constant tables. The OpenAPI document and the reference
 * come from them, and a test holds every real answer against them (tests/scen/api_test.py).
 *
 *   static const struct shape_member key_members[] = {
 *       { "id", SHAPE_TEXT, .doc = "Names the key." },
 *       { "expiresAt", SHAPE_TIME, SHAPE_NULL, .doc = "When it ends; null: never." },
 *   };
 *   const struct shape key_shape = SHAPE("Key", key_members, "An API key, without its secret.");
 *
 * Thread  any; tables are constant.
 */
#ifndef ZS_API_SHAPE_H
#define ZS_API_SHAPE_H

#include "json/jw.h"

#define SHAPES_MAX 128

enum shape_kind {
    SHAPE_TEXT = 1,
    SHAPE_TIME, /* "2024-05-06T07:08:09.123Z" */
    SHAPE_UUID,
    SHAPE_INT,
    SHAPE_REAL,
    SHAPE_FLAG,
    SHAPE_OBJECT, /* by `sub` */
    SHAPE_TEXTS,  /* an object of texts under any names */
    SHAPE_ANY
};

enum {
    SHAPE_MAYBE = 1, /* may be absent */
    SHAPE_NULL = 2,  /* may be null */
    SHAPE_LIST = 4   /* an array of the kind */
};

struct shape;

struct shape_member {
    const char *name;
    enum shape_kind kind;
    unsigned flags;
    const struct shape *sub;  /* SHAPE_OBJECT */
    const char *const *names; /* SHAPE_TEXT: one of these; ends in NULL; NULL: any */
    const char *doc;
};

struct shape {
    const char *name; /* unique: key of components/schemas */
    const char *doc;
    const struct shape_member *v;
    size_t n;
};

#define SHAPE(title, members, text)                                                                \
    {                                                                                              \
        .name = (title), .doc = (text), .v = (members), .n = ZS_COUNT(members)                     \
    }

/* Shapes reached from some: each once, in the order found. */
struct shape_set {
    const struct shape *v[SHAPES_MAX];
    size_t n;
};

/* Add one and all it leads to; more than SHAPES_MAX is a bug of the tables (asserted). */
void shape_add(struct shape_set *set, const struct shape *s);

/* The JSON Schema of one, as a value of the writer; others by "#/components/schemas/". */
void shape_schema(struct jw *w, const struct shape *s);

/* "#/components/schemas/NAME" as the member $ref of the open object. */
void shape_ref(struct jw *w, const char *name);

/* A Markdown section: heading and a table of the members. */
void shape_markdown(struct buf *b, const struct shape *s);

#endif

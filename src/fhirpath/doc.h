/*
 * The document interface: how an expression sees a document, whatever it is written in.
 *
 * JSON supplies it in fhirpath/doc_json.h, HL7 v2 in map/doc_hl7.h; XML and CSV follow the same
 * contract. An expression never knows which one it walks.
 *
 * A node is three words handed around by value: the operations of its kind of document and two
 * words that only those operations read. It owns nothing; the document outlives every node of it.
 *
 * Nodes form a tree of named children. A JSON array is no node of its own when it is reached by
 * name: its items are the children of that name. Two nodes are the same place exactly when their
 * two words are equal.
 *
 * Two ways lead from a node to others:
 *   child()  by name, as in `name.given`; the empty name walks all children in document order
 *   path()   by the document's own path, as in `` `PID-5.1` ``, compiled once by its syntax
 *
 * Thread  any; operations only read the document and take memory from the arena handed in.
 */
#ifndef ZS_FHIRPATH_DOC_H
#define ZS_FHIRPATH_DOC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct doc_ops;

struct doc_node {
    const struct doc_ops *ops; /* NULL: no node */
    const void *p;
    uint64_t w;
};

enum doc_kind {
    DOC_NONE = 0, /* there, but without a value of its own: a FHIR primitive with extensions only */
    DOC_OBJECT,   /* has children, no value */
    DOC_STRING,   /* text that the document itself calls text (JSON "…") */
    DOC_TEXT, /* text of no declared type (HL7 v2, XML, CSV): takes the type it is compared with */
    DOC_NUMBER, /* digits as written */
    DOC_BOOL,
    DOC_NULL /* explicitly nothing: JSON null, HL7 v2 "" */
};

/* The value of a node. Text is UTF-8, decoded (no escapes left); it lives as long as the document
 * or the arena it was asked with. */
struct doc_prim {
    enum doc_kind kind;
    bool b;          /* DOC_BOOL */
    struct str text; /* DOC_STRING, DOC_TEXT, DOC_NUMBER */
};

/* Where a walk stands; only the operations look inside. Begin with doc_iter_begin. */
struct doc_iter {
    const void *p;
    uint64_t i;
    uint64_t j;
    uint64_t space[24]; /* not cleared at the beginning */
};

static inline void doc_iter_begin(struct doc_iter *it)
{
    it->p = NULL;
    it->i = 0;
    it->j = 0;
}

/* A path in a document's own syntax, compiled. Immutable. */
struct doc_path {
    const struct doc_syntax *syntax;
    struct str text;
    const void *impl;
};

/*
 * The path language of one kind of document. compile() judges a back-ticked identifier:
 *   RC_OK       *impl is what ops->path will be given
 *   RC_MISSING  not a path in this syntax: it is an ordinary name with unusual characters
 *   other       meant as a path and wrong; pos counts from the start of `text`
 */
struct doc_syntax {
    const char *name; /* "hl7v2", "json": for messages */
    enum rc (*compile)(struct str text, struct arena *a, const void **impl, struct err *e);
};

struct doc_ops {
    const char *format;              /* "json", "hl7v2": for messages */
    const struct doc_syntax *syntax; /* NULL: no native paths */

    enum doc_kind (*kind)(struct doc_node n);

    /* RC_NOMEM when decoding does not fit the arena, else RC_OK; kind DOC_OBJECT has no value. */
    enum rc (*prim)(struct doc_node n, struct arena *a, struct doc_prim *out, struct err *e);

    /* The next child called `name` (empty: any). False at the end. */
    bool (*child)(struct doc_node n, struct str name, struct doc_iter *it, struct doc_node *out);

    /* The next node `path` leads to from n. False at the end. NULL where syntax is. */
    bool (*path)(struct doc_node n, const struct doc_path *path, struct doc_iter *it,
                 struct doc_node *out);

    /* The name it has under its parent; STR_NULL for the root. */
    struct str (*name)(struct doc_node n);

    /* What the document itself says the node is ("Patient" of a resource, "PID" of a segment);
     * STR_NULL when it says nothing. */
    struct str (*type_name)(struct doc_node n);
};

static inline bool doc_is_node(struct doc_node n)
{
    return n.ops != NULL;
}

static inline bool doc_same(struct doc_node a, struct doc_node b)
{
    return a.p == b.p && a.w == b.w;
}

#endif

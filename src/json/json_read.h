/*
 * The reader's state, for json_parse.c and what it keeps out of its loop (json_text.c,
 * json_fault.c).
 *
 * Functions that read return the place behind what they read, NULL after a fault: the reader then
 * knows which and where, and the error record is made once, at the end.
 */
#ifndef ZS_JSON_JSON_READ_H
#define ZS_JSON_JSON_READ_H

#include "json/json_int.h"
#include "json/scan.h"

enum fault {
    F_NONE = 0,
    F_END,
    F_VALUE,
    F_NAME,
    F_COLON,
    F_COMMA,
    F_NUMBER,
    F_ESCAPE,
    F_SURROGATE,
    F_CONTROL,
    F_UTF8,
    F_AFTER,
    F_UTF16,
    F_TWICE,
    F_DEPTH,
    F_NAME_SIZE,
    F_NODES,
    F_MEMORY
};

/* struct frame .seen: look at the names when the object ends */
#define ALL_NAMES UINT64_MAX

struct frame {
    struct json *box;
    struct json *first;
    struct json **link; /* where the next child is noted: first, or the next of the one before */
    uint64_t seen;      /* filter of the names so far */
    char close;         /* the bracket that ends it */
};

struct reader {
    const char *start; /* positions count from here */
    const char *from;  /* the document's first byte */
    const char *end;
    struct arena *a;
    const struct json_limits *limits;
    const struct json_scan *scan;
    struct json *node; /* next free one of the block */
    struct json *node_end;
    uint32_t n_nodes; /* given out in blocks, the current one included */
    uint32_t depth;   /* frames in use */
    uint32_t max_depth;
    enum fault fault;
    const char *fault_at;
    struct json root;    /* stands for a container of the document */
    struct frame *inner; /* of the innermost open container */
    struct frame frame[JSON_DEPTH_MAX + 1];
};

/* Note the fault; NULL. */
const char *json_fail(struct reader *r, const char *at, enum fault fault) __attribute__((cold));

/* The error record of what was noted. `whole` is the text positions count in. */
enum rc json_report(const struct reader *r, struct str whole, struct err *e) __attribute__((cold));

/*
 * The text from `start`, plain up to p where an escape (or what ends it wrongly) stands, decoded
 * into the arena. Goes behind the closing quote.
 */
const char *json_text_escaped(struct reader *r, const char *start, const char *p, struct str *out);

/* false: a fault was noted */
bool json_text_is_utf8(struct reader *r, const char *p, const char *end);

#endif

/*
 * What the files behind opt.h share.
 */
#ifndef ZS_JSON_OPT_INT_H
#define ZS_JSON_OPT_INT_H

#include "json/opt.h"

#define OPT_TABLES_MAX 256 /* tables reached from one */

/* One object still to be read; a list of them stands in for recursion. */
struct opt_task {
    struct opt_task *next;
    const struct opt_table *table;
    const struct json *obj;
    const struct json *at; /* what a finding about the object points at */
    void *out;
    struct str path;
    const char *tag; /* member that picked the table, no option of its own; or NULL */
};

/* One call of opt_decode. */
struct opt_reading {
    const struct opt_read *r;
    struct opt_task *todo;
    bool no_memory;
};

/* One option's value being read. */
struct opt_value {
    struct opt_reading *reading;
    const struct opt_task *task;
    const struct opt_def *def;
    const struct json *v; /* the member */
    void *to;             /* the struct's member */
};

/* Memory from the arena; NULL sets no_memory. Zeroed. */
void *opt_alloc(struct opt_reading *reading, size_t size, size_t n);

/* A finding about `node`, which stands at task path + name (NULL: none) + [index] (SIZE_MAX: none).
 */
void opt_report(const struct opt_value *o, const struct json *node, size_t index, const char *id,
                const char *hint, const char *fmt, ...) ZS_PRINTF(6, 7);

/* Read obj later into out by `table`. index as above. */
void opt_push(const struct opt_value *o, const struct opt_table *table, const struct json *obj,
              size_t index, void *out, const char *tag);

/* By kind: the value o->v into o->to. */
void opt_read_value(const struct opt_value *o);

/* The default into o->to; false when the table's text is none for that kind. */
bool opt_read_default(const struct opt_value *o);

/* Bytes of the struct member a kind fills. */
size_t opt_kind_size(enum opt_kind kind);

/* Limits with the kind's own taken in: OPT_SIZE, OPT_MS and counts start at 0. */
int64_t opt_min(const struct opt_def *def);
int64_t opt_max(const struct opt_def *def);

/* "from 0 to 100" as the kind writes its values; empty when there is no range. */
void opt_range_text(const struct opt_def *def, struct buf *b);

/* Names of an enum or the variants of a choice: "a, b or c". */
void opt_names_text(const struct opt_def *def, struct buf *b);

/* A table, and for a variant of a choice the tag it is picked by. */
struct opt_reached {
    const struct opt_table *table;
    const char *tag;  /* NULL: none */
    const char *name; /* the tag's value */
    bool tag_optional;
};

/*
 * Add what the options of `from` lead to, each once; `list` holds OPT_TABLES_MAX. Returns the new
 * count. Walking the list from its start while it grows visits every table.
 */
size_t opt_reach(struct opt_reached *list, size_t n, const struct opt_table *from);

#endif

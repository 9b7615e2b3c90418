/*
 * Inside of a run: its state, shared by run.c (rules in order, loops), run_read.c (values from the
 * input) and run_write.c (values into the output).
 */
#ifndef ZS_MAP_RUN_INT_H
#define ZS_MAP_RUN_INT_H

#include "hl7/edit.h"

#include "map/doc_hl7.h"
#include "map/map_int.h"

#define VALUES_INLINE 8
#define VALUES_MAX    100000 /* of one rule */

/* The values a rule has in hand. */
struct map_values {
    struct map_value *v;
    size_t n;
    size_t cap;
    struct map_value first[VALUES_INLINE];
};

/* An open `each`. */
struct map_loop {
    const struct map_rule *rule;
    size_t index; /* of the rule */
    size_t item;  /* from 1 */

    /* over HL7 v2 */
    struct doc_hl7_scope scope;
    struct doc_hl7_item node;
    struct doc_hl7_walk reps; /* over a field's repetitions */

    /* over JSON */
    const struct json *array; /* NULL: one value that is no array, walked once */
    const struct json *json;  /* the item */

    /* what the item writes */
    struct json *target; /* NULL: nothing yet */
    size_t out_seg;      /* of the HL7 output; HL7_NO_SEG: not made yet */
};

struct map_run {
    const struct map *m;
    const struct map_input *in;
    struct fp_env env;
    struct map_work work;
    struct arena *arena;
    struct err_list *found;
    struct err *e;
    struct map_loop loops[MAP_DEPTH_MAX];
    size_t n_loops;
    struct json *root;
    struct hl7_edit *edit;
    struct map_miss *misses;
    size_t n_misses;
    size_t n_misses_more;
};

/* Add a finding about a rule: what is wrong, and with which source. Never a value. */
void map_found(struct map_run *r, const struct map_rule *rule, const char *id, const char *text);

/* The innermost loop; NULL outside. */
static inline struct map_loop *map_inner(struct map_run *r)
{
    return r->n_loops ? &r->loops[r->n_loops - 1] : NULL;
}

/* ---- run_read.c ---- */

/* What expressions see as $this: the item of the innermost loop, or the document. */
struct doc_node map_this(struct map_run *r);

/* The rule's values; a finding where an expression fails. RC_NOMEM, RC_LIMIT. */
enum rc map_read(struct map_run *r, const struct map_rule *rule, struct map_values *out) ZS_CHECK;

enum rc map_values_add(struct map_run *r, struct map_values *vs,
                       const struct map_value *v) ZS_CHECK;

/* ---- run_step.c ---- */

/* Carry out the rule's transforms. *refused: a finding was added, there is nothing to write. */
enum rc map_transform(struct map_run *r, const struct map_rule *rule, struct map_values *vs,
                      bool *refused) ZS_CHECK;

/* ---- run_write.c ---- */

enum rc map_write_begin(struct map_run *r) ZS_CHECK;
enum rc map_write(struct map_run *r, const struct map_rule *rule,
                  const struct map_values *vs) ZS_CHECK;

/* The item is done: what it wrote joins the list. */
enum rc map_write_item(struct map_run *r) ZS_CHECK;

enum rc map_write_end(struct map_run *r, struct map_output *out) ZS_CHECK;

#endif

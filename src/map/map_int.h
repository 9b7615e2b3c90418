/*
 * Inside of the mapping folder: what a compiled mapping is, what its compiler and its run share.
 *
 * Rules are flat: a rule with `each` is followed by the rules inside it, and `next` leads behind
 * them. So a run needs no recursion, only a stack of open loops, DEPTH_MAX deep.
 */
#ifndef ZS_MAP_MAP_INT_H
#define ZS_MAP_MAP_INT_H

#include "fhirpath/fhirpath.h"
#include "hl7/path.h"
#include "json/opt.h"
#include "json/path.h"
#include "map/map.h"
#include "map/transform.h"

#define MAP_DEPTH_MAX   8                   /* `each` inside `each` */
#define MAP_SCRATCH_MAX (256 * 1024 * 1024) /* while compiling; holds a table's file */

/* ---- options as they are read (options.c) ---- */

struct map_rule_conf {
    struct str to;
    const struct json *from; /* a path, or a list of paths */
    struct str expr;
    const struct json *value;
    struct str when;
    const struct json *transform;
    struct str lookup;
    const struct json *dflt;
    bool required;
    struct str each;
    struct opt_list rules; /* struct map_rule_conf */
    bool has_expr, has_to, has_each, has_when, has_lookup, has_rules;
};

struct map_conf {
    struct str name;
    struct str description;
    int from; /* enum map_format */
    int to;
    int base; /* 0 empty, 1 input */
    int null; /* 0 keep, 1 drop */
    struct str offset;
    struct opt_list rules;
};

enum map_missing { MISSING_ERROR, MISSING_KEEP, MISSING_EMPTY, MISSING_DEFAULT };

struct map_table_conf {
    struct str name;
    struct str description;
    const struct json *rows;
    struct str file;
    struct str separator;
    struct opt_strs columns;
    int missing; /* enum map_missing */
    const struct json *dflt;
    bool ignore_case;
    bool has_file;
};

/* ---- compiled ---- */

/* A place that is read: one path in the input's own syntax. */
struct map_from {
    struct str text;
    struct hl7_path hl7;
    struct json_path json;
    bool root; /* JSON: a pointer, from the document even inside an `each` */
};

struct map_rule {
    struct str path;   /* "rules[2].rules[0]" */
    struct str source; /* the path or expression it reads, for findings */
    unsigned line;
    unsigned column;
    size_t pos;

    /* what is read: one of the three */
    const struct map_from *from;
    size_t n_from;
    const struct fp_expr *expr;
    struct map_value value; /* MAP_ABSENT: none */
    const struct fp_expr *when;

    const struct map_step *steps;
    size_t n_steps;
    struct map_value dflt;
    bool required;
    bool joins; /* has a join: looks at all values */

    /* where it is written */
    bool list; /* to: x[] */
    struct json_path to_json;
    struct hl7_path to_hl7;

    /* each */
    bool is_each;
    size_t next; /* the rule behind this one and those inside it */
    unsigned depth;
};

struct map {
    struct str name;
    const char *file;
    enum map_format from;
    enum map_format to;
    bool base_input;
    bool null_drop;
    struct map_offset offset;
    const struct map_rule *rules;
    size_t n_rules;
};

/* ---- tables (table.c) ---- */

enum map_lookup { LOOKUP_FOUND, LOOKUP_MISSED, LOOKUP_REFUSED };

/*
 * The value for a code. FOUND; MISSED with *out as the table's policy has it (the code itself,
 * nothing, the default); REFUSED under missing: error.
 */
enum map_lookup map_table_lookup(const struct map_table *t, struct str code, struct arena *a,
                                 struct map_value *out, enum rc *rc);

const struct map_table *map_tables_find(const struct map_tables *t, struct str name);

/* ---- compiling ---- */

struct map_compiler {
    const struct map_source *src;
    const struct map_tables *tables;
    struct arena *arena; /* of what is compiled */
    struct arena *scratch;
    struct err_list *found;
    const struct json *rule; /* the rule in work, where a part has no place of its own */
    struct str path;         /* of the rule in work */
    bool nomem;
};

/* Where a node of the document stands in its file. */
void map_place(const struct map_source *src, const struct json *v, size_t *pos, unsigned *line,
               unsigned *column);

/* Add a finding at a node of the document (NULL: the rule in work). Returns false. */
bool map_complain(struct map_compiler *c, const struct json *at, const char *id, const char *fmt,
                  ...) ZS_PRINTF(4, 5);

/* No memory: the compiler stops with it. Returns false. */
bool map_no_room(struct map_compiler *c);

/* A table by name, its absence a finding. */
bool map_find_table(struct map_compiler *c, const struct json *at, struct str name,
                    const struct map_table **out);

/* A rule's `transform`: NULL gives none. False: findings. */
bool map_steps_compile(struct map_compiler *c, const struct json *transform, struct str lookup,
                       struct map_rule *out);

/* A scalar or tree of the document as a value of its own in the arena. */
bool map_value_of_json(struct map_compiler *c, const struct json *v, struct map_value *out);

/* Text, number or boolean as a JSON value; absent as NULL. RC_NOMEM, or JSON's refusal. */
enum rc map_value_to_json(const struct map_value *v, struct arena *a, struct json **out,
                          struct err *e) ZS_CHECK;

/* The text of a value that is no tree; null and absent have none. */
struct str map_value_text(const struct map_value *v);

#endif

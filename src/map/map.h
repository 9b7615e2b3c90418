/*
 * Mappings: named rules that turn one document into another.
 *
 *   tables: map_table_compile ─┐
 *   mapping: json nodes ───────┴─ map_compile ──▶ const struct map ──▶ map_run … (any thread)
 *
 * A mapping document is what stands under `mapping:` in the configuration (docs/mapping.md): from,
 * to, base, null, offset, tables and `rules`, each {to, from | expr | value, when, transform,
 * lookup, default, required} or {each, to, rules}. Everything is compiled once; a run parses
 * nothing but its input's values.
 *
 * What is wrong with a mapping is found when it is compiled, all of it, as findings with the rule's
 * path (`rules[2].rules[0]`), line and column. What a message lacks is found when it runs: a
 * required value that is absent, a code no table knows, a value that is no date. Findings name
 * rules and source paths and never hold a value; the values of failed look-ups are handed out apart
 * (struct map_miss), for an answer to someone allowed to see them, not for logs.
 *
 * Memory  a compiled map lies in the arena given and borrows nothing from its document but the
 *         file name.
 * Thread  any; a compiled map is immutable.
 */
#ifndef ZS_MAP_MAP_H
#define ZS_MAP_MAP_H

#include "base/arena.h"
#include "json/errlist.h"
#include "json/json.h"

struct map;
struct map_table;
struct hl7_msg;
struct opt_table;

/* A document of the configuration and where it stood, for findings. */
struct map_source {
    const struct json *doc;
    const char *file; /* NULL: none; borrowed by what is compiled */
    struct str text;  /* the file's text, for line and column; may be empty */
    const char *path; /* where doc stands in the file; NULL or "" when it is a document itself */
};

/* The keys of `mapping:` and `table:` documents: checks, JSON Schema and reference come from them.
 */
extern const struct opt_table map_options;
extern const struct opt_table map_table_options;

/* ---- code tables ---- */

/* Reads a file that a document names (`file: sex.csv`); the caller knows below which directory. */
struct map_loader {
    enum rc (*read)(void *ctx, struct str path, struct arena *a, struct str *out, struct err *e);
    void *ctx;
};

/*
 * Compile one `table:` document. loader may be NULL: then `file` is a finding.
 * Returns RC_VALUE when there were findings (*out untouched), RC_NOMEM, else RC_OK.
 */
enum rc map_table_compile(const struct map_source *src, const struct map_loader *loader,
                          struct arena *a, const struct map_table **out, struct err_list *found,
                          struct err *e) ZS_CHECK;

struct str map_table_name(const struct map_table *t);
size_t map_table_count(const struct map_table *t); /* rows */

/* The tables a mapping may name in `lookup`. Those it does must live as long as the map. */
struct map_tables {
    const struct map_table *const *v;
    size_t n;
    void (*used)(void *ctx,
                 const struct map_table *t); /* told of each that it names; may be NULL */
    void *ctx;
};

/* ---- the mapping ---- */

enum map_format { MAP_HL7V2, MAP_JSON };

/* tables may be NULL. Returns RC_VALUE when there were findings, RC_NOMEM, else RC_OK. */
enum rc map_compile(const struct map_source *src, const struct map_tables *tables, struct arena *a,
                    const struct map **out, struct err_list *found, struct err *e) ZS_CHECK;

struct str map_name(const struct map *m);
enum map_format map_from(const struct map *m);
enum map_format map_to(const struct map *m);

/* ---- running it ---- */

/* The input, parsed: the member that map_from() names is set. */
struct map_input {
    const struct hl7_msg *hl7;
    const struct json *json;
};

struct map_env {
    int64_t now_ms; /* for now() and today() */
};

/* A code that a table did not know. */
struct map_miss {
    struct str rule;
    struct str table;
    struct str value; /* content: for an authorised reader only, never for a log */
    size_t count;
};

struct map_output {
    struct str text;         /* the document's bytes, ready to send */
    const struct json *json; /* and as a tree when map_to() is MAP_JSON, else NULL */
    const struct map_miss *misses;
    size_t n_misses;      /* different ones kept, at most MAP_MISSES_MAX */
    size_t n_misses_more; /* further failed look-ups that did not fit */
};

#define MAP_MISSES_MAX 256

/*
 * Run it. The output lies in `a` and borrows from the input; `found` takes what is wrong with the
 * message (its arena may be `a`).
 *   RC_VALUE  there were findings: required values absent, failed look-ups under `missing: error`,
 *             values a transform or expression refused. *out is set all the same, without them
 *   RC_LIMIT  output or evaluation over a limit
 *   RC_NOMEM  the arena
 */
enum rc map_run(const struct map *m, const struct map_input *in, const struct map_env *env,
                struct arena *a, struct map_output *out, struct err_list *found,
                struct err *e) ZS_CHECK;

#endif

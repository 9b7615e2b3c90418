/*
 * For the tests of this folder: a mapping from YAML text, run on text, and what came of it.
 */
#ifndef ZS_MAP_MAP_TEST_H
#define ZS_MAP_MAP_TEST_H

#include "hl7/hl7.h"

#include "json/yaml.h"

#include "map/map.h"

#include "tests/lib/t.h"

#define MAP_TEST_ARENA (64 * 1024 * 1024)
#define MAP_TEST_NOW   INT64_C(1715941815000) /* 2024-05-17T10:30:15Z */

struct map_trial {
    struct arena *arena;
    const struct map_table *tables[8];
    size_t n_tables;
    const struct map *map;
    struct err_list found; /* of compiling and of the run */
    struct map_output out;
    struct err e;
};

/* All documents of a YAML text: its tables and its mapping. RC as the compilers answer. */
static inline enum rc map_trial_load(struct map_trial *t, const char *yaml)
{
    struct json *docs = NULL;
    struct str text = str_z(yaml);
    *t = (struct map_trial){ .arena = arena_new("trial", 0, MAP_TEST_ARENA) };
    T_TRUE(t->arena != NULL);
    err_list_init(&t->found, t->arena, 100);
    T_OK(yaml_parse(text, &json_default_limits, t->arena, &docs, &t->e), &t->e);
    enum rc rc = RC_OK;
    for (const struct json *d = json_first(docs); rc == RC_OK && d; d = json_next(docs, d)) {
        struct map_source src = { .doc = d, .file = "test.yaml", .text = text };
        if (json_getz(d, "table")) {
            T_TRUE(t->n_tables < ZS_COUNT(t->tables));
            rc = map_table_compile(&src, NULL, t->arena, &t->tables[t->n_tables], &t->found, &t->e);
            t->n_tables += rc == RC_OK;
        } else {
            struct map_tables tables = { .v = t->tables, .n = t->n_tables };
            rc = map_compile(&src, &tables, t->arena, &t->map, &t->found, &t->e);
        }
    }
    return rc;
}

/* Run it on text of the mapping's format. */
static inline enum rc map_trial_run(struct map_trial *t, struct str text)
{
    struct map_input in = { 0 };
    struct json *doc = NULL;
    const struct map_env env = { .now_ms = MAP_TEST_NOW };
    if (map_from(t->map) == MAP_HL7V2) {
        T_OK(hl7_parse(text, NULL, t->arena, &in.hl7, &t->e), &t->e);
    } else {
        T_OK(json_parse(text, &json_default_limits, t->arena, &doc, &t->e), &t->e);
        in.json = doc;
    }
    return map_run(t->map, &in, &env, t->arena, &t->out, &t->found, &t->e);
}

static inline void map_trial_done(struct map_trial *t)
{
    arena_free(&t->arena);
}

/* Findings as "ID path; ID path", for comparing. */
static inline struct str map_trial_found(struct map_trial *t)
{
    struct buf b;
    buf_init_arena(&b, t->arena, 64 * 1024);
    for (size_t i = 0; i < t->found.n; i++)
        buf_fmt(&b, "%s%s %.*s", i ? "; " : "", t->found.v[i].id, STR_ARG(t->found.v[i].path));
    return b.n ? buf_view(&b) : STR("");
}

#endif

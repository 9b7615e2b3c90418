/*
 * Compiling paths and pointers into steps on the stack, for path.c and path_compile.c.
 */
#ifndef ZS_JSON_PATH_INT_H
#define ZS_JSON_PATH_INT_H

#include "json/path.h"

struct path_compiler {
    struct str text;
    size_t at;
    struct arena *a; /* for names with escapes; NULL: room below */
    struct json_step step[JSON_STEPS_MAX];
    size_t n;
    char room[1024];
    size_t used;
};

static inline void path_compiler_init(struct path_compiler *c, struct str text, struct arena *a)
{
    c->text = text;
    c->at = 0;
    c->a = a;
    c->n = 0;
    c->used = 0;
}

enum rc path_compile_steps(struct path_compiler *c, struct err *e) ZS_CHECK;
enum rc pointer_compile_steps(struct path_compiler *c, struct err *e) ZS_CHECK;

#endif

/*
 * Objects by table: which keys are known, missing, given; the kinds of values are in opt_value.c.
 * Sub-objects are put on a list and read later, so a document's depth costs no stack.
 * Tests: opt_test.c
 */
#include "json/json_int.h"
#include "json/opt_int.h"
#include "json/path.h"

#include <stdarg.h>

#define PATH_MAX_BYTES 1024
#define TEXT_MAX_BYTES 1024

void *opt_alloc(struct opt_reading *reading, size_t size, size_t n)
{
    void *p = arena_zero_array(reading->r->arena, size, n);
    if (!p)
        reading->no_memory = true;
    return p;
}

/* --- findings --- */

/* `base`, then `name` and `below` where they are not null, then [index] unless it is SIZE_MAX. */
static struct str path_of(struct opt_reading *reading, struct str base, struct str name,
                          struct str below, size_t index)
{
    struct buf b;
    buf_init_arena(&b, reading->r->arena, PATH_MAX_BYTES);
    buf_str(&b, base);
    if (!str_is_null(name))
        json_path_add_name(&b, name);
    if (!str_is_null(below))
        json_path_add_name(&b, below);
    if (index != SIZE_MAX)
        json_path_add_index(&b, index);
    if (b.failed == RC_NOMEM)
        reading->no_memory = true;
    return buf_view(&b); /* a path over the ceiling stays as far as it goes */
}

/* The byte a finding about node points at: a member's name, else the value. */
static size_t place_of(const struct json *node)
{
    if (!node)
        return ERR_NO_POS;
    uint32_t pos = node->name && node->name_pos != JSON_NO_POS ? node->name_pos : node->pos;
    return pos == JSON_NO_POS ? ERR_NO_POS : pos;
}

static void add_finding(const struct opt_read *r, const struct json *node, struct str path,
                        const char *id, const char *hint, const char *fmt, va_list ap)
    ZS_PRINTF(6, 0);

static void add_finding(const struct opt_read *r, const struct json *node, struct str path,
                        const char *id, const char *hint, const char *fmt, va_list ap)
{
    struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    buf_vfmt(&text, fmt, ap);
    struct finding f = { .file = r->file,
                         .pos = place_of(node),
                         .id = id,
                         .path = path,
                         .text = buf_view(&text),
                         .hint = str_z(hint) };
    if (r->text.n && f.pos != ERR_NO_POS)
        json_place(r->text, f.pos, &f.line, &f.column);
    err_list_add(r->errs, &f);
    buf_done(&text);
}

void opt_report(const struct opt_value *o, const struct json *node, size_t index, const char *id,
                const char *hint, const char *fmt, ...)
{
    if (err_list_full(o->reading->r->errs)) {
        o->reading->r->errs->n_more++;
        return;
    }
    struct str name = o->def ? str_z(o->def->name) : STR_NULL;
    bool is_below = node != o->v && node != o->task->obj && node != o->task->at;
    struct str below = is_below ? json_name(node) : STR_NULL;
    struct str path = path_of(o->reading, o->task->path, name, below, index);
    va_list ap;
    va_start(ap, fmt);
    add_finding(o->reading->r, node ? node : o->task->at, path, id, hint, fmt, ap);
    va_end(ap);
}

void opt_finding(const struct opt_read *r, const struct json *obj, const char *key, const char *id,
                 const char *hint, const char *fmt, ...)
{
    struct opt_reading reading = { .r = r };
    const struct json *member = key ? json_getz(obj, key) : NULL;
    struct str path = path_of(&reading, str_z(r->path), str_z(key), STR_NULL, SIZE_MAX);
    va_list ap;
    va_start(ap, fmt);
    add_finding(r, member ? member : obj, path, id, hint, fmt, ap);
    va_end(ap);
}

/* --- one object --- */

void opt_push(const struct opt_value *o, const struct opt_table *table, const struct json *obj,
              size_t index, void *out, const char *tag)
{
    struct opt_task *task = opt_alloc(o->reading, sizeof *task, 1);
    if (!task)
        return;
    bool from_text = obj->pos != JSON_NO_POS;
    *task = (struct opt_task){
        .next = o->reading->todo,
        .table = table,
        .obj = obj,
        .at = from_text ? obj : o->task->at,
        .out = out,
        .path = path_of(o->reading, o->task->path, str_z(o->def->name), STR_NULL, index),
        .tag = tag,
    };
    o->reading->todo = task;
}

static const struct opt_def *find_def(const struct opt_table *t, struct str name)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_eqz(name, t->def[i].name))
            return &t->def[i];
    return NULL;
}

static void unknown_key(struct opt_reading *reading, const struct opt_task *task,
                        const struct json *member)
{
    const char *names[256];
    size_t n = 0;
    for (; n < task->table->n && n < ZS_COUNT(names); n++)
        names[n] = task->table->def[n].name;
    struct str name = json_name(member);
    /* a hostile object may have very many keys: no search for hints that nobody will see */
    const char *near = err_list_full(reading->r->errs) ? NULL : str_nearest(name, names, n);
    char hint[128] = "";
    struct buf b = { .p = hint, .cap = sizeof hint, .max = sizeof hint - 1 };
    if (near) {
        buf_z(&b, "did you mean \"");
        buf_z(&b, near);
        buf_z(&b, "\"?");
    }
    const struct opt_value o = { .reading = reading, .task = task };
    opt_report(&o, member, SIZE_MAX, "OPT-001", hint, "this key is not known in %s",
               task->table->name);
}

static void read_option(struct opt_reading *reading, const struct opt_task *task,
                        const struct opt_def *def)
{
    const struct json *v = json_getz(task->obj, def->name);
    struct opt_value o = {
        .reading = reading, .task = task, .def = def, .v = v, .to = (char *)task->out + def->at
    };
    if (v && !json_is(v, JSON_NULL)) {
        if (def->seen)
            *(bool *)((char *)task->out + def->seen - 1) = true;
        opt_read_value(&o);
    } else if (def->dflt) {
        bool readable = opt_read_default(&o);
        ZS_ASSERT(readable); /* opt_check_table finds such a row in its owner's test */
    } else if (def->flags & OPT_REQUIRED) {
        opt_report(&o, task->at, SIZE_MAX, "OPT-004", NULL, "this is required and missing");
    }
}

static void read_object(struct opt_reading *reading, const struct opt_task *task)
{
    const struct opt_table *t = task->table;
    if (!json_is(task->obj, JSON_OBJECT)) {
        const struct opt_value o = { .reading = reading, .task = task };
        opt_report(&o, task->obj, SIZE_MAX, "OPT-002", NULL, "this must be an object, not %s",
                   json_type_words(json_type(task->obj)));
        return;
    }
    for (size_t i = 0; i < t->n; i++)
        read_option(reading, task, &t->def[i]);
    JSON_EACH(member, task->obj)
    {
        struct str name = json_name(member);
        if (!find_def(t, name) && !(task->tag && str_eqz(name, task->tag)))
            unknown_key(reading, task, member);
    }
}

static enum rc read_all(struct opt_reading *reading, const struct opt_table *t,
                        const struct json *obj, void *out)
{
    struct opt_task top = { .table = t, .obj = obj, .at = obj, .out = out };
    top.path = str_z(reading->r->path);
    memset(out, 0, t->size);
    read_object(reading, &top);
    while (reading->todo) {
        const struct opt_task *task = reading->todo;
        reading->todo = task->next;
        read_object(reading, task);
    }
    return reading->no_memory ? RC_NOMEM : RC_OK;
}

enum rc opt_decode(const struct opt_table *t, const struct json *obj, const struct opt_read *r,
                   void *out)
{
    struct opt_reading reading = { .r = r };
    size_t before = r->errs->n;
    size_t more_before = r->errs->n_more;
    enum rc rc = read_all(&reading, t, obj, out);
    err_list_sort(r->errs, before);
    if (rc)
        return rc;
    return r->errs->n > before || r->errs->n_more > more_before ? RC_VALUE : RC_OK;
}

enum rc opt_defaults(const struct opt_table *t, struct arena *a, void *out)
{
    static const struct json nothing = { .type = JSON_OBJECT, .pos = JSON_NO_POS };
    struct err_list ignored = { .max = 0 };
    const struct opt_read r = { .arena = a, .errs = &ignored };
    struct opt_reading reading = { .r = &r };
    return read_all(&reading, t, &nothing, out);
}

/*
 * What a snapshot is compiled from: the files as they were read at the start, and the objects in
 * the database. A file that somebody edits meanwhile changes nothing until the next start. Tests:
 * manage_test.c
 */
#include "manage/manage_int.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "crypt/sha.h"

#define SOURCES_MEMORY ((size_t)1024 * 1024 * 1024)
#define FILE_LIMIT     ((size_t)64 * 1024 * 1024)
#define LABEL_NAME_MAX                                                                             \
    200 /* bytes; one that is longer is refused, with its label in the finding                     \
         */

/* ---- the environment of compiling --------------------------------------------------------- */

static const char *lookup(void *ctx, const char *name)
{
    const struct compile *c = ctx;
    return c->m->conf.lookup_env(c->m->conf.env_ctx, name);
}

static enum rc unseal(void *ctx, struct str name, struct arena *wiping, struct str *out,
                      struct err *e)
{
    const struct compile *c = ctx;
    struct confdb_secret sealed;
    struct secret plain;
    enum rc rc = confdb_secret_get(c->m->conf.confdb, name, wiping, &sealed, e);
    if (rc == RC_OK)
        rc = vault_unseal(c->m->conf.vault, name, sealed.sealed, wiping, &plain, e);
    if (rc == RC_OK)
        *out = secret_bytes(plain);
    return rc;
}

struct str give_id(struct manage *m, struct new_id **ids, struct str name, struct arena *a)
{
    struct new_id *id = *ids;
    while (id && !str_eq(id->name, name))
        id = id->next;
    if (!id) {
        struct uuid u;
        id = arena_make(a, struct new_id, 1);
        if (!id)
            return STR_NULL;
        uuid_v4(&u, m->conf.random);
        uuid_text(&u, id->id);
        id->name = arena_str(a, name);
        id->next = *ids;
        *ids = id;
    }
    return str_z(id->id);
}

static enum rc id_of(void *ctx, struct str integration, struct arena *a, struct str *out)
{
    struct compile *c = ctx;
    struct known known;
    if (!index_find(c->m, integration, a, &known) || !str_eq(known.name, integration))
        known.id = arena_str(a, give_id(c->m, &c->ids, integration, c->arena));
    *out = known.id;
    return str_is_null(known.id) ? RC_NOMEM : RC_OK;
}

struct config_env compile_env(struct compile *c)
{
    return (struct config_env){ .connector = c->m->conf.connector,
                                .lookup_env = lookup,
                                .secret = unseal,
                                .id_of = id_of,
                                .ctx = c,
                                .keep_out = c->m->conf.data_dir,
                                .resolve = true };
}

/* ---- the files ---------------------------------------------------------------------------- */

struct sources *sources_ref(struct sources *s)
{
    if (s)
        atomic_fetch_add(&s->refs, 1);
    return s;
}

void sources_unref(struct sources **sp)
{
    struct sources *s = *sp;
    *sp = NULL;
    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    struct arena *a = s->arena;
    arena_free(&a);
}

static struct sources *make(size_t room)
{
    struct arena *a = arena_new("sources", 64 * 1024, SOURCES_MEMORY);
    struct sources *s = a ? arena_make(a, struct sources, 1) : NULL;
    struct source *v = s ? arena_make(a, struct source, room + 1) : NULL;
    if (!v) {
        arena_free(&a);
        return NULL;
    }
    s->arena = a;
    s->v = v;
    atomic_init(&s->refs, 1);
    return s;
}

const struct source *sources_find(const struct sources *s, const char *file)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->v[i].label, file) == 0)
            return &s->v[i];
    return NULL;
}

/* "conf.d/lab.yaml": "conf.d", and "." where there is no directory. */
static const char *dir_of(struct arena *a, const char *file)
{
    struct str path = str_z(file);
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/')
        n--;
    return n ? arena_z(a, str_sub(path, 0, n)) : ".";
}

static bool add(struct sources *s, const char *file, struct str text)
{
    struct source *v = &s->v[s->n];
    v->label = arena_z(s->arena, str_z(file));
    v->dir = dir_of(s->arena, file);
    v->text = arena_str(s->arena, text);
    if (!v->label || !v->dir || str_is_null(v->text))
        return false;
    s->n++;
    return true;
}

enum rc sources_with(const struct sources *s, const char *file, struct str text,
                     struct sources **out, struct err *e)
{
    struct sources *with = make(s->n);
    bool fits = with != NULL;
    for (size_t i = 0; fits && i < s->n; i++)
        fits = add(with, s->v[i].label, strcmp(s->v[i].label, file) == 0 ? text : s->v[i].text);
    if (!fits) {
        sources_unref(&with);
        return manage_nomem(e);
    }
    *out = with;
    return RC_OK;
}

/* Every file that a snapshot has units of. */
static enum rc read_files(const struct config *cfg, struct sources **out, struct err *e)
{
    struct sources *s = make(cfg->n_units);
    if (!s)
        return manage_nomem(e);
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < cfg->n_units; i++) {
        const char *file = cfg->units[i]->file;
        struct str text;
        if (!file || sources_find(s, file))
            continue;
        rc = file_read(file, FILE_LIMIT, s->arena, &text, e);
        if (rc == RC_OK && !add(s, file, text))
            rc = manage_nomem(e);
    }
    if (rc != RC_OK) {
        sources_unref(&s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

/* ---- texts -------------------------------------------------------------------------------- */

struct texts {
    struct config_text *v;
    size_t n;
    struct arena *arena;
};

static const struct change *changed(const struct changes *c, struct str kind, struct str name)
{
    for (size_t i = 0; c && i < c->n; i++)
        if (str_eq(c->v[i].kind, kind) && str_eq(c->v[i].name, name))
            return &c->v[i];
    return NULL;
}

static enum rc add_object(struct texts *t, struct str kind, struct str name, struct str body,
                          struct err *e)
{
    struct buf label;
    struct str shown = utf8_cut(name, LABEL_NAME_MAX);
    buf_init_arena(&label, t->arena, 1024);
    buf_fmt(&label, "api:%.*s/%.*s", STR_ARG(kind), STR_ARG(shown));
    const char *z = buf_cstr(&label);
    if (!z)
        return manage_nomem(e);
    t->v[t->n++] = (struct config_text){ .kind = kind, .name = name, .text = body, .label = z };
    return RC_OK;
}

static enum rc add_objects(const struct compile *c, struct texts *t,
                           const struct confdb_object *objects, size_t n, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        if (str_eq(objects[i].origin, STR("api")) &&
            !changed(c->changes, objects[i].kind, objects[i].name))
            rc = add_object(t, objects[i].kind, objects[i].name, objects[i].doc, e);
    for (size_t i = 0; rc == RC_OK && c->changes && i < c->changes->n; i++) {
        const struct change *ch = &c->changes->v[i];
        if (!ch->file && !str_is_null(ch->body))
            rc = add_object(t, ch->kind, ch->name, ch->body, e);
    }
    return rc;
}

static enum rc gather(const struct compile *c, struct texts *t, struct err *e)
{
    struct confdb_object *objects = NULL;
    size_t n = 0;
    size_t n_files = c->sources ? c->sources->n : 0;
    enum rc rc = confdb_list(c->m->conf.confdb, STR_NULL, t->arena, &objects, &n, e);
    if (rc != RC_OK)
        return rc;
    t->v = arena_make(t->arena, struct config_text,
                      n_files + n + (c->changes ? c->changes->n : 0) + 1);
    if (!t->v)
        return manage_nomem(e);
    for (size_t i = 0; i < n_files; i++) {
        const struct source *s = &c->sources->v[i];
        t->v[t->n++] = (struct config_text){
            .kind = STR_NULL, .text = s->text, .label = s->label, .dir = s->dir
        };
    }
    return add_objects(c, t, objects, n, e);
}

static enum rc load(struct compile *c, const char *const *paths, size_t n_paths,
                    struct config **out, struct err_list *found, struct err *e)
{
    struct texts t = { .arena = arena_new("texts", 0, SOURCES_MEMORY) };
    if (!t.arena)
        return manage_nomem(e);
    enum rc rc = gather(c, &t, e);
    struct config_sources src = {
        .paths = paths, .n_paths = n_paths, .texts = t.v, .n_texts = t.n, .previous = c->previous
    };
    struct config_env env = compile_env(c);
    if (rc == RC_OK)
        rc = config_load(&src, &env, out, found, e);
    arena_free(&t.arena);
    return rc;
}

enum rc compile_config(struct compile *c, struct config **out, struct err_list *found,
                       struct err *e)
{
    return load(c, NULL, 0, out, found, e);
}

/* What is compiled the second time is what was read, whatever becomes of the files. */
enum rc compile_first(struct compile *c, struct config **out, struct err_list *found, struct err *e)
{
    struct config *first = NULL;
    enum rc rc = load(c, c->m->conf.paths, c->m->conf.n_paths, &first, found, e);
    if (rc != RC_OK)
        return rc;
    ZS_ASSERT(first);
    rc = read_files(first, &c->sources, e);
    c->previous = first;
    if (rc == RC_OK)
        rc = load(c, NULL, 0, out, found, e);
    c->previous = NULL;
    config_unref(&first);
    return rc;
}

/* ---- documents ---------------------------------------------------------------------------- */

enum rc body_of(const struct json *doc, const char *kind, struct arena *a, struct str *out,
                struct err *e)
{
    struct json *copy = NULL;
    struct buf b;
    enum rc rc = json_copy(a, doc, &copy, e);
    if (rc != RC_OK)
        return rc;
    const char *const own[] = { kind, strcmp(kind, "integration") == 0 ? "name" : kind };
    for (size_t i = 0; i < ZS_COUNT(own); i++) {
        struct json *member = json_getz(copy, own[i]);
        if (member)
            json_remove(copy, member);
    }
    buf_init_arena(&b, a, MANAGE_DOC_MAX);
    rc = json_write(&b, copy, JSON_COMPACT, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}

enum rc unit_body(const struct config_unit *u, struct arena *a, struct str *out, struct err *e)
{
    return body_of(u->doc, u->kind, a, out, e);
}

void hash_text(struct str text, struct arena *a, struct str *hex)
{
    uint8_t hash[SHA256_BYTES];
    struct buf b;
    sha256_once(text, hash);
    buf_init_arena(&b, a, 2 * SHA256_BYTES);
    buf_hex(&b, hash, sizeof hash);
    *hex = buf_view(&b);
}

/*
 * Objects of files: what they are at the start is compared with what they were at the last one;
 * and, where engine.writeBack allows it, changes are written into the file an object came from.
 * Comments of that file are lost then; a file that somebody edited since the start is left alone.
 * Tests: files_test.c
 */
#include "manage/manage_int.h"

#include "base/file.h"
#include "manage/document.h"

#include <errno.h>
#include <sys/stat.h>

#define SYNC_MEMORY ((size_t)1024 * 1024 * 1024)

/* ---- at the start ------------------------------------------------------------------------- */

struct sync {
    struct manage *m;
    struct arena *arena;
    struct new_id *ids; /* that compiling gave */
    struct commit commit;
    struct confdb_object *had; /* what the database holds */
    size_t n_had;
};

static const struct confdb_object *had(const struct sync *s, struct str kind, struct str name)
{
    for (size_t i = 0; i < s->n_had; i++)
        if (str_eq(s->had[i].kind, kind) && str_eq(s->had[i].name, name))
            return &s->had[i];
    return NULL;
}

static enum rc compare_unit(struct sync *s, const struct config_unit *u, bool *changed,
                            struct err *e)
{
    struct str body = STR_NULL;
    const struct confdb_object *old = had(s, str_z(u->kind), u->name);
    enum rc rc = unit_body(u, s->arena, &body, e);
    *changed = !old || !str_eq(old->doc, body);
    if (rc != RC_OK || !*changed)
        return rc;
    s->commit.changes.v[s->commit.changes.n++] =
        (struct change){ .kind = str_z(u->kind),
                         .name = u->name,
                         .body = body,
                         .file = u->file,
                         .verb = old ? "config.change" : "config.create",
                         .hash = old ? old->hash : STR_NULL,
                         .seen = old ? old->version : 0 };
    return RC_OK;
}

/* The record of one that is new or changed: the background initializes it. */
static enum rc plan_record(struct sync *s, const struct config_integration *in, bool changed,
                           struct err *e)
{
    struct known k = { .life = LIFE_INITIALIZING };
    struct record_change *rec = &s->commit.records[s->commit.n_records];
    bool known = index_find(s->m, in->name, s->arena, &k);
    struct str id = known ? k.id : give_id(s->m, &s->ids, in->name, s->arena), text = STR_NULL;
    if (known && !changed)
        return RC_OK;
    if (str_is_null(id))
        return manage_nomem(e);
    enum life life = known && k.life == LIFE_PAUSED ? LIFE_PAUSED : LIFE_INITIALIZING;
    enum rc rc = initial_record(s->m, in, id, STR("file"), s->arena, &text, e);
    if (rc == RC_OK)
        rc = record_restate(text, life, STR_NULL, STR_NULL, s->arena, &rec->record.record, e);
    rec->record.id = id;
    rec->record.name = in->name;
    rec->record.status = str_z(life_name(life));
    rec->type = config_type_name((enum config_type)in->type);
    s->commit.n_records++;
    return rc;
}

static enum rc compare_all(struct sync *s, struct err *e)
{
    const struct config *c = s->m->config;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < c->n_units; i++) {
        const struct config_unit *u = c->units[i];
        bool changed = false;
        if (u->file)
            rc = compare_unit(s, u, &changed, e);
        if (rc == RC_OK && strcmp(u->kind, "integration") == 0)
            rc = plan_record(s, u->made.integration, changed, e);
    }
    return rc;
}

/* What stood in a file at the last start and does not any more. */
static enum rc find_gone(struct sync *s, struct err *e)
{
    for (size_t i = 0; i < s->n_had; i++) {
        const struct confdb_object *o = &s->had[i];
        struct known k;
        if (!str_eq(o->origin, STR("file")) || find_unit(s->m->config, o->kind, o->name))
            continue;
        s->commit.changes.v[s->commit.changes.n++] = (struct change){ .kind = o->kind,
                                                                      .name = o->name,
                                                                      .file = "",
                                                                      .verb = "config.delete",
                                                                      .hash = o->hash,
                                                                      .seen = o->version };
        if (!str_eq(o->kind, STR("integration")) || !index_find(s->m, o->name, s->arena, &k))
            continue;
        s->commit.records[s->commit.n_records++] =
            (struct record_change){ .record = { .id = arena_str(s->arena, k.id), .name = o->name },
                                    .remove = true };
    }
    (void)e;
    return RC_OK;
}

static enum rc index_records(struct sync *s, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < s->commit.n_records; i++) {
        const struct record_change *rec = &s->commit.records[i];
        struct known k = { .id = rec->record.id,
                           .name = rec->record.name,
                           .type = rec->type,
                           .life = life_parse(rec->record.status) };
        if (rec->remove)
            index_remove(s->m, k.name);
        else
            rc = index_put(s->m, &k, e);
    }
    for (size_t i = 0; rc == RC_OK && i < s->m->config->n_integrations; i++) {
        const struct config_integration *in = s->m->config->integrations[i];
        struct entry *en = index_entry(s->m, in->name);
        ZS_ASSERT(en);
        en->runs = true;
        en->type = config_type_name((enum config_type)in->type);
    }
    return rc;
}

static enum rc compare(struct sync *s, struct err *e)
{
    enum rc rc = confdb_list(s->m->conf.confdb, STR_NULL, s->arena, &s->had, &s->n_had, e);
    size_t max = s->m->config->n_units + s->n_had + 1;
    if (rc != RC_OK)
        return rc;
    s->commit.actor = STR("file");
    s->commit.peer = STR("");
    s->commit.changes.v = arena_make(s->arena, struct change, max);
    s->commit.records = arena_make(s->arena, struct record_change, max);
    if (!s->commit.changes.v || !s->commit.records)
        return manage_nomem(e);
    rc = compare_all(s, e);
    if (rc == RC_OK)
        rc = find_gone(s, e);
    if (rc == RC_OK && s->commit.changes.n + s->commit.n_records > 0)
        rc = commit_write(s->m, &s->commit, s->arena, e);
    if (rc == RC_OK && s->commit.config_version)
        s->m->config_version = s->commit.config_version;
    return rc == RC_OK ? index_records(s, e) : rc;
}

enum rc files_sync(struct manage *m, struct new_id *ids, struct err *e)
{
    struct sync s = { .m = m, .ids = ids, .arena = arena_new("files", 0, SYNC_MEMORY) };
    if (!s.arena)
        return manage_nomem(e);
    enum rc rc = compare(&s, e);
    arena_free(&s.arena);
    return rc;
}

/* ---- writing back ------------------------------------------------------------------------- */

static struct json *find_document(struct json *docs, const char *kind, struct str name)
{
    for (struct json *d = json_first(docs); d; d = json_next(docs, d))
        if (str_eq(json_text(json_getz(d, kind)), name))
            return d;
    return NULL;
}

static enum rc change_document(struct run *r, const struct change *ch, struct json *docs,
                               struct err *e)
{
    const char *kind = arena_z(r->arena, ch->kind);
    struct json *old = kind ? find_document(docs, kind, ch->name) : NULL, *new = NULL;
    if (!kind)
        return manage_nomem(e);
    if (!old)
        return err_set(e, RC_STATE, "MNG-012", "%s holds it no longer", ch->file);
    if (str_is_null(ch->body)) {
        json_remove(docs, old);
        return RC_OK;
    }
    enum rc rc = document_make(ch->kind, ch->name, ch->body, r->arena, &new, e);
    if (rc == RC_OK)
        json_replace(docs, old, new);
    return rc;
}

enum rc files_change(struct run *r, const struct change *ch, struct err *e)
{
    const struct source *src = sources_find(r->sources, ch->file);
    struct sources *with = NULL;
    struct json *docs = NULL;
    struct buf b;
    if (!src)
        return err_set(e, RC_STATE, "MNG-012", "%s is not read by this engine", ch->file);
    enum document_form form = document_form_of_file(ch->file);
    enum rc rc = document_parse(src->text, form, r->arena, &docs, e);
    if (rc == RC_OK)
        rc = change_document(r, ch, docs, e);
    buf_init_arena(&b, r->arena, 4 * MANAGE_DOC_MAX);
    if (rc == RC_OK)
        rc = document_write(docs, form, &b, e);
    if (rc == RC_OK)
        rc = sources_with(r->sources, ch->file, buf_view(&b), &with, e);
    if (rc != RC_OK)
        return rc;
    sources_unref(&r->sources);
    r->sources = with;
    return RC_OK;
}

/* Was this file written for an earlier change of the same run? */
static bool is_written(const struct run *r, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        const char *file = r->commit.changes.v[k].file;
        if (file && strcmp(file, r->commit.changes.v[i].file) == 0)
            return true;
    }
    return false;
}

static enum rc write_file(struct run *r, const char *file, struct err *e)
{
    struct sources *was = manage_current_sources(r->m);
    const struct source *old = sources_find(was, file), *new = sources_find(r->sources, file);
    struct str now = STR_NULL;
    struct stat st;
    enum rc rc = RC_OK;
    if (stat(file, &st) != 0)
        rc = err_sys(e, "MNG-012", errno, "cannot write %s", file);
    if (rc == RC_OK)
        rc = file_read(file, old->text.n + 1, r->arena, &now, e);
    if (rc == RC_LIMIT || (rc == RC_OK && !str_eq(now, old->text)))
        rc = err_set(e, RC_STATE, "MNG-012",
                     "%s was changed since the engine read it: restart the engine to take it up",
                     file);
    if (rc == RC_OK)
        rc = file_write_atomic(file, new->text, st.st_mode & 0777, e);
    sources_unref(&was);
    return rc;
}

enum rc files_write(struct run *r, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < r->commit.changes.n; i++) {
        const char *file = r->commit.changes.v[i].file;
        if (file && !is_written(r, i))
            rc = write_file(r, file, e);
    }
    return rc;
}

/*
 * Apply: documents as in files, compared with what there is and brought in force as one change, or
 * only compared. Export: the objects as such documents. Tests: apply_test.c
 */
#include "manage/manage_int.h"

#include "base/timefmt.h"
#include "manage/diff.h"
#include "manage/document.h"

#define DOCS_MAX 10000

/* One line of the answer; what it changes is in r->commit. */
struct planned {
    struct change change;
    const char *action;
};

struct plan {
    struct planned *v;
    size_t n;
};

/* ---- what is asked for -------------------------------------------------------------------- */

static enum rc plan_document(struct run *r, const struct json *doc, struct plan *p, struct err *e)
{
    const char *kind = document_kind(doc);
    if (!kind)
        return err_set(e, RC_VALUE, "MNG-011",
                       "document %zu is of no known kind: begin it with integration, channel, "
                       "mapping or table",
                       p->n + 1);
    struct change *ch = &p->v[p->n++].change;
    ch->kind = str_z(kind);
    ch->name = json_text(json_getz(doc, kind));
    return body_of(doc, kind, r->arena, &ch->body, e);
}

static enum rc read_documents(struct run *r, struct plan *p, struct err *e)
{
    struct json *docs = NULL;
    enum rc rc = document_parse(r->op->doc, document_form_of_text(r->op->doc), r->arena, &docs, e);
    if (rc != RC_OK)
        return rc;
    if (json_count(docs) > DOCS_MAX)
        return err_set(e, RC_LIMIT, "MNG-017", "at most %d documents at once", DOCS_MAX);
    p->v = arena_make(r->arena, struct planned, json_count(docs) + 1);
    if (!p->v)
        return manage_nomem(e);
    JSON_EACH(doc, docs)
    {
        rc = plan_document(r, doc, p, e);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static bool is_named(const struct plan *p, const struct confdb_object *o)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->v[i].change.kind, o->kind) && str_eq(p->v[i].change.name, o->name))
            return true;
    return false;
}

/* Objects of the API that no document names go. */
static enum rc plan_prune(struct run *r, struct plan *p, struct err *e)
{
    struct confdb_object *list = NULL;
    size_t n = 0;
    enum rc rc = confdb_list(r->m->conf.confdb, STR_NULL, r->arena, &list, &n, e);
    if (rc != RC_OK)
        return rc;
    struct planned *v = arena_make(r->arena, struct planned, p->n + n + 1);
    if (!v)
        return manage_nomem(e);
    memcpy(v, p->v, p->n * sizeof *v);
    struct plan named = *p;
    p->v = v;
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].origin, STR("api")) && !is_named(&named, &list[i]))
            v[p->n++].change = (struct change){ .kind = list[i].kind, .name = list[i].name };
    return RC_OK;
}

/* What is in a file stays as it is there; the same text again is no change. */
static enum rc look_up(struct run *r, struct planned *p, struct err *e)
{
    struct change *ch = &p->change;
    enum rc rc = change_look_up(r->m, ch, r->arena, e);
    bool same = ch->seen && !str_is_null(ch->body) && str_eq(ch->old, ch->body);
    p->action = same                    ? "unchanged"
                : str_is_null(ch->body) ? "delete"
                : ch->seen              ? "update"
                                        : "create";
    if (same)
        return RC_OK;
    if (rc == RC_OK && str_eq(ch->kind, STR("engine")))
        return err_set(e, RC_VALUE, "MNG-011", "the engine's own settings stand in its files only");
    if (rc != RC_OK)
        err_where(e, "%.*s/%.*s", STR_ARG(ch->kind), STR_ARG(ch->name));
    return rc;
}

static enum rc plan_changes(struct run *r, struct plan *p, struct err *e)
{
    struct changes *c = &r->commit.changes;
    c->v = arena_make(r->arena, struct change, p->n + 1);
    if (!c->v)
        return manage_nomem(e);
    for (size_t i = 0; i < p->n; i++) {
        enum rc rc = look_up(r, &p->v[i], e);
        if (rc != RC_OK)
            return rc;
        if (strcmp(p->v[i].action, "unchanged") != 0)
            c->v[c->n++] = p->v[i].change;
    }
    return RC_OK;
}

/* ---- records of integrations -------------------------------------------------------------- */

/* One that is known already was made when and by whom its record says. */
static enum rc keep_creation(struct manage *m, struct record_parts *p, struct arena *a,
                             struct err *e)
{
    struct confdb_record old;
    struct json *doc = NULL;
    enum rc rc = confdb_record_get(m->conf.confdb, p->id, a, &old, e);
    if (rc == RC_MISSING)
        return RC_OK;
    if (rc == RC_OK)
        rc = json_parse(old.record, &json_default_limits, a, &doc, e);
    const struct json *meta = json_getz(doc, "metadata");
    p->created_at = json_str_or(json_getz(meta, "createdAt"), p->created_at);
    p->created_by = json_str_or(json_getz(meta, "createdBy"), p->created_by);
    return rc;
}

enum rc initial_record(struct manage *m, const struct config_integration *in, struct str id,
                       struct str by, struct arena *a, struct str *out, struct err *e)
{
    struct compile c = { .m = m, .arena = a };
    struct config_env env = compile_env(&c);
    struct config_validation checked = { .valid = true };
    char now[TIME_ISO_SIZE];
    struct str body = STR_NULL;
    struct json *doc = NULL;
    time_iso(clock_now_ms(m->conf.clock), now);
    enum rc rc = unit_body(in->unit, a, &body, e);
    if (rc == RC_OK)
        rc = document_make(STR("name"), in->name, body, a, &doc, e);
    if (rc == RC_OK)
        rc = config_validate(doc, &env, a, &checked, e);
    struct record_parts p = { .id = id,
                              .name = in->name,
                              .doc = doc,
                              .in = in,
                              .checked = &checked,
                              .configured = true,
                              .error = STR_NULL,
                              .created_at = arena_str(a, str_z(now)),
                              .created_by = by,
                              .status = life_name(LIFE_INITIALIZING) };
    if (rc == RC_OK)
        rc = keep_creation(m, &p, a, e);
    return rc == RC_OK ? record_write(&p, a, out, e) : rc;
}

/* A changed one begins anew, but stays paused where it was. */
static enum rc plan_record(struct run *r, const struct change *ch, struct err *e)
{
    struct record_change *rec = &r->commit.records[r->commit.n_records];
    struct known k = { .id = STR_NULL, .life = LIFE_INITIALIZING };
    const struct config_integration *in = config_integration(r->next, ch->name);
    bool known = index_find(r->m, ch->name, r->arena, &k);
    struct str id = known ? k.id : STR_NULL, text = STR_NULL;
    enum life life = known && k.life == LIFE_PAUSED ? LIFE_PAUSED : LIFE_INITIALIZING;
    rec->remove = str_is_null(ch->body);
    if (!known && !rec->remove)
        id = give_id(r->m, &r->ids, ch->name, r->arena);
    if (str_is_null(id))
        return manage_nomem(e);
    rec->record.id = id;
    rec->record.name = ch->name;
    r->commit.n_records++;
    if (rec->remove)
        return RC_OK;
    ZS_ASSERT(in);
    enum rc rc = initial_record(r->m, in, id, r->actor, r->arena, &text, e);
    if (rc == RC_OK)
        rc = record_restate(text, life, STR_NULL, STR_NULL, r->arena, &rec->record.record, e);
    rec->record.status = str_z(life_name(life));
    rec->type = config_type_name((enum config_type)in->type);
    return rc;
}

static enum rc plan_records(struct run *r, struct err *e)
{
    struct commit *c = &r->commit;
    enum rc rc = RC_OK;
    c->records = arena_make(r->arena, struct record_change, c->changes.n + 1);
    if (!c->records)
        return manage_nomem(e);
    for (size_t i = 0; rc == RC_OK && i < c->changes.n; i++)
        if (str_eq(c->changes.v[i].kind, STR("integration")))
            rc = plan_record(r, &c->changes.v[i], e);
    return rc;
}

/* ---- the answer --------------------------------------------------------------------------- */

static enum rc put_planned(struct run *r, const struct planned *p, struct jw *w, struct err *e)
{
    jw_object(w);
    jw_kstr(w, "kind", p->change.kind);
    jw_kstr(w, "name", p->change.name);
    jw_kstrz(w, "action", p->action);
    jw_keyz(w, "diff");
    enum rc rc = RC_OK;
    if (strcmp(p->action, "unchanged") == 0)
        jw_array(w), jw_end(w);
    else
        rc = diff_write(p->change.old, p->change.body, r->arena, w, e);
    jw_end(w);
    return rc;
}

static enum rc answer_plan(struct run *r, const struct plan *p, struct err *e)
{
    struct buf b;
    struct jw w;
    enum rc rc = RC_OK;
    buf_init_arena(&b, r->op->arena, 4 * MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_keyz(&w, "changes");
    jw_array(&w);
    for (size_t i = 0; rc == RC_OK && i < p->n; i++)
        rc = put_planned(r, &p->v[i], &w, e);
    jw_end(&w);
    jw_kbool(&w, "applied", !r->op->dry_run);
    jw_end(&w);
    if (rc == RC_OK)
        rc = jw_done(&w, e);
    if (rc == RC_OK)
        r->op->answer = buf_view(&b);
    return rc;
}

static enum rc commit_apply(struct run *r, struct err *e)
{
    struct plan p = { .v = NULL };
    enum rc rc = read_documents(r, &p, e);
    if (rc == RC_OK && r->op->prune)
        rc = plan_prune(r, &p, e);
    if (rc == RC_OK)
        rc = plan_changes(r, &p, e);
    if (rc == RC_OK && r->commit.changes.n > 0)
        rc = turn_compile(r, e);
    if (rc == RC_VALUE && err_list_any(&r->found))
        return answer_findings(r, e);
    if (rc == RC_OK)
        rc = answer_plan(r, &p, e);
    if (rc != RC_OK || r->op->dry_run || r->commit.changes.n == 0) {
        r->commit.changes.n = 0;
        return rc;
    }
    rc = plan_records(r, e);
    return rc == RC_OK ? commit_run(r, e) : rc;
}

static void apply(struct run *r)
{
    r->rc = commit_apply(r, &r->err);
}

/* Secrets sealed for an integration that names them no more, pauses of channels that went. */
static void clean(struct run *r)
{
    for (size_t i = 0; r->rc == RC_OK && i < r->commit.changes.n; i++) {
        const struct change *ch = &r->commit.changes.v[i];
        if (str_eq(ch->kind, STR("channel")) && str_is_null(ch->body))
            pause_forget(r->m, ch->name, r->arena);
        if (str_eq(ch->kind, STR("integration")) && ch->old.n > 0)
            seal_sweep(r->m, ch->name, (struct seal_texts){ &ch->old, 1 },
                       (struct seal_texts){ &ch->body, 1 }, r->arena);
    }
}

const struct step apply_steps[] = { { STEP_TURN, NULL },
                                    { STEP_POOL, apply },
                                    { STEP_LOOP, turn_in_force },
                                    { STEP_CLEAN, clean },
                                    { STEP_END, NULL } };

/* ---- export ------------------------------------------------------------------------------- */

static enum rc gather(struct run *r, struct json *docs, struct err *e)
{
    static const char *const order[] = { "table", "mapping", "integration", "channel" };
    enum rc rc = RC_OK;
    for (size_t k = 0; rc == RC_OK && k < ZS_COUNT(order); k++) {
        struct confdb_object *list = NULL;
        size_t n = 0;
        rc = confdb_list(r->m->conf.confdb, str_z(order[k]), r->arena, &list, &n, e);
        for (size_t i = 0; rc == RC_OK && i < n; i++) {
            struct json *doc = NULL;
            if (!r->op->all && !str_eq(list[i].origin, STR("api")))
                continue;
            rc = document_make(list[i].kind, list[i].name, list[i].doc, r->arena, &doc, e);
            if (rc == RC_OK)
                rc = json_append(docs, doc, e);
        }
    }
    return rc;
}

static void export(struct run *r)
{
    struct json *docs = json_make_array(r->arena);
    struct buf b;
    buf_init_arena(&b, r->op->arena, 16 * MANAGE_DOC_MAX);
    r->rc = docs ? gather(r, docs, &r->err) : manage_nomem(&r->err);
    if (r->rc == RC_OK)
        r->rc = document_write(docs, DOCUMENT_YAML, &b, &r->err);
    if (r->rc == RC_OK)
        r->op->answer = b.n > 0 ? buf_view(&b) : STR("");
}

const struct step export_steps[] = { { STEP_POOL, export }, { STEP_END, NULL } };

/*
 * Channels, mappings and tables: put and delete; delete of integrations too. Tests: manage_test.c
 */
#include "manage/manage_int.h"

static bool is_kind(struct str kind)
{
    static const char *const kinds[] = { "channel", "mapping", "table" };
    for (size_t i = 0; i < ZS_COUNT(kinds); i++)
        if (str_eqz(kind, kinds[i]))
            return true;
    return false;
}

static enum rc no_such(struct run *r, struct err *e)
{
    return err_set(e, RC_MISSING, "MNG-003", "there is no %.*s of this name", STR_ARG(r->op->kind));
}

/* All findings, for who can read them; the first one is the error. */
enum rc answer_findings(struct run *r, struct err *e)
{
    struct buf b;
    struct jw w;
    struct err ignored;
    buf_init_arena(&b, r->op->arena, MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    err_list_json(&r->found, &w);
    if (jw_done(&w, &ignored) == RC_OK)
        r->op->answer = buf_view(&b);
    return err_list_rc(&r->found, e);
}

static enum rc first_change(struct run *r, struct change **out, struct err *e)
{
    struct change *ch = arena_make(r->arena, struct change, 1);
    if (!ch)
        return manage_nomem(e);
    ch->kind = r->op->kind;
    ch->name = r->name;
    r->commit.changes = (struct changes){ .v = ch, .n = 1 };
    *out = ch;
    return RC_OK;
}

/* ---- put ---------------------------------------------------------------------------------- */

static enum rc read_put(struct run *r, struct change *ch, struct err *e)
{
    enum rc rc = json_parse(r->op->doc, &json_default_limits, r->arena, &r->doc, e);
    if (rc == RC_OK && !json_is(r->doc, JSON_OBJECT))
        rc = err_set(e, RC_SYNTAX, "MNG-009", "a %.*s is a JSON object", STR_ARG(ch->kind));
    if (rc != RC_OK)
        return rc;
    const char *kind = arena_z(r->arena, ch->kind);
    const struct json *own = kind ? json_getz(r->doc, kind) : NULL;
    if (own && !str_eq(json_text(own), ch->name))
        return err_set(e, RC_VALUE, "MNG-009", "the name in the document is another than its");
    return kind ? body_of(r->doc, kind, r->arena, &ch->body, e) : manage_nomem(e);
}

static enum rc commit_put(struct run *r, struct err *e)
{
    struct change *ch = NULL;
    r->name = r->op->name;
    if (!is_kind(r->op->kind))
        return err_set(e, RC_VALUE, "MNG-011", "a channel, mapping or table can be put");
    enum rc rc = first_change(r, &ch, e);
    if (rc == RC_OK)
        rc = read_put(r, ch, e);
    if (rc == RC_OK)
        rc = change_look_up(r->m, ch, r->arena, e);
    if (rc == RC_OK)
        rc = change_check_seen(ch, r->op->seen, e);
    if (rc != RC_OK)
        return rc;
    r->created = ch->seen == 0;
    if (str_eq(ch->old, ch->body)) {
        r->commit.changes.n = 0;
        return RC_OK;
    }
    rc = turn_compile(r, e);
    if (rc == RC_VALUE)
        return answer_findings(r, e);
    return rc == RC_OK ? commit_run(r, e) : rc;
}

static void put(struct run *r)
{
    r->rc = commit_put(r, &r->err);
}

static void answer(struct run *r)
{
    r->rc = manage_object(r->m, r->op->kind, r->name, r->op->arena, &r->op->answer, &r->version,
                          &r->err);
}

const struct step put_steps[] = { { STEP_TURN, NULL },
                                  { STEP_POOL, put },
                                  { STEP_LOOP, turn_in_force },
                                  { STEP_POOL, answer },
                                  { STEP_END, NULL } };

/* ---- delete ------------------------------------------------------------------------------- */

/* Its record goes with it; without an object there is only that. */
static enum rc plan_integration(struct run *r, struct err *e)
{
    struct confdb_record old;
    struct record_change *rec = arena_make(r->arena, struct record_change, 1);
    if (!rec)
        return manage_nomem(e);
    if (!index_find(r->m, r->op->name, r->arena, &r->known))
        return not_found(r->op->name, e);
    r->id = r->known.id;
    r->name = r->known.name;
    enum rc rc = confdb_record_get(r->m->conf.confdb, r->id, r->arena, &old, e);
    if (rc != RC_OK && rc != RC_MISSING)
        return rc;
    r->old_record = rc == RC_OK ? old.record : STR_NULL;
    rec->record = (struct confdb_record){ .id = r->id, .name = r->name };
    rec->remove = true;
    r->commit.records = rec;
    r->commit.n_records = 1;
    return RC_OK;
}

/* Without it the rest does not compile: the first finding says who needs it. */
static enum rc is_used(struct run *r, struct err *e)
{
    if (r->found.n == 0)
        return err_list_rc(&r->found, e);
    const struct finding *f = &r->found.v[0];
    struct str by = str_z(f->file);
    if (str_starts(by, STR("api:")))
        by = str_from(by, 4);
    return err_set(e, RC_STATE, "MNG-004", "it is used by %.*s (%.*s)", STR_ARG(by),
                   STR_ARG(f->path));
}

static enum rc commit_delete(struct run *r, struct err *e)
{
    struct change *ch = NULL;
    bool integration = str_eq(r->op->kind, STR("integration"));
    r->name = r->op->name;
    if (!integration && !is_kind(r->op->kind))
        return no_such(r, e);
    enum rc rc = integration ? plan_integration(r, e) : RC_OK;
    if (rc == RC_OK)
        rc = first_change(r, &ch, e);
    if (rc == RC_OK)
        rc = change_look_up(r->m, ch, r->arena, e);
    if (rc == RC_OK)
        rc = change_check_seen(ch, r->op->seen, e);
    if (rc != RC_OK)
        return rc;
    if (ch->seen == 0) {
        if (!integration)
            return no_such(r, e);
        r->commit.changes.n = 0; /* a record alone */
        rc = commit_act(r, "config.delete", NULL, e);
        return rc == RC_OK ? commit_run(r, e) : rc;
    }
    rc = turn_compile(r, e);
    if (rc == RC_VALUE)
        return is_used(r, e);
    return rc == RC_OK ? commit_run(r, e) : rc;
}

static void delete (struct run *r)
{
    r->rc = commit_delete(r, &r->err);
}

static void clean(struct run *r)
{
    if (r->rc != RC_OK || !r->commit.changes.v)
        return;
    struct str was[] = { r->old_record, r->commit.changes.v[0].old };
    if (str_eq(r->op->kind, STR("integration")))
        seal_sweep(r->m, r->name, (struct seal_texts){ was, ZS_COUNT(was) },
                   (struct seal_texts){ NULL, 0 }, r->arena);
    if (str_eq(r->op->kind, STR("channel")))
        pause_forget(r->m, r->name, r->arena);
}

const struct step delete_steps[] = { { STEP_TURN, NULL },
                                     { STEP_POOL, delete },
                                     { STEP_LOOP, turn_in_force },
                                     { STEP_CLEAN, clean },
                                     { STEP_END, NULL } };

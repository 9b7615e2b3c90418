/*
 * initializeIntegration: validate, credentials, endpoints, mappings, connectivity, each as the
 * guide has it; what fails is stored with its error. REPLACE is the same for one that exists.
 *
 * A document that compiles becomes an object, reachable or not, so that channels can use it and it
 * is probed until it answers. One that does not compile is a record alone, and leaves an object
 * that runs under that name as it is. Tests: init_test.c
 */
#include "manage/manage_int.h"

#include "base/timefmt.h"

#define NAME_MAX_BYTES 100 /* of an integration, as config has it */

/* ---- before the turn ---------------------------------------------------------------------- */

static enum rc read_document(struct run *r, struct err *e)
{
    enum rc rc = json_parse(r->op->doc, &json_default_limits, r->arena, &r->doc, e);
    if (rc != RC_OK)
        return rc;
    if (!json_is(r->doc, JSON_OBJECT))
        return err_set(e, RC_SYNTAX, "MNG-009", "an integration is a JSON object");
    return RC_OK;
}

static void make_id(struct run *r)
{
    char text[UUID_TEXT_SIZE];
    struct uuid u;
    uuid_v4(&u, r->m->conf.random);
    uuid_text(&u, text);
    r->id = arena_str(r->arena, str_z(text));
}

/* What has no name that can be kept is stored under its id. */
static void take_name(struct run *r)
{
    const struct json *name = json_getz(r->doc, "name");
    struct str text = json_is(name, JSON_STRING) ? json_text(name) : STR_NULL;
    make_id(r);
    r->name = text.n > 0 && text.n <= NAME_MAX_BYTES ? arena_str(r->arena, text) : r->id;
}

/* The change: what is there is looked up, what shall be comes when the secrets are sealed. */
static enum rc look_up(struct run *r, struct err *e)
{
    if (!r->commit.changes.v)
        r->commit.changes.v = arena_make(r->arena, struct change, 1);
    struct change *ch = r->commit.changes.v;
    if (!ch)
        return manage_nomem(e);
    struct str body = ch->body;
    *ch = (struct change){ .kind = STR("integration"), .name = r->name, .body = STR("{}") };
    enum rc rc = change_look_up(r->m, ch, r->arena, e);
    ch->body = body;
    r->version = ch->seen;
    return rc;
}

/* May what is there be replaced by an operation of this kind? */
static enum rc may_replace(struct run *r, bool init, struct err *e)
{
    if (init && index_find(r->m, r->name, r->arena, &r->known)) {
        if (!str_eq(r->known.name, r->name))
            return err_set(e, RC_STATE, "MNG-008", "this name is the id of another integration");
        if (r->known.life != LIFE_FAILED)
            return err_set(e, RC_STATE, "MNG-008", "there is an integration of this name already");
    }
    enum rc rc = look_up(r, e);
    return rc == RC_OK ? change_check_seen(r->commit.changes.v, r->op->seen, e) : rc;
}

static enum rc find_new(struct run *r, struct err *e)
{
    take_name(r);
    if (str_is_null(r->id) || str_is_null(r->name))
        return manage_nomem(e);
    enum rc rc = may_replace(r, true, e);
    if (rc == RC_OK && !str_is_null(r->known.id))
        r->id = r->known.id; /* it failed before: the same again */
    return rc;
}

/* PUT: the name in the path is the one; one in the document must be the same. */
static enum rc find_old(struct run *r, struct err *e)
{
    if (!index_find(r->m, r->op->name, r->arena, &r->known))
        return not_found(r->op->name, e);
    r->id = r->known.id;
    r->name = r->known.name;
    const struct json *name = json_getz(r->doc, "name");
    if (!name) {
        enum rc rc = json_set(r->doc, STR("name"), json_make_str(r->arena, r->name), e);
        if (rc != RC_OK)
            return rc;
    } else if (!str_eq(json_text(name), r->name))
        return err_set(e, RC_VALUE, "MNG-009",
                       "the name in the document is not the one it is stored under, and the name "
                       "of an integration cannot be changed");
    return may_replace(r, false, e);
}

static enum rc add_error(struct run *r, struct str text, struct err *e)
{
    struct config_validation *v = &r->validation;
    struct str *grown = arena_make(r->arena, struct str, v->n_errors + 1);
    if (!grown)
        return manage_nomem(e);
    if (v->n_errors)
        memcpy(grown, v->errors, v->n_errors * sizeof *grown);
    grown[v->n_errors++] = text;
    v->errors = grown;
    v->valid = false;
    return RC_OK;
}

/* What only the whole configuration shows, a mapping that is not there, is an error like others. */
static enum rc take_findings(struct run *r, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < r->found.n; i++) {
        struct buf b;
        buf_init_arena(&b, r->arena, 4096);
        buf_str(&b, r->found.v[i].path);
        if (b.n > 0)
            buf_z(&b, ": ");
        buf_str(&b, r->found.v[i].text);
        rc = add_error(r, buf_view(&b), e);
    }
    return rc;
}

static enum rc validation_failed(struct run *r, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, r->arena, MANAGE_DOC_MAX);
    buf_z(&b, "Integration validation failed: ");
    for (size_t i = 0; i < r->validation.n_errors; i++) {
        buf_z(&b, i ? ", " : "");
        buf_str(&b, r->validation.errors[i]);
    }
    r->outcome = RC_VALUE;
    r->error = buf_view(&b);
    r->in = NULL;
    config_unref(&r->next);
    return buf_rc(&b, e);
}

/* The candidate: the whole configuration with this change. */
static enum rc compile(struct run *r, struct err *e)
{
    enum rc rc = turn_compile(r, e);
    if (rc == RC_OK)
        r->in = config_integration(r->next, r->name);
    if (rc != RC_VALUE)
        return rc;
    rc = take_findings(r, e);
    return rc == RC_OK ? validation_failed(r, e) : rc;
}

static enum rc check(struct run *r, struct err *e)
{
    struct compile c = { .m = r->m, .arena = r->arena };
    struct config_env env = compile_env(&c);
    enum rc rc = config_validate(r->doc, &env, r->arena, &r->validation, e);
    if (rc == RC_OK)
        rc = body_of(r->doc, "integration", r->arena, &r->commit.changes.v[0].body, e);
    if (rc != RC_OK)
        return rc;
    r->commit.changes.n = 1;
    return r->validation.valid ? compile(r, e) : validation_failed(r, e);
}

static void prepare(struct run *r, enum rc (*find)(struct run *r, struct err *e))
{
    struct err *e = &r->err;
    enum rc rc = read_document(r, e);
    if (rc == RC_OK)
        rc = find(r, e);
    if (rc == RC_OK)
        rc = seal_secrets(r, e);
    if (rc == RC_OK)
        rc = check(r, e);
    if (rc == RC_OK && r->in)
        rc = connect_plan(r, NULL, e);
    r->rc = rc;
}

static void prepare_init(struct run *r)
{
    prepare(r, find_new);
}

static void prepare_replace(struct run *r)
{
    prepare(r, find_old);
}

/* ---- in the turn -------------------------------------------------------------------------- */

/* Things may have changed while it was tested. */
static enum rc look_again(struct run *r, struct err *e)
{
    bool init = r->op && r->op->verb == MANAGE_INIT;
    struct str id = r->id;
    r->known = (struct known){ .id = STR_NULL };
    enum rc rc = may_replace(r, init, e);
    if (rc != RC_OK)
        return rc;
    if (!init && !index_find(r->m, r->name, r->arena, &r->known))
        return not_found(r->name, e);
    if (!str_is_null(r->known.id))
        r->id = r->known.id;
    if (!r->in || (str_eq(id, r->id) && r->generation == atomic_load(&r->m->generation)))
        return RC_OK;
    return compile(r, e);
}

static enum rc created(struct run *r, struct record_parts *p, struct err *e)
{
    struct confdb_record old;
    char now[TIME_ISO_SIZE];
    struct json *doc = NULL;
    time_iso(clock_now_ms(r->m->conf.clock), now);
    p->created_at = arena_str(r->arena, str_z(now));
    p->created_by = r->actor;
    enum rc rc = confdb_record_get(r->m->conf.confdb, r->id, r->arena, &old, e);
    if (rc == RC_MISSING)
        return RC_OK;
    if (rc == RC_OK)
        rc = json_parse(old.record, &json_default_limits, r->arena, &doc, e);
    if (rc != RC_OK)
        return rc;
    r->old_record = old.record;
    if (r->op->verb == MANAGE_INIT)
        return RC_OK; /* it begins anew */
    const struct json *meta = json_getz(doc, "metadata");
    p->created_at = json_str_or(json_getz(meta, "createdAt"), p->created_at);
    p->created_by = json_str_or(json_getz(meta, "createdBy"), p->created_by);
    return RC_OK;
}

/* An object that runs is not given up for a document that does not compile. */
static bool leaves_all(const struct run *r)
{
    return !r->in && r->version > 0;
}

static enum life life_after(const struct run *r)
{
    if (leaves_all(r) && !str_is_null(r->known.id))
        return r->known.life; /* the answer says what goes on, and why nothing else does */
    if (r->known.life == LIFE_PAUSED && !str_is_null(r->known.id))
        return LIFE_PAUSED; /* by a person, until a person resumes it */
    return r->outcome == RC_OK ? LIFE_ACTIVE : LIFE_FAILED;
}

static enum rc make_record(struct run *r, struct err *e)
{
    bool set_up = r->in && r->is_set_up && r->setup.rc == RC_OK;
    struct record_parts p = { .id = r->id,
                              .name = r->name,
                              .doc = r->doc,
                              .in = r->in,
                              .checked = &r->validation,
                              .setup = set_up ? &r->setup : NULL,
                              .configured = set_up,
                              .error = r->error,
                              .status = life_name(life_after(r)) };
    enum rc rc = created(r, &p, e);
    if (rc == RC_OK && set_up)
        rc = connect_record(r, r->arena, &p.connectivity, e);
    return rc == RC_OK ? record_write(&p, r->arena, &r->record, e) : rc;
}

/* Only a record: the change to the object is left out. */
static enum rc plan_record(struct run *r, struct err *e)
{
    struct record_change *rec = arena_make(r->arena, struct record_change, 1);
    if (!rec)
        return manage_nomem(e);
    rec->record = (struct confdb_record){
        .id = r->id, .name = r->name, .status = str_z(life_name(life_after(r))), .record = r->record
    };
    rec->type = type_of(r->doc);
    r->commit.records = rec;
    r->commit.n_records = 1;
    return RC_OK;
}

static enum rc commit_init(struct run *r, struct err *e)
{
    enum rc rc = look_again(r, e);
    if (rc == RC_OK)
        rc = connect_judge(r, e);
    if (rc == RC_OK)
        rc = make_record(r, e);
    struct change *ch = r->commit.changes.v;
    if (!r->in || str_eq(ch->old, ch->body))
        r->commit.changes.n = 0; /* a record alone; or the same again */
    if (rc != RC_OK || leaves_all(r))
        return rc;
    rc = plan_record(r, e);
    if (rc == RC_OK)
        rc = commit_act(r, "integration.initialize", life_name(life_after(r)), e);
    if (rc == RC_OK)
        rc = commit_run(r, e);
    r->version = ch->version;
    r->created = str_is_null(r->known.id);
    return rc;
}

static void commit(struct run *r)
{
    r->rc = commit_init(r, &r->err);
}

/* ---- afterwards --------------------------------------------------------------------------- */

static struct str origin_of(const struct run *r)
{
    const struct change *ch = r->commit.changes.v;
    return ch && ch->file ? STR("file") : STR("api");
}

static void answer(struct run *r)
{
    struct manage_op *op = r->op;
    r->rc = record_show(r->record, life_after(r), origin_of(r), r->version, op->arena, &op->answer,
                        &r->err);
    if (r->rc != RC_OK || r->outcome == RC_OK)
        return;
    r->rc = err_set(&r->err, r->outcome,
                    r->outcome == RC_VALUE ? "MNG-020"
                    : r->setup.rc != RC_OK ? "MNG-021"
                                           : "MNG-022",
                    "%.*s", STR_ARG(r->error));
}

/* Sealed secrets that nothing names: of a change that did not come to be, or of what was before. */
static void clean(struct run *r)
{
    struct str was[3] = { STR_NULL }, is[2] = { STR_NULL };
    struct seal_texts before = { was, 0 }, after = { is, 0 };
    struct confdb_record record;
    struct change now = { .kind = STR("integration"), .name = r->name, .body = STR("{}") };
    struct arena *a = r->arena;
    struct err e;
    struct str doc = STR_NULL;
    if (!r->commit.changes.v || (r->doc && body_of(r->doc, "integration", a, &doc, &e) != RC_OK))
        return;
    was[before.n++] = r->old_record;
    was[before.n++] = r->commit.changes.v[0].old;
    if (r->has_sealed)
        was[before.n++] = doc;
    enum rc rc = confdb_record_get(r->m->conf.confdb, r->id, a, &record, &e);
    if (rc != RC_OK && rc != RC_MISSING)
        return;
    is[after.n++] = rc == RC_OK ? record.record : STR("");
    rc = change_look_up(r->m, &now, a, &e);
    is[after.n++] = now.old;
    if (rc == RC_OK || now.seen)
        seal_sweep(r->m, r->name, before, after, a);
}

const struct step init_steps[] = { { STEP_POOL, prepare_init }, { STEP_LOOP, connect_setup },
                                   { STEP_LOOP, connect_test }, { STEP_TURN, NULL },
                                   { STEP_POOL, commit },       { STEP_LOOP, turn_in_force },
                                   { STEP_POOL, answer },       { STEP_CLEAN, clean },
                                   { STEP_END, NULL } };
const struct step replace_steps[] = { { STEP_POOL, prepare_replace },
                                      { STEP_LOOP, connect_setup },
                                      { STEP_LOOP, connect_test },
                                      { STEP_TURN, NULL },
                                      { STEP_POOL, commit },
                                      { STEP_LOOP, turn_in_force },
                                      { STEP_POOL, answer },
                                      { STEP_CLEAN, clean },
                                      { STEP_END, NULL } };

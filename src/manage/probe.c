/*
 * An integration's life without a caller: what is new in the files or by `apply` is initialized in
 * the background, what failed is probed again with growing pauses until it answers.
 * Tests: manage_test.c, tests/scen
 */
#include "manage/manage_int.h"

#include "base/hash.h"

/* ---- when --------------------------------------------------------------------------------- */

void probe_due(struct manage *m, struct entry *en, uint64_t in_ms)
{
    en->due_mono = loop_now_mono(engine_loop(m->engine)) + in_ms * 1000000 + 1;
}

/* 5 s, 10 s … 5 min, a fifth more or less: a thousand that failed together do not knock together */
static uint64_t pause_ms(struct manage *m, unsigned n_tries)
{
    uint64_t ms = MANAGE_RETRY_MAX_MS;
    if (n_tries < 6)
        ms = (uint64_t)MANAGE_RETRY_FIRST_MS << n_tries;
    return ms - ms / 5 + random_below(m->conf.random, 2 * (ms / 5) + 1);
}

void probe_plan(struct manage *m, struct str name)
{
    struct entry *en = index_entry(m, name);
    if (!en)
        return;
    en->due_mono = 0;
    if (en->life == LIFE_FAILED && en->runs)
        probe_due(m, en, pause_ms(m, en->n_tries));
    else
        en->n_tries = 0;
    if (en->life == LIFE_INITIALIZING && en->runs)
        probe_due(m, en, 0);
}

/* Others may have waited for this one to end. */
static void next_soon(struct manage *m)
{
    if (!m->stopping)
        loop_timer_start(engine_loop(m->engine), &m->tick, 0, probe_tick);
}

void probe_over(struct manage *m, struct str name)
{
    struct entry *en = index_entry(m, name);
    m->n_probes--;
    next_soon(m);
    if (!en)
        return;
    en->probing = false;
    if (en->life != LIFE_FAILED && en->life != LIFE_INITIALIZING)
        return;
    en->n_tries++;
    probe_due(m, en, pause_ms(m, en->n_tries - 1));
}

static void probe(struct manage *m, struct entry *en)
{
    struct run *r = NULL;
    struct err e;
    en->due_mono = 0;
    if (run_start(m, NULL, probe_steps, &r, &e) != RC_OK) {
        probe_due(m, en, MANAGE_RETRY_FIRST_MS);
        return;
    }
    en->probing = true;
    m->n_probes++;
    r->is_probe = true;
    r->name = arena_str(r->arena, en->name);
    r->id = arena_str(r->arena, str_z(en->id));
}

void probe_tick(struct loop_timer *t)
{
    struct manage *m = ZS_CONTAINER(t, struct manage, tick);
    struct loop *l = engine_loop(m->engine);
    uint64_t now = loop_now_mono(l);
    if (m->stopping)
        return;
    reload_tick(m);
    struct entry *en = NULL;
    for (size_t i = 0; m->n_probes < MANAGE_PROBES_AT_ONCE && (en = index_at(m, i)) != NULL; i++)
        if (en->due_mono && en->due_mono <= now && !en->probing)
            probe(m, en);
    loop_timer_start(l, &m->tick, MANAGE_TICK_MS, probe_tick);
}

/* ---- the record, stated anew -------------------------------------------------------------- */

static enum rc reparts(struct run *r, struct json *old, struct record_parts *p, struct err *e)
{
    struct compile c = { .m = r->m, .arena = r->arena };
    struct config_env env = compile_env(&c);
    const struct json *meta = json_getz(old, "metadata");
    p->id = r->id;
    p->name = r->name;
    p->doc = json_getz(old, "configuration");
    p->in = r->in;
    p->checked = &r->validation;
    p->setup = r->is_set_up && r->setup.rc == RC_OK ? &r->setup : NULL;
    p->configured = true;
    p->error = r->error;
    p->created_at = json_str_or(json_getz(meta, "createdAt"), STR(""));
    p->created_by = json_str_or(json_getz(meta, "createdBy"), STR(""));
    enum rc rc = config_validate(p->doc, &env, r->arena, &r->validation, e);
    if (rc == RC_OK && r->n_tests > 0)
        rc = connect_record(r, r->arena, &p->connectivity, e);
    return rc;
}

enum rc restate(struct run *r, enum life life, const char *verb, struct err *e)
{
    struct confdb_record old;
    struct json *doc = NULL;
    struct record_parts p = { .status = life_name(life) };
    struct record_change *rec = arena_make(r->arena, struct record_change, 1);
    enum rc rc = confdb_record_get(r->m->conf.confdb, r->id, r->arena, &old, e);
    if (rc == RC_OK)
        rc = json_parse(old.record, &json_default_limits, r->arena, &doc, e);
    if (rc == RC_OK && r->is_set_up)
        rc = reparts(r, doc, &p, e);
    if (rc != RC_OK || !rec)
        return rc != RC_OK ? rc : manage_nomem(e);
    struct str error = json_text(json_getz(doc, "error")); /* a pause mends nothing */
    if (r->is_set_up)
        rc = record_write(&p, r->arena, &r->record, e);
    else
        rc = record_restate(old.record, life, error, STR_NULL, r->arena, &r->record, e);
    rec->record = (struct confdb_record){
        .id = r->id, .name = r->name, .status = str_z(life_name(life)), .record = r->record
    };
    rec->type = r->in ? config_type_name((enum config_type)r->in->type) : "";
    r->commit.records = rec;
    r->commit.n_records = 1;
    return rc == RC_OK ? commit_act(r, verb, life_name(life), e) : rc;
}

/* ---- a probe's steps ---------------------------------------------------------------------- */

static void skip_rest(struct run *r)
{
    while (r->step->at != STEP_END)
        r->step++;
}

static void begin(struct run *r)
{
    struct manage_ref ref;
    enum rc rc = manage_find(r->m, r->name, STR(""), r->arena, &ref, &r->err);
    if (rc == RC_OK && ref.unit) {
        r->unit = ref.unit;
        r->in = ref.unit->made.integration;
        r->id = ref.id;
        rc = connect_plan(r, NULL, &r->err);
    } else {
        skip_rest(r);
    }
    r->rc = rc;
    run_go(r);
}

static uint64_t hash_error(struct str error)
{
    static const struct hash_key none;
    return hash_sip64(&none, error);
}

/* The same failure once more is no news. */
static void judge(struct run *r)
{
    r->rc = connect_judge(r, &r->err);
    const struct entry *en = index_entry(r->m, r->name);
    if (r->rc == RC_OK && r->outcome != RC_OK && en && en->life == LIFE_FAILED &&
        en->error_hash == hash_error(r->error))
        skip_rest(r);
    run_go(r);
}

/* Still what was tested? */
static bool is_current(struct run *r)
{
    struct known k;
    struct config *c = manage_current(r->m);
    const struct config_integration *in = config_integration(c, r->name);
    bool same = in && in->unit == r->unit && index_find(r->m, r->name, r->arena, &k) &&
                (k.life == LIFE_INITIALIZING || k.life == LIFE_FAILED);
    config_unref(&c);
    return same;
}

static void commit(struct run *r)
{
    bool good = r->outcome == RC_OK;
    if (!is_current(r))
        return;
    r->rc = restate(r, good ? LIFE_ACTIVE : LIFE_FAILED,
                    good ? "integration.activate" : "integration.fail", &r->err);
    if (r->rc == RC_OK)
        r->rc = commit_run(r, &r->err);
}

static void tell_log(struct run *r, const char *name)
{
    struct err why;
    if (r->outcome == RC_OK) {
        log_event(r->m->conf.log, EV_INTEGRATION_ACTIVE, F_NAME("integration", name));
        return;
    }
    (void)err_set(&why, r->outcome, r->setup.rc == RC_OK ? "MNG-022" : "MNG-021", "%.*s",
                  STR_ARG(r->error));
    log_event(r->m->conf.log, EV_INTEGRATION_FAILED, F_NAME("integration", name), F_ERR(&why));
}

static void in_force(struct run *r)
{
    struct entry *en = index_entry(r->m, r->name);
    const char *name = arena_z(r->arena, r->name);
    if (r->commit.n_records > 0 && en && name) {
        en->error_hash = hash_error(r->error);
        tell_log(r, name);
    }
    turn_in_force(r);
}

const struct step probe_steps[] = { { STEP_LOOP, begin },        { STEP_LOOP, connect_setup },
                                    { STEP_LOOP, connect_test }, { STEP_LOOP, judge },
                                    { STEP_TURN, NULL },         { STEP_POOL, commit },
                                    { STEP_LOOP, in_force },     { STEP_END, NULL } };

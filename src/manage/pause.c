/*
 * Pause and resume, of integrations and of channels; what is paused stays so over a restart.
 * Resuming an integration probes it first: it goes on as active or as failed. Tests: manage_test.c
 */
#include "manage/manage_int.h"

#define SETTING "channel.paused/"

static bool is_channel(const struct run *r)
{
    return str_eq(r->op->kind, STR("channel"));
}

static bool is_pause(const struct run *r)
{
    return r->op->verb == MANAGE_PAUSE;
}

/* ---- channels ----------------------------------------------------------------------------- */

enum rc pause_setting(struct str channel, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 512);
    buf_z(&b, SETTING);
    buf_str(&b, channel);
    *out = buf_view(&b);
    return buf_rc(&b, e);
}

/* A setting that stays names nothing that runs: no reason to fail. */
void pause_forget(struct manage *m, struct str channel, struct arena *a)
{
    struct str setting = STR_NULL;
    struct err e;
    enum rc rc = pause_setting(channel, a, &setting, &e);
    if (rc == RC_OK)
        rc = confdb_set(m->conf.confdb, setting, STR_NULL, &e);
    (void)rc; /* see above */
}

static enum rc channel_runs(struct run *r, struct err *e)
{
    struct roster *all = engine_roster(r->m->engine);
    struct channel *c = roster_find(all, r->name);
    int state = c ? atomic_load_explicit(&channel_figures(c)->state, memory_order_acquire) : 0;
    roster_unref(&all);
    if (!c)
        return err_set(e, RC_MISSING, "FLOW-010", "there is no such channel, or it is not enabled");
    if (state != CHANNEL_RUNNING && state != CHANNEL_PAUSED)
        return err_set(e, RC_STATE, "FLOW-011", "the channel is %s",
                       channel_state_name((enum channel_state)state));
    return RC_OK;
}

static enum rc commit_channel(struct run *r, struct err *e)
{
    struct str setting = STR_NULL;
    struct buf object;
    buf_init_arena(&object, r->arena, 512);
    buf_z(&object, "channel/");
    buf_str(&object, r->name);
    struct store_act act = { .actor = r->actor,
                             .peer = r->peer,
                             .verb = is_pause(r) ? STR("channel.pause") : STR("channel.resume"),
                             .object = buf_view(&object),
                             .detail = STR("{}") };
    struct store_op op = { .kind = STORE_ACT, .act = &act };
    enum rc rc = buf_rc(&object, e);
    if (rc == RC_OK)
        rc = pause_setting(r->name, r->arena, &setting, e);
    if (rc == RC_OK)
        rc = ledger_append(r->m->conf.store, &op, 1, e);
    if (rc == RC_OK)
        rc = confdb_set(r->m->conf.confdb, setting, is_pause(r) ? STR("1") : STR_NULL, e);
    return rc;
}

static enum rc answer_channel(struct run *r, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, r->op->arena, 4096);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "name", r->name);
    jw_kstrz(&w, "wanted", is_pause(r) ? "paused" : "running");
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    r->op->answer = buf_view(&b);
    return rc;
}

/* ---- integrations ------------------------------------------------------------------------- */

static enum rc find(struct run *r, struct err *e)
{
    struct manage_ref ref;
    enum rc rc = manage_find(r->m, r->op->name, STR(""), r->arena, &ref, e);
    if (rc != RC_OK)
        return rc;
    config_unit_unref(&r->unit);
    r->unit = ref.unit;
    r->id = ref.id;
    r->name = ref.name;
    r->in = ref.unit ? ref.unit->made.integration : NULL;
    if (!r->in)
        return err_set(e, RC_STATE, "MNG-010",
                       "the integration failed validation and does not run");
    return index_find(r->m, r->name, r->arena, &r->known) ? RC_OK : not_found(r->name, e);
}

static enum rc commit_integration(struct run *r, struct err *e)
{
    bool paused = is_pause(r);
    enum rc rc = find(r, e);
    if (rc != RC_OK || (r->known.life == LIFE_PAUSED) == paused)
        return rc; /* as it is already */
    enum life life = paused ? LIFE_PAUSED : r->outcome == RC_OK ? LIFE_ACTIVE : LIFE_FAILED;
    rc = restate(r, life, paused ? "integration.pause" : "integration.resume", e);
    return rc == RC_OK ? commit_run(r, e) : rc;
}

/* ---- steps -------------------------------------------------------------------------------- */

/* Resuming: what was found is probed, before its turn. */
static void begin(struct run *r)
{
    r->name = r->op->name;
    if (!is_channel(r)) {
        r->rc = find(r, &r->err);
        if (r->rc == RC_OK && r->known.life == LIFE_PAUSED)
            r->rc = connect_plan(r, NULL, &r->err);
        else
            r->in = NULL; /* nothing to probe */
    }
    run_go(r);
}

static void judge(struct run *r)
{
    if (r->in)
        r->rc = connect_judge(r, &r->err);
    run_go(r);
}

static void commit(struct run *r)
{
    r->name = r->op->name;
    if (is_channel(r)) {
        r->rc = channel_runs(r, &r->err);
        if (r->rc == RC_OK)
            r->rc = commit_channel(r, &r->err);
    } else {
        r->rc = commit_integration(r, &r->err);
    }
}

static void in_force(struct run *r)
{
    if (is_channel(r))
        r->rc = engine_pause(r->m->engine, r->name, is_pause(r), &r->err);
    else if (r->commit.n_records > 0)
        r->rc = links_pause(engine_links(r->m->engine), r->name, is_pause(r), &r->err);
    if (r->rc == RC_OK)
        turn_in_force(r);
    else
        run_go(r);
}

static void answer(struct run *r)
{
    r->rc = is_channel(r) ? answer_channel(r, &r->err) : show_record(r, &r->err);
}

const struct step pause_steps[] = { { STEP_TURN, NULL },
                                    { STEP_POOL, commit },
                                    { STEP_LOOP, in_force },
                                    { STEP_POOL, answer },
                                    { STEP_END, NULL } };
const struct step resume_steps[] = { { STEP_LOOP, begin },        { STEP_LOOP, connect_setup },
                                     { STEP_LOOP, connect_test }, { STEP_LOOP, judge },
                                     { STEP_TURN, NULL },         { STEP_POOL, commit },
                                     { STEP_LOOP, in_force },     { STEP_POOL, answer },
                                     { STEP_END, NULL } };

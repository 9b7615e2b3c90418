/*
 * What all changes have in common: what is there, the candidate, and putting it in force.
 * Tests: manage_test.c
 */
#include "manage/manage_int.h"

/* ---- what is there ------------------------------------------------------------------------ */

const struct config_unit *find_unit(const struct config *c, struct str kind, struct str name)
{
    for (size_t i = 0; i < c->n_units; i++)
        if (str_eqz(kind, c->units[i]->kind) && str_eq(c->units[i]->name, name))
            return c->units[i];
    return NULL;
}

/* The file an object is in; RC_STATE MNG-007 unless the engine may write it. */
static enum rc own_file(struct manage *m, struct change *ch, struct arena *a, struct err *e)
{
    struct config *c = manage_current(m);
    const struct config_unit *u = find_unit(c, ch->kind, ch->name);
    const char *file = u && u->file ? u->file : "";
    enum rc rc = RC_OK;
    if (c->engine.write_back && *file)
        ch->file = arena_z(a, str_z(file));
    else
        rc = err_set(e, RC_STATE, "MNG-007", "it is defined in %s: change it there",
                     *file ? file : "a configuration file");
    config_unref(&c);
    return rc != RC_OK || ch->file ? rc : manage_nomem(e);
}

enum rc change_look_up(struct manage *m, struct change *ch, struct arena *a, struct err *e)
{
    struct confdb_object now;
    enum rc rc = confdb_get(m->conf.confdb, ch->kind, ch->name, a, &now, e);
    ch->seen = 0;
    ch->old = STR_NULL;
    ch->hash = STR_NULL;
    ch->file = NULL;
    ch->verb = "config.create";
    if (rc == RC_MISSING)
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    ch->seen = now.version;
    ch->version = now.version;
    ch->old = now.doc;
    ch->hash = now.hash;
    ch->verb = str_is_null(ch->body) ? "config.delete" : "config.change";
    return str_eq(now.origin, STR("file")) ? own_file(m, ch, a, e) : RC_OK;
}

enum rc change_check_seen(const struct change *ch, uint64_t seen, struct err *e)
{
    if (seen == MANAGE_NEW && ch->seen)
        return err_set(e, RC_STATE, "MNG-006", "there is a %.*s of this name already",
                       STR_ARG(ch->kind));
    if (seen && seen != MANAGE_NEW && seen != ch->seen)
        return err_set(e, RC_STATE, "MNG-006",
                       "version %llu is current: somebody else changed it meanwhile",
                       (unsigned long long)ch->seen);
    return RC_OK;
}

/* ---- the candidate ------------------------------------------------------------------------ */

static enum rc rewrite_files(struct run *r, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < r->commit.changes.n; i++) {
        const struct change *ch = &r->commit.changes.v[i];
        if (ch->file)
            rc = files_change(r, ch, e);
    }
    return rc;
}

/* The whole configuration with r's changes, in r->next; findings in r->found. */
enum rc turn_compile(struct run *r, struct err *e)
{
    struct manage *m = r->m;
    struct compile c = { .m = m, .arena = r->arena, .changes = &r->commit.changes };
    struct new_id own = { .name = r->name };
    if (r->id.n > 0 && r->id.n < sizeof own.id) {
        memcpy(own.id, r->id.p, r->id.n);
        c.ids = &own;
    }
    config_unref(&r->next);
    sources_unref(&r->sources);
    r->in = NULL;
    r->generation = atomic_load(&m->generation);
    r->sources = manage_current_sources(m);
    c.previous = manage_current(m);
    enum rc rc = rewrite_files(r, e);
    c.sources = r->sources;
    if (rc == RC_OK)
        rc = compile_config(&c, &r->next, &r->found, e);
    config_unref(&c.previous);
    r->ids = c.ids == &own ? NULL : c.ids;
    return rc;
}

/* ---- in force ----------------------------------------------------------------------------- */

/* It goes; a later one of its name is not paused because this one was. */
static enum rc forget(struct manage *m, struct str name, struct err *e)
{
    const struct entry *en = index_entry(m, name);
    enum rc rc = RC_OK;
    if (en && en->life == LIFE_PAUSED)
        rc = links_pause(engine_links(m->engine), name, false, e);
    index_remove(m, name);
    return rc;
}

/* What became of its integrations is known from here on. */
static enum rc update_index(struct run *r, struct err *e)
{
    enum rc rc = RC_OK;
    struct manage *m = r->m;
    for (size_t i = 0; rc == RC_OK && i < r->commit.n_records; i++) {
        const struct record_change *rec = &r->commit.records[i];
        struct known k = { .id = rec->record.id,
                           .name = rec->record.name,
                           .type = rec->type,
                           .life = life_parse(rec->record.status) };
        k.runs = config_integration(m->config, k.name) != NULL;
        if (rec->remove)
            rc = forget(m, k.name, e);
        else
            rc = index_put(m, &k, e);
        if (rc == RC_OK && !rec->remove)
            probe_plan(m, k.name);
    }
    return rc;
}

static void tell_log(const struct run *r)
{
    for (size_t i = 0; i < r->commit.changes.n; i++) {
        const struct change *ch = &r->commit.changes.v[i];
        const char *kind = arena_z(r->arena, ch->kind), *name = arena_z(r->arena, ch->name);
        log_event(r->m->conf.log, EV_CONFIG_CHANGED, F_NAME("change", ch->verb),
                  F_NAME("kind", kind ? kind : ""), F_NAME("name", name ? name : ""));
        if (ch->file)
            log_event(r->m->conf.log, EV_CONFIG_REWRITTEN, F_NAME("file", ch->file));
    }
}

static void on_applied(void *ctx)
{
    struct run *r = ctx;
    struct manage *m = r->m;
    mutex_lock(&m->lock);
    struct config *was = m->config;
    struct sources *old = m->sources;
    m->config = config_ref(r->next);
    m->sources = sources_ref(r->sources);
    mutex_unlock(&m->lock);
    config_unref(&was);
    sources_unref(&old);
    if (r->commit.config_version)
        m->config_version = r->commit.config_version;
    tell_log(r);
    r->rc = update_index(r, &r->err);
    run_go(r);
}

/* Nothing is written down anew, but a secret, a variable or a file may be another by now. */
static bool comes_out_the_same(const struct run *r)
{
    const struct config *now = r->m->config, *next = r->next;
    if (!next)
        return true;
    bool same = next->n_units == now->n_units;
    for (size_t i = 0; same && i < next->n_units; i++)
        same = next->units[i] == now->units[i];
    return same;
}

void turn_in_force(struct run *r)
{
    struct manage *m = r->m;
    if (r->commit.changes.n == 0 && comes_out_the_same(r)) {
        r->rc = update_index(r, &r->err);
        run_go(r);
        return;
    }
    struct engine_change change = { .next = r->next,
                                    .config_version = r->commit.config_version
                                                          ? r->commit.config_version
                                                          : m->config_version,
                                    .done = on_applied,
                                    .ctx = r };
    enum rc rc = engine_apply(m->engine, &change, &r->err);
    if (rc == RC_OK)
        return;
    /* it is written down and takes effect at the next start; nothing may be built on top of it */
    atomic_store(&m->broken, true);
    r->rc = rc;
    run_go(r);
}

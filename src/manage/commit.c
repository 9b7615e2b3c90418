/*
 * Writing a change down: intent, ledger, database.
 *
 *   setting "manage.pending" ── STORE_CONFIG, STORE_ACT (one batch) ── objects, records ── setting
 *   "config.version" ── no "manage.pending"
 *
 * A crash before the batch is durable leaves an intent that no act knows: nothing happened, it is
 * dropped. A crash after it leaves one that an act names: the database is brought up to the ledger.
 * Doing that twice does no harm, because each object says which version it follows. What comes from
 * files needs no intent: the next start compares the files with the database again.
 * Tests: commit_test.c, tests/scen
 */
#include "manage/manage_int.h"

#include "base/num.h"

#include <semaphore.h>

#define PENDING        "manage.pending"
#define VERSION        "config.version"
#define ACTS_LOOKED    1000 /* newest acts in which a pending change is looked for */
#define PENDING_MAX    ((size_t)256 * 1024 * 1024)
#define RECOVER_MEMORY ((size_t)1024 * 1024 * 1024)

/* ---- the ledger --------------------------------------------------------------------------- */

/* An append that this thread waits for. */
struct wait_batch {
    struct store_batch batch;
    sem_t done;
};

static void on_done(struct store_batch *b)
{
    struct wait_batch *w = b->ctx;
    sem_post(&w->done);
}

enum rc ledger_append(struct store *s, struct store_op *ops, size_t n, struct err *e)
{
    struct wait_batch w = { .batch = { .first = ops, .n = n, .done = on_done, .ctx = &w } };
    for (size_t i = 0; i + 1 < n; i++)
        ops[i].next = &ops[i + 1];
    ZS_ASSERT(sem_init(&w.done, 0, 0) == 0);
    store_append(s, &w.batch);
    while (sem_wait(&w.done) != 0)
        ; /* interrupted by a signal: wait on */
    sem_destroy(&w.done);
    for (size_t i = 0; i < n; i++)
        if (ops[i].rc != RC_OK)
            return err_set(e, ops[i].rc, "MNG-014", "the change could not be recorded (%s)",
                           ops[i].error);
    return RC_OK;
}

struct entry_pair {
    struct store_config config;
    struct store_act act;
};

static enum rc act_detail(const struct change *ch, struct str token, struct arena *a,
                          struct str *out, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, 4096);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    if (ch->hash.n)
        jw_kstr(&w, "before", ch->hash);
    if (ch->new_hash.n)
        jw_kstr(&w, "after", ch->new_hash);
    jw_kstr(&w, "change", token);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    *out = buf_view(&b);
    return rc;
}

static enum rc fill_pair(struct commit *c, struct change *ch, struct str token, struct arena *a,
                         struct entry_pair *p, struct err *e)
{
    struct buf object;
    struct str detail = STR_NULL;
    buf_init_arena(&object, a, 1024);
    buf_str(&object, ch->kind);
    buf_char(&object, '/');
    buf_str(&object, ch->name);
    if (!str_is_null(ch->body))
        hash_text(ch->body, a, &ch->new_hash);
    enum rc rc = act_detail(ch, token, a, &detail, e);
    if (rc != RC_OK)
        return rc;
    p->config = (struct store_config){
        .kind = ch->kind, .name = ch->name, .hash = ch->new_hash, .doc = ch->body
    };
    p->act = (struct store_act){ .actor = c->actor,
                                 .peer = c->peer,
                                 .verb = str_z(ch->verb),
                                 .object = buf_view(&object),
                                 .detail = detail };
    return buf_rc(&object, e);
}

static enum rc write_ledger(struct manage *m, struct commit *c, struct str token, struct arena *a,
                            struct err *e)
{
    size_t n = c->changes.n, n_ops = 2 * n + c->n_acts;
    struct entry_pair *pairs = arena_make(a, struct entry_pair, n + 1);
    struct store_op *ops = arena_make(a, struct store_op, n_ops + 1);
    if (!pairs || !ops)
        return manage_nomem(e);
    for (size_t i = 0; i < n; i++) {
        enum rc rc = fill_pair(c, &c->changes.v[i], token, a, &pairs[i], e);
        if (rc != RC_OK)
            return rc;
        ops[2 * i] = (struct store_op){ .kind = STORE_CONFIG, .config = &pairs[i].config };
        ops[2 * i + 1] = (struct store_op){ .kind = STORE_ACT, .act = &pairs[i].act };
    }
    for (size_t i = 0; i < c->n_acts; i++)
        ops[2 * n + i] = (struct store_op){ .kind = STORE_ACT, .act = &c->acts[i] };
    enum rc rc = n_ops ? ledger_append(m->conf.store, ops, n_ops, e) : RC_OK;
    if (rc == RC_OK && n > 0)
        c->config_version = ops[2 * (n - 1)].seq;
    return rc;
}

/* ---- the database ------------------------------------------------------------------------- */

/* Done already: what is there is what is wanted. */
static bool is_there(struct manage *m, const struct change *ch, struct arena *a)
{
    struct confdb_object now;
    struct err e;
    enum rc rc = confdb_get(m->conf.confdb, ch->kind, ch->name, a, &now, &e);
    if (str_is_null(ch->body))
        return rc == RC_MISSING;
    return rc == RC_OK && now.version > ch->seen && str_eq(now.doc, ch->body);
}

static enum rc write_object(struct manage *m, struct change *ch, struct str by, struct arena *a,
                            struct err *e)
{
    struct confdb_object obj = { .kind = ch->kind,
                                 .name = ch->name,
                                 .origin = ch->file ? STR("file") : STR("api"),
                                 .doc = ch->body,
                                 .by = by };
    if (is_there(m, ch, a))
        return RC_OK;
    if (str_is_null(ch->body))
        return confdb_remove(m->conf.confdb, ch->kind, ch->name, by, ch->seen, e);
    return confdb_put(m->conf.confdb, &obj, ch->seen, &ch->version, e);
}

static enum rc write_record(struct manage *m, struct record_change *r, struct arena *a,
                            struct err *e)
{
    struct confdb_record now;
    uint64_t version = 0;
    enum rc rc = confdb_record_get(m->conf.confdb, r->record.id, a, &now, e);
    if (rc != RC_OK && rc != RC_MISSING)
        return rc;
    if (r->remove)
        return rc == RC_OK ? confdb_record_remove(m->conf.confdb, r->record.id, e) : RC_OK;
    return confdb_record_put(m->conf.confdb, &r->record, rc == RC_OK ? now.version : 0, &version,
                             e);
}

static enum rc keep_version(struct manage *m, uint64_t version, struct arena *a, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 32);
    buf_u64(&b, version);
    return confdb_set(m->conf.confdb, STR(VERSION), buf_view(&b), e);
}

static enum rc write_database(struct manage *m, struct commit *c, struct arena *a, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < c->changes.n; i++)
        rc = write_object(m, &c->changes.v[i], c->actor, a, e);
    for (size_t i = 0; rc == RC_OK && i < c->n_records; i++)
        rc = write_record(m, &c->records[i], a, e);
    if (rc == RC_OK && c->config_version)
        rc = keep_version(m, c->config_version, a, e);
    return rc;
}

enum rc commit_version(struct manage *m, struct arena *a, struct err *e)
{
    struct str text = STR_NULL;
    enum rc rc = confdb_setting(m->conf.confdb, STR(VERSION), a, &text, e);
    if (rc == RC_MISSING)
        return RC_OK;
    return rc == RC_OK ? num_u64(text, 0, UINT64_MAX, &m->config_version, e) : rc;
}

/* ---- the intent --------------------------------------------------------------------------- */

static void put_change(struct jw *w, const struct change *ch)
{
    jw_object(w);
    jw_kstr(w, "kind", ch->kind);
    jw_kstr(w, "name", ch->name);
    if (!str_is_null(ch->body))
        jw_kstr(w, "body", ch->body);
    jw_ku64(w, "seen", ch->seen);
    jw_end(w);
}

static void put_record(struct jw *w, const struct record_change *r)
{
    jw_object(w);
    jw_kstr(w, "id", r->record.id);
    jw_kstr(w, "name", r->record.name);
    jw_kstr(w, "status", r->record.status);
    if (!r->remove)
        jw_kstr(w, "record", r->record.record);
    jw_end(w);
}

static enum rc write_intent(struct manage *m, const struct commit *c, struct str token,
                            struct arena *a, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, PENDING_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "token", token);
    jw_kstr(&w, "by", c->actor);
    jw_keyz(&w, "changes");
    jw_array(&w);
    for (size_t i = 0; i < c->changes.n; i++)
        if (!c->changes.v[i].file)
            put_change(&w, &c->changes.v[i]);
    jw_end(&w);
    jw_keyz(&w, "records");
    jw_array(&w);
    for (size_t i = 0; i < c->n_records; i++)
        put_record(&w, &c->records[i]);
    jw_end(&w);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    return rc == RC_OK ? confdb_set(m->conf.confdb, STR(PENDING), buf_view(&b), e) : rc;
}

static bool needs_intent(const struct commit *c)
{
    for (size_t i = 0; i < c->changes.n; i++)
        if (!c->changes.v[i].file)
            return true;
    return false;
}

enum rc commit_write(struct manage *m, struct commit *c, struct arena *a, struct err *e)
{
    char token[UUID_TEXT_SIZE];
    struct uuid u;
    bool intent = needs_intent(c);
    uuid_v4(&u, m->conf.random);
    uuid_text(&u, token);
    atomic_fetch_add(&m->generation, 1); /* what is compiled from here on is out of date */
    enum rc rc = intent ? write_intent(m, c, str_z(token), a, e) : RC_OK;
    if (rc == RC_OK)
        rc = write_ledger(m, c, str_z(token), a, e);
    if (rc == RC_OK) {
        rc = write_database(m, c, a, e);
        if (rc != RC_OK) /* the ledger is ahead: the next start makes it good */
            atomic_store(&m->broken, true);
    }
    if (rc == RC_OK && intent)
        rc = confdb_set(m->conf.confdb, STR(PENDING), STR_NULL, e);
    atomic_fetch_add(&m->generation, 1);
    return rc;
}

/* An act beside those of the changes: what a person or the engine did to r's integration. */
enum rc commit_act(struct run *r, const char *verb, const char *status, struct err *e)
{
    struct store_act *act = arena_make(r->arena, struct store_act, 1);
    struct buf object, detail;
    struct jw w;
    buf_init_arena(&object, r->arena, 1024);
    buf_z(&object, "integration/");
    buf_str(&object, r->name);
    buf_init_arena(&detail, r->arena, 1024);
    jw_init(&w, &detail, JSON_COMPACT);
    jw_object(&w);
    if (status)
        jw_kstrz(&w, "status", status);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc == RC_OK)
        rc = buf_rc(&object, e);
    if (rc != RC_OK || !act)
        return rc != RC_OK ? rc : manage_nomem(e);
    *act = (struct store_act){ .actor = r->actor,
                               .peer = r->peer,
                               .verb = str_z(verb),
                               .object = buf_view(&object),
                               .detail = buf_view(&detail) };
    r->commit.acts = act;
    r->commit.n_acts = 1;
    return RC_OK;
}

/* Of a run that holds the turn: files that are the engine's to write come first, they are the
 * truth of what is in them; a crash behind them is a file that was edited. */
enum rc commit_run(struct run *r, struct err *e)
{
    if (atomic_load(&r->m->broken))
        return err_set(e, RC_IO, "MNG-016",
                       "an earlier change could not be finished: restart the engine");
    enum rc rc = files_write(r, e);
    return rc == RC_OK ? commit_write(r->m, &r->commit, r->arena, e) : rc;
}

/* ---- after a crash ------------------------------------------------------------------------ */

struct pending {
    struct str token;
    struct commit commit;
};

static bool read_changes(const struct json *list, struct arena *a, struct changes *out)
{
    out->v = arena_make(a, struct change, json_count(list) + 1);
    if (!out->v)
        return false;
    JSON_EACH(item, list)
    {
        uint64_t seen = 0;
        if (!json_u64(json_getz(item, "seen"), &seen))
            return false;
        out->v[out->n++] = (struct change){ .kind = json_text(json_getz(item, "kind")),
                                            .name = json_text(json_getz(item, "name")),
                                            .body = json_text(json_getz(item, "body")),
                                            .seen = seen };
    }
    return true;
}

static bool read_records(const struct json *list, struct arena *a, struct commit *c)
{
    c->records = arena_make(a, struct record_change, json_count(list) + 1);
    if (!c->records)
        return false;
    JSON_EACH(item, list)
    {
        struct record_change *r = &c->records[c->n_records++];
        r->record = (struct confdb_record){ .id = json_text(json_getz(item, "id")),
                                            .name = json_text(json_getz(item, "name")),
                                            .status = json_text(json_getz(item, "status")),
                                            .record = json_text(json_getz(item, "record")) };
        r->remove = str_is_null(r->record.record);
    }
    return true;
}

static enum rc read_pending(struct str text, struct arena *a, struct pending *p, struct err *e)
{
    struct json *doc = NULL;
    enum rc rc = json_parse(text, &json_default_limits, a, &doc, e);
    if (rc != RC_OK)
        return rc;
    p->token = json_text(json_getz(doc, "token"));
    p->commit.actor = json_text(json_getz(doc, "by"));
    return read_changes(json_getz(doc, "changes"), a, &p->commit.changes) &&
                   read_records(json_getz(doc, "records"), a, &p->commit)
               ? RC_OK
               : manage_nomem(e);
}

/* Does an act of the ledger name this change? */
static enum rc is_recorded(struct manage *m, struct str token, struct arena *a, bool *out,
                           struct err *e)
{
    struct store_audit *acts = NULL;
    size_t n = 0;
    enum rc rc = store_settle(m->conf.store, e);
    if (rc == RC_OK)
        rc = store_acts(m->conf.store, 0, ACTS_LOOKED, a, &acts, &n, e);
    *out = false;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        if (str_find(acts[i].act.detail, token, 0) != SIZE_MAX) {
            *out = true;
            /* its STORE_CONFIG stands right before it */
            m->config_version =
                acts[i].seq > m->config_version + 1 ? acts[i].seq - 1 : m->config_version;
            return RC_OK;
        }
    return rc;
}

static enum rc recover(struct manage *m, struct str text, struct arena *a, struct err *e)
{
    struct pending p = { .token = STR_NULL };
    bool recorded = false;
    enum rc rc = read_pending(text, a, &p, e);
    if (rc == RC_OK)
        rc = is_recorded(m, p.token, a, &recorded, e);
    if (rc == RC_OK && recorded) {
        p.commit.config_version = m->config_version;
        rc = write_database(m, &p.commit, a, e);
        if (rc == RC_OK)
            log_event(m->conf.log, EV_CONFIG_RECOVERED, F_U64("objects", p.commit.changes.n));
    }
    return rc == RC_OK ? confdb_set(m->conf.confdb, STR(PENDING), STR_NULL, e) : rc;
}

enum rc commit_recover(struct manage *m, struct err *e)
{
    struct arena *a = arena_new("recover", 0, RECOVER_MEMORY);
    if (!a)
        return manage_nomem(e);
    struct str text = STR_NULL;
    enum rc rc = commit_version(m, a, e);
    if (rc == RC_OK)
        rc = confdb_setting(m->conf.confdb, STR(PENDING), a, &text, e);
    if (rc == RC_OK)
        rc = recover(m, text, a, e);
    else if (rc == RC_MISSING)
        rc = RC_OK;
    arena_free(&a);
    return rc;
}

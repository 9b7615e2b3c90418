/* Records of integrations. Tests: confdb_test.c */
#include "store/confdb_int.h"

/* The current version, 0 where there is none, must be the one the caller saw. */
static enum rc check_seen(struct confdb *c, struct str id, uint64_t seen, struct err *e)
{
    struct stmt *st = confdb_use(c, Q_RECORD_AT);
    stmt_str(st, 1, id);
    enum rc rc = stmt_step(st, e);
    if (rc && rc != RC_MISSING)
        return rc;
    uint64_t current = rc ? 0 : stmt_get_u64(st, 0);
    stmt_reset(st);
    if (current == seen)
        return RC_OK;
    return err_set(e, RC_STATE, "STORE-042",
                   "somebody changed it meanwhile: version %llu is current, not %llu",
                   (unsigned long long)current, (unsigned long long)seen);
}

static enum rc write_record(struct confdb *c, const struct confdb_record *r, uint64_t version,
                            struct err *e)
{
    struct stmt *st = confdb_use(c, version == 1 ? Q_RECORD_ADD : Q_RECORD_CHANGE);
    stmt_str(st, 1, r->id);
    stmt_str(st, 2, r->name);
    stmt_str(st, 3, confdb_not_null(r->status));
    stmt_str(st, 4, confdb_not_null(r->record));
    stmt_u64(st, 5, version);
    stmt_i64(st, 6, clock_now_ms(c->clock));
    enum rc rc = stmt_run(st, e);
    if (rc == RC_STATE)
        return err_set(e, RC_STATE, "STORE-045", "an integration with this id or name exists");
    return rc;
}

enum rc confdb_record_put(struct confdb *c, const struct confdb_record *r, uint64_t seen,
                          uint64_t *version, struct err *e)
{
    enum rc rc = confdb_check_names(r->id, r->name, r->record, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    rc = confdb_begin(c, e);
    if (rc)
        return rc;
    rc = check_seen(c, r->id, seen, e);
    if (!rc)
        rc = write_record(c, r, seen + 1, e);
    rc = confdb_end(c, rc, e);
    if (!rc)
        *version = seen + 1;
    return rc;
}

static enum rc take_record(struct stmt *st, struct arena *a, void *to, struct err *e)
{
    struct confdb_record r = { .id = stmt_get_str(st, 0),
                               .name = stmt_get_str(st, 1),
                               .status = stmt_get_str(st, 2),
                               .record = stmt_get_str(st, 3),
                               .version = stmt_get_u64(st, 4),
                               .at_ms = stmt_get_i64(st, 5) };
    if (!confdb_copy(a, &r.id) || !confdb_copy(a, &r.name) || !confdb_copy(a, &r.status) ||
        !confdb_copy(a, &r.record))
        return confdb_no_memory(e);
    *(struct confdb_record *)to = r;
    return RC_OK;
}

static const struct confdb_row record_row = { sizeof(struct confdb_record), take_record };

enum rc confdb_record_get(struct confdb *c, struct str id_or_name, struct arena *a,
                          struct confdb_record *out, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_RECORD_GET);
    stmt_str(st, 1, id_or_name);
    return confdb_one(st, &record_row, a, out, e);
}

enum rc confdb_record_remove(struct confdb *c, struct str id, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_RECORD_REMOVE);
    stmt_str(st, 1, id);
    enum rc rc = stmt_run(st, e);
    if (!rc && db_changes(&c->db) == 0)
        return confdb_missing(e);
    return rc;
}

enum rc confdb_records(struct confdb *c, struct arena *a, struct confdb_record **out, size_t *n,
                       struct err *e)
{
    void *list = NULL;
    LOCK_SCOPE(guard, &c->lock);
    enum rc rc = confdb_collect(confdb_use(c, Q_RECORDS), &record_row, a, &list, n, e);
    if (!rc)
        *out = list;
    return rc;
}

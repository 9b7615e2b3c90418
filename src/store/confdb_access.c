/* Who may do what and with which secrets: API keys, users, sealed secrets. Tests: confdb_test.c */
#include "store/confdb_int.h"

/* Run a change of one row; RC_MISSING when there was none. */
static enum rc run_one(struct confdb *c, struct stmt *st, struct err *e)
{
    enum rc rc = stmt_run(st, e);
    if (!rc && db_changes(&c->db) == 0)
        return confdb_missing(e);
    return rc;
}

static enum rc remove_named(struct confdb *c, enum confdb_query q, struct str name, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, q);
    stmt_str(st, 1, name);
    return run_one(c, st, e);
}

/* ---- API keys ----------------------------------------------------------------------------- */

enum rc confdb_key_add(struct confdb *c, const struct confdb_key *key, struct err *e)
{
    enum rc rc = confdb_check_names(key->id, key->name, STR_NULL, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_KEY_ADD);
    stmt_str(st, 1, key->id);
    stmt_str(st, 2, key->name);
    stmt_str(st, 3, confdb_not_null(key->role));
    stmt_str(st, 4, confdb_not_null(key->hash));
    stmt_i64(st, 5, clock_now_ms(c->clock));
    stmt_i64(st, 6, key->expires_at);
    rc = stmt_run(st, e);
    if (rc == RC_STATE)
        return err_set(e, RC_STATE, "STORE-045", "a key with this id or name exists");
    return rc;
}

enum rc confdb_key_disable(struct confdb *c, struct str id, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_KEY_DISABLE);
    stmt_str(st, 1, id);
    stmt_i64(st, 2, clock_now_ms(c->clock));
    return run_one(c, st, e);
}

static enum rc take_key(struct stmt *st, struct arena *a, void *to, struct err *e)
{
    struct confdb_key k = { .id = stmt_get_str(st, 0),
                            .name = stmt_get_str(st, 1),
                            .role = stmt_get_str(st, 2),
                            .hash = stmt_get_str(st, 3),
                            .created_at = stmt_get_i64(st, 4),
                            .expires_at = stmt_get_i64(st, 5),
                            .disabled_at = stmt_get_i64(st, 6) };
    if (!confdb_copy(a, &k.id) || !confdb_copy(a, &k.name) || !confdb_copy(a, &k.role) ||
        !confdb_copy(a, &k.hash))
        return confdb_no_memory(e);
    *(struct confdb_key *)to = k;
    return RC_OK;
}

static const struct confdb_row key_row = { sizeof(struct confdb_key), take_key };

enum rc confdb_key_get(struct confdb *c, struct str id, struct arena *a, struct confdb_key *out,
                       struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_KEY_GET);
    stmt_str(st, 1, id);
    return confdb_one(st, &key_row, a, out, e);
}

enum rc confdb_keys(struct confdb *c, struct arena *a, struct confdb_key **out, size_t *n,
                    struct err *e)
{
    void *list = NULL;
    LOCK_SCOPE(guard, &c->lock);
    enum rc rc = confdb_collect(confdb_use(c, Q_KEYS), &key_row, a, &list, n, e);
    if (!rc)
        *out = list;
    return rc;
}

/* ---- users -------------------------------------------------------------------------------- */

enum rc confdb_user_put(struct confdb *c, const struct confdb_user *u, struct err *e)
{
    enum rc rc = confdb_check_names(u->name, u->role, STR_NULL, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_USER_PUT);
    stmt_str(st, 1, u->name);
    stmt_str(st, 2, u->role);
    stmt_str(st, 3, confdb_not_null(u->hash));
    stmt_i64(st, 4, clock_now_ms(c->clock));
    stmt_i64(st, 5, u->disabled_at);
    return stmt_run(st, e);
}

static enum rc take_user(struct stmt *st, struct arena *a, void *to, struct err *e)
{
    struct confdb_user u = { .name = stmt_get_str(st, 0),
                             .role = stmt_get_str(st, 1),
                             .hash = stmt_get_str(st, 2),
                             .created_at = stmt_get_i64(st, 3),
                             .changed_at = stmt_get_i64(st, 4),
                             .disabled_at = stmt_get_i64(st, 5) };
    if (!confdb_copy(a, &u.name) || !confdb_copy(a, &u.role) || !confdb_copy(a, &u.hash))
        return confdb_no_memory(e);
    *(struct confdb_user *)to = u;
    return RC_OK;
}

static const struct confdb_row user_row = { sizeof(struct confdb_user), take_user };

enum rc confdb_user_get(struct confdb *c, struct str name, struct arena *a, struct confdb_user *out,
                        struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_USER_GET);
    stmt_str(st, 1, name);
    return confdb_one(st, &user_row, a, out, e);
}

enum rc confdb_user_remove(struct confdb *c, struct str name, struct err *e)
{
    return remove_named(c, Q_USER_REMOVE, name, e);
}

enum rc confdb_users(struct confdb *c, struct arena *a, struct confdb_user **out, size_t *n,
                     struct err *e)
{
    void *list = NULL;
    LOCK_SCOPE(guard, &c->lock);
    enum rc rc = confdb_collect(confdb_use(c, Q_USERS), &user_row, a, &list, n, e);
    if (!rc)
        *out = list;
    return rc;
}

/* ---- sealed secrets ----------------------------------------------------------------------- */

enum rc confdb_secret_put(struct confdb *c, const struct confdb_secret *s, struct err *e)
{
    enum rc rc = confdb_check_names(s->name, s->name, s->sealed, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_SECRET_PUT);
    stmt_str(st, 1, s->name);
    stmt_blob(st, 2, confdb_not_null(s->sealed));
    stmt_str(st, 3, confdb_not_null(s->by));
    stmt_i64(st, 4, clock_now_ms(c->clock));
    return stmt_run(st, e);
}

static enum rc take_secret(struct stmt *st, struct arena *a, void *to, struct err *e)
{
    struct confdb_secret s = { .name = stmt_get_str(st, 0),
                               .sealed = stmt_get_str(st, 1),
                               .by = stmt_get_str(st, 2),
                               .at_ms = stmt_get_i64(st, 3) };
    if (!confdb_copy(a, &s.name) || !confdb_copy(a, &s.sealed) || !confdb_copy(a, &s.by))
        return confdb_no_memory(e);
    *(struct confdb_secret *)to = s;
    return RC_OK;
}

static const struct confdb_row secret_row = { sizeof(struct confdb_secret), take_secret };

enum rc confdb_secret_get(struct confdb *c, struct str name, struct arena *a,
                          struct confdb_secret *out, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_SECRET_GET);
    stmt_str(st, 1, name);
    return confdb_one(st, &secret_row, a, out, e);
}

enum rc confdb_secret_remove(struct confdb *c, struct str name, struct err *e)
{
    return remove_named(c, Q_SECRET_REMOVE, name, e);
}

enum rc confdb_secrets(struct confdb *c, struct arena *a, struct confdb_secret **out, size_t *n,
                       struct err *e)
{
    void *list = NULL;
    LOCK_SCOPE(guard, &c->lock);
    enum rc rc = confdb_collect(confdb_use(c, Q_SECRETS), &secret_row, a, &list, n, e);
    if (!rc)
        *out = list;
    return rc;
}

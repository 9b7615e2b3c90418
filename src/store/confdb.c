/*
 * The configuration database. One mutex lets one call in at a time: these are rare, small calls,
 * made off the loops. Here: opening, objects and settings; the rest is in confdb_access.c and
 * confdb_record.c. Tests: confdb_test.c
 */
#include "store/confdb_int.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "crypt/sha.h"

#define CONFDB_RANK 400
/* Migration i brings version i to i + 1. Never edited once released; new ones go to the end. */
static const char *const migrations[CONFDB_VERSION] = {
    "CREATE TABLE object ("
    "  kind TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, version INTEGER NOT NULL,"
    "  doc TEXT NOT NULL, hash TEXT NOT NULL, updated_at INTEGER NOT NULL,"
    "  updated_by TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;"
    "CREATE TABLE object_history ("
    "  kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, origin TEXT NOT NULL,"
    "  doc TEXT NOT NULL, hash TEXT NOT NULL, updated_at INTEGER NOT NULL,"
    "  updated_by TEXT NOT NULL, removed INTEGER NOT NULL,"
    "  PRIMARY KEY (kind, name, version)) WITHOUT ROWID;"
    "CREATE TABLE api_key ("
    "  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, hash TEXT NOT NULL,"
    "  created_at INTEGER NOT NULL, disabled_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",

    "ALTER TABLE api_key ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE integration ("
    "  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, status TEXT NOT NULL,"
    "  record TEXT NOT NULL, version INTEGER NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE secret ("
    "  name TEXT PRIMARY KEY, sealed BLOB NOT NULL, updated_by TEXT NOT NULL,"
    "  updated_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE user ("
    "  name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, created_at INTEGER NOT NULL,"
    "  changed_at INTEGER NOT NULL, disabled_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;",
};

#define OBJECT "kind, name, origin, doc, hash, updated_by, version, updated_at"
#define KEY    "id, name, role, hash, created_at, expires_at, disabled_at"
#define RECORD "id, name, status, record, version, updated_at"
#define SECRET "name, sealed, updated_by, updated_at"
#define USER   "name, role, hash, created_at, changed_at, disabled_at"

static const char *const queries[CONFDB_QUERIES] = {
    [Q_CURRENT] = "SELECT version, origin FROM object WHERE kind = ?1 AND name = ?2",
    [Q_NEXT_VERSION] = "SELECT coalesce(max(version), 0) + 1 FROM object_history"
                       " WHERE kind = ?1 AND name = ?2",
    [Q_PUT] = "INSERT OR REPLACE INTO object (" OBJECT ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [Q_REMOVE] = "DELETE FROM object WHERE kind = ?1 AND name = ?2",
    [Q_REMEMBER] = "INSERT INTO object_history (" OBJECT ", removed)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [Q_GET] = "SELECT " OBJECT ", 0 FROM object WHERE kind = ?1 AND name = ?2",
    [Q_LIST] = "SELECT " OBJECT ", 0 FROM object WHERE ?1 IS NULL OR kind = ?1"
               " ORDER BY kind, name",
    [Q_HISTORY] = "SELECT " OBJECT ", removed FROM object_history WHERE kind = ?1 AND name = ?2"
                  " ORDER BY version DESC LIMIT ?3",
    [Q_KEY_ADD] = "INSERT INTO api_key (id, name, role, hash, created_at, expires_at)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [Q_KEY_DISABLE] = "UPDATE api_key SET disabled_at ="
                      " CASE disabled_at WHEN 0 THEN ?2 ELSE disabled_at END WHERE id = ?1",
    [Q_KEY_GET] = "SELECT " KEY " FROM api_key WHERE id = ?1",
    [Q_KEYS] = "SELECT " KEY " FROM api_key ORDER BY created_at, id",
    [Q_RECORD_AT] = "SELECT version FROM integration WHERE id = ?1",
    [Q_RECORD_ADD] = "INSERT INTO integration (" RECORD ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [Q_RECORD_CHANGE] = "UPDATE integration SET name = ?2, status = ?3, record = ?4, version = ?5,"
                        " updated_at = ?6 WHERE id = ?1",
    [Q_RECORD_GET] = "SELECT " RECORD " FROM integration WHERE id = ?1 OR name = ?1"
                     " ORDER BY id = ?1 DESC LIMIT 1",
    [Q_RECORD_REMOVE] = "DELETE FROM integration WHERE id = ?1",
    [Q_RECORDS] = "SELECT " RECORD " FROM integration ORDER BY name",
    [Q_SECRET_PUT] = "INSERT OR REPLACE INTO secret (" SECRET ") VALUES (?1, ?2, ?3, ?4)",
    [Q_SECRET_GET] = "SELECT " SECRET " FROM secret WHERE name = ?1",
    [Q_SECRET_REMOVE] = "DELETE FROM secret WHERE name = ?1",
    [Q_SECRETS] = "SELECT name, NULL, updated_by, updated_at FROM secret ORDER BY name",
    [Q_USER_PUT] = "INSERT INTO user (" USER ") VALUES (?1, ?2, ?3, ?4, ?4, ?5)"
                   " ON CONFLICT (name) DO UPDATE SET role = excluded.role, hash = excluded.hash,"
                   " changed_at = excluded.changed_at, disabled_at = excluded.disabled_at",
    [Q_USER_GET] = "SELECT " USER " FROM user WHERE name = ?1",
    [Q_USER_REMOVE] = "DELETE FROM user WHERE name = ?1",
    [Q_USERS] = "SELECT " USER " FROM user ORDER BY name",
    [Q_SET] = "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
    [Q_UNSET] = "DELETE FROM setting WHERE name = ?1",
    [Q_SETTING] = "SELECT value FROM setting WHERE name = ?1",
};

/* ---- opening ------------------------------------------------------------------------------ */

static enum rc migrate_one(struct db *db, int64_t version, struct err *e)
{
    char set[48];
    int n = snprintf(set, sizeof set, "PRAGMA user_version = %d", (int)version + 1);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof set);
    enum rc rc = db_exec(db, migrations[version], e);
    return rc ? rc : db_exec(db, set, e);
}

static enum rc migrate(struct db *db, struct err *e)
{
    int64_t version = 0;
    enum rc rc = db_version(db, &version, e);
    if (rc)
        return rc;
    if (version > CONFDB_VERSION || version < 0)
        return err_set(e, RC_VALUE, "STORE-040",
                       "the configuration database has version %lld, this program knows %d",
                       (long long)version, CONFDB_VERSION);
    if (version == CONFDB_VERSION)
        return RC_OK;
    rc = db_exec(db, "BEGIN IMMEDIATE", e);
    for (; !rc && version < CONFDB_VERSION; version++)
        rc = migrate_one(db, version, e);
    if (!rc)
        rc = db_exec(db, "COMMIT", e);
    if (rc)
        db_rollback(db);
    return rc;
}

enum rc confdb_open(const char *path, const struct clock *clock, struct confdb **out, struct err *e)
{
    struct confdb *c = mem_new(struct confdb);
    if (!c)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the configuration");
    mutex_init(&c->lock, "confdb", CONFDB_RANK);
    c->clock = clock;
    enum rc rc = db_open(&c->db, path, DB_CREATE, "STORE-041", e);
    /* the version first: a newer file is not even switched to WAL */
    int64_t version = 0;
    if (!rc)
        rc = db_version(&c->db, &version, e);
    if (!rc && version <= CONFDB_VERSION)
        rc = db_exec(&c->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", e);
    if (!rc)
        rc = migrate(&c->db, e);
    for (size_t i = 0; !rc && i < CONFDB_QUERIES; i++)
        rc = stmt_open(&c->stmt[i], &c->db, queries[i], e);
    if (rc) {
        confdb_close(&c);
        return rc;
    }
    *out = c;
    return RC_OK;
}

void confdb_close(struct confdb **cp)
{
    struct confdb *c = *cp;
    *cp = NULL;
    if (!c)
        return;
    for (size_t i = 0; i < CONFDB_QUERIES; i++)
        stmt_close(&c->stmt[i]);
    db_close(&c->db);
    mutex_done(&c->lock);
    mem_free(c);
}

/* ---- small steps -------------------------------------------------------------------------- */

enum rc confdb_no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

enum rc confdb_missing(struct err *e)
{
    return err_set(e, RC_MISSING, "STORE-044", "there is no such thing");
}

struct stmt *confdb_use(struct confdb *c, enum confdb_query q)
{
    mutex_assert_held(&c->lock);
    return &c->stmt[q];
}

bool confdb_copy(struct arena *a, struct str *s)
{
    if (str_is_null(*s))
        return true;
    *s = arena_str(a, *s);
    return !str_is_null(*s);
}

enum rc confdb_begin(struct confdb *c, struct err *e)
{
    return db_exec(&c->db, "BEGIN IMMEDIATE", e);
}

/* Commit what went well, undo what did not. */
enum rc confdb_end(struct confdb *c, enum rc rc, struct err *e)
{
    if (!rc)
        rc = db_exec(&c->db, "COMMIT", e);
    if (rc)
        db_rollback(&c->db);
    return rc;
}

/* ---- objects ------------------------------------------------------------------------------ */

enum rc confdb_check_names(struct str kind, struct str name, struct str doc, struct err *e)
{
    if (kind.n == 0 || name.n == 0 || kind.n > CONFDB_NAME_MAX || name.n > CONFDB_NAME_MAX ||
        doc.n > CONFDB_DOC_MAX)
        return err_set(e, RC_VALUE, "STORE-043", "kind, name or document is empty or too long");
    return RC_OK;
}

/* The current version, 0 where there is none, must be the one the caller saw. */
static enum rc check_seen(struct confdb *c, struct str kind, struct str name, uint64_t seen,
                          struct err *e)
{
    struct stmt *st = confdb_use(c, Q_CURRENT);
    stmt_str(st, 1, kind);
    stmt_str(st, 2, name);
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

static enum rc next_version(struct confdb *c, struct str kind, struct str name, uint64_t *out,
                            struct err *e)
{
    struct stmt *st = confdb_use(c, Q_NEXT_VERSION);
    stmt_str(st, 1, kind);
    stmt_str(st, 2, name);
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    *out = stmt_get_u64(st, 0);
    stmt_reset(st);
    return RC_OK;
}

static void bind_object(struct stmt *st, const struct confdb_object *o)
{
    stmt_str(st, 1, o->kind);
    stmt_str(st, 2, o->name);
    stmt_str(st, 3, o->origin);
    stmt_str(st, 4, o->doc);
    stmt_str(st, 5, o->hash);
    stmt_str(st, 6, o->by);
    stmt_u64(st, 7, o->version);
    stmt_i64(st, 8, o->at_ms);
}

static enum rc write_object(struct confdb *c, const struct confdb_object *o, struct err *e)
{
    struct stmt *st = confdb_use(c, Q_REMEMBER);
    bind_object(st, o);
    stmt_i64(st, 9, o->removed);
    enum rc rc = stmt_run(st, e);
    if (rc)
        return rc;
    st = confdb_use(c, o->removed ? Q_REMOVE : Q_PUT);
    if (!o->removed) {
        bind_object(st, o);
        return stmt_run(st, e);
    }
    stmt_str(st, 1, o->kind);
    stmt_str(st, 2, o->name);
    return stmt_run(st, e);
}

/* A new version of o, in one transaction. */
static enum rc put_version(struct confdb *c, struct confdb_object *o, uint64_t seen, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    enum rc rc = confdb_begin(c, e);
    if (rc)
        return rc;
    rc = check_seen(c, o->kind, o->name, seen, e);
    if (!rc)
        rc = next_version(c, o->kind, o->name, &o->version, e);
    o->at_ms = clock_now_ms(c->clock);
    if (!rc)
        rc = write_object(c, o, e);
    return confdb_end(c, rc, e);
}

static void hex_hash(struct str doc, char out[2 * SHA256_BYTES])
{
    static const char digit[] = "0123456789abcdef";
    uint8_t hash[SHA256_BYTES];
    sha256_once(doc, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        out[2 * i] = digit[hash[i] >> 4];
        out[2 * i + 1] = digit[hash[i] & 15];
    }
}

struct str confdb_not_null(struct str s)
{
    return str_is_null(s) ? STR("") : s;
}

enum rc confdb_put(struct confdb *c, const struct confdb_object *obj, uint64_t seen,
                   uint64_t *version, struct err *e)
{
    char hash[2 * SHA256_BYTES];
    enum rc rc = confdb_check_names(obj->kind, obj->name, obj->doc, e);
    if (rc)
        return rc;
    hex_hash(obj->doc, hash);
    struct confdb_object o = { .kind = obj->kind,
                               .name = obj->name,
                               .origin = confdb_not_null(obj->origin),
                               .doc = confdb_not_null(obj->doc),
                               .hash = str_of(hash, sizeof hash),
                               .by = confdb_not_null(obj->by) };
    rc = put_version(c, &o, seen, e);
    if (!rc)
        *version = o.version;
    return rc;
}

enum rc confdb_remove(struct confdb *c, struct str kind, struct str name, struct str by,
                      uint64_t seen, struct err *e)
{
    if (seen == 0)
        return confdb_missing(e);
    struct confdb_object o = { .kind = kind,
                               .name = name,
                               .origin = STR(""),
                               .doc = STR(""),
                               .hash = STR(""),
                               .by = confdb_not_null(by),
                               .removed = true };
    return put_version(c, &o, seen, e);
}

static enum rc take_object(struct stmt *st, struct arena *a, void *to, struct err *e)
{
    struct confdb_object o = { .kind = stmt_get_str(st, 0),
                               .name = stmt_get_str(st, 1),
                               .origin = stmt_get_str(st, 2),
                               .doc = stmt_get_str(st, 3),
                               .hash = stmt_get_str(st, 4),
                               .by = stmt_get_str(st, 5),
                               .version = stmt_get_u64(st, 6),
                               .at_ms = stmt_get_i64(st, 7),
                               .removed = stmt_get_i64(st, 8) != 0 };
    if (!confdb_copy(a, &o.kind) || !confdb_copy(a, &o.name) || !confdb_copy(a, &o.origin) ||
        !confdb_copy(a, &o.doc) || !confdb_copy(a, &o.hash) || !confdb_copy(a, &o.by))
        return confdb_no_memory(e);
    *(struct confdb_object *)to = o;
    return RC_OK;
}

enum rc confdb_one(struct stmt *st, const struct confdb_row *row, struct arena *a, void *to,
                   struct err *e)
{
    enum rc rc = stmt_step(st, e);
    if (rc == RC_MISSING)
        return confdb_missing(e);
    if (rc)
        return rc;
    rc = row->take(st, a, to, e);
    stmt_reset(st);
    return rc;
}

enum rc confdb_collect(struct stmt *st, const struct confdb_row *row, struct arena *a, void **out,
                       size_t *n, struct err *e)
{
    char *list = NULL;
    size_t cap = 0;
    size_t filled = 0;
    enum rc rc;
    while ((rc = stmt_step(st, e)) == RC_OK) {
        char *p = filled < CONFDB_LIST_MAX ? vec_room(a, list, row->size, filled, &cap) : NULL;
        if (!p) {
            rc = confdb_no_memory(e);
            break;
        }
        list = p;
        rc = row->take(st, a, list + row->size * filled++, e);
        if (rc)
            break;
    }
    stmt_reset(st);
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = filled;
    return RC_OK;
}

static const struct confdb_row object_row = { sizeof(struct confdb_object), take_object };

enum rc confdb_get(struct confdb *c, struct str kind, struct str name, struct arena *a,
                   struct confdb_object *out, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_GET);
    stmt_str(st, 1, kind);
    stmt_str(st, 2, name);
    return confdb_one(st, &object_row, a, out, e);
}

static enum rc collect_objects(struct stmt *st, struct arena *a, struct confdb_object **out,
                               size_t *n, struct err *e)
{
    void *list = NULL;
    enum rc rc = confdb_collect(st, &object_row, a, &list, n, e);
    if (rc == RC_OK)
        *out = list;
    return rc;
}

enum rc confdb_list(struct confdb *c, struct str kind, struct arena *a, struct confdb_object **out,
                    size_t *n, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_LIST);
    stmt_str(st, 1, kind);
    return collect_objects(st, a, out, n, e);
}

enum rc confdb_history(struct confdb *c, struct str kind, struct str name, size_t limit,
                       struct arena *a, struct confdb_object **out, size_t *n, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_HISTORY);
    stmt_str(st, 1, kind);
    stmt_str(st, 2, name);
    stmt_i64(st, 3, (int64_t)size_min(limit, CONFDB_LIST_MAX));
    return collect_objects(st, a, out, n, e);
}

/* ---- settings ----------------------------------------------------------------------------- */

enum rc confdb_set(struct confdb *c, struct str name, struct str value, struct err *e)
{
    enum rc rc = confdb_check_names(name, name, value, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, str_is_null(value) ? Q_UNSET : Q_SET);
    stmt_str(st, 1, name);
    if (!str_is_null(value))
        stmt_str(st, 2, value);
    return stmt_run(st, e);
}

enum rc confdb_setting(struct confdb *c, struct str name, struct arena *a, struct str *out,
                       struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = confdb_use(c, Q_SETTING);
    stmt_str(st, 1, name);
    enum rc rc = stmt_step(st, e);
    if (rc == RC_MISSING)
        return confdb_missing(e);
    if (rc)
        return rc;
    struct str value = stmt_get_str(st, 0);
    bool fits = confdb_copy(a, &value);
    stmt_reset(st);
    if (!fits)
        return confdb_no_memory(e);
    *out = value;
    return RC_OK;
}

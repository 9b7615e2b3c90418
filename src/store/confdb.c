/*
 * The configuration database. One mutex lets one call in at a time: these are rare, small calls,
 * made off the loops. Tests: confdb_test.c
 */
#include "store/confdb.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/thread.h"
#include "crypt/sha.h"
#include "store/db.h"
#include "store/vec.h"

#define CONFDB_RANK 400
#define NAME_BYTES  255
#define DOC_BYTES   ((size_t)16 << 20)
#define LIST_MAX    100000

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
};

enum query {
    Q_CURRENT,
    Q_NEXT_VERSION,
    Q_PUT,
    Q_REMOVE,
    Q_REMEMBER,
    Q_GET,
    Q_LIST,
    Q_HISTORY,
    Q_KEY_ADD,
    Q_KEY_DISABLE,
    Q_KEY_GET,
    Q_KEYS,
    Q_SET,
    Q_UNSET,
    Q_SETTING,
    QUERIES
};

#define OBJECT "kind, name, origin, doc, hash, updated_by, version, updated_at"
#define KEY    "id, name, role, hash, created_at, disabled_at"

static const char *const queries[QUERIES] = {
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
    [Q_KEY_ADD] = "INSERT INTO api_key (id, name, role, hash, created_at)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)",
    [Q_KEY_DISABLE] = "UPDATE api_key SET disabled_at ="
                      " CASE disabled_at WHEN 0 THEN ?2 ELSE disabled_at END WHERE id = ?1",
    [Q_KEY_GET] = "SELECT " KEY " FROM api_key WHERE id = ?1",
    [Q_KEYS] = "SELECT " KEY " FROM api_key ORDER BY created_at, id",
    [Q_SET] = "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
    [Q_UNSET] = "DELETE FROM setting WHERE name = ?1",
    [Q_SETTING] = "SELECT value FROM setting WHERE name = ?1",
};

struct confdb {
    struct mutex lock;
    struct db db;
    struct stmt stmt[QUERIES];
    const struct clock *clock;
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
    for (size_t i = 0; !rc && i < QUERIES; i++)
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
    for (size_t i = 0; i < QUERIES; i++)
        stmt_close(&c->stmt[i]);
    db_close(&c->db);
    mutex_done(&c->lock);
    mem_free(c);
}

/* ---- small steps -------------------------------------------------------------------------- */

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

static enum rc missing(struct err *e)
{
    return err_set(e, RC_MISSING, "STORE-044", "there is no such thing");
}

static struct stmt *use(struct confdb *c, enum query q)
{
    mutex_assert_held(&c->lock);
    return &c->stmt[q];
}

static bool copy(struct arena *a, struct str *s)
{
    if (str_is_null(*s))
        return true;
    *s = arena_str(a, *s);
    return !str_is_null(*s);
}

static enum rc begin(struct confdb *c, struct err *e)
{
    return db_exec(&c->db, "BEGIN IMMEDIATE", e);
}

/* Commit what went well, undo what did not. */
static enum rc end(struct confdb *c, enum rc rc, struct err *e)
{
    if (!rc)
        rc = db_exec(&c->db, "COMMIT", e);
    if (rc)
        db_rollback(&c->db);
    return rc;
}

/* ---- objects ------------------------------------------------------------------------------ */

static enum rc check_names(struct str kind, struct str name, struct str doc, struct err *e)
{
    if (kind.n == 0 || name.n == 0 || kind.n > NAME_BYTES || name.n > NAME_BYTES ||
        doc.n > DOC_BYTES)
        return err_set(e, RC_VALUE, "STORE-043", "kind, name or document is empty or too long");
    return RC_OK;
}

/* The current version, 0 where there is none, must be the one the caller saw. */
static enum rc check_seen(struct confdb *c, struct str kind, struct str name, uint64_t seen,
                          struct err *e)
{
    struct stmt *st = use(c, Q_CURRENT);
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
    struct stmt *st = use(c, Q_NEXT_VERSION);
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
    struct stmt *st = use(c, Q_REMEMBER);
    bind_object(st, o);
    stmt_i64(st, 9, o->removed);
    enum rc rc = stmt_run(st, e);
    if (rc)
        return rc;
    st = use(c, o->removed ? Q_REMOVE : Q_PUT);
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
    enum rc rc = begin(c, e);
    if (rc)
        return rc;
    rc = check_seen(c, o->kind, o->name, seen, e);
    if (!rc)
        rc = next_version(c, o->kind, o->name, &o->version, e);
    o->at_ms = clock_now_ms(c->clock);
    if (!rc)
        rc = write_object(c, o, e);
    return end(c, rc, e);
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

static struct str not_null(struct str s)
{
    return str_is_null(s) ? STR("") : s;
}

enum rc confdb_put(struct confdb *c, const struct confdb_object *obj, uint64_t seen,
                   uint64_t *version, struct err *e)
{
    char hash[2 * SHA256_BYTES];
    enum rc rc = check_names(obj->kind, obj->name, obj->doc, e);
    if (rc)
        return rc;
    hex_hash(obj->doc, hash);
    struct confdb_object o = { .kind = obj->kind,
                               .name = obj->name,
                               .origin = not_null(obj->origin),
                               .doc = not_null(obj->doc),
                               .hash = str_of(hash, sizeof hash),
                               .by = not_null(obj->by) };
    rc = put_version(c, &o, seen, e);
    if (!rc)
        *version = o.version;
    return rc;
}

enum rc confdb_remove(struct confdb *c, struct str kind, struct str name, struct str by,
                      uint64_t seen, struct err *e)
{
    if (seen == 0)
        return missing(e);
    struct confdb_object o = { .kind = kind,
                               .name = name,
                               .origin = STR(""),
                               .doc = STR(""),
                               .hash = STR(""),
                               .by = not_null(by),
                               .removed = true };
    return put_version(c, &o, seen, e);
}

static enum rc take_object(struct stmt *st, struct arena *a, struct confdb_object *out,
                           struct err *e)
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
    if (!copy(a, &o.kind) || !copy(a, &o.name) || !copy(a, &o.origin) || !copy(a, &o.doc) ||
        !copy(a, &o.hash) || !copy(a, &o.by))
        return no_memory(e);
    *out = o;
    return RC_OK;
}

enum rc confdb_get(struct confdb *c, struct str kind, struct str name, struct arena *a,
                   struct confdb_object *out, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_GET);
    stmt_str(st, 1, kind);
    stmt_str(st, 2, name);
    enum rc rc = stmt_step(st, e);
    if (rc == RC_MISSING)
        return missing(e);
    if (rc)
        return rc;
    rc = take_object(st, a, out, e);
    stmt_reset(st);
    return rc;
}

/* Rows of a statement into an array that grows in the arena. */
static enum rc collect_objects(struct stmt *st, struct arena *a, struct confdb_object **out,
                               size_t *n, struct err *e)
{
    struct confdb_object *list = NULL;
    size_t cap = 0;
    size_t filled = 0;
    enum rc rc;
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct confdb_object *p =
            filled < LIST_MAX ? vec_room(a, list, sizeof *p, filled, &cap) : NULL;
        if (!p) {
            rc = no_memory(e);
            break;
        }
        list = p;
        rc = take_object(st, a, &list[filled++], e);
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

enum rc confdb_list(struct confdb *c, struct str kind, struct arena *a, struct confdb_object **out,
                    size_t *n, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_LIST);
    stmt_str(st, 1, kind);
    return collect_objects(st, a, out, n, e);
}

enum rc confdb_history(struct confdb *c, struct str kind, struct str name, size_t limit,
                       struct arena *a, struct confdb_object **out, size_t *n, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_HISTORY);
    stmt_str(st, 1, kind);
    stmt_str(st, 2, name);
    stmt_i64(st, 3, (int64_t)size_min(limit, LIST_MAX));
    return collect_objects(st, a, out, n, e);
}

/* ---- API keys ----------------------------------------------------------------------------- */

enum rc confdb_key_add(struct confdb *c, const struct confdb_key *key, struct err *e)
{
    enum rc rc = check_names(key->id, key->name, STR_NULL, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_KEY_ADD);
    stmt_str(st, 1, key->id);
    stmt_str(st, 2, key->name);
    stmt_str(st, 3, not_null(key->role));
    stmt_str(st, 4, not_null(key->hash));
    stmt_i64(st, 5, clock_now_ms(c->clock));
    rc = stmt_run(st, e);
    if (rc == RC_STATE)
        return err_set(e, RC_STATE, "STORE-045", "a key with this id or name exists");
    return rc;
}

enum rc confdb_key_disable(struct confdb *c, struct str id, struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_KEY_DISABLE);
    stmt_str(st, 1, id);
    stmt_i64(st, 2, clock_now_ms(c->clock));
    enum rc rc = stmt_run(st, e);
    if (!rc && db_changes(&c->db) == 0)
        return missing(e);
    return rc;
}

static enum rc take_key(struct stmt *st, struct arena *a, struct confdb_key *out, struct err *e)
{
    struct confdb_key k = { .id = stmt_get_str(st, 0),
                            .name = stmt_get_str(st, 1),
                            .role = stmt_get_str(st, 2),
                            .hash = stmt_get_str(st, 3),
                            .created_at = stmt_get_i64(st, 4),
                            .disabled_at = stmt_get_i64(st, 5) };
    if (!copy(a, &k.id) || !copy(a, &k.name) || !copy(a, &k.role) || !copy(a, &k.hash))
        return no_memory(e);
    *out = k;
    return RC_OK;
}

enum rc confdb_key_get(struct confdb *c, struct str id, struct arena *a, struct confdb_key *out,
                       struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_KEY_GET);
    stmt_str(st, 1, id);
    enum rc rc = stmt_step(st, e);
    if (rc == RC_MISSING)
        return missing(e);
    if (rc)
        return rc;
    rc = take_key(st, a, out, e);
    stmt_reset(st);
    return rc;
}

#define KEYS_MAX 10000

enum rc confdb_keys(struct confdb *c, struct arena *a, struct confdb_key **out, size_t *n,
                    struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_KEYS);
    struct confdb_key *list = NULL;
    size_t cap = 0;
    size_t filled = 0;
    enum rc rc;
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct confdb_key *p =
            filled < KEYS_MAX ? vec_room(a, list, sizeof *p, filled, &cap) : NULL;
        if (!p) {
            rc = no_memory(e);
            break;
        }
        list = p;
        rc = take_key(st, a, &list[filled++], e);
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

/* ---- settings ----------------------------------------------------------------------------- */

enum rc confdb_set(struct confdb *c, struct str name, struct str value, struct err *e)
{
    enum rc rc = check_names(name, name, value, e);
    if (rc)
        return rc;
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, str_is_null(value) ? Q_UNSET : Q_SET);
    stmt_str(st, 1, name);
    if (!str_is_null(value))
        stmt_str(st, 2, value);
    return stmt_run(st, e);
}

enum rc confdb_setting(struct confdb *c, struct str name, struct arena *a, struct str *out,
                       struct err *e)
{
    LOCK_SCOPE(guard, &c->lock);
    struct stmt *st = use(c, Q_SETTING);
    stmt_str(st, 1, name);
    enum rc rc = stmt_step(st, e);
    if (rc == RC_MISSING)
        return missing(e);
    if (rc)
        return rc;
    struct str value = stmt_get_str(st, 0);
    bool fits = copy(a, &value);
    stmt_reset(st);
    if (!fits)
        return no_memory(e);
    *out = value;
    return RC_OK;
}

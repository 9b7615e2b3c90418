#include "base/alloc.h"
#include "base/buf.h"
#include "store/confdb.h"
#include "store/db.h"
#include "tests/lib/t.h"

#include <limits.h>
#include <sys/stat.h>

struct fix {
    char path[PATH_MAX];
    struct clock_fake clock;
    struct confdb *db;
    struct arena *a;
};

static void fix_init(struct fix *f, const char *name)
{
    struct err e;
    int n = snprintf(f->path, sizeof f->path, "%s/%s", t_tmpdir(), name);
    T_TRUE(n > 0 && (size_t)n < sizeof f->path);
    clock_fake_init(&f->clock, 1700000000000);
    f->a = arena_new("test", 0, 1u << 22);
    T_OK(confdb_open(f->path, &f->clock.clock, &f->db, &e), &e);
}

static void fix_done(struct fix *f)
{
    confdb_close(&f->db);
    arena_free(&f->a);
}

static void put(struct fix *f, const char *kind, const char *name, const char *doc, uint64_t seen,
                uint64_t want)
{
    struct err e;
    uint64_t version = 0;
    const struct confdb_object o = { .kind = str_z(kind),
                                     .name = str_z(name),
                                     .origin = STR("api"),
                                     .doc = str_z(doc),
                                     .by = STR("ann") };
    T_OK(confdb_put(f->db, &o, seen, &version, &e), &e);
    T_EQ_SIZE(version, want);
}

static void an_object_reads_back_and_keeps_its_history(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_object o;
    fix_init(&f, "objects.db");
    put(&f, "channel", "adt", "{\"a\":1}", 0, 1);
    clock_fake_step(&f.clock, 1000);
    put(&f, "channel", "adt", "", 1, 2);
    T_OK(confdb_get(f.db, STR("channel"), STR("adt"), f.a, &o, &e), &e);
    T_EQ_STR(o.kind, "channel");
    T_EQ_STR(o.name, "adt");
    T_EQ_STR(o.origin, "api");
    T_EQ_STR(o.doc, "");
    T_EQ_STR(o.hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    T_EQ_STR(o.by, "ann");
    T_EQ_SIZE(o.version, 2);
    T_EQ_INT(o.at_ms, 1700000001000);
    T_FALSE(o.removed);

    T_OK(confdb_remove(f.db, STR("channel"), STR("adt"), STR("bob"), 2, &e), &e);
    T_EQ_INT(confdb_get(f.db, STR("channel"), STR("adt"), f.a, &o, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-044");
    put(&f, "channel", "adt", "{}", 0, 4);

    confdb_close(&f.db);
    T_OK(confdb_open(f.path, &f.clock.clock, &f.db, &e), &e);
    struct confdb_object *list = NULL;
    size_t n = 0;
    T_OK(confdb_history(f.db, STR("channel"), STR("adt"), 10, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 4);
    T_EQ_SIZE(list[0].version, 4);
    T_EQ_STR(list[0].doc, "{}");
    T_TRUE(list[1].removed);
    T_EQ_STR(list[1].by, "bob");
    T_EQ_STR(list[3].doc, "{\"a\":1}");
    T_EQ_INT(list[3].at_ms, 1700000000000);
    T_OK(confdb_history(f.db, STR("channel"), STR("adt"), 1, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 1);
    fix_done(&f);
}

static void the_later_of_two_editors_is_told(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    uint64_t version = 0;
    fix_init(&f, "editors.db");
    const struct confdb_object o = { .kind = STR("channel"), .name = STR("x"), .doc = STR("{}") };
    T_EQ_INT(confdb_put(f.db, &o, 1, &version, &e), RC_STATE);
    T_EQ_Z(e.id, "STORE-042");
    put(&f, "channel", "x", "{}", 0, 1);
    T_EQ_INT(confdb_put(f.db, &o, 0, &version, &e), RC_STATE);
    put(&f, "channel", "x", "{}", 1, 2);
    T_EQ_INT(confdb_put(f.db, &o, 1, &version, &e), RC_STATE);
    T_EQ_INT(confdb_remove(f.db, STR("channel"), STR("x"), STR("a"), 1, &e), RC_STATE);
    T_EQ_INT(confdb_remove(f.db, STR("channel"), STR("y"), STR("a"), 0, &e), RC_MISSING);
    T_EQ_SIZE(version, 0);
    struct confdb_object *list = NULL;
    size_t n = 0;
    T_OK(confdb_history(f.db, STR("channel"), STR("x"), 10, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    fix_done(&f);
}

static void objects_are_listed_by_kind_and_name(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_object *list = NULL;
    size_t n = 0;
    fix_init(&f, "list.db");
    put(&f, "mapping", "b", "{}", 0, 1);
    put(&f, "channel", "z", "{}", 0, 1);
    put(&f, "mapping", "a", "{}", 0, 1);
    T_OK(confdb_list(f.db, STR("mapping"), f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_STR(list[0].name, "a");
    T_EQ_STR(list[1].name, "b");
    T_OK(confdb_list(f.db, STR_NULL, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 3);
    T_EQ_STR(list[0].kind, "channel");
    T_OK(confdb_list(f.db, STR("table"), f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 0);
    fix_done(&f);
}

static void names_are_limited(void **state)
{
    (void)state;
    struct fix f;
    char name[256];
    memset(name, 'n', sizeof name);
    fix_init(&f, "names.db");
    const struct {
        const char *row;
        struct confdb_object o;
        enum rc rc;
    } rows[] = {
        { "longest", { .kind = STR("k"), .name = str_of(name, 255) }, RC_OK },
        { "too long", { .kind = STR("k"), .name = str_of(name, 256) }, RC_VALUE },
        { "kind too long", { .kind = str_of(name, 256), .name = STR("n") }, RC_VALUE },
        { "no name", { .kind = STR("k") }, RC_VALUE },
        { "no kind", { .name = STR("n") }, RC_VALUE },
        { "too much",
          { .kind = STR("k"), .name = STR("n"), .doc = str_of(name, 16777217) },
          RC_VALUE },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { 0 };
        uint64_t version = 0;
        T_ROW(rows[i].row);
        T_EQ_INT(confdb_put(f.db, &rows[i].o, 0, &version, &e), rows[i].rc);
        T_EQ_Z(e.id, rows[i].rc ? "STORE-043" : NULL);
    }
    fix_done(&f);
}

static void keys_are_added_disabled_and_listed(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_key k;
    fix_init(&f, "keys.db");
    const struct confdb_key one = { .id = STR("k1"),
                                    .name = STR("laptop"),
                                    .role = STR("admin"),
                                    .hash = STR("argon"),
                                    .expires_at = 1700000099000 };
    const struct confdb_key same_id = { .id = STR("k1"), .name = STR("other") };
    const struct confdb_key same_name = { .id = STR("k2"), .name = STR("laptop") };
    const struct confdb_key two = { .id = STR("k0"), .name = STR("ci") };
    T_OK(confdb_key_add(f.db, &one, &e), &e);
    T_EQ_INT(confdb_key_add(f.db, &same_id, &e), RC_STATE);
    T_EQ_Z(e.id, "STORE-045");
    T_EQ_INT(confdb_key_add(f.db, &same_name, &e), RC_STATE);
    clock_fake_step(&f.clock, 5);
    T_OK(confdb_key_add(f.db, &two, &e), &e);
    T_OK(confdb_key_disable(f.db, STR("k1"), &e), &e);
    clock_fake_step(&f.clock, 5);
    T_OK(confdb_key_disable(f.db, STR("k1"), &e), &e);
    T_EQ_INT(confdb_key_disable(f.db, STR("k9"), &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-044");
    T_OK(confdb_key_get(f.db, STR("k1"), f.a, &k, &e), &e);
    T_EQ_STR(k.id, "k1");
    T_EQ_STR(k.name, "laptop");
    T_EQ_STR(k.role, "admin");
    T_EQ_STR(k.hash, "argon");
    T_EQ_INT(k.created_at, 1700000000000);
    T_EQ_INT(k.disabled_at, 1700000000005);
    T_EQ_INT(k.expires_at, 1700000099000);
    T_EQ_INT(confdb_key_get(f.db, STR("k9"), f.a, &k, &e), RC_MISSING);
    struct confdb_key *list = NULL;
    size_t n = 0;
    T_OK(confdb_keys(f.db, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_STR(list[0].id, "k1");
    T_EQ_STR(list[1].id, "k0");
    T_EQ_INT(list[1].disabled_at, 0);
    fix_done(&f);
}

static void records_of_integrations(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_record r;
    uint64_t version = 0;
    fix_init(&f, "records.db");
    const struct confdb_record lab = {
        .id = STR("id-1"), .name = STR("lab"), .status = STR("failed"), .record = STR("{}")
    };
    struct confdb_record changed = lab;
    changed.status = STR("active");
    changed.name = STR("lab-2");
    T_OK(confdb_record_put(f.db, &lab, 0, &version, &e), &e);
    T_EQ_SIZE(version, 1);
    T_EQ_INT(confdb_record_put(f.db, &changed, 0, &version, &e), RC_STATE);
    T_EQ_Z(e.id, "STORE-042");
    clock_fake_step(&f.clock, 5);
    T_OK(confdb_record_put(f.db, &changed, 1, &version, &e), &e);
    T_EQ_SIZE(version, 2);
    T_EQ_INT(confdb_record_put(f.db, &lab, 1, &version, &e), RC_STATE);
    T_OK(confdb_record_get(f.db, STR("id-1"), f.a, &r, &e), &e);
    T_EQ_STR(r.name, "lab-2");
    T_EQ_STR(r.status, "active");
    T_EQ_STR(r.record, "{}");
    T_EQ_SIZE(r.version, 2);
    T_EQ_INT(r.at_ms, 1700000000005);
    T_OK(confdb_record_get(f.db, STR("lab-2"), f.a, &r, &e), &e);
    T_EQ_STR(r.id, "id-1");
    T_EQ_INT(confdb_record_get(f.db, STR("lab"), f.a, &r, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-044");
    const struct confdb_record taken = { .id = STR("id-2"), .name = STR("lab-2") };
    T_EQ_INT(confdb_record_put(f.db, &taken, 0, &version, &e), RC_STATE);
    T_EQ_Z(e.id, "STORE-045");
    /* one that is called as another one's id: the id wins */
    const struct confdb_record confusing = { .id = STR("id-2"), .name = STR("id-1") };
    T_OK(confdb_record_put(f.db, &confusing, 0, &version, &e), &e);
    T_OK(confdb_record_get(f.db, STR("id-1"), f.a, &r, &e), &e);
    T_EQ_STR(r.name, "lab-2");
    struct confdb_record *list = NULL;
    size_t n = 0;
    T_OK(confdb_records(f.db, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_STR(list[0].name, "id-1");
    T_EQ_STR(list[1].name, "lab-2");
    T_OK(confdb_record_remove(f.db, STR("id-1"), &e), &e);
    T_EQ_INT(confdb_record_remove(f.db, STR("id-1"), &e), RC_MISSING);
    const struct confdb_record no_id = { .name = STR("x") };
    T_EQ_INT(confdb_record_put(f.db, &no_id, 0, &version, &e), RC_VALUE);
    T_EQ_Z(e.id, "STORE-043");
    fix_done(&f);
}

static void sealed_secrets(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_secret s;
    fix_init(&f, "secrets.db");
    const struct confdb_secret one = { .name = STR("lab/key"),
                                       .sealed = STR("zsv1\0\1binary"),
                                       .by = STR("admin") };
    const struct confdb_secret two = { .name = STR("a"), .sealed = STR("x") };
    T_OK(confdb_secret_put(f.db, &one, &e), &e);
    T_OK(confdb_secret_put(f.db, &two, &e), &e);
    T_OK(confdb_secret_get(f.db, STR("lab/key"), f.a, &s, &e), &e);
    T_EQ_BYTES(s.sealed, one.sealed);
    T_EQ_STR(s.by, "admin");
    T_EQ_INT(s.at_ms, 1700000000000);
    struct confdb_secret again = one;
    again.sealed = STR("other");
    clock_fake_step(&f.clock, 7);
    T_OK(confdb_secret_put(f.db, &again, &e), &e);
    struct confdb_secret *list = NULL;
    size_t n = 0;
    T_OK(confdb_secrets(f.db, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_STR(list[0].name, "a");
    T_EQ_STR(list[1].name, "lab/key");
    T_EQ_INT(list[1].at_ms, 1700000000007);
    T_TRUE(str_is_null(list[1].sealed));
    T_OK(confdb_secret_get(f.db, STR("lab/key"), f.a, &s, &e), &e);
    T_EQ_STR(s.sealed, "other");
    T_OK(confdb_secret_remove(f.db, STR("lab/key"), &e), &e);
    T_EQ_INT(confdb_secret_remove(f.db, STR("lab/key"), &e), RC_MISSING);
    T_EQ_INT(confdb_secret_get(f.db, STR("lab/key"), f.a, &s, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-044");
    const struct confdb_secret no_name = { .sealed = STR("x") };
    T_EQ_INT(confdb_secret_put(f.db, &no_name, &e), RC_VALUE);
    fix_done(&f);
}

static void users_are_made_changed_and_removed(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_user u;
    fix_init(&f, "users.db");
    struct confdb_user ann = { .name = STR("ann"), .role = STR("editor"), .hash = STR("argon") };
    const struct confdb_user bob = { .name = STR("bob"), .role = STR("viewer"), .hash = STR("h") };
    const struct confdb_user nobody = { .role = STR("viewer") };
    T_OK(confdb_user_put(f.db, &bob, &e), &e);
    T_OK(confdb_user_put(f.db, &ann, &e), &e);
    clock_fake_step(&f.clock, 5);
    ann.role = STR("admin");
    ann.disabled_at = 1700000000004;
    T_OK(confdb_user_put(f.db, &ann, &e), &e);
    T_OK(confdb_user_get(f.db, STR("ann"), f.a, &u, &e), &e);
    T_EQ_STR(u.role, "admin");
    T_EQ_STR(u.hash, "argon");
    T_EQ_INT(u.created_at, 1700000000000);
    T_EQ_INT(u.changed_at, 1700000000005);
    T_EQ_INT(u.disabled_at, 1700000000004);
    struct confdb_user *list = NULL;
    size_t n = 0;
    T_OK(confdb_users(f.db, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_STR(list[0].name, "ann");
    T_EQ_STR(list[1].name, "bob");
    T_EQ_INT(list[1].disabled_at, 0);
    T_OK(confdb_user_remove(f.db, STR("bob"), &e), &e);
    T_EQ_INT(confdb_user_remove(f.db, STR("bob"), &e), RC_MISSING);
    T_EQ_INT(confdb_user_get(f.db, STR("bob"), f.a, &u, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-044");
    T_EQ_INT(confdb_user_put(f.db, &nobody, &e), RC_VALUE);
    fix_done(&f);
}

/* What version 1 wrote, as it was then. */
static const char version_1[] =
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
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO object VALUES ('channel', 'adt', 'file', 3, '{}', 'h', 17, 'file');"
    "INSERT INTO object_history VALUES ('channel', 'adt', 3, 'file', '{}', 'h', 17, 'file', 0);"
    "INSERT INTO api_key VALUES ('k1', 'laptop', 'admin', 'hash', 12, 0);"
    "INSERT INTO setting VALUES ('config.version', '42');"
    "PRAGMA user_version = 1";

static void a_file_of_version_1_is_brought_up(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct db db;
    struct confdb_object o;
    struct confdb_key k;
    struct str v;
    int64_t version = 0;
    fix_init(&f, "other.db");
    confdb_close(&f.db);
    T_TRUE(snprintf(f.path, sizeof f.path, "%s/v1.db", t_tmpdir()) > 0);
    T_OK(db_open(&db, f.path, DB_CREATE, "STORE-041", &e), &e);
    T_OK(db_exec(&db, version_1, &e), &e);
    db_close(&db);
    T_OK(confdb_open(f.path, &f.clock.clock, &f.db, &e), &e);
    T_OK(confdb_get(f.db, STR("channel"), STR("adt"), f.a, &o, &e), &e);
    T_EQ_SIZE(o.version, 3);
    T_OK(confdb_setting(f.db, STR("config.version"), f.a, &v, &e), &e);
    T_EQ_STR(v, "42");
    T_OK(confdb_key_get(f.db, STR("k1"), f.a, &k, &e), &e);
    T_EQ_STR(k.hash, "hash");
    T_EQ_INT(k.created_at, 12);
    T_EQ_INT(k.expires_at, 0);
    const struct confdb_user ann = { .name = STR("ann"), .role = STR("viewer") };
    T_OK(confdb_user_put(f.db, &ann, &e), &e);
    confdb_close(&f.db);
    T_OK(db_open(&db, f.path, DB_READ, "STORE-041", &e), &e);
    T_OK(db_version(&db, &version, &e), &e);
    T_EQ_INT(version, 2);
    db_close(&db);
    T_OK(confdb_open(f.path, &f.clock.clock, &f.db, &e), &e); /* and opens again */
    fix_done(&f);
}

static void settings_are_set_and_removed(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct str v;
    fix_init(&f, "settings.db");
    T_EQ_INT(confdb_setting(f.db, STR("a"), f.a, &v, &e), RC_MISSING);
    T_OK(confdb_set(f.db, STR("a"), STR("one"), &e), &e);
    T_OK(confdb_set(f.db, STR("a"), STR(""), &e), &e);
    T_OK(confdb_setting(f.db, STR("a"), f.a, &v, &e), &e);
    T_EQ_STR(v, "");
    T_FALSE(str_is_null(v));
    T_OK(confdb_set(f.db, STR("a"), STR_NULL, &e), &e);
    T_OK(confdb_set(f.db, STR("a"), STR_NULL, &e), &e);
    T_EQ_INT(confdb_setting(f.db, STR("a"), f.a, &v, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-044");
    fix_done(&f);
}

static void a_newer_file_is_refused_untouched(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct db db;
    int64_t version = 0;
    fix_init(&f, "newer.db");
    confdb_close(&f.db);
    T_OK(db_open(&db, f.path, DB_CREATE, "STORE-041", &e), &e);
    T_OK(db_version(&db, &version, &e), &e);
    T_EQ_INT(version, CONFDB_VERSION);
    T_OK(db_exec(&db, "PRAGMA user_version = 99", &e), &e);
    db_close(&db);
    T_EQ_INT(confdb_open(f.path, &f.clock.clock, &f.db, &e), RC_VALUE);
    T_EQ_Z(e.id, "STORE-040");
    T_TRUE(f.db == NULL);
    T_OK(db_open(&db, f.path, DB_READ, "STORE-041", &e), &e);
    T_OK(db_version(&db, &version, &e), &e);
    T_EQ_INT(version, 99);
    db_close(&db);
    fix_done(&f);
}

static void a_migration_that_fails_leaves_the_old_version(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct db db;
    fix_init(&f, "half.db");
    confdb_close(&f.db);
    /* version 0, but a table the first migration wants to make is there already */
    T_OK(db_open(&db, f.path, DB_CREATE, "STORE-041", &e), &e);
    T_OK(db_exec(&db, "PRAGMA user_version = 0; DROP TABLE object", &e), &e);
    db_close(&db);
    T_EQ_INT(confdb_open(f.path, &f.clock.clock, &f.db, &e), RC_IO);
    T_EQ_Z(e.id, "STORE-041");
    T_OK(db_open(&db, f.path, DB_READ, "STORE-041", &e), &e);
    int64_t version = 1;
    T_OK(db_version(&db, &version, &e), &e);
    T_EQ_INT(version, 0);
    struct stmt st;
    T_EQ_INT(stmt_open(&st, &db, "SELECT * FROM object", &e), RC_IO);
    stmt_close(&st);
    db_close(&db);
    fix_done(&f);
}

static void files_are_private_and_damage_is_said(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct stat st;
    fix_init(&f, "private.db");
    T_EQ_INT(stat(f.path, &st), 0);
    T_EQ_SIZE(st.st_mode & 0777, 0600);
    confdb_close(&f.db);
    char text[8192];
    memset(text, 'x', sizeof text);
    t_write(f.path, str_of(text, sizeof text));
    T_EQ_INT(confdb_open(f.path, &f.clock.clock, &f.db, &e), RC_IO);
    T_EQ_Z(e.id, "STORE-041");
    T_EQ_INT(confdb_open("/nowhere/x.db", &f.clock.clock, &f.db, &e), RC_IO);
    T_EQ_Z(e.id, "STORE-041");
    fix_done(&f);
}

static void short_memory_is_said(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct confdb_object o;
    struct confdb_object *list = NULL;
    size_t n = 0;
    fix_init(&f, "memory.db");
    char doc[600];
    memset(doc, 'd', sizeof doc - 1);
    doc[sizeof doc - 1] = '\0';
    put(&f, "channel", "adt", doc, 0, 1);
    struct arena *small = arena_new("test", 256, 500);
    T_EQ_INT(confdb_get(f.db, STR("channel"), STR("adt"), small, &o, &e), RC_NOMEM);
    T_EQ_INT(confdb_list(f.db, STR_NULL, small, &list, &n, &e), RC_NOMEM);
    arena_free(&small);
    T_OK(confdb_get(f.db, STR("channel"), STR("adt"), f.a, &o, &e), &e);
    mem_fail_at(1);
    struct confdb *second = NULL;
    T_EQ_INT(confdb_open(f.path, &f.clock.clock, &second, &e), RC_NOMEM);
    fix_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(an_object_reads_back_and_keeps_its_history),
        T_TEST(the_later_of_two_editors_is_told),
        T_TEST(objects_are_listed_by_kind_and_name),
        T_TEST(names_are_limited),
        T_TEST(keys_are_added_disabled_and_listed),
        T_TEST(records_of_integrations),
        T_TEST(sealed_secrets),
        T_TEST(users_are_made_changed_and_removed),
        T_TEST(settings_are_set_and_removed),
        T_TEST(a_file_of_version_1_is_brought_up),
        T_TEST(a_newer_file_is_refused_untouched),
        T_TEST(a_migration_that_fails_leaves_the_old_version),
        T_TEST(files_are_private_and_damage_is_said),
        T_TEST(short_memory_is_said),
    };
    return T_RUN(tests);
}

/*
 * The thin layer over SQLite. Tests: confdb_test.c, journal/journal_test.c
 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>

static enum rc failed(const struct db *db, int code, struct err *e)
{
    if (code == SQLITE_NOMEM)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a database");
    err_set(e, RC_IO, db->err_id, "database: %s", sqlite3_errstr(code));
    if (e && (code & 0xff) == SQLITE_FULL)
        e->sys = ENOSPC;
    if (e && ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB))
        e->sys = EUCLEAN;
    return RC_IO;
}

bool db_is_damage(const struct err *e)
{
    return e->code == RC_PEER || (e->code == RC_IO && e->sys == EUCLEAN);
}

/* SQLite would make the file with the process's umask; its -wal and -shm copy the file's mode. */
static enum rc create(const struct db *db, const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_sys(e, db->err_id, errno, "database: cannot be made");
    if (close(fd) != 0)
        return err_sys(e, db->err_id, errno, "database: cannot be made");
    return RC_OK;
}

enum rc db_open(struct db *db, const char *path, enum db_mode mode, const char *err_id,
                struct err *e)
{
    *db = (struct db){ .err_id = err_id };
    if (mode == DB_CREATE) {
        enum rc rc = create(db, path, e);
        if (rc)
            return rc;
    } else if (access(path, F_OK) != 0) {
        return err_set(e, RC_MISSING, err_id, "database: there is none");
    }
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(path, &db->h, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db->h, 10000);
    if (code != SQLITE_OK) {
        enum rc rc = failed(db, code, e);
        db_close(db);
        return rc;
    }
    return RC_OK;
}

void db_close(struct db *db)
{
    if (!db->h)
        return;
    int code = sqlite3_close(db->h);
    ZS_ASSERT(code == SQLITE_OK); /* anything else is a statement left open: our bug */
    db->h = NULL;
}

enum rc db_exec(struct db *db, const char *sql, struct err *e)
{
    int code = sqlite3_exec(db->h, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? RC_OK : failed(db, code, e);
}

bool db_in_transaction(struct db *db)
{
    return !sqlite3_get_autocommit(db->h);
}

void db_rollback(struct db *db)
{
    if (db->h && db_in_transaction(db))
        (void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL); /* the file keeps its old state */
}

enum rc db_checkpoint(struct db *db, bool *whole, struct err *e)
{
    int in_wal = 0;
    int copied = 0;
    int code = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &copied);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        return failed(db, code, e);
    *whole = code == SQLITE_OK && in_wal == copied;
    return RC_OK;
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->h);
}

enum rc db_version(struct db *db, int64_t *out, struct err *e)
{
    struct stmt st;
    enum rc rc = stmt_open(&st, db, "PRAGMA user_version", e);
    if (!rc)
        rc = stmt_step(&st, e);
    if (!rc)
        *out = stmt_get_i64(&st, 0);
    stmt_close(&st);
    return rc;
}

enum rc stmt_open(struct stmt *st, struct db *db, const char *sql, struct err *e)
{
    *st = (struct stmt){ .db = db };
    int code = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->h, NULL);
    return code == SQLITE_OK ? RC_OK : failed(db, code, e);
}

void stmt_close(struct stmt *st)
{
    (void)sqlite3_finalize(st->h); /* repeats the error of the last step, which was reported */
    st->h = NULL;
}

static void bound(int code)
{
    ZS_ASSERT(code == SQLITE_OK); /* borrowed values allocate nothing; the rest would be our bug */
}

void stmt_i64(struct stmt *st, int at, int64_t v)
{
    bound(sqlite3_bind_int64(st->h, at, v));
}

void stmt_u64(struct stmt *st, int at, uint64_t v)
{
    bound(sqlite3_bind_int64(st->h, at, (int64_t)v));
}

void stmt_str(struct stmt *st, int at, struct str v)
{
    ZS_ASSERT(v.n <= INT_MAX);
    bound(sqlite3_bind_text(st->h, at, v.p, (int)v.n, SQLITE_STATIC));
}

void stmt_blob(struct stmt *st, int at, struct str v)
{
    ZS_ASSERT(v.n <= INT_MAX);
    bound(sqlite3_bind_blob(st->h, at, v.p, (int)v.n, SQLITE_STATIC));
}

void stmt_reset(struct stmt *st)
{
    (void)sqlite3_reset(st->h); /* repeats the error of the last step, which was reported */
}

enum rc stmt_step(struct stmt *st, struct err *e)
{
    int code = sqlite3_step(st->h);
    if (code == SQLITE_ROW)
        return RC_OK;
    stmt_reset(st);
    return code == SQLITE_DONE ? RC_MISSING : failed(st->db, code, e);
}

enum rc stmt_run(struct stmt *st, struct err *e)
{
    int code = sqlite3_step(st->h);
    stmt_reset(st);
    if (code == SQLITE_DONE || code == SQLITE_ROW)
        return RC_OK;
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return err_set(e, RC_STATE, st->db->err_id, "database: %s", sqlite3_errstr(code));
    return failed(st->db, code, e);
}

int64_t stmt_get_i64(struct stmt *st, int at)
{
    return sqlite3_column_int64(st->h, at);
}

uint64_t stmt_get_u64(struct stmt *st, int at)
{
    return (uint64_t)sqlite3_column_int64(st->h, at);
}

struct str stmt_get_str(struct stmt *st, int at)
{
    if (sqlite3_column_type(st->h, at) == SQLITE_NULL)
        return STR_NULL;
    const char *p = sqlite3_column_blob(st->h, at);
    size_t n = (size_t)sqlite3_column_bytes(st->h, at);
    return str_of(p ? p : "", n);
}

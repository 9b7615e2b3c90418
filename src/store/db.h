/*
 * SQLite behind the house's rules: must-check calls, struct str in and out, one error id per
 * database. Only what the configuration database and the index need.
 *
 * Bound texts are borrowed until the statement is reset; columns are borrowed until the next step
 * or reset. Error texts are SQLite's own constants and never hold values.
 *
 * Thread  one at a time per database and its statements.
 */
#ifndef ZS_STORE_DB_H
#define ZS_STORE_DB_H

#include "base/err.h"
#include "base/str.h"

struct sqlite3;
struct sqlite3_stmt;

struct db {
    struct sqlite3 *h; /* NULL: closed */
    const char *err_id;
};

enum db_mode {
    DB_CREATE, /* read and write; made 0600 when missing */
    DB_READ    /* must exist */
};

/*
 * err_id   static string, for every error of this database
 * Returns  RC_IO; RC_MISSING (DB_READ and not there)
 */
enum rc db_open(struct db *db, const char *path, enum db_mode mode, const char *err_id,
                struct err *e) ZS_CHECK;

/* Every statement must be finished before. Closing a closed one is fine. */
void db_close(struct db *db);

/* Statements without parameters or results of interest; several, separated by ';'. */
enum rc db_exec(struct db *db, const char *sql, struct err *e) ZS_CHECK;

/* Roll back, whatever state the transaction is in. */
void db_rollback(struct db *db);

/* Copy the WAL into the file and sync both; *whole: nothing of it is left to copy. */
enum rc db_checkpoint(struct db *db, bool *whole, struct err *e) ZS_CHECK;

/* Is this an error of a damaged file? */
bool db_is_damage(const struct err *e);

bool db_in_transaction(struct db *db);

/* Rows changed by the last INSERT, UPDATE or DELETE. */
int64_t db_changes(struct db *db);

/* The pragma user_version. */
enum rc db_version(struct db *db, int64_t *out, struct err *e) ZS_CHECK;

struct stmt {
    struct sqlite3_stmt *h; /* NULL: not prepared */
    struct db *db;
};

enum rc stmt_open(struct stmt *st, struct db *db, const char *sql, struct err *e) ZS_CHECK;
void stmt_close(struct stmt *st);

/* Parameters from 1 on. */
void stmt_i64(struct stmt *st, int at, int64_t v);
void stmt_u64(struct stmt *st, int at, uint64_t v);   /* as the signed number of the same bits */
void stmt_str(struct stmt *st, int at, struct str v); /* STR_NULL binds NULL */
void stmt_blob(struct stmt *st, int at, struct str v);

/* RC_OK: a row is there. RC_MISSING: no more (no error set; the statement is reset). */
enum rc stmt_step(struct stmt *st, struct err *e) ZS_CHECK;

/* Step a statement that gives no rows, and reset it. RC_STATE: a constraint says no. */
enum rc stmt_run(struct stmt *st, struct err *e) ZS_CHECK;

/* Give up the row, keep the statement. */
void stmt_reset(struct stmt *st);

/* Columns from 0 on. NULL reads as 0 and STR_NULL. */
int64_t stmt_get_i64(struct stmt *st, int at);
uint64_t stmt_get_u64(struct stmt *st, int at);
struct str stmt_get_str(struct stmt *st, int at); /* text or blob */

#endif

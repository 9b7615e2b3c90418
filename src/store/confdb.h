/*
 * The configuration database, DATA/config.db: objects with their history, API keys, settings.
 * Small, rarely written, always synced (SQLite WAL, synchronous=FULL).
 *
 * The schema's version is SQLite's user_version. Opening runs the missing migrations in one
 * transaction; a newer file is refused untouched.
 *
 * Writers of objects say which version they saw (0: it must not exist), so two editors cannot
 * overwrite each other: the later one gets RC_STATE.
 *
 * Strings in what is returned live in the arena that was handed in.
 * Thread  any; one call at a time goes on, others wait. Blocks on files: not on a loop.
 */
#ifndef ZS_STORE_CONFDB_H
#define ZS_STORE_CONFDB_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

#define CONFDB_VERSION 2

struct confdb;

/*
 * path     of the file, terminated; made with mode 0600 when missing
 * clock    borrowed until close: for updated_at
 * Returns  RC_VALUE  made by a newer version (STORE-040)
 *          RC_IO     cannot be opened, damaged, disk full (STORE-041)
 */
enum rc confdb_open(const char *path, const struct clock *clock, struct confdb **out,
                    struct err *e) ZS_CHECK;

/* Nulls the pointer; NULL inside is fine. */
void confdb_close(struct confdb **cp);

/* ---- objects ------------------------------------------------------------------------------ */

struct confdb_object {
    struct str kind;   /* "channel", "integration", "mapping", "table" */
    struct str name;   /* unique per kind */
    struct str origin; /* "file" or "api" */
    struct str doc;    /* JSON text */
    struct str hash;   /* hex SHA-256 of doc; set by the database */
    struct str by;     /* principal id */
    uint64_t version;  /* 1, 2 … per object; goes on after a removal */
    int64_t at_ms;     /* of this version; set by the database */
    bool removed;      /* in history only */
};

/*
 * Write a new version of obj; hash, version, at_ms and removed are the database's to fill in.
 *
 * seen     the version the caller read, 0 where there is none
 * version  receives the new one
 * Returns  RC_STATE (STORE-042) another version is current; RC_IO; RC_VALUE (STORE-043) kind or
 *          name empty or over 255 bytes, or doc over 16 MB
 */
enum rc confdb_put(struct confdb *c, const struct confdb_object *obj, uint64_t seen,
                   uint64_t *version, struct err *e) ZS_CHECK;

/* Remove; the history stays. RC_MISSING (STORE-044), RC_STATE (STORE-042). */
enum rc confdb_remove(struct confdb *c, struct str kind, struct str name, struct str by,
                      uint64_t seen, struct err *e) ZS_CHECK;

/* The current version. RC_MISSING (STORE-044). */
enum rc confdb_get(struct confdb *c, struct str kind, struct str name, struct arena *a,
                   struct confdb_object *out, struct err *e) ZS_CHECK;

/* All current objects of a kind (STR_NULL: of every kind), by kind and name. RC_NOMEM: too many. */
enum rc confdb_list(struct confdb *c, struct str kind, struct arena *a, struct confdb_object **out,
                    size_t *n, struct err *e) ZS_CHECK;

/* Versions of one object, newest first, at most `limit`, removals included. */
enum rc confdb_history(struct confdb *c, struct str kind, struct str name, size_t limit,
                       struct arena *a, struct confdb_object **out, size_t *n,
                       struct err *e) ZS_CHECK;

/* ---- API keys ----------------------------------------------------------------------------- */

struct confdb_key {
    struct str id;   /* shown, logged */
    struct str name; /* unique */
    struct str role;
    struct str hash; /* see auth_hash_text; the secret itself is nowhere */
    int64_t created_at;
    int64_t expires_at;  /* 0: never */
    int64_t disabled_at; /* 0: in force */
};

/* created_at and disabled_at are the database's. RC_STATE (STORE-045): id or name taken. */
enum rc confdb_key_add(struct confdb *c, const struct confdb_key *key, struct err *e) ZS_CHECK;

/* RC_MISSING (STORE-044). Doing it twice keeps the first time. */
enum rc confdb_key_disable(struct confdb *c, struct str id, struct err *e) ZS_CHECK;

/* By id, disabled ones too. RC_MISSING (STORE-044). */
enum rc confdb_key_get(struct confdb *c, struct str id, struct arena *a, struct confdb_key *out,
                       struct err *e) ZS_CHECK;

/* All, by creation. */
enum rc confdb_keys(struct confdb *c, struct arena *a, struct confdb_key **out, size_t *n,
                    struct err *e) ZS_CHECK;

/* ---- integrations: what became of them ---------------------------------------------------- */

/*
 * Beside the object "integration": its identity and the last result of initializing it. The record
 * is the guide's integration object as JSON text, without secrets. Kept when the object goes, so
 * that a failed integration, which is no object yet, has a place too; removed by its own call.
 */
struct confdb_record {
    struct str id;     /* UUID; never changes */
    struct str name;   /* unique */
    struct str status; /* "active", "failed", "paused", "initializing" */
    struct str record; /* JSON text */
    uint64_t version;  /* rises with every write; set by the database */
    int64_t at_ms;     /* of the last write; set by the database */
};

/* seen as in confdb_put. RC_STATE STORE-042 another version is current, STORE-045 name taken. */
enum rc confdb_record_put(struct confdb *c, const struct confdb_record *r, uint64_t seen,
                          uint64_t *version, struct err *e) ZS_CHECK;

/* By id or by name. RC_MISSING (STORE-044). */
enum rc confdb_record_get(struct confdb *c, struct str id_or_name, struct arena *a,
                          struct confdb_record *out, struct err *e) ZS_CHECK;
enum rc confdb_record_remove(struct confdb *c, struct str id, struct err *e) ZS_CHECK;

/* By name. */
enum rc confdb_records(struct confdb *c, struct arena *a, struct confdb_record **out, size_t *n,
                       struct err *e) ZS_CHECK;

/* ---- sealed secrets ----------------------------------------------------------------------- */

struct confdb_secret {
    struct str name;   /* at most 255 bytes */
    struct str sealed; /* as auth/vault.h made it; nothing here can read it */
    struct str by;
    int64_t at_ms; /* set by the database */
};

enum rc confdb_secret_put(struct confdb *c, const struct confdb_secret *s, struct err *e) ZS_CHECK;
enum rc confdb_secret_get(struct confdb *c, struct str name, struct arena *a,
                          struct confdb_secret *out, struct err *e) ZS_CHECK; /* STORE-044 */
enum rc confdb_secret_remove(struct confdb *c, struct str name, struct err *e) ZS_CHECK;
/* By name; `sealed` is left out. */
enum rc confdb_secrets(struct confdb *c, struct arena *a, struct confdb_secret **out, size_t *n,
                       struct err *e) ZS_CHECK;

/* ---- users -------------------------------------------------------------------------------- */

struct confdb_user {
    struct str name; /* log-in name, unique */
    struct str role;
    struct str hash; /* of the password, as auth/password.h made it */
    int64_t created_at;
    int64_t changed_at;
    int64_t disabled_at; /* 0: in force */
};

/* New or changed (by name); the times but disabled_at are the database's. */
enum rc confdb_user_put(struct confdb *c, const struct confdb_user *u, struct err *e) ZS_CHECK;
enum rc confdb_user_get(struct confdb *c, struct str name, struct arena *a, struct confdb_user *out,
                        struct err *e) ZS_CHECK; /* STORE-044 */
enum rc confdb_user_remove(struct confdb *c, struct str name, struct err *e) ZS_CHECK;
enum rc confdb_users(struct confdb *c, struct arena *a, struct confdb_user **out, size_t *n,
                     struct err *e) ZS_CHECK;

/* ---- settings ----------------------------------------------------------------------------- */

/* value STR_NULL removes; absent ones may be removed. */
enum rc confdb_set(struct confdb *c, struct str name, struct str value, struct err *e) ZS_CHECK;

/* RC_MISSING (STORE-044). */
enum rc confdb_setting(struct confdb *c, struct str name, struct arena *a, struct str *out,
                       struct err *e) ZS_CHECK;

#endif

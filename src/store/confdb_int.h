/* What confdb's files share. See confdb.h. */
#ifndef ZS_STORE_CONFDB_INT_H
#define ZS_STORE_CONFDB_INT_H

#include "base/thread.h"
#include "store/confdb.h"
#include "store/db.h"
#include "store/vec.h"

#define CONFDB_NAME_MAX 255
#define CONFDB_DOC_MAX  ((size_t)16 << 20)
#define CONFDB_LIST_MAX 100000

enum confdb_query {
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
    Q_RECORD_AT,
    Q_RECORD_ADD,
    Q_RECORD_CHANGE,
    Q_RECORD_GET,
    Q_RECORD_REMOVE,
    Q_RECORDS,
    Q_SECRET_PUT,
    Q_SECRET_GET,
    Q_SECRET_REMOVE,
    Q_SECRETS,
    Q_USER_PUT,
    Q_USER_GET,
    Q_USER_REMOVE,
    Q_USERS,
    Q_SET,
    Q_UNSET,
    Q_SETTING,
    CONFDB_QUERIES
};

struct confdb {
    struct mutex lock;
    struct db db;
    struct stmt stmt[CONFDB_QUERIES];
    const struct clock *clock;
};

/* Under the lock (asserted). */
struct stmt *confdb_use(struct confdb *c, enum confdb_query q);

enum rc confdb_begin(struct confdb *c, struct err *e) ZS_CHECK;
/* Commit what went well, undo what did not; rc or what the commit says. */
enum rc confdb_end(struct confdb *c, enum rc rc, struct err *e) ZS_CHECK;

enum rc confdb_no_memory(struct err *e);
enum rc confdb_missing(struct err *e); /* STORE-044 */

/* RC_VALUE STORE-043. */
enum rc confdb_check_names(struct str kind, struct str name, struct str doc,
                           struct err *e) ZS_CHECK;

bool confdb_copy(struct arena *a, struct str *s); /* in place; false without memory */
struct str confdb_not_null(struct str s);         /* STR_NULL becomes empty */

/* How a row becomes a value of `size` bytes. */
struct confdb_row {
    size_t size;
    enum rc (*take)(struct stmt *st, struct arena *a, void *to, struct err *e);
};

/* The only row of a bound statement; RC_MISSING STORE-044. */
enum rc confdb_one(struct stmt *st, const struct confdb_row *row, struct arena *a, void *to,
                   struct err *e) ZS_CHECK;

/* All rows, as an array that grows in the arena. */
enum rc confdb_collect(struct stmt *st, const struct confdb_row *row, struct arena *a, void **out,
                       size_t *n, struct err *e) ZS_CHECK;

#endif

/*
 * For tests of manage: an engine with everything below it, over the in-memory store and a
 * temporary database, with a connector that answers as its URL's host says.
 *
 *   http://up/…    answers 200        http://sick/…  answers 503
 *   http://down/…  cannot be reached, while rig->peers_down
 *   http://slow/…  answers 200 when rig_release is called
 */
#ifndef ZS_MANAGE_RIG_H
#define ZS_MANAGE_RIG_H

#include "manage/manage.h"

#include "tests/lib/t.h"

#include <semaphore.h>
#include <stdatomic.h>

struct mem_image;

struct rig {
    struct arena *arena;
    const char *dir;
    struct mem_image *image;
    struct store *store;
    struct confdb *confdb;
    struct vault *vault;
    struct log *log;
    struct manage *manage;
    struct engine *engine;
    struct err_list found;
    bool is_stopped;
    atomic_bool peers_down;
    atomic_size_t n_probes;
    atomic_size_t n_waiting; /* probes of slow peers */
    struct rig_slow {
        conn_probe_fn *done;
        void *ctx;
    } slow[8];
    struct loop_post release;
};

/* files: text of zarish.yaml, NULL: as it is. Up and running. */
struct rig *rig_new(const char *files);
void rig_write(struct rig *r, const char *files);
void rig_start(struct rig *r);
void rig_stop_manage(struct rig *r); /* the engine still runs */
void rig_stop(struct rig *r);        /* orderly; database and store image stay */
void rig_free(struct rig *r);

/* Run an operation to its end. */
struct rig_op {
    enum manage_verb verb;
    const char *kind, *name, *endpoint, *doc;
    uint64_t seen;
    bool dry_run, prune, all;
};
struct manage_op *rig_do(struct rig *r, const struct rig_op *in);
/* The same in two steps. */
struct manage_op *rig_begin(struct rig *r, const struct rig_op *in);
void rig_end(struct manage_op *op);

void rig_wait_slow(struct rig *r); /* a probe of a slow peer is under way */
void rig_release(struct rig *r);   /* all of those answer */

/* The answer, or any JSON text, as a document. */
const struct json *rig_json(struct rig *r, struct str text);
/* One value of it by path; texts as they are, the rest as JSON. */
struct str rig_at(struct rig *r, struct str text, const char *path);
#define RIG_AT(r, text, path, want) T_EQ_STR(rig_at((r), (text), (path)), (want))

/* Until the integration has that status. */
void rig_wait(struct rig *r, const char *name, const char *status);
/* The newest act's "actor verb object". */
struct str rig_act(struct rig *r, size_t back);

#endif

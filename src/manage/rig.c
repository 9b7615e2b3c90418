/*
 * See rig.h. Real loops, threads and time; the only thing faked is the peer.
 */
#include "manage/rig.h"

#include "base/alloc.h"
#include "json/path.h"
#include "store/mem/mem.h"

#include <time.h>

#define LIMIT_MS 20000

static struct rig *here; /* the one under test: a connector type has no context of its own */

/* ---- the connector ------------------------------------------------------------------------ */

static enum rc send_open(struct conn_dest *d, struct err *e)
{
    (void)d, (void)e;
    return RC_OK;
}

static void send(struct conn_dest *dest, struct delivery *d)
{
    struct verdict v = { .rc = RC_OK, .answered = true };
    (void)dest;
    d->done(d, &v);
}

static void cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest, (void)d;
}

static void drain(struct conn_dest *d)
{
    d->drained(d);
}

static void close_dest(struct conn_dest *d)
{
    (void)d;
}

static bool is_host(struct str url, const char *host)
{
    struct str rest = str_from(url, 7); /* http:// */
    return str_starts(rest, str_z(host));
}

static void probe(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done, void *ctx)
{
    struct probe_result r = {
        .success = true, .status_code = 200, .duration_ms = 7, .how = "HEAD"
    };
    (void)x;
    atomic_fetch_add(&here->n_probes, 1);
    if (is_host(d->ep->url, "slow")) {
        size_t n = atomic_load(&here->n_waiting);
        T_TRUE(n < ZS_COUNT(here->slow));
        here->slow[n] = (struct rig_slow){ done, ctx };
        atomic_store(&here->n_waiting, n + 1);
        return;
    }
    if (is_host(d->ep->url, "sick")) {
        r.success = false;
        r.status_code = 503;
        (void)err_set(&r.err, RC_PEER, "HTTP-001", "HTTP 503: Service Unavailable");
    } else if (is_host(d->ep->url, "down") && atomic_load(&here->peers_down)) {
        r.success = false;
        r.status_code = 0;
        (void)err_set(&r.err, RC_IO, "NET-001", "connection refused");
    }
    done(ctx, &r);
}

struct src_conf {
    struct str listen;
};
static const struct opt_def src_defs[] = { { .name = "listen",
                                             .kind = OPT_STR,
                                             .flags = OPT_REQUIRED,
                                             .at = offsetof(struct src_conf, listen),
                                             .doc = "Where." } };
static const struct opt_table src_opts = OPT_TABLE("fake", struct src_conf, src_defs, "Fake.");

static enum rc recv_open(struct conn_source *s, struct err *e)
{
    (void)s, (void)e;
    return RC_OK;
}

static void recv_start(struct conn_source *s)
{
    (void)s;
}

static void recv_pause(struct conn_source *s, bool paused)
{
    (void)s, (void)paused;
}

static void recv_drain(struct conn_source *s)
{
    s->drained(s);
}

static void settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    (void)s, (void)in, (void)a;
}

static void address(const struct conn_source *s, char *out, size_t size)
{
    (void)snprintf(out, size, "fake://%s", s->name); /* fits */
}

static const char *const schemes[] = { "http", "https", NULL };
static const struct conn_type fake = { .name = "fake",
                                       .schemes = schemes,
                                       .caps = CONN_RECEIVES | CONN_SENDS,
                                       .recv_opts = &src_opts,
                                       .recv_open = recv_open,
                                       .recv_start = recv_start,
                                       .recv_pause = recv_pause,
                                       .recv_drain = recv_drain,
                                       .recv_close = recv_start,
                                       .settled = settled,
                                       .recv_address = address,
                                       .send_open = send_open,
                                       .send = send,
                                       .cancel = cancel,
                                       .send_drain = drain,
                                       .send_close = close_dest,
                                       .probe = probe };

static const struct conn_type *connector(struct str scheme)
{
    return str_starts(scheme, STR("http")) ? &fake : NULL;
}

/* ---- up and down -------------------------------------------------------------------------- */

static void drop_log(void *ctx, const struct log_record *rec)
{
    (void)ctx, (void)rec;
}

static void store_says(void *ctx, const struct err *e)
{
    (void)ctx;
    T_FAIL("the store: %s", e->text);
}

static const char *lookup_env(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "ZARISH_T") == 0 ? "t" : NULL;
}

static const char *path_of(struct rig *r, const char *name)
{
    return arena_z(r->arena, str_z(t_path(r->dir, name)));
}

void rig_write(struct rig *r, const char *files)
{
    t_write(t_path(r->dir, "zarish.yaml"), str_z(files));
}

static void open_below(struct rig *r)
{
    struct err e;
    struct log_conf lc = { .clock = clock_real(), .level = LOG_ERROR, .write = drop_log };
    struct store_host sh = { .clock = clock_real(), .fatal = store_says, .notice = store_says };
    T_OK(log_new(&lc, &r->log, &e), &e);
    T_OK(mem_store_open(r->image, 0, &sh, &r->store, &e), &e);
    T_OK(confdb_open(path_of(r, "config.db"), clock_real(), &r->confdb, &e), &e);
    T_OK(vault_open(path_of(r, "master.key"), random_real(), &r->vault, &e), &e);
}

static void open_manage(struct rig *r)
{
    struct err e;
    const char *paths[] = { path_of(r, "zarish.yaml") };
    struct manage_conf mc = { .paths = paths,
                              .n_paths = 1,
                              .data_dir = r->dir,
                              .lookup_env = lookup_env,
                              .connector = connector,
                              .store = r->store,
                              .confdb = r->confdb,
                              .vault = r->vault,
                              .log = r->log,
                              .clock = clock_real(),
                              .random = random_real() };
    err_list_init(&r->found, r->arena, 10);
    enum rc rc = manage_open(&mc, &r->manage, &r->found, &e);
    if (rc == RC_VALUE && r->found.n > 0)
        T_FAIL("configuration: %.*s %.*s", STR_ARG(r->found.v[0].path),
               STR_ARG(r->found.v[0].text));
    T_OK(rc, &e);
}

void rig_start(struct rig *r)
{
    struct err e;
    uint64_t version = 0;
    here = r;
    open_below(r);
    open_manage(r);
    struct config *c = manage_config(r->manage, &version);
    struct engine_conf ec = { .config = c,
                              .store = r->store,
                              .log = r->log,
                              .clock = clock_real(),
                              .random = random_real(),
                              .config_version = version,
                              .n_loops = 1 };
    T_OK(engine_new(&ec, &r->engine, &e), &e);
    manage_start(r->manage, r->engine);
    T_OK(engine_start(r->engine, &e), &e);
}

struct rig *rig_new(const char *files)
{
    struct rig *r = mem_new(struct rig);
    T_TRUE(r != NULL);
    r->arena = arena_new("rig", 0, (size_t)256 << 20);
    r->image = mem_image_new();
    T_TRUE(r->arena && r->image);
    r->dir = arena_z(r->arena, str_z(t_tmpdir()));
    rig_write(r, files);
    rig_start(r);
    return r;
}

static void on_stopped(void *ctx)
{
    sem_post(ctx);
}

void rig_stop_manage(struct rig *r)
{
    sem_t done;
    T_EQ_INT(sem_init(&done, 0, 0), 0);
    manage_stop(r->manage, on_stopped, &done);
    while (sem_wait(&done) != 0)
        ;
    sem_destroy(&done);
    r->is_stopped = true;
}

void rig_stop(struct rig *r)
{
    if (!r->is_stopped)
        rig_stop_manage(r);
    r->is_stopped = false;
    engine_stop(r->engine, 1000);
    engine_free(&r->engine);
    manage_free(&r->manage);
    store_close(&r->store);
    vault_close(&r->vault);
    confdb_close(&r->confdb);
    log_free(&r->log);
}

void rig_free(struct rig *r)
{
    if (r->engine)
        rig_stop(r);
    mem_image_free(&r->image);
    arena_free(&r->arena);
    mem_free(r);
}

/* ---- operations --------------------------------------------------------------------------- */

static void on_done(struct manage_op *op)
{
    sem_post(op->ctx);
}

struct manage_op *rig_begin(struct rig *r, const struct rig_op *in)
{
    struct manage_op *op = arena_make(r->arena, struct manage_op, 1);
    sem_t *done = arena_make(r->arena, sem_t, 1);
    struct arena *own = arena_new("operation", 0, (size_t)64 << 20);
    T_TRUE(op && done && own);
    T_EQ_INT(sem_init(done, 0, 0), 0);
    *op = (struct manage_op){ .verb = in->verb,
                              .arena = own,
                              .who = { .id = "tester", .name = "Tester", .role = AUTH_ADMIN },
                              .peer = "127.0.0.1",
                              .kind = arena_str(own, str_z(in->kind)),
                              .name = arena_str(own, str_z(in->name)),
                              .endpoint = arena_str(own, str_z(in->endpoint)),
                              .doc = arena_str(own, str_z(in->doc)),
                              .seen = in->seen,
                              .dry_run = in->dry_run,
                              .prune = in->prune,
                              .all = in->all,
                              .done = on_done,
                              .ctx = done };
    manage_do(r->manage, op);
    return op;
}

/* What it was made of goes at once: nothing of manage may look at it any more. */
static void finish(struct rig *r, struct manage_op *op)
{
    struct arena *own = op->arena;
    if (!str_is_null(op->answer))
        op->answer = arena_str(r->arena, op->answer);
    arena_free(&own);
}

void rig_end(struct manage_op *op)
{
    while (sem_wait(op->ctx) != 0)
        ;
    sem_destroy(op->ctx);
    finish(here, op);
}

struct manage_op *rig_do(struct rig *r, const struct rig_op *in)
{
    struct manage_op *op = rig_begin(r, in);
    rig_end(op);
    return op;
}

void rig_wait_slow(struct rig *r)
{
    static const struct timespec pause = { .tv_nsec = 1000000 };
    for (int ms = 0; ms < LIMIT_MS && atomic_load(&r->n_waiting) == 0; ms++)
        (void)nanosleep(&pause, NULL); /* cut short is no matter */
    T_TRUE(atomic_load(&r->n_waiting) > 0);
}

static void release(struct loop_post *p)
{
    struct rig *r = ZS_CONTAINER(p, struct rig, release);
    size_t n = atomic_exchange(&r->n_waiting, 0);
    for (size_t i = 0; i < n; i++) {
        struct probe_result ok = {
            .success = true, .status_code = 200, .duration_ms = 900, .how = "HEAD"
        };
        r->slow[i].done(r->slow[i].ctx, &ok);
    }
}

void rig_release(struct rig *r)
{
    r->release.fn = release;
    loop_post(engine_loop(r->engine), &r->release);
}

const struct json *rig_json(struct rig *r, struct str text)
{
    struct json *doc = NULL;
    struct err e;
    T_OK(json_parse(text, &json_default_limits, r->arena, &doc, &e), &e);
    return doc;
}

struct str rig_at(struct rig *r, struct str text, const char *path)
{
    const struct json *v = json_findz(rig_json(r, text), path);
    struct buf b;
    struct err e;
    if (!v)
        return STR_NULL;
    if (json_is(v, JSON_STRING))
        return json_text(v);
    buf_init_arena(&b, r->arena, 1 << 20);
    T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
    return buf_view(&b);
}

static struct str status_of(struct rig *r, const char *name)
{
    struct str text = STR_NULL;
    uint64_t version = 0;
    struct err e;
    if (manage_integration(r->manage, str_z(name), r->arena, &text, &version, &e) != RC_OK)
        return STR_NULL;
    return rig_at(r, text, "status");
}

void rig_wait(struct rig *r, const char *name, const char *status)
{
    static const struct timespec pause = { .tv_nsec = 2000000 };
    for (int ms = 0; ms < LIMIT_MS && !str_eqz(status_of(r, name), status); ms += 2)
        (void)nanosleep(&pause, NULL); /* cut short is no matter */
    T_EQ_STR(status_of(r, name), status);
}

struct str rig_act(struct rig *r, size_t back)
{
    struct store_audit *acts = NULL;
    size_t n = 0;
    struct buf b;
    struct err e;
    T_OK(store_acts(r->store, 0, back + 1, r->arena, &acts, &n, &e), &e);
    T_TRUE(n > back);
    const struct store_act *act = &acts[back].act;
    buf_init_arena(&b, r->arena, 1000);
    buf_fmt(&b, "%.*s %.*s %.*s", STR_ARG(act->actor), STR_ARG(act->verb), STR_ARG(act->object));
    return buf_view(&b);
}

/*
 * Bringing an engine up and down in the right order. What opens first closes last: the store
 * outlives the engine, the engine the API's answers. Tests: tests/scen
 */
#include "app/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "flow/execute.h"
#include "json/errlist.h"
#include "net/addr.h"
#include "store/journal/journal.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#define STOP_LIMIT_MS    10000
#define LOG_FLUSH_MS     1000
#define FINDINGS_MAX     100
#define FINDINGS_BYTES   ((size_t)16 * 1024 * 1024)
#define OPEN_CALLS_BYTES ((size_t)64 * 1024 * 1024)

/* ---- the log ------------------------------------------------------------------------------ */

static void write_log(void *ctx, const struct log_record *rec)
{
    struct cli *c = ctx;
    (void)fwrite(rec->line.p, 1, rec->line.n, c->err); /* nowhere left to complain */
    (void)fflush(c->err);
}

static void drop_log(void *ctx, const struct log_record *rec)
{
    (void)ctx, (void)rec; /* the demo's own table is what its user sees */
}

static enum log_form form_of(const struct run *r, int configured)
{
    static const char *const forms[] = { "json", "logfmt", "human" };
    for (size_t i = 0; r->conf.log_form && i < ZS_COUNT(forms); i++)
        if (strcmp(r->conf.log_form, forms[i]) == 0)
            return (enum log_form)i;
    return r->cli->err_is_tty ? LOG_HUMAN : (enum log_form)configured;
}

/* Before the configuration is known: what the command line says, and defaults. */
static enum rc open_log(struct run *r, struct err *e)
{
    struct log_conf lc = { .form = form_of(r, LOG_JSON),
                           .level = LOG_INFO,
                           .clock = r->cli->clock,
                           .burst = 20,
                           .window_ms = 10000,
                           .write = r->conf.quiet ? drop_log : write_log,
                           .ctx = r->cli };
    if (r->conf.log_level) {
        enum rc rc = log_level_parse(str_z(r->conf.log_level), &lc.level, e);
        if (rc != RC_OK)
            return rc;
    }
    return log_new(&lc, &r->log, e);
}

/* Its names are in the enums' order. */
static void set_log(struct run *r)
{
    const struct config_engine *en = &r->config->engine;
    log_set_form(r->log, form_of(r, en->log_form));
    if (!r->conf.log_level)
        log_set_level(r->log, (enum log_level)en->log_level);
}

/* ---- configuration ------------------------------------------------------------------------ */

static const char *lookup_env(void *ctx, const char *name)
{
    const struct run *r = ctx;
    const char *own = r->conf.lookup ? r->conf.lookup(r->conf.ctx, name) : NULL;
    return own ? own : cli_env(r->cli, name);
}

static enum rc open_manage(struct run *r, struct err_list *found, struct err *e)
{
    struct manage_conf mc = { .paths = r->conf.config,
                              .n_paths = r->conf.n_config,
                              .data_dir = datadir_path(r->dir),
                              .lookup_env = lookup_env,
                              .env_ctx = r,
                              .connector = conn_by_scheme,
                              .store = r->store,
                              .confdb = r->confdb,
                              .vault = r->vault,
                              .log = r->log,
                              .clock = r->cli->clock,
                              .random = r->cli->random };
    enum rc rc = manage_open(&mc, &r->manage, found, e);
    if (rc != RC_OK)
        return rc;
    r->config = config_ref(manage_config(r->manage, &r->config_version));
    set_log(r);
    return RC_OK;
}

static enum rc read_config(struct run *r, struct err *e)
{
    struct err_list found;
    r->findings_arena = arena_new("findings", 0, FINDINGS_BYTES);
    if (!r->findings_arena)
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    err_list_init(&found, r->findings_arena, FINDINGS_MAX);
    enum rc rc = open_manage(r, &found, e);
    if (rc == RC_VALUE && err_list_any(&found)) {
        struct buf b;
        buf_init_arena(&b, r->findings_arena, FINDINGS_BYTES / 2);
        err_list_print(&found, &b);
        cli_put_safe(r->cli->err, buf_view(&b));
        r->told = true;
    }
    return rc;
}

/* ---- the store ---------------------------------------------------------------------------- */

/* Writer's thread. What is not known to be on disk must not be acted on: the end (G1). */
static void store_fatal(void *ctx, const struct err *e)
{
    struct run *r = ctx;
    log_event(r->log, EV_ENGINE_FAILED, F_ERR(e));
    _exit(CLI_FAILED);
}

static void store_notice(void *ctx, const struct err *e)
{
    struct run *r = ctx;
    log_event(r->log, EV_STORE_NOTICE, F_ERR(e));
}

static enum rc open_data(struct run *r, struct err *e)
{
    enum rc rc = datadir_open(r->conf.data, &r->dir, e);
    if (rc != RC_OK)
        return rc;
    struct buf path;
    buf_init_arena(&path, r->cli->arena, 4096);
    buf_fmt(&path, "%s/config.db", datadir_path(r->dir));
    const char *name = buf_cstr(&path);
    if (!name)
        return buf_rc(&path, e);
    rc = confdb_open(name, r->cli->clock, &r->confdb, e);
    if (rc != RC_OK)
        return rc;
    struct journal_conf jc = { .dir = r->dir };
    struct store_host host = {
        .clock = r->cli->clock, .fatal = store_fatal, .notice = store_notice, .ctx = r
    };
    return journal_open(&jc, &host, &r->store, e);
}

/* What a crash left executing is ended before anything else is written. */
static enum rc end_open_calls(struct run *r, struct err *e)
{
    struct store_exec_row *rows = NULL;
    size_t n = 0;
    struct arena *a = arena_new("open calls", 0, OPEN_CALLS_BYTES);
    if (!a)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory to end what a crash left open");
    enum rc rc = store_exec_open(r->store, a, &rows, &n, e);
    if (rc == RC_OK)
        rc = flow_end_open(r->store, a, rows, n, e);
    arena_free(&a);
    return rc;
}

/* ---- the engine and its API --------------------------------------------------------------- */

static unsigned n_loops(const struct run *r)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (r->config->engine.loops > 0)
        return (unsigned)r->config->engine.loops;
    return cores > 2 ? (unsigned)(cores - 1) : 1;
}

static void on_signal(void *ctx, int signum)
{
    (void)signum; /* both mean the same */
    run_stop(ctx);
}

/* Repeats that were held back are told at the latest a second after their window. */
static void flush_log(struct loop_timer *t)
{
    struct run *r = ZS_CONTAINER(t, struct run, log_timer);
    log_flush(r->log);
    loop_timer_start(r->loop, t, LOG_FLUSH_MS, flush_log);
}

static enum rc open_loop(struct run *r, struct err *e)
{
    enum rc rc = loop_new("main", r->cli->clock, &r->loop, e);
    if (rc == RC_OK)
        rc = loop_signal(r->loop, SIGTERM, on_signal, r, e);
    if (rc == RC_OK)
        rc = loop_signal(r->loop, SIGINT, on_signal, r, e);
    if (rc == RC_OK)
        loop_timer_start(r->loop, &r->log_timer, LOG_FLUSH_MS, flush_log);
    return rc == RC_OK && r->conf.prepare ? r->conf.prepare(r, e) : rc;
}

static void api_is_stopped(void *ctx)
{
    struct run *r = ctx;
    loop_stop(r->loop);
}

static void stop_api(struct loop_post *p)
{
    struct run *r = ZS_CONTAINER(p, struct run, stop_post);
    api_stop(r->api);
}

/* Loop 0 of the engine: what requests waited for has been answered. */
static void manage_is_stopped(void *ctx)
{
    struct run *r = ctx;
    r->stop_post.fn = stop_api;
    loop_post(r->loop, &r->stop_post);
}

static enum rc open_api(struct run *r, struct err *e)
{
    struct str listen = r->conf.listen ? str_z(r->conf.listen) : r->config->engine.listen;
    struct hostport hp;
    enum rc rc = hostport_parse(listen, 8585, &hp, e);
    if (rc != RC_OK)
        return rc;
    struct api_conf ac = { .host = hp.host,
                           .port = hp.port,
                           .engine = r->engine,
                           .store = r->store,
                           .manage = r->manage,
                           .confdb = r->confdb,
                           .vault = r->vault,
                           .auth = r->auth,
                           .log = r->log,
                           .clock = r->cli->clock,
                           .stopped = api_is_stopped,
                           .ctx = r };
    rc = api_open(r->loop, &ac, &r->api, e);
    if (rc != RC_OK)
        return rc;
    char text[ADDR_TEXT_MAX];
    (void)addr_text(api_addr(r->api), text);                  /* its length is of no use here */
    (void)snprintf(r->url, sizeof r->url, "http://%s", text); /* fits: 7 + ADDR_TEXT_MAX */
    log_event(r->log, EV_ENGINE_LISTENING, F_NAME("url", r->url));
    return RC_OK;
}

/* Where connections may go; it stays as it was at the start. */
static enum rc open_outbound(struct run *r, struct err *e)
{
    const struct config_outbound *o = r->config->engine.outbound;
    enum rc rc = RC_OK;
    if (o)
        rc = cidr_list_parse(o->allow.v, o->allow.n, r->findings_arena, &r->outbound.allow, e);
    if (rc == RC_OK && o)
        rc = cidr_list_parse(o->deny.v, o->deny.n, r->findings_arena, &r->outbound.deny, e);
    return rc == RC_OK ? tokens_new(&r->outbound, &r->tokens, e) : rc;
}

static enum rc open_engine(struct run *r, struct err *e)
{
    struct engine_conf ec = { .config = r->config,
                              .store = r->store,
                              .log = r->log,
                              .clock = r->cli->clock,
                              .random = r->cli->random,
                              .n_loops = n_loops(r),
                              .config_version = r->config_version,
                              .fetch = tokens_fetch,
                              .fetch_ctx = r->tokens,
                              .outbound = &r->outbound };
    enum rc rc = engine_new(&ec, &r->engine, e);
    if (rc != RC_OK)
        return rc;
    tokens_attach(r->tokens, engine_loop(r->engine));
    manage_start(r->manage, r->engine);
    rc = engine_start(r->engine, e);
    return rc == RC_OK ? open_api(r, e) : rc;
}

/* DATA/endpoint.json: where this engine is, for commands on this machine and for tests. */
static enum rc write_endpoint(struct run *r, struct err *e)
{
    struct buf b, path;
    struct jw w;
    buf_init_arena(&path, r->cli->arena, 4096);
    buf_init_arena(&b, r->cli->arena, 1024 * 1024);
    buf_fmt(&path, "%s/endpoint.json", datadir_path(r->dir));
    jw_init(&w, &b, JSON_PRETTY);
    jw_object(&w);
    jw_kstrz(&w, "url", r->url);
    jw_ki64(&w, "pid", getpid());
    jw_keyz(&w, "channels");
    jw_object(&w);
    struct roster *roster = engine_roster(r->engine);
    for (size_t i = 0; i < roster_n(roster); i++) {
        struct channel *ch = roster_channel(roster, i);
        jw_kstrz(&w, channel_conf(ch)->id, channel_figures(ch)->address);
    }
    roster_unref(&roster);
    jw_end(&w);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    const char *name = buf_cstr(&path);
    buf_char(&b, '\n');
    if (rc == RC_OK && !name)
        rc = buf_rc(&path, e);
    return rc == RC_OK ? file_write_atomic(name, buf_view(&b), 0600, e) : rc;
}

/* As many connections as the system allows: the soft limit is a default for other programs. */
static enum rc raise_limits(struct run *r, struct err *e)
{
    struct rlimit files;
    (void)r, (void)e; /* where it cannot be raised the listeners say so when they run into it */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* as above */
    }
    return RC_OK;
}

int run_open(struct cli *c, const struct run_conf *conf, struct run *r)
{
    static enum rc (*const steps[])(struct run * r, struct err * e) = {
        raise_limits, open_loop,     open_log,      open_data,   end_open_calls, run_open_vault,
        read_config,  run_open_auth, open_outbound, open_engine, write_endpoint,
    };
    struct err e;
    *r = (struct run){ .cli = c, .conf = *conf };
    for (size_t i = 0; i < ZS_COUNT(steps); i++) {
        enum rc rc = steps[i](r, &e);
        if (rc == RC_OK)
            continue;
        run_close(r);
        return r->told ? CLI_FAILED : cli_fail(c, &e);
    }
    log_event(r->log, EV_ENGINE_STARTED, F_NAME("version", ZS_VERSION));
    return CLI_DONE;
}

void run_wait(struct run *r)
{
    loop_run(r->loop);
}

void run_stop(struct run *r)
{
    if (r->stopping)
        return;
    r->stopping = true;
    log_event(r->log, EV_ENGINE_STOPPING);
    manage_stop(r->manage, manage_is_stopped, r);
}

static void remove_endpoint(struct run *r)
{
    struct buf path;
    buf_init_arena(&path, r->cli->arena, 4096);
    buf_fmt(&path, "%s/endpoint.json", datadir_path(r->dir));
    const char *name = buf_cstr(&path);
    if (name && unlink(name) != 0 && errno != ENOENT)
        cli_note(r->cli, "%s could not be removed; it is out of date now", name);
}

void run_close(struct run *r)
{
    if (r->engine)
        engine_stop(r->engine, STOP_LIMIT_MS);
    tokens_stop(r->tokens);
    loop_timer_stop(&r->log_timer);
    api_free(&r->api);
    engine_free(&r->engine);
    tokens_free(&r->tokens);
    manage_free(&r->manage);
    loop_free(&r->loop);
    auth_free(&r->auth);
    if (r->store)
        store_close(&r->store);
    vault_close(&r->vault);
    confdb_close(&r->confdb);
    if (r->dir)
        remove_endpoint(r);
    datadir_close(&r->dir);
    config_unref(&r->config);
    if (r->log)
        log_event(r->log, EV_ENGINE_STOPPED);
    log_free(&r->log);
    arena_free(&r->findings_arena);
}

/*
 * Log contexts, levels and the repeat filter. The line is made outside the lock; the lock covers
 * the filter, and a second one the write, so that lines never mix. Tests: log_test.c
 */
#include "base/log.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/log_int.h"
#include "base/thread.h"

#include <errno.h>

#define REPEAT_SLOTS 512
#define REPEAT_WAYS  4

/* After every lock of the engine: a log call may come while none is held, but is safe with any. */
#define RANK_FILTER 1000001u
#define RANK_WRITE  1000002u

const struct log_event_row log_events[] = {
#define EVENT(id, level, name, meaning, action) { #id, level, name, meaning, action },
#include "base/events.tbl"
#undef EVENT
};

/* What was written and counted for one key in the current window. */
struct repeat {
    uint64_t key;
    uint64_t since_ns;
    enum log_ev ev;
    unsigned written; /* 0: the slot is free */
    uint64_t suppressed;
};

struct log_core {
    struct log root;
    struct log_conf conf;
    atomic_int level, form;
    struct mutex filter;
    struct mutex write;
    struct repeat repeats[REPEAT_SLOTS];
};

static const struct hash_key context_key = { "repeat filter k" };

/* ---- contexts ---- */

enum rc log_new(const struct log_conf *conf, struct log **out, struct err *e)
{
    struct log_core *core = mem_new(struct log_core);
    if (!core)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    core->conf = *conf;
    core->root.core = core;
    atomic_init(&core->level, (int)conf->level);
    atomic_init(&core->form, (int)conf->form);
    mutex_init(&core->filter, "log filter", RANK_FILTER);
    mutex_init(&core->write, "log write", RANK_WRITE);
    *out = &core->root;
    return RC_OK;
}

void log_free(struct log **log)
{
    if (!*log)
        return;
    struct log_core *core = (*log)->core;
    ZS_ASSERT(*log == &core->root);
    core->conf.window_ms = 0; /* every window counts as over */
    log_flush(*log);
    mutex_done(&core->filter);
    mutex_done(&core->write);
    mem_free(core);
    *log = NULL;
}

const struct log *log_none(void)
{
    static const struct log none = { .core = NULL };
    return &none;
}

static void hash_field(struct hash_sip *h, const struct log_field *f)
{
    hash_sip_add(h, str_z(f->key));
    hash_sip_u64(h, (uint64_t)f->kind);
    if (f->kind == LOG_F_NAME)
        hash_sip_add(h, str_z(f->v.name));
    else if (f->kind != LOG_F_ERR)
        hash_sip_u64(h, f->kind == LOG_F_BOOL ? f->v.yes : f->v.u64);
}

void log_child(struct log *child, const struct log *parent, const struct log_field *fields)
{
    *child = (struct log){ .core = parent->core, .parent = parent };
    struct hash_sip h;
    hash_sip64_init(&h, &context_key);
    hash_sip_u64(&h, parent->key);
    for (; fields->kind != LOG_F_END_KIND; fields++) {
        ZS_ASSERT(child->n_fields < LOG_CONTEXT_MAX);
        child->fields[child->n_fields++] = *fields;
        hash_field(&h, fields);
    }
    child->key = hash_sip64_end(&h);
}

bool log_wants(const struct log *log, enum log_level level)
{
    return log->core && (int)level >= atomic_load_explicit(&log->core->level, memory_order_relaxed);
}

void log_set_level(const struct log *log, enum log_level level)
{
    if (log->core)
        atomic_store_explicit(&log->core->level, (int)level, memory_order_relaxed);
}

void log_set_form(const struct log *log, enum log_form form)
{
    if (log->core)
        atomic_store_explicit(&log->core->form, (int)form, memory_order_relaxed);
}

/* ---- writing ---- */

static void write_line(struct log_core *core, enum log_ev ev, struct str line)
{
    struct log_record r = { .ev = ev, .level = log_events[ev].level, .line = line };
    mutex_lock(&core->write);
    core->conf.write(core->conf.ctx, &r);
    mutex_unlock(&core->write);
}

static void write_suppressed(struct log_core *core, enum log_ev ev, uint64_t count)
{
    struct log_line line;
    log_line_begin(&line, (enum log_form)atomic_load_explicit(&core->form, memory_order_relaxed),
                   clock_now_ms(core->conf.clock), &log_events[EV_LOG_SUPPRESSED]);
    struct log_field of = F_NAME("of", log_events[ev].name);
    struct log_field n = F_U64("suppressed", count);
    log_line_field(&line, &of);
    log_line_field(&line, &n);
    write_line(core, EV_LOG_SUPPRESSED, log_line_end(&line));
}

/* ---- the repeat filter ---- */

static bool window_is_over(const struct log_core *core, const struct repeat *r, uint64_t now_ns)
{
    return now_ns - r->since_ns >= core->conf.window_ms * (uint64_t)1000000;
}

/* The slot of the key, or the one to give up for it: a free one, else the oldest. */
static struct repeat *slot_of(struct log_core *core, uint64_t key)
{
    struct repeat *set = &core->repeats[key % (REPEAT_SLOTS / REPEAT_WAYS) * REPEAT_WAYS];
    struct repeat *oldest = set;
    for (size_t i = 0; i < REPEAT_WAYS; i++) {
        if (set[i].written > 0 && set[i].key == key)
            return &set[i];
        bool older = set[i].written == 0 || set[i].since_ns < oldest->since_ns;
        if (oldest->written > 0 && older)
            oldest = &set[i];
    }
    return oldest;
}

/* What the filter decided about one event. */
struct passage {
    bool write;
    uint64_t suppressed;      /* of the same key, since the last line */
    struct repeat pushed_out; /* another key's slot was needed: its count must be told */
};

static struct passage filter(struct log_core *core, enum log_ev ev, uint64_t key)
{
    struct passage p = { .write = true };
    if (core->conf.burst == 0)
        return p;
    uint64_t now_ns = clock_mono_ns(core->conf.clock);
    mutex_lock(&core->filter);
    struct repeat *r = slot_of(core, key);
    if (r->written == 0 || r->key != key) {
        p.pushed_out = *r;
        *r = (struct repeat){ .key = key, .ev = ev, .since_ns = now_ns };
    } else if (window_is_over(core, r, now_ns)) {
        p.suppressed = r->suppressed;
        *r = (struct repeat){ .key = key, .ev = ev, .since_ns = now_ns };
    }
    p.write = r->written < core->conf.burst;
    if (p.write)
        r->written++;
    else
        r->suppressed++;
    mutex_unlock(&core->filter);
    return p;
}

/* Takes one finished window with repeats from slot *i on; false when there is none any more. */
static bool take_finished(struct log_core *core, size_t *i, struct repeat *out)
{
    uint64_t now_ns = clock_mono_ns(core->conf.clock);
    bool found = false;
    mutex_lock(&core->filter);
    for (; *i < REPEAT_SLOTS && !found; (*i)++) {
        struct repeat *r = &core->repeats[*i];
        found = r->suppressed > 0 && window_is_over(core, r, now_ns);
        if (found) {
            *out = *r;
            *r = (struct repeat){ .written = 0 };
        }
    }
    mutex_unlock(&core->filter);
    return found;
}

void log_flush(const struct log *log)
{
    struct repeat r;
    if (!log->core)
        return;
    for (size_t i = 0; take_finished(log->core, &i, &r);)
        write_suppressed(log->core, r.ev, r.suppressed);
}

/* ---- the call ---- */

static void add_fields(struct log_line *line, const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        log_line_field(line, &fields[i]);
}

#define DEPTH_MAX 8 /* engine, channel, connection, message: four in practice */

/* Outermost first, so that a line reads from the engine inwards. */
static void add_contexts(struct log_line *line, const struct log *log)
{
    const struct log *chain[DEPTH_MAX];
    size_t n = 0;
    for (; log && n < DEPTH_MAX; log = log->parent)
        chain[n++] = log;
    while (n-- > 0)
        add_fields(line, chain[n]->fields, chain[n]->n_fields);
}

void log_event_impl(const struct log *log, enum log_ev ev, const struct log_field *fields)
{
    ZS_ASSERT(ev < EV_COUNT);
    const struct log_event_row *row = &log_events[ev];
    if (!log_wants(log, row->level))
        return;
    struct log_core *core = log->core;
    uint64_t mix = (uint64_t)ev * 0x9e3779b97f4a7c15u;
    struct passage p = filter(core, ev, log->key ^ mix);
    if (p.pushed_out.suppressed > 0)
        write_suppressed(core, p.pushed_out.ev, p.pushed_out.suppressed);
    if (!p.write)
        return;
    struct log_line line;
    log_line_begin(&line, (enum log_form)atomic_load_explicit(&core->form, memory_order_relaxed),
                   clock_now_ms(core->conf.clock), row);
    line.source = log_wants(log, LOG_DEBUG);
    if (p.suppressed > 0) {
        struct log_field n = F_U64("suppressed", p.suppressed);
        log_line_field(&line, &n);
    }
    add_contexts(&line, log);
    for (; fields->kind != LOG_F_END_KIND; fields++)
        log_line_field(&line, fields);
    write_line(core, ev, log_line_end(&line));
}

/* ---- names, sinks ---- */

static const char *const level_names[] = { "debug", "info", "warn", "error" };

const char *log_level_name(enum log_level level)
{
    return (size_t)level < ZS_COUNT(level_names) ? level_names[level] : "error";
}

enum rc log_level_parse(struct str s, enum log_level *out, struct err *e)
{
    for (size_t i = 0; i < ZS_COUNT(level_names); i++) {
        if (str_eqz(s, level_names[i])) {
            *out = (enum log_level)i;
            return RC_OK;
        }
    }
    return err_set(e, RC_VALUE, "BASE-050", "a log level is debug, info, warn or error");
}

void log_write_fd(void *ctx, const struct log_record *r)
{
    const int *fd = ctx;
    struct str left = r->line;
    while (left.n > 0) {
        ssize_t n = write(*fd, left.p, left.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* there is nowhere to report a log that cannot be written */
        left = str_from(left, (size_t)n);
    }
}

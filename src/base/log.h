/*
 * Log events. An event is a row of events.tbl (id, level, name, meaning, operator's action) with
 * fields; there is no free text, and no field takes message content: text fields are
 * `const char *` (names of ours, configured names, addresses), so a struct str does not compile.
 *
 *   log_event(log, EV_CHANNEL_STARTED);
 *   log_event(log, EV_CONN_LOST, F_NAME("peer", addr), F_U64("bytes", n), F_ERR(&err));
 *
 * A struct log is a context: its fields go into every event below it (engine, channel,
 * connection). log_new makes the first; log_child makes one inside the caller's own object.
 *
 *   {"at":"2024-01-02T03:04:05.678Z","level":"info","event":"channel.started","channel":"oru-in"}
 *   at=2024-01-02T03:04:05.678Z level=info event=channel.started channel=oru-in
 *   03:04:05.678 info  channel.started  channel=oru-in
 *
 * A line is at most LOG_LINE_MAX bytes; a text value is cut visibly at LOG_TEXT_MAX, fields that
 * do not fit any more are left out and `"cut":true` says so. Values are escaped; bytes that are no
 * UTF-8 become U+FFFD. Control characters never reach a terminal.
 *
 * Repeats: of one event with the same context, conf.burst lines in conf.window_ms go out, the rest
 * is counted; the next line that goes out carries `suppressed`, and log_flush writes what is still
 * uncounted as log.suppressed. Levels below conf.level cost a comparison.
 *
 * Who logs: flow, api and app, at the point of decision. base to connector return errors; they log
 * at debug level at most.
 *
 * Thread  any; conf.write is called on the thread that logs, for one line at a time, and must not
 *         block for long: loops log.
 */
#ifndef ZS_BASE_LOG_H
#define ZS_BASE_LOG_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#define LOG_LINE_MAX    4096
#define LOG_TEXT_MAX    512
#define LOG_CONTEXT_MAX 4 /* fields of one context object */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_form {
    LOG_JSON, /* one object a line */
    LOG_FMT,  /* logfmt */
    LOG_HUMAN /* for a terminal */
};

enum log_ev {
#define EVENT(id, level, name, meaning, action) id,
#include "base/events.tbl"
#undef EVENT
    EV_COUNT
};

struct log_event_row {
    const char *id; /* "EV_CHANNEL_STARTED" */
    enum log_level level;
    const char *name;    /* "channel.started": never changes, people search for it */
    const char *meaning; /* one sentence */
    const char *action;  /* what an operator does; "none" where nothing */
};

/* EV_COUNT rows, indexed by enum log_ev. */
extern const struct log_event_row log_events[];

/* ---- fields ---- */

enum log_kind {
    LOG_F_END_KIND,
    LOG_F_NAME,
    LOG_F_U64,
    LOG_F_I64,
    LOG_F_MS,
    LOG_F_BOOL,
    LOG_F_AT,
    LOG_F_ERR
};

struct log_field {
    const char *key; /* a literal, lower camel case */
    enum log_kind kind;
    union {
        const char *name;
        uint64_t u64;
        int64_t i64;
        bool yes;
        const struct err *err;
    } v;
};

#define LOG_F_END ((struct log_field){ .key = NULL })

/* Text of ours; NULL is written as null. Borrowed for the call (for a context: as long as it). */
static inline struct log_field F_NAME(const char *key, const char *text) {
    return (struct log_field){ .key = key, .kind = LOG_F_NAME, .v.name = text };
}

static inline struct log_field
F_U64(const char *key, uint64_t v) {
    return (struct log_field){ .key = key, .kind = LOG_F_U64, .v.u64 = v };
}

static inline struct log_field
F_I64(const char *key, int64_t v) {
    return (struct log_field){ .key = key, .kind = LOG_F_I64, .v.i64 = v };
}

/* A duration; the key should end in Ms. */
static inline struct log_field
F_MS(const char *key, int64_t ms) {
    return (struct log_field){ .key = key, .kind = LOG_F_MS, .v.i64 = ms };
}

static inline struct log_field
F_BOOL(const char *key, bool v) {
    return (struct log_field){ .key = key, .kind = LOG_F_BOOL, .v.yes = v };
}

/* A point in time, written in ISO 8601. */
static inline struct log_field
F_AT(const char *key, int64_t at_ms) {
    return (struct log_field){ .key = key, .kind = LOG_F_AT, .v.i64 = at_ms };
}

/* The whole error: error (id), errorText, errorWhere, errorAt (offset), fate. NULL writes none. */
static inline struct log_field
F_ERR(const struct err *err) {
    return (struct log_field){ .key = "error", .kind = LOG_F_ERR, .v.err = err };
}

/* ---- contexts ---- */

struct log_core;

struct log {
    struct log_core *core;
    const struct log *parent;
    struct log_field fields[LOG_CONTEXT_MAX];
    size_t n_fields;
    uint64_t key; /* hash of all context fields, for the repeat filter */
};

struct log_record {
    enum log_ev ev;
    enum log_level level;
    struct str line; /* with the final \n; borrowed for the call */
};

struct log_conf {
    enum log_form form;
    enum log_level level;      /* least level written */
    const struct clock *clock; /* never NULL */
    unsigned burst;            /* lines of one key in one window; 0: no filter */
    unsigned window_ms;
    void (*write)(void *ctx, const struct log_record *r); /* must not log */
    void *ctx;
};

/* Returns RC_NOMEM BASE-002. */
enum rc log_new(const struct log_conf *conf, struct log **out, struct err *e) ZS_CHECK;

/* Writes what log_flush would, frees, nulls. No context below it may be used after. */
void log_free(struct log **log);

/*
 * A context below `parent` with up to LOG_CONTEXT_MAX fields more (asserted), ended by LOG_F_END.
 * Text is borrowed as long as `child` is used; parent likewise. Nothing to free.
 *
 *   log_child(&c->log, engine_log, (struct log_field[]){ F_NAME("channel", c->name), LOG_F_END });
 */
void log_child(struct log *child, const struct log *parent, const struct log_field *fields);

/* A log that writes nothing, for code that is handed none. */
const struct log *log_none(void);

/* Would an event of this level be written? */
bool log_wants(const struct log *log, enum log_level level);

/* Write log.suppressed for every key whose window is over with repeats uncounted. Call each second.
 */
void log_flush(const struct log *log);

/* Change the least level, or the form, while running. */
void log_set_level(const struct log *log, enum log_level level);
void log_set_form(const struct log *log, enum log_form form);

/* ---- the call ---- */

#define log_event(log, ...)                                                                        \
    log_event_impl((log), LOG_FIRST(__VA_ARGS__, 0),                                               \
                   (const struct log_field[]){ LOG_REST(__VA_ARGS__, LOG_F_END) })
#define LOG_FIRST(ev, ...) ev
#define LOG_REST(ev, ...)  __VA_ARGS__

void log_event_impl(const struct log *log, enum log_ev ev, const struct log_field *fields);

/* "debug", "info", "warn", "error". */
const char *log_level_name(enum log_level level);
enum rc log_level_parse(struct str s, enum log_level *out, struct err *e) ZS_CHECK;

/* ---- sinks ---- */

/* conf.write for a descriptor: one write(2) a line; ctx is an int * that stays valid. */
void log_write_fd(void *ctx, const struct log_record *r);

#endif

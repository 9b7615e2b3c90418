/*
 * Errors: what happened (code), what may be done next (fate), where, and a text for a person.
 *
 * Every function that can fail for a reason returns enum rc and takes `struct err *e` last.
 * The record is the caller's; it is written on failure only, never allocates, and a NULL one is
 * allowed where the caller does not care for the detail. The lowest layer writes it once.
 *
 * `id` names the error to a user ("HL7-001"): `zarish explain HL7-001` says what it means and what
 * to do. Every id used is a row of its folder's table of codes (struct err_code).
 *
 * Nothing from a message's body may stand in `text` or `where`: both reach logs and answers.
 * A path into a document ("PID-3[2].4", "rules[2].to") is not content and belongs in `where`.
 */
#ifndef ZS_BASE_ERR_H
#define ZS_BASE_ERR_H

#include "base/defs.h"

enum rc {
    RC_OK = 0,
    RC_AGAIN,   /* not an error: needs more input, or would block */
    RC_NOMEM,   /* an arena's limit or the allocator */
    RC_LIMIT,   /* a configured ceiling: size, depth, count */
    RC_SYNTAX,  /* bytes that do not follow the grammar; pos is set */
    RC_VALUE,   /* well formed, but not a value allowed here */
    RC_MISSING, /* the named thing does not exist */
    RC_IO,      /* a system call failed; sys is errno */
    RC_PEER,    /* the other side answered against its protocol, or said no */
    RC_TIMEOUT,
    RC_DENIED, /* not allowed */
    RC_STATE,  /* not now: wrong state, busy, closed */
    RC_BUG     /* ours */
};

enum fate {
    FATE_NONE = 0,
    FATE_RETRY,     /* definitely not accepted; another attempt cannot double it */
    FATE_UNCERTAIN, /* sent, no definite answer: another attempt may double it */
    FATE_REJECT,    /* definitely refused; the same bytes will be refused again */
    FATE_OPERATOR   /* cannot go on without a person: credentials, configuration, certificate */
};

#define ERR_NO_POS SIZE_MAX

struct err {
    enum rc code;
    enum fate fate;
    int sys;              /* errno, or 0 */
    size_t pos;           /* byte offset in the input, ERR_NO_POS if none */
    unsigned line;        /* 1-based, 0 if none */
    unsigned column;      /* 1-based, in bytes, 0 if none */
    const char *id;       /* "CFG-004": static string, never NULL after a failure */
    char where[64];       /* path in the document, or the object's name; may be empty */
    char text[256];       /* one sentence, no payload, no final period */
    const char *src_file; /* where in our source it was set, for logs at debug level */
    int src_line;
};

/* One row of a folder's table of codes, for `zarish explain` and the reference. */
struct err_code {
    const char *id;
    const char *meaning;
    const char *action; /* what the reader should do next */
};

/*
 * Set an error and return its code, so that a failing line reads `return err_set(e, …)`.
 * pos is ERR_NO_POS afterwards; err_set_at takes one. Text that does not fit is cut at a
 * character boundary and ends in "…".
 */
#define err_set(e, code, id, ...)                                                                  \
    err_never_ok(err_set_impl((e), (code), (id), __FILE__, __LINE__, __VA_ARGS__))
#define err_set_at(e, code, id, pos, ...)                                                          \
    err_never_ok(err_set_at_impl((e), (code), (id), (pos), __FILE__, __LINE__, __VA_ARGS__))
/* The same from errno: code RC_IO, sys = errnum, ": " and the system's text appended. */
#define err_sys(e, id, errnum, ...)                                                                \
    err_never_ok(err_sys_impl((e), (id), (errnum), __FILE__, __LINE__, __VA_ARGS__))

/* Tells compiler and analyzer what err.c asserts: a failure is never RC_OK. */
static inline enum rc err_never_ok(enum rc code)
{
    if (code == RC_OK)
        __builtin_unreachable();
    return code;
}

enum rc err_set_impl(struct err *e, enum rc code, const char *id, const char *file, int line,
                     const char *fmt, ...) ZS_PRINTF(6, 7);
enum rc err_set_at_impl(struct err *e, enum rc code, const char *id, size_t pos, const char *file,
                        int line, const char *fmt, ...) ZS_PRINTF(7, 8);
enum rc err_sys_impl(struct err *e, const char *id, int errnum, const char *file, int line,
                     const char *fmt, ...) ZS_PRINTF(6, 7);

/* Fill or replace `where`. e may be NULL. Truncates with "…". */
void err_where(struct err *e, const char *fmt, ...) ZS_PRINTF(2, 3);

/* Set the fate; returns e->code. e may be NULL (then RC_BUG: connectors always pass one). */
enum rc err_fate(struct err *e, enum fate fate);

/* Names for logs and JSON: "ok", "limit" …; "none", "retry", "uncertain", "reject", "operator". */
const char *rc_name(enum rc code);
const char *fate_name(enum fate fate);

#endif

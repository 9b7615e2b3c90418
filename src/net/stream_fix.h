/*
 * What stream tests share: a loop with a fake or real clock, a listener, and ends that record what
 * happened to them. Every end checks by itself that closed() comes once, last, and never from
 * inside a call the test makes.
 */
#ifndef ZS_NET_STREAM_FIX_H
#define ZS_NET_STREAM_FIX_H

#include "base/buf.h"
#include "net/stream.h"
#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"

#define FIX_ENDS 64

struct end {
    struct fix *f;
    struct stream *s; /* NULL once closed */
    struct buf got;
    size_t n_open, n_end, n_drained, n_hung_up, n_closed;
    struct err why;
    /* how it behaves */
    bool echo;           /* write back what comes; stop reading while full */
    bool answers_end;    /* has an end(): else the stream closes by itself */
    size_t takes;        /* at most so many bytes of what read() offers; 0: all */
    bool resumes;        /* inside read(), after taking less */
    bool closes, aborts; /* inside read() */
    bool counts;         /* does not keep the bytes, checks the pattern */
    uint64_t n_got;
};

struct fix {
    struct clock_fake clock;
    struct loop *loop;
    struct pool *pool;
    struct listener *listener;
    struct tls_ctx *server_tls, *client_tls; /* NULL: plain */
    struct end server[FIX_ENDS];
    size_t n_server; /* accepted so far */
    struct end client;
    struct end server_way; /* how accepted ones behave */
    size_t n_denied, n_failed;
    struct err failed;
    bool inside; /* the test is in a call of its own: closed() may not come */
};

enum fix_kind { FIX_PLAIN, FIX_TLS, FIX_MUTUAL };

/* fake: the clock stands still until the test moves it. */
void fix_begin(struct fix *f, enum fix_kind kind, bool fake);
void fix_end(struct fix *f);

void fix_listen(struct fix *f, const struct stream_listen *how);

/* To f's listener, with f's TLS. */
void fix_connect(struct fix *f, struct end *e, const struct stream_opts *opts);

/* Client and f->server[0], both open. */
void fix_pair(struct fix *f, const struct stream_opts *opts);

void end_init(struct end *e, struct fix *f);
void end_done(struct end *e);
extern const struct stream_events end_events;       /* without end() */
extern const struct stream_events end_events_ended; /* with it */

/* One turn of the loop, at most a millisecond long. */
void fix_step(struct fix *f);

#define FIX_UNTIL(f, cond)                                                                         \
    do {                                                                                           \
        for (unsigned n_ = 0; !(cond); n_++) {                                                     \
            if (n_ > 60000)                                                                        \
                T_FAIL("never: %s", #cond);                                                        \
            fix_step(f);                                                                           \
        }                                                                                          \
    } while (0)

/* Calls of the test's own, during which closed() may not come. */
#define FIX_CALL(f, call)                                                                          \
    do {                                                                                           \
        (f)->inside = true;                                                                        \
        call;                                                                                      \
        (f)->inside = false;                                                                       \
    } while (0)

void fix_write(struct fix *f, struct end *e, struct str bytes);

/* A raw socket connected to f's listener. */
int fix_raw(struct fix *f);

/* The certificates, made once. */
const struct t_cert *fix_ca(void);
const struct t_cert *fix_cert(void);

/* Byte i of the test pattern. */
static inline char fix_pattern(uint64_t i)
{
    return (char)((i * 2654435761u >> 16) & 0xff);
}

#endif

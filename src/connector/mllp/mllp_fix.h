/*
 * What the tests of this connector share: a loop with a fake clock, a source whose flow is the
 * test, raw senders, a destination, and a peer that answers as the test says.
 */
#ifndef ZS_CONNECTOR_MLLP_MLLP_FIX_H
#define ZS_CONNECTOR_MLLP_MLLP_FIX_H

#include "base/log.h"
#include "connector/mllp/mllp_int.h"
#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"
#include "tests/lib/t_log.h"

#define FIX_MAX 256

/* A raw connection, as a sender has it; also the peer's side of one of ours. */
struct wire {
    struct fix *f;
    struct stream *s; /* NULL once closed */
    struct buf got;
    size_t n_closed;
    bool open, ended;
    bool keeps_open; /* does not close when the other side does */
    struct err why;
};

struct sent {
    struct delivery d;
    struct fix *f;
    size_t n_done;
    struct verdict v;
    char status[8], reply[200], err_id[12];
    bool close_in_done, drain_in_done;
};

struct fix {
    struct clock_fake clock;
    struct loop *loop;
    struct t_log log;
    struct conn_host host;
    struct arena *arena;

    struct conn_source source;
    struct intake *in[FIX_MAX]; /* taken and not settled */
    size_t n_in, n_taken, n_drained;
    bool settles_at_once, closes_inside;
    const char *ack; /* of settles_at_once; "%" stands for the control id */

    struct conn_dest dest;
    struct conn_endpoint ep;
    size_t n_dest_drained;

    struct listener *listener; /* the peer's */
    struct wire peer[FIX_MAX];
    size_t n_peer;
    struct tls_ctx *tls;          /* of raw senders, or of the peer */
    const struct conn_tls *trust; /* the integration's, of the destination */
    char url[80];
};

void fix_begin(struct fix *f);
void fix_end(struct fix *f); /* closes what is open; no unexpected warning was logged */

/* One turn of the loop. */
void fix_step(struct fix *f);
#define FIX_UNTIL(f, cond)                                                                         \
    do {                                                                                           \
        for (unsigned n_ = 0; !(cond); n_++) {                                                     \
            if (n_ > 30000)                                                                        \
                T_FAIL("never: %s", #cond);                                                        \
            fix_step(f);                                                                           \
        }                                                                                          \
    } while (0)
/* Long enough for anything that is under way on this machine to arrive. */
void fix_settle_down(struct fix *f);

/* Options as they stand in a configuration, JSON; "listen" is added where it is missing. */
void fix_source(struct fix *f, const char *options);
void fix_settle(struct fix *f, size_t i, enum answer_kind kind, const char *ack);

/* A sender connected to the source, with f->tls. */
void wire_connect(struct fix *f, struct wire *w);
void wire_write(struct wire *w, struct str bytes);
void wire_done(struct wire *w);

/* The peer of a destination, then the destination with these `parameters`. */
void fix_peer(struct fix *f);
void fix_dest(struct fix *f, const char *parameters);
void fix_delivery(struct fix *f, struct sent *s, const char *body); /* made, not sent */
void fix_send(struct fix *f, struct sent *s, const char *body);
/* "MSH…\rMSA|code|id\r", framed. */
void fix_answer(struct wire *w, const char *code, const char *id);

#endif

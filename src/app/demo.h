/*
 * What `zarish demo` shows: the messages of an example, and the engine's two partners, a sender
 * and a receiver, on the main loop.
 *
 * Thread  main.
 */
#ifndef ZS_APP_DEMO_H
#define ZS_APP_DEMO_H

#include "app/run.h"

#define DEMO_MAX 64

/* One message of the example and what became of it. */
struct demo_message {
    struct str name; /* "01-adt-a01" */
    struct str bytes;
    struct str expected; /* the JSON that has to arrive; STR_NULL: none is told */
    struct str control_id, type;
    struct delivery delivery;
    char ack[8]; /* "AA"; empty while none came */
    bool arrived, differs;
    uint64_t sent_mono, arrived_mono;
    struct demo *demo;
};

struct demo {
    struct cli *cli;
    struct run run;
    const char *dir;                /* of the example */
    char data[64];                  /* the temporary data directory */
    char port[8];                   /* the receiver's */
    char mllp[CHANNEL_ADDRESS_MAX]; /* where the channel listens; set by demo_send */
    struct demo_message *m;
    size_t n;
    struct http_server *receiver;
    struct conn_dest sender;
    struct conn_host host;
    struct conn_endpoint endpoint;
    size_t n_strangers; /* requests that belong to none of our messages */
    bool receiver_stopped;
};

/* demo_read.c: DIR/messages/ *.hl7 with DIR/expected/ *.json beside them. */
enum rc demo_read(struct demo *d, struct err *e) ZS_CHECK;

/* demo_peer.c: the receiver on a free port of the loopback, before the engine is up. */
enum rc demo_receiver_open(struct demo *d, struct err *e) ZS_CHECK;
void demo_receiver_close(struct demo *d);

/* Send every message to mllp://…; acknowledgements come on the loop. */
enum rc demo_send(struct demo *d, struct err *e) ZS_CHECK;
void demo_sender_close(struct demo *d);

bool demo_is_done(void *ctx); /* every message acknowledged and arrived */

#endif

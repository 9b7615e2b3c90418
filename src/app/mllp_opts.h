/*
 * What `send` and `listen` share: the connector's options from the command line, and a loop for
 * one command. Thread main.
 */
#ifndef ZS_APP_MLLP_OPTS_H
#define ZS_APP_MLLP_OPTS_H

#include "cli/cli.h"
#include "connector/mllp/mllp.h"
#include "net/pool.h"

struct mllp_world {
    struct loop *loop;
    struct pool *pool; /* for name look-ups */
    struct conn_host host;
};

enum rc mllp_world_open(struct cli *c, struct mllp_world *w, struct err *e) ZS_CHECK;
void mllp_world_close(struct mllp_world *w);

/* A record of either command has these; texts live as long as the arena. */
struct mllp_about {
    struct str control_id, type; /* "ADT^A01"; empty where the message has none */
};

void mllp_about(struct str message, struct arena *a, struct mllp_about *out);

#endif

/*
 * A destination that answers at once. Tests: connector/contract_test.c
 */
#include "connector/null/null.h"

static enum rc null_open(struct conn_dest *d, struct err *e)
{
    (void)d, (void)e; /* nothing to open */
    return RC_OK;
}

static void null_send(struct conn_dest *d, struct delivery *dl)
{
    static const struct verdict delivered = { .rc = RC_OK, .answered = true };
    (void)d; /* no state */
    dl->done(dl, &delivered);
}

static void null_cancel(struct conn_dest *d, struct delivery *dl)
{
    (void)d, (void)dl; /* nothing is ever in flight */
}

static void null_drain(struct conn_dest *d)
{
    d->drained(d);
}

static void null_close(struct conn_dest *d)
{
    (void)d; /* nothing is open */
}

static void null_probe(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done,
                       void *ctx)
{
    static const struct probe_result there = { .success = true, .how = "none" };
    (void)d, (void)x; /* always there */
    done(ctx, &there);
}

static const char *const schemes[] = { "null", NULL };

const struct conn_type conn_null = { .name = "null",
                                     .schemes = schemes,
                                     .caps = CONN_SENDS,
                                     .send_open = null_open,
                                     .send = null_send,
                                     .cancel = null_cancel,
                                     .send_drain = null_drain,
                                     .send_close = null_close,
                                     .probe = null_probe };

/*
 * The executions of one engine. Tests: execute_test.c
 */
#include "flow/calls.h"

#include "base/alloc.h"

struct calls {
    struct calls_conf conf;
};

enum rc calls_new(const struct calls_conf *conf, struct calls **out, struct err *e)
{
    struct calls *c = mem_new(struct calls);
    if (!c)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the calls");
    c->conf = *conf;
    *out = c;
    return RC_OK;
}

void calls_stop(struct calls *c, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx)
{
    (void)c, (void)limit_ms;
    stopped(ctx);
}

void calls_free(struct calls **c)
{
    mem_free(*c);
    *c = NULL;
}

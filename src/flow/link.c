/*
 * Links: what the callers of an endpoint share. Tests: link_test.c
 */
#include "flow/link.h"

#include "base/alloc.h"

struct links {
    struct links_conf conf;
};

struct link {
    const struct config_endpoint *ep;
};

enum rc links_new(const struct links_conf *conf, struct links **out, struct err *e)
{
    struct links *l = mem_new(struct links);
    if (!l)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the links");
    l->conf = *conf;
    *out = l;
    return RC_OK;
}

void links_free(struct links **l)
{
    mem_free(*l);
    *l = NULL;
}

enum rc links_get(struct links *l, const struct config_endpoint *ep, struct link **out,
                  struct err *e)
{
    (void)l, (void)ep, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

struct link *link_ref(struct link *k)
{
    return k;
}

void link_unref(struct link **k)
{
    *k = NULL;
}

const struct config_endpoint *link_endpoint(const struct link *k)
{
    return k->ep;
}

enum rc links_pause(struct links *l, struct str integration, bool paused, struct err *e)
{
    (void)l, (void)integration, (void)paused;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

bool link_paused(const struct link *k)
{
    (void)k;
    return false;
}

bool link_take(struct link *k, uint64_t now_mono, uint64_t *wait_ms)
{
    (void)k, (void)now_mono, (void)wait_ms;
    return true;
}

void link_send(struct link *k, struct conn_dest *dest, struct delivery *d)
{
    (void)k;
    dest->type->send(dest, d);
}

void link_cancel(struct link *k, struct conn_dest *dest, struct delivery *d)
{
    (void)k;
    dest->type->cancel(dest, d);
}

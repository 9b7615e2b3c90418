/*
 * The table of links and what they share: gates by the integration's name, rates by the
 * endpoint's, credentials by what the configuration says. A link belongs to one endpoint object
 * of one snapshot; what it shares outlives it where the next snapshot says the same.
 * Tests: link_test.c
 */
#include "flow/link_int.h"

#include "base/alloc.h"

#define NAMES_MAX   ((size_t)1 << 20) /* a thousand integrations of a thousand endpoints */
#define AUTHS_SPARE 64                /* credentials kept that nobody uses just now */
#define SWEEP_FIRST 256

struct auth_entry {
    struct list_node node;
    struct link_auth *auth;
};

struct links {
    struct links_conf conf;
    struct mutex lock;
    struct strmap by_ep; /* of link */
    struct strmap gates; /* of link_gate */
    struct strmap rates; /* of link_rate: those in use, and those that are not full again yet */
    size_t sweep_at;     /* so many rates: forget the full ones */
    struct list auths;   /* of auth_entry, the one asked for last at the end */
};

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a link");
}

enum rc links_new(const struct links_conf *conf, struct links **out, struct err *e)
{
    struct links *l = mem_new(struct links);
    if (!l)
        return no_memory(e);
    l->conf = *conf;
    l->sweep_at = SWEEP_FIRST;
    mutex_init(&l->lock, "links", LINK_RANK_TABLE);
    strmap_init(&l->by_ep, NULL, NAMES_MAX);
    strmap_init(&l->gates, NULL, NAMES_MAX);
    strmap_init(&l->rates, NULL, NAMES_MAX);
    list_init(&l->auths);
    *out = l;
    return RC_OK;
}

static void drop_auth(struct links *l, struct auth_entry *entry)
{
    list_remove(&l->auths, &entry->node);
    link_auth_unref(&entry->auth);
    mem_free(entry);
}

static void free_values(struct strmap *m)
{
    void *value;
    for (size_t it = 0; strmap_next(m, &it, NULL, &value);)
        mem_free(value);
    strmap_done(m);
}

static void free_rates(struct strmap *m)
{
    void *value;
    for (size_t it = 0; strmap_next(m, &it, NULL, &value);) {
        struct link_rate *r = value;
        mutex_done(&r->lock);
    }
    free_values(m);
}

void links_free(struct links **lp)
{
    struct links *l = *lp;
    if (!l)
        return;
    ZS_ASSERT(l->by_ep.n == 0);
    *lp = NULL;
    while (!list_is_empty(&l->auths))
        drop_auth(l, ZS_CONTAINER(list_first(&l->auths), struct auth_entry, node));
    strmap_done(&l->by_ep);
    free_values(&l->gates);
    free_rates(&l->rates);
    mutex_done(&l->lock);
    mem_free(l);
}

/* ---- gates -------------------------------------------------------------------------------- */

static enum rc gate_of(struct links *l, struct str integration, struct link_gate **out,
                       struct err *e)
{
    struct link_gate *g = strmap_get(&l->gates, integration);
    if (!g) {
        g = mem_zero(sizeof *g + integration.n);
        if (!g)
            return no_memory(e);
        char *name = (char *)(g + 1);
        memcpy(name, integration.p, integration.n);
        g->name = str_of(name, integration.n);
        list_init(&g->watches);
        enum rc rc = strmap_put(&l->gates, g->name, g, e);
        if (rc != RC_OK) {
            mem_free(g);
            return rc;
        }
    }
    *out = g;
    return RC_OK;
}

/* A gate nobody has and that is open says nothing. */
static void drop_gate(struct links *l, struct link_gate *g)
{
    if (g->refs > 0 || g->paused)
        return;
    (void)strmap_take(&l->gates, g->name); /* it is g */
    mem_free(g);
}

static void watch_told(struct loop_post *p)
{
    struct link_watch *w = ZS_CONTAINER(p, struct link_watch, post);
    atomic_store(&w->posted, false); /* before fn looks: a later change posts again */
    w->fn(w);
}

enum rc links_pause(struct links *l, struct str integration, bool paused, struct err *e)
{
    LOCK_SCOPE(guard, &l->lock);
    struct link_gate *g;
    enum rc rc = gate_of(l, integration, &g, e);
    if (rc != RC_OK)
        return rc;
    atomic_store(&g->paused, paused);
    for (struct list_node *n = list_first(&g->watches); n; n = list_next(&g->watches, n)) {
        struct link_watch *w = ZS_CONTAINER(n, struct link_watch, node);
        if (!atomic_exchange(&w->posted, true))
            loop_post(w->loop, &w->post);
    }
    drop_gate(l, g);
    return RC_OK;
}

bool link_paused(const struct link *k)
{
    return atomic_load_explicit(&k->gate->paused, memory_order_relaxed);
}

void link_watch(struct link *k, struct link_watch *w)
{
    LOCK_SCOPE(guard, &k->owner->lock);
    atomic_init(&w->posted, false);
    w->post.fn = watch_told;
    list_push(&k->gate->watches, &w->node);
}

bool link_unwatch(struct link *k, struct link_watch *w)
{
    LOCK_SCOPE(guard, &k->owner->lock);
    list_remove(&k->gate->watches, &w->node);
    return !atomic_load(&w->posted);
}

/* ---- rates -------------------------------------------------------------------------------- */

static void drop_rate(struct links *l, struct link_rate *r)
{
    if (strmap_get(&l->rates, r->name) == r)
        (void)strmap_take(&l->rates, r->name); /* it is r */
    mutex_done(&r->lock);
    mem_free(r);
}

/* One that is unused and full again is as good as a new one. */
static struct link_rate *any_full(struct links *l, uint64_t now)
{
    void *value;
    for (size_t it = 0; strmap_next(&l->rates, &it, NULL, &value);) {
        struct link_rate *r = value;
        if (r->refs == 0 && link_rate_is_full(r, now))
            return r;
    }
    return NULL;
}

static void sweep_rates(struct links *l, uint64_t now)
{
    if (l->rates.n < l->sweep_at)
        return;
    for (struct link_rate *r = any_full(l, now); r; r = any_full(l, now))
        drop_rate(l, r);
    l->sweep_at = size_max(SWEEP_FIRST, l->rates.n * 2);
}

static bool same_rate(const struct link_rate *r, const struct config_rate *conf)
{
    return r->requests == (uint64_t)conf->requests && r->per_us == conf->per_ms * 1000 &&
           r->burst == (uint64_t)conf->burst;
}

static enum rc new_rate(struct links *l, const struct config_endpoint *ep, uint64_t now,
                        struct link_rate **out, struct err *e)
{
    struct str name = str_z(ep->full_name);
    struct link_rate *r = mem_zero(sizeof *r + name.n);
    if (!r)
        return no_memory(e);
    char *own = (char *)(r + 1);
    if (name.n > 0)
        memcpy(own, name.p, name.n);
    link_rate_init(r, ep->rate, now);
    r->name = str_of(own, name.n);
    struct link_rate *old = strmap_take(&l->rates, name);
    enum rc rc = strmap_put(&l->rates, r->name, r, e);
    if (rc != RC_OK) {
        mutex_done(&r->lock);
        mem_free(r);
        return rc;
    }
    if (old && old->refs == 0) /* else its last link drops it */
        drop_rate(l, old);
    *out = r;
    return RC_OK;
}

/* The endpoint's bucket, the one there is where its limit is the same. */
static enum rc rate_of(struct links *l, const struct config_endpoint *ep, struct link_rate **out,
                       struct err *e)
{
    *out = NULL;
    if (!ep->rate || ep->rate->requests == 0)
        return RC_OK;
    uint64_t now = clock_mono_ns(l->conf.clock);
    struct link_rate *r = strmap_get(&l->rates, str_z(ep->full_name));
    enum rc rc = RC_OK;
    if (!r || !same_rate(r, ep->rate)) {
        sweep_rates(l, now);
        rc = new_rate(l, ep, now, &r, e);
    }
    if (rc == RC_OK) {
        r->refs++;
        *out = r;
    }
    return rc;
}

static void rate_unref(struct links *l, struct link_rate *r)
{
    if (!r || --r->refs > 0)
        return;
    if (strmap_get(&l->rates, r->name) != r) /* another took its place */
        drop_rate(l, r);
}

/* ---- credentials -------------------------------------------------------------------------- */

static struct auth_entry *entry_of(struct links *l, const struct config_integration *in)
{
    for (struct list_node *n = list_first(&l->auths); n; n = list_next(&l->auths, n)) {
        struct auth_entry *entry = ZS_CONTAINER(n, struct auth_entry, node);
        if (link_auth_fits(entry->auth, in))
            return entry;
    }
    return NULL;
}

static void drop_spare_auths(struct links *l)
{
    size_t spare = 0;
    struct auth_entry *oldest = NULL;
    for (struct list_node *n = list_last(&l->auths); n != &l->auths.head && n; n = n->prev) {
        struct auth_entry *entry = ZS_CONTAINER(n, struct auth_entry, node);
        if (link_auth_refs(entry->auth) > 1)
            continue;
        spare++;
        oldest = entry;
    }
    if (spare > AUTHS_SPARE)
        drop_auth(l, oldest);
}

static enum rc auth_of(struct links *l, const struct config_integration *in, struct link_auth **out,
                       struct err *e)
{
    *out = NULL;
    if (in->cred.type == CRED_NONE || in->cred.type == CRED_CERTIFICATE)
        return RC_OK; /* nothing goes with the request */
    struct auth_entry *entry = entry_of(l, in);
    if (!entry) {
        drop_spare_auths(l);
        entry = mem_new(struct auth_entry);
        if (!entry)
            return no_memory(e);
        enum rc rc = link_auth_new(&l->conf, in, &entry->auth, e);
        if (rc != RC_OK) {
            mem_free(entry);
            return rc;
        }
        list_push(&l->auths, &entry->node);
    }
    list_remove(&l->auths, &entry->node);
    list_push(&l->auths, &entry->node);
    *out = link_auth_ref(entry->auth);
    return RC_OK;
}

enum rc links_auth(struct links *l, const struct config_integration *in, struct link_auth **out,
                   struct err *e)
{
    LOCK_SCOPE(guard, &l->lock);
    return auth_of(l, in, out, e);
}

/* ---- links -------------------------------------------------------------------------------- */

static struct str key_of(const struct config_endpoint *const *ep)
{
    return str_of((const char *)ep, sizeof *ep);
}

/* Whatever it has so far; the lock is held. */
static void release(struct link *k)
{
    struct links *l = k->owner;
    link_auth_unref(&k->auth);
    rate_unref(l, k->rate);
    if (k->gate) {
        k->gate->refs--;
        drop_gate(l, k->gate);
    }
    config_unit_unref(&k->unit);
    mem_free(k);
}

static enum rc new_link(struct links *l, const struct config_endpoint *ep, struct link **out,
                        struct err *e)
{
    const struct config_integration *in = ep->integration;
    struct link *k = mem_new(struct link);
    if (!k)
        return no_memory(e);
    k->owner = l;
    k->refs = 1;
    k->ep = ep;
    k->unit = in->unit ? config_unit_ref(in->unit) : NULL;
    enum rc rc = gate_of(l, in->name, &k->gate, e);
    if (rc == RC_OK) {
        k->gate->refs++;
        rc = rate_of(l, ep, &k->rate, e);
    }
    if (rc == RC_OK)
        rc = auth_of(l, in, &k->auth, e);
    if (rc == RC_OK)
        rc = strmap_put(&l->by_ep, key_of(&k->ep), k, e);
    if (rc != RC_OK) {
        release(k);
        return rc;
    }
    *out = k;
    return RC_OK;
}

enum rc links_get(struct links *l, const struct config_endpoint *ep, struct link **out,
                  struct err *e)
{
    LOCK_SCOPE(guard, &l->lock);
    struct link *k = strmap_get(&l->by_ep, key_of(&ep));
    if (!k)
        return new_link(l, ep, out, e);
    k->refs++;
    *out = k;
    return RC_OK;
}

struct link *link_ref(struct link *k)
{
    LOCK_SCOPE(guard, &k->owner->lock);
    k->refs++;
    return k;
}

void link_unref(struct link **kp)
{
    struct link *k = *kp;
    *kp = NULL;
    if (!k)
        return;
    struct links *l = k->owner;
    LOCK_SCOPE(guard, &l->lock);
    if (--k->refs > 0)
        return;
    (void)strmap_take(&l->by_ep, key_of(&k->ep)); /* it is k */
    release(k);
}

const struct config_endpoint *link_endpoint(const struct link *k)
{
    return k->ep;
}

bool link_take(struct link *k, uint64_t now_mono, uint64_t *wait_ms)
{
    return !k->rate || link_rate_take(k->rate, now_mono, wait_ms);
}

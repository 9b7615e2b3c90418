/*
 * One integration's credential: who waits for a token, and the one fetch at a time that ends the
 * waiting. cred.h decides what is fetched and when; here is who does it and who is told.
 *
 * A waiter is listed under the lock under which cred_get said that a token is on its way, and the
 * answer is made known before the list is emptied under that lock: no one waits for an answer that
 * has come already. Tests: link_auth_test.c
 */
#include "flow/link_int.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"

#define TOKEN_LIMIT ((size_t)1024 * 1024)

struct link_auth {
    struct links_conf conf;
    atomic_uint refs; /* the table's, each link's, and a fetch's */
    const struct config_unit *unit;
    const struct config_integration *in;
    char name[128]; /* of the integration, for the log */
    struct cred *cred;
    struct mutex lock;
    struct list waiters;
    bool fetching;
    /* the fetch under way; home's */
    struct loop_post begin;
    struct link_fetch fetch;
    struct cred_request request;
    struct arena *arena;
};

/* ---- the same or not ---------------------------------------------------------------------- */

static bool same_secret(struct str a, struct str b)
{
    return secret_eq((struct secret){ a.p, a.n }, b);
}

static bool same_oauth2(const struct cred_conf *a, const struct cred_conf *b)
{
    if (a->oauth2.grant != b->oauth2.grant || a->oauth2.client != b->oauth2.client ||
        a->oauth2.n_scopes != b->oauth2.n_scopes)
        return false;
    for (size_t i = 0; i < a->oauth2.n_scopes; i++)
        if (!str_eq(a->oauth2.scopes[i], b->oauth2.scopes[i]))
            return false;
    return str_eq(a->oauth2.token_url, b->oauth2.token_url) &&
           str_eq(a->oauth2.client_id, b->oauth2.client_id) &&
           same_secret(a->oauth2.client_secret, b->oauth2.client_secret) &&
           same_secret(a->oauth2.refresh_token, b->oauth2.refresh_token);
}

static bool same_api_key(const struct cred_conf *a, const struct cred_conf *b)
{
    return a->api_key.place == b->api_key.place &&
           str_eq(a->api_key.header_name, b->api_key.header_name) &&
           str_eq(a->api_key.query_param, b->api_key.query_param) &&
           same_secret(a->api_key.key, b->api_key.key);
}

static bool same_jwt(const struct cred_conf *a, const struct cred_conf *b)
{
    return a->jwt.alg == b->jwt.alg && a->jwt.expires_in_s == b->jwt.expires_in_s &&
           str_eq(a->jwt.issuer, b->jwt.issuer) && str_eq(a->jwt.audience, b->jwt.audience) &&
           same_secret(a->jwt.secret, b->jwt.secret);
}

static bool same_basic(const struct cred_conf *a, const struct cred_conf *b)
{
    return str_eq(a->basic.username, b->basic.username) &&
           same_secret(a->basic.password, b->basic.password);
}

static bool same_cred(const struct cred_conf *a, const struct cred_conf *b)
{
    static bool (*const by_type[])(const struct cred_conf *, const struct cred_conf *) = {
        [CRED_OAUTH2] = same_oauth2,
        [CRED_API_KEY] = same_api_key,
        [CRED_JWT] = same_jwt,
        [CRED_BASIC] = same_basic,
    };
    if (a->type != b->type)
        return false;
    return (size_t)a->type >= ZS_COUNT(by_type) || !by_type[a->type] || by_type[a->type](a, b);
}

/* Tokens are fetched with the integration's trust and certificate. */
static bool same_tls(const struct conn_tls *a, const struct conn_tls *b)
{
    if (!a || !b)
        return a == b;
    return str_eq(a->ca_pem, b->ca_pem) && str_eq(a->cert_pem, b->cert_pem) &&
           same_secret(a->key_pem, b->key_pem) && same_secret(a->passphrase, b->passphrase);
}

bool link_auth_fits(const struct link_auth *a, const struct config_integration *in)
{
    return a->in == in || (str_eq(a->in->name, in->name) && same_cred(&a->in->cred, &in->cred) &&
                           same_tls(a->in->tls, in->tls));
}

/* ---- life --------------------------------------------------------------------------------- */

static void begin_fetch(struct loop_post *p);

enum rc link_auth_new(const struct links_conf *conf, const struct config_integration *in,
                      struct link_auth **out, struct err *e)
{
    struct link_auth *a = mem_new(struct link_auth);
    if (!a)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a credential");
    enum rc rc = cred_new(&in->cred, conf->clock, conf->random, &a->cred, e);
    if (rc != RC_OK) {
        mem_free(a);
        return rc;
    }
    a->conf = *conf;
    atomic_init(&a->refs, 1);
    a->unit = in->unit ? config_unit_ref(in->unit) : NULL;
    a->in = in;
    (void)snprintf(a->name, sizeof a->name, "%.*s", STR_ARG(in->name)); /* at most 100 bytes */
    mutex_init(&a->lock, "link-auth", LINK_RANK_AUTH);
    list_init(&a->waiters);
    a->begin.fn = begin_fetch;
    *out = a;
    return RC_OK;
}

struct link_auth *link_auth_ref(struct link_auth *a)
{
    atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
    return a;
}

void link_auth_unref(struct link_auth **ap)
{
    struct link_auth *a = *ap;
    *ap = NULL;
    /* release what this user wrote, acquire what the others did before the last one frees */
    if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) > 1)
        return;
    ZS_ASSERT(list_is_empty(&a->waiters) && !a->fetching);
    cred_unref(&a->cred);
    config_unit_unref(&a->unit);
    mutex_done(&a->lock);
    mem_free(a);
}

unsigned link_auth_refs(const struct link_auth *a)
{
    return atomic_load_explicit(&a->refs, memory_order_acquire);
}

struct cred *link_auth_cred(const struct link_auth *a)
{
    return a->cred;
}

/* ---- fetching ----------------------------------------------------------------------------- */

static void tell(struct loop_post *p)
{
    struct link_wait *w = ZS_CONTAINER(p, struct link_wait, post);
    w->state = LINK_WAIT_OFF;
    w->ready(w);
}

/* Everybody who waits: to his own loop, with what came of it. */
static void tell_all(struct link_auth *a, enum rc rc, const struct err *e)
{
    LOCK_SCOPE(guard, &a->lock);
    struct list_node *node;
    while ((node = list_pop(&a->waiters)) != NULL) {
        struct link_wait *w = ZS_CONTAINER(node, struct link_wait, node);
        w->rc = rc;
        if (rc != RC_OK)
            w->err = *e;
        w->state = LINK_WAIT_POSTED;
        w->post.fn = tell;
        loop_post(w->loop, &w->post);
    }
}

static void end_fetch(struct link_auth *a, unsigned status, struct str body, const struct err *why)
{
    struct err e;
    mutex_lock(&a->lock); /* whoever is told to fetch anew must find this fetch over */
    enum rc rc = cred_answer(a->cred, status, body, why, &e);
    a->fetching = false;
    mutex_unlock(&a->lock);
    arena_free(&a->arena);
    if (rc == RC_AGAIN) /* whoever asks next is told to fetch in another way */
        rc = RC_OK;
    if (rc != RC_OK)
        log_event(a->conf.log, EV_TOKEN_FAILED, F_NAME("integration", a->name), F_ERR(&e));
    tell_all(a, rc, &e);
    link_auth_unref(&a);
}

static void fetched(struct link_fetch *f, unsigned status, struct str body, const struct err *e)
{
    end_fetch(ZS_CONTAINER(f, struct link_auth, fetch), status, body, e);
}

static enum rc prepare(struct link_auth *a, struct err *e)
{
    if (!a->conf.fetch)
        return err_set(e, RC_STATE, "FLOW-023", "nothing here can fetch a token");
    a->arena = arena_new("token", 0, TOKEN_LIMIT);
    if (!a->arena)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory to fetch a token");
    arena_wipe_on_free(a->arena);
    return cred_request(a->cred, a->arena, &a->request, e);
}

/* On home. */
static void begin_fetch(struct loop_post *p)
{
    struct link_auth *a = ZS_CONTAINER(p, struct link_auth, begin);
    struct err e;
    if (prepare(a, &e) != RC_OK) {
        end_fetch(a, 0, STR_NULL, &e);
        return;
    }
    a->fetch = (struct link_fetch){
        .request = &a->request, .tls = a->in->tls, .arena = a->arena, .done = fetched
    };
    a->conf.fetch(a->conf.fetch_ctx, &a->fetch);
}

/* This caller was told to fetch: the lock is held. */
static void start_fetch(struct link_auth *a)
{
    mutex_assert_held(&a->lock);
    ZS_ASSERT(!a->fetching); /* cred gives the order to one at a time */
    a->fetching = true;
    (void)link_auth_ref(a); /* the fetch's own, until end_fetch */
    loop_post(a->conf.home, &a->begin);
}

enum cred_now link_auth_get(struct link_auth *a, struct link_wait *w, struct arena *wiping,
                            struct cred_parts *out, struct err *e)
{
    ZS_ASSERT(loop_is_current(w->loop) && w->state == LINK_WAIT_OFF);
    LOCK_SCOPE(guard, &a->lock);
    enum cred_now now = cred_get(a->cred, wiping, out, e);
    if (now == CRED_FETCH || (now == CRED_READY && out->renew))
        start_fetch(a);
    if (now == CRED_FETCH || now == CRED_WAIT) {
        w->state = LINK_WAIT_LISTED;
        list_push(&a->waiters, &w->node);
        return CRED_WAIT;
    }
    return now;
}

bool link_auth_leave(struct link_auth *a, struct link_wait *w)
{
    ZS_ASSERT(loop_is_current(w->loop));
    LOCK_SCOPE(guard, &a->lock);
    if (w->state == LINK_WAIT_POSTED)
        return false;
    if (w->state == LINK_WAIT_LISTED)
        list_remove(&a->waiters, &w->node);
    w->state = LINK_WAIT_OFF;
    return true;
}

/* ---- what a request carries --------------------------------------------------------------- */

static bool has_name(const struct cred_field *f, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(f[i].name, name))
            return true;
    return false;
}

static const struct conn_header *joined(const struct conn_header *own, size_t n_own,
                                        const struct cred_field *f, size_t n, struct arena *a,
                                        size_t *n_out)
{
    struct conn_header *v = arena_make(a, struct conn_header, n_own + n + 1);
    *n_out = 0;
    if (!v)
        return NULL;
    for (size_t i = 0; i < n_own; i++)
        if (!has_name(f, n, own[i].name))
            v[(*n_out)++] = own[i];
    for (size_t i = 0; i < n; i++)
        v[(*n_out)++] = (struct conn_header){ .name = f[i].name, .value = f[i].value };
    return v;
}

enum rc link_auth_extra(const struct cred_parts *parts, const struct conn_extra *own,
                        struct arena *wiping, struct conn_extra *out, struct err *e)
{
    static const struct conn_extra nothing = { .n_headers = 0 };
    struct conn_extra x;
    if (!own)
        own = &nothing;
    x.headers = joined(own->headers, own->n_headers, parts->headers, parts->n_headers, wiping,
                       &x.n_headers);
    x.query = joined(own->query, own->n_query, parts->query, parts->n_query, wiping, &x.n_query);
    if (!x.headers || !x.query) {
        (void)err_set(e, RC_NOMEM, "FLOW-001", "no memory for a request's credential");
        return err_fate(e, FATE_RETRY);
    }
    *out = x;
    return RC_OK;
}

/*
 * What is in hand of a credential, and who may fetch what is missing.
 *
 * What a request carries is one field, a header or a query parameter, whatever the type: fixed for
 * api_key and basic, signed here for jwt, fetched by one of the callers for oauth2. Each change of
 * it has a new generation. A fetch is one caller's from CRED_FETCH (or `renew`) to cred_answer.
 * Tests: cred_test.c, cred_threads_test.c
 */
#include "auth/cred_int.h"

#include "base/alloc.h"

#define CRED_RANK  920 /* of its mutex: a leaf */
#define SECOND_NS  1000000000ULL
#define EARLY_NS   (60 * SECOND_NS) /* renewed so long before the end at most … */
#define EARLY_PART 5                /* … and in the last fifth of its life at most */
#define JWT_USE_NS (60 * SECOND_NS)
#define FAILURE_NS SECOND_NS
#define REPLACE_NS (CRED_REPLACE_MS * 1000000ULL)

enum rc cred_new(const struct cred_conf *conf, const struct clock *clock,
                 const struct random *random, struct cred **out, struct err *e)
{
    struct cred *c = mem_new(struct cred);
    if (!c)
        return cred_no_memory(e);
    c->refs = 1;
    c->clock = clock;
    c->random = random;
    c->conf = *conf; /* copied by cred_make */
    mutex_init(&c->mutex, "credential", CRED_RANK);
    enum rc rc = cred_make(c, e);
    if (rc != RC_OK)
        cred_unref(&c);
    else
        *out = c;
    return rc;
}

struct cred *cred_ref(struct cred *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void cred_unref(struct cred **cp)
{
    struct cred *c = *cp;
    *cp = NULL;
    /* acquire and release: the last one sees what the others did */
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    mutex_done(&c->mutex);
    cred_let_go(&c->value);
    cred_let_go(&c->refresh);
    arena_free(&c->arena);
    mem_free(c);
}

enum cred_type cred_type_of(const struct cred *c)
{
    return c->conf.type;
}

/* ---- what a request carries ---- */

static bool in_hand(const struct cred *c, uint64_t now)
{
    return c->value.arena && now < c->until_mono;
}

/* When a value that lives so long is replaced, and when it ends. */
static void set_life(struct cred *c, uint64_t now, uint64_t life_ns, uint64_t early_ns)
{
    c->until_mono = now + life_ns;
    c->renew_mono = c->until_mono - early_ns;
    c->generation++;
}

static enum rc sign(struct cred *c, uint64_t now, struct err *e)
{
    uint64_t life_ns = (uint64_t)cred_jwt_life_s(&c->conf) * SECOND_NS;
    uint64_t use_ns = life_ns - life_ns / EARLY_PART;
    struct arena *a = cred_arena(CRED_TEXT_MAX);
    struct buf b;
    if (!a)
        return cred_no_memory(e);
    buf_init_arena(&b, a, CRED_FIELD_MAX);
    enum rc rc = cred_jwt_sign(&c->conf, clock_now_ms(c->clock), c->random, &b, e);
    if (rc != RC_OK) {
        arena_free(&a);
        return rc;
    }
    cred_hold(&c->value, &a, buf_view(&b));
    set_life(c, now, use_ns < JWT_USE_NS ? use_ns : JWT_USE_NS, 0);
    return RC_OK;
}

static enum rc copy_field(const struct cred *c, struct arena *a, struct cred_parts *out,
                          struct err *e)
{
    struct cred_field *f = arena_make(a, struct cred_field, 1);
    if (!f)
        return cred_no_memory(e);
    *f = (struct cred_field){ arena_str(a, c->name), arena_str(a, c->value.text) };
    if (str_is_null(f->name) || str_is_null(f->value))
        return cred_no_memory(e);
    *out = (struct cred_parts){ .generation = c->generation };
    if (c->in_query) {
        out->query = f;
        out->n_query = 1;
    } else {
        out->headers = f;
        out->n_headers = 1;
    }
    return RC_OK;
}

/* No token can be used: who gets it? */
static enum cred_now missing(struct cred *c, uint64_t now, struct err *e)
{
    if (c->fetching)
        return CRED_WAIT;
    if (now < c->failed_until_mono) {
        *e = c->failure;
        return CRED_FAILED;
    }
    c->fetching = true;
    return CRED_FETCH;
}

enum cred_now cred_get(struct cred *c, struct arena *a, struct cred_parts *out, struct err *e)
{
    LOCK_SCOPE(guard, &c->mutex);
    uint64_t now = clock_mono_ns(c->clock);
    bool fetched = c->conf.type == CRED_OAUTH2;
    if (c->name.n == 0) {
        *out = (struct cred_parts){ .generation = 0 };
        return CRED_READY;
    }
    if (!in_hand(c, now) && fetched)
        return missing(c, now, e);
    if (!in_hand(c, now) && sign(c, now, e) != RC_OK)
        return CRED_FAILED;
    if (copy_field(c, a, out, e) != RC_OK)
        return CRED_FAILED;
    out->renew = fetched && now >= c->renew_mono && now >= c->failed_until_mono && !c->fetching;
    c->fetching = c->fetching || out->renew;
    return CRED_READY;
}

bool cred_refused(struct cred *c, uint64_t generation)
{
    LOCK_SCOPE(guard, &c->mutex);
    uint64_t now = clock_mono_ns(c->clock);
    if (c->conf.type != CRED_OAUTH2 && c->conf.type != CRED_JWT)
        return false;
    if (generation != c->generation || !c->value.arena)
        return true; /* it has been replaced, or is being */
    if (now < c->replace_mono)
        return false;
    cred_let_go(&c->value);
    c->replace_mono = now + REPLACE_NS;
    return true;
}

/* ---- fetching ---- */

enum rc cred_request(struct cred *c, struct arena *wiping, struct cred_request *out, struct err *e)
{
    LOCK_SCOPE(guard, &c->mutex);
    struct cred_request r;
    c->refreshing = c->refresh.arena != NULL;
    enum rc rc = cred_token_request(&c->conf, c->refresh.text, wiping, &r, e);
    r.url = rc == RC_OK ? arena_str(wiping, c->conf.oauth2.token_url) : STR_NULL;
    if (rc == RC_OK && str_is_null(r.url))
        rc = cred_no_memory(e);
    if (rc == RC_OK)
        *out = r;
    return rc;
}

/* A token that may be taken over: texts in arenas of their own. */
struct fresh {
    struct held value, refresh;
    int64_t life_s;
};

static enum rc read_answer(unsigned status, struct str body, struct fresh *out, struct err *e)
{
    struct arena *a = cred_arena(CRED_TEXT_MAX);
    struct cred_token t;
    if (!a)
        return cred_no_memory(e);
    enum rc rc = cred_token_parse(status, body, a, &t, e);
    if (rc == RC_OK)
        rc = cred_keep(STR("Bearer "), t.access, &out->value, e);
    if (rc == RC_OK && !str_is_null(t.refresh))
        rc = cred_keep(STR(""), t.refresh, &out->refresh, e);
    if (rc == RC_OK)
        out->life_s = t.life_s;
    arena_free(&a);
    return rc;
}

static void take_over(struct cred *c, struct fresh *f)
{
    uint64_t now = clock_mono_ns(c->clock);
    uint64_t life_ns = (uint64_t)f->life_s * SECOND_NS;
    uint64_t early_ns = life_ns / EARLY_PART;
    cred_hold(&c->value, &f->value.arena, f->value.text);
    if (f->refresh.arena)
        cred_hold(&c->refresh, &f->refresh.arena, f->refresh.text);
    set_life(c, now, life_ns, early_ns < EARLY_NS ? early_ns : EARLY_NS);
    c->expires_at_ms = clock_now_ms(c->clock) + f->life_s * 1000;
    c->failed_until_mono = 0;
}

/* True: without the refresh token there is another way. */
static bool drop_refresh(struct cred *c, const struct err *e)
{
    if (!c->refreshing || e->code != RC_DENIED || c->conf.oauth2.grant == CRED_REFRESH_TOKEN)
        return false;
    cred_let_go(&c->refresh);
    return true;
}

static enum rc nothing_came(const struct err *failed, struct err *e)
{
    *e = *failed;
    /* a token that was asked for twice does no harm */
    return err_fate(e, failed->fate == FATE_OPERATOR ? FATE_OPERATOR : FATE_RETRY);
}

enum rc cred_answer(struct cred *c, unsigned status, struct str body, const struct err *failed,
                    struct err *e)
{
    struct fresh f = { .life_s = 0 };
    enum rc rc = status == 0 ? nothing_came(failed, e) : read_answer(status, body, &f, e);
    mutex_lock(&c->mutex);
    c->fetching = false;
    if (rc == RC_OK) {
        take_over(c, &f);
    } else if (status != 0 && drop_refresh(c, e)) {
        rc = RC_AGAIN;
    } else {
        c->failure = *e;
        c->failed_until_mono = clock_mono_ns(c->clock) + FAILURE_NS;
    }
    c->refreshing = false;
    mutex_unlock(&c->mutex);
    cred_let_go(&f.value);
    cred_let_go(&f.refresh);
    return rc;
}

int64_t cred_expires_at(struct cred *c)
{
    LOCK_SCOPE(guard, &c->mutex);
    bool held = c->conf.type == CRED_OAUTH2 && in_hand(c, clock_mono_ns(c->clock));
    return held ? c->expires_at_ms : 0;
}

bool cred_has_refresh_token(struct cred *c)
{
    LOCK_SCOPE(guard, &c->mutex);
    return c->refresh.arena != NULL;
}

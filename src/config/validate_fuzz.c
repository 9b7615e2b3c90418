/*
 * Any JSON at all is validated as an integration, as an endpoint and as an authentication: there
 * is an answer, valid exactly when it names no error. Then its secrets are sealed: each gets a name
 * of its own, and afterwards there are none left.
 */
#include "config/validate.h"

#define MEMORY (64u << 20)

static const struct conn_type *connector(struct str scheme)
{
    static const struct conn_type any = { .name = "any", .caps = CONN_SENDS | CONN_RECEIVES };
    return str_eqz(scheme, "wss") ? NULL : &any;
}

static const struct config_env env = { .connector = connector };

struct sealed {
    struct arena *arena;
    struct json *names; /* an object with a member for each */
    bool nomem;
};

static enum rc seal(void *ctx, const char *name, struct json *value, struct err *e)
{
    struct sealed *s = ctx;
    struct buf b;
    struct str key = arena_str(s->arena, str_z(name));
    buf_init_arena(&b, s->arena, 65536);
    buf_fmt(&b, "${secret:integration/x/%s}", name);
    if (!key.p || b.failed) {
        s->nomem = true;
        return err_set(e, RC_NOMEM, "CFG-002", "no memory");
    }
    ZS_ASSERT(!json_get(s->names, key));
    json_retext(value, buf_view(&b));
    return json_set(s->names, key, json_make_null(s->arena), e);
}

static enum rc none_left(void *ctx, const char *name, struct json *value, struct err *e)
{
    (void)ctx, (void)value, (void)e; /* its signature */
    ZS_NEVER(name);
}

static void check_sealing(struct json *doc, struct arena *a)
{
    struct sealed s = { .arena = a, .names = json_make_object(a) };
    struct err e;
    if (s.names && config_each_secret(doc, seal, &s, &e) == RC_OK)
        ZS_ASSERT(config_each_secret(doc, none_left, NULL, &e) == RC_OK);
}

static void check_answer(enum rc rc, const struct config_validation *v)
{
    ZS_ASSERT(rc == RC_OK || rc == RC_NOMEM);
    if (rc != RC_OK)
        return;
    ZS_ASSERT(v->valid == (v->n_errors == 0));
    for (size_t i = 0; i < v->n_errors; i++)
        ZS_ASSERT(v->errors[i].n > 0);
    for (size_t i = 0; i < v->n_warnings; i++)
        ZS_ASSERT(v->warnings[i].n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = { "", "rest_api", "hl7_v2", "database" };
    struct arena *a = arena_new("fuzz", 0, MEMORY);
    struct json *doc = NULL;
    struct config_validation v;
    struct err e;
    ZS_ASSERT(a);
    struct str in = arena_str(a, str_of((const char *)data, size));
    if (in.p && json_parse(in, &json_default_limits, a, &doc, &e) == RC_OK) {
        check_answer(config_validate(doc, &env, a, &v, &e), &v);
        for (size_t i = 0; i < ZS_COUNT(types); i++)
            check_answer(config_validate_endpoint(doc, str_z(types[i]), &env, a, &v, &e), &v);
        check_answer(config_validate_authentication(doc, &env, a, &v, &e), &v);
        if (json_is(doc, JSON_OBJECT))
            check_sealing(doc, a);
    }
    arena_free(&a);
    return 0;
}

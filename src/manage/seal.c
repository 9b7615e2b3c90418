/*
 * Secrets that came in clear: sealed, kept, and replaced by references in the document, before
 * anything else is done with it. A name that is taken gets a number, so what runs keeps its own
 * secret until the change is through; then what nobody names any more goes. Tests: manage_test.c
 */
#include "manage/manage_int.h"

#define NAMES_MAX 10000

struct sealing {
    struct run *run;
    struct str prefix; /* "integration/NAME/" */
};

static bool is_reference(struct str text)
{
    return str_starts(text, STR("${")) && str_ends(text, STR("}"));
}

static enum rc free_name(struct sealing *s, const char *member, struct str *out, struct err *e)
{
    struct arena *a = s->run->arena;
    struct confdb_secret taken;
    for (unsigned i = 1; i <= NAMES_MAX; i++) {
        struct buf b;
        buf_init_arena(&b, a, 255); /* what the database takes */
        buf_str(&b, s->prefix);
        buf_z(&b, member);
        if (i > 1)
            buf_fmt(&b, "~%u", i);
        enum rc rc = buf_rc(&b, e);
        if (rc != RC_OK)
            return rc;
        rc = confdb_secret_get(s->run->m->conf.confdb, buf_view(&b), a, &taken, e);
        if (rc == RC_MISSING) {
            *out = buf_view(&b);
            return RC_OK;
        }
        if (rc != RC_OK)
            return rc;
    }
    return err_set(e, RC_LIMIT, "MNG-013", "too many secrets of one name");
}

static enum rc refer(struct run *r, struct json *value, struct str name, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, r->arena, 512);
    buf_z(&b, "${secret:");
    buf_str(&b, name);
    buf_char(&b, '}');
    enum rc rc = buf_rc(&b, e);
    if (rc == RC_OK)
        json_retext(value, buf_view(&b));
    return rc;
}

static enum rc seal(void *ctx, const char *member, struct json *value, struct err *e)
{
    struct sealing *s = ctx;
    struct run *r = s->run;
    struct str plain = json_text(value);
    struct confdb_secret secret = { .by = r->actor };
    if (!json_is(value, JSON_STRING) || plain.n == 0 || is_reference(plain))
        return RC_OK;
    LOCK_SCOPE(guard, &r->m->sealing); /* of two at once each finds a name of its own */
    enum rc rc = free_name(s, member, &secret.name, e);
    if (rc == RC_OK)
        rc = vault_seal(r->m->conf.vault, secret.name, plain, r->arena, &secret.sealed, e);
    if (rc == RC_OK)
        rc = confdb_secret_put(r->m->conf.confdb, &secret, e);
    if (rc != RC_OK)
        return rc;
    r->has_sealed = true;
    return refer(r, value, secret.name, e);
}

enum rc seal_secrets(struct run *r, struct err *e)
{
    struct buf prefix;
    buf_init_arena(&prefix, r->arena, 512);
    buf_z(&prefix, "integration/");
    buf_str(&prefix, r->name);
    buf_char(&prefix, '/');
    enum rc rc = buf_rc(&prefix, e);
    struct sealing s = { .run = r, .prefix = buf_view(&prefix) };
    return rc == RC_OK ? config_each_secret(r->doc, seal, &s, e) : rc;
}

/* A reference is a whole value, so it is looked for as JSON writes it, quotes and all. */
static bool is_named(struct str secret, struct seal_texts in, struct arena *a)
{
    struct buf text, b;
    struct jw w;
    struct err e;
    buf_init_arena(&text, a, 512);
    buf_init_arena(&b, a, 4096);
    buf_z(&text, "${secret:");
    buf_str(&text, secret);
    buf_char(&text, '}');
    jw_init(&w, &b, JSON_COMPACT);
    jw_str(&w, buf_view(&text));
    if (jw_done(&w, &e) != RC_OK)
        return true; /* no memory: it stays */
    for (size_t i = 0; i < in.n; i++)
        if (str_find(in.v[i], buf_view(&b), 0) != SIZE_MAX)
            return true;
    return false;
}

/* What stays behind is sealed and named by nothing: no reason to fail the change. */
void seal_sweep(struct manage *m, struct str name, struct seal_texts was, struct seal_texts is,
                struct arena *a)
{
    struct confdb_secret *list = NULL;
    size_t n_list = 0;
    struct err e;
    struct buf prefix;
    buf_init_arena(&prefix, a, 512);
    buf_z(&prefix, "integration/");
    buf_str(&prefix, name);
    buf_char(&prefix, '/');
    if (confdb_secrets(m->conf.confdb, a, &list, &n_list, &e) != RC_OK)
        return;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < n_list; i++)
        if (str_starts(list[i].name, buf_view(&prefix)) && is_named(list[i].name, was, a) &&
            !is_named(list[i].name, is, a))
            rc = confdb_secret_remove(m->conf.confdb, list[i].name, &e);
    (void)rc; /* see above */
}

/*
 * References to secrets. Only ZARISH_… variables, files below the configuration's directory and
 * what lies in the vault can be named, so that whoever may edit a channel cannot read the rest of
 * the machine. Tests: config_test.c, integration_test.c
 */
#include "config/config_int.h"

#define TEXT_MAX ((size_t)2 * 1024 * 1024)

/*
 * What was sealed out of one integration is not for another: who may edit an integration could
 * send its neighbour's credential to an address of his choice.
 */
static bool is_anothers(const struct config_doc *d, struct str name)
{
    static const struct str own = STR_INIT("integration/");
    if (!str_starts(name, own))
        return false;
    struct str rest = str_from(name, own.n);
    return !str_starts(rest, d->name) || !str_starts(str_from(rest, d->name.n), STR("/"));
}

static enum rc take(struct config_load *l, const struct config_doc *d, enum input_from from,
                    struct str name, struct str *out, struct err *e)
{
    if (from == INPUT_ENV && !str_starts(name, STR("ZARISH_")))
        return err_set(e, RC_DENIED, "CFG-020", "only variables named ZARISH_… can be used");
    if (from == INPUT_SECRET && is_anothers(d, name))
        return err_set(e, RC_DENIED, "CFG-039", "this secret belongs to another integration");
    enum rc rc = config_input(l, d, from, name, l->arena, out, e);
    if (rc == RC_OK && from == INPUT_FILE)
        *out = str_trim(*out);
    return rc;
}

enum rc config_secret(struct config_load *l, const struct config_doc *d, const struct opt_secret *s,
                      struct str *out, struct err *e)
{
    static const enum input_from from[] = { [OPT_SECRET_ENV] = INPUT_ENV,
                                            [OPT_SECRET_FILE] = INPUT_FILE,
                                            [OPT_SECRET_NAMED] = INPUT_SECRET };
    *out = STR("");
    if (!l->env->resolve || s->from == OPT_SECRET_NONE)
        return RC_OK;
    if (s->from == OPT_SECRET_LITERAL) { /* only where the reader took it */
        *out = s->name;
        return RC_OK;
    }
    return take(l, d, from[s->from], s->name, out, e);
}

/* ---- references inside a text ------------------------------------------------------------- */

static const struct {
    struct str open;
    enum input_from from;
} kinds[] = { { STR_INIT("${env:"), INPUT_ENV },
              { STR_INIT("${file:"), INPUT_FILE },
              { STR_INIT("${secret:"), INPUT_SECRET } };

/* The first reference in s from `at` on: where it begins; SIZE_MAX when there is none. */
static size_t next_reference(struct str s, size_t at, enum input_from *from, struct str *name)
{
    for (at = str_find(s, STR("${"), at); at != SIZE_MAX; at = str_find(s, STR("${"), at + 2))
        for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
            size_t end = str_chr(s, '}', at);
            size_t start = at + kinds[i].open.n;
            if (!str_starts(str_from(s, at), kinds[i].open) || end == SIZE_MAX)
                continue;
            *from = kinds[i].from;
            *name = str_sub(s, start, end - start);
            return at;
        }
    return SIZE_MAX;
}

bool config_has_reference(struct str text)
{
    enum input_from from;
    struct str name;
    return next_reference(text, 0, &from, &name) != SIZE_MAX;
}

enum rc config_resolve(struct config_load *l, const struct config_doc *d, struct str text,
                       struct str *out, struct err *e)
{
    enum input_from from = INPUT_ENV;
    struct str name = STR_NULL;
    struct buf b;
    *out = text;
    if (!l->env->resolve || !config_has_reference(text))
        return RC_OK;
    buf_init_arena(&b, l->arena, TEXT_MAX);
    for (size_t at = next_reference(text, 0, &from, &name); at != SIZE_MAX;
         at = next_reference(text, 0, &from, &name)) {
        struct str value;
        enum rc rc = take(l, d, from, name, &value, e);
        if (rc != RC_OK)
            return rc;
        buf_str(&b, str_sub(text, 0, at));
        buf_str(&b, value);
        text = str_from(text, (size_t)(name.p - text.p) + name.n + 1);
    }
    buf_str(&b, text);
    enum rc rc = buf_rc(&b, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}

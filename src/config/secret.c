/*
 * References to secrets. Only ZARISH_… variables, files below the configuration's directory and
 * what lies in the vault can be named, so that whoever may edit a channel cannot read the rest of
 * the machine. Tests: config_test.c
 */
#include "config/config_int.h"

enum rc config_secret(struct config_load *l, const struct config_doc *d, const struct opt_secret *s,
                      struct str *out, struct err *e)
{
    static const enum input_from from[] = { [OPT_SECRET_ENV] = INPUT_ENV,
                                            [OPT_SECRET_FILE] = INPUT_FILE,
                                            [OPT_SECRET_NAMED] = INPUT_SECRET };
    *out = STR("");
    if (!l->env->resolve || s->from == OPT_SECRET_NONE)
        return RC_OK;
    ZS_ASSERT(s->from != OPT_SECRET_LITERAL);
    if (s->from == OPT_SECRET_ENV && !str_starts(s->name, STR("ZARISH_")))
        return err_set(e, RC_DENIED, "CFG-020", "only variables named ZARISH_… can be used");
    enum rc rc = config_input(l, d, from[s->from], s->name, l->arena, out, e);
    if (rc == RC_OK && s->from == OPT_SECRET_FILE)
        *out = str_trim(*out);
    return rc;
}

/*
 * References to secrets. Only ZARISH_… variables and files below the configuration's directory
 * can be named, so that whoever may edit a channel cannot read the rest of the machine.
 * Tests: config_test.c
 */
#include "config/config_int.h"

#include "base/file.h"

#include <fcntl.h>

#define SECRET_LIMIT 65536

static enum rc from_env(const struct config_load *l, const struct opt_secret *s, struct str *out,
                        struct err *e)
{
    if (!str_starts(s->name, STR("ZARISH_")))
        return err_set(e, RC_DENIED, "CFG-020", "only variables named ZARISH_… can be used");
    const char *name = arena_z(l->arena, s->name);
    if (!name)
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    const char *value = config_env_get(l, name);
    if (!value || !*value)
        return err_set(e, RC_MISSING, "CFG-021", "the environment has no %s", name);
    *out = arena_str(l->arena, str_z(value));
    return RC_OK;
}

static enum rc from_file(const struct config_load *l, const struct config_doc *d,
                         const struct opt_secret *s, struct str *out, struct err *e)
{
    AUTO_FD int fd = -1;
    enum rc rc = file_open_below(d->dir, s->name, O_RDONLY, 0, &fd, e);
    if (rc != RC_OK)
        return rc;
    struct str text;
    rc = file_read_fd(fd, "the secret's file", SECRET_LIMIT, l->arena, &text, e);
    if (rc == RC_OK)
        *out = str_trim(text);
    return rc;
}

enum rc config_secret(const struct config_load *l, const struct config_doc *d,
                      const struct opt_secret *s, struct str *out, struct err *e)
{
    *out = STR("");
    if (s->from == OPT_SECRET_NAMED)
        return err_set(e, RC_MISSING, "CFG-022",
                       "${secret:…} needs the vault, which this version does not have");
    if (!l->env->resolve || s->from == OPT_SECRET_NONE)
        return RC_OK;
    return s->from == OPT_SECRET_ENV ? from_env(l, s, out, e) : from_file(l, d, s, out, e);
}

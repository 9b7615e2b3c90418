/*
 * The parts of manage.h that others link against.
 */
#include "manage/manage.h"

enum rc manage_open(const struct manage_conf *conf, struct manage **out, struct err_list *found,
                    struct err *e)
{
    (void)conf, (void)out, (void)found;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

struct config *manage_config(struct manage *m, uint64_t *version)
{
    (void)m, (void)version;
    return NULL;
}

void manage_start(struct manage *m, struct engine *en)
{
    (void)m, (void)en;
}

void manage_stop(struct manage *m, void (*stopped)(void *ctx), void *ctx)
{
    (void)m;
    stopped(ctx);
}

void manage_free(struct manage **m)
{
    (void)m;
}

void manage_do(struct manage *m, struct manage_op *op)
{
    (void)m;
    op->rc = err_set(&op->err, RC_STATE, "TMP-001", "not yet");
    op->done(op);
}

enum rc manage_integration(struct manage *m, struct str id_or_name, struct arena *a,
                           struct str *json, uint64_t *version, struct err *e)
{
    (void)m, (void)id_or_name, (void)a, (void)json, (void)version;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc manage_integrations(struct manage *m, struct str after, struct str type, struct str status,
                            size_t limit, struct arena *a, struct str **json, struct str **names,
                            size_t *n, bool *more, struct err *e)
{
    (void)m, (void)after, (void)type, (void)status, (void)limit, (void)a, (void)json, (void)names;
    (void)n, (void)more;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc manage_object(struct manage *m, struct str kind, struct str name, struct arena *a,
                      struct str *json, uint64_t *version, struct err *e)
{
    (void)m, (void)kind, (void)name, (void)a, (void)json, (void)version;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc manage_find(struct manage *m, struct str integration, struct str endpoint, struct arena *a,
                    struct manage_ref *out, struct err *e)
{
    (void)m, (void)integration, (void)endpoint, (void)a, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

const struct config_env *manage_env(const struct manage *m)
{
    (void)m;
    return NULL;
}

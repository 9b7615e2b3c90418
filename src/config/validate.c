/*
 * The guide's validation. Tests: validate_test.c
 */
#include "config/validate.h"

#include "json/jw.h"

enum rc config_validate(const struct json *doc, const struct config_env *env, struct arena *a,
                        struct config_validation *out, struct err *e)
{
    (void)doc, (void)env, (void)a, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc config_validate_endpoint(const struct json *doc, struct str type,
                                 const struct config_env *env, struct arena *a,
                                 struct config_validation *out, struct err *e)
{
    (void)doc, (void)type, (void)env, (void)a, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc config_validate_authentication(const struct json *doc, const struct config_env *env,
                                       struct arena *a, struct config_validation *out,
                                       struct err *e)
{
    (void)doc, (void)env, (void)a, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

void config_validation_write(const struct config_validation *v, struct jw *w)
{
    jw_object(w);
    jw_kbool(w, "valid", v->valid);
    jw_keyz(w, "errors");
    jw_array(w);
    for (size_t i = 0; i < v->n_errors; i++)
        jw_str(w, v->errors[i]);
    jw_end(w);
    jw_keyz(w, "warnings");
    jw_array(w);
    for (size_t i = 0; i < v->n_warnings; i++)
        jw_str(w, v->warnings[i]);
    jw_end(w);
    if (v->n_checked > 0) {
        jw_keyz(w, "checkedFields");
        jw_array(w);
        for (size_t i = 0; i < v->n_checked; i++)
            jw_strz(w, v->checked[i]);
        jw_end(w);
    }
    jw_end(w);
}

enum rc config_each_secret(struct json *doc,
                           enum rc (*fn)(void *ctx, const char *name, struct json *value,
                                         struct err *e),
                           void *ctx, struct err *e)
{
    (void)doc, (void)fn, (void)ctx;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

/*
 * Outgoing credentials. Tests: cred_test.c
 */
#include "auth/cred.h"

#include "base/alloc.h"

struct cred {
    enum cred_type type;
};

static enum rc not_yet(struct err *e)
{
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc cred_new(const struct cred_conf *conf, const struct clock *clock,
                 const struct random *random, struct cred **out, struct err *e)
{
    (void)conf, (void)clock, (void)random, (void)out;
    return not_yet(e);
}

struct cred *cred_ref(struct cred *c)
{
    return c;
}

void cred_unref(struct cred **c)
{
    *c = NULL;
}

enum cred_type cred_type_of(const struct cred *c)
{
    return c->type;
}

enum cred_now cred_get(struct cred *c, struct arena *a, struct cred_parts *out, struct err *e)
{
    (void)c, (void)a, (void)out;
    (void)not_yet(e);
    return CRED_FAILED;
}

bool cred_refused(struct cred *c, uint64_t generation)
{
    (void)c, (void)generation;
    return false;
}

enum rc cred_request(struct cred *c, struct arena *wiping, struct cred_request *out, struct err *e)
{
    (void)c, (void)wiping, (void)out;
    return not_yet(e);
}

enum rc cred_answer(struct cred *c, unsigned status, struct str body, const struct err *failed,
                    struct err *e)
{
    (void)c, (void)status, (void)body, (void)failed;
    return not_yet(e);
}

int64_t cred_expires_at(struct cred *c)
{
    (void)c;
    return 0;
}

bool cred_has_refresh_token(struct cred *c)
{
    (void)c;
    return false;
}

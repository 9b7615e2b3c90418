/*
 * One execution. Tests: execute_test.c
 */
#include "flow/execute.h"

static void later(struct engine *en, struct loop_post *post, void (*fn)(struct loop_post *p))
{
    *post = (struct loop_post){ .fn = fn };
    loop_post(engine_loop(en), post);
}

static void executed(struct loop_post *p)
{
    struct execute *x = ZS_CONTAINER(p, struct execute, post);
    x->done(x);
}

void flow_execute(struct engine *en, struct execute *x)
{
    x->rc = err_set(&x->err, RC_STATE, "TMP-001", "not yet");
    later(en, &x->post, executed);
}

static void tested(struct loop_post *p)
{
    struct endpoint_test *t = ZS_CONTAINER(p, struct endpoint_test, post);
    t->done(t);
}

void flow_test(struct engine *en, struct endpoint_test *t)
{
    t->result = (struct probe_result){ .how = "none" };
    (void)err_set(&t->result.err, RC_STATE, "TMP-001", "not yet");
    later(en, &t->post, tested);
}

static void set_up(struct loop_post *p)
{
    struct credential_setup *c = ZS_CONTAINER(p, struct credential_setup, post);
    c->done(c);
}

void flow_setup(struct engine *en, struct credential_setup *c)
{
    c->rc = err_set(&c->err, RC_STATE, "TMP-001", "not yet");
    later(en, &c->post, set_up);
}

enum rc flow_end_open(struct store *s, struct arena *a, const struct store_exec_row *rows, size_t n,
                      struct err *e)
{
    (void)s, (void)a, (void)rows;
    return n == 0 ? RC_OK : err_set(e, RC_STATE, "TMP-001", "not yet");
}

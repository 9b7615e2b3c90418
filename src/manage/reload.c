/*
 * A secret was sealed anew: whatever uses it is compiled with it and put in force. Nothing is
 * written down, the documents are the same. Tests: tests/scen/manage_test.py
 */
#include "manage/manage_int.h"

void manage_secret_changed(struct manage *m)
{
    atomic_store(&m->reload, true);
}

static void compile(struct run *r)
{
    r->rc = turn_compile(r, &r->err);
    if (r->rc == RC_VALUE)
        r->rc = err_set(&r->err, RC_VALUE, "MNG-023",
                        "something of the configuration is wrong with the new secret");
    if (r->rc != RC_OK)
        log_event(r->m->conf.log, EV_CONFIG_NOT_RELOADED, F_ERR(&r->err));
}

static const struct step steps[] = {
    { STEP_TURN, NULL }, { STEP_POOL, compile }, { STEP_LOOP, turn_in_force }, { STEP_END, NULL }
};

void reload_tick(struct manage *m)
{
    struct err e;
    if (atomic_exchange(&m->reload, false) && run_start(m, NULL, steps, NULL, &e) != RC_OK)
        atomic_store(&m->reload, true); /* no memory now: at the next tick */
}

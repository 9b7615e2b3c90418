/*
 * The log that tests read. See t_log.h.
 */
#include "tests/lib/t_log.h"

static void capture(void *ctx, const struct log_record *r)
{
    struct t_log *tl = ctx;
    if (tl->n == T_LOG_MAX) {
        tl->n_lost++;
        return;
    }
    tl->got[tl->n].ev = r->ev;
    tl->got[tl->n].level = r->level;
    tl->got[tl->n].expected = false;
    size_t n = size_min(r->line.n - 1, sizeof tl->got[0].line - 1); /* without the line feed */
    memcpy(tl->got[tl->n].line, r->line.p, n);
    tl->got[tl->n].line[n] = '\0';
    tl->n++;
}

void t_log_init(struct t_log *tl)
{
    struct err e;
    *tl = (struct t_log){ .n = 0 };
    clock_fake_init(&tl->clock, 1704164645678);
    struct log_conf conf = {
        .form = LOG_JSON, .level = LOG_DEBUG, .clock = &tl->clock.clock, .write = capture, .ctx = tl
    };
    T_OK(log_new(&conf, &tl->log, &e), &e);
}

void t_log_done(struct t_log *tl)
{
    log_free(&tl->log);
    for (size_t i = 0; i < tl->n; i++)
        if (tl->got[i].level >= LOG_WARN && !tl->got[i].expected)
            T_FAIL("a warning or error nobody expected: %s", tl->got[i].line);
    if (tl->n_lost > 0)
        T_FAIL("%zu events more than the test's log holds", tl->n_lost);
}

const char *t_log_event(struct t_log *tl, enum log_ev ev, const char *name, const char *file,
                        int line)
{
    for (size_t i = 0; i < tl->n; i++) {
        if (tl->got[i].ev == ev && !tl->got[i].expected) {
            tl->got[i].expected = true;
            return tl->got[i].line;
        }
    }
    t_fail(file, line, "the event %s did not come", name);
    return "";
}

void t_log_no_event(const struct t_log *tl, enum log_ev ev, const char *name, const char *file,
                    int line)
{
    for (size_t i = 0; i < tl->n; i++)
        if (tl->got[i].ev == ev && !tl->got[i].expected)
            t_fail(file, line, "the event %s came: %s", name, tl->got[i].line);
}

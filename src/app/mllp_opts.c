/* See mllp_opts.h. Tests: tests/scen/mllp_test.py */
#include "app/mllp_opts.h"

#include "base/buf.h"
#include "base/log.h"
#include "hl7/hl7.h"

enum rc mllp_world_open(struct cli *c, struct mllp_world *w, struct err *e)
{
    *w = (struct mllp_world){ .loop = NULL };
    enum rc rc = loop_new("command", c->clock, &w->loop, e);
    if (rc == RC_OK)
        rc = pool_new("look-up", 1, 16, &w->pool, e);
    w->host = (struct conn_host){
        .loop = w->loop, .pool = w->pool, .clock = c->clock, .log = log_none()
    };
    return rc;
}

void mllp_world_close(struct mllp_world *w)
{
    pool_free(&w->pool);
    loop_free(&w->loop);
}

void mllp_about(struct str message, struct arena *a, struct mllp_about *out)
{
    const struct hl7_msg *m = NULL;
    struct str code = STR(""), event = STR(""), id = STR("");
    struct buf b;
    *out = (struct mllp_about){ .control_id = STR(""), .type = STR("") };
    /* the header alone, and nothing where it cannot be read: the message itself is sent as it is */
    struct str header = str_sub(message, 0, str_chr(message, '\r', 0));
    if (hl7_parse(header, NULL, a, &m, NULL) != RC_OK ||
        hl7_text(m, hl7_header(m, 9, 1), a, &code, NULL) != RC_OK ||
        hl7_text(m, hl7_header(m, 9, 2), a, &event, NULL) != RC_OK ||
        hl7_text(m, hl7_header(m, 10, 0), a, &id, NULL) != RC_OK)
        return;
    buf_init_arena(&b, a, 200);
    buf_str(&b, code);
    buf_str(&b, event.n ? STR("^") : STR(""));
    buf_str(&b, event);
    out->type = buf_view(&b);
    out->control_id = id;
}

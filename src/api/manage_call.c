/*
 * Calls that are one operation of manage: what goes into it, and what becomes of its outcome.
 * Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

/* How a verb that went well is answered. */
static unsigned good_status(const struct manage_op *op)
{
    if (op->verb == MANAGE_INIT || (op->verb == MANAGE_PUT && op->created))
        return 201;
    return op->verb == MANAGE_DELETE ? 204 : 200;
}

/* /api/v1/integrations/ID of a record; empty when the text is none. */
static struct str location_of(struct api_call *c, struct str record)
{
    struct json *doc = NULL;
    struct err none;
    struct buf b;
    if (json_parse(record, &json_default_limits, c->arena, &doc, &none) != RC_OK)
        return STR("");
    buf_init_arena(&b, c->arena, 512);
    buf_z(&b, "/api/v1/integrations/");
    http_escape(&b, json_text(json_getz(doc, "id")));
    return buf_rc(&b, &none) == RC_OK ? buf_view(&b) : STR("");
}

static bool is_record(const struct manage_op *op)
{
    return (op->verb == MANAGE_INIT || op->verb == MANAGE_REPLACE) && op->answer.n > 0 &&
           (op->rc == RC_VALUE || op->rc == RC_PEER);
}

static void on_done(struct manage_op *op)
{
    struct api_call *c = op->ctx;
    enum rc rc = op->rc;
    c->raw = op->answer.n ? op->answer : STR("");
    c->version = op->version;
    if (rc == RC_OK) {
        c->status = good_status(op);
        if (op->verb == MANAGE_INIT)
            c->location = location_of(c, op->answer);
        if (op->verb == MANAGE_EXPORT)
            c->type = STR("application/yaml");
    } else if (is_record(op)) {
        /* the guide: a failed integration is a record with its error, not the lack of one */
        c->status = 422;
        rc = RC_OK;
    } else if (rc == RC_VALUE) {
        c->problem_status = 422;
        c->errors = op->answer;
    }
    api_finish(c, rc, &op->err);
}

static bool has_path(const struct api_call *c, const char *name, struct str *out)
{
    struct str rest = str_z(c->route->path), have;
    for (size_t i = 0; api_path_param(&rest, &have); i++)
        if (str_eqz(have, name)) {
            *out = c->params[i];
            return true;
        }
    return false;
}

enum rc api_manage(struct api_call *c, struct err *e)
{
    struct manage_op *op = &c->op;
    if (c->seen.never)
        return err_set(e, RC_STATE, "API-010", "somebody else changed it since it was read");
    if (c->seen.any && (c->route->flags & API_IF_NEW))
        return err_set(e, RC_VALUE, "API-012", "If-Match takes one ETag here, not *");
    op->verb = c->route->verb;
    op->arena = c->arena;
    op->who = c->who;
    op->peer = c->peer;
    op->kind = str_z(c->route->object);
    op->doc = c->body;
    op->seen = c->seen.fresh ? MANAGE_NEW : c->seen.version;
    op->done = on_done;
    op->ctx = c;
    if (!has_path(c, "id", &op->name))
        (void)has_path(c, "name", &op->name);       /* what has neither is about no single object */
    (void)has_path(c, "endpointId", &op->endpoint); /* likewise */
    manage_do(c->api->conf.manage, op);
    return RC_OK;
}

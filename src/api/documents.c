/*
 * Configuration objects as documents: mappings, tables (and channels, channels.c); documents of any
 * kind applied and exported. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "map/map.h"

/* ---- one object, and the list of a kind --------------------------------------------------- */

enum rc api_object_run(struct api_call *c, struct err *e)
{
    return manage_object(c->api->conf.manage, str_z(c->route->object), api_path(c, "name"),
                         c->arena, &c->raw, &c->version, e);
}

struct object_query {
    struct str cursor;
    uint64_t limit;
};

static void put_row(struct api_call *c, const struct confdb_object *o)
{
    struct jw *w = &c->w;
    jw_object(w);
    jw_kstr(w, "kind", o->kind);
    jw_kstr(w, "name", o->name);
    jw_kstr(w, "origin", o->origin);
    jw_ku64(w, "version", o->version);
    jw_kstr(w, "hash", o->hash);
    api_put_time(w, "changedAt", o->at_ms);
    jw_kstr(w, "changedBy", o->by);
    jw_end(w);
}

enum rc api_object_list_run(struct api_call *c, struct err *e)
{
    const struct object_query *q = c->query;
    struct confdb_object *list = NULL;
    struct str after = STR_NULL;
    size_t n = 0, shown = 0, i = 0;
    enum rc rc = api_cursor_name_read(q->cursor, c->arena, &after, e);
    if (rc == RC_OK)
        rc = confdb_list(c->api->conf.confdb, str_z(c->route->object), c->arena, &list, &n, e);
    if (rc != RC_OK)
        return rc;
    while (i < n && after.n && str_cmp(list[i].name, after) <= 0)
        i++;
    api_list(&c->w);
    for (; i < n && shown < q->limit; i++, shown++)
        put_row(c, &list[i]);
    api_list_end(&c->w, i < n && shown ? api_cursor_name(c->arena, list[i - 1].name) : STR_NULL);
    return RC_OK;
}

static const struct api_param list_rows[] = { API_PARAM_CURSOR(struct object_query, "after"),
                                              API_PARAM_LIMIT(struct object_query) };
const struct api_params api_object_list_params = API_PARAMS(struct object_query, list_rows);

static const char *const origins[] = { "file", "api", NULL };

static const struct shape_member object_members[] = {
    { "kind", SHAPE_TEXT, .doc = "`channel`, `mapping` or `table`." },
    { "name", SHAPE_TEXT, .doc = "Its name." },
    { "origin", SHAPE_TEXT, .names = origins, .doc = "Who owns it." },
    { "file", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Where it stands, with origin `file`." },
    { "version", SHAPE_INT, .doc = "1, 2 …: the ETag." },
    { "hash", SHAPE_TEXT, .doc = "SHA-256 of the document." },
    { "document", SHAPE_ANY, .doc = "As it was written, secrets as references." },
};
const struct shape api_object_shape =
    SHAPE("ConfigObject", object_members, "A configuration object with its document.");

static const struct shape_member row_members[] = {
    { "kind", SHAPE_TEXT, .doc = "`mapping` or `table`." },
    { "name", SHAPE_TEXT, .doc = "Its name." },
    { "origin", SHAPE_TEXT, .names = origins, .doc = "Who owns it." },
    { "version", SHAPE_INT, .doc = "1, 2 …" },
    { "hash", SHAPE_TEXT, .doc = "SHA-256 of the document." },
    { "changedAt", SHAPE_TIME, .doc = "When this version was written." },
    { "changedBy", SHAPE_TEXT, .doc = "By whom." },
};
const struct shape api_object_row_shape =
    SHAPE("ConfigObjectRow", row_members, "A configuration object in a list.");

static const struct api_answer list_answers[] = {
    { 200, &api_object_row_shape, .list = true, .doc = "By name." },
};
static const struct api_answer one_answers[] = { { 200, &api_object_shape, .doc = "It." } };
static const struct api_answer put_answers[] = {
    { 200, &api_object_shape, .doc = "Changed." },
    { 201, &api_object_shape, .doc = "Made." },
    { 409, .doc = "It belongs to a file." },
    { 422, .doc = "It cannot be used; `errors` says why." },
};
static const struct api_answer delete_answers[] = {
    { 204, .doc = "Removed." },
    { 409, .doc = "Something uses it, or it belongs to a file." },
};

static const struct api_body mapping_body = { API_DOCUMENT, 4 * 1024 * 1024,
                                              .document = &map_options,
                                              .doc = "The document, without its key `mapping`." };
static const struct api_body table_body = { API_DOCUMENT, 16 * 1024 * 1024,
                                            .document = &map_table_options,
                                            .doc = "The document, without its key `table`." };

/* clang-format off */
static const struct api_route mapping_routes[] = {
    { HTTP_GET, "/api/v1/mappings", "listMappings", API_NEEDS(AUTH_READ), API_POOL,
      api_object_list_run, .object = "mapping", .params = &api_object_list_params,
      API_ANSWERS(list_answers), .doc = "Mappings by name" },
    { HTTP_GET, "/api/v1/mappings/{name}", "getMapping", API_NEEDS(AUTH_READ), API_POOL,
      api_object_run, .object = "mapping", .flags = API_ETAG, API_ANSWERS(one_answers),
      .doc = "One mapping's document" },
    { HTTP_PUT, "/api/v1/mappings/{name}", "putMapping", API_NEEDS(AUTH_EDIT), API_ENGINE,
      api_manage, MANAGE_PUT, "mapping", API_ETAG | API_IF_MATCH | API_IF_NEW,
      .body = &mapping_body, API_ANSWERS(put_answers), .doc = "Make or change a mapping" },
    { HTTP_DELETE, "/api/v1/mappings/{name}", "deleteMapping", API_NEEDS(AUTH_EDIT), API_ENGINE,
      api_manage, MANAGE_DELETE, "mapping", API_IF_MATCH, API_ANSWERS(delete_answers),
      .doc = "Remove a mapping" },
};

static const struct api_route table_routes[] = {
    { HTTP_GET, "/api/v1/tables", "listTables", API_NEEDS(AUTH_READ), API_POOL,
      api_object_list_run, .object = "table", .params = &api_object_list_params,
      API_ANSWERS(list_answers), .doc = "Code tables by name" },
    { HTTP_GET, "/api/v1/tables/{name}", "getTable", API_NEEDS(AUTH_READ), API_POOL,
      api_object_run, .object = "table", .flags = API_ETAG, API_ANSWERS(one_answers),
      .doc = "One code table's document" },
    { HTTP_PUT, "/api/v1/tables/{name}", "putTable", API_NEEDS(AUTH_EDIT), API_ENGINE,
      api_manage, MANAGE_PUT, "table", API_ETAG | API_IF_MATCH | API_IF_NEW,
      .body = &table_body, API_ANSWERS(put_answers), .doc = "Make or change a code table" },
    { HTTP_DELETE, "/api/v1/tables/{name}", "deleteTable", API_NEEDS(AUTH_EDIT), API_ENGINE,
      api_manage, MANAGE_DELETE, "table", API_IF_MATCH, API_ANSWERS(delete_answers),
      .doc = "Remove a code table" },
};
/* clang-format on */

const struct api_resource api_mappings_resource = { "mappings",
                                                    "Rules that turn one document into another.",
                                                    mapping_routes, ZS_COUNT(mapping_routes) };
const struct api_resource api_tables_resource = { "tables", "Code tables that mappings look up in.",
                                                  table_routes, ZS_COUNT(table_routes) };

/* ---- many documents at once --------------------------------------------------------------- */

struct apply_query {
    bool dry_run, prune;
};

static enum rc run_apply(struct api_call *c, struct err *e)
{
    const struct apply_query *q = c->query;
    c->op.dry_run = q->dry_run;
    c->op.prune = q->prune;
    return api_manage(c, e);
}

struct export_query {
    bool all;
};

static enum rc run_export(struct api_call *c, struct err *e)
{
    const struct export_query *q = c->query;
    c->op.all = q->all;
    return api_manage(c, e);
}

static const struct api_param apply_rows[] = {
    { "dryRun", API_FLAG, offsetof(struct apply_query, dry_run),
      .doc = "Say what would change, and change nothing." },
    { "prune", API_FLAG, offsetof(struct apply_query, prune),
      .doc = "Remove objects of the API that the documents do not name." },
};
static const struct api_params apply_params = API_PARAMS(struct apply_query, apply_rows);

static const struct api_param export_rows[] = {
    { "all", API_FLAG, offsetof(struct export_query, all), .doc = "Those of files too." },
};
static const struct api_params export_params = API_PARAMS(struct export_query, export_rows);

static const char *const actions[] = { "create", "update", "delete", "unchanged", NULL };

static const struct shape_member difference_members[] = {
    { "path", SHAPE_TEXT, .doc = "In the document: `endpoints[0].retries`." },
    { "old", SHAPE_ANY, SHAPE_MAYBE, .doc = "What it was." },
    { "new", SHAPE_ANY, SHAPE_MAYBE, .doc = "What it becomes." },
};
static const struct shape difference_shape =
    SHAPE("Difference", difference_members, "One value that changes.");

static const struct shape_member change_members[] = {
    { "kind", SHAPE_TEXT, .doc = "`integration`, `channel`, `mapping` or `table`." },
    { "name", SHAPE_TEXT, .doc = "Its name." },
    { "action", SHAPE_TEXT, .names = actions, .doc = "What becomes of it." },
    { "diff", SHAPE_OBJECT, SHAPE_LIST, &difference_shape, .doc = "What changes in it." },
};
static const struct shape change_shape =
    SHAPE("Change", change_members, "What becomes of one object.");

static const struct shape_member changes_members[] = {
    { "changes", SHAPE_OBJECT, SHAPE_LIST, &change_shape, .doc = "One per object." },
    { "applied", SHAPE_FLAG, .doc = "False with `dryRun`." },
};
static const struct shape changes_shape =
    SHAPE("Changes", changes_members, "What documents change.");

static const struct api_answer apply_answers[] = {
    { 200, &changes_shape, .doc = "What changed, or would." },
    { 409, .doc = "An object belongs to a file." },
    { 422, .doc = "Something cannot be used; `errors` says what. Nothing was changed." },
};
static const struct api_answer export_answers[] = {
    { 200, .type = "application/yaml", .doc = "The documents." },
};
static const struct api_body apply_body = {
    API_YAML, 16 * 1024 * 1024,
    .doc = "Documents as configuration files hold them, YAML or JSON, several between lines of "
           "three dashes."
};

static const struct api_route apply_routes[] = {
    { HTTP_POST, "/api/v1/apply", "apply", API_NEEDS(AUTH_EDIT), API_ENGINE, run_apply,
      MANAGE_APPLY, .params = &apply_params, .body = &apply_body, API_ANSWERS(apply_answers),
      .doc = "Make the configuration what the documents say, all or nothing" },
    { HTTP_GET, "/api/v1/export", "export", API_NEEDS(AUTH_READ), API_ENGINE, run_export,
      MANAGE_EXPORT, .params = &export_params, API_ANSWERS(export_answers),
      .doc = "The configuration as documents, secrets as references" },
};

const struct api_resource api_apply_resource = { "configuration",
                                                 "The whole configuration as documents.",
                                                 apply_routes, ZS_COUNT(apply_routes) };

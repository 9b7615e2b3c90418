/*
 * Questions: from the index and the snapshot where a loop may ask, from the database elsewhere.
 * Tests: manage_test.c
 */
#include "manage/manage_int.h"

enum rc manage_nomem(struct err *e)
{
    return err_set(e, RC_NOMEM, "MNG-013", "not enough memory to change the configuration");
}

enum rc not_found(struct str name, struct err *e)
{
    return err_set(e, RC_MISSING, "MNG-002", "Integration not found: %.*s", STR_ARG(name));
}

static enum rc endpoint_not_found(struct str name, struct err *e)
{
    return err_set(e, RC_MISSING, "MNG-005", "Endpoint not found: %.*s", STR_ARG(name));
}

/* ---- from memory -------------------------------------------------------------------------- */

static const struct config_endpoint *find_endpoint(const struct config_integration *in,
                                                   struct str id_or_name)
{
    for (size_t i = 0; i < in->n_endpoints; i++)
        if (str_eq(in->endpoints[i].id, id_or_name) || str_eq(in->endpoints[i].name, id_or_name))
            return &in->endpoints[i];
    return NULL;
}

enum rc manage_find(struct manage *m, struct str integration, struct str endpoint, struct arena *a,
                    struct manage_ref *out, struct err *e)
{
    struct known k;
    if (!index_find(m, integration, a, &k))
        return not_found(integration, e);
    struct manage_ref ref = { .id = k.id, .name = k.name };
    struct config *c = manage_current(m);
    const struct config_integration *in = config_integration(c, k.name);
    if (in)
        ref.unit = config_unit_ref(in->unit);
    config_unref(&c); /* the unit is held by itself */
    if (in && endpoint.n > 0)
        ref.ep = find_endpoint(in, endpoint);
    if (ref.ep) {
        ref.endpoint_id = ref.ep->id;
        ref.endpoint = ref.ep->name;
    } else if (endpoint.n > 0) {
        config_unit_unref(&ref.unit);
        return endpoint_not_found(endpoint, e);
    }
    *out = ref;
    return RC_OK;
}

/* ---- from the database -------------------------------------------------------------------- */

static enum rc show(struct manage *m, const struct known *k, struct arena *a, struct str *json,
                    uint64_t *version, struct err *e)
{
    struct confdb_record record;
    struct confdb_object object = { .origin = STR("api") };
    enum rc rc = confdb_record_get(m->conf.confdb, k->id, a, &record, e);
    if (rc == RC_MISSING)
        return not_found(k->name, e); /* it went just now */
    if (rc != RC_OK)
        return rc;
    rc = confdb_get(m->conf.confdb, STR("integration"), k->name, a, &object, e);
    if (rc != RC_OK && rc != RC_MISSING)
        return rc;
    *version = object.version;
    return record_show(record.record, life_parse(record.status), object.origin, object.version, a,
                       json, e);
}

enum rc manage_integration(struct manage *m, struct str id_or_name, struct arena *a,
                           struct str *json, uint64_t *version, struct err *e)
{
    struct known k;
    if (!index_find(m, id_or_name, a, &k))
        return not_found(id_or_name, e);
    return show(m, &k, a, json, version, e);
}

enum rc show_record(struct run *r, struct err *e)
{
    return manage_integration(r->m, r->name, r->op->arena, &r->op->answer, &r->version, e);
}

enum rc manage_integrations(struct manage *m, struct manage_list *list, struct arena *a,
                            struct err *e)
{
    struct known *page = arena_make(a, struct known, list->limit + 1);
    list->json = arena_make(a, struct str, list->limit + 1);
    list->names = arena_make(a, struct str, list->limit + 1);
    list->n = 0;
    if (!page || !list->json || !list->names)
        return manage_nomem(e);
    size_t n = index_page(m, list, a, page);
    if (n == SIZE_MAX)
        return manage_nomem(e);
    for (size_t i = 0; i < n; i++) {
        uint64_t version = 0;
        enum rc rc = show(m, &page[i], a, &list->json[list->n], &version, e);
        if (rc == RC_MISSING)
            continue;
        if (rc != RC_OK)
            return rc;
        list->names[list->n++] = page[i].name;
    }
    return RC_OK;
}

static void put_file(struct manage *m, const struct confdb_object *o, struct jw *w)
{
    struct config *c = manage_current(m);
    const struct config_unit *u = find_unit(c, o->kind, o->name);
    if (u && u->file)
        jw_kstrz(w, "file", u->file);
    config_unref(&c);
}

static enum rc put_document(struct jw *w, struct str text, struct arena *a, struct err *e)
{
    struct json *doc = NULL;
    enum rc rc = json_parse(text, &json_default_limits, a, &doc, e);
    if (rc != RC_OK)
        return rc;
    jw_keyz(w, "document");
    jw_value(w, doc);
    return RC_OK;
}

enum rc manage_object(struct manage *m, struct str kind, struct str name, struct arena *a,
                      struct str *json, uint64_t *version, struct err *e)
{
    struct confdb_object o;
    struct buf b;
    struct jw w;
    enum rc rc = confdb_get(m->conf.confdb, kind, name, a, &o, e);
    if (rc == RC_MISSING)
        return err_set(e, RC_MISSING, "MNG-003", "there is no %.*s of this name", STR_ARG(kind));
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&b, a, 2 * MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "kind", o.kind);
    jw_kstr(&w, "name", o.name);
    jw_kstr(&w, "origin", o.origin);
    if (str_eq(o.origin, STR("file")))
        put_file(m, &o, &w);
    jw_ku64(&w, "version", o.version);
    jw_kstr(&w, "hash", o.hash);
    rc = put_document(&w, o.doc, a, e);
    if (rc != RC_OK)
        return rc;
    jw_end(&w);
    rc = jw_done(&w, e);
    *json = buf_view(&b);
    *version = o.version;
    return rc;
}

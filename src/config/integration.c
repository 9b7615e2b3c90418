/*
 * `integration` documents: the guide's object with its endpoints. Tests: integration_test.c
 */
#include "config/config_int.h"

#define MAPPINGS_MAX 1000

const char *const config_type_names[] = { "rest_api",      "fhir_api", "hl7_v2", "websocket",
                                          "file_transfer", "database", NULL };

const char *config_type_name(enum config_type t)
{
    return (size_t)t < ZS_COUNT(config_type_names) - 1 ? config_type_names[t] : "unknown";
}

struct integration_doc {
    struct config_integration in;
    struct opt_list endpoints;
    const struct json *mappings;
    void *tls;
};

static const struct opt_def integration_opts[] = {
    { .name = "integration",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct integration_doc, in.name),
      .min = 1,
      .max = 100,
      .doc = "Its name." },
    { .name = "type",
      .kind = OPT_ENUM,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct integration_doc, in.type),
      .names = config_type_names,
      .doc = "What kind of system it is." },
    { .name = "description",
      .kind = OPT_STR,
      .at = offsetof(struct integration_doc, in.description),
      .max = 2000,
      .doc = "For people." },
    { .name = "createdBy",
      .kind = OPT_STR,
      .at = offsetof(struct integration_doc, in.created_by),
      .max = 500,
      .doc = "Who is responsible for it." },
    { .name = "organization",
      .kind = OPT_STR,
      .at = offsetof(struct integration_doc, in.organization),
      .max = 500,
      .doc = "Whose system it is." },
    { .name = "environment",
      .kind = OPT_STR,
      .at = offsetof(struct integration_doc, in.environment),
      .dflt = "production",
      .max = 100,
      .doc = "production, test …; for people." },
    { .name = "authentication",
      .kind = OPT_CHOICE,
      .at = offsetof(struct integration_doc, in.auth),
      .variants = &config_auth_variants,
      .doc = "How requests say who we are." },
    { .name = "tls",
      .kind = OPT_OBJ,
      .at = offsetof(struct integration_doc, tls),
      .sub = &config_tls_table,
      .doc = "Trust and certificate of its connections." },
    { .name = "endpoints",
      .kind = OPT_OBJS,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct integration_doc, endpoints),
      .sub = &config_endpoint_table,
      .min = 1,
      .max = 1000,
      .doc = "Its operations." },
    { .name = "mappings",
      .kind = OPT_JSON,
      .at = offsetof(struct integration_doc, mappings),
      .doc = "Mappings it needs: a list of names, or of mappings with their rules." },
};

const struct opt_table config_integration_table =
    OPT_TABLE("integration", struct integration_doc, integration_opts,
              "A named connection to one external system.");

/* ---- mappings ----------------------------------------------------------------------------- */

static void keep_map(struct config_integration *in, const struct map *m)
{
    for (size_t i = 0; i < in->n_maps; i++)
        if (in->maps[i] == m)
            return;
    if (m)
        in->maps[in->n_maps++] = m;
}

static void use_mappings(struct config_load *l, const struct config_doc *d,
                         struct config_integration *in, const struct json *list)
{
    size_t n = json_is(list, JSON_ARRAY) ? json_count(list) : 0, i = 0;
    if ((list && !json_is(list, JSON_ARRAY)) || n > MAPPINGS_MAX) {
        config_finding(l, d, list, "mappings", "CFG-010", "write a list of names or mappings",
                       "this must be a list of at most %d mappings", MAPPINGS_MAX);
        return;
    }
    in->maps = arena_make(l->arena, const struct map *, n + 2 * in->n_endpoints);
    if (!in->maps) {
        l->nomem = true;
        return;
    }
    for (const struct json *m = json_first(list); m; m = json_next(list, m), i++) {
        char path[48];
        (void)snprintf(path, sizeof path, "mappings[%zu]", i); /* fits */
        keep_map(in, config_use_map(l, d, m, path));
    }
    for (i = 0; i < in->n_endpoints; i++) {
        keep_map(in, in->endpoints[i].map);
        keep_map(in, in->endpoints[i].response_map);
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

static struct str id_of(struct config_load *l, const struct config_doc *d, struct str name)
{
    struct str id = STR("");
    struct err e;
    if (l->trial || !l->env->id_of)
        return id;
    enum rc rc = config_input(l, d, INPUT_ID, name, l->arena, &id, &e);
    if (rc != RC_OK && rc != RC_MISSING && rc != RC_NOMEM)
        config_finding(l, d, d->doc, NULL, e.id, NULL, "%s", e.text);
    return rc == RC_OK ? id : STR("");
}

void config_read_integration(struct config_load *l, const struct config_doc *d)
{
    struct integration_doc *raw = arena_make(l->arena, struct integration_doc, 1);
    if (!raw) {
        l->nomem = true;
        return;
    }
    struct opt_read r = config_reader(l, d, NULL);
    enum rc rc = opt_decode(&config_integration_table, d->doc, &r, raw);
    if (rc == RC_NOMEM)
        l->nomem = true;
    /* The trial goes on with what could be read, to find all there is in one go. */
    if (l->nomem || (rc != RC_OK && !l->trial))
        return;
    struct config_integration *in = &raw->in;
    in->unit = &l->unit->pub;
    in->endpoints = raw->endpoints.v;
    in->n_endpoints = raw->endpoints.n;
    in->doc = in->unit->doc;
    in->file = in->unit->file;
    if (in->name.n > 0 && !config_is_name(in->name))
        config_finding(l, d, json_getz(d->doc, "integration"), "integration", "CFG-033",
                       CONFIG_NAME_HINT, CONFIG_NAME_TEXT);
    config_use_auth(l, d, in);
    config_use_tls(l, d, in, raw->tls);
    struct str id = id_of(l, d, in->name);
    for (size_t i = 0; i < in->n_endpoints; i++)
        config_use_endpoint(l, d, in, i, id);
    use_mappings(l, d, in, raw->mappings);
    l->unit->pub.made.integration = in;
}

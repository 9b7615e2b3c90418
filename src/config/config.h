/*
 * Configuration: files of YAML or JSON documents → one typed, compiled, immutable snapshot.
 *
 *   files ── documents (integration | channel | mapping | table | engine) ── option tables
 *         ── references resolved, expressions and mappings compiled ── struct config
 *
 * All that is wrong is found in one go, each finding with file, line, column, path and a hint.
 * `zarish check`, `zarish serve` and the management API use this same code.
 *
 * A snapshot lives in one arena; everything in it points into that arena. It is never written
 * after config_load returned, so any thread may read it.
 *
 * Secrets are references (${env:ZARISH_…}, ${file:…}); they are resolved only when
 * config_env.resolve is set, so that a file can be checked where its secrets are not.
 * Any other text may hold ${env:ZARISH_NAME:-default}: the variable's value, or the default.
 */
#ifndef ZS_CONFIG_CONFIG_H
#define ZS_CONFIG_CONFIG_H

#include "connector/connector.h"
#include "fhirpath/fhirpath.h"
#include "json/errlist.h"
#include "json/opt.h"
#include "map/map.h"

enum config_type { /* of an integration; the guide's names */
                   TYPE_REST_API,
                   TYPE_FHIR_API,
                   TYPE_HL7_V2,
                   TYPE_WEBSOCKET,
                   TYPE_FILE_TRANSFER,
                   TYPE_DATABASE
};

const char *config_type_name(enum config_type t);
extern const char *const config_type_names[]; /* in that order; ends in NULL */

struct config_rate {
    int64_t requests; /* per `per_ms`; 0: no limit */
    uint64_t per_ms;
    int64_t burst;
};

struct config_integration;

struct config_endpoint {
    struct str name, url, method;
    struct opt_map headers;
    const struct json *parameters;
    uint64_t timeout_ms;
    int64_t retries;
    struct config_rate *rate;        /* NULL: no limit */
    const struct json *data_mapping; /* a name, or inline rules */
    /* worked out: */
    const struct config_integration *integration;
    const char *full_name; /* "receiver/results" */
    const struct map *map; /* NULL: as it comes */
    const struct conn_type *conn_type;
    struct conn_endpoint conn;
};

struct config_integration {
    struct str name;
    int type; /* enum config_type */
    struct str description;
    struct opt_choice auth;
    struct config_endpoint *endpoints;
    size_t n_endpoints;
    const struct json *doc;
    const char *file;
};

enum config_format { FORMAT_HL7V2, FORMAT_JSON, FORMAT_BYTES };
enum config_ack { ACK_STORED, ACK_PROCESSED, ACK_DELIVERED };
enum config_profile { PROFILE_TOLERANT, PROFILE_STRICT, PROFILE_NONE };
enum config_on_error { ON_ERROR_HOLD, ON_ERROR_REFUSE };
enum config_uncertain { UNCERTAIN_HOLD, UNCERTAIN_RESEND };

struct config_backoff {
    uint64_t first_ms;
    uint64_t max_ms;
};

struct config_dest {
    struct str to, when_text, order_text, mapping;
    uint64_t max_age_ms;
    int uncertain; /* enum config_uncertain */
    int64_t in_flight;
    struct config_backoff *backoff;
    /* worked out: */
    const struct config_endpoint *endpoint;
    const char *lane;            /* "oru-in/receiver/results" */
    const struct fp_expr *when;  /* NULL: always */
    const struct fp_expr *order; /* NULL: strict */
    const struct map *map;
};

struct config_validate {
    int profile;  /* enum config_profile */
    int on_error; /* enum config_on_error */
};

struct config_channel {
    struct str name, description, filter_text;
    const struct json *source;
    int format; /* enum config_format */
    bool has_format;
    struct config_validate *validate;
    int ack; /* enum config_ack */
    uint64_t ack_timeout_ms;
    int64_t max_pending;
    bool enabled;
    struct config_dest *dests;
    size_t n_dests;
    /* worked out: */
    const char *id; /* the name, terminated */
    const struct conn_type *conn_type;
    const void *source_conf;      /* read by conn_type->recv_opts */
    const struct fp_expr *filter; /* NULL: everything passes */
    const struct json *doc;
    const char *file;
};

struct config_engine {
    struct str name;
    struct str listen; /* "127.0.0.1:8585" */
    int log_level;
    int log_form;
    int64_t loops; /* 0: cores - 1 */
};

struct config {
    struct arena *arena;
    struct config_engine engine;
    struct config_integration *integrations;
    size_t n_integrations;
    struct config_channel *channels;
    size_t n_channels;
    const struct map **maps;
    size_t n_maps;
    const struct map_table **tables;
    size_t n_tables;
    struct config_object *objects; /* every document, in working order */
    size_t n_objects;
};

/* A document as it was read, for versions and export. */
struct config_object {
    const char *kind; /* "channel" */
    struct str name;
    const struct json *doc;
};

struct config_env {
    /* the connector of a URL's scheme; NULL: none */
    const struct conn_type *(*connector)(struct str scheme);
    /* a variable's value or NULL */
    const char *(*lookup_env)(void *ctx, const char *name);
    void *ctx;
    bool resolve; /* secrets are wanted, not only checked */
};

/*
 * Read paths (files, or directories whose *.yaml, *.yml and *.json are read in order of name).
 * Findings go to `found` (its arena must outlive the snapshot's use of them).
 *
 * Returns  RC_VALUE  there were findings; *out is NULL
 *          RC_MISSING, RC_IO  a path cannot be read (CFG-001)
 *          RC_NOMEM
 * *out is freed by config_free.
 */
enum rc config_load(const char *const *paths, size_t n_paths, const struct config_env *env,
                    struct config **out, struct err_list *found, struct err *e) ZS_CHECK;

/* The same from a text in memory; `name` stands for the file in findings and ends in .json or not.
 */
enum rc config_load_text(const char *name, struct str text, const struct config_env *env,
                         struct config **out, struct err_list *found, struct err *e) ZS_CHECK;

void config_free(struct config **c);

const struct config_channel *config_channel(const struct config *c, struct str name);
const struct config_integration *config_integration(const struct config *c, struct str name);
/* By name; NULL when there is none. */
const struct map *config_map(const struct config *c, struct str name);

/* The tables of all kinds of documents, for the schema and the reference. */
extern const struct opt_table *const config_tables[];
extern const size_t config_n_tables;
extern const struct opt_table config_channel_table; /* one of them; its `source` is open */

#endif

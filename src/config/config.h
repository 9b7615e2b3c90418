/*
 * Configuration: files of YAML or JSON documents → one typed, compiled, immutable snapshot.
 *
 *   files ── documents (integration | channel | mapping | table | engine) ── option tables
 *         ── references resolved, expressions and mappings compiled ── struct config
 *
 * All that is wrong is found in one go, each finding with file, line, column, path and a hint.
 * `zarish check`, `zarish serve` and the management API use this same code.
 *
 * A snapshot is made of units, one for each document: compiled in an arena of its own, counted,
 * immutable. A snapshot loaded with `previous` takes over every unit whose document and whose used
 * documents are the same, so one change of a thousand objects costs one. Any thread may read it.
 *
 * Secrets are references (${env:ZARISH_…}, ${file:…}, ${secret:NAME}); they are resolved only when
 * config_env.resolve is set, so that a file can be checked where its secrets are not.
 * Any other text may hold ${env:ZARISH_NAME:-default}: the variable's value, or the default.
 */
#ifndef ZS_CONFIG_CONFIG_H
#define ZS_CONFIG_CONFIG_H

#include "auth/cred.h"
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
    struct config_rate *rate;            /* NULL: no limit */
    const struct json *data_mapping;     /* a name, or inline rules */
    const struct json *response_mapping; /* likewise */
    int probe;                           /* enum config_probe */
    /* worked out: */
    const struct config_integration *integration;
    const char *full_name;          /* "receiver/results" */
    const struct map *map;          /* NULL: as it comes */
    const struct map *response_map; /* NULL: as it comes */
    struct str content_type;        /* what it sends and takes unless headers say otherwise */
    struct str id; /* UUID (version 8) of the integration's id and the name; empty: no id yet */
    const struct conn_type *conn_type;
    struct conn_endpoint conn;
};

struct config_integration {
    struct str name;
    int type; /* enum config_type */
    struct str description;
    struct str created_by, organization, environment; /* the last: "production" by default */
    struct opt_choice auth;
    struct config_endpoint *endpoints;
    size_t n_endpoints;
    const struct map **maps; /* its `mappings` and those its endpoints use, compiled */
    size_t n_maps;
    struct cred_conf cred;      /* with secrets in clear when config_env.resolve */
    const struct conn_tls *tls; /* `tls` and certificate authentication; NULL: none */
    const struct json *doc;     /* as written, secrets as references */
    const char *file;
    const struct config_unit *unit;
};

enum config_format { FORMAT_HL7V2, FORMAT_JSON, FORMAT_BYTES };
enum config_ack { ACK_STORED, ACK_PROCESSED, ACK_DELIVERED };
enum config_profile { PROFILE_TOLERANT, PROFILE_STRICT, PROFILE_NONE };
enum config_on_error { ON_ERROR_HOLD, ON_ERROR_REFUSE };
enum config_uncertain { UNCERTAIN_HOLD, UNCERTAIN_RESEND };

enum config_probe { PROBE_SAFE, PROBE_REQUEST };

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
    const struct config_unit *unit;
};

/* Where connections may go: CIDR texts, checked. What is denied is so even if it is allowed. */
struct config_outbound {
    struct opt_strs allow; /* empty: everywhere */
    struct opt_strs deny;
};

struct config_engine {
    struct str name;
    struct str listen; /* "127.0.0.1:8585" */
    int log_level;
    int log_form;
    int64_t loops;                          /* 0: cores - 1 */
    const struct config_outbound *outbound; /* NULL: everywhere */
    bool write_back;                        /* changes to objects of files are written into them */
};

/*
 * One document, compiled. Two snapshots that hold the same unit hold the same object, unchanged,
 * with everything it uses.
 */
struct config_unit {
    const char *kind; /* "channel" */
    struct str name;
    const struct json *doc; /* as written, variables and secrets as references */
    char hash[65];          /* hex SHA-256 of doc, compact */
    struct str origin;      /* "file" or "api" */
    const char *file;       /* NULL unless origin is file */
    union config_made {     /* what it was compiled to, by kind */
        const struct config_integration *integration;
        const struct config_channel *channel;
        const struct map *map;
        const struct map_table *table;
    } made;
};

/* A unit may be kept longer than its snapshot. Thread any. */
const struct config_unit *config_unit_ref(const struct config_unit *u);
void config_unit_unref(const struct config_unit **u);

struct config {
    struct config_engine engine;
    const struct config_integration **integrations; /* by name, as all of these */
    size_t n_integrations;
    const struct config_channel **channels;
    size_t n_channels;
    const struct map **maps;
    size_t n_maps;
    const struct map_table **tables;
    size_t n_tables;
    const struct config_unit **units; /* all, in working order: table, mapping, integration … */
    size_t n_units;
    /* the loader's own follows it in memory */
};

struct config_env {
    /* the connector of a URL's scheme; NULL: none */
    const struct conn_type *(*connector)(struct str scheme);
    /* a variable's value or NULL */
    const char *(*lookup_env)(void *ctx, const char *name);
    /* a sealed secret's value (auth/vault.h), in the wiping arena; NULL: there is no vault */
    enum rc (*secret)(void *ctx, struct str name, struct arena *wiping, struct str *out,
                      struct err *e);
    /* an integration's id; NULL or RC_MISSING: it has none yet, endpoints get empty ids */
    enum rc (*id_of)(void *ctx, struct str integration, struct arena *a, struct str *out);
    void *ctx;
    /* the data directory's real path: no file of it can be named, for who edits an object of a file
     * could read the engine's own keys by it; NULL: there is none */
    const char *keep_out;
    bool resolve; /* secrets are wanted, not only checked */
};

/* What a snapshot is loaded from, besides files. */
struct config_text {
    struct str kind, name; /* of an object of the API: the document below has neither key … */
    struct str text;       /* … JSON; kind STR_NULL: a file's text, with documents of its own */
    const char *label;     /* stands for the file in findings: "api:channel/adt-in", "x.yaml" */
    const char *dir;       /* ${file:…} is below; NULL: refused */
};

struct config_sources {
    const char *const *paths; /* files, or directories whose *.yaml, *.yml, *.json are read */
    size_t n_paths;
    const struct config_text *texts;
    size_t n_texts;
    struct config *previous; /* NULL: everything is compiled */
};

/*
 * Findings go to `found` (its arena must outlive the use of them).
 *
 * Returns  RC_VALUE  there were findings; *out is NULL
 *          RC_MISSING, RC_IO  a path cannot be read (CFG-001)
 *          RC_NOMEM
 * *out has one reference. An object of the API with the name of a file's is a finding (CFG-030).
 */
enum rc config_load(const struct config_sources *src, const struct config_env *env,
                    struct config **out, struct err_list *found, struct err *e) ZS_CHECK;

struct config *config_ref(struct config *c);
void config_unref(struct config **c);

const struct config_channel *config_channel(const struct config *c, struct str name);
const struct config_integration *config_integration(const struct config *c, struct str name);
/* By name; NULL when there is none. */
const struct map *config_map(const struct config *c, struct str name);

/* A header that says who somebody is, whatever its value: Authorization, Cookie, X-API-Key … */
bool config_is_credential(struct str header);

/* The tables of all kinds of documents, for the schema and the reference. */
extern const struct opt_table *const config_tables[];
extern const size_t config_n_tables;
extern const struct opt_table config_integration_table; /* two of them, for the API … */
extern const struct opt_table config_channel_table;     /* … whose `source` is open */

#endif

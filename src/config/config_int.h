/*
 * Configuration from inside: the loader's state, and what its files hand each other.
 */
#ifndef ZS_CONFIG_CONFIG_INT_H
#define ZS_CONFIG_CONFIG_INT_H

#include "config/config.h"

#include "crypt/sha.h"

#include <stdatomic.h>

struct config_load;
struct unit;

/* One document as it came in, or (texts of its own, variables put in) as it is compiled. */
struct config_doc {
    const struct json *doc;
    const char *file; /* or the label of a text; lives with the findings */
    const char *dir;  /* what it names is below; NULL: nothing may be named */
    struct str text;
    bool api; /* origin: an object of the API */
    /* worked out: */
    const struct config_kind *kind; /* NULL: unknown */
    struct str name;
    size_t order; /* in which it came */
};

/* One kind of document. */
struct config_kind {
    const char *key;
    const struct opt_table *table;
    /* Compiles the document for l->unit and sets what it made; findings where that is not possible.
     */
    void (*read)(struct config_load *l, const struct config_doc *d);
    /* Enters what a unit was compiled to in the snapshot. */
    void (*enter)(struct config *c, const struct unit *u);
};

/* In working order: what is used comes before what uses it. */
extern const struct config_kind config_kinds[];
extern const size_t config_n_kinds;

struct config_load {
    struct arena *scratch; /* for as long as the load takes; wiped */
    struct arena *arena;   /* of the unit that is being compiled */
    const struct config_env *env;
    struct err_list *found;
    struct config *cfg;
    struct unit *unit; /* that is being compiled */
    bool trial;        /* one document by itself, to see what is wrong with it (validate.c) */
    bool any_type;     /* of an integration on trial the type is not known */
    struct config_doc *docs;
    size_t n_docs, cap_docs;
    bool nomem;
};

/* ---- unit.c ------------------------------------------------------------------------------- */

/* What a unit took from outside its document. */
enum input_from {
    INPUT_ENV,    /* a variable */
    INPUT_SECRET, /* of the vault */
    INPUT_FILE,   /* a secret's file */
    INPUT_TABLE,  /* a table's file */
    INPUT_ID      /* an integration's id */
};

struct config_input {
    enum input_from from;
    bool there;
    struct str name;
    uint8_t hash[SHA256_BYTES];
};

/* What changes of a unit, apart because everybody else sees units as constant. */
struct unit_life {
    atomic_size_t refs;
    struct arena *arena; /* holds all of the unit, also this; wiped, for it may hold secrets */
    struct unit_life *next_dead;
    const struct unit *unit;
};

struct unit {
    struct config_unit pub; /* first */
    struct unit_life *life;
    const struct config_engine *engine; /* what an engine document was compiled to */
    const char *dir;
    const struct unit **uses;
    size_t n_uses, cap_uses;
    struct config_input *inputs;
    size_t n_inputs, cap_inputs;
};

struct snapshot {
    struct config pub;
    atomic_size_t refs;
    struct arena *arena;
    const struct conn_type *(*connector)(struct str scheme);
    bool resolve;
};

const struct unit *unit_of(const struct config_unit *u);

/* An empty unit for d with one reference; RC_NOMEM as NULL. */
struct unit *unit_new(const struct config_doc *d, const char hash[65]) ZS_CHECK;

/* The unit being compiled uses `used`: it holds it from now on. */
void unit_use(struct config_load *l, const struct config_unit *used);

/* The unit of that kind and name; NULL when there is none. */
const struct unit *unit_find(const struct config *c, const char *kind, struct str name);

struct snapshot *snapshot_new(const struct config_env *env) ZS_CHECK;
struct snapshot *snapshot_of(struct config *c);

/* ---- input.c ------------------------------------------------------------------------------ */

/*
 * Read something from outside the document and note that the unit being compiled depends on it.
 * Returns the reader's error; RC_MISSING with *out STR_NULL where it is not there.
 */
enum rc config_input(struct config_load *l, const struct config_doc *d, enum input_from from,
                     struct str name, struct arena *a, struct str *out, struct err *e) ZS_CHECK;

/* All that u took from outside is as it was. */
bool config_inputs_same(struct config_load *l, const struct unit *u);

/* ---- read.c: files and texts to l->docs --------------------------------------------------- */

enum rc config_read_path(struct config_load *l, const char *path, struct err *e) ZS_CHECK;
void config_read_text(struct config_load *l, const struct config_text *t);

/* ---- load.c ------------------------------------------------------------------------------- */

struct opt_read config_reader(const struct config_load *l, const struct config_doc *d,
                              const char *path);
void config_finding(struct config_load *l, const struct config_doc *d, const struct json *at,
                    const char *path, const char *id, const char *hint, const char *fmt, ...)
    ZS_PRINTF(7, 8);
/* A terminated copy in the unit's arena; "" and l->nomem without memory. */
const char *config_z(struct config_load *l, struct str s);

/*
 * One integration by itself: nothing is resolved, secrets may stand in clear, other documents are
 * not looked for. begin puts variables in: d->doc is what the rest works on.
 * RC_NOMEM only; end always.
 */
enum rc config_trial_begin(struct config_load *l, struct config_env *env, struct config_doc *d,
                           struct err *e) ZS_CHECK;
enum rc config_trial_read(struct config_load *l, const struct config_doc *d,
                          struct err *e) ZS_CHECK;
void config_trial_end(struct config_load *l);

/* ---- one kind each ------------------------------------------------------------------------ */

extern const struct opt_table config_engine_table;
extern const struct opt_table config_endpoint_table;
extern const struct opt_table config_certificate_table;
extern const struct opt_table config_tls_table;
extern const char *const config_methods[]; /* ends in NULL */

/* Names of objects and endpoints are parts of paths and of lanes. */
bool config_is_name(struct str name);
#define CONFIG_NAME_TEXT "a name has no / { } $ and no control characters"
#define CONFIG_NAME_HINT "use letters, digits, blanks and - _ . :"

/* The choices of `authentication`. */
extern const struct opt_variants config_auth_variants;

/* integration.c, channel.c, engine.c, mapping.c */
void config_read_integration(struct config_load *l, const struct config_doc *d);
void config_read_channel(struct config_load *l, const struct config_doc *d);
void config_read_engine(struct config_load *l, const struct config_doc *d);
void config_read_mapping(struct config_load *l, const struct config_doc *d);
void config_read_table(struct config_load *l, const struct config_doc *d);

/*
 * A mapping by reference: a name, or an object with the rules themselves. NULL with a finding
 * where it is neither.
 */
const struct map *config_use_map(struct config_load *l, const struct config_doc *d,
                                 const struct json *ref, const char *path);

/* auth.c, tls.c, endpoint.c: parts of an integration. in_id: its id, or empty. */
void config_use_auth(struct config_load *l, const struct config_doc *d,
                     struct config_integration *in);
void config_use_tls(struct config_load *l, const struct config_doc *d,
                    struct config_integration *in, const void *tls_doc);
void config_use_endpoint(struct config_load *l, const struct config_doc *d,
                         struct config_integration *in, size_t i, struct str in_id);

/* env.c: put variables into every text of a document; *d then is a copy. */
void config_expand(struct config_load *l, struct config_doc *d);

/* secret.c: RC_MISSING CFG-020 …; a reference that is not resolved gives STR("") without error. */
enum rc config_secret(struct config_load *l, const struct config_doc *d, const struct opt_secret *s,
                      struct str *out, struct err *e) ZS_CHECK;

/* The text with its references replaced by what they stand for; as it is unless env->resolve. */
enum rc config_resolve(struct config_load *l, const struct config_doc *d, struct str text,
                       struct str *out, struct err *e) ZS_CHECK;
bool config_has_reference(struct str text);

/* ---- url.c -------------------------------------------------------------------------------- */

bool config_is_url(struct str url);
struct str config_url_scheme(struct str url); /* empty when it has none */
/* It holds a password; or, with user_too, at least a user. */
bool config_url_has_secret(struct str url, bool user_too);
/* For people: without user and password. */
void config_url_shown(struct str url, struct buf *b);

/* "PID-5.1", "name.family" …: the native path language of a channel's format. */
const struct doc_syntax *config_syntax(int format);

#endif

/*
 * Configuration from inside: the loader's state, and what its files hand each other.
 */
#ifndef ZS_CONFIG_CONFIG_INT_H
#define ZS_CONFIG_CONFIG_INT_H

#include "config/config.h"

/* One document of a file. */
struct config_doc {
    const struct json *doc;
    const char *file;
    const char *dir; /* of the file: what it names is below */
    struct str text;
};

struct config_load {
    struct arena *arena;
    const struct config_env *env;
    struct err_list *found;
    struct config *cfg;
    struct config_doc *docs;
    size_t n_docs, cap_docs;
    bool nomem;
};

/* One kind of document, in the order in which they are worked out. */
struct config_kind {
    const char *key;
    const struct opt_table *table;
    void (*read)(struct config_load *l, const struct config_doc *d);
};

extern const struct opt_table config_engine_table;
extern const struct opt_table config_integration_table;

/* The choices of `authentication`. */
extern const struct opt_variants config_auth_variants;

/* read.c */
struct opt_read config_reader(const struct config_load *l, const struct config_doc *d,
                              const char *path);
void config_finding(struct config_load *l, const struct config_doc *d, const struct json *at,
                    const char *path, const char *id, const char *hint, const char *fmt, ...)
    ZS_PRINTF(7, 8);
/* A terminated copy in the snapshot's arena; "" and l->nomem without memory. */
const char *config_z(struct config_load *l, struct str s);

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

/* auth.c: what an endpoint sends along. */
void config_auth_apply(struct config_load *l, const struct config_doc *d,
                       const struct config_integration *in, struct config_endpoint *ep);

/* env.c: put variables into every text of a document. */
void config_expand(struct config_load *l, const struct config_doc *d);
const char *config_env_get(const struct config_load *l, const char *name);

/* secret.c: RC_MISSING CFG-020 …; a reference that is not resolved gives STR("") without error. */
enum rc config_secret(const struct config_load *l, const struct config_doc *d,
                      const struct opt_secret *s, struct str *out, struct err *e) ZS_CHECK;

/* "PID-5.1", "name.family" …: the native path language of a channel's format. */
const struct doc_syntax *config_syntax(int format);

#endif

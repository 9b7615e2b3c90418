/*
 * Option tables: one table says what keys an object may have; reading it into a C struct,
 * defaults, ranges, error messages, the JSON Schema and the reference page all come from it.
 *
 *   struct retry_conf { uint64_t wait_ms; int64_t count; bool has_count; };
 *
 *   static const struct opt_def retry_opts[] = {
 *       { .name = "wait", .kind = OPT_MS, .at = offsetof(struct retry_conf, wait_ms),
 *         .dflt = "5s", .min = 1, .max = 86400000, .doc = "Pause before the first repeat." },
 *       { .name = "count", .kind = OPT_INT, .at = offsetof(struct retry_conf, count),
 *         .seen = OPT_SEEN(struct retry_conf, has_count), .max = 100, .doc = "…" },
 *   };
 *   const struct opt_table retry_table = OPT_TABLE("retry", struct retry_conf, retry_opts, "…");
 *
 * kind        member of the struct              in the document
 * OPT_STR     struct str                        a string; min, max: bytes
 * OPT_BOOL    bool                              true or false
 * OPT_INT     int64_t                           a whole number in min … max
 * OPT_SIZE    uint64_t                          bytes: 65536 or "64k" (k, m, g: powers of 1024)
 * OPT_MS      uint64_t                          milliseconds: 5000 or "5s" (ms s m h d)
 * OPT_ENUM    int                               one of names; the member is its index
 * OPT_STRS    struct opt_strs                   a list of strings; min, max: items
 * OPT_MAP     struct opt_map                    names with texts (numbers as written); min, max
 * OPT_OBJ     struct … * (NULL absent)          an object by the table `sub`; with .dflt = "{}"
 *                                               it is there always, holding its defaults
 * OPT_OBJS    struct opt_list                   a list of objects by `sub`; min, max: items
 * OPT_CHOICE  struct opt_choice                 an object whose `tag` member picks the table
 * OPT_JSON    const struct json * (NULL absent) anything
 * OPT_SECRET  struct opt_secret                 "${env:ZARISH_X}", "${file:PATH}", "${secret:NAME}"
 *
 * min and max both 0 mean no range of its own (OPT_SIZE and OPT_MS are never negative); a max below
 * min means no upper end: .min = 1 alone is "at least 1".
 * A key with null is as if it were absent. An explicit 0 stays 0: `seen` tells it from absent.
 *
 * Thread  any; tables are constant.
 */
#ifndef ZS_JSON_OPT_H
#define ZS_JSON_OPT_H

#include "json/errlist.h"
#include "json/json.h"

enum opt_kind {
    OPT_STR = 1,
    OPT_BOOL,
    OPT_INT,
    OPT_SIZE,
    OPT_MS,
    OPT_ENUM,
    OPT_STRS,
    OPT_MAP,
    OPT_OBJ,
    OPT_OBJS,
    OPT_CHOICE,
    OPT_JSON,
    OPT_SECRET
};

enum opt_flag {
    OPT_REQUIRED = 1, /* absent is an error */
    OPT_SECONDS = 2,  /* OPT_MS: a bare number counts seconds; min and max stay milliseconds */
    OPT_WORDS = 4,    /* OPT_STRS: also one text, words with spaces between */
    OPT_SHORT = 8     /* OPT_OBJ: what is no object is the value of the first key of `sub` */
};

struct opt_table;
struct opt_variants;

struct opt_def {
    const char *name;
    enum opt_kind kind;
    unsigned flags;
    size_t at;        /* offsetof the member */
    size_t seen;      /* OPT_SEEN of a bool set true when the key stood there */
    const char *dflt; /* as a user would write it in YAML; NULL: zero, empty */
    int64_t min;
    int64_t max;
    const char *const *names;            /* OPT_ENUM: ends in NULL */
    const struct opt_table *sub;         /* OPT_OBJ, OPT_OBJS */
    const struct opt_variants *variants; /* OPT_CHOICE */
    const char *doc;                     /* one or more sentences for the reference */
};

#define OPT_SEEN(type, member) (offsetof(type, member) + 1)

struct opt_table {
    const char *name; /* unique: heading in the reference, key of the schema's $defs */
    const char *doc;
    const struct opt_def *def;
    size_t n;
    size_t size; /* of the struct */
};

#define OPT_TABLE(title, type, defs, text)                                                         \
    {                                                                                              \
        .name = (title), .doc = (text), .def = (defs), .n = ZS_COUNT(defs), .size = sizeof(type)   \
    }

/* The tables an OPT_CHOICE picks from: { tag: name, …the keys of that table }. */
struct opt_variants {
    const char *tag; /* "type" */
    const struct opt_variant {
        const char *name; /* "basic" */
        const struct opt_table *table;
    } * v;
    size_t n;
    const char *dflt; /* the name where the tag is absent; NULL: it must be there */
};

struct opt_strs {
    struct str *v;
    size_t n;
};

struct opt_pair {
    struct str name, text;
};

struct opt_map {
    struct opt_pair *v;
    size_t n;
};

struct opt_list {
    void *v; /* n structs of the sub table's size, one behind the other */
    size_t n;
};

struct opt_choice {
    const struct opt_variant *picked; /* NULL when absent */
    void *conf;                       /* a struct of its table */
};

struct opt_secret {
    enum opt_secret_from {
        OPT_SECRET_NONE = 0, /* absent */
        OPT_SECRET_ENV,
        OPT_SECRET_FILE,
        OPT_SECRET_NAMED,
        OPT_SECRET_LITERAL /* only where the reader allows it: to be sealed at once */
    } from;
    struct str name; /* what stands behind the colon; the value itself for LITERAL */
};

struct opt_read {
    struct arena *arena;   /* for lists and sub-objects; texts borrow the document */
    struct err_list *errs; /* receives every problem */
    const char *file;      /* for the findings; NULL: none */
    struct str text;       /* the source of the document, for line and column; may be empty */
    const char *path;      /* where `obj` stands, NULL or "": it is the document */
    bool literals;         /* secrets may stand in clear (the API, which seals them) */
};

/*
 * Read `obj` by table `t` into *out, a struct of t->size bytes, which is cleared first.
 * All problems go to r->errs, in the order of the file.
 *
 * Returns RC_VALUE  there were findings (also when obj is no object); *out holds what was right
 *         RC_NOMEM  the arena said no; findings so far are in the list
 * Codes   OPT-001 unknown key · OPT-002 wrong type · OPT-003 out of range · OPT-004 required key
 *         missing · OPT-005 not one of the names · OPT-006 secret in clear · OPT-007 cannot be
 *         read as a size, a duration or a secret reference
 */
enum rc opt_decode(const struct opt_table *t, const struct json *obj, const struct opt_read *r,
                   void *out) ZS_CHECK;

/* Fill *out with the defaults alone; nothing is required. RC_NOMEM. */
enum rc opt_defaults(const struct opt_table *t, struct arena *a, void *out) ZS_CHECK;

/*
 * Add a finding of the caller's own (a rule across keys) about member `key` of obj, or about obj
 * itself when key is NULL or not there.
 */
void opt_finding(const struct opt_read *r, const struct json *obj, const char *key, const char *id,
                 const char *hint, const char *fmt, ...) ZS_PRINTF(6, 7);

/*
 * JSON Schema (draft 2020-12) of the table and all it reaches, as one value of the writer.
 * title may be NULL. At most 256 tables.
 */
void opt_schema(const struct opt_table *t, const char *title, struct jw *w);

/*
 * What an OPT_JSON option holds where the owner of its table cannot know: an object by any of `v`.
 * Only the schema asks; reading such an option is its user's.
 */
struct opt_open {
    const struct opt_table *table;
    const char *option;
    const struct opt_table *const *v;
    size_t n;
};

/* The same for documents of several kinds: any of `n` tables. open may be NULL. */
void opt_schema_any(const struct opt_table *const *t, size_t n, const struct opt_open *open,
                    const char *title, struct jw *w);

/*
 * The same as parts of a larger document: every table that is reached as a member of the open
 * object, named prefix + its name and referred to as at + prefix + name.
 */
struct opt_schema_style {
    const char *at;     /* "#/components/schemas/" */
    const char *prefix; /* "config." */
    bool literals;      /* secrets may stand in clear */
};

void opt_schema_parts(const struct opt_table *const *t, size_t n, const struct opt_open *open,
                      const struct opt_schema_style *style, struct jw *w);

/* Reference in Markdown: a heading and a table of keys for `t` and each table it reaches. */
void opt_markdown(const struct opt_table *t, struct buf *b);

/*
 * For the tests of whoever owns a table: names unique, defaults readable and in range, kinds with
 * what they need, members inside the struct. RC_BUG OPT-090 names the row.
 */
enum rc opt_check_table(const struct opt_table *t, struct arena *scratch, struct err *e) ZS_CHECK;

#endif

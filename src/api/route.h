/*
 * The table of one resource: everything there is to know of its routes. Routing, roles, reading of
 * query parameters and bodies, OpenAPI and the reference all work from these rows.
 *
 *   static const struct api_route routes[] = {
 *       { HTTP_GET, "/api/v1/keys", "listKeys", API_NEEDS(AUTH_MANAGE), API_POOL, list,
 *         .params = &list_params, .answers = list_answers, .n_answers = …, .doc = "…" },
 *   };
 *   const struct api_resource api_keys = { "keys", "…", routes, ZS_COUNT(routes) };
 *
 * What every route of a kind can answer (400 for a query or a body, 401, 403 and 429 where a
 * credential is needed, 404 for a name in the path, 412 with If-Match, 413 and 415 for a body, 503)
 * is not repeated in the rows: api_usual_statuses knows it.
 */
#ifndef ZS_API_ROUTE_H
#define ZS_API_ROUTE_H

#include "api/shape.h"
#include "auth/auth.h"
#include "json/opt.h"
#include "manage/manage.h"
#include "net/http_route.h"

struct api_call;

/* ---- query parameters --------------------------------------------------------------------- */

/* what it is              member of the struct
 * API_TEXT   text         struct str, empty when absent
 * API_COUNT  min … max    uint64_t
 * API_FLAG   true, false  bool; a name without value is true
 * API_TIME   an instant   int64_t, ms; ISO 8601 or milliseconds since 1970
 * API_NAME   one of names int, its place from 1 on; 0 when absent
 */
enum api_param_kind { API_TEXT = 1, API_COUNT, API_FLAG, API_TIME, API_NAME };

struct api_param {
    const char *name;
    enum api_param_kind kind;
    size_t at;         /* offsetof the member */
    uint64_t min, max; /* API_COUNT; API_TEXT: max bytes, 0: 1024 */
    uint64_t dflt;     /* API_COUNT */
    const char *const *names;
    const char *doc;
};

struct api_params {
    const struct api_param *v;
    size_t n;
    size_t size; /* of the struct; cleared before it is filled */
};

#define API_PARAMS(type, rows)                                                                     \
    {                                                                                              \
        .v = (rows), .n = ZS_COUNT(rows), .size = sizeof(type)                                     \
    }

/* Rows that many lists have. */
#define API_PARAM_LIMIT(type)                                                                      \
    {                                                                                              \
        .name = "limit", .kind = API_COUNT, .at = offsetof(type, limit), .min = 1, .max = 1000,    \
        .dflt = 50, .doc = "At most so many."                                                      \
    }
#define API_PARAM_CURSOR(type, word)                                                               \
    {                                                                                              \
        .name = (word), .kind = API_TEXT, .at = offsetof(type, cursor),                            \
        .doc = "`next` of the page before, as it came."                                            \
    }

/* ---- bodies ------------------------------------------------------------------------------- */

enum api_body_kind {
    API_JSON = 1, /* an object, read by `table` where there is one */
    API_DOCUMENT, /* an object that is handed on as text; the tables are for its schema */
    API_YAML,     /* text: YAML or JSON documents */
    API_ANY       /* any bytes */
};

struct api_body {
    enum api_body_kind kind;
    size_t max;                    /* bytes: 413 before the first is read */
    const struct opt_table *table; /* API_JSON: read into api_call.input. API_ANY: its JSON form */
    /* API_DOCUMENT: by the table's own name; `renamed` is what its first key is called here */
    const struct opt_table *document;
    const char *renamed; /* NULL: left out */
    const char *schema;  /* instead: a name of components/schemas */
    const char *doc;
};

/* ---- answers ------------------------------------------------------------------------------ */

struct api_answer {
    unsigned status;
    const struct shape *shape; /* NULL: no body, or one of `type` */
    bool list;                 /* {items, next} of the shape */
    const char *type;          /* NULL: application/json */
    const char *doc;
};

/* ---- routes ------------------------------------------------------------------------------- */

enum api_where {
    API_HERE,  /* on the API's loop: must not block */
    API_POOL,  /* on a pool thread: may block */
    API_ENGINE /* on the engine's loop 0; calls api_finish later, unless it fails at once */
};

enum {
    API_ETAG = 1,     /* the answer has an ETag; GET knows If-None-Match */
    API_IF_MATCH = 2, /* If-Match is looked at */
    API_IF_NEW = 4,   /* so is If-None-Match: * */
    API_SECRET = 8    /* body and answer are wiped when the call is over */
};

typedef enum rc api_run(struct api_call *c, struct err *e);

struct api_route {
    enum http_method method;
    const char *path;
    const char *id; /* operationId, unique */
    unsigned need;  /* API_FREE or API_NEEDS(verb) */
    enum api_where where;
    api_run *run;
    enum manage_verb verb; /* with api_manage */
    const char *object;    /* kind of configuration object: "channel"; NULL: none */
    unsigned flags;
    api_run *prepare; /* on the API's loop, before run; NULL: nothing */
    const struct api_params *params;
    const struct api_body *body;
    const struct api_answer *answers;
    size_t n_answers;
    const char *doc; /* one line */
};

struct api_resource {
    const char *name; /* tag */
    const char *doc;
    const struct api_route *v;
    size_t n;
};

#define API_ANSWERS(rows) .answers = (rows), .n_answers = ZS_COUNT(rows)

/* Every resource, in the order of the reference. */
extern const struct api_resource *const api_resources[];
extern const size_t api_n_resources;

#define API_ROUTES_MAX 160

/* All routes, sorted as http_route_find wants them; row i of `http` is route i of `v`. */
struct api_table {
    struct http_route http[API_ROUTES_MAX];
    const struct api_route *v[API_ROUTES_MAX];
    size_t n;
};

/* handle: what http_route.handle is set to. RC_BUG HTTP-040 names a row that cannot be. */
enum rc api_table_fill(struct api_table *t,
                       void (*handle)(void *ctx, struct http_exchange *x,
                                      const struct http_match *m),
                       struct err *e) ZS_CHECK;

/* What the route can answer beside its own rows; at most API_USUAL_MAX. Returns their count. */
#define API_USUAL_MAX 12
size_t api_usual_statuses(const struct api_route *r, unsigned out[API_USUAL_MAX]);

/* "integrations", "{id}" …: the next part of a path in braces, without them. */
bool api_path_param(struct str *rest, struct str *name);

#endif

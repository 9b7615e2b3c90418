/*
 * The management API: REST under /api/v1 and the health routes, on one listener of its own.
 *
 *   api_open ── … ── api_stop ── stopped ── api_free
 *
 * Every route but /livez and /readyz wants a credential (auth/auth.h), checked at the end of the
 * request's head and before a byte of its body is read. What changes something, and who looks at
 * a message's content, is recorded as an act in the store before the answer goes out.
 *
 * Everything about the routes (roles, parameters, bodies, answers) is in one table per resource
 * (api/route.h), which the OpenAPI document and the reference are made of too.
 *
 * What blocks happens on the engine's pool, what sends on the engine's loop; the answer goes out
 * from there. Errors are problem documents (RFC 9457) with the error's id as `code`.
 *
 * At the stop a caller is waited for as long as its connection is drained. Calls that are still
 * under way then end with the engine (engine_stop), which comes before api_free.
 *
 * Thread  loop: api_open, api_stop, api_free are called on the loop it was opened on.
 */
#ifndef ZS_API_API_H
#define ZS_API_API_H

#include "auth/auth.h"
#include "base/log.h"
#include "flow/engine.h"
#include "json/jw.h"
#include "manage/manage.h"
#include "net/http_route.h"
#include "net/http_server.h"

struct api;

struct api_conf {
    struct str host;
    uint16_t port; /* 0: a free one */
    struct engine *engine;
    struct store *store;
    struct manage *manage;
    struct confdb *confdb;
    struct vault *vault;
    struct auth *auth;
    const struct log *log;
    const struct clock *clock;
    void (*stopped)(void *ctx); /* after api_stop: the last connection is closed */
    void *ctx;
};

/* Errors of http_server_open. conf is copied but for what it points to. */
enum rc api_open(struct loop *l, const struct api_conf *conf, struct api **out,
                 struct err *e) ZS_CHECK;
const struct addr *api_addr(const struct api *a);
void api_stop(struct api *a);
void api_free(struct api **ap);

/* http_route.need of these routes: no credential at all, else 1 + enum auth_verb. */
enum { API_FREE = 0 };
#define API_NEEDS(verb) ((unsigned)(verb) + 1u)

/* The reference page of the API, as Markdown (a heading of its own). */
void api_markdown(struct buf *b);

/* The OpenAPI 3.1 document. */
enum rc api_openapi(struct jw *w, struct err *e) ZS_CHECK;

#endif

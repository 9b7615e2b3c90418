/*
 * Fetching tokens for outgoing credentials (flow/link.h): one HTTP client on the engine's loop 0.
 *
 *   tokens_new ── engine_new(fetch = tokens_fetch) ── tokens_attach ── engine_start …
 *   … engine_stop ── tokens_stop ── engine_free ── tokens_free
 *
 * A fetch ends after 30 s, takes at most CRED_ANSWER_MAX, follows no redirect (a token server's
 * secrets are for its own URL) and goes only where `outbound` lets it.
 */
#ifndef ZS_APP_TOKEN_H
#define ZS_APP_TOKEN_H

#include "flow/link.h"
#include "net/addr.h"

struct tokens;

/* outbound: NULL: everywhere; outlives the tokens. RC_NOMEM APP-005. */
enum rc tokens_new(struct addr_rules *outbound, struct tokens **out, struct err *e) ZS_CHECK;

/* Where fetches happen. Before that loop runs. */
void tokens_attach(struct tokens *t, struct loop *loop);

/* links_conf.fetch; ctx: the tokens. Thread: the loop. */
void tokens_fetch(void *ctx, struct link_fetch *f);

/*
 * Answer what is under way and all that is still asked for: nothing came. Done when the loop runs
 * the next time, or when it is freed. Thread any; not attached is fine.
 */
void tokens_stop(struct tokens *t);

/* The loop is gone. Nulls the pointer; NULL inside is fine. */
void tokens_free(struct tokens **t);

#endif

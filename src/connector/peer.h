/*
 * What connectors that speak over TCP have in common: who may connect to a listener, and the TLS of
 * both sides, from files that options name and from what an integration says.
 *
 * Files are small and read when a channel or endpoint is opened, before anything runs on it.
 *
 * Thread  any; no state.
 */
#ifndef ZS_CONNECTOR_PEER_H
#define ZS_CONNECTOR_PEER_H

#include "connector/connector.h"
#include "crypt/tls.h"
#include "net/addr.h"
#include "net/client.h"

/* "localhost" or an address of loopback. */
bool conn_is_loopback(struct str host);

/* Paths of PEM files; empty: none. */
struct conn_files {
    struct str cert, key, ca;
};

/* ---- listeners ---- */

/* What a listener says about who may connect. */
struct conn_door {
    bool loopback;
    bool open; /* everybody, and that is meant */
    struct opt_strs allow;
    struct str client_ca;
};

/* Findings CONN-001 (a network is malformed) and CONN-002 (anybody could send). */
void conn_door_check(const struct opt_read *r, const struct json *obj, const struct conn_door *d);

/* client certificates are demanded when `ca` is given. RC_IO, RC_VALUE as tls.h, RC_NOMEM CONN-003
 */
enum rc conn_listen_tls(const struct conn_files *files, struct tls_ctx **out,
                        struct err *e) ZS_CHECK;

/* ---- destinations ---- */

/* How the peer's certificate is checked beyond the integration's trust. */
struct conn_verify {
    enum tls_peer_check check;
    struct opt_strs pins;
};

/*
 * files       the endpoint's own, each of which goes before what `t` says; NULL: none
 * t           the integration's; NULL: the system's trust, no certificate of ours
 * verify      NULL: chain and name
 * Returns as conn_listen_tls
 */
enum rc conn_connect_tls(const struct conn_files *files, const struct conn_tls *t,
                         const struct conn_verify *verify, struct tls_ctx **out,
                         struct err *e) ZS_CHECK;

/*
 * The same for the HTTP client. t NULL: *out is NULL, too. PEM texts are borrowed from t.
 * Returns RC_NOMEM CONN-003
 */
enum rc conn_client_tls(const struct conn_tls *t, struct arena *wiping,
                        const struct client_tls **out, struct err *e) ZS_CHECK;

#endif

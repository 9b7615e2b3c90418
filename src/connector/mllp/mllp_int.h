/* What the connector's files share: mllp.c (options), mllp_recv.c, mllp_send.c. */
#ifndef ZS_CONNECTOR_MLLP_MLLP_INT_H
#define ZS_CONNECTOR_MLLP_MLLP_INT_H

#include "connector/mllp/mllp.h"

/* Host and port of mllp://host:port. RC_VALUE MLLP-010. The host borrows from url; "" is all. */
enum rc conn_mllp_place(struct str url, struct str *host, uint16_t *port, struct err *e) ZS_CHECK;

enum rc conn_mllp_open(struct conn_source *s, struct err *e) ZS_CHECK;
void conn_mllp_start(struct conn_source *s);
void conn_mllp_pause(struct conn_source *s, bool paused);
void conn_mllp_drain(struct conn_source *s);
void conn_mllp_close(struct conn_source *s);
void conn_mllp_settled(struct conn_source *s, struct intake *in, const struct answer *a);
void conn_mllp_address(const struct conn_source *s, char *out, size_t size);

enum rc conn_mllp_send_open(struct conn_dest *d, struct err *e) ZS_CHECK;
void conn_mllp_send(struct conn_dest *d, struct delivery *dl);
void conn_mllp_cancel(struct conn_dest *d, struct delivery *dl);
void conn_mllp_send_drain(struct conn_dest *d);
void conn_mllp_send_close(struct conn_dest *d);
void conn_mllp_probe(struct conn_dest *d, conn_probe_fn *done, void *ctx);

#endif

/* The type's table. */
#include "connector/http/http_int.h"

static const char *const schemes[] = { "http", "https", NULL };

const struct conn_type conn_http = {
    .name = "http",
    .schemes = schemes,
    .caps = CONN_RECEIVES | CONN_SENDS,
    .recv_opts = &conn_http_recv_table,
    .recv_check = conn_http_recv_check,
    .recv_open = conn_http_open,
    .recv_start = conn_http_start,
    .recv_pause = conn_http_pause,
    .recv_drain = conn_http_drain,
    .recv_close = conn_http_close,
    .settled = conn_http_settled,
    .recv_address = conn_http_address,
    .send_opts = NULL, /* `parameters` are the query's */
    .send_check = conn_http_send_check,
    .send_open = conn_http_send_open,
    .send = conn_http_send,
    .cancel = conn_http_cancel,
    .send_drain = conn_http_send_drain,
    .send_close = conn_http_send_close,
    .probe = conn_http_probe,
};

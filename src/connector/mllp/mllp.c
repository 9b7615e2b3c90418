/* The type. Options are in mllp_conf.c, the source in mllp_recv.c, the destination in mllp_send.c.
 */
#include "connector/mllp/mllp_int.h"

static const char *const schemes[] = { "mllp", "mllps", NULL };

const struct conn_type conn_mllp = { .name = "mllp",
                                     .schemes = schemes,
                                     .caps = CONN_RECEIVES | CONN_SENDS,
                                     .recv_opts = &conn_mllp_recv_table,
                                     .recv_check = conn_mllp_recv_check,
                                     .recv_open = conn_mllp_open,
                                     .recv_start = conn_mllp_start,
                                     .recv_pause = conn_mllp_pause,
                                     .recv_drain = conn_mllp_drain,
                                     .recv_close = conn_mllp_close,
                                     .settled = conn_mllp_settled,
                                     .recv_address = conn_mllp_address,
                                     .send_opts = &conn_mllp_send_table,
                                     .send_check = conn_mllp_send_check,
                                     .send_open = conn_mllp_send_open,
                                     .send = conn_mllp_send,
                                     .cancel = conn_mllp_cancel,
                                     .send_drain = conn_mllp_send_drain,
                                     .send_close = conn_mllp_send_close,
                                     .probe = conn_mllp_probe };

/* Meanings and actions of CONN-*. */
#include "connector/codes.h"

const struct err_code conn_codes[] = {
    { "CONN-001", "A network in `allow` is malformed.",
      "Write an address with its prefix length, such as 10.0.0.0/8 or fd00::/8." },
    { "CONN-002", "A listener would take messages from anybody who reaches it.",
      "Listen on 127.0.0.1, limit the peers by `allow` or `clientCa`, or say `open: true`." },
    { "CONN-003", "There is not enough memory for a destination, or to set up TLS.",
      "Look at the machine's memory." },
    { "CONN-010", "This build of the engine does not speak the protocol of the URL.",
      "Use an endpoint over HTTP or MLLP, or a build that has the protocol." },
    { "CONN-011", "The attempt was given up on our side before anything was sent.",
      "None; it is tried again or was stopped." },
};
const size_t conn_n_codes = ZS_COUNT(conn_codes);

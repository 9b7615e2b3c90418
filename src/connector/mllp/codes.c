/*
 * What the codes of the MLLP connector mean, for `zarish explain`.
 */
#include "connector/mllp/codes.h"

/* clang-format off */
const struct err_code conn_mllp_codes[] = {
    { "MLLP-010", "An MLLP address is not of the form mllp://host:port.",
      "Write for example mllp://127.0.0.1:2575; without a port 2575 is meant." },
    { "MLLP-011", "An MLLP listener without authentication is reachable from other machines.",
      "Listen on 127.0.0.1, name the senders' networks in `allow`, or say `open: true`." },
    { "MLLP-012", "There was no memory to open an MLLP listener.", "Give the engine more memory." },
    { "MLLP-013", "There was no memory to send by MLLP; nothing went out.",
      "Nothing: it is tried again. Give the engine more memory if it lasts." },
    { "MLLP-014", "The destination answered a message with an error or a reject.",
      "Its answer is in the message's trace. AE and CE are tried again, AR and CR are final." },
    { "MLLP-015", "The destination did not answer, or not connect, within the endpoint's timeout.",
      "Where the message may have been seen, `uncertain: resend | hold` decides what happens." },
    { "MLLP-016", "The destination closed the connection instead of answering.",
      "Look at the destination's log; what happens to the message stands in its trace." },
    { "MLLP-017", "A delivery was cut off because its channel was stopped.",
      "Nothing: it goes on when the channel starts again." },
};
/* clang-format on */

const size_t conn_mllp_n_codes = ZS_COUNT(conn_mllp_codes);

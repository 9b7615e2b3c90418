/* Meanings and actions of MLLP-010 and up; those below are the framing's (hl7). */
#include "connector/mllp/codes.h"

const struct err_code conn_mllp_codes[] = {
    { "MLLP-010", "The address is not mllp://host:port or mllps://host:port.",
      "Write for example mllp://127.0.0.1:2575; an IPv6 address stands in brackets." },
    { "MLLP-012", "There is not enough memory to open a listener.",
      "Look at the machine's memory." },
    { "MLLP-013", "There is not enough memory for a connection or an acknowledgement.",
      "Look at the machine's memory; the message is tried again." },
    { "MLLP-014", "The destination answered no: AE, AR, CE, CR or a negative commit byte.",
      "Read its text in the trace. AE and CE are tried again; AR and CR are final." },
    { "MLLP-015", "The destination did not acknowledge in time.",
      "Ask there whether the message arrived, then skip or resend it; raise `timeout` if the "
      "system is slow by nature." },
    { "MLLP-016", "The destination closed the connection instead of answering.",
      "Ask there whether the message arrived, then skip or resend it." },
    { "MLLP-017", "The attempt was given up on our side.",
      "None; it is tried again or was stopped." },
    { "MLLP-018", "Certificate, key and the address do not fit together.",
      "TLS needs an address with mllps://, and a certificate always comes with its key." },
    { "MLLP-019", "`verify: pin` and `pins` do not go together.",
      "List the fingerprints to accept, or choose another way to verify." },
    { "MLLP-020", "The destination answered something that cannot be read as an acknowledgement.",
      "Ask there whether the message arrived; its MSA-1 must be AA, AE, AR, CA, CE or CR." },
};
const size_t conn_mllp_n_codes = ZS_COUNT(conn_mllp_codes);

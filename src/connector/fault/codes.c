/*
 * What the codes of the fault connector mean, for `zarish explain`.
 */
#include "connector/fault/codes.h"

/* clang-format off */
const struct err_code conn_fault_codes[] = {
    { "FAULT-001", "A fault endpoint names an outcome that does not exist.",
      "Use ok, retry, busy, uncertain, reject, operator or hang." },
    { "FAULT-002", "A fault endpoint did what its `outcomes` say.",
      "Nothing: this is what the endpoint is for." },
    { "FAULT-003", "There was no memory for a fault endpoint.", "Give the engine more memory." },
};
/* clang-format on */

const size_t conn_fault_n_codes = ZS_COUNT(conn_fault_codes);

/*
 * What the codes of app mean, for `zarish explain`.
 */
#include "app/codes.h"

/* clang-format off */
const struct err_code app_codes[] = {
    { "APP-002", "The example that the demo runs on cannot be read.",
      "Run it from the source tree, or name the example's directory with --dir." },
    { "APP-003", "The demo could not make its temporary data directory.",
      "Set TMPDIR to a short path that can be written." },
    { "APP-004", "The reference has no page of that name.",
      "`zarish reference` without a name lists the pages." },
    { "APP-005", "There is not enough memory to fetch a token.", "Look at the machine's memory." },
    { "APP-006", "A token was not fetched because the engine is stopping.",
      "Nothing: what needed it is taken up again at the next start." },
};
/* clang-format on */

const size_t app_n_codes = ZS_COUNT(app_codes);

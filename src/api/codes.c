/*
 * What the codes of the management API mean, for `zarish explain`.
 */
#include "api/codes.h"

/* clang-format off */
const struct err_code api_codes[] = {
    { "API-001", "There is nothing at the path of this request.",
      "Compare it with docs/reference/api.md; everything lies below /api/v1." },
    { "API-002", "The path exists, but not with this method.",
      "The Allow field of an OPTIONS request, or the reference, names those there are." },
    { "API-003", "A query parameter has a value it cannot have.",
      "The text says which and what it takes." },
    { "API-004", "The request has a query parameter that this route does not know.",
      "Correct its name; unknown ones are refused so that a mistyped filter does not show everything." },
    { "API-005", "There was no memory to answer.", "Try again; give the engine more memory." },
    { "API-006", "The act could not be recorded, so it was not done.",
      "See the log for what the store says; usually the disk is full." },
};
/* clang-format on */

const size_t api_n_codes = ZS_COUNT(api_codes);

/*
 * What the codes of the management API mean, for `zarish explain`.
 */
#include "api/codes.h"

/* clang-format off */
const struct err_code api_codes[] = {
    { "API-001", "There is nothing at the path of this request.",
      "Compare it with docs/reference/api.md; everything lies below /api/v1." },
    { "API-002", "The path exists, but not with this method.",
      "The Allow field of the answer names those there are." },
    { "API-003", "A query parameter has a value it cannot have.",
      "The text says which and what it takes." },
    { "API-004", "The request has a query parameter that this route does not know.",
      "Correct its name; unknown ones are refused so that a mistyped filter does not show everything." },
    { "API-005", "There was no memory to answer.", "Try again; give the engine more memory." },
    { "API-006", "The act could not be recorded, so it was not done.",
      "See the log for what the store says; usually the disk is full." },
    { "API-007", "The body has a Content-Type that this route does not take.",
      "Send it as the text says." },
    { "API-008", "The body is JSON, but not an object.", "Send an object; the reference shows its members." },
    { "API-009", "A header or option of a call cannot be sent.", "Correct the one the text names." },
    { "API-010", "The object is not what If-Match or If-None-Match says: somebody changed it since.",
      "Read it again, apply the change to what it is now, and send that with the new ETag." },
    { "API-011", "The engine is stopping.", "Send it again when the engine is up." },
    { "API-012", "If-Match holds more than one ETag, or * where an object might be made.", "Send the one that came with the object." },
    { "API-013", "The integration is failed, so nothing can be sent through it.",
      "Its record says why; mend the configuration with PUT, or POST it again." },
    { "API-014", "The call was made and failed; the text is the guide's error.",
      "`execution` in the answer holds all that is known, its attempts too." },
    { "API-015", "The name of a secret has a character it cannot have, or is too long.",
      "Use letters, digits, dots, dashes and underscores. Secrets of an integration are changed "
      "with the integration." },
    { "API-016", "The secret is in use.", "Change what the text names first." },
    { "API-017", "There is a user of this name.", "Change it with PUT, or choose another name." },
};
/* clang-format on */

const size_t api_n_codes = ZS_COUNT(api_codes);

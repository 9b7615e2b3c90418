/*
 * What the codes of manage mean, for `zarish explain`.
 */
#include "manage/codes.h"

/* clang-format off */
const struct err_code manage_codes[] = {
    { "MNG-001", "The engine is stopping and takes no further changes.",
      "Send it again when the engine is up." },
    { "MNG-002", "There is no integration of this name or id.",
      "`zarish get integrations` lists them." },
    { "MNG-003", "There is no object of this kind and name.",
      "`zarish export --all` shows all objects there are." },
    { "MNG-004", "The object is used by others and cannot be removed.",
      "Change or remove what the text names first." },
    { "MNG-005", "The integration has no endpoint of this name or id.",
      "`zarish describe integration NAME` shows its endpoints." },
    { "MNG-006", "Somebody else changed the object since it was read.",
      "Read it again, apply the change to what it is now, and send that." },
    { "MNG-007", "The object comes from a configuration file and is changed there.",
      "Edit the file the text names, or set engine.writeBack to let the engine write it." },
};
/* clang-format on */

const size_t manage_n_codes = ZS_COUNT(manage_codes);

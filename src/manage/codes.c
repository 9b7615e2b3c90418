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
      "`GET /api/v1/export?all=true` shows all objects there are." },
    { "MNG-004", "The object is used by others and cannot be removed.",
      "Change or remove what the text names first." },
    { "MNG-005", "The integration has no endpoint of this name or id.",
      "`zarish describe integration NAME` shows its endpoints." },
    { "MNG-006", "Somebody else changed the object since it was read.",
      "Read it again, apply the change to what it is now, and send that." },
    { "MNG-007", "The object stands in a configuration file and is changed there.",
      "Edit the file the text names and restart, or set engine.writeBack to let the engine write it." },
    { "MNG-008", "There is an integration of this name that has not failed, or the name is another's id.",
      "Choose another name, or replace the one there is with PUT." },
    { "MNG-009", "The document is no object, or names another object than the request.",
      "Send one JSON object; leave the name out or repeat it." },
    { "MNG-010", "An integration that failed validation does not run, so this cannot be done to it.",
      "Mend its configuration first; its record says what is wrong." },
    { "MNG-011", "This kind of document cannot be changed here.",
      "Integrations, channels, mappings and tables can; the engine's own settings stand in its files." },
    { "MNG-012", "The configuration file is not what it was when the engine read it, or cannot be written.",
      "Restart the engine to take the file up as it is, or undo the edit." },
    { "MNG-013", "There was not enough memory for a change of the configuration.",
      "Try again; give the engine more memory." },
    { "MNG-014", "The change could not be recorded in the ledger, so it was not made.",
      "See the log for what the store says; usually the disk is full." },
    { "MNG-015", "There are as many integrations as an engine takes.",
      "Remove those that are not used; look for a client that posts ever new ones." },
    { "MNG-016", "An earlier change is in the ledger but not in force; no other may follow it.",
      "Restart the engine: it makes the change good. Look at the disk first." },
    { "MNG-017", "The documents are too many or too large to be handled at once.",
      "Split them." },
    { "MNG-020", "The integration's configuration has errors; it is stored as failed or, where one runs, left as it is.",
      "Mend what the text lists and send it again." },
    { "MNG-021", "The integration's credential could not be set up.",
      "Check the token server's address and the credentials, then send it again; it is also tried again by itself." },
    { "MNG-022", "An endpoint of the integration could not be reached, or refused the test.",
      "Look at the endpoint the text names; the integration is probed until it answers." },
    { "MNG-023", "A secret was changed, and something that uses it does not compile with the new value.",
      "Set the secret again; what runs keeps the old value until then." },
};
/* clang-format on */

const size_t manage_n_codes = ZS_COUNT(manage_codes);

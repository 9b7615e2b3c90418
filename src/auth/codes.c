/* Meanings and actions of AUTH-*. */
#include "auth/codes.h"

const struct err_code auth_codes[] = {
    { "AUTH-001", "That is no role.", "Use viewer, operator, editor or admin." },
    { "AUTH-002", "There is not enough memory for keys.", "Look at the machine's memory." },
    { "AUTH-003", "A key's name, id or role cannot be used.",
      "Give a name of 1 to 63 printable bytes and a role." },
    { "AUTH-004", "There are as many keys as there may be.", "Remove those that are not used." },
    { "AUTH-005", "A key with this id is there already.", "Try again; ids are made at random." },
    { "AUTH-006", "There is no key with this id.", "List the keys to see their ids." },
    { "AUTH-010", "The request carries no credential.",
      "Send the key as `Authorization: Bearer KEY` or `X-API-Key: KEY`." },
    { "AUTH-011", "The credential is not valid.",
      "Check the key: it may be mistyped, removed or expired." },
    { "AUTH-012", "Too many attempts from this address failed.",
      "Wait as long as the answer says, then use a valid key." },
    { "AUTH-013", "The credential is given in a way that is not understood.",
      "Send it once, as `Authorization: Bearer KEY` or `X-API-Key: KEY`." },
    { "AUTH-014", "The role does not allow this.", "Use a key with a higher role." },
    { "AUTH-020", "The file of the admin credential could be read or replaced by others.",
      "Give it to the engine's user and set its mode to 0600; if others may have read it, delete "
      "it and start the engine: a new one is made." },
    { "AUTH-021", "The file of the admin credential is damaged.",
      "Delete it and start the engine: a new one is made." },
    { "AUTH-022", "There is no admin credential here.",
      "Start the engine once on this data directory, or set ZARISH_KEY." },
    { "AUTH-023", "The file of the admin credential cannot be opened.",
      "Run the command as the engine's user." },
};
const size_t auth_n_codes = ZS_COUNT(auth_codes);

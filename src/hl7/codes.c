/* Rows of `zarish explain`; see codes.h. Sorted by id. */
#include "hl7/codes.h"

const struct err_code hl7_codes[] = {
    { "HL7-001", "The bytes do not begin with an MSH, FHS or BHS segment, so they are no HL7 v2.",
      "Look at the first bytes of what was received; a message begins with MSH and a separator." },
    { "HL7-002", "The header segment ends before its field separator and encoding characters.",
      "Send MSH-1 and MSH-2, for example MSH|^~\\&|." },
    { "HL7-003", "The message is longer than the limit that is set.",
      "Raise the limit, or find out why the sender's message is so long." },
    { "HL7-004", "The message has more segments than the limit that is set.",
      "Raise the limit, or split what is a batch into its messages." },
    { "HL7-005", "Working on one message took more memory than is set aside for it.",
      "Raise the memory limit of a message." },
    { "HL7-006", "The message is UTF-16 text; messages are read as bytes with ASCII delimiters.",
      "Convert it to UTF-8 and say UNICODE UTF-8 in MSH-18." },
    { "HL7-010", "The text is not a path into an HL7 message.",
      "Write segment, field, component: PID-5.1, OBX[3]-5, PID-3[2].4.2." },
    { "HL7-011", "A number in an HL7 path is 0 or too large.", "Fields and indexes count from 1." },
    { "HL7-020",
      "A value has a delimiter or control character in it, and the message has no escape "
      "character.",
      "Declare an escape character in MSH-2, or leave the character out." },
    { "MLLP-002", "The message holds the bytes that mark the ends of a frame.",
      "Escape them (\\X0B\\, \\X1C\\) where the message is made." },
};
const size_t hl7_n_codes = ZS_COUNT(hl7_codes);

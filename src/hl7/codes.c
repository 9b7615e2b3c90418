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
    { "HL7-021",
      "A component, repetition or sub-component is to be made, and the message has no separator "
      "for it.",
      "Declare the separator in MSH-2, or set the whole field." },
    { "HL7-022", "The path names something an edit cannot change in this way.",
      "Name a field or part of one; add whole segments; leave MSH-1 and MSH-2 as they are." },
    { "HL7-023", "A segment is to be made, and those of its kind before it do not exist.",
      "Make the occurrences in order: OBX[1], then OBX[2]." },
    { "HL7-024", "A value has a character that the message's character set does not have.",
      "Set MSH-18 to UNICODE UTF-8 before the text, or write the text in another way." },
    { "HL7-025", "An edit would make very many empty parts.", "Check the numbers in the path." },
    { "HL7-026", "There is nothing at the path that could be deleted.",
      "Look at the message with `zarish hl7 parse`." },
    { "HL7-027", "The bytes given for a new segment are not one segment.",
      "Give an id, separators and values, without a line end; a header cannot be added." },
    { "MLLP-002", "The message holds the bytes that mark the ends of a frame.",
      "Escape them (\\X0B\\, \\X1C\\) where the message is made." },
};
const size_t hl7_n_codes = ZS_COUNT(hl7_codes);

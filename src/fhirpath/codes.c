/* The codes of fhirpath. Sorted by id. */
#include "fhirpath/codes.h"

const struct err_code fhirpath_codes[] = {
    { "FP-001", "A character in an expression has no meaning there.",
      "Look at the position. Strings stand in single quotes, unusual names and paths in "
      "backticks." },
    { "FP-002", "A string, a name in backticks or a comment is not closed.",
      "Close it. A quote inside a string is written \\'." },
    { "FP-003", "A backslash in a string or name is followed by something that is no escape.",
      "Escapes are \\' \\\" \\` \\\\ \\/ \\r \\n \\t \\f and \\u with four hexadecimal digits." },
    { "FP-004", "An expression has something in a place where something else should stand.",
      "The message says what should stand at the position." },
    { "FP-005", "Brackets of an expression do not match.", "Close or remove the one named." },
    { "FP-006", "A literal is no date, time or number that can be held.",
      "Dates are @2024-05-17, date-times @2024-05-17T10:30:00+02:00, times @T10:30; numbers have "
      "at "
      "most 36 digits." },
    { "FP-007", "There is no function of this name.",
      "Names are case-sensitive; the message names the nearest one." },
    { "FP-008", "A function has too many or too few arguments.", "The message says how many." },
    { "FP-009", "There is no variable of this name here.",
      "Besides %context, %resource, %rootResource, %ucum, %sct, %loinc, %`vs-…` and %`ext-…` only "
      "what the place of the expression offers can be used." },
    { "FP-010", "There is no type of this name.", "Look up the type's name in the model." },
    { "FP-011", "A path in backticks does not follow its document's syntax.",
      "HL7 v2: `PID-5.1`, `PID-3[2].4.2`, `OBX[3]-5`. JSON: `name[0].family` or "
      "`/name/0/family`." },
    { "FP-012", "A pattern is no regular expression.", "Correct it at the character named." },
    { "FP-013", "A function of the language that this version does not have.",
      "Write the condition in another way." },
    { "FP-101", "Several items stand where one is needed.",
      "Choose one: first(), where(…), [0]; or ask about all of them with exists(…) or all(…)." },
    { "FP-102", "Operands of types that do not go together.",
      "Convert one of them: toString(), toInteger(), toDecimal(), toDate() …" },
    { "FP-103", "A function was given a value of a type it does not take.",
      "Convert it, or look at what the path leads to." },
    { "FP-104", "An element without a value of its own was used as a value.",
      "Go on to the child that has the value." },
    { "FP-105", "The condition of iif() is no Boolean.", "Compare, or use exists()." },
    { "FP-106", "A regular expression that was computed cannot be used.",
      "Look at where the pattern comes from." },
    { "FP-107", "A path of one kind of document was used on another.",
      "The expression was written for documents of another format." },
    { "FP-201", "An expression is too long or has too many parts.", "Split it." },
    { "FP-202", "An expression, or data it compares, is nested too deeply.", "Split it." },
    { "FP-203", "An expression holds too many values at once.", "Select less, earlier." },
    { "FP-204", "An expression needed more steps than it may take.",
      "Avoid loops in loops over long lists; filter before combining." },
    { "FP-205", "A computed text is too long.",
      "Look at replace(), join() and + over long texts." },
    { "FP-206", "A regular expression took too long on a text.",
      "Avoid nested repetition such as (a+)+." },
    { "FP-207", "There was no memory for an expression or its result.",
      "The message is larger than its limit allows." },
};
const size_t fhirpath_n_codes = ZS_COUNT(fhirpath_codes);

/*
 * The codes of base. Sorted by id.
 */
#include "base/codes.h"

const struct err_code base_codes[] = {
    { "BASE-001", "A result grew over its configured limit.",
      "raise the limit named in the text if the input is legitimate" },
    { "BASE-002", "Memory ran out, or an object reached the memory allowed to it.",
      "look at the size of the input first; raise the limit, or give the machine more memory" },
    { "BASE-003", "The text is not a number.", "correct it at the position shown" },
    { "BASE-004", "The number is outside the range allowed here.",
      "use a value from the range in the text" },
    { "BASE-005", "The text is not a size such as 64k or 10MB.",
      "write digits and one unit: B, k, M, G or T" },
    { "BASE-006", "The text is not a duration such as 500ms, 5s or 1h30m.",
      "write digits and units (ms, s, m, h, d, w), the largest first" },
    { "BASE-008", "The text is not a UUID.", "use the form 8-4-4-4-12 of hexadecimal digits" },
    { "BASE-009", "A table has as many entries as it may hold.",
      "reduce the number of names, or raise the limit named in the text" },
    { "BASE-010", "The text is not a date or time of the form expected.",
      "correct it at the position shown; the text names the form" },
    { "BASE-011", "The date or time does not exist.",
      "correct the part named: month, day, hour, minute, second or offset" },
    { "BASE-020", "No such character set is known, or its name depends on the platform.",
      "use a name of HL7 table 0211 or of `iconv -l`, such as UTF-8, 8859/1 or windows-1252" },
    { "BASE-021", "A byte does not belong to the declared character set.",
      "check what the sender really sends; set the source's character set or its fallback" },
    { "BASE-022", "Text that must be UTF-8 is not.", "correct the input at the position shown" },
    { "BASE-023", "A character cannot be written in the target character set.",
      "send UTF-8, or allow replacement for that destination" },
    { "BASE-030", "A file or directory does not exist.", "check the path" },
    { "BASE-031", "A file cannot be opened or read.",
      "check its permissions and the reason in the text" },
    { "BASE-032", "A file is larger than allowed here.",
      "raise the limit named in the text if the file is legitimate" },
    { "BASE-033", "A file cannot be written safely.",
      "check free space, permissions and the reason in the text" },
    { "BASE-034", "A directory cannot be made.", "check the permissions of its parent" },
    { "BASE-035", "A path leads out of the directory it must stay in.",
      "remove \"..\" and links that lead out, or move the file below the configured root" },
    { "BASE-040", "A thread cannot be started.",
      "check the limits on processes and memory (ulimit -u, cgroup)" },
    { "BASE-050", "No such log level.", "use debug, info, warn or error" },
};

const size_t base_n_codes = ZS_COUNT(base_codes);

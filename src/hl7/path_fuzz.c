/* Any text: it is refused with a place, or what is printed reads back as the same path. */
#include "hl7/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct hl7_path p;
    struct hl7_path again;
    struct err e;
    char text[HL7_PATH_TEXT];
    if (hl7_path_parse(in, &p, &e) != RC_OK) {
        ZS_ASSERT(e.pos <= in.n);
        return 0;
    }
    size_t n = hl7_path_print(&p, text);
    ZS_ASSERT(hl7_path_parse(str_of(text, n), &again, &e) == RC_OK && hl7_path_eq(&p, &again));
    return 0;
}

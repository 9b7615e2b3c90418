/*
 * The formats by number.
 */
#include "flow/format_int.h"

const struct format_ops *format_ops(enum config_format f)
{
    static const struct format_ops *const all[] = {
        [FORMAT_HL7V2] = &format_hl7, [FORMAT_JSON] = &format_json, [FORMAT_BYTES] = &format_bytes
    };
    ZS_ASSERT((size_t)f < ZS_COUNT(all));
    return all[f];
}

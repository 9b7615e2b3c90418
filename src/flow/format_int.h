/*
 * The formats, one constant each.
 */
#ifndef ZS_FLOW_FORMAT_INT_H
#define ZS_FLOW_FORMAT_INT_H

#include "flow/format.h"

extern const struct format_ops format_hl7;
extern const struct format_ops format_json;
extern const struct format_ops format_bytes;

#endif

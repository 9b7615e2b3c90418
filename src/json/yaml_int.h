/*
 * What a plain YAML scalar means, for yaml.c.
 */
#ifndef ZS_JSON_YAML_INT_H
#define ZS_JSON_YAML_INT_H

#include "json/yaml.h"

enum yaml_meaning {
    YAML_IS_NULL,
    YAML_IS_TRUE,
    YAML_IS_FALSE,
    YAML_IS_NUMBER,
    YAML_IS_TEXT,
    YAML_LEADING_ZERO, /* a number that another reader may take for octal, or a text with a zero */
    YAML_NO_JSON       /* infinity, not-a-number, an integer over 64 bits in base 8 or 16 */
};

/* For NUMBER the text JSON takes is appended to *number; else nothing is. */
enum yaml_meaning yaml_plain(struct str text, struct buf *number);

#endif

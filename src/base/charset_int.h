/*
 * Between charset.c (conversion) and charset_codec.c (the sets converted here, and names).
 */
#ifndef ZS_BASE_CHARSET_INT_H
#define ZS_BASE_CHARSET_INT_H

#include "base/charset.h"
#include "base/utf8.h"

/* A set that is converted here: one character at a time. */
struct codec {
    const char *name;
    bool ascii;  /* a byte under 0x80 is that ASCII character, wherever a character starts */
    size_t unit; /* bytes skipped over a bad place */
    /* As utf8_next: the character at *pos and *pos behind it, or UTF8_BAD and *pos unchanged. */
    uint32_t (*next)(struct str s, size_t *pos);
    /* Bytes written (1 to 4), 0 when the set has no such character. */
    size_t (*put)(uint32_t cp, char out[4]);
    struct str mark; /* written at the start of every text; empty for most */
};

/* By canonical name or alias, any case; NULL when iconv has to do it. */
const struct codec *codec_find(struct str name);

/* windows-1252, for the fallback. */
const struct codec *codec_windows_1252(void);

/*
 * What a byte order mark at the start of `in` says: its length in *skip (0 when there is none), and
 * the codec to go on with.
 */
const struct codec *codec_by_mark(const struct codec *c, struct str in, size_t *skip);

#endif

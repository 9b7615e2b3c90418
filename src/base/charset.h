/*
 * Character sets, to and from UTF-8, by name. There is no default anywhere: whoever converts names
 * the set, and neither the locale nor the machine's byte order ever decides.
 *
 * Names taken: HL7 table 0211 ("UNICODE UTF-8", "8859/1", "ISO IR87" …), and what iconv knows
 * ("windows-1252", "CP932"). Names that mean "the platform's own" ("", "char", "wchar_t") and
 * iconv's suffixes ("//TRANSLIT") are refused. UTF-16 and UTF-32 without a byte order mark are
 * big-endian, as their standards say; they are written big-endian with a mark. ISO IR14 (JIS X
 * 0201) is converted here, as glibc has none.
 *
 *   charset_open ── decode / encode, any number ── charset_free
 *
 * ASCII runs of ASCII-compatible sets are copied, not converted.
 *
 * Thread  one at a time per struct charset.
 */
#ifndef ZS_BASE_CHARSET_H
#define ZS_BASE_CHARSET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct charset;

/* What to do with a byte (or, outwards, a character) that the set does not have. */
enum charset_policy {
    CHARSET_REJECT,  /* stop with an error */
    CHARSET_REPLACE, /* U+FFFD inwards, '?' outwards */
    CHARSET_FALLBACK /* inwards: that byte is read as windows-1252; outwards like REPLACE */
};

/* What was not plain sailing. Zeroed by each call. */
struct charset_loss {
    size_t count;    /* places replaced or read by fallback */
    size_t first_at; /* byte offset in the input of the first; ERR_NO_POS if none */
};

/*
 * Table 0211 to an iconv name ("8859/1" to "ISO-8859-1"): a static string, NULL when the table does
 * not have it. Case and surrounding white space do not matter.
 */
const char *charset_of_hl7(struct str name);

/* The other way, from the name a struct charset reports; NULL when table 0211 has no such set. */
const char *charset_to_hl7(struct str name);

/*
 * Returns  RC_MISSING  BASE-020, no such set, or a refused name
 *          RC_NOMEM    BASE-002
 */
enum rc charset_open(struct str name, struct charset **out, struct err *e) ZS_CHECK;

/* Frees and nulls; NULL inside is fine. */
void charset_free(struct charset **cs);

/* The name it converts by ("UTF-8", "ISO-8859-1"). Lives as long as cs. */
const char *charset_name(const struct charset *cs);

/*
 * Bytes of the set to UTF-8, appended to out. Every call starts in the set's first state. A mark
 * (BOM) at the very start is dropped. loss may be NULL. On an error out holds what was converted
 * before.
 * Returns  RC_SYNTAX  BASE-021, policy REJECT: e->pos is the byte
 *          RC_LIMIT, RC_NOMEM  of out (BASE-001, BASE-002)
 */
enum rc charset_decode(struct charset *cs, struct str in, enum charset_policy policy,
                       struct buf *out, struct charset_loss *loss, struct err *e) ZS_CHECK;

/*
 * UTF-8 to bytes of the set, appended to out.
 * Returns  RC_SYNTAX  BASE-022, `in` is not UTF-8, whatever the policy: e->pos is the byte
 *          RC_VALUE   BASE-023, policy REJECT and a character the set does not have: e->pos
 *          RC_LIMIT, RC_NOMEM  of out
 */
enum rc charset_encode(struct charset *cs, struct str in, enum charset_policy policy,
                       struct buf *out, struct charset_loss *loss, struct err *e) ZS_CHECK;

#endif

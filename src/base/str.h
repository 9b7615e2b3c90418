/*
 * struct str: a borrowed run of bytes with its length. Not terminated; may hold NUL.
 *
 * It is the parameter type for text everywhere. It owns nothing: whoever hands one out says how
 * long it lives. {NULL, 0} is the empty string and also what "absent" looks like where a function
 * says so (str_is_null).
 *
 * Message content is always a struct str and never a `const char *`; log fields take only the
 * latter, so content cannot be logged by accident (log.h).
 */
#ifndef ZS_BASE_STR_H
#define ZS_BASE_STR_H

#include "base/defs.h"

#include <string.h>

struct str {
    const char *p;
    size_t n;
};

/* From a literal: an expression, and an initialiser for static tables. */
#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_INIT(lit)                                                                              \
    {                                                                                              \
        (lit), sizeof(lit) - 1                                                                     \
    }
#define STR_NULL ((struct str){ NULL, 0 })

/* For printf: ("%.*s", STR_ARG(s)). For machine strings only: lengths over INT_MAX print cut. */
#define STR_ARG(s) ((int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n)), ((s).n ? (s).p : "")

static inline struct str str_of(const char *p, size_t n)
{
    return (struct str){ p, n };
}

/* From a terminated string; NULL gives STR_NULL. */
static inline struct str str_z(const char *z)
{
    return z ? (struct str){ z, strlen(z) } : STR_NULL;
}

static inline bool str_is_null(struct str s)
{
    return s.p == NULL;
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_eqz(struct str a, const char *z)
{
    return str_eq(a, str_z(z));
}

/* n bytes from `at`; clipped to what is there. */
static inline struct str str_sub(struct str s, size_t at, size_t n)
{
    if (at >= s.n)
        return s.n ? (struct str){ s.p + s.n, 0 } : s;
    return (struct str){ s.p + at, n < s.n - at ? n : s.n - at };
}

static inline struct str str_from(struct str s, size_t at)
{
    return str_sub(s, at, SIZE_MAX);
}

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Order by bytes, a prefix first: <0, 0, >0. */
int str_cmp(struct str a, struct str b);

/* ASCII case folded. Bytes outside ASCII compare as they are. */
bool str_ieq(struct str a, struct str b);

/* Position of the first byte / substring at or after `from`, SIZE_MAX if none. */
size_t str_chr(struct str s, char c, size_t from);
size_t str_find(struct str s, struct str needle, size_t from);

/* Without leading and trailing ASCII white space (space, \t \r \n \v \f). */
struct str str_trim(struct str s);

/*
 * Cut the next piece off *rest at `sep`. Returns false when nothing is left; an empty last piece
 * after a final separator is returned ("a,b," gives "a", "b", ""). Start with *rest non-null:
 * the empty string gives one empty piece; after the last piece *rest is STR_NULL.
 */
bool str_split(struct str *rest, char sep, struct str *piece);

/*
 * Levenshtein distance of two short names, for "did you mean" hints; ASCII case folded.
 * Strings over 64 bytes count as far apart (SIZE_MAX).
 */
size_t str_distance(struct str a, struct str b);

/*
 * The nearest of n names to `s` (distance at most a third of its length, at least 1 edit allowed
 * from 2 characters on), or NULL. names is an array of terminated strings.
 */
const char *str_nearest(struct str s, const char *const *names, size_t n);

#endif

/*
 * Borrowed strings. Tests: str_test.c
 */
#include "base/str.h"

#define DISTANCE_MAX 64

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

int str_cmp(struct str a, struct str b)
{
    size_t n = size_min(a.n, b.n);
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_ieq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.p[i]) != fold(b.p[i]))
            return false;
    return true;
}

size_t str_chr(struct str s, char c, size_t from)
{
    if (from >= s.n)
        return SIZE_MAX;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from)
        return SIZE_MAX;
    if (needle.n == 0)
        return from;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_split(struct str *rest, char sep, struct str *piece)
{
    if (str_is_null(*rest))
        return false;
    size_t at = str_chr(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *piece = *rest;
        *rest = STR_NULL;
        return true;
    }
    *piece = str_sub(*rest, 0, at);
    *rest = str_from(*rest, at + 1);
    return true;
}

size_t str_distance(struct str a, struct str b)
{
    if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX)
        return SIZE_MAX;
    size_t row[DISTANCE_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j];
            size_t cost = fold(a.p[i - 1]) == fold(b.p[j - 1]) ? 0 : 1;
            row[j] = size_min(size_min(above + 1, row[j - 1] + 1), diagonal + cost);
            diagonal = above;
        }
    }
    return row[b.n];
}

const char *str_nearest(struct str s, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t allowed = size_max(s.n / 3, s.n >= 2 ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        size_t d = str_distance(s, str_z(names[i]));
        if (d <= allowed && (!best || d < str_distance(s, str_z(best))))
            best = names[i];
    }
    return best;
}

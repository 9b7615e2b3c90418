/*
 * JSON text into a struct buf, for json_write.c and jw.c: a cursor over the buffer's free room, so
 * that small pieces cost a comparison and a store.
 *
 *   out_begin ── out_… ── out_end
 *
 * After a failure (the ceiling, no memory, text that is not UTF-8) every call does nothing and
 * answers false; out_end gives the buffer its length back in any case.
 */
#ifndef ZS_JSON_JSON_OUT_H
#define ZS_JSON_JSON_OUT_H

#include "json/json_int.h"
#include "json/scan.h"

struct out {
    struct buf *b;
    char *p;
    char *end;
    const struct json_scan *scan;
    enum json_style style;
    bool bad_text; /* stopped at text that is not UTF-8 */
    bool replace;  /* write U+FFFD for wrong sequences instead of stopping */
    size_t n_replaced;
};

void out_begin(struct out *o, struct buf *b, enum json_style style);
void out_end(struct out *o);

/* Room for n bytes at o->p, which is not moved. */
bool out_more(struct out *o, size_t n);

static inline bool out_room(struct out *o, size_t n)
{
    return (size_t)(o->end - o->p) >= n || out_more(o, n);
}

/* memcpy for the lengths that texts have mostly, without a call. Touches only n bytes. */
static inline __attribute__((always_inline)) char *out_copy(char *to, const char *from, size_t n)
{
    if (n > 32) {
        memcpy(to, from, n);
    } else if (n >= 16) {
        memcpy(to + (n - 16), from + (n - 16), 16);
        memcpy(to, from, 16);
    } else if (n >= 8) {
        memcpy(to + (n - 8), from + (n - 8), 8);
        memcpy(to, from, 8);
    } else if (n >= 4) {
        memcpy(to + (n - 4), from + (n - 4), 4);
        memcpy(to, from, 4);
    } else if (n > 0) {
        if (n > 1)
            memcpy(to + (n - 2), from + (n - 2), 2);
        to[0] = from[0];
    }
    return to + n;
}

bool out_bytes(struct out *o, const char *p, size_t n);

/* s between quotes, escaped as json_write says. clean: known to need nothing. */
bool out_string(struct out *o, struct str s, bool clean);

/* A new line and two spaces a level. */
bool out_line_pretty(struct out *o, unsigned depth);

/* The same, in pretty style only. */
static inline bool out_line(struct out *o, unsigned depth)
{
    return o->style == JSON_COMPACT || out_line_pretty(o, depth);
}

/*
 * A whole document. depth is where it stands, for the indentation. JSON_DEEP: a container below
 * JSON_DEPTH_MAX. *stopped is the node that could not be written.
 */
enum out_result { OUT_OK, OUT_FAILED, OUT_DEEP };
enum out_result out_tree(struct out *o, const struct json *v, unsigned depth,
                         const struct json **stopped);

#endif

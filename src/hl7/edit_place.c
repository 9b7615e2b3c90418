/*
 * Bytes of a place inside one field: where it is, the field with another value there, the field
 * without it. Tests: edit_test.c
 */
#include "hl7/edit_int.h"

#include "hl7/scan.h"

struct level {
    char sep;
    uint32_t index;
};

/* The steps from a field down to the path's place; none when it is the whole field. */
static size_t levels_of(struct hl7_delims d, const struct hl7_path *p, struct level out[3])
{
    size_t n = 0;
    if (p->rep || p->comp || p->sub)
        out[n++] = (struct level){ d.rep, p->rep ? p->rep : 1 };
    if (p->comp || p->sub)
        out[n++] = (struct level){ d.comp, p->comp ? p->comp : 1 };
    if (p->sub)
        out[n++] = (struct level){ d.sub, p->sub };
    return n;
}

/* Narrow lo … hi to piece l.index; when there are fewer, to their end, and say how many lack. */
static uint32_t narrow(struct str field, struct level l, size_t *lo, size_t *hi)
{
    if (l.sep == 0)
        return l.index - 1;
    size_t n = *hi - *lo;
    if (l.index > 1) {
        size_t found = 0;
        size_t at = scan_nth(field.p + *lo, n, l.sep, l.index - 1, &found);
        if (found < l.index - 1) {
            *lo = *hi;
            return (uint32_t)(l.index - 1 - found);
        }
        *lo += at + 1;
    }
    size_t stop = str_chr(str_sub(field, 0, *hi), l.sep, *lo);
    *hi = stop == SIZE_MAX ? *hi : stop;
    return 0;
}

void edit_find(struct str field, struct hl7_delims d, const struct hl7_path *p,
               struct edit_place *out)
{
    struct level levels[3];
    size_t n = levels_of(d, p, levels);
    *out = (struct edit_place){ .hi = field.n, .parent_hi = field.n, .exists = true };
    for (size_t i = 0; i < n; i++) {
        out->parent_lo = out->lo;
        out->parent_hi = out->hi;
        out->sep = levels[i].sep;
        out->pad_sep[i] = levels[i].sep;
        out->pad_n[i] = narrow(field, levels[i], &out->lo, &out->hi);
        if (out->pad_n[i] == 0)
            continue;
        out->exists = false;
        out->no_sep |= levels[i].sep == 0;
        out->lo = out->hi;
    }
}

static enum rc build(struct str before, const struct edit_place *pad, struct str value,
                     struct str after, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, SIZE_MAX);
    buf_str(&b, before);
    for (size_t i = 0; pad && i < ZS_COUNT(pad->pad_n); i++)
        buf_fill(&b, pad->pad_sep[i], pad->pad_n[i]);
    buf_str(&b, value);
    buf_str(&b, after);
    if (b.failed)
        return edit_no_room(e);
    *out = b.n > 0 ? buf_view(&b) : STR("");
    return RC_OK;
}

enum rc edit_splice(struct str field, const struct edit_place *place, struct str value,
                    struct arena *a, struct str *out, struct err *e)
{
    uint64_t n = (uint64_t)place->pad_n[0] + place->pad_n[1] + place->pad_n[2];
    if (place->no_sep)
        return err_set(e, RC_VALUE, "HL7-021",
                       "the message has no separator for a part of a field that is to be made");
    if (n > EDIT_PIECES_MAX)
        return err_set(e, RC_LIMIT, "HL7-025", "more than %u empty parts would have to be made",
                       EDIT_PIECES_MAX);
    return build(str_sub(field, 0, place->lo), place, value, str_from(field, place->hi), a, out, e);
}

enum rc edit_remove(struct str field, const struct edit_place *place, bool shift, struct arena *a,
                    struct str *out, struct err *e)
{
    size_t lo = place->lo;
    size_t hi = place->hi;
    bool last = hi == place->parent_hi;
    if (shift && !last)
        hi++;
    else if (shift && lo > place->parent_lo)
        lo--;
    else if (!shift && last)
        while (lo > place->parent_lo && field.p[lo - 1] == place->sep)
            lo--;
    return build(str_sub(field, 0, lo), NULL, STR(""), str_from(field, hi), a, out, e);
}

/*
 * Cursors of lists: where the next page begins, in a form that tells the caller nothing to build
 * on. Tests: api_parts_test.c
 */
#include "api/api_int.h"

#include "base/num.h"

static enum rc bad(struct err *e)
{
    return err_set(e, RC_VALUE, "API-003", "this is no `next` of a list of this kind");
}

struct str api_cursor(struct arena *a, uint64_t seq, unsigned n)
{
    struct buf b;
    buf_init_arena(&b, a, 64);
    buf_fmt(&b, "%llx", (unsigned long long)seq);
    if (n)
        buf_fmt(&b, "-%x", n);
    return buf_view(&b);
}

enum rc api_cursor_read(struct str text, uint64_t *seq, unsigned *n, struct err *e)
{
    struct str rest = text, first = STR_NULL;
    uint64_t a = 0, b = 0;
    *seq = 0;
    *n = 0;
    if (text.n == 0)
        return RC_OK;
    (void)str_split(&rest, '-', &first); /* there is a first piece */
    if (num_hex(first, &a, e) != RC_OK || (!str_is_null(rest) && num_hex(rest, &b, e) != RC_OK) ||
        b > UINT32_MAX)
        return bad(e);
    *seq = a;
    *n = (unsigned)b;
    return RC_OK;
}

struct str api_cursor_name(struct arena *a, struct str name)
{
    struct buf b;
    buf_init_arena(&b, a, 1024);
    buf_hex(&b, name.p, name.n);
    return buf_view(&b);
}

enum rc api_cursor_name_read(struct str text, struct arena *a, struct str *name, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 1024);
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        uint64_t byte = 0;
        if (num_hex(str_sub(text, i, 2), &byte, e) != RC_OK)
            return bad(e);
        buf_char(&b, (char)byte);
    }
    if (text.n % 2)
        return bad(e);
    *name = text.n ? buf_view(&b) : STR("");
    return buf_rc(&b, e);
}

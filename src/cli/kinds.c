/*
 * Which thing is meant. Tests: remote_test.c
 */
#include "cli/kinds.h"

static const struct cli_kind *find(const struct cli_kind *kinds, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqz(word, kinds[i].one) || str_eqz(word, kinds[i].path))
            return &kinds[i];
    return NULL;
}

static enum rc unknown(struct cli *c, const struct cli_kind *kinds, size_t n, struct str word,
                       struct err *e)
{
    struct buf b;
    buf_init_arena(&b, c->arena, 1024);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%s", i ? ", " : "", kinds[i].one);
    struct str names = buf_view(&b);
    return err_set(e, RC_VALUE, "CLI-054", "\"%.*s\" is no kind of thing; there are %.*s",
                   STR_ARG(word), STR_ARG(names));
}

enum rc cli_kind_read(struct cli *c, const struct cli_args *a, const struct cli_kind *kinds,
                      size_t n, const struct cli_kind **kind, const char **name, struct err *e)
{
    const char *given = cli_pos(a, 1);
    struct str word = str_z(cli_pos(a, 0));
    size_t slash = str_chr(word, '/', 0);
    if (!given && slash != SIZE_MAX && slash + 1 < word.n) {
        given = word.p + slash + 1;
        word = str_sub(word, 0, slash);
    }
    *kind = find(kinds, n, word);
    *name = given;
    if (!*kind)
        return unknown(c, kinds, n, word, e);
    if (!given)
        return err_set(e, RC_VALUE, "CLI-005", "argument NAME is missing");
    return RC_OK;
}

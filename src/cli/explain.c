/*
 * zarish explain: what an error's code means and what to do. Tests: cli_help_test.c
 */
#include "cli/cli_int.h"
#include "cli/commands.h"

#include "json/jw.h"

struct codes {
    const struct err_code **v;
    size_t n;
};

static int by_id(const void *a, const void *b)
{
    const struct err_code *const *x = a;
    const struct err_code *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static enum rc all_codes(struct cli *c, struct codes *out, struct err *e)
{
    const struct cli_program *p = c->program;
    size_t n = 0;
    for (size_t i = 0; i < p->n_codes; i++)
        n += *p->codes[i].n;
    out->n = 0;
    out->v = arena_make(c->arena, const struct err_code *, n);
    if (!out->v)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    for (size_t i = 0; i < p->n_codes; i++)
        for (size_t k = 0; k < *p->codes[i].n; k++)
            out->v[out->n++] = &p->codes[i].rows[k];
    qsort(out->v, n, sizeof *out->v, by_id);
    return RC_OK;
}

static enum rc find_code(struct cli *c, struct codes *all, struct str id, struct err *e)
{
    const char **ids = arena_make(c->arena, const char *, all->n);
    if (!ids)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    for (size_t i = 0; i < all->n; i++) {
        ids[i] = all->v[i]->id;
        if (str_ieq(id, str_z(ids[i]))) {
            *all = (struct codes){ .v = all->v + i, .n = 1 };
            return RC_OK;
        }
    }
    const char *near = str_nearest(id, ids, all->n);
    if (near)
        return err_set(e, RC_MISSING, "CLI-008", "there is no such code; did you mean %s?", near);
    return err_set(e, RC_MISSING, "CLI-008", "there is no such code");
}

static enum rc put_json(struct cli *c, const struct codes *codes, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, c->arena, 4u << 20);
    jw_init(&w, &b, JSON_PRETTY);
    jw_array(&w);
    for (size_t i = 0; i < codes->n; i++) {
        jw_object(&w);
        jw_kstrz(&w, "code", codes->v[i]->id);
        jw_kstrz(&w, "meaning", codes->v[i]->meaning);
        jw_kstrz(&w, "action", codes->v[i]->action);
        jw_end(&w);
    }
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc == RC_OK)
        fprintf(c->out, "%.*s\n", STR_ARG(buf_view(&b)));
    return rc;
}

static void put_one(FILE *f, const struct err_code *row, int width)
{
    fprintf(f, "%s\n", row->id);
    help_fill(f, row->meaning, 2, width);
    fputs("  What to do:\n", f);
    help_fill(f, row->action, 4, width);
}

static void put_list(FILE *f, const struct codes *codes)
{
    for (size_t i = 0; i < codes->n; i++)
        fprintf(f, "%-10s %s\n", codes->v[i]->id, codes->v[i]->meaning);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct codes codes;
    struct err e;
    const char *id = cli_pos(a, 0);
    enum rc rc = all_codes(c, &codes, &e);
    if (rc == RC_OK && id)
        rc = find_code(c, &codes, str_z(id), &e);
    if (rc == RC_MISSING)
        return cli_usage(c, a, &e);
    if (rc == RC_OK && c->json)
        rc = put_json(c, &codes, &e);
    else if (rc == RC_OK && id)
        put_one(c->out, codes.v[0], c->width);
    else if (rc == RC_OK)
        put_list(c->out, &codes);
    return rc == RC_OK ? CLI_DONE : cli_fail(c, &e);
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPT_END };

const struct cli_cmd cmd_explain = {
    .name = "explain",
    .args = "[CODE]",
    .summary = "Say what an error's code means and what to do",
    .details = "Every error that Zarish prints, logs or answers carries a code such as JSON-003. "
               "Without one, all codes are listed.",
    .examples = "zarish explain JSON-003\n"
                "zarish explain -o json",
    .opts = opts,
    .run = run,
};

/*
 * zarish hl7 get: the values at a path. Tests: hl7_cmd_test.c
 */
#include "cli/commands.h"
#include "cli/hl7_file.h"
#include "hl7/path.h"
#include "json/jw.h"

struct getter {
    struct cli *c;
    struct hl7_file *f;
    struct jw *w; /* -o json */
    struct buf *b;
    bool raw;
    size_t n; /* values found */
};

static void put_json(struct getter *g, const struct hl7_iter *it, struct hl7_value v,
                     struct str text)
{
    char place[HL7_PATH_TEXT];
    (void)hl7_path_print(&it->here, place);
    jw_object(g->w);
    if (g->f->n_messages > 1)
        jw_ku64(g->w, "message", g->f->n_messages);
    jw_kstrz(g->w, "path", place);
    jw_keyz(g->w, "value");
    if (v.presence == HL7_NULL)
        jw_null(g->w);
    else
        jw_str(g->w, text);
    jw_ku64(g->w, "offset", (uint64_t)(v.raw.p - g->f->bytes.p));
    jw_end(g->w);
}

static void put_line(struct getter *g, struct str text)
{
    if (g->c->out_is_tty)
        cli_put_safe(g->c->out, text);
    else
        buf_str(g->b, text);
    buf_char(g->b, '\n');
    hl7_flush(g->c, g->b);
}

static enum rc put_value(struct getter *g, const struct hl7_iter *it, struct hl7_value v,
                         struct err *e)
{
    struct str text = v.raw;
    bool whole = v.presence == HL7_NULL || g->raw;
    if (!whole) {
        enum rc rc = hl7_text(g->f->m, v, g->f->arena, &text, e);
        if (rc != RC_OK)
            return rc;
    }
    g->n++;
    if (g->c->json)
        put_json(g, it, v, text);
    else
        put_line(g, text);
    return RC_OK;
}

static enum rc get_message(struct getter *g, const struct hl7_path *p, struct err *e)
{
    struct hl7_iter it;
    struct hl7_value v;
    enum rc rc = RC_OK;
    hl7_iter_init(&it, g->f->m, p);
    while (rc == RC_OK && hl7_iter_next(&it, &v)) {
        struct arena_mark mark = arena_mark(g->f->arena);
        rc = put_value(g, &it, v, e);
        arena_rewind(g->f->arena, mark);
    }
    return rc;
}

/* Headers and trailers of batches count too: FHS-4 is a path like any other. */
static enum rc get_all(struct getter *g, const struct hl7_path *p, struct err *e)
{
    bool more = true;
    enum rc rc = hl7_file_next(g->f, &more, e);
    while (rc == RC_OK && more) {
        rc = get_message(g, p, e);
        if (rc == RC_OK)
            rc = hl7_file_next(g->f, &more, e);
    }
    return rc;
}

static int get(struct cli *c, const struct cli_args *a, const struct hl7_path *p)
{
    struct hl7_file f;
    struct jw w;
    struct buf b;
    struct err e = { 0 };
    struct getter g = { .c = c, .f = &f, .w = &w, .b = &b, .raw = cli_has(a, "raw") };
    buf_init(&b, SIZE_MAX);
    jw_init(&w, &b, JSON_PRETTY);
    enum rc rc = hl7_file_open(c, cli_pos(a, 0), &f, &e);
    if (c->json)
        jw_array(&w);
    if (rc == RC_OK)
        rc = get_all(&g, p, &e);
    if (c->json && rc == RC_OK) {
        jw_end(&w);
        rc = jw_done(&w, &e);
        buf_char(&b, '\n');
        hl7_flush(c, &b);
    }
    int status = g.n > 0 ? CLI_DONE : CLI_NO;
    if (rc != RC_OK)
        status = hl7_file_fail(c, &f, &e);
    hl7_file_done(&f);
    buf_done(&b);
    return status;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct hl7_path p;
    struct err e = { 0 };
    if (hl7_path_parse(str_z(cli_pos(a, 1)), &p, &e) != RC_OK)
        return cli_usage(c, a, &e);
    return get(c, a, &p);
}

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "raw", .help = "values as they stand, with escapes and in their character set" },
    CLI_OPT_END
};

const struct cli_cmd cmd_hl7_get = {
    .name = "hl7 get",
    .args = "FILE|- PATH",
    .summary = "Print the values at a path of an HL7 v2 message",
    .details =
        "One line a value, decoded, in UTF-8. Without an index all occurrences of the segment and "
        "all repetitions of the field are meant. An empty value is an empty line, the null value "
        "is \"\"; what is absent prints nothing, and when nothing is found the exit status is 1. "
        "A field or component that has parts is printed as it stands, with its separators.",
    .examples = "zarish hl7 get message.hl7 PID-5.1\n"
                "# second repetition, fourth component, second sub-component\n"
                "zarish hl7 get message.hl7 'PID-3[2].4.2'\n"
                "# OBX-5 of the third OBX\n"
                "zarish hl7 get message.hl7 'OBX[3]-5'",
    .opts = opts,
    .run = run,
};

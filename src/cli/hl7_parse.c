/*
 * zarish hl7 parse: HL7 v2 to JSON. Tests: hl7_cmd_test.c
 */
#include "cli/commands.h"
#include "cli/hl7_file.h"
#include "cli/hl7_json.h"

#define FLUSH_OVER ((size_t)256 << 10)

struct output {
    struct cli *c;
    struct buf *b;
};

static void flush_some(void *ctx)
{
    struct output *o = ctx;
    if (o->b->n > FLUSH_OVER)
        hl7_flush(o->c, o->b);
}

/* Every part, one object each. */
static enum rc put_parts(struct hl7_file *f, struct jw *w, const struct hl7_json_sink *sink,
                         struct err *e)
{
    bool more = true;
    enum rc rc = hl7_file_next(f, &more, e);
    while (rc == RC_OK && more) {
        bool headless = f->m->n_segs == 0 || !hl7_id_is_header(f->m->segs[0].id);
        rc = hl7_json_put(w, f->m, headless, f->arena, sink, e);
        if (rc == RC_OK)
            rc = hl7_file_next(f, &more, e);
    }
    return rc;
}

static enum rc parse_file(struct cli *c, struct hl7_file *f, enum json_style style, struct err *e)
{
    struct buf b;
    struct jw w;
    struct output o = { c, &b };
    struct hl7_json_sink sink = { flush_some, &o };
    bool single = f->single;
    buf_init(&b, SIZE_MAX);
    jw_init(&w, &b, style);
    if (!single) {
        jw_object(&w);
        jw_keyz(&w, "parts");
        jw_array(&w);
    }
    enum rc rc = put_parts(f, &w, &sink, e);
    if (!single) {
        jw_end(&w);
        jw_end(&w);
    }
    if (rc == RC_OK)
        rc = jw_done(&w, e);
    if (rc == RC_OK) {
        buf_char(&b, '\n');
        hl7_flush(c, &b);
    }
    buf_done(&b);
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct hl7_file f;
    struct err e = { 0 };
    enum rc rc = hl7_file_open(c, cli_pos(a, 0), &f, &e);
    if (rc == RC_OK)
        rc = parse_file(c, &f, cli_has(a, "compact") ? JSON_COMPACT : JSON_PRETTY, &e);
    int status = rc == RC_OK ? CLI_DONE : hl7_file_fail(c, &f, &e);
    hl7_file_done(&f);
    return status;
}

static const struct cli_opt opts[] = {
    { .name = "compact", .letter = 'c', .help = "without line breaks and indentation" }, CLI_OPT_END
};

const struct cli_cmd cmd_hl7_parse = {
    .name = "hl7 parse",
    .args = "FILE|-",
    .summary = "Print an HL7 v2 message as JSON",
    .details =
        "Segments come in order, fields by number; components and sub-components likewise where "
        "there is more than one. Values are decoded text; null is HL7's null value. `zarish hl7 "
        "build` turns the JSON back into the same bytes.\n\n"
        "What text cannot say exactly is said beside it: \"raw\" for values with unusual escapes, "
        "\"hex\" for bytes that are no text, \"line\" for lines that are no segment. A file of "
        "several messages is an object with \"parts\".",
    .examples = "zarish hl7 parse message.hl7\n"
                "# change something and write it back\n"
                "zarish hl7 parse message.hl7 | jq '.segments[1].fields[\"8\"] = \"F\"' | zarish "
                "hl7 build -",
    .opts = opts,
    .run = run,
};

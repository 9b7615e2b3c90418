/*
 * zarish hl7 build: JSON as `hl7 parse` prints it to HL7 v2. Tests: hl7_cmd_test.c
 */
#include "cli/commands.h"
#include "cli/hl7_file.h"
#include "cli/hl7_json.h"

#define FLUSH_OVER ((size_t)256 << 10)
#define INPUT_MAX  ((size_t)4 << 30)
#define ARENA_MAX  ((size_t)32 << 30)

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

static int build(struct cli *c, const char *path, struct arena *a)
{
    static const struct json_limits limits = {
        .bytes = INPUT_MAX, .depth = 16, .nodes = UINT32_MAX, .dup = JSON_DUP_REJECT
    };
    struct buf b;
    struct output o = { c, &b };
    struct hl7_json_sink sink = { flush_some, &o };
    struct json *doc = NULL;
    struct str in = STR_NULL;
    struct err e = { 0 };
    buf_init(&b, SIZE_MAX);
    enum rc rc = cli_read_input(c, path, INPUT_MAX, a, &in, &e);
    if (rc == RC_OK)
        rc = json_parse(in, &limits, a, &doc, &e);
    if (rc == RC_OK)
        rc = hl7_json_build(doc, a, &b, &sink, &e);
    if (rc == RC_OK)
        hl7_flush(c, &b);
    buf_done(&b);
    if (rc == RC_OK)
        return CLI_DONE;
    if (e.pos == ERR_NO_POS)
        return cli_fail(c, &e);
    return cli_fail_in(c, strcmp(path, "-") == 0 ? "standard input" : path, in, &e);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct err e = { 0 };
    struct arena *arena = arena_new("hl7 build", (size_t)1 << 16, ARENA_MAX);
    if (!arena) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory");
        return cli_fail(c, &e);
    }
    int status = build(c, cli_pos(a, 0), arena);
    arena_free(&arena);
    return status;
}

const struct cli_cmd cmd_hl7_build = {
    .name = "hl7 build",
    .args = "FILE|-",
    .summary = "Write the HL7 v2 message that JSON describes",
    .details = "The JSON has the form that `zarish hl7 parse` prints, and comes back as the bytes "
               "it was made from. In JSON written by hand, delimiters default to |^~\\& and line "
               "ends to CR.",
    .examples = "zarish hl7 parse in.hl7 | zarish hl7 build - > same.hl7",
    .run = run,
};

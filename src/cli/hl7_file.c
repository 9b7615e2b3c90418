/* Files of HL7 v2, part by part; see hl7_file.h. Tests: hl7_cmd_test.c */
#include "cli/hl7_file.h"

/* The largest input, and room for it and for what is made of its parts. */
#define INPUT_MAX ((size_t)2 << 30)
#define ARENA_MAX ((size_t)16 << 30)

enum rc hl7_file_open(struct cli *c, const char *path, struct hl7_file *f, struct err *e)
{
    *f = (struct hl7_file){ .path = path };
    f->file_arena = arena_new("hl7 file", 0, ARENA_MAX);
    f->arena = arena_new("hl7 part", (size_t)1 << 16, ARENA_MAX);
    if (!f->file_arena || !f->arena)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    enum rc rc = cli_read_input(c, path, INPUT_MAX, f->file_arena, &f->bytes, e);
    if (rc != RC_OK)
        return rc;
    hl7_parts_init(&f->parts, f->bytes);
    /* The first part decides whether this is HL7 at all; it is parsed again when its turn comes. */
    struct hl7_parts look = f->parts;
    struct hl7_part first = { .bytes = f->bytes };
    (void)hl7_parts_next(&look, &first); /* an empty file has none */
    f->single = first.bytes.n == f->bytes.n;
    const struct hl7_msg *m = NULL;
    struct hl7_limits limits = { .bytes = INPUT_MAX, .segs = INPUT_MAX };
    return hl7_parse(first.bytes, &limits, f->arena, &m, e);
}

enum rc hl7_file_next(struct hl7_file *f, bool *more, struct err *e)
{
    struct hl7_limits limits = { .bytes = INPUT_MAX, .segs = INPUT_MAX };
    *more = hl7_parts_next(&f->parts, &f->part);
    if (!*more)
        return RC_OK;
    f->n_parts++;
    f->n_messages += f->part.kind == HL7_PART_MESSAGE;
    arena_clear(f->arena);
    return hl7_parse_part(f->part.bytes, f->part.delims, &limits, f->arena, &f->m, e);
}

enum rc hl7_file_next_message(struct hl7_file *f, bool *more, struct err *e)
{
    enum rc rc = RC_OK;
    do {
        rc = hl7_file_next(f, more, e);
    } while (rc == RC_OK && *more && f->part.kind != HL7_PART_MESSAGE);
    return rc;
}

void hl7_file_done(struct hl7_file *f)
{
    arena_free(&f->arena);
    arena_free(&f->file_arena);
}

int hl7_file_fail(struct cli *c, const struct hl7_file *f, const struct err *e)
{
    const char *name = strcmp(f->path, "-") == 0 ? "standard input" : f->path;
    return e->pos == ERR_NO_POS ? cli_fail(c, e) : cli_fail_in(c, name, f->bytes, e);
}

void hl7_flush(struct cli *c, struct buf *b)
{
    (void)fwrite(b->p, 1, b->n, c->out); /* cli_main looks at the stream's state at the end */
    buf_clear(b);
}

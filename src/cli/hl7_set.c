/*
 * zarish hl7 set: edit by path. Tests: hl7_cmd_test.c
 */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/hl7_file.h"
#include "hl7/edit.h"

#include <errno.h>
#include <sys/stat.h>

struct change {
    struct hl7_path path;
    struct str value;
    bool deletes;
};

struct changes {
    struct change *v;
    size_t n;
};

static enum rc read_assignment(const char *word, struct change *out, struct err *e)
{
    struct str s = str_z(word);
    size_t eq = str_chr(s, '=', 0);
    if (eq == SIZE_MAX)
        return err_set(e, RC_SYNTAX, "CLI-021", "PATH=VALUE is expected");
    *out = (struct change){ .value = str_from(s, eq + 1) };
    return hl7_path_parse(str_sub(s, 0, eq), &out->path, e);
}

/* Deletions first: what is set afterwards stays. */
static enum rc read_changes(struct cli *c, const struct cli_args *a, struct changes *out,
                            struct err *e)
{
    size_t n_delete = cli_count(a, "delete");
    size_t n = n_delete + a->n_pos - 1;
    out->n = 0;
    out->v = arena_make(c->arena, struct change, n);
    if (!out->v)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n_delete; i++) {
        struct change *d = &out->v[out->n++];
        d->deletes = true;
        rc = hl7_path_parse(str_z(cli_opt_at(a, "delete", i)), &d->path, e);
    }
    for (size_t i = 1; rc == RC_OK && i < a->n_pos; i++)
        rc = read_assignment(a->pos[i], &out->v[out->n++], e);
    return rc;
}

/*
 * A path to a field or repetition takes what `hl7 get` prints for it, separators included; one to a
 * component or sub-component takes text.
 */
static enum rc apply(struct hl7_edit *ed, const struct change *ch, struct err *e)
{
    if (ch->deletes) {
        enum rc rc = hl7_edit_delete(ed, &ch->path, e);
        return rc == RC_MISSING ? RC_OK : rc;
    }
    enum hl7_form form = ch->path.comp ? HL7_TEXT : HL7_ENCODED;
    enum rc rc = hl7_edit_set(ed, &ch->path, ch->value, form, e);
    if (rc != RC_OK) {
        char place[HL7_PATH_TEXT];
        (void)hl7_path_print(&ch->path, place);
        err_where(e, "%s", place);
        e->pos = ERR_NO_POS; /* it counted in the value */
    }
    return rc;
}

static enum rc edit_message(struct hl7_file *f, const struct changes *all, struct buf *out,
                            struct err *e)
{
    struct hl7_edit *ed = NULL;
    enum rc rc = hl7_edit_new(f->m, f->arena, &ed, e);
    for (size_t i = 0; rc == RC_OK && i < all->n; i++)
        rc = apply(ed, &all->v[i], e);
    return rc == RC_OK ? hl7_edit_write(ed, out, e) : rc;
}

/* All parts into out; only messages are edited. */
static enum rc edit_all(struct hl7_file *f, const struct changes *all, struct buf *out,
                        struct err *e)
{
    bool more = true;
    enum rc rc = hl7_file_next(f, &more, e);
    while (rc == RC_OK && more) {
        if (f->part.kind == HL7_PART_MESSAGE)
            rc = edit_message(f, all, out, e);
        else
            buf_str(out, f->part.bytes);
        if (rc == RC_OK)
            rc = hl7_file_next(f, &more, e);
    }
    return rc == RC_OK ? buf_rc(out, e) : rc;
}

/* The file with the mode it had. */
static enum rc replace_file(const char *path, struct str bytes, struct err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_sys(e, "BASE-031", errno, "cannot read %s", path);
    return file_write_atomic(path, bytes, st.st_mode & 07777, e);
}

static int set(struct cli *c, const struct cli_args *a, const struct changes *all)
{
    struct hl7_file f;
    struct buf out;
    struct err e = { 0 };
    buf_init(&out, SIZE_MAX);
    enum rc rc = hl7_file_open(c, cli_pos(a, 0), &f, &e);
    if (rc == RC_OK)
        rc = edit_all(&f, all, &out, &e);
    if (rc == RC_OK && cli_has(a, "in-place"))
        rc = replace_file(f.path, buf_view(&out), &e);
    else if (rc == RC_OK)
        hl7_flush(c, &out);
    int status = rc == RC_OK ? CLI_DONE : hl7_file_fail(c, &f, &e);
    hl7_file_done(&f);
    buf_done(&out);
    return status;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct changes all;
    struct err e = { 0 };
    if (cli_has(a, "in-place") && strcmp(cli_pos(a, 0), "-") == 0) {
        (void)err_set(&e, RC_VALUE, "CLI-022", "standard input cannot be changed in place");
        return cli_usage(c, a, &e);
    }
    enum rc rc = read_changes(c, a, &all, &e);
    if (rc == RC_NOMEM)
        return cli_fail(c, &e);
    return rc == RC_OK ? set(c, a, &all) : cli_usage(c, a, &e);
}

static const struct cli_opt opts[] = {
    { .name = "in-place", .letter = 'i', .help = "replace the file, at once or not at all" },
    { .name = "delete",
      .letter = 'd',
      .arg = "PATH",
      .help = "empty a field or component, or take away a segment or repetition; may be repeated" },
    CLI_OPT_END
};

const struct cli_cmd cmd_hl7_set = {
    .name = "hl7 set",
    .args = "FILE|- [PATH=VALUE...]",
    .summary = "Write an HL7 v2 message with other values",
    .details =
        "Every byte that no change touches stays as it is. Missing fields, components and segments "
        "are made. At a component (PID-5.1) the value is text, and what means something to HL7 in "
        "it is escaped; at a field or repetition (PID-5) it may have the message's separators. "
        "PATH= empties, PATH='\"\"' sets the null value. In a file of several messages each is "
        "changed.",
    .examples = "zarish hl7 set message.hl7 PID-5.1=DOE 'PID-3[2]=4711^^^HOSP^MR' > changed.hl7\n"
                "zarish hl7 set --in-place message.hl7 --delete PID-19 MSH-11=T",
    .opts = opts,
    .run = run,
};

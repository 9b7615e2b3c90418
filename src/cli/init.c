/*
 * `zarish init`: a first configuration from a sample message. What the message holds becomes the
 * rules of a mapping, so that there is something to change instead of an empty page.
 */
#include "cli/cli.h"

#include "base/file.h"
#include "hl7/path.h"
#include "json/jw.h"

#include <errno.h>
#include <fcntl.h>

#define FILE_MAX ((size_t)64 * 1024 * 1024)
#define TEXT_MAX ((size_t)4 * 1024 * 1024)

/* Where a field people know goes in the output; what is not here gets a name of its path. */
static const struct {
    const char *path, *to;
} known[] = {
    { "PID-3.1", "patient.id" },
    { "PID-5.1", "patient.name.family" },
    { "PID-5.2", "patient.name.given" },
    { "PID-7", "patient.birthDate" },
    { "PID-8", "patient.sex" },
    { "PID-11.1", "patient.address.line" },
    { "PID-11.3", "patient.address.city" },
    { "PID-11.5", "patient.address.postalCode" },
    { "PID-13.1", "patient.phone" },
    { "PID-18.1", "patient.account" },
    { "PV1-2", "visit.class" },
    { "PV1-3.1", "visit.ward" },
    { "PV1-7.1", "visit.doctor" },
    { "PV1-19.1", "visit.number" },
    { "PV1-44", "visit.admitted" },
    { "ORC-2.1", "order.placer" },
    { "ORC-3.1", "order.filler" },
    { "OBR-2.1", "order.placer" },
    { "OBR-3.1", "order.filler" },
    { "OBR-4.1", "order.code" },
    { "OBR-4.2", "order.text" },
    { "OBR-7", "order.observedAt" },
};

/* Of each OBX, when there is any. */
static const struct {
    const char *path, *to;
} observation[] = {
    { "OBX-3.1", "code" }, { "OBX-3.2", "text" }, { "OBX-5", "value" },
    { "OBX-6.1", "unit" }, { "OBX-8", "flag" },   { "OBX-11", "status" },
};

struct writer {
    struct cli *c;
    struct buf b;
    const struct hl7_msg *m;
};

/* A YAML double-quoted scalar is a JSON string. */
static void quoted(struct writer *w, struct str s)
{
    struct jw j;
    struct err e;
    jw_init(&j, &w->b, JSON_COMPACT);
    jw_str(&j, s);
    if (jw_done(&j, &e) != RC_OK && w->b.failed == RC_OK)
        w->b.failed = e.code;
}

static bool has(const struct writer *w, const char *path)
{
    struct hl7_path p;
    return hl7_path_parse(str_z(path), &p, NULL) == RC_OK &&
           hl7_get(w->m, &p).presence == HL7_VALUED;
}

static struct str header(struct writer *w, unsigned field, unsigned comp)
{
    struct str s;
    return hl7_text(w->m, hl7_header(w->m, field, comp), w->c->arena, &s, NULL) == RC_OK ? s
                                                                                         : STR("");
}

static void rule(struct writer *w, const char *indent, const char *to, const char *from,
                 const char *more)
{
    buf_fmt(&w->b, "%s- { to: %s, from: %s%s }\n", indent, to, from, more);
}

static void rules(struct writer *w)
{
    rule(w, "  ", "controlId", "MSH-10", ", required: true");
    rule(w, "  ", "event", "MSH-9.2", "");
    for (size_t i = 0; i < ZS_COUNT(known); i++) {
        bool twice = false; /* ORC-2 and OBR-2 go to one place: the first that is there */
        for (size_t k = 0; k < i; k++)
            twice = twice || (strcmp(known[k].to, known[i].to) == 0 && has(w, known[k].path));
        if (!twice && has(w, known[i].path))
            rule(w, "  ", known[i].to, known[i].path, "");
    }
    if (hl7_seg_find(w->m, HL7_ID('O', 'B', 'X'), 0) == HL7_NO_SEG)
        return;
    buf_z(&w->b, "  - each: OBX\n    to: results\n    rules:\n");
    for (size_t i = 0; i < ZS_COUNT(observation); i++)
        if (has(w, observation[i].path))
            rule(w, "      ", observation[i].to, observation[i].path, "");
}

static void document(struct writer *w, const struct cli_args *a, struct str type)
{
    struct buf filter;
    buf_init_arena(&filter, w->c->arena, 256);
    buf_z(&filter, "`MSH-9.1` = '");
    buf_str(&filter, type);
    buf_char(&filter, '\'');
    buf_z(&w->b,
          "# A first channel, made from a sample message. Check it with `zarish check`, try the\n"
          "# mapping with `zarish map`, run it with `zarish serve --config`.\n\n"
          "integration: receiver\n"
          "type: rest_api\n"
          "endpoints:\n"
          "  - name: in\n"
          "    url: ");
    quoted(w, str_z(cli_opt(a, "to")));
    buf_z(&w->b, "\n    method: POST\n    timeout: 30s\n    dataMapping: to-json\n"
                 "---\n"
                 "mapping: to-json\n"
                 "from: hl7v2\n"
                 "to: json\n"
                 "rules:\n");
    rules(w);
    buf_z(&w->b, "---\n"
                 "channel: hl7-in\n"
                 "source:\n"
                 "  type: hl7_v2\n"
                 "  listen: ");
    quoted(w, str_z(cli_opt(a, "listen")));
    buf_z(&w->b, "\n# messages for which this is not true are stored, answered AA and go nowhere\n"
                 "filter: ");
    quoted(w, buf_view(&filter));
    buf_z(&w->b, "\ndestinations:\n  - to: receiver/in\n");
    if (has(w, "PID-3.1"))
        buf_z(&w->b, "    order: \"`PID-3.1`\" # each patient's messages keep their order\n");
}

/* A type that can stand in the filter as it is: letters and digits. */
static enum rc plain_type(struct writer *w, struct str *type, struct err *e)
{
    *type = header(w, 9, 1);
    bool plain = type->n > 0 && type->n <= 20;
    for (size_t i = 0; plain && i < type->n; i++)
        plain =
            (type->p[i] >= 'A' && type->p[i] <= 'Z') || (type->p[i] >= '0' && type->p[i] <= '9');
    return plain ? RC_OK
                 : err_set(e, RC_VALUE, "CLI-034", "the sample has no message type in MSH-9");
}

/* Never over a file that is there: it may hold somebody's work. */
static enum rc write_new(const char *path, struct str text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return err_set(e, RC_STATE, "CLI-033", "%s exists already; name another file with --out",
                       path);
    if (fd < 0)
        return err_sys(e, "BASE-033", errno, "cannot make %s", path);
    enum rc rc = file_write_all(fd, path, text, e);
    if (close(fd) != 0 && rc == RC_OK)
        rc = err_sys(e, "BASE-033", errno, "cannot write %s", path);
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct writer w = { .c = c };
    struct str text, type;
    struct err e;
    const char *out = cli_opt(a, "out");
    buf_init_arena(&w.b, c->arena, TEXT_MAX);
    enum rc rc = cli_read_input(c, cli_pos(a, 0), FILE_MAX, c->arena, &text, &e);
    if (rc == RC_OK)
        rc = hl7_parse(text, NULL, c->arena, &w.m, &e);
    if (rc == RC_OK)
        rc = plain_type(&w, &type, &e);
    if (rc != RC_OK)
        return cli_fail_in(c, cli_pos(a, 0), STR_NULL, &e);
    document(&w, a, type);
    rc = buf_rc(&w.b, &e);
    if (rc == RC_OK && strcmp(out, "-") == 0) {
        cli_put_safe(c->out, buf_view(&w.b));
        return CLI_DONE;
    }
    if (rc == RC_OK)
        rc = write_new(out, buf_view(&w.b), &e);
    if (rc != RC_OK)
        return cli_fail(c, &e);
    fprintf(c->out,
            "%s is written. Next:\n\n"
            "  zarish check %s\n"
            "  zarish map %s#to-json %s\n"
            "  zarish serve --config %s\n",
            out, out, out, cli_pos(a, 0), out);
    return CLI_DONE;
}

static const struct cli_opt opts[] = { { .name = "out",
                                         .arg = "FILE",
                                         .help =
                                             "where to write it, - for standard output; never over "
                                             "a file that is there",
                                         .def = "zarish.yaml" },
                                       { .name = "listen",
                                         .arg = "URL",
                                         .help = "where messages come in",
                                         .def = "mllp://127.0.0.1:2575" },
                                       { .name = "to",
                                         .arg = "URL",
                                         .help = "where they go, as JSON",
                                         .def = "http://127.0.0.1:8580/in" },
                                       CLI_OPT_END };

const struct cli_cmd cmd_init = {
    .name = "init",
    .args = "FILE|-",
    .summary = "Write a first channel from a sample message",
    .details = "The fields that the message holds become the rules of a mapping to JSON; the "
               "channel takes messages of its type by MLLP and sends them on by HTTP.",
    .examples = "zarish init sample.hl7\n"
                "zarish init sample.hl7 --out - --to https://lab.example/in",
    .opts = opts,
    .run = run,
};

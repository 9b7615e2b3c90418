/*
 * `zarish apply`: make the engine's configuration what documents say. `zarish export`: the
 * documents of what it is. Tests: apply_test.c, tests/scen
 */
#include "cli/conf_files.h"
#include "cli/remote.h"
#include "cli/view.h"

#include "json/jw.h"
#include "json/path.h"
#include "json/yaml.h"

#define TEXT_MAX  ((size_t)16 << 20)
#define PARTS_MAX 2000
#define WAIT_MS   (10 * 60 * 1000)
#define VALUE_MAX 60

/* What was sent: the files one behind the other, and their documents, for where a finding is. */
struct joined {
    struct buf text;
    struct part {
        const char *file;
        struct str text;
        const struct json *docs;
    } part[PARTS_MAX];
    size_t n;
};

/* What is no YAML at all is told here, with its place. */
static int add_file(struct cli *c, struct joined *j, const char *file)
{
    struct part *p = &j->part[j->n];
    struct json *docs = NULL;
    struct err e;
    const char *name = strcmp(file, "-") == 0 ? "standard input" : file;
    if (j->n == PARTS_MAX) {
        (void)err_set(&e, RC_LIMIT, "CLI-042", "there are more than %d files", PARTS_MAX);
        return cli_fail(c, &e);
    }
    *p = (struct part){ .file = name, .text = STR_NULL };
    if (cli_read_input(c, file, TEXT_MAX, c->arena, &p->text, &e) != RC_OK)
        return cli_fail(c, &e);
    if (yaml_parse(p->text, &json_default_limits, c->arena, &docs, &e) != RC_OK)
        return cli_fail_in(c, name, p->text, &e);
    p->docs = docs;
    if (j->n++ > 0)
        buf_z(&j->text, "\n---\n");
    buf_str(&j->text, p->text);
    return CLI_DONE;
}

static int join(struct cli *c, const struct cli_args *a, struct joined *j)
{
    struct conf_files *files = arena_make(c->arena, struct conf_files, 1);
    struct err e;
    int status = CLI_DONE;
    enum rc rc = files ? RC_OK : err_set(&e, RC_NOMEM, "BASE-002", "not enough memory");
    buf_init_arena(&j->text, c->arena, TEXT_MAX);
    for (size_t i = 0; rc == RC_OK && i < cli_count(a, "file"); i++) {
        rc = conf_files(cli_opt_at(a, "file", i), c->arena, files, &e);
        for (size_t k = 0; rc == RC_OK && status == CLI_DONE && k < files->n; k++)
            status = add_file(c, j, files->file[k]);
    }
    if (rc == RC_OK && status == CLI_DONE && j->n == 0)
        rc = err_set(&e, RC_MISSING, "CLI-060", "there is no configuration file to apply");
    if (rc == RC_OK && status == CLI_DONE)
        rc = buf_rc(&j->text, &e);
    return rc == RC_OK ? status : cli_fail(c, &e);
}

/* ---- what came back ----------------------------------------------------------------------- */

/* The value at `path`, or what of the way to it is there. */
static const struct json *deepest(struct cli *c, const struct json *doc, struct str path)
{
    struct json_path compiled;
    struct err none;
    while (path.n > 0) {
        if (json_path_compile(path, c->arena, &compiled, &none) == RC_OK) {
            const struct json *v = json_path_get(&compiled, doc);
            if (v)
                return v;
        }
        while (path.n > 0 && path.p[path.n - 1] != '.' && path.p[path.n - 1] != '[')
            path.n--;
        path.n -= path.n > 0 ? 1 : 0;
    }
    return doc;
}

/* Where "api:channel/adt-in" stands in the files: `file:line:column: `. */
static bool put_place(struct cli *c, const struct joined *j, struct str label, struct str path)
{
    struct str kind = str_from(label, STR("api:").n);
    size_t slash = str_chr(kind, '/', 0);
    if (!str_starts(label, STR("api:")) || slash == SIZE_MAX)
        return false;
    struct str name = str_from(kind, slash + 1);
    kind.n = slash;
    for (size_t i = 0; i < j->n; i++)
        JSON_EACH(doc, j->part[i].docs)
        {
            const struct json *v = deepest(c, doc, path);
            unsigned line = 0, column = 0;
            if (!str_eq(json_text(json_get(doc, kind)), name) || v->pos == JSON_NO_POS)
                continue;
            json_place(j->part[i].text, v->pos, &line, &column);
            fprintf(c->err, "%s:%u:%u: ", j->part[i].file, line, column);
            return true;
        }
    return false;
}

static void put_finding(struct cli *c, const struct joined *j, const struct json *v)
{
    struct str path = json_text(json_getz(v, "path")), hint = json_text(json_getz(v, "hint"));
    struct str code = json_text(json_getz(v, "code")), label = json_text(json_getz(v, "file"));
    if (!put_place(c, j, label, path)) {
        cli_put_safe(c->err, label);
        fputs(label.n ? ": " : "", c->err);
    }
    fprintf(c->err, "%.*s%s", STR_ARG(code), code.n ? ": " : "");
    cli_put_safe(c->err, path);
    fputs(path.n ? ": " : "", c->err);
    cli_put_safe(c->err, json_text(json_getz(v, "message")));
    if (hint.n > 0) {
        fputs(" (", c->err);
        cli_put_safe(c->err, hint);
        fputs(")", c->err);
    }
    fputc('\n', c->err);
}

static int refused(struct cli *c, const struct joined *j, const struct remote_answer *r,
                   const struct err *e)
{
    const struct json *errors = json_getz(r->json, "errors");
    if (json_count(errors) == 0)
        return remote_fail(c, r, e);
    JSON_EACH(v, errors)
    put_finding(c, j, v);
    cli_note(c, "nothing was changed: %zu %s", json_count(errors),
             json_count(errors) == 1 ? "thing is wrong" : "things are wrong");
    return CLI_FAILED;
}

/* A value in one short line. */
static void put_value(struct cli *c, const struct json *v)
{
    struct buf b;
    struct jw w;
    struct err none;
    buf_init_arena(&b, c->arena, TEXT_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_value(&w, v);
    if (!v || jw_done(&w, &none) != RC_OK)
        return;
    struct str s = buf_view(&b);
    cli_put_safe(c->out, s.n > VALUE_MAX ? str_sub(s, 0, VALUE_MAX) : s);
    if (s.n > VALUE_MAX)
        fputs("…", c->out);
}

static void put_difference(struct cli *c, const struct json *d)
{
    const struct json *old = json_getz(d, "old"), *new = json_getz(d, "new");
    fprintf(c->out, "    %c ", old && new ? '~' : new ? '+' : '-');
    cli_put_safe(c->out, json_text(json_getz(d, "path")));
    fputs(": ", c->out);
    put_value(c, old);
    fputs(old && new ? " -> " : "", c->out);
    put_value(c, new);
    fputc('\n', c->out);
}

static void put_change(struct cli *c, const struct json *v)
{
    struct str action = json_text(json_getz(v, "action"));
    fprintf(c->out, "%-9.*s ", STR_ARG(action));
    cli_put_safe(c->out, json_text(json_getz(v, "kind")));
    fputc('/', c->out);
    cli_put_safe(c->out, json_text(json_getz(v, "name")));
    fputc('\n', c->out);
    if (str_eqz(action, "update"))
        JSON_EACH(d, json_getz(v, "diff"))
    put_difference(c, d);
}

static void put_changes(struct cli *c, const struct json *answer)
{
    bool applied = json_bool_or(json_getz(answer, "applied"), false);
    size_t changed = 0, integrations = 0;
    JSON_EACH(v, json_getz(answer, "changes"))
    {
        bool same = str_eqz(json_text(json_getz(v, "action")), "unchanged");
        bool gone = str_eqz(json_text(json_getz(v, "action")), "delete");
        changed += same ? 0 : 1;
        integrations += !same && !gone && str_eqz(json_text(json_getz(v, "kind")), "integration");
        put_change(c, v);
    }
    if (changed == 0)
        cli_note(c, "everything is as the documents say");
    else if (!applied)
        cli_note(c, "nothing was changed: without --dry-run %zu would be", changed);
    else
        cli_note(c, "%zu changed", changed);
    if (applied && integrations > 0)
        cli_note(c, "integrations connect now; `zarish get integrations` shows how it went");
}

static int run_apply(struct cli *c, const struct cli_args *a)
{
    struct remote_request req = { .method = "POST",
                                  .type = "application/yaml",
                                  .wait = "applying, seconds:",
                                  .total_ms = WAIT_MS };
    struct remote_answer r = { .status = 0 };
    struct joined *j = arena_make(c->arena, struct joined, 1);
    struct buf url;
    struct err e;
    if (cli_count(a, "file") == 0) {
        (void)err_set(&e, RC_VALUE, "CLI-060", "say which files: -f FILE|DIR"); /* told at once */
        return cli_usage(c, a, &e);
    }
    if (!j) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory"); /* likewise */
        return cli_fail(c, &e);
    }
    int status = join(c, a, j);
    if (status != CLI_DONE)
        return status;
    buf_init_arena(&url, c->arena, 256);
    buf_z(&url, "/api/v1/apply");
    remote_query(&url, "dryRun", cli_has(a, "dry-run") ? "true" : NULL);
    remote_query(&url, "prune", cli_has(a, "prune") ? "true" : NULL);
    req.path = buf_view(&url);
    req.body = buf_view(&j->text);
    if (remote_send(c, a, &req, &r, &e) != RC_OK)
        return refused(c, j, &r, &e);
    if (c->json)
        remote_print(c, &r);
    else
        put_changes(c, r.json);
    return CLI_DONE;
}

static int run_export(struct cli *c, const struct cli_args *a)
{
    struct remote_answer r = { .status = 0 };
    struct err e;
    enum rc rc = remote_call(
        c, a, "GET", cli_has(a, "all") ? STR("/api/v1/export?all=true") : STR("/api/v1/export"), &r,
        &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    (void)fwrite(r.body.p, 1, r.body.n, c->out); /* cli_main looks at the stream's state */
    if (r.body.n == 0)
        cli_note(c, "nothing was made through the API; --all shows what files hold too");
    return CLI_DONE;
}

static const struct cli_opt apply_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "file",
      .letter = 'f',
      .arg = "PATH",
      .help = "YAML or JSON documents, a directory of them, or - for standard input; any number "
              "of times" },
    { .name = "dry-run", .help = "say what would change, and change nothing" },
    { .name = "prune", .help = "remove what was made through the API and is not in the documents" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt export_opts[] = {
    { .name = "all", .help = "what configuration files hold, too" }, CLI_OPTS_REMOTE, CLI_OPT_END
};

const struct cli_cmd cmd_apply = {
    .name = "apply",
    .summary = "Make the configuration of a running engine what documents say",
    .details = "Creates and changes integrations, channels, mappings and tables, all of them or "
               "none, and prints what changes. Channels that do not change go on untouched; those "
               "that do are drained and replaced, and what they have queued goes on under the new "
               "configuration. Secrets are named (${secret:NAME}), never written out. Everything "
               "that is wrong is told with file and line (exit status 3).",
    .examples = "zarish apply -f config/ --dry-run\n"
                "zarish apply -f receiver.yaml -f channels/\n"
                "# what `zarish export` wrote, edited\n"
                "zarish apply -f export.yaml --prune",
    .opts = apply_opts,
    .run = run_apply,
};

const struct cli_cmd cmd_export = {
    .name = "export",
    .summary = "Print the configuration as documents that `zarish apply` takes",
    .details = "Secrets stay references. Without --all only what was made through the API; the "
               "rest stands in the configuration files already.",
    .examples = "zarish export > export.yaml",
    .opts = export_opts,
    .run = run_export,
};

/*
 * zarish map: run a mapping on a file. Tests: tests/cases
 */
#include "cli/commands.h"
#include "cli/document.h"
#include "cli/mapping_file.h"

#define CONFIG_ARENA_MAX ((size_t)1 << 30)
#define RUN_ARENA_MAX    ((size_t)1 << 30)
#define OUTPUT_MAX       ((size_t)256 << 20)
#define FINDINGS_MAX     1000

struct mapping_run {
    struct cli *c;
    const struct map *map;
    struct document doc;
    bool wrong; /* some message lacks something */
};

static enum rc print_findings(struct cli *c, const struct err_list *found, struct arena *a,
                              struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, OUTPUT_MAX);
    err_list_print(found, &b);
    if (b.n)
        cli_put_safe(c->err, buf_view(&b));
    return buf_rc(&b, e);
}

/* Which tables lack something; the codes themselves only with -o json. */
static void print_misses(struct cli *c, const struct map_output *out)
{
    for (size_t i = 0; i < out->n_misses; i++) {
        const struct map_miss *m = &out->misses[i];
        cli_note(c, "%.*s: table %.*s does not have a code (%zu times)", STR_ARG(m->rule),
                 STR_ARG(m->table), m->count);
    }
    if (out->n_misses_more)
        cli_note(c, "and %zu more failed look-ups", out->n_misses_more);
}

static void put_misses(struct jw *w, const struct map_output *out)
{
    jw_keyz(w, "failedLookups");
    jw_array(w);
    for (size_t i = 0; i < out->n_misses; i++) {
        const struct map_miss *m = &out->misses[i];
        jw_object(w);
        jw_kstr(w, "rule", m->rule);
        jw_kstr(w, "table", m->table);
        jw_kstr(w, "code", m->value);
        jw_ku64(w, "count", m->count);
        jw_end(w);
    }
    jw_end(w);
}

static enum rc print_json(struct cli *c, const struct map_output *out, const struct err_list *found,
                          struct arena *a, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, OUTPUT_MAX);
    jw_init(&w, &b, JSON_PRETTY);
    jw_object(&w);
    jw_keyz(&w, "output");
    if (out->json)
        jw_value(&w, out->json);
    else
        jw_str(&w, out->text);
    jw_keyz(&w, "findings");
    err_list_json(found, &w);
    put_misses(&w, out);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    buf_char(&b, '\n');
    if (rc == RC_OK)
        hl7_flush(c, &b);
    return rc;
}

static enum rc print_text(struct cli *c, const struct map *m, const struct map_output *out,
                          const struct err_list *found, struct arena *a, struct err *e)
{
    (void)fwrite(out->text.p, 1, out->text.n, c->out); /* cli_main looks at the stream's state */
    if (map_to(m) == MAP_JSON)
        (void)fputc('\n', c->out);
    print_misses(c, out);
    return print_findings(c, found, a, e);
}

static enum rc run_one(struct mapping_run *r, struct arena *a, struct err *e)
{
    const struct map_input in = { .hl7 = r->doc.hl7, .json = r->doc.json };
    const struct map_env env = { .now_ms = clock_now_ms(r->c->clock) };
    struct map_output out = { 0 };
    struct err_list found;
    err_list_init(&found, a, FINDINGS_MAX);
    enum rc rc = map_run(r->map, &in, &env, a, &out, &found, e);
    if (rc != RC_OK && rc != RC_VALUE)
        return rc;
    r->wrong = r->wrong || rc == RC_VALUE;
    return r->c->json ? print_json(r->c, &out, &found, a, e)
                      : print_text(r->c, r->map, &out, &found, a, e);
}

/* Every message of the file. */
static int run_all(struct mapping_run *r)
{
    struct err e = { 0 };
    bool more = false;
    if (r->doc.is_json != (map_from(r->map) == MAP_JSON)) {
        (void)err_set(&e, RC_VALUE, "CLI-043", "the mapping is from %s, the file is %s",
                      r->doc.is_json ? "HL7 v2" : "JSON", r->doc.is_json ? "JSON" : "HL7 v2");
        return cli_fail(r->c, &e);
    }
    enum rc rc = document_next(&r->doc, &more, &e);
    while (rc == RC_OK && more) {
        struct arena *a = arena_new("map", 0, RUN_ARENA_MAX);
        rc = a ? run_one(r, a, &e) : err_set(&e, RC_NOMEM, "BASE-002", "not enough memory");
        arena_free(&a);
        if (rc != RC_OK)
            return cli_fail(r->c, &e);
        rc = document_next(&r->doc, &more, &e);
    }
    if (rc != RC_OK)
        return document_fail(r->c, &r->doc, &e);
    return r->wrong ? CLI_NO : CLI_DONE;
}

static int run_mapping(struct cli *c, const struct cli_args *a, struct arena *conf)
{
    struct mapping_run r = { .c = c };
    struct err_list found;
    struct err e = { 0 };
    err_list_init(&found, conf, FINDINGS_MAX);
    enum rc rc = mapping_load(cli_pos(a, 0), conf, &r.map, &found, &e);
    if (rc == RC_VALUE && err_list_any(&found)) {
        rc = print_findings(c, &found, conf, &e);
        return rc == RC_OK ? CLI_FAILED : cli_fail(c, &e);
    }
    if (rc == RC_STATE || (rc == RC_MISSING && str_eqz(str_z(e.id), "CLI-040")))
        return cli_usage(c, a, &e);
    if (rc != RC_OK)
        return cli_fail(c, &e);
    rc = document_open(c, cli_pos(a, 1), &r.doc, &e);
    int status = rc == RC_OK ? run_all(&r) : document_fail(c, &r.doc, &e);
    document_done(&r.doc);
    return status;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct arena *conf = arena_new("mapping", 0, CONFIG_ARENA_MAX);
    struct err e;
    if (!conf) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory");
        return cli_fail(c, &e);
    }
    int status = run_mapping(c, a, conf);
    arena_free(&conf);
    return status;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPT_END };

const struct cli_cmd cmd_map = {
    .name = "map",
    .args = "MAPPING FILE|-",
    .summary = "Run a mapping on a file and print what it makes of it",
    .details =
        "MAPPING is a configuration file or a directory of them; where it holds several mappings, "
        "the name of the one that is meant stands behind a #. FILE is HL7 v2 or JSON; of a file of "
        "several messages each is mapped.\n"
        "\n"
        "What the message lacks and codes that tables do not have are listed on standard error, "
        "without values; -o json prints the output with all of them. The exit status is 1 when a "
        "required value is missing or a value is wrong, 3 when the mapping itself is.",
    .examples = "zarish map oru-json.yaml oru.hl7\n"
                "zarish map config/#oru-json oru.hl7\n"
                "zarish map -o json oru-json.yaml oru.hl7",
    .opts = opts,
    .run = run,
};

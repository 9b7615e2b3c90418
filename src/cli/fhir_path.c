/*
 * zarish fhir path: what a FHIRPath expression finds in a document. Tests: tests/cases
 */
#include "cli/commands.h"
#include "cli/document.h"

#include "fhirpath/fhirpath.h"
#include "fhirpath/result.h"

#include "map/doc_hl7.h"

#define EVAL_ARENA_MAX ((size_t)1 << 30)
#define OUTPUT_MAX     ((size_t)1 << 30)

/* Segments have no JSON of their own: they are shown as they stand. */
static enum rc put_value(struct jw *w, const struct fp_value *v, struct arena *a, struct err *e)
{
    if (v->type == FP_NODE && v->u.node.ops == &doc_hl7_ops) {
        struct doc_prim p;
        enum rc rc = v->u.node.ops->prim(v->u.node, a, &p, e);
        if (rc == RC_OK && p.kind == DOC_OBJECT)
            jw_str(w, doc_hl7_bytes(v->u.node));
        else if (rc == RC_OK && p.kind == DOC_NULL)
            jw_null(w);
        else if (rc == RC_OK)
            jw_str(w, p.text);
        return rc;
    }
    return fp_result_write(w, v, a, e);
}

static enum rc put_results(struct cli *c, struct fp_coll found, struct arena *a, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, OUTPUT_MAX);
    jw_init(&w, &b, c->json ? JSON_PRETTY : JSON_COMPACT);
    jw_array(&w);
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < found.n; i++)
        rc = put_value(&w, &found.v[i], a, e);
    jw_end(&w);
    if (rc == RC_OK)
        rc = jw_done(&w, e);
    buf_char(&b, '\n');
    if (rc == RC_OK)
        hl7_flush(c, &b);
    return rc;
}

static enum rc evaluate(struct cli *c, const struct fp_expr *x, const struct document *d,
                        struct err *e)
{
    struct fp_coll found;
    const struct fp_env env = { .now_ms = clock_now_ms(c->clock) };
    struct arena *a = arena_new("fhir path", 0, EVAL_ARENA_MAX);
    if (!a)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    enum rc rc = fhirpath_eval(x, document_node(d), &env, a, &found, e);
    if (rc == RC_OK)
        rc = put_results(c, found, a, e);
    arena_free(&a);
    return rc;
}

static int run_on(struct cli *c, const struct cli_args *a, struct document *d)
{
    const struct fp_options opt = { .syntax = document_syntax(d) };
    const struct fp_expr *x = NULL;
    struct err e = { 0 };
    bool more = false;
    enum rc rc = fhirpath_compile(str_z(cli_pos(a, 1)), &opt, c->arena, &x, &e);
    if (rc != RC_OK)
        return cli_usage(c, a, &e);
    rc = document_next(d, &more, &e);
    if (rc != RC_OK)
        return document_fail(c, d, &e);
    for (; rc == RC_OK && more; rc = document_next(d, &more, &e)) {
        rc = evaluate(c, x, d, &e);
        if (rc != RC_OK)
            return cli_fail(c, &e);
    }
    return rc == RC_OK ? CLI_DONE : document_fail(c, d, &e);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct document d;
    struct err e = { 0 };
    enum rc rc = document_open(c, cli_pos(a, 0), &d, &e);
    int status = rc == RC_OK ? run_on(c, a, &d) : document_fail(c, &d, &e);
    document_done(&d);
    return status;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPT_END };

const struct cli_cmd cmd_fhir_path = {
    .name = "fhir path",
    .args = "FILE|- EXPRESSION",
    .summary = "Print what a FHIRPath expression finds in a document",
    .details =
        "The document is JSON or HL7 v2, told by its content. The results are a JSON array on one "
        "line, an empty one when nothing is found; a file of several messages gives a line for "
        "each.\n"
        "\n"
        "A path in the document's own syntax stands in backticks: `PID-5.1` in HL7 v2, "
        "`name[0].family` in JSON. A wrong expression ends with exit status 2 and its place.",
    .examples = "zarish fhir path patient.json \"name.where(use = 'official').given\"\n"
                "zarish fhir path adt.hl7 \"`PID-5.1`.lower()\"\n"
                "# the medical record number among the patient's identifiers\n"
                "zarish fhir path adt.hl7 \"`PID-3`.where(`5` = 'MR').`1`\"",
    .opts = opts,
    .run = run,
};

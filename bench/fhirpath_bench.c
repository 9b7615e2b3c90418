/*
 * FHIRPath on a Patient: compiled expressions evaluated over and over, compiling itself, and, as
 * the limit of the same run, one look-up of a member in the parsed document.
 */
#include "bench/bench.h"

#include "fhirpath/doc_json.h"
#include "fhirpath/fhirpath.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

static const char patient[] =
    "{\"resourceType\":\"Patient\",\"id\":\"example\",\"identifier\":[{\"use\":\"usual\",\"type\":"
    "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":\"MR\"}]},"
    "\"system\":\"urn:oid:1.2.36.146.595.217.0.1\",\"value\":\"12345\",\"period\":{\"start\":"
    "\"2001-05-06\"}}],\"active\":true,\"name\":[{\"use\":\"official\",\"family\":\"Sample\","
    "\"given\":[\"Sally\",\"Mae\"]},{\"use\":\"usual\",\"given\":[\"Sal\"]},{\"use\":\"maiden\","
    "\"family\":\"Example\",\"given\":[\"Sally\",\"Mae\"],\"period\":{\"end\":\"2002\"}}],"
    "\"telecom\":[{\"use\":\"home\"},{\"system\":\"phone\",\"value\":\"(03) 5555 6473\",\"use\":"
    "\"work\",\"rank\":1},{\"system\":\"phone\",\"value\":\"(03) 3410 5613\",\"use\":\"mobile\","
    "\"rank\":2}],\"gender\":\"female\",\"birthDate\":\"1974-12-25\",\"address\":[{\"use\":"
    "\"home\",\"line\":[\"1 Main St\"],\"city\":\"Sampletown\",\"postalCode\":\"3999\"}]}";

static const char *const expressions[] = {
    "birthDate",
    "Patient.name.given",
    "name[0].family",
    "name.where(use = 'official').given.first()",
    "telecom.exists(system = 'phone' and use = 'work')",
    "name.given.count() > 2 and active",
    "birthDate < @2000-01-01",
    "name.select(given.first() & ' ' & family).first()",
    "identifier.where(system = 'urn:oid:1.2.36.146.595.217.0.1').value.startsWith('12')",
    "telecom.where(rank > 1).value.matches('[0-9]+')",
};

struct ground {
    struct json *doc;
    const struct fp_expr *x;
    struct arena *scratch;
    const char *text;
    volatile size_t sink; /* so that nothing is optimised away */
};

static void must(enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return;
    fprintf(stderr, "fhirpath_bench: %s %s\n", e->id, e->text);
    exit(1);
}

static void look_up(void *ctx)
{
    struct ground *g = ctx;
    g->sink += json_getz(g->doc, "birthDate")->n;
}

static void evaluate(void *ctx)
{
    struct ground *g = ctx;
    struct fp_coll found;
    struct err e;
    arena_clear(g->scratch);
    must(fhirpath_eval(g->x, doc_json(g->doc), NULL, g->scratch, &found, &e), &e);
    g->sink += found.n;
}

static void compile(void *ctx)
{
    struct ground *g = ctx;
    struct err e;
    arena_clear(g->scratch);
    must(fhirpath_compile(str_z(g->text), NULL, g->scratch, &g->x, &e), &e);
}

int main(void)
{
    struct ground g = { .scratch = arena_new("bench", 1 << 16, ARENA_MAX) };
    struct arena *kept = arena_new("bench", 0, ARENA_MAX);
    struct err e;
    if (!g.scratch || !kept)
        return 1;
    bench_heading("FHIRPath, compiled, on a Patient of 1 KB");
    must(json_parse(STR(patient), &json_default_limits, kept, &g.doc, &e), &e);
    bench_row("limit: one member looked up", look_up, &g, 0);
    for (size_t i = 0; i < ZS_COUNT(expressions); i++) {
        must(fhirpath_compile(str_z(expressions[i]), NULL, kept, &g.x, &e), &e);
        bench_row(expressions[i], evaluate, &g, 0);
    }
    g.text = expressions[3];
    bench_row("compile name.where(…)", compile, &g, 0);
    arena_free(&g.scratch);
    arena_free(&kept);
    return 0;
}

/*
 * A mapping of 25 fields of an ADT to JSON, one of an ORU with a loop, and JSON back to HL7 v2;
 * with and without parsing the message, beside the parser alone in the same run.
 */
#include "bench/bench.h"

#include "hl7/hl7.h"

#include "json/yaml.h"

#include "map/map.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)256 << 20)

static const char adt[] =
    "MSH|^~\\&|REGADT|NORTH^1.2.840.99999.1^ISO|EHR|SOUTH|20240102030405.678+0100||ADT^A01^ADT_A01|"
    "NORTH-2024-000001|P|2.5.1|||AL|NE|DEU|UNICODE UTF-8\r"
    "EVN|A01|20240102030405||01|DRTEST^Tester^Tom^^^Dr.\r"
    "PID|1||0000123456^^^NORTH&1.2.840.99999.1&ISO^MR~DE-987654^^^SSA^SS||SAMPLE^SALLY^M^^Ms.^^L||"
    "19700101|F||2106-3^White^HL70005|1 MAIN ST^APT 2^SAMPLETOWN^XX^12345^DEU^H||^PRN^PH^^49^30^"
    "5550100~^NET^Internet^sally@example.invalid|^WPN^PH^^49^30^5550199|de^German^HL70296|M|LUT|"
    "ACC-778899^^^NORTH^AN|||||||||||N\r"
    "NK1|1|SAMPLE^SAM|SPO^Spouse^HL70063|1 MAIN ST^APT 2^SAMPLETOWN^XX^12345|^PRN^PH^^49^30^5550\r"
    "PV1|1|I|W4^401^2^NORTH^^^^4|E|||1234^Attend^Anna^^^Dr.^^^NORTH|5678^Refer^Rudi^^^Dr.|||MED||||"
    "1|||1234^Attend^Anna|IN|V-556677^^^NORTH^VN|||||||||||||||||||||||||20240102030000\r"
    "AL1|1|DA|70618^Penicillin^RxNorm|SV|Hives~Swelling\r";

static const char config[] =
    "table: sex\nrows: { M: male, F: female, O: other, U: unknown }\nmissing: keep\n"
    "---\n"
    "mapping: adt\nfrom: hl7v2\nto: json\noffset: '+01:00'\nrules:\n"
    "- { to: id, from: MSH-10, required: true }\n"
    "- { to: type, from: MSH-9.2 }\n"
    "- { to: at, from: MSH-7, transform: dateTime }\n"
    "- { to: sender, from: MSH-3 }\n"
    "- { to: patient.id, from: PID-3.1, required: true }\n"
    "- { to: patient.assigner, from: PID-3.4.1 }\n"
    "- { to: 'patient.name[0].family', from: PID-5.1, transform: [trim, upper] }\n"
    "- { to: 'patient.name[0].given', from: PID-5.2, transform: trim }\n"
    "- { to: patient.label, expr: \"`PID-5.2` & ' ' & `PID-5.1`\" }\n"
    "- { to: patient.birthDate, from: PID-7, transform: date }\n"
    "- { to: patient.sex, from: PID-8, lookup: sex, default: unknown }\n"
    "- { to: patient.race, from: PID-10.2 }\n"
    "- { to: patient.address.line, from: PID-11.1 }\n"
    "- { to: patient.address.city, from: PID-11.3 }\n"
    "- { to: patient.address.postalCode, from: PID-11.5 }\n"
    "- { to: patient.address.country, from: PID-11.6, transform: lower }\n"
    "- { to: patient.email, from: 'PID-13[2].4' }\n"
    "- { to: patient.language, from: PID-15.1 }\n"
    "- { to: patient.account, from: PID-18.1 }\n"
    "- { to: contact.name, from: [NK1-2.2, NK1-2.1], transform: { join: ' ' } }\n"
    "- { to: visit.class, from: PV1-2 }\n"
    "- { to: visit.ward, from: PV1-3.1 }\n"
    "- { to: visit.bed, from: PV1-3.3, transform: number }\n"
    "- { to: visit.doctor, from: PV1-7.2 }\n"
    "- { to: visit.number, from: PV1-19.1 }\n"
    "---\n"
    "mapping: oru\nfrom: hl7v2\nto: json\nrules:\n"
    "- { to: patient, from: PID-3.1 }\n"
    "- each: OBX\n  to: results\n  rules:\n"
    "  - { to: code, from: OBX-3.1 }\n"
    "  - { to: value, from: OBX-5, transform: number }\n"
    "  - { to: unit, from: OBX-6.1 }\n"
    "  - { to: order, from: OBR-4.1 }\n"
    "---\n"
    "mapping: back\nfrom: json\nto: hl7v2\nrules:\n"
    "- { to: MSH-9.1, value: ADT }\n"
    "- { to: MSH-10, from: id }\n"
    "- { to: PID-3.1, from: patient.id }\n"
    "- { to: PID-5.1, from: 'patient.name[0].family' }\n"
    "- { to: PID-5.2, from: 'patient.name[0].given' }\n"
    "- { to: PID-7, from: patient.birthDate, transform: { date: hl7 } }\n"
    "- { to: PV1-2, from: visit.class }\n";

struct ground {
    struct arena *kept;
    struct arena *scratch;
    const struct map_table *table;
    const struct map *maps[3];
    struct str text;
    const struct map *map;
    struct map_input in;
    struct buf oru;
    volatile size_t sink; /* so that nothing is optimised away */
};

static void must(enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return;
    fprintf(stderr, "map_bench: %s %s\n", e->id, e->text);
    exit(1);
}

static void load(struct ground *g)
{
    struct json *docs = NULL;
    struct err_list found;
    struct err e;
    size_t n = 0;
    err_list_init(&found, g->kept, 10);
    must(yaml_parse(STR(config), &json_default_limits, g->kept, &docs, &e), &e);
    JSON_EACH(d, docs)
    {
        struct map_source src = { .doc = d, .text = STR(config) };
        const struct map_tables tables = { .v = &g->table, .n = 1 };
        if (json_getz(d, "table"))
            must(map_table_compile(&src, NULL, g->kept, &g->table, &found, &e), &e);
        else
            must(map_compile(&src, &tables, g->kept, &g->maps[n++], &found, &e), &e);
    }
}

static void parse(void *ctx)
{
    struct ground *g = ctx;
    struct err e;
    arena_clear(g->scratch);
    must(hl7_parse(g->text, NULL, g->scratch, &g->in.hl7, &e), &e);
    g->sink += g->in.hl7->n_segs;
}

static void run(struct ground *g)
{
    struct map_output out;
    struct err_list found;
    struct err e;
    err_list_init(&found, g->scratch, 10);
    must(map_run(g->map, &g->in, NULL, g->scratch, &out, &found, &e), &e);
    g->sink += out.text.n;
}

static void run_only(void *ctx)
{
    struct ground *g = ctx;
    arena_clear(g->scratch);
    run(g);
}

static void parse_and_run(void *ctx)
{
    parse(ctx);
    run(ctx);
}

/* An ORU of 100 results under 10 orders. */
static void make_oru(struct ground *g)
{
    buf_init(&g->oru, 1 << 20);
    buf_z(&g->oru, "MSH|^~\\&|L|L|E|E|20240102||ORU^R01|1|P|2.5\rPID|1||4711\r");
    for (unsigned i = 0; i < 100; i++) {
        if (i % 10 == 0)
            buf_fmt(&g->oru, "OBR|%u|||P%u^Panel\r", i / 10 + 1, i / 10);
        buf_fmt(&g->oru, "OBX|%u|NM|C%u^Code||%u.5|mg/dL|||||F\r", i + 1, i, i);
    }
}

/* The input for the way back is what the way there made; it is kept. */
static void make_json(struct ground *g)
{
    struct map_output out;
    struct err_list found;
    struct err e;
    err_list_init(&found, g->kept, 10);
    must(hl7_parse(STR(adt), NULL, g->kept, &g->in.hl7, &e), &e);
    must(map_run(g->maps[0], &g->in, NULL, g->kept, &out, &found, &e), &e);
    g->in.json = out.json;
}

int main(void)
{
    struct ground g = { .scratch = arena_new("bench", 1 << 18, ARENA_MAX),
                        .kept = arena_new("bench", 0, ARENA_MAX),
                        .text = STR(adt) };
    struct err e;
    if (!g.scratch || !g.kept)
        return 1;
    bench_heading("mappings, compiled");
    load(&g);
    make_oru(&g);
    make_json(&g);
    bench_row("limit: parse the ADT of 1.1 KB", parse, &g, g.text.n);
    must(hl7_parse(g.text, NULL, g.kept, &g.in.hl7, &e), &e);
    g.map = g.maps[0];
    bench_row("25 fields of an ADT to JSON", run_only, &g, 0);
    bench_row("the same with parsing", parse_and_run, &g, 0);
    g.map = g.maps[2];
    bench_row("7 fields of JSON to HL7 v2", run_only, &g, 0);
    g.text = buf_view(&g.oru);
    g.map = g.maps[1];
    bench_row("an ORU of 100 OBX to JSON, with parsing", parse_and_run, &g, g.text.n);
    buf_done(&g.oru);
    arena_free(&g.scratch);
    arena_free(&g.kept);
    return 0;
}

/*
 * Messages of any bytes through a mapping that uses every kind of rule, to JSON and back to HL7 v2:
 * it ends, what it writes can be read again, and findings hold nothing of the message.
 */
#include "hl7/hl7.h"

#include "json/yaml.h"

#include "map/map.h"

#include <stdint.h>

#define ARENA_MAX ((size_t)32 << 20)

static const char config[] =
    "table: t\nrows: { M: male }\nmissing: error\n"
    "---\n"
    "mapping: there\nfrom: hl7v2\nto: json\noffset: '+01:00'\nrules:\n"
    "- { to: id, from: MSH-10, required: true }\n"
    "- { to: at, from: MSH-7, transform: dateTime }\n"
    "- { to: 'ids[]', from: PID-3.1, transform: [trim, { pad: 8 }, { substring: [1, 9] }] }\n"
    "- { to: label, expr: \"`PID-5.2` & ' ' & `PID-5.1`\" }\n"
    "- { to: day, from: PID-7, transform: { date: 'dd.MM.yyyy' } }\n"
    "- { to: sex, from: PID-8, transform: upper, lookup: t, default: unknown }\n"
    "- { to: all, from: [PID-5, PID-3], transform: [{ replace: [a, bb] }, { join: '/' }] }\n"
    "- { to: n, from: PID-1, transform: number, when: '`PID-1`.exists()' }\n"
    "- each: OBR\n  to: orders\n  rules:\n"
    "  - { to: code, from: OBR-4 }\n"
    "  - each: OBX\n    to: results\n    when: \"`OBX-2` != 'ZZ'\"\n    rules:\n"
    "    - { to: v, expr: '`OBX-5`' }\n"
    "    - { to: 'w[]', from: OBX-5, transform: { split: ' ' } }\n"
    "    - { to: note, from: NTE-3 }\n"
    "    - { to: order, from: OBR-4 }\n"
    "- each: PID-3\n  to: ids2\n  rules:\n  - { to: v, from: PID-3.1 }\n  - { to: t, expr: '`5`' "
    "}\n"
    "---\n"
    "mapping: back\nfrom: json\nto: hl7v2\nrules:\n"
    "- { to: PID-5, from: all }\n"
    "- { to: 'PID-3[]', from: ids }\n"
    "- each: orders\n  to: OBR\n  rules:\n  - { to: OBR-4.1, from: code }\n";

struct maps {
    const struct map_table *table;
    const struct map *map[2];
};

static bool load(struct arena *a, struct maps *out)
{
    struct json *docs = NULL;
    struct err_list found;
    size_t n = 0;
    err_list_init(&found, a, 10);
    enum rc rc = yaml_parse(STR(config), &json_default_limits, a, &docs, NULL);
    for (const struct json *d = json_first(docs); rc == RC_OK && d; d = json_next(docs, d)) {
        struct map_source src = { .doc = d };
        const struct map_tables tables = { .v = &out->table, .n = 1 };
        rc = json_getz(d, "table") ? map_table_compile(&src, NULL, a, &out->table, &found, NULL)
                                   : map_compile(&src, &tables, a, &out->map[n++], &found, NULL);
    }
    return rc == RC_OK;
}

static void back(const struct maps *maps, const struct json *there, struct arena *a)
{
    const struct map_input in = { .json = there };
    const struct hl7_msg *m = NULL;
    struct map_output out;
    struct err_list found;
    err_list_init(&found, a, 100);
    enum rc rc = map_run(maps->map[1], &in, NULL, a, &out, &found, NULL);
    if (rc == RC_OK || rc == RC_VALUE)
        rc = hl7_parse(out.text, NULL, a, &m, NULL);
    ZS_ASSERT(rc == RC_OK || rc == RC_NOMEM || rc == RC_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new("fuzz", 0, ARENA_MAX);
    struct maps maps;
    struct map_input in = { 0 };
    struct map_output out;
    struct err_list found;
    struct json *again = NULL;
    if (!a || !load(a, &maps)) {
        arena_free(&a);
        return 0;
    }
    err_list_init(&found, a, 100);
    if (hl7_parse(str_of((const char *)data, n), NULL, a, &in.hl7, NULL) == RC_OK) {
        enum rc rc = map_run(maps.map[0], &in, NULL, a, &out, &found, NULL);
        ZS_ASSERT(rc == RC_OK || rc == RC_VALUE || rc == RC_NOMEM || rc == RC_LIMIT);
        if (rc == RC_OK || rc == RC_VALUE) {
            rc = json_parse(out.text, &json_default_limits, a, &again, NULL);
            ZS_ASSERT(rc == RC_OK || rc == RC_NOMEM);
            ZS_ASSERT(rc != RC_OK || json_eq(again, out.json));
            back(&maps, out.json, a);
        }
    }
    arena_free(&a);
    return 0;
}

/*
 * Mappings run on messages: what each key of a rule does, loops and their scope, nulls, what is
 * found wrong. Every row is a whole mapping in its YAML form.
 */
#include "map/map_test.h"

#define ADT                                                                                        \
    "MSH|^~\\&|SA|SF|RA|RF|20240517103015||ADT^A01|C1|P|2.5\r"                                     \
    "PID|1||111^^^HOSP^MR~222^^^SSA^SS||DOE^JOHN^Q||19800517|M|||1 MAIN ST^^TOWN\r"                \
    "PV1|1|I|W1^R2\r"

#define ORU                                                                                        \
    "MSH|^~\\&|LAB|L|RA|RF|20240517||ORU^R01|C2|P|2.5\r"                                           \
    "PID|1||77||ROE^JANE\r"                                                                        \
    "NTE|1||about the patient\r"                                                                   \
    "OBR|1|||CBC\r"                                                                                \
    "NTE|1||about the order\r"                                                                     \
    "OBX|1|NM|WBC||7.20|10*9/L\r"                                                                  \
    "OBX|2|ST|TXT||fine\r"                                                                         \
    "NTE|1||first note\r"                                                                          \
    "NTE|2||second note\r"                                                                         \
    "OBR|2|||BMP\r"                                                                                \
    "OBX|1|NM|NA||140\r"

#define MAP(from, to, rules) "mapping: m\nfrom: " from "\nto: " to "\nrules:\n" rules

#define H2J(rules) MAP("hl7v2", "json", rules)
#define J2J(rules) MAP("json", "json", rules)
#define J2H(rules) MAP("json", "hl7v2", rules)
#define H2H(rules) MAP("hl7v2", "hl7v2", rules)

struct row {
    const char *name;
    const char *yaml;
    const char *in;
    const char *out;
    const char *found; /* "" or NULL: nothing */
};

static void run_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct map_trial t;
        T_ROW(rows[i].name);
        enum rc rc = map_trial_load(&t, rows[i].yaml);
        if (rc != RC_OK)
            T_FAIL("%s: %.*s", t.e.text, STR_ARG(map_trial_found(&t)));
        const char *found = rows[i].found ? rows[i].found : "";
        T_EQ_INT(map_trial_run(&t, str_z(rows[i].in)), found[0] ? RC_VALUE : RC_OK);
        T_EQ_STR(map_trial_found(&t), found);
        T_EQ_STR(t.out.text, rows[i].out);
        map_trial_done(&t);
    }
}

/* ---- what is read ---- */

static const struct row reading[] = {
    { "a path", H2J("- {to: id, from: PID-3.1}"), ADT, "{\"id\":\"111\"}", NULL },
    { "the second repetition", H2J("- {to: id, from: 'PID-3[2].1'}"), ADT, "{\"id\":\"222\"}",
      NULL },
    { "nothing there, no key", H2J("- {to: a, from: PID-9}\n- {to: b, from: PID-8}"), ADT,
      "{\"b\":\"M\"}", NULL },
    { "empty there, no key", H2J("- {to: a, from: PID-4}"), ADT, "{}", NULL },
    { "the first of several paths that has a value",
      H2J("- {to: a, from: [PID-9, PID-4, PID-5.2, PID-5.1]}"), ADT, "{\"a\":\"JOHN\"}", NULL },
    { "all of several paths", H2J("- {to: 'a[]', from: [PID-5.2, PID-9, PID-5.1]}"), ADT,
      "{\"a\":[\"JOHN\",\"DOE\"]}", NULL },
    { "all repetitions", H2J("- {to: 'ids[]', from: PID-3.1}"), ADT, "{\"ids\":[\"111\",\"222\"]}",
      NULL },
    { "a constant", H2J("- {to: a, value: 5}\n- {to: b, value: [x]}\n- {to: c, value: false}"), ADT,
      "{\"a\":5,\"b\":[\"x\"],\"c\":false}", NULL },
    { "an expression", H2J("- {to: label, expr: \"`PID-5.2` & ' ' & `PID-5.1`\"}"), ADT,
      "{\"label\":\"JOHN DOE\"}", NULL },
    { "an expression keeps its type",
      H2J("- {to: n, expr: '`PID-3`.count()'}\n- {to: b, expr: \"`PID-8` = 'M'\"}\n"
          "- {to: d, expr: '1.50 + 0'}"),
      ADT, "{\"n\":2,\"b\":true,\"d\":1.50}", NULL },
    { "numbers inside a repetition", H2J("- {to: mrn, expr: \"`PID-3`.where(`5` = 'MR').`1`\"}"),
      ADT, "{\"mrn\":\"111\"}", NULL },
    { "escapes are decoded", H2J("- {to: a, from: PID-5.1}"),
      "MSH|^~\\&|A\rPID|1||||O\\T\\B\\S\\C^X\r", "{\"a\":\"O&B^C\"}", NULL },
    { "a field with parts stays as it stands", H2J("- {to: a, from: PID-5}"), ADT,
      "{\"a\":\"DOE^JOHN^Q\"}", NULL },
    { "an expression that fails",
      H2J("- {to: a, expr: \"`PID-3`.single()\"}\n- {to: b, from: PID-8}"), ADT, "{\"b\":\"M\"}",
      "FP-101 rules[0]" },
    { "json: a path, a pointer, an object, a list",
      J2J("- {to: a, from: 'x.y[1]'}\n- {to: b, from: /x/y/0}\n- {to: c, from: x}\n"
          "- {to: d, from: x.y}"),
      "{\"x\":{\"y\":[1.10,\"s\"]}}",
      "{\"a\":\"s\",\"b\":1.10,\"c\":{\"y\":[1.10,\"s\"]},\"d\":[1.10,\"s\"]}", NULL },
    { "json: all items of a list", J2J("- {to: 'a[]', from: x}"), "{\"x\":[1,2]}", "{\"a\":[1,2]}",
      NULL },
    { "json: an empty text is no value", J2J("- {to: a, from: x, default: d}"), "{\"x\":\"\"}",
      "{\"a\":\"d\"}", NULL },
    { "json: an expression gives elements", J2J("- {to: a, expr: \"x.where(k = 2)\"}"),
      "{\"x\":[{\"k\":1},{\"k\":2,\"v\":\"w\"}]}", "{\"a\":{\"k\":2,\"v\":\"w\"}}", NULL },
};

static void reads(void **state)
{
    (void)state;
    run_rows(reading, ZS_COUNT(reading));
}

/* ---- what is done to it ---- */

static const struct row doing[] = {
    { "transforms in order",
      H2J("- {to: a, from: PID-5.1, transform: [lower, {concat: {after: '!'}}]}"), ADT,
      "{\"a\":\"doe!\"}", NULL },
    { "join takes all values", H2J("- {to: a, from: PID-3.1, transform: {join: '/'}}"), ADT,
      "{\"a\":\"111/222\"}", NULL },
    { "join of several paths",
      H2J("- {to: a, from: [PID-5.2, PID-5.1], transform: [lower, {join: ' '}]}"), ADT,
      "{\"a\":\"john doe\"}", NULL },
    { "join of nothing is nothing", H2J("- {to: a, from: PID-9, transform: {join: '/'}}"), ADT,
      "{}", NULL },
    { "split to a list", H2J("- {to: 'a[]', from: PID-11.1, transform: [{split: ' '}, lower]}"),
      ADT, "{\"a\":[\"1\",\"main\",\"st\"]}", NULL },
    { "one piece", H2J("- {to: a, from: PID-11.1, transform: [{split: {by: ' ', take: 2}}]}"), ADT,
      "{\"a\":\"MAIN\"}", NULL },
    { "a piece that is not there",
      H2J("- {to: a, from: PID-8, transform: [{split: {by: ' ', take: 2}}]}"), ADT, "{}", NULL },
    { "trimmed to nothing", H2J("- {to: a, from: PID-5.1, transform: trim, default: none}"),
      "MSH|^~\\&|A\rPID|1||||  ^X\r", "{\"a\":\"none\"}", NULL },
    { "a value a transform refuses",
      H2J("- {to: a, from: PID-5.1, transform: number}\n- {to: b, from: PID-1, transform: number}"),
      ADT, "{\"b\":1}", "MAP-030 rules[0]" },
    { "a lookup",
      "table: sex\nrows: {M: male, F: female}\n---\n" H2J("- {to: a, from: PID-8, lookup: sex}"),
      ADT, "{\"a\":\"male\"}", NULL },
    { "a lookup among transforms",
      "table: sex\nrows: {m: male}\n---\n" H2J(
          "- {to: a, from: PID-8, transform: [lower, {lookup: sex}, upper]}"),
      ADT, "{\"a\":\"MALE\"}", NULL },
    { "missing: error, whatever the rule's default",
      "table: sex\nrows: {F: female}\n---\n" H2J(
          "- {to: a, from: PID-8, lookup: sex, default: unknown}"),
      ADT, "{}", "MAP-033 rules[0]" },
    { "missing: keep",
      "table: sex\nrows: {F: female}\nmissing: keep\n---\n" H2J(
          "- {to: a, from: PID-8, lookup: sex}"),
      ADT, "{\"a\":\"M\"}", NULL },
    { "missing: empty, then the rule's default",
      "table: sex\nrows: {F: female}\nmissing: empty\n---\n" H2J(
          "- {to: a, from: PID-8, lookup: sex, default: unknown}"),
      ADT, "{\"a\":\"unknown\"}", NULL },
    { "missing: default",
      "table: sex\nrows: {F: female}\nmissing: default\ndefault: other\n---\n" H2J(
          "- {to: a, from: PID-8, lookup: sex}"),
      ADT, "{\"a\":\"other\"}", NULL },
    { "no value needs no lookup",
      "table: sex\nrows: {F: female}\n---\n" H2J(
          "- {to: a, from: PID-9, lookup: sex, default: unknown}"),
      ADT, "{\"a\":\"unknown\"}", NULL },
    { "a table's values have types",
      "table: t\nrows: {M: 1, F: true}\n---\n" H2J("- {to: a, from: PID-8, lookup: t}"), ADT,
      "{\"a\":1}", NULL },
    { "codes without case",
      "table: t\nrows: {m: x}\nignoreCase: true\n---\n" H2J("- {to: a, from: PID-8, lookup: t}"),
      ADT, "{\"a\":\"x\"}", NULL },
    { "a default", H2J("- {to: a, from: PID-9, default: {b: 1}}"), ADT, "{\"a\":{\"b\":1}}", NULL },
    { "a required value",
      H2J("- {to: a, from: PID-9, required: true}\n- {to: b, from: PID-8, required: true}"), ADT,
      "{\"b\":\"M\"}", "MAP-040 rules[0]" },
    { "required, but there is a default", H2J("- {to: a, from: PID-9, required: true, default: x}"),
      ADT, "{\"a\":\"x\"}", NULL },
    { "when",
      H2J("- {to: a, value: 1, when: \"`PV1-2` = 'I'\"}\n- {to: b, value: 1, when: \"`PV1-2` = "
          "'O'\"}\n"
          "- {to: c, value: 1, when: \"`PV1-9` = 'O'\"}"),
      ADT, "{\"a\":1}", NULL },
    { "an object is no value to transform", J2J("- {to: a, from: x, transform: upper}"),
      "{\"x\":{}}", "{}", "MAP-031 rules[0]" },
    { "json types through transforms",
      J2J("- {to: a, from: x, transform: {pad: {width: 3, with: '0'}}}\n"
          "- {to: b, from: y, transform: string}"),
      "{\"x\":5,\"y\":true}", "{\"a\":\"005\",\"b\":\"true\"}", NULL },
};

static void does(void **state)
{
    (void)state;
    run_rows(doing, ZS_COUNT(doing));
}

/* ---- where it is written ---- */

static const struct row writing[] = {
    { "deep into json",
      H2J("- {to: 'p.name[0].family', from: PID-5.1}\n- {to: 'p.name[0].given[]', from: [PID-5.2, "
          "PID-5.3]}"),
      ADT, "{\"p\":{\"name\":[{\"family\":\"DOE\",\"given\":[\"JOHN\",\"Q\"]}]}}", NULL },
    { "a place that is taken", H2J("- {to: a, value: 1}\n- {to: a.b, value: 2}"), ADT, "{\"a\":1}",
      "MAP-032 rules[1]" },
    { "null is kept", H2J("- {to: a, from: PID-5}"), "MSH|^~\\&|A\rPID|1||||\"\"\r", "{\"a\":null}",
      NULL },
    { "null is dropped", "null: drop\n" H2J("- {to: a, from: PID-5, default: d}"),
      "MSH|^~\\&|A\rPID|1||||\"\"\r", "{\"a\":\"d\"}", NULL },
    { "null passes transforms and tables",
      "table: t\nrows: {a: b}\n---\n" H2J(
          "- {to: a, from: PID-5, transform: [upper, number], lookup: t, required: true}"),
      "MSH|^~\\&|A\rPID|1||||\"\"\r", "{\"a\":null}", NULL },
    { "json null to hl7", J2H("- {to: PID-5, from: a}"), "{\"a\":null}",
      "MSH|^~\\&\rPID|||||\"\"\r", NULL },
    { "a new message",
      J2H("- {to: MSH-9.1, value: ADT}\n- {to: PID-5.1, from: n.f}\n- {to: PID-5.2, from: n.g}\n- "
          "{to: 'PID-3[]', from: ids}"),
      "{\"n\":{\"f\":\"O&B\",\"g\":\"J\"},\"ids\":[\"1\",\"2\"]}",
      "MSH|^~\\&|||||||ADT\rPID|||1~2||O\\T\\B^J\r", NULL },
    { "structure is copied, text is escaped",
      H2H("- {to: PID-5, from: PID-5}\n- {to: NTE-3, from: PID-5, transform: trim}"), ADT,
      "MSH|^~\\&\rPID|||||DOE^JOHN^Q\rNTE|||DOE\\S\\JOHN\\S\\Q\r", NULL },
    { "on a copy of the input", "base: input\n" H2H("- {to: PID-8, value: F}"),
      "MSH|^~\\&|A\nPID|1||||D\\X41\\^^|||M\nZZZ|odd \n",
      "MSH|^~\\&|A\nPID|1||||D\\X41\\^^|||F\nZZZ|odd \n", NULL },
    { "on a copy of json", "base: input\n" J2J("- {to: a.b, value: 2}"),
      "{\"z\":1.0,\"a\":{\"b\":1}}", "{\"z\":1.0,\"a\":{\"b\":2}}", NULL },
    { "an object has no place in hl7", J2H("- {to: PID-5, from: a}"), "{\"a\":{}}", "MSH|^~\\&\r",
      "MAP-032 rules[0]" },
    { "dates and the offset policy",
      "offset: '+02:00'\n" H2J(
          "- {to: a, from: MSH-7, transform: dateTime}\n- {to: b, from: PID-7, transform: "
          "dateTime}\n- {to: c, from: MSH-7, transform: date}"),
      ADT, "{\"a\":\"2024-05-17T10:30:15+02:00\",\"b\":\"1980-05-17\",\"c\":\"2024-05-17\"}",
      NULL },
    { "times without an offset are left out",
      "offset: drop\n" H2J("- {to: a, from: MSH-7, transform: dateTime}"), ADT,
      "{\"a\":\"2024-05-17\"}", NULL },
};

static void writes(void **state)
{
    (void)state;
    run_rows(writing, ZS_COUNT(writing));
}

/* ---- loops ---- */

#define OBX_RULES(indent)                                                                          \
    indent "- each: OBX\n" indent "  to: obs\n" indent "  rules:\n" indent                         \
           "  - {to: code, from: OBX-3}\n" indent "  - {to: note, from: NTE-3}\n" indent           \
           "  - {to: order, from: OBR-4}\n" indent "  - {to: pid, from: PID-3}\n"

static const struct row looping[] = {
    { "over segments",
      H2J("- each: OBX\n  to: r\n  rules:\n  - {to: c, from: OBX-3}\n  - {to: v, from: OBX-5}\n"),
      ORU,
      "{\"r\":[{\"c\":\"WBC\",\"v\":\"7.20\"},{\"c\":\"TXT\",\"v\":\"fine\"},{\"c\":\"NA\",\"v\":"
      "\"140\"}]}",
      NULL },
    { "no item, no list", H2J("- each: ZZZ\n  to: r\n  rules:\n  - {to: c, from: ZZZ-3}\n"), ORU,
      "{}", NULL },
    { "an item that writes nothing is none",
      H2J("- each: OBX\n  to: r\n  rules:\n  - {to: u, from: OBX-6}\n"), ORU,
      "{\"r\":[{\"u\":\"10*9/L\"}]}", NULL },
    { "when asks every item",
      H2J("- each: OBX\n  when: \"`OBX-2` = 'NM'\"\n  to: r\n  rules:\n  - {to: c, from: OBX-3}\n"),
      ORU, "{\"r\":[{\"c\":\"WBC\"},{\"c\":\"NA\"}]}", NULL },
    { "a note belongs to its result, the order too", H2J(OBX_RULES("")), ORU,
      "{\"obs\":[{\"code\":\"WBC\",\"order\":\"CBC\",\"pid\":\"77\"},"
      "{\"code\":\"TXT\",\"note\":\"first note\",\"order\":\"CBC\",\"pid\":\"77\"},"
      "{\"code\":\"NA\",\"order\":\"BMP\",\"pid\":\"77\"}]}",
      "" },
    { "groups inside groups",
      H2J("- each: OBR\n  to: orders\n  rules:\n  - {to: code, from: OBR-4}\n" OBX_RULES("  ")),
      ORU,
      "{\"orders\":[{\"code\":\"CBC\",\"obs\":[{\"code\":\"WBC\",\"order\":\"CBC\",\"pid\":\"77\"},"
      "{\"code\":\"TXT\",\"note\":\"first note\",\"order\":\"CBC\",\"pid\":\"77\"}]},"
      "{\"code\":\"BMP\",\"obs\":[{\"code\":\"NA\",\"order\":\"BMP\",\"pid\":\"77\"}]}]}",
      NULL },
    { "all notes of a result",
      H2J("- each: OBX\n  to: r\n  rules:\n  - {to: 'n[]', from: NTE-3}\n"), ORU,
      "{\"r\":[{\"n\":[\"first note\",\"second note\"]}]}", NULL },
    { "expressions see the item as paths do",
      H2J("- each: OBX\n  to: r\n  rules:\n  - {to: x, expr: \"`OBX-3` & '/' & `OBR-4` & '/' & "
          "`PID-3` & '/' & `NTE-3`.first()\"}\n"),
      ORU,
      "{\"r\":[{\"x\":\"WBC/CBC/77/\"},{\"x\":\"TXT/CBC/77/first note\"},{\"x\":\"NA/BMP/77/\"}]}",
      NULL },
    { "over repetitions",
      H2J("- each: PID-3\n  to: ids\n  rules:\n  - {to: v, from: PID-3.1}\n  - {to: t, expr: "
          "'`5`'}\n  - {to: n, from: PID-5.1}\n  - {to: u, expr: '`PID-3.4`'}\n"),
      ADT,
      "{\"ids\":[{\"v\":\"111\",\"t\":\"MR\",\"n\":\"DOE\",\"u\":\"HOSP\"},{\"v\":\"222\",\"t\":"
      "\"SS\",\"n\":\"DOE\",\"u\":\"SSA\"}]}",
      NULL },
    { "over json",
      J2J("- each: rs\n  to: out.list\n  rules:\n  - {to: v, from: v}\n  - {to: id, from: /id}\n  "
          "- {to: w, expr: 'v + 1'}\n"),
      "{\"id\":9,\"rs\":[{\"v\":1},{\"v\":2}]}",
      "{\"out\":{\"list\":[{\"v\":1,\"id\":9,\"w\":2},{\"v\":2,\"id\":9,\"w\":3}]}}", NULL },
    { "json inside json",
      J2J("- each: a\n  to: x\n  rules:\n  - each: b\n    to: y\n    rules:\n    - {to: z, from: "
          "c}\n"),
      "{\"a\":[{\"b\":[{\"c\":1},{\"c\":2}]},{\"b\":[]},{\"b\":[{\"c\":3}]}]}",
      "{\"x\":[{\"y\":[{\"z\":1},{\"z\":2}]},{\"y\":[{\"z\":3}]}]}", NULL },
    { "one object where a list could be",
      J2J("- each: a\n  to: x\n  rules:\n  - {to: z, from: c}\n"), "{\"a\":{\"c\":1}}",
      "{\"x\":[{\"z\":1}]}", NULL },
    { "to segments",
      J2H("- each: rs\n  to: OBX\n  rules:\n  - {to: OBX-3, from: c}\n  - {to: OBX-5, from: v}\n  "
          "- {to: PID-3, from: /id}\n"),
      "{\"id\":\"9\",\"rs\":[{\"c\":\"A\",\"v\":1},{},{\"c\":\"B\",\"v\":2}]}",
      "MSH|^~\\&\rOBX|||A||1\rPID|||9\rOBX|||B||2\r", NULL },
    { "in place on a copy",
      "base: input\n" H2H(
          "- each: OBX\n  to: OBX\n  rules:\n  - {to: OBX-3, from: OBX-3, transform: lower}\n"),
      "MSH|^~\\&|A\rOBX|1||X|\rZZ1|k\rOBX|2||Y|\r", "MSH|^~\\&|A\rOBX|1||x|\rZZ1|k\rOBX|2||y|\r",
      NULL },
    { "what is wrong names the item",
      H2J("- each: OBX\n  to: r\n  rules:\n  - {to: u, from: OBX-6, required: true}\n"), ORU,
      "{\"r\":[{\"u\":\"10*9/L\"}]}", "MAP-040 rules[0].rules[0]; MAP-040 rules[0].rules[0]" },
};

static void loops(void **state)
{
    (void)state;
    run_rows(looping, ZS_COUNT(looping));
}

/* ---- details of findings and misses ---- */

static void findings_have_places(void **state)
{
    struct map_trial t;
    (void)state;
    T_OK(map_trial_load(&t, H2J("- {to: a, value: 1}\n- each: OBX\n  to: r\n  rules:\n"
                                "  - {to: u, from: OBX-6, required: true}\n")),
         &t.e);
    T_EQ_INT(map_trial_run(&t, str_z(ORU)), RC_VALUE);
    T_EQ_Z(t.e.id, "MAP-049");
    T_EQ_SIZE(t.found.n, 2);
    const struct finding *f = &t.found.v[0];
    T_EQ_Z(f->file, "test.yaml");
    T_EQ_INT(f->line, 9);
    T_EQ_INT(f->column, 5);
    T_EQ_STR(f->text, "there is no value, and one is required (reading OBX-6), item 2 of OBX");
    map_trial_done(&t);
}

static void misses_are_counted(void **state)
{
    struct map_trial t;
    (void)state;
    T_OK(map_trial_load(
             &t, "table: u\nrows: {x: y}\nmissing: empty\n---\n" H2J(
                     "- each: OBX\n  to: r\n  rules:\n  - {to: u, from: OBX-2, lookup: u}\n")),
         &t.e);
    T_OK(map_trial_run(&t, str_z(ORU)), &t.e);
    T_EQ_SIZE(t.out.n_misses, 2);
    T_EQ_STR(t.out.misses[0].value, "NM");
    T_EQ_SIZE(t.out.misses[0].count, 2);
    T_EQ_STR(t.out.misses[0].table, "u");
    T_EQ_STR(t.out.misses[0].rule, "rules[0].rules[0]");
    T_EQ_STR(t.out.misses[1].value, "ST");
    T_EQ_SIZE(t.out.misses[1].count, 1);
    map_trial_done(&t);
}

/* Nothing of the message in what reaches logs. */
static void findings_hold_no_values(void **state)
{
    struct map_trial t;
    (void)state;
    T_OK(map_trial_load(
             &t, "table: s\nrows: {a: b}\n---\n" H2J("- {to: a, from: PID-5.1, transform: number}\n"
                                                     "- {to: b, from: PID-5.1, lookup: s}\n"
                                                     "- {to: c, expr: '`PID-5.1` - 1'}\n- {to: d, "
                                                     "from: PID-5.1, transform: dateTime}\n")),
         &t.e);
    T_EQ_INT(map_trial_run(&t, STR("MSH|^~\\&|A\rPID|1||||SECRETNAME\r")), RC_VALUE);
    T_EQ_SIZE(t.found.n, 4);
    for (size_t i = 0; i < t.found.n; i++)
        T_EQ_SIZE(str_find(t.found.v[i].text, STR("SECRET"), 0), SIZE_MAX);
    T_EQ_SIZE(str_find(str_z(t.e.text), STR("SECRET"), 0), SIZE_MAX);
    map_trial_done(&t);
}

static void memory_runs_out(void **state)
{
    struct map_trial t;
    (void)state;
    T_OK(map_trial_load(&t, H2J("- each: OBX\n  to: r\n  rules:\n  - {to: u, expr: "
                                "'`OBX-3`.lower()', transform: [upper, {join: ','}]}\n")),
         &t.e);
    const struct hl7_msg *m = NULL;
    T_OK(hl7_parse(str_z(ORU), NULL, t.arena, &m, &t.e), &t.e);
    const struct map_input in = { .hl7 = m };
    bool done = false;
    for (size_t limit = 1024; !done; limit += 512) {
        struct arena *a = arena_new("small", 512, limit);
        struct err_list found;
        T_TRUE(a != NULL && limit < 1024 * 1024);
        err_list_init(&found, t.arena, 10);
        enum rc rc = map_run(t.map, &in, NULL, a, &t.out, &found, &t.e);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        done = rc == RC_OK;
        arena_free(&a);
    }
    map_trial_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(reads),
        T_TEST(does),
        T_TEST(writes),
        T_TEST(loops),
        T_TEST(findings_have_places),
        T_TEST(misses_are_counted),
        T_TEST(findings_hold_no_values),
        T_TEST(memory_runs_out),
    };
    return T_RUN(tests);
}

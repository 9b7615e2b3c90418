/*
 * Evaluation: paths and the document behind them, variables, the type-information hook, limits of
 * work and memory, conditions, trace, and large collections.
 */
#include "fhirpath/fp_test.h"
#include "fhirpath/model.h"

static const char patient[] =
    "{\"resourceType\":\"Patient\",\"active\":true,\"birthDate\":\"1974-12-25\",\"_birthDate\":"
    "{\"extension\":[{\"url\":\"u:time\",\"valueTime\":\"14:35\"}]},\"name\":[{\"use\":"
    "\"official\","
    "\"given\":[\"Peter\",\"James\",null],\"_given\":[null,{\"id\":\"g2\"},{\"extension\":[{"
    "\"url\":"
    "\"u:x\"}]}]},{\"given\":[\"Jim\"]}],\"_gender\":{\"extension\":[{\"url\":\"u:absent\"}]},"
    "\"_meta\":{\"v\":1},\"valueQuantity\":{\"value\":185,\"code\":\"[lb_av]\",\"system\":"
    "\"http://unitsofmeasure.org\"},\"big\":123456789012345678901234567890123456789012,"
    "\"exact\":1.10}";

static const struct fp_row paths[] = {
    { "Patient.active", "[true]" },
    { "Encounter.active", "[]" },
    { "name.given", "[\"Peter\",\"James\",null,\"Jim\"]" },
    { "name[0].given[1].id", "[\"g2\"]" },
    { "name.given.where(extension.exists()).count()", "[1]" },
    { "name.given.where(hasValue()).count()", "[3]" },
    { "birthDate.extension('u:time').valueTime", "[\"14:35\"]" },
    { "birthDate.extension('u:other')", "[]" },
    { "gender.hasValue()", "[false]" },
    { "gender.exists()", "[true]" },
    { "gender.extension.url", "[\"u:absent\"]" },
    { "gender = 'male'", "[false]" },
    { "_meta.v", "[1]" }, /* an ordinary name */
    { "Patient.children().count()", "[10]" },
    { "birthDate > @1970", "[true]" },
    { "birthDate + 1 day", "[\"1974-12-26\"]" },
    { "birthDate = '1974-12-25'", "[true]" },
    { "Patient is Patient", "[true]" },
    { "Patient is FHIR.Patient", "[true]" },
    { "Patient is System.Patient", "[false]" },
    { "valueQuantity = 185 '[lb_av]'", "[true]" },
    { "valueQuantity < 200 '[lb_av]'", "[true]" },
    { "exact", "[1.10]" },
    { "exact + 1", "[2.10]" },
    { "big", "[123456789012345678901234567890123456789012]" },
    { "big.toString()", "[\"123456789012345678901234567890123456789012\"]" },
    { "big > 5", "[]" },
    { "name = name", "[true]" },
    { "name[0] = name[1]", "[false]" },
    { "name[0] ~ name[0]", "[true]" },
    { "name.where($this = %context.name[1]).given", "[\"Jim\"]" },
    { "active.foo.bar", "[]" },
    { "'text'.foo", "[]" },
};

static void walks_json(void **state)
{
    (void)state;
    fp_rows(paths, ZS_COUNT(paths), patient);
}

static void roots_of_all_kinds(void **state)
{
    static const struct {
        const char *expr, *doc, *out;
    } rows[] = {
        { "a", "[{\"a\":1},{\"a\":[2,3]},4]", "[1,2,3]" },
        { "$this", "[1,[2]]", "[[1,[2]]]" },
        { "a", "{\"a\":[[{\"b\":1},{\"b\":2}],3]}", "[[{\"b\":1},{\"b\":2}],3]" },
        { "a.b", "{\"a\":[[{\"b\":1},{\"b\":2}],{\"b\":3}]}", "[1,2,3]" },
        { "$this + 1", "5", "[6]" },
        { "$this", "null", "[null]" },
        { "$this + 1", "null", "[]" },
        { "a", "{}", "[]" },
        { "a.exists()", "{\"a\":null}", "[false]" },
        { "a.count()", "{\"a\":[null,1]}", "[1]" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fp_trial t = fp_trial();
        const struct fp_row row = { rows[i].expr, rows[i].out };
        T_ROW(rows[i].doc);
        T_EQ_STR(fp_row_got(&t, &row, rows[i].doc), rows[i].out);
        arena_free(&t.arena);
    }
}

static void no_context(void **state)
{
    struct fp_trial t = fp_trial();
    (void)state;
    T_OK(fp_trial_run(&t, "a | $this | 1", NULL), &t.e);
    T_EQ_STR(fp_trial_json(&t), "[1]");
    arena_free(&t.arena);
}

static void variables(void **state)
{
    static const char *const names[] = { "first", "second" };
    struct fp_trial t = fp_trial();
    struct fp_value v[2] = { fp_int(1), fp_str(STR("b")) };
    struct fp_coll vars[2] = { { v, 2 }, { NULL, 0 } };
    (void)state;
    t.opt.vars = names;
    t.opt.n_vars = 2;
    t.env.vars = vars;
    T_OK(fp_trial_run(&t, "%first | %second | %first.count()", NULL), &t.e);
    T_EQ_STR(fp_trial_json(&t), "[1,\"b\",2]");
    t.env.vars = NULL;
    T_OK(fp_trial_run(&t, "%first", NULL), &t.e);
    T_EQ_SIZE(t.found.n, 0);
    arena_free(&t.arena);
}

/* ---- the type-information hook ---- */

/* A model of two types: 1 Patient, whose value[x] is a choice, and 2 date. */
static uint32_t m_type_of(const struct fp_model *m, struct doc_node n)
{
    (void)m;
    return str_eqz(n.ops->type_name(n), "Patient") ? 1 : 0;
}

static bool m_child(const struct fp_model *m, struct doc_node n, uint32_t type, struct str name,
                    struct doc_iter *it, struct doc_node *out, uint32_t *out_type)
{
    (void)m;
    bool choice = type == 1 && str_eqz(name, "value");
    *out_type = str_eqz(name, "birthDate") ? 2 : 0;
    return n.ops->child(n, choice ? STR("valueQuantity") : name, it, out);
}

static bool m_is(const struct fp_model *m, uint32_t type, const struct fp_type_name *t)
{
    (void)m;
    return str_eqz(t->name, type == 1 ? "Patient" : "date");
}

static bool m_has(const struct fp_model *m, const struct fp_type_name *t)
{
    (void)m;
    return str_eqz(t->name, "Patient") || str_eqz(t->name, "date");
}

static struct str m_name(const struct fp_model *m, uint32_t type)
{
    (void)m;
    return type == 1 ? STR("Patient") : STR("date");
}

static enum rc m_value(const struct fp_model *m, uint32_t type, const struct doc_prim *prim,
                       struct fp_value *out)
{
    (void)m;
    struct temporal t;
    if (type != 2 || !temporal_parse(prim->text, TEMPORAL_DATE, &t))
        return RC_MISSING;
    *out = (struct fp_value){ .type = FP_TEMPORAL, .u.temporal = t };
    return RC_OK;
}

static const struct fp_model model = { "FHIR", m_type_of, m_child, m_is, m_has, m_name, m_value };

static const struct fp_row typed[] = {
    { "Patient.value.value", "[185]" },
    { "birthDate is date", "[true]" },
    { "birthDate is FHIR.date", "[true]" },
    { "birthDate is Patient", "[false]" },
    { "birthDate.type().name", "[\"date\"]" },
    { "birthDate.type().namespace", "[\"FHIR\"]" },
    { "Patient.ofType(Patient).active", "[true]" },
    { "active is Boolean", "[true]" },
    { "birthDate as date > @1970", "[true]" },
    { "birthDate is Frob", "!FP-010@13" },
    { "birthDate.is(System.Date)", "[false]" },
};

static void the_model_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(typed); i++) {
        struct fp_trial t = fp_trial();
        T_ROW(typed[i].expr);
        t.opt.model = &model;
        T_EQ_STR(fp_row_got(&t, &typed[i], patient), typed[i].out);
        arena_free(&t.arena);
    }
}

/* ---- limits ---- */

static void work_is_bounded(void **state)
{
    static const struct {
        const char *expr, *id;
    } rows[] = {
        { "a.all(%context.a.all(%context.a.all($this >= 0)))", "FP-204" },
        { "a.where(%context.a.where(%context.a.where($this = 1).exists()).exists())", "FP-204" },
        { "a.repeat($this + 1)", "FP-203" },
        { "a.select(%context.a).select(%context.a)", "FP-203" },
        { "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", "FP-206" },
        { "('x' + a.join('')).replace('', a.join(''))", "FP-205" },
    };
    struct fp_limits limits = fp_limits_default;
    (void)state;
    limits.results = 3000;
    limits.steps = 200000;
    limits.string = 1000;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fp_trial t = fp_trial();
        struct buf b;
        T_ROW(rows[i].expr);
        t.env.limits = &limits;
        buf_init_arena(&b, t.arena, 10000);
        buf_z(&b, "{\"a\":[0");
        for (unsigned k = 1; k < 200; k++)
            buf_fmt(&b, ",%u", k);
        buf_z(&b, "]}");
        T_EQ_INT(fp_trial_run(&t, rows[i].expr, buf_cstr(&b)), RC_LIMIT);
        T_EQ_Z(t.e.id, rows[i].id);
        T_EQ_INT(t.e.line, 1);
        arena_free(&t.arena);
    }
}

/* Elements nested deeply are compared without recursion, and not without end. */
static void depth_is_bounded(void **state)
{
    struct fp_trial t = fp_trial();
    struct buf b;
    (void)state;
    buf_init_arena(&b, t.arena, 10000);
    buf_z(&b, "{\"a\":[");
    for (unsigned twice = 0; twice < 2; twice++) {
        buf_z(&b, twice ? "," : "");
        for (unsigned i = 0; i < 200; i++)
            buf_z(&b, "{\"a\":");
        buf_fill(&b, '1', 1);
        buf_fill(&b, '}', 200);
    }
    buf_z(&b, "]}");
    T_EQ_INT(fp_trial_run(&t, "a[0] = a[1]", buf_cstr(&b)), RC_LIMIT);
    T_EQ_Z(t.e.id, "FP-202");
    T_OK(fp_trial_run(&t, "descendants().count()", buf_cstr(&b)), &t.e);
    T_EQ_STR(fp_trial_json(&t), "[402]");
    arena_free(&t.arena);
}

static void memory_runs_out(void **state)
{
    const struct fp_expr *x = NULL;
    struct fp_trial t = fp_trial();
    struct json *v = NULL;
    bool done = false;
    (void)state;
    T_OK(json_parse(str_z(patient), &json_default_limits, t.arena, &v, &t.e), &t.e);
    T_OK(fhirpath_compile(STR("(name.given | name.given.select($this & '!')).distinct().sort($this)"
                              ".where(matches('a' + '.*')).select(upper()).combine(name)"
                              ".where($this = %context.name[0] or type().name = 'String')"),
                          &t.opt, t.arena, &x, &t.e),
         &t.e);
    for (size_t limit = 256; !done; limit += 64) {
        struct arena *a = arena_new("small", 128, limit);
        struct err e = { 0 };
        T_TRUE(a != NULL && limit < 1000000);
        enum rc rc = fhirpath_eval(x, doc_json(v), NULL, a, &t.found, &e);
        done = rc == RC_OK;
        T_TRUE(done || rc == RC_NOMEM);
        arena_free(&a);
    }
    arena_free(&t.arena);
}

/* ---- sets ---- */

/* Large ones are hashed; the answers are those of comparing all with all. */
static void large_sets(void **state)
{
    static const struct {
        const char *expr, *out;
    } rows[] = {
        { "s.distinct().count()", "[100]" },
        { "n.distinct().count()", "[100]" },
        { "o.distinct().count()", "[100]" },
        { "(s | n).count()", "[200]" },
        { "(n | s | n).count()", "[200]" },
        { "(s | s).isDistinct()", "[true]" },
        { "s.combine(true).distinct().count()", "[101]" },
        { "n.intersect(n.take(30)).count()", "[30]" },
        { "n.combine(o).distinct().count()", "[200]" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fp_trial t = fp_trial();
        struct buf b;
        T_ROW(rows[i].expr);
        buf_init_arena(&b, t.arena, 100000);
        static const char *const name[] = { "{\"s\":[", "],\"n\":[", "],\"o\":[" };
        for (size_t k = 0; k < 3; k++) {
            buf_z(&b, name[k]);
            for (unsigned j = 0; j < 300; j++) {
                buf_z(&b, j ? "," : "");
                if (k == 0)
                    buf_fmt(&b, "\"%u\"", j % 100);
                else if (k == 1)
                    buf_fmt(&b, j % 2 ? "%u.0" : "%u", j % 100);
                else
                    buf_fmt(&b, "{\"k\":\"v%u\"}", j % 100);
            }
        }
        buf_z(&b, "]}");
        T_OK(fp_trial_run(&t, rows[i].expr, buf_cstr(&b)), &t.e);
        T_EQ_STR(fp_trial_json(&t), rows[i].out);
        arena_free(&t.arena);
    }
}

/* ---- conditions and trace ---- */

static void conditions(void **state)
{
    static const struct {
        const char *expr;
        enum rc rc;
        enum fp_truth truth;
    } rows[] = {
        { "active", RC_OK, FP_TRUE },         { "active.not()", RC_OK, FP_FALSE },
        { "nothing", RC_OK, FP_UNKNOWN },     { "birthDate", RC_OK, FP_TRUE },
        { "nothing = 1", RC_OK, FP_UNKNOWN }, { "name", RC_VALUE, FP_FALSE },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fp_trial t = fp_trial();
        const struct fp_expr *x = NULL;
        struct json *v = NULL;
        enum fp_truth truth = FP_FALSE;
        T_ROW(rows[i].expr);
        T_OK(json_parse(str_z(patient), &json_default_limits, t.arena, &v, &t.e), &t.e);
        T_OK(fhirpath_compile(str_z(rows[i].expr), NULL, t.arena, &x, &t.e), &t.e);
        T_EQ_INT(fhirpath_test(x, doc_json(v), NULL, t.arena, &truth, &t.e), rows[i].rc);
        if (rows[i].rc == RC_OK)
            T_EQ_INT(truth, rows[i].truth);
        else
            T_EQ_Z(t.e.id, "FP-101");
        arena_free(&t.arena);
    }
}

static void note(void *ctx, struct str name, struct fp_coll values)
{
    buf_fmt(ctx, "%.*s:%zu ", STR_ARG(name), values.n);
}

static void traces(void **state)
{
    struct fp_trial t = fp_trial();
    struct buf b;
    (void)state;
    buf_init_arena(&b, t.arena, 100);
    t.env.trace = note;
    t.env.trace_ctx = &b;
    T_OK(fp_trial_run(&t, "name.trace('all').trace('given', given).count()", patient), &t.e);
    T_EQ_STR(fp_trial_json(&t), "[2]");
    T_EQ_STR(buf_view(&b), "all:2 given:4 ");
    arena_free(&t.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(walks_json),
        T_TEST(roots_of_all_kinds),
        T_TEST(no_context),
        T_TEST(variables),
        T_TEST(the_model_is_asked),
        T_TEST(work_is_bounded),
        T_TEST(depth_is_bounded),
        T_TEST(memory_runs_out),
        T_TEST(large_sets),
        T_TEST(conditions),
        T_TEST(traces),
    };
    return T_RUN(tests);
}

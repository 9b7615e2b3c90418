/* HL7 v2 behind the document interface: nodes, paths in backticks, nulls, odd messages. */
#include "fhirpath/fhirpath.h"
#include "fhirpath/result.h"

#include "map/doc_hl7.h"

#include "tests/lib/t.h"

#define ARENA_MAX ((size_t)16 << 20)

static const char oru[] =
    "MSH|^~\\&|LAB|L|||20240517||ORU^R01|C|P|2.5\r"
    "PID|1||77^^^H^MR~88^^^S^SS||O\\T\\B^JANE^^\"\"||19620320|\"\"|||a&b^c&d\r"
    "OBX|1|NM|WBC||7.20|10*9/L\r"
    "OBX|2|ST|TXT||fine~well\r"
    "OBX|3|NM|NA||140\r";

static struct str found(struct arena *a, const char *expr, const char *text)
{
    const struct hl7_msg *m = NULL;
    const struct fp_expr *x = NULL;
    const struct fp_options opt = { .syntax = &doc_hl7_syntax };
    struct fp_coll c;
    struct err e = { 0 };
    struct buf b;
    buf_init_arena(&b, a, 4096);
    T_OK(hl7_parse(str_z(text), NULL, a, &m, &e), &e);
    enum rc rc = fhirpath_compile(str_z(expr), &opt, a, &x, &e);
    if (rc == RC_OK)
        rc = fhirpath_eval(x, doc_hl7(m), NULL, a, &c, &e);
    if (rc != RC_OK) {
        buf_fmt(&b, "!%s@%zu", e.id, e.pos);
        return buf_view(&b);
    }
    for (size_t i = 0; i < c.n; i++) {
        struct str s = STR("null");
        buf_z(&b, i ? " | " : "");
        if (fp_value_text(&c.v[i], a, &s, &e) != RC_OK && c.v[i].type == FP_NODE)
            s = c.v[i].u.node.ops->kind(c.v[i].u.node) == DOC_NULL ? STR("null")
                                                                   : doc_hl7_bytes(c.v[i].u.node);
        buf_str(&b, s);
    }
    return b.n ? buf_view(&b) : STR("");
}

static void paths(void **state)
{
    static const struct {
        const char *expr, *out;
    } rows[] = {
        { "`PID-5.1`", "O&B" },
        { "`pid-5.1`", "O&B" },
        { "`PID-3.1`", "77 | 88" },
        { "`PID-3[2].1`", "88" },
        { "`PID-3`", "77^^^H^MR | 88^^^S^SS" },
        { "`PID-3`.where(`5` = 'SS').`1`", "88" },
        { "`PID-3`.`4`", "H | S" },
        { "`PID-11`.`1.2`", "b" },
        { "`PID-11`.`1`.`2`", "b" },
        { "`PID-11.2.1`", "c" },
        { "`PID-11`.`1`.`1`.`1`", "" },
        { "`PID-99`", "" },
        { "`PID-4`", "" },
        { "`ZZZ-1`", "" },
        { "`OBX-5`", "7.20 | fine | well | 140" },
        { "`OBX[2]-5`", "fine | well" },
        { "`OBX[2]-5[2]`", "well" },
        { "`OBX[9]-5`", "" },
        { "OBX.count()", "3" },
        { "`OBX`.count()", "3" },
        { "`OBX[3]`", "OBX|3|NM|NA||140" },
        { "OBX[1].`5`", "fine | well" },
        { "OBX[1].`5[2]`", "well" },
        { "OBX[1].`OBX-5`.first()", "fine" },
        { "OBX.where(`2` = 'NM').`5`", "7.20 | 140" },
        { "OBX.where(`2` = 'NM' and `5` > 100).`3`", "NA" },
        { "OBX.select(`PID-3.1`.first() & '-' & `1`)", "77-1 | 77-2 | 77-3" },
        { "`OBX-5`.where($this.matches('^[0-9.]+$')).count()", "2" },
        { "`MSH-1`", "|" },
        { "`MSH-2`", "^~\\&" },
        { "`MSH-9.2`", "R01" },
        { "`PID-8`", "null" },
        { "`PID-8`.exists()", "true" },
        { "`PID-8`.hasValue()", "false" },
        { "`PID-8` = 'M'", "false" },
        { "`PID-8` & 'x'", "x" },
        { "`PID-5.4`", "null" },
        { "`PID-7` < @1970", "true" },
        { "`PID-7` + 1 year", "1963-03-20" },
        { "`PID-7`.toDate()", "1962-03-20" },
        { "`OBX[1]-5` + 1", "8.20" },
        { "`OBX[1]-5` = 7.2", "true" },
        { "`OBX[1]-5` = '7.2'", "false" },
        { "`OBX[2]-5`.first() > 5", "" },
        { "`OBX[2]-5`.first() > 'a'", "true" },
        { "-`OBX[3]-5`", "-140" },
        { "`OBX[3]-5`.abs()", "140" },
        { "`PID-1` = 1 and `PID-1` = '1'", "true" },
        { "'abc'.substring(`PID-1`)", "bc" },
        { "children().count()", "5" },
        { "MSH.children().count()", "9" },
        { "OBX.first() = OBX.last()", "false" },
        { "OBX.first() = OBX.first()", "true" },
        { "OBX is OBX", "!FP-101@4" },
        { "OBX[0] is OBX", "true" },
        { "PID.type().name", "PID" },
        { "`PID-`", "!FP-011@5" },
        { "`PID-0`", "!FP-011@5" },
        { "`5`", "" },
        { "`odd name`", "" },
        { "PID.`0`", "!FP-011@5" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("doc", 0, ARENA_MAX);
        T_ROW(rows[i].expr);
        T_TRUE(a != NULL);
        T_EQ_STR(found(a, rows[i].expr, oru), rows[i].out);
        arena_free(&a);
    }
}

static void odd_messages(void **state)
{
    static const struct {
        const char *name, *text, *expr, *out;
    } rows[] = {
        { "other delimiters", "MSH$*~\\&$A$B\rPID$1$$x*y\r", "`PID-3.2`", "y" },
        { "a header alone", "MSH|^~\\&", "`PID-3`", "" },
        { "a header alone, children", "MSH|^~\\&", "MSH.children().count()", "2" },
        { "bytes that are not UTF-8", "MSH|^~\\&|A\rPID|1||||M\xfcller\r", "`PID-5`.upper()",
          "M\xc3\x9cLLER" },
        { "lower-case segments", "MSH|^~\\&|A\rpid|7\r", "`PID-1`", "7" },
        { "a junk line", "MSH|^~\\&|A\r???\rPID|7\r", "`PID-1`", "7" },
        { "four letters", "MSH|^~\\&|A\rZABC|7\r", "`ZABC-1`", "7" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("doc", 0, ARENA_MAX);
        T_ROW(rows[i].name);
        T_TRUE(a != NULL);
        T_EQ_STR(found(a, rows[i].expr, rows[i].text), rows[i].out);
        arena_free(&a);
    }
}

/* An expression compiled for one kind of document is refused on another. */
static void the_wrong_document(void **state)
{
    struct arena *a = arena_new("doc", 0, ARENA_MAX);
    const struct hl7_msg *m = NULL;
    const struct fp_expr *x = NULL;
    static const struct doc_syntax other = { "other", NULL };
    struct fp_options opt = { .syntax = &doc_hl7_syntax };
    struct fp_coll c;
    struct err e = { 0 };
    (void)state;
    (void)other;
    T_TRUE(a != NULL);
    T_OK(hl7_parse(str_z(oru), NULL, a, &m, &e), &e);
    T_OK(fhirpath_compile(STR("`PID-3`"), &opt, a, &x, &e), &e);
    struct doc_ops foreign = doc_hl7_ops;
    foreign.syntax = &other;
    struct doc_node n = doc_hl7(m);
    n.ops = &foreign;
    T_EQ_INT(fhirpath_eval(x, n, NULL, a, &c, &e), RC_VALUE);
    T_EQ_Z(e.id, "FP-107");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(paths), T_TEST(odd_messages),
                                        T_TEST(the_wrong_document) };
    return T_RUN(tests);
}

/*
 * The functions, one table a chapter: results, the empty collection, wrong types. That the table of
 * functions is sorted and complete is tested here too.
 */
#include "fhirpath/fp_int.h"
#include "fhirpath/fp_test.h"

static const char doc[] =
    "{\"n\":[3,1,2],\"s\":\"text\",\"o\":[{\"k\":\"b\",\"v\":2},{\"k\":\"a\"},"
    "{\"k\":\"c\",\"v\":1}],\"t\":{\"c\":[{\"d\":1},{\"d\":{\"d\":2}}]},"
    "\"q\":{\"value\":4.0,\"unit\":\"mg\"},\"f\":[true,false],\"z\":null}";

static const struct fp_row collection[] = {
    { "n.empty()", "[false]" },
    { "x.empty()", "[true]" },
    { "n.exists()", "[true]" },
    { "n.exists($this > 2)", "[true]" },
    { "n.exists($this > 3)", "[false]" },
    { "n.all($this > 0)", "[true]" },
    { "n.all($this > 1)", "[false]" },
    { "x.all(false)", "[true]" },
    { "x.exists(true)", "[false]" },
    { "f.allTrue()", "[false]" },
    { "f.anyTrue()", "[true]" },
    { "f.allFalse()", "[false]" },
    { "f.anyFalse()", "[true]" },
    { "{}.allTrue()", "[true]" },
    { "{}.anyTrue()", "[false]" },
    { "n.allTrue()", "!FP-103@2" },
    { "true.not()", "[false]" },
    { "{}.not()", "[]" },
    { "n.not()", "!FP-101@2" },
    { "n.count()", "[3]" },
    { "n.combine(n).distinct()", "[3,1,2]" },
    { "n.isDistinct()", "[true]" },
    { "n.combine(1).isDistinct()", "[false]" },
    { "(1|2).subsetOf(n)", "[true]" },
    { "(1|5).subsetOf(n)", "[false]" },
    { "n.supersetOf(1|2)", "[true]" },
    { "n.where($this > 1)", "[3,2]" },
    { "n.where({})", "[]" },
    { "n.where($this | 9)", "!FP-101@2" },
    { "n.select($this * 10)", "[30,10,20]" },
    { "n.select($index)", "[0,1,2]" },
    { "o.select(v)", "[2,1]" },
    { "o.select(k & $index)", "[\"b0\",\"a1\",\"c2\"]" },
    { "o.where(v.exists()).select(iif(v > 1, k, $index))", "[\"b\",1]" },
    { "n.first()", "[3]" },
    { "n.last()", "[2]" },
    { "x.first() | x.last()", "[]" },
    { "n.tail()", "[1,2]" },
    { "n.skip(1)", "[1,2]" },
    { "n.skip(-1)", "[3,1,2]" },
    { "n.skip(9)", "[]" },
    { "n.take(2)", "[3,1]" },
    { "n.take(0)", "[]" },
    { "n.take(-1)", "[]" },
    { "s.single()", "[\"text\"]" },
    { "x.single()", "[]" },
    { "n.single()", "!FP-101@2" },
    { "n.intersect(2|3|4)", "[3,2]" },
    { "n.combine(2).intersect(2)", "[2]" },
    { "n.combine(2).exclude(2)", "[3,1]" },
    { "n.union(7|3)", "[3,1,2,7]" },
    { "n.combine(3)", "[3,1,2,3]" },
    { "n.sort()", "[1,2,3]" },
    { "n.sort(-$this)", "[3,2,1]" },
    { "o.sort(k).k", "[\"a\",\"b\",\"c\"]" },
    { "o.sort(v, k).k", "[\"a\",\"c\",\"b\"]" },
    { "o.sort(-v).k", "[\"a\",\"b\",\"c\"]" },
    { "(1|'a').sort()", "!FP-102@8" },
    { "o.sort(k | v)", "!FP-101@2" },
    { "n.aggregate($this + $total, 0)", "[6]" },
    { "n.aggregate(iif($total.empty() or $this > $total, $this, $total))", "[3]" },
    { "x.aggregate(1, 5)", "[5]" },
    { "x.aggregate(1)", "[]" },
    { "n.aggregate($total | $this, 9)", "[9,3,1,2]" },
    { "n.select($total)", "[]" },
    { "t.repeat(c | d)", "[{\"d\":1},{\"d\":{\"d\":2}},1,{\"d\":2},2]" },
    { "n.repeat($this)", "[3,1,2]" },
    { "iif(true, 1)", "[1]" },
    { "iif(false, 1)", "[]" },
    { "iif({}, 1, 2)", "[2]" },
    { "iif('a', 1, 2)", "!FP-105@0" },
    { "iif(s, 1, 2)", "!FP-105@0" },
    { "n.iif(true, 1)", "!FP-101@2" },
    { "s.iif($this = 'text', $this & '!', 'no')", "[\"text!\"]" },
};

static void collections(void **state)
{
    (void)state;
    fp_rows(collection, ZS_COUNT(collection), doc);
}

static const struct fp_row string[] = {
    { "'abc'.indexOf('c')", "[2]" },
    { "'\\u00e4bc'.indexOf('c')", "[2]" },
    { "'abc'.indexOf('x')", "[-1]" },
    { "'abc'.indexOf('')", "[0]" },
    { "'abcb'.lastIndexOf('b')", "[3]" },
    { "'a'.lastIndexOf('ab')", "[-1]" },
    { "'\\u00e4bc'.substring(1)", "[\"bc\"]" },
    { "'abc'.substring(1, 1)", "[\"b\"]" },
    { "'abc'.substring(1, 9)", "[\"bc\"]" },
    { "'abc'.substring(3)", "[]" },
    { "'abc'.substring(-1)", "[]" },
    { "'abc'.substring(1, 0)", "[\"\"]" },
    { "'abc'.substring(1, -1)", "[\"\"]" },
    { "'abc'.substring({})", "[]" },
    { "'abc'.startsWith('ab')", "[true]" },
    { "'abc'.startsWith('')", "[true]" },
    { "'abc'.endsWith('bc')", "[true]" },
    { "'abc'.contains('d')", "[false]" },
    { "'abc'.contains({})", "[]" },
    { "'m\\u00fcller \\u0436'.upper()", "[\"M\xc3\x9cLLER \xd0\x96\"]" },
    { "'M\\u00dcLLER'.lower()", "[\"m\xc3\xbcller\"]" },
    { "'abcabc'.replace('b', 'xx')", "[\"axxcaxxc\"]" },
    { "'ab'.replace('', '-')", "[\"-a-b-\"]" },
    { "'aaa'.replace('aa', 'b')", "[\"ba\"]" },
    { "'abc'.matches('b')", "[true]" },
    { "'a\\nc'.matches('a.c')", "[true]" },
    { "'abc'.matches('^b')", "[false]" },
    { "'abc'.matchesFull('b')", "[false]" },
    { "'abc'.matchesFull('a.c')", "[true]" },
    { "'abc'.matches('(')", "!FP-012@6" },
    { "'abc'.matches('a' + '(')", "!FP-106@6" },
    { "'abc'.matches('a' + 'b')", "[true]" },
    { "'2024-05'.replaceMatches('(\\\\d+)-(\\\\d+)', '$2/$1')", "[\"05/2024\"]" },
    { "'abc'.replaceMatches('', 'x')", "[\"abc\"]" },
    { "'abc'.replaceMatches('b', '$9')", "!FP-106@6" },
    { "'\\u00e4b'.length()", "[2]" },
    { "''.length()", "[0]" },
    { "'\\u00e4b'.toChars()", "[\"\xc3\xa4\",\"b\"]" },
    { "'a,b,,c'.split(',')", "[\"a\",\"b\",\"\",\"c\"]" },
    { "'a'.split('')", "!FP-103@4" },
    { "('a'|'b').join('-')", "[\"a-b\"]" },
    { "n.join()", "[\"312\"]" },
    { "{}.join(',')", "[]" },
    { "o.join(',')", "!FP-104@2" },
    { "' a '.trim()", "[\"a\"]" },
    { "5.length()", "!FP-103@2" },
    { "o.upper()", "!FP-101@2" },
    { "o[0].upper()", "!FP-103@5" },
    { "x.upper()", "[]" },
    { "'a+/b'.encode('base64')", "[\"YSsvYg==\"]" },
    { "'YSsvYg=='.decode('base64')", "[\"a+/b\"]" },
    { "'YSsvYg'.decode('base64')", "[\"a+/b\"]" },
    { "'?'.decode('base64')", "[]" },
    { "'/w=='.decode('base64')", "[]" },
    { "'\\u00ff'.encode('hex')", "[\"c3bf\"]" },
    { "'C3bF'.decode('hex')", "[\"\xc3\xbf\"]" },
    { "'c'.decode('hex')", "[]" },
    { "'a'.encode('rot13')", "!FP-103@4" },
    { "'<a>&'.escape('html')", "[\"&lt;a&gt;&amp;\"]" },
    { "'&lt;&amp;lt;'.unescape('html')", "[\"<&lt;\"]" },
    { "'a\"\\n'.escape('json')", "[\"a\\\\\\\"\\\\n\"]" },
    { "'a\\\\u0041\"'.unescape('json')", "[\"aA\\\"\"]" },
    { "'a\\\\q'.unescape('json')", "[]" },
};

static void strings(void **state)
{
    (void)state;
    fp_rows(string, ZS_COUNT(string), doc);
}

static const struct fp_row conversion[] = {
    { "'12'.toInteger()", "[12]" },
    { "'+12'.toInteger()", "[12]" },
    { "'1.0'.toInteger()", "[]" },
    { "'1e2'.toInteger()", "[]" },
    { "'2147483648'.toInteger()", "[]" },
    { "true.toInteger()", "[1]" },
    { "1.5.toInteger()", "[]" },
    { "'1.50'.toDecimal()", "[1.50]" },
    { "'1e2'.toDecimal()", "[]" },
    { "'.5'.toDecimal()", "[]" },
    { "true.toDecimal()", "[1.0]" },
    { "'YES'.toBoolean()", "[true]" },
    { "'f'.toBoolean()", "[false]" },
    { "'maybe'.toBoolean()", "[]" },
    { "0.toBoolean()", "[false]" },
    { "1.0.toBoolean()", "[true]" },
    { "2.toBoolean()", "[]" },
    { "1.50.toString()", "[\"1.50\"]" },
    { "(4 'mg').toString()", "[\"4 'mg'\"]" },
    { "(2 days).toString()", "[\"2 days\"]" },
    { "(1 day).toString()", "[\"1 day\"]" },
    { "@2012-01.toString()", "[\"2012-01\"]" },
    { "o[0].toString()", "[]" },
    { "'2012-02-30'.toDate()", "[]" },
    { "'2012-02-28T10:00:00Z'.toDate()", "[\"2012-02-28\"]" },
    { "'20120228'.toDate()", "[]" },
    { "'2012-02-28T10:00+02:00'.toDateTime()", "[\"2012-02-28T10:00+02:00\"]" },
    { "@2012.toDateTime() is DateTime", "[true]" },
    { "'10:30'.toTime()", "[\"10:30\"]" },
    { "'25:30'.toTime()", "[]" },
    { "@T10:30.toTime() is Time", "[true]" },
    { "'4 \\'mg\\''.toQuantity()", "[{\"value\":4,\"unit\":\"mg\"}]" },
    { "'4 days'.toQuantity()", "[{\"value\":4,\"unit\":\"day\"}]" },
    { "'4 mg'.toQuantity()", "[]" },
    { "q.toQuantity()", "[{\"value\":4.0,\"unit\":\"mg\"}]" },
    { "q = 4 'mg'", "[true]" },
    { "q > 3 'mg'", "[true]" },
    { "(4 'mg').toQuantity('mg')", "[{\"value\":4,\"unit\":\"mg\"}]" },
    { "(4 'mg').toQuantity('kg')", "[]" },
    { "'x'.convertsToInteger()", "[false]" },
    { "{}.convertsToInteger()", "[]" },
    { "'1'.convertsToDecimal() and '2012'.convertsToDate() and '10:00'.convertsToTime()",
      "[true]" },
    { "n.toString()", "!FP-101@2" },
};

static void conversions(void **state)
{
    (void)state;
    fp_rows(conversion, ZS_COUNT(conversion), doc);
}

static const struct fp_row math[] = {
    { "(-5).abs()", "[5]" },
    { "(-5.50).abs()", "[5.50]" },
    { "(-5 'mg').abs()", "[{\"value\":5,\"unit\":\"mg\"}]" },
    { "1.1.ceiling()", "[2]" },
    { "(-1.1).ceiling()", "[-1]" },
    { "(-1.1).floor()", "[-2]" },
    { "(-1.9).truncate()", "[-1]" },
    { "3000000000.5.truncate()", "[3000000000]" },
    { "1.455.round(2)", "[1.46]" },
    { "(-1.5).round()", "[-2]" },
    { "1.5.round(-1)", "!FP-103@4" },
    { "81.sqrt()", "[9]" },
    { "2.sqrt()", "[1.4142135623730950]" },
    { "(-1).sqrt()", "[]" },
    { "2.power(10)", "[1024]" },
    { "2.power(-2)", "[0.25]" },
    { "2.5.power(2)", "[6.25]" },
    { "4.power(0.5)", "[2]" },
    { "(-1).power(0.5)", "[]" },
    { "10.power(40)", "[]" },
    { "0.exp()", "[1]" },
    { "1.exp()", "[2.71828182845905]" },
    { "1.ln()", "[0]" },
    { "0.ln()", "[]" },
    { "100.log(10)", "[2]" },
    { "100.log(1)", "[]" },
    { "'a'.abs()", "!FP-103@4" },
    { "{}.sqrt()", "[]" },
};

static void numbers(void **state)
{
    (void)state;
    fp_rows(math, ZS_COUNT(math), doc);
}

static const struct fp_row tree[] = {
    { "t.children()", "[{\"d\":1},{\"d\":{\"d\":2}}]" },
    { "t.descendants().count()", "[5]" },
    { "z.exists()", "[false]" },
    { "s.hasValue()", "[true]" },
    { "o.hasValue()", "[false]" },
    { "o[0].hasValue()", "[false]" },
    { "n[0].getValue()", "[3]" },
    { "1.type().name", "[\"Integer\"]" },
    { "1.type().namespace", "[\"System\"]" },
    { "s.type()", "[{\"namespace\":\"System\",\"name\":\"String\"}]" },
    { "now()", "[\"2024-05-17T12:30:15.678+02:00\"]" },
    { "today()", "[\"2024-05-17\"]" },
    { "timeOfDay()", "[\"12:30:15.678\"]" },
    { "n.trace('x')", "[3,1,2]" },
    { "n.trace('x', $this + 1)", "[3,1,2]" },
    { "%context.s", "[\"text\"]" },
    { "%resource.s", "[\"text\"]" },
    { "%ucum", "[\"http://unitsofmeasure.org\"]" },
    { "%`vs-x-y`", "[\"http://hl7.org/fhir/ValueSet/x-y\"]" },
    { "%'ext-x'", "[\"http://hl7.org/fhir/StructureDefinition/x\"]" },
};

static void elements(void **state)
{
    (void)state;
    fp_rows(tree, ZS_COUNT(tree), doc);
}

static void table_is_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; i < fp_n_funcs; i++) {
        const struct fp_func *f = &fp_funcs[i];
        T_ROW(f->name);
        T_TRUE(i == 0 || strcmp(fp_funcs[i - 1].name, f->name) < 0);
        T_TRUE(f->min <= f->max);
        T_TRUE(fp_func_find(str_z(f->name)) == f);
        /* what is called on the stack has something to call */
        bool called = f->form == FP_FORM_ARGS || f->form == FP_FORM_SORT ||
                      f->form == FP_FORM_TRACE || (f->form == FP_FORM_LOOP && f->min == 0);
        T_TRUE(called == (f->fn != NULL));
    }
    T_TRUE(fp_func_find(STR("")) == NULL);
    T_TRUE(fp_func_find(STR("wher")) == NULL);
    T_EQ_Z(fp_func_nearest(STR("wher")), "where");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(collections), T_TEST(strings),  T_TEST(conversions),
        T_TEST(numbers),     T_TEST(elements), T_TEST(table_is_sorted),
    };
    return T_RUN(tests);
}

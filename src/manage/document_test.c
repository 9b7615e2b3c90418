/*
 * Texts of documents, both forms.
 */
#include "manage/document.h"

#include "tests/lib/t.h"

#define MEMORY (8u << 20)

static void forms_are_told_apart(void **state)
{
    (void)state;
    T_EQ_INT(document_form_of_file("a/b.json"), DOCUMENT_JSON);
    T_EQ_INT(document_form_of_file("a/b.yaml"), DOCUMENT_YAML);
    T_EQ_INT(document_form_of_text(STR(" \n[{}]")), DOCUMENT_JSON);
    T_EQ_INT(document_form_of_text(STR("{\"a\":1}")), DOCUMENT_JSON);
    T_EQ_INT(document_form_of_text(STR("a: 1")), DOCUMENT_YAML);
    T_EQ_INT(document_form_of_text(STR("")), DOCUMENT_YAML);
}

static const struct {
    const char *name;
    enum document_form form;
    const char *in, *out;
} rows[] = {
    { "one of YAML", DOCUMENT_YAML, "{a: 1}", "a: 1\n" },
    { "two of YAML", DOCUMENT_YAML, "a: 1\n---\nb: 2\n", "a: 1\n---\nb: 2\n" },
    { "one of JSON", DOCUMENT_JSON, "{\"a\":1}", "{\n  \"a\": 1\n}\n" },
    { "two of JSON", DOCUMENT_JSON, "[{\"a\":1},{\"b\":2}]",
      "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": 2\n  }\n]\n" },
    { "none", DOCUMENT_YAML, "", "" },
};

static void texts_are_taken_apart_and_put_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, MEMORY);
        struct json *docs = NULL;
        struct buf b;
        struct err e;
        T_ROW(rows[i].name);
        buf_init_arena(&b, a, MEMORY / 2);
        T_OK(document_parse(str_z(rows[i].in), rows[i].form, a, &docs, &e), &e);
        T_OK(document_write(docs, rows[i].form, &b, &e), &e);
        T_EQ_STR(buf_view(&b).p ? buf_view(&b) : STR(""), rows[i].out);
        arena_free(&a);
    }
}

static void a_document_has_the_key_of_its_kind_first(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, MEMORY);
    struct json *doc = NULL;
    struct buf b;
    struct err e;
    T_OK(document_make(STR("table"), STR("sex"), STR("{\"rows\":{}}"), a, &doc, &e), &e);
    buf_init_arena(&b, a, MEMORY / 2);
    T_OK(json_write(&b, doc, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), "{\"table\":\"sex\",\"rows\":{}}");
    T_EQ_Z(document_kind(doc), "table");
    T_TRUE(document_kind(json_make_object(a)) == NULL);
    T_EQ_INT(document_make(STR("table"), STR("x"), STR("{"), a, &doc, &e), RC_SYNTAX);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(forms_are_told_apart),
        T_TEST(texts_are_taken_apart_and_put_together),
        T_TEST(a_document_has_the_key_of_its_kind_first),
    };
    return T_RUN(tests);
}

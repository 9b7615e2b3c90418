/*
 * Texts of documents, taken apart and put together. Tests: document_test.c
 */
#include "manage/document.h"

#include "json/yaml.h"
#include "json/yaml_write.h"

static const char *const kinds[] = { "engine", "table", "mapping", "integration", "channel" };

enum document_form document_form_of_file(const char *file)
{
    return str_ends(str_z(file), STR(".json")) ? DOCUMENT_JSON : DOCUMENT_YAML;
}

enum document_form document_form_of_text(struct str text)
{
    struct str t = str_trim(text);
    return t.n > 0 && (t.p[0] == '{' || t.p[0] == '[') ? DOCUMENT_JSON : DOCUMENT_YAML;
}

enum rc document_parse(struct str text, enum document_form form, struct arena *a,
                       struct json **docs, struct err *e)
{
    if (form == DOCUMENT_YAML)
        return yaml_parse(text, &json_default_limits, a, docs, e);
    struct json *one = NULL;
    enum rc rc = json_parse(text, &json_default_limits, a, &one, e);
    if (rc != RC_OK || json_is(one, JSON_ARRAY)) {
        *docs = one;
        return rc;
    }
    *docs = json_make_array(a);
    return *docs ? json_append(*docs, one, e)
                 : err_set(e, RC_NOMEM, "JSON-030", "no memory for a document");
}

enum rc document_write(const struct json *docs, enum document_form form, struct buf *out,
                       struct err *e)
{
    if (form == DOCUMENT_JSON) {
        const struct json *whole = json_count(docs) == 1 ? json_first(docs) : docs;
        enum rc rc = json_write(out, whole, JSON_PRETTY, e);
        buf_char(out, '\n');
        return rc == RC_OK ? buf_rc(out, e) : rc;
    }
    size_t n = 0;
    JSON_EACH(doc, docs)
    {
        if (n++ > 0)
            buf_z(out, "---\n");
        enum rc rc = yaml_write(out, doc, e);
        if (rc != RC_OK)
            return rc;
    }
    return buf_rc(out, e);
}

const char *document_kind(const struct json *doc)
{
    for (size_t i = 0; i < ZS_COUNT(kinds); i++)
        if (json_getz(doc, kinds[i]))
            return kinds[i];
    return NULL;
}

enum rc document_make(struct str kind, struct str name, struct str body, struct arena *a,
                      struct json **out, struct err *e)
{
    struct json *doc = json_make_object(a), *rest = NULL;
    enum rc rc = json_parse(body, &json_default_limits, a, &rest, e);
    if (rc == RC_OK && !doc)
        rc = err_set(e, RC_NOMEM, "JSON-030", "no memory for a document");
    if (rc == RC_OK)
        rc = json_add(doc, kind, json_make_str(a, name), e);
    struct json *next = NULL;
    for (struct json *m = json_first(rest); rc == RC_OK && m; m = next) {
        next = json_next(rest, m);
        struct str member = json_name(m);
        json_remove(rest, m);
        rc = json_add(doc, member, m, e);
    }
    if (rc == RC_OK)
        *out = doc;
    return rc;
}

/*
 * JSON messages, and bytes that are passed through unread. Tests: channel_test.c
 */
#include "flow/format_int.h"

#include "fhirpath/doc_json.h"

#define TYPE_MAX 80

static enum rc json_take(struct message *m, struct err *e)
{
    struct json *doc = NULL;
    enum rc rc = json_parse(m->rec.body, &json_default_limits, m->arena, &doc, e);
    m->json = doc;
    return rc;
}

static enum rc always(const struct message *m, struct err *e)
{
    (void)m, (void)e; /* every JSON text is acceptable and valid as far as this format goes */
    return RC_OK;
}

static enum rc always_valid(const struct message *m, enum config_profile p, struct err *e)
{
    (void)p; /* profiles of JSON come with FHIR validation */
    return always(m, e);
}

static void json_describe(struct message *m)
{
    const struct json *kind = json_getz(m->json, "resourceType");
    m->rec.type = json_is(kind, JSON_STRING) ? str_sub(json_text(kind), 0, TYPE_MAX) : STR("json");
    if (m->rec.control_id.n > 0)
        m->terms[m->rec.n_terms++] =
            (struct store_term){ .kind = TERM_CONTROL_ID, .value = m->rec.control_id };
}

/* The connector's own words are right for JSON. */
static enum rc no_words(struct message *m, enum take how, const struct err *why, struct err *e)
{
    (void)how, (void)why, (void)e;
    m->rec.ack = STR_NULL;
    return RC_OK;
}

static struct doc_node json_node(const struct message *m)
{
    return doc_json(m->json);
}

const struct format_ops format_json = { .parse = json_take,
                                        .acceptable = always,
                                        .validate = always_valid,
                                        .describe = json_describe,
                                        .acknowledge = no_words,
                                        .node = json_node };

static enum rc bytes_take(struct message *m, struct err *e)
{
    struct json *doc = NULL;
    enum rc rc = json_parse(STR("{}"), &json_default_limits, m->arena, &doc, e);
    m->json = doc; /* to expressions the bytes are a document in which nothing can be named */
    return rc;
}

static void bytes_describe(struct message *m)
{
    m->rec.type = STR("bytes");
    if (m->rec.control_id.n > 0)
        m->terms[m->rec.n_terms++] =
            (struct store_term){ .kind = TERM_CONTROL_ID, .value = m->rec.control_id };
}

const struct format_ops format_bytes = { .parse = bytes_take,
                                         .acceptable = always,
                                         .validate = always_valid,
                                         .describe = bytes_describe,
                                         .acknowledge = no_words,
                                         .node = json_node };

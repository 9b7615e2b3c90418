/* Documents told by their content; see document.h. Tests: tests/cases */
#include "cli/document.h"

#include "fhirpath/doc_json.h"

#include "map/doc_hl7.h"

#define ARENA_MAX ((size_t)16 << 30)

/* What begins like JSON is meant as JSON. */
static bool looks_like_json(struct str s)
{
    s = str_trim(str_starts(s, STR("\xef\xbb\xbf")) ? str_from(s, 3) : s);
    return s.n > 0 && (s.p[0] == '{' || s.p[0] == '[');
}

static enum rc open_json(struct document *d, struct err *e)
{
    struct json *v = NULL;
    d->is_json = true;
    d->arena = arena_new("document", 0, ARENA_MAX);
    if (!d->arena)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    enum rc rc = json_parse(d->bytes, &json_default_limits, d->arena, &v, e);
    d->json = v;
    return rc;
}

enum rc document_open(struct cli *c, const char *path, struct document *d, struct err *e)
{
    *d = (struct document){ .path = path };
    enum rc rc = hl7_file_open(c, path, &d->file, e);
    d->bytes = d->file.bytes;
    return looks_like_json(d->bytes) ? open_json(d, e) : rc;
}

enum rc document_next(struct document *d, bool *more, struct err *e)
{
    if (d->is_json) {
        *more = !d->done;
        d->done = true;
        return RC_OK;
    }
    enum rc rc = hl7_file_next_message(&d->file, more, e);
    d->hl7 = d->file.m;
    return rc;
}

struct doc_node document_node(const struct document *d)
{
    return d->is_json ? doc_json(d->json) : doc_hl7(d->hl7);
}

const struct doc_syntax *document_syntax(const struct document *d)
{
    return d->is_json ? &doc_json_syntax : &doc_hl7_syntax;
}

void document_done(struct document *d)
{
    arena_free(&d->arena);
    hl7_file_done(&d->file);
}

int document_fail(struct cli *c, const struct document *d, const struct err *e)
{
    return hl7_file_fail(c, &d->file, e);
}

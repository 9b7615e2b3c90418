/*
 * What the reader can find wrong, and the error record it becomes. Tests: json_parse_test.c
 */
#include "json/json_read.h"
#include "json/path.h"

static const struct {
    enum rc rc;
    const char *id, *text;
} faults[] = {
    [F_NONE] = { RC_BUG, "JSON-030", "no fault" },
    [F_END] = { RC_SYNTAX, "JSON-001", "the text ends too early" },
    [F_VALUE] = { RC_SYNTAX, "JSON-002", "a value should stand here" },
    [F_NAME] = { RC_SYNTAX, "JSON-002", "a member's name in double quotes should stand here" },
    [F_COLON] = { RC_SYNTAX, "JSON-002", "a colon should stand here, behind the member's name" },
    [F_COMMA] = { RC_SYNTAX, "JSON-002", "a comma or the closing bracket should stand here" },
    [F_NUMBER] = { RC_SYNTAX, "JSON-003", "this is no number as JSON writes them" },
    [F_ESCAPE] = { RC_SYNTAX, "JSON-004", "unknown or incomplete escape in a string" },
    [F_SURROGATE] = { RC_SYNTAX, "JSON-004", "escaped surrogate without its other half" },
    [F_CONTROL] = { RC_SYNTAX, "JSON-005", "control character in a string, it must be escaped" },
    [F_UTF8] = { RC_SYNTAX, "JSON-006", "the string is not UTF-8" },
    [F_AFTER] = { RC_SYNTAX, "JSON-007", "more text behind the end of the document" },
    [F_UTF16] = { RC_SYNTAX, "JSON-008", "the text is UTF-16 or UTF-32, it must be UTF-8" },
    [F_TWICE] = { RC_VALUE, "JSON-010", "the name was used before in this object" },
    [F_DEPTH] = { RC_LIMIT, "JSON-021", "nested deeper than allowed" },
    [F_NAME_SIZE] = { RC_LIMIT, "JSON-022", "a name over 65,535 bytes" },
    [F_NODES] = { RC_LIMIT, "JSON-023", "more values than allowed" },
    [F_MEMORY] = { RC_NOMEM, "JSON-030", "not enough memory for the document" },
};

const char *json_fail(struct reader *r, const char *at, enum fault fault)
{
    r->fault = fault;
    r->fault_at = at;
    return NULL;
}

/* The path of the place that was being read: from the open containers. */
static void fault_where(const struct reader *r, struct err *e)
{
    char text[256];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    for (uint32_t i = 0; i < r->depth; i++) {
        const struct json *box = r->frame[i + 1].box;
        const struct json *v = box->last;
        bool no_child_yet = i + 1 == r->depth && (r->fault == F_NAME || r->fault == F_COLON);
        if (!v || no_child_yet)
            break;
        if (box->type == JSON_ARRAY)
            json_path_add_index(&b, box->n - 1);
        else
            json_path_add_name(&b, json_name(v));
    }
    err_where(e, "%.*s", STR_ARG(buf_view(&b)));
}

enum rc json_report(const struct reader *r, struct str whole, struct err *e)
{
    enum rc rc = faults[r->fault].rc;
    if (!e)
        return rc;
    size_t pos = (size_t)(r->fault_at - r->start);
    (void)err_set_at(e, rc, faults[r->fault].id, pos, "%s", faults[r->fault].text);
    json_place(whole, pos, &e->line, &e->column);
    fault_where(r, e);
    return rc;
}

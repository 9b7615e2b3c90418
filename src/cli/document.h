/*
 * A document given to a command: HL7 v2 (one message or a file of them) or JSON, told by its
 * content.
 *
 *   document_open ── { document_next … } ── document_done
 *
 * Thread  main.
 */
#ifndef ZS_CLI_DOCUMENT_H
#define ZS_CLI_DOCUMENT_H

#include "cli/hl7_file.h"

#include "fhirpath/doc.h"

#include "json/json.h"

struct document {
    const char *path;
    bool is_json;
    struct str bytes;
    struct arena *arena;       /* of the current one; emptied by document_next for HL7 v2 */
    const struct json *json;   /* JSON: the document */
    const struct hl7_msg *hl7; /* HL7 v2: the message in work */
    struct hl7_file file;
    bool done;
};

/*
 * Read a file, or c->in for "-". Errors of file_read, of json_parse or hl7_parse. In every case
 * document_done has to follow.
 */
enum rc document_open(struct cli *c, const char *path, struct document *d, struct err *e) ZS_CHECK;

/* The document, or the next message; *more is false behind the last. */
enum rc document_next(struct document *d, bool *more, struct err *e) ZS_CHECK;

/* As expressions see it. */
struct doc_node document_node(const struct document *d);
const struct doc_syntax *document_syntax(const struct document *d);

void document_done(struct document *d);

/* Answer with an error whose place lies in the file. Returns CLI_FAILED. */
int document_fail(struct cli *c, const struct document *d, const struct err *e);

#endif

/*
 * A file of HL7 v2 for the `hl7` commands: read whole, then handed out part by part.
 *
 *   hl7_file_open ── { hl7_file_next … } ── hl7_file_done
 *
 * Thread  main.
 */
#ifndef ZS_CLI_HL7_FILE_H
#define ZS_CLI_HL7_FILE_H

#include "base/buf.h"
#include "cli/cli.h"
#include "hl7/batch.h"

struct hl7_file {
    const char *path;
    struct str bytes;
    struct arena *file_arena; /* holds bytes */
    struct arena *arena;      /* of the current part; emptied by hl7_file_next */
    struct hl7_parts parts;
    struct hl7_part part;
    const struct hl7_msg *m; /* the current part, parsed */
    size_t n_parts;          /* handed out so far */
    size_t n_messages;       /* of them, messages */
    bool single;             /* there is only one part */
};

/*
 * Read a file, or c->in for "-".
 * Returns  errors of file_read; RC_SYNTAX HL7-001, -002, -006: it is no HL7 v2; RC_LIMIT HL7-003
 * In every case hl7_file_done has to follow.
 */
enum rc hl7_file_open(struct cli *c, const char *path, struct hl7_file *f, struct err *e) ZS_CHECK;

/* The next part into f->part and f->m; *more is false behind the last. RC_NOMEM, RC_LIMIT. */
enum rc hl7_file_next(struct hl7_file *f, bool *more, struct err *e) ZS_CHECK;

/* The same, passing over what is no message (batch headers and trailers). */
enum rc hl7_file_next_message(struct hl7_file *f, bool *more, struct err *e) ZS_CHECK;

void hl7_file_done(struct hl7_file *f);

/* Answer with an error whose place lies in the file. Returns CLI_FAILED. */
int hl7_file_fail(struct cli *c, const struct hl7_file *f, const struct err *e);

/* Write to c->out and empty the buffer; a failed stream is noticed at the end of the run. */
void hl7_flush(struct cli *c, struct buf *b);

#endif

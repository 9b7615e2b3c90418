/*
 * HL7 v2 as JSON, exactly: what hl7_json_put writes, hl7_json_build turns back into the same bytes,
 * whatever they were.
 *
 *   { "segments": [
 *       { "id": "MSH", "fields": { "1": "|", "2": "^~\\&", "9": { "1": "ADT", "2": "A01" } } },
 *       { "id": "PID", "fields": { "3": [ "123", { "1": "456", "4": { "1": "A", "2": "B" } } ] } }
 * ] }
 *
 * A field is named by its number; so are components and sub-components, where there is more than
 * one. Repetitions are an array. A value is its decoded text; null is HL7's null value "".
 * Empty ones are left out, but for the last, which tells how many separators there are.
 *
 * Where that would not give back the same bytes, more is said:
 *   { "text": …, "raw": … }   a value that the escape rules would write in another way: raw counts
 *   { "hex": … }              bytes that are no text, in hexadecimal
 *   { "line": … }             a line that is no segment
 *   "end"                     on a segment: its line end, where it is not the message's
 *   "eol"                     on a message: the line end, where it is not CR
 *   "before", "after"         bytes around the message: byte order mark, MLLP
 *   "charset"                 the set the texts were decoded from, where it is not UTF-8
 *   "delimiters"              of a part without a header (BTS, FTS)
 * A file of several messages is { "parts": [ … ] }.
 *
 * When building, what is left out is what is usual: delimiters |^~\&, line end CR. A number is
 * taken for its text.
 *
 * Thread  main.
 */
#ifndef ZS_CLI_HL7_JSON_H
#define ZS_CLI_HL7_JSON_H

#include "hl7/hl7.h"
#include "json/jw.h"

/* Called after each segment, so that a long message need not be held: may empty the buffer. */
struct hl7_json_sink {
    void (*segment)(void *ctx);
    void *ctx;
};

/*
 * Write one part as an object. headless: it has no header, so say its delimiters.
 *
 * scratch  rewound after each segment: not the arena of the writer's buffer
 * Returns  RC_NOMEM HL7-005; what the writer has to say is left to jw_done
 */
enum rc hl7_json_put(struct jw *w, const struct hl7_msg *m, bool headless, struct arena *scratch,
                     const struct hl7_json_sink *sink, struct err *e) ZS_CHECK;

/*
 * The bytes of a document.
 *
 * scratch  rewound after each segment: not the arena of out
 * out      may be emptied by the sink
 * Returns  RC_VALUE  CLI-020 the document is not of this form; pos and where say where
 *                    HL7-020, -024: a value cannot be written; where says which
 *          RC_LIMIT, RC_NOMEM
 */
enum rc hl7_json_build(const struct json *doc, struct arena *scratch, struct buf *out,
                       const struct hl7_json_sink *sink, struct err *e) ZS_CHECK;

#endif

/*
 * Where one message ends and the next begins in a file; see batch.h. One pass, line by line.
 * Tests: batch_test.c
 */
#include "hl7/batch.h"

#include "hl7/scan.h"

#define BOM STR("\xef\xbb\xbf")

static const struct {
    uint32_t id;
    enum hl7_part_kind kind;
} starts[] = {
    { HL7_MSH, HL7_PART_MESSAGE },      { HL7_FHS, HL7_PART_FILE_HEADER },
    { HL7_BHS, HL7_PART_BATCH_HEADER }, { HL7_BTS, HL7_PART_BATCH_TRAILER },
    { HL7_FTS, HL7_PART_FILE_TRAILER },
};

static bool is_eol(char c)
{
    return c == '\r' || c == '\n';
}

/* Offset of the first byte at or behind `at` that is no VT, mark or blank. */
static size_t skip_marks(struct str in, size_t at)
{
    for (;;) {
        if (at < in.n && strchr("\x0b \t", in.p[at]) && in.p[at] != '\0')
            at++;
        else if (str_starts(str_from(in, at), BOM))
            at += BOM.n;
        else
            return at;
    }
}

/* What begins at this line; HL7_PART_STRAY for a line inside a part. *id_at is where its id is. */
static enum hl7_part_kind line_kind(struct str in, size_t at, size_t *id_at)
{
    *id_at = skip_marks(in, at);
    struct str line = str_from(in, *id_at);
    uint32_t id = hl7_id_read(str_sub(line, 0, 3));
    for (size_t i = 0; i < ZS_COUNT(starts); i++) {
        if (starts[i].id != id)
            continue;
        struct hl7_delims d;
        bool begins = hl7_delims_read(line, &d);
        /* A trailer may be its id alone; a header is nothing without its separator. */
        if (!hl7_id_is_header(id))
            begins |= line.n == 3 || is_eol(line.p[3]);
        return begins ? starts[i].kind : HL7_PART_STRAY;
    }
    return HL7_PART_STRAY;
}

void hl7_parts_init(struct hl7_parts *it, struct str in)
{
    *it = (struct hl7_parts){ .in = in, .message = HL7_DELIMS_DEFAULT };
}

/* Behind the line's end that is at or behind `at`. */
static size_t next_line(struct str in, size_t at)
{
    at += scan_either(in.p + at, in.n - at, '\r', '\n');
    while (at < in.n && is_eol(in.p[at]))
        at++;
    return at;
}

static struct hl7_delims first_used(struct hl7_delims a, struct hl7_delims b, struct hl7_delims c)
{
    if (a.field)
        return a;
    return b.field ? b : c;
}

/* The delimiters of a part, and those it leaves to the parts behind it. */
static struct hl7_delims take_delims(struct hl7_parts *it, enum hl7_part_kind kind,
                                     struct str at_id)
{
    struct hl7_delims own = it->message;
    switch (kind) {
    case HL7_PART_MESSAGE:
        (void)hl7_delims_read(at_id, &it->message); /* it can: line_kind did */
        return it->message;
    case HL7_PART_BATCH_HEADER: (void)hl7_delims_read(at_id, &it->batch); return it->batch;
    case HL7_PART_FILE_HEADER: (void)hl7_delims_read(at_id, &it->file); return it->file;
    case HL7_PART_BATCH_TRAILER: return first_used(it->batch, it->file, own);
    case HL7_PART_FILE_TRAILER: return first_used(it->file, it->batch, own);
    case HL7_PART_STRAY: break;
    }
    return own;
}

/* The first line that is not blank: where the kind of the first part is read. */
static size_t first_line(struct str in, size_t at)
{
    for (;;) {
        size_t next = skip_marks(in, at);
        while (next < in.n && is_eol(in.p[next]))
            next++;
        if (next == at)
            return at;
        at = next;
    }
}

bool hl7_parts_next(struct hl7_parts *it, struct hl7_part *part)
{
    if (it->pos >= it->in.n)
        return false;
    size_t id_at = 0;
    size_t first = it->pos == 0 ? first_line(it->in, 0) : it->pos;
    part->kind = line_kind(it->in, first, &id_at);
    part->delims = take_delims(it, part->kind, str_from(it->in, id_at));

    size_t at = next_line(it->in, id_at);
    size_t ignored = 0;
    while (at < it->in.n && line_kind(it->in, at, &ignored) == HL7_PART_STRAY)
        at = next_line(it->in, at);
    part->bytes = str_sub(it->in, it->pos, at - it->pos);
    it->pos = at;
    return true;
}

size_t hl7_parts_count(struct str in)
{
    struct hl7_parts it;
    struct hl7_part part;
    size_t n = 0;
    hl7_parts_init(&it, in);
    while (hl7_parts_next(&it, &part))
        n += part.kind == HL7_PART_MESSAGE;
    return n;
}

/*
 * Records as bytes: the header by hand, the fields by tables. Tests: record_test.c, record_fuzz.c
 */
#include "store/record.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "store/fields.h"

#include <endian.h>

#define LANE_MAX    255
#define TERM_MAX    256
#define EXEC_NAME   100
#define EXEC_STATUS 32
#define EXEC_ERROR  400
#define STATE_MAX   DELIVERY_SKIPPED

static const unsigned char magic[4] = { 'Z', 'R', 'C', 1 };

/* Header offsets; all numbers little-endian. */
enum {
    AT_CRC = 4,
    AT_LENGTH = 8,
    AT_KIND = 12, /* from here on the link covers */
    AT_FLAGS = 14,
    AT_SEQ = 16,
    AT_TIME = 24,
    AT_META_LEN = 32,
    AT_BODY_LEN = 36,
    AT_KEY_ID = 40,
    AT_GROUP = 44,
    AT_PREV = 48,
    AT_META_HASH = 80,
    AT_BODY_HASH = 112
};

/* ---- tables: the tag is the index, and part of the format --------------------------------- */

#define ROW(type, of, member)                                                                      \
    {                                                                                              \
        FIELD_##type, (uint32_t)offsetof(struct of, member), 0                                     \
    }
#define ROW_MAX(type, of, member, max)                                                             \
    {                                                                                              \
        FIELD_##type, (uint32_t)offsetof(struct of, member), (max)                                 \
    }
#define TABLE(rows)                                                                                \
    {                                                                                              \
        (rows), ZS_COUNT(rows)                                                                     \
    }

/* Lists inside an intake or a record of outcomes: tags above every row of their owner's table. */
enum { TAG_TERM = 32, TAG_DELIVERY = 33, TAG_OUTCOME = 34 };

static const struct field intake_rows[] = {
    { 0 },
    ROW(STR, store_intake, channel),
    ROW(STR, store_intake, peer),
    ROW(STR, store_intake, sender),
    ROW(STR, store_intake, control_id),
    ROW(STR, store_intake, type),
    ROW(STR, store_intake, content_type),
    ROW(STR, store_intake, trace_id),
    ROW_MAX(ENUM, store_intake, state, INTAKE_REFUSED),
    ROW(STR, store_intake, reason),
    ROW(BODY, store_intake, body),
    ROW(BODY, store_intake, ack),
    ROW(U64, store_intake, config_version),
};

static const struct field term_rows[] = {
    { 0 },
    ROW_MAX(ENUM, store_term, kind, 255),
    ROW(STR, store_term, value),
};

static const struct field delivery_rows[] = {
    { 0 },
    ROW_MAX(STR, store_delivery, lane, LANE_MAX),
    ROW_MAX(ENUM, store_delivery, state, STATE_MAX),
    ROW(BOOL, store_delivery, marked),
    ROW(STR, store_delivery, key),
    ROW(BODY, store_delivery, payload),
    ROW(STR, store_delivery, content_type),
    ROW(STR, store_delivery, reason),
};

static const struct field mark_rows[] = {
    { 0 },
    ROW_MAX(STR, store_mark, lane, LANE_MAX),
    ROW(U64, store_mark, upto),
};

static const struct field outcome_rows[] = {
    { 0 },
    ROW(U64, store_outcome, seq),
    ROW_MAX(STR, store_outcome, lane, LANE_MAX),
    ROW_MAX(ENUM, store_outcome, state, STATE_MAX),
    ROW(U32, store_outcome, attempt),
    ROW_MAX(ENUM, store_outcome, fate, FATE_OPERATOR),
    ROW(BOOL, store_outcome, unknown_before),
    ROW(I64, store_outcome, next_at),
    ROW(U32, store_outcome, duration_ms),
    ROW(STR, store_outcome, status),
    ROW(STR, store_outcome, error),
    ROW(BODY, store_outcome, reply),
    ROW(BOOL, store_outcome, sent),
};

static const struct field act_rows[] = {
    { 0 },
    ROW(STR, store_act, actor),
    ROW(STR, store_act, peer),
    ROW(STR, store_act, verb),
    ROW(STR, store_act, object),
    ROW(BODY, store_act, detail),
};

static const struct field config_rows[] = {
    { 0 },
    ROW(STR, store_config, kind),
    ROW(STR, store_config, name),
    ROW(STR, store_config, hash),
    ROW(BODY, store_config, doc),
};

static const struct field exec_rows[] = {
    { 0 },
    ROW_MAX(STR, store_exec, integration, EXEC_NAME),
    ROW_MAX(STR, store_exec, endpoint, EXEC_NAME),
    ROW(STR, store_exec, actor),
    ROW(I64, store_exec, start_ms),
    ROW(BODY, store_exec, request),
};

static const struct field exec_end_rows[] = {
    { 0 },
    ROW(U64, store_exec_end, seq),
    ROW_MAX(STR, store_exec_end, integration, EXEC_NAME),
    ROW_MAX(STR, store_exec_end, endpoint, EXEC_NAME),
    ROW_MAX(ENUM, store_exec_end, state, EXEC_FAILED),
    ROW(I64, store_exec_end, start_ms),
    ROW(U32, store_exec_end, duration_ms),
    ROW(STR, store_exec_end, status),
    ROW(STR, store_exec_end, error),
    ROW(BODY, store_exec_end, result),
    ROW(BOOL, store_exec_end, cut),
};

static const struct field checkpoint_rows[] = {
    { 0 },
    ROW(U64, record_checkpoint, segment),
    ROW(U64, record_checkpoint, first_seq),
    ROW(U64, record_checkpoint, n_records),
    ROW(U64, record_checkpoint, n_messages),
    ROW(BOOL, record_checkpoint, closes),
    ROW(STR, record_checkpoint, signer),
    ROW(STR, record_checkpoint, signature),
};

static const struct field_table intake_table = TABLE(intake_rows);
static const struct field_table term_table = TABLE(term_rows);
static const struct field_table delivery_table = TABLE(delivery_rows);
static const struct field_table mark_table = TABLE(mark_rows);
static const struct field_table outcome_table = TABLE(outcome_rows);
static const struct field_table act_table = TABLE(act_rows);
static const struct field_table config_table = TABLE(config_rows);
static const struct field_table exec_table = TABLE(exec_rows);
static const struct field_table exec_end_table = TABLE(exec_end_rows);
static const struct field_table checkpoint_table = TABLE(checkpoint_rows);

/* ---- header access ------------------------------------------------------------------------ */

static void put16(unsigned char *p, uint16_t v)
{
    v = htole16(v);
    memcpy(p, &v, sizeof v);
}

static void put32(unsigned char *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof v);
}

static void put64(unsigned char *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static uint16_t get16(const char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return le16toh(v);
}

static uint32_t get32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static uint64_t get64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static struct str part(const void *bytes, size_t at, size_t n)
{
    return str_of((const char *)bytes + at, n);
}

/* ---- encoding ----------------------------------------------------------------------------- */

static void put_intake(struct field_out *o, const struct store_intake *in)
{
    fields_put(o, &intake_table, in);
    for (size_t i = 0; i < in->n_terms; i++) {
        struct store_term t = in->terms[i];
        t.value = str_sub(t.value, 0, TERM_MAX);
        fields_put_nested(o, TAG_TERM, &term_table, &t);
    }
    for (size_t i = 0; i < in->n_deliveries; i++)
        fields_put_nested(o, TAG_DELIVERY, &delivery_table, &in->deliveries[i]);
}

static void put_exec_end(struct field_out *o, const struct store_exec_end *in)
{
    struct store_exec_end end = *in;
    end.status = str_sub(end.status, 0, EXEC_STATUS);
    end.error = str_sub(end.error, 0, EXEC_ERROR);
    fields_put(o, &exec_end_table, &end);
}

static void put_op(struct field_out *o, const struct store_op *op)
{
    switch (op->kind) {
    case STORE_INTAKE: put_intake(o, op->intake); return;
    case STORE_MARK: fields_put(o, &mark_table, op->mark); return;
    case STORE_OUTCOMES:
        for (size_t i = 0; i < op->outcomes.n; i++)
            fields_put_nested(o, TAG_OUTCOME, &outcome_table, &op->outcomes.list[i]);
        return;
    case STORE_ACT: fields_put(o, &act_table, op->act); return;
    case STORE_CONFIG: fields_put(o, &config_table, op->config); return;
    case STORE_EXEC: fields_put(o, &exec_table, op->exec); return;
    case STORE_EXEC_END: put_exec_end(o, op->exec_end); return;
    case STORE_CHECKPOINT:
    case STORE_SUMMARY: break;
    }
    ZS_NEVER("a kind callers may append");
}

static bool names_fit(const struct store_op *op)
{
    bool fit = true;
    if (op->kind == STORE_MARK)
        fit = fields_fit(&mark_table, op->mark);
    if (op->kind == STORE_EXEC)
        fit = fields_fit(&exec_table, op->exec);
    if (op->kind == STORE_EXEC_END)
        fit = fields_fit(&exec_end_table, op->exec_end);
    for (size_t i = 0; op->kind == STORE_INTAKE && i < op->intake->n_deliveries; i++)
        fit = fit && fields_fit(&delivery_table, &op->intake->deliveries[i]);
    for (size_t i = 0; op->kind == STORE_OUTCOMES && i < op->outcomes.n; i++)
        fit = fit && fields_fit(&outcome_table, &op->outcomes.list[i]);
    return fit;
}

static void hash_part(struct sha256 *sha, struct str bytes, unsigned char *out)
{
    if (bytes.n)
        sha256_of(sha, bytes, out);
    else
        memset(out, 0, SHA256_BYTES);
}

static struct record *new_record(enum store_kind kind, const struct field_out *size)
{
    size_t used = RECORD_HEAD + size->meta.n + size->body.n;
    size_t n = (used + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1);
    struct record *r = mem_alloc(sizeof *r + n);
    if (!r)
        return NULL;
    r->n = n;
    memset(r->bytes, 0, RECORD_HEAD);
    memset(r->bytes + used, 0, n - used);
    memcpy(r->bytes, magic, sizeof magic);
    put32(r->bytes + AT_LENGTH, (uint32_t)n);
    put16(r->bytes + AT_KIND, (uint16_t)kind);
    put32(r->bytes + AT_META_LEN, (uint32_t)size->meta.n);
    put32(r->bytes + AT_BODY_LEN, (uint32_t)size->body.n);
    return r;
}

/* Where the parts of a fresh record go. */
static struct field_out parts_of(struct record *r, const struct field_out *size)
{
    unsigned char *meta = r->bytes + RECORD_HEAD;
    return (struct field_out){ .meta = { .p = meta }, .body = { .p = meta + size->meta.n } };
}

static void finish(struct record *r, const struct field_out *size, const struct field_out *done,
                   struct sha256 *sha)
{
    ZS_ASSERT(done->meta.n == size->meta.n && done->body.n == size->body.n);
    hash_part(sha, part(r->bytes, RECORD_HEAD, size->meta.n), r->bytes + AT_META_HASH);
    hash_part(sha, part(r->bytes, RECORD_HEAD + size->meta.n, size->body.n),
              r->bytes + AT_BODY_HASH);
    r->tail_crc = hash_crc32c(0, r->bytes + RECORD_HEAD, r->n - RECORD_HEAD);
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
}

enum rc record_encode(const struct store_op *op, size_t max, struct sha256 *sha,
                      struct record **out, struct err *e)
{
    struct field_out size = { 0 };
    put_op(&size, op);
    if (max > UINT32_MAX)
        max = UINT32_MAX;
    if (!names_fit(op) || size.meta.n > max || size.body.n > max ||
        size.meta.n + size.body.n + RECORD_HEAD + RECORD_ALIGN > max)
        return err_set(e, RC_LIMIT, "STORE-002", "a record is larger than %zu bytes", max);
    struct record *r = new_record(op->kind, &size);
    if (!r)
        return no_memory(e);
    struct field_out o = parts_of(r, &size);
    put_op(&o, op);
    finish(r, &size, &o, sha);
    *out = r;
    return RC_OK;
}

enum rc record_encode_checkpoint(const struct record_checkpoint *c, struct sha256 *sha,
                                 struct record **out, struct err *e)
{
    struct field_out size = { 0 };
    fields_put(&size, &checkpoint_table, c);
    struct record *r = new_record(STORE_CHECKPOINT, &size);
    if (!r)
        return no_memory(e);
    struct field_out o = parts_of(r, &size);
    fields_put(&o, &checkpoint_table, c);
    finish(r, &size, &o, sha);
    *out = r;
    return RC_OK;
}

/* The tail comes first, so that what the appending thread computed needs only the header added. */
static uint32_t whole_crc(uint32_t tail_crc, const void *bytes)
{
    return hash_crc32c(tail_crc, (const char *)bytes + AT_LENGTH, RECORD_HEAD - AT_LENGTH);
}

void record_seal(struct record *r, const struct record_place *at, struct sha256 *sha,
                 unsigned char link[RECORD_LINK])
{
    put16(r->bytes + AT_FLAGS, at->flags);
    put64(r->bytes + AT_SEQ, at->seq);
    put64(r->bytes + AT_TIME, (uint64_t)at->at_ms);
    put32(r->bytes + AT_GROUP, at->group);
    memcpy(r->bytes + AT_PREV, link, RECORD_LINK);
    put32(r->bytes + AT_CRC, whole_crc(r->tail_crc, r->bytes));
    record_link(part(r->bytes, 0, r->n), sha, link);
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

/* Do the lengths in the header agree with one another? */
static bool lengths_agree(const struct record_head *h, size_t max)
{
    if (h->length < RECORD_HEAD || h->length > max || h->length % RECORD_ALIGN)
        return false;
    uint64_t used = (uint64_t)RECORD_HEAD + h->meta_len + h->body_len;
    return used <= h->length && h->length - used < RECORD_ALIGN;
}

enum record_look record_head(struct str bytes, size_t max, struct record_head *out)
{
    if (bytes.n < RECORD_HEAD)
        return RECORD_MORE;
    const char *p = bytes.p;
    if (memcmp(p, magic, sizeof magic) != 0)
        return is_zero(p, RECORD_HEAD) ? RECORD_EMPTY : RECORD_BAD;
    uint16_t kind = get16(p + AT_KIND);
    struct record_head h = {
        .crc = get32(p + AT_CRC),
        .length = get32(p + AT_LENGTH),
        .kind = (enum store_kind)kind,
        .flags = get16(p + AT_FLAGS),
        .seq = get64(p + AT_SEQ),
        .at_ms = (int64_t)get64(p + AT_TIME),
        .meta_len = get32(p + AT_META_LEN),
        .body_len = get32(p + AT_BODY_LEN),
        .key_id = get32(p + AT_KEY_ID),
        .group = get32(p + AT_GROUP),
    };
    if (kind == 0 || h.seq == 0 || !lengths_agree(&h, max))
        return RECORD_BAD;
    memcpy(h.prev, p + AT_PREV, sizeof h.prev);
    memcpy(h.meta_hash, p + AT_META_HASH, sizeof h.meta_hash);
    memcpy(h.body_hash, p + AT_BODY_HASH, sizeof h.body_hash);
    *out = h;
    return RECORD_GOOD;
}

bool record_check(const struct record_head *h, struct str bytes)
{
    ZS_ASSERT(bytes.n >= h->length);
    uint32_t tail = hash_crc32c(0, bytes.p + RECORD_HEAD, h->length - RECORD_HEAD);
    return whole_crc(tail, bytes.p) == h->crc;
}

static struct str meta_of(const struct record_head *h, struct str bytes)
{
    ZS_ASSERT(bytes.n >= h->length);
    return part(bytes.p, RECORD_HEAD, h->meta_len);
}

static struct str body_of(const struct record_head *h, struct str bytes)
{
    return part(bytes.p, (size_t)RECORD_HEAD + h->meta_len, h->body_len);
}

bool record_check_hashes(const struct record_head *h, struct str bytes, struct sha256 *sha)
{
    unsigned char meta[SHA256_BYTES];
    unsigned char body[SHA256_BYTES];
    hash_part(sha, meta_of(h, bytes), meta);
    hash_part(sha, body_of(h, bytes), body);
    return memcmp(meta, h->meta_hash, sizeof meta) == 0 &&
           memcmp(body, h->body_hash, sizeof body) == 0;
}

void record_link(struct str bytes, struct sha256 *sha, unsigned char link[RECORD_LINK])
{
    ZS_ASSERT(bytes.n >= RECORD_HEAD);
    sha256_of(sha, part(bytes.p, AT_KIND, RECORD_HEAD - AT_KIND), link);
}

static enum rc damaged(struct err *e, const char *what)
{
    return err_set(e, RC_PEER, "STORE-012", "record is damaged: %s", what);
}

/* Fields of a record that is one flat struct. */
static enum rc flat(const struct record_head *h, struct str bytes, enum store_kind kind,
                    const struct field_table *t, void *object, struct err *e)
{
    if (h->kind != kind)
        return damaged(e, "it is of another kind");
    struct field_in in = { .meta = meta_of(h, bytes), .body = body_of(h, bytes) };
    return fields_get(&in, in.meta, t, object, e);
}

/*
 * How many fields of each list tag there are, so that arrays can be made once. Texts of nested
 * fields are not taken from the body here, which only makes what is left look longer.
 */
static enum rc count_lists(struct field_in in, size_t *n_terms, size_t *n_deliveries,
                           size_t *n_outcomes, struct err *e)
{
    struct field_value v;
    enum rc rc;
    while ((rc = field_next(&in, &v, e)) == RC_OK) {
        bool list = v.form == FORM_BYTES;
        *n_terms += list && v.tag == TAG_TERM;
        *n_deliveries += list && v.tag == TAG_DELIVERY;
        *n_outcomes += list && v.tag == TAG_OUTCOME;
    }
    return rc == RC_MISSING ? RC_OK : rc;
}

struct intake_in {
    struct store_intake *intake;
    struct store_term *terms;
    struct store_delivery *deliveries;
};

static enum rc take_intake_field(struct field_in *in, const struct field_value *v,
                                 struct intake_in *out, struct err *e)
{
    if (v->form == FORM_BYTES && v->tag == TAG_TERM)
        return fields_get(in, v->bytes, &term_table, &out->terms[out->intake->n_terms++], e);
    if (v->form == FORM_BYTES && v->tag == TAG_DELIVERY)
        return fields_get(in, v->bytes, &delivery_table,
                          &out->deliveries[out->intake->n_deliveries++], e);
    return field_store(&intake_table, v, out->intake, e);
}

enum rc record_intake(const struct record_head *h, struct str bytes, struct arena *a,
                      struct store_intake *out, struct err *e)
{
    if (h->kind != STORE_INTAKE)
        return damaged(e, "it is of another kind");
    struct field_in in = { .meta = meta_of(h, bytes), .body = body_of(h, bytes) };
    size_t n_terms = 0;
    size_t n_deliveries = 0;
    size_t n_outcomes = 0;
    enum rc rc = count_lists(in, &n_terms, &n_deliveries, &n_outcomes, e);
    if (rc)
        return rc;
    struct store_intake intake = { 0 };
    struct intake_in to = { .intake = &intake,
                            .terms = arena_make(a, struct store_term, n_terms),
                            .deliveries = arena_make(a, struct store_delivery, n_deliveries) };
    if (!to.terms || !to.deliveries)
        return no_memory(e);
    struct field_value v;
    while ((rc = field_next(&in, &v, e)) == RC_OK) {
        rc = take_intake_field(&in, &v, &to, e);
        if (rc)
            return rc;
    }
    if (rc != RC_MISSING)
        return rc;
    intake.terms = to.terms;
    intake.deliveries = to.deliveries;
    *out = intake;
    return RC_OK;
}

enum rc record_outcomes(const struct record_head *h, struct str bytes, struct arena *a,
                        struct store_outcome **out, size_t *n, struct err *e)
{
    if (h->kind != STORE_OUTCOMES)
        return damaged(e, "it is of another kind");
    struct field_in in = { .meta = meta_of(h, bytes), .body = body_of(h, bytes) };
    size_t n_terms = 0;
    size_t n_deliveries = 0;
    size_t n_outcomes = 0;
    enum rc rc = count_lists(in, &n_terms, &n_deliveries, &n_outcomes, e);
    if (rc)
        return rc;
    struct store_outcome *list = arena_make(a, struct store_outcome, n_outcomes);
    if (!list)
        return no_memory(e);
    struct field_value v;
    size_t filled = 0;
    while ((rc = field_next(&in, &v, e)) == RC_OK) {
        if (v.form == FORM_BYTES && v.tag == TAG_OUTCOME)
            rc = fields_get(&in, v.bytes, &outcome_table, &list[filled++], e);
        if (rc)
            return rc;
    }
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = filled;
    return RC_OK;
}

enum rc record_mark(const struct record_head *h, struct str bytes, struct store_mark *out,
                    struct err *e)
{
    struct store_mark mark = { 0 };
    enum rc rc = flat(h, bytes, STORE_MARK, &mark_table, &mark, e);
    if (!rc)
        *out = mark;
    return rc;
}

enum rc record_act(const struct record_head *h, struct str bytes, struct store_act *out,
                   struct err *e)
{
    struct store_act act = { 0 };
    enum rc rc = flat(h, bytes, STORE_ACT, &act_table, &act, e);
    if (!rc)
        *out = act;
    return rc;
}

enum rc record_config(const struct record_head *h, struct str bytes, struct store_config *out,
                      struct err *e)
{
    struct store_config config = { 0 };
    enum rc rc = flat(h, bytes, STORE_CONFIG, &config_table, &config, e);
    if (!rc)
        *out = config;
    return rc;
}

enum rc record_exec(const struct record_head *h, struct str bytes, struct store_exec *out,
                    struct err *e)
{
    struct store_exec exec = { 0 };
    enum rc rc = flat(h, bytes, STORE_EXEC, &exec_table, &exec, e);
    if (!rc)
        *out = exec;
    return rc;
}

enum rc record_exec_end(const struct record_head *h, struct str bytes, struct store_exec_end *out,
                        struct err *e)
{
    struct store_exec_end end = { 0 };
    enum rc rc = flat(h, bytes, STORE_EXEC_END, &exec_end_table, &end, e);
    if (!rc && end.state != EXEC_COMPLETED && end.state != EXEC_FAILED)
        rc = damaged(e, "an execution ends in no state");
    if (!rc)
        *out = end;
    return rc;
}

enum rc record_read_checkpoint(const struct record_head *h, struct str bytes,
                               struct record_checkpoint *out, struct err *e)
{
    struct record_checkpoint checkpoint = { 0 };
    enum rc rc = flat(h, bytes, STORE_CHECKPOINT, &checkpoint_table, &checkpoint, e);
    if (!rc)
        *out = checkpoint;
    return rc;
}

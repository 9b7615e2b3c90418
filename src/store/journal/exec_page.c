/* Packing and reading pages of executions. Tests: exec_page_test.c */
#include "store/journal/exec_page.h"

#include "store/varint.h"

#define UNIT       RECORD_ALIGN
#define TEXT_MOST  255
#define ERROR_MOST 400

enum { IS_DELIVERY = 1, IS_FAILED = 2, SAME_STATUS = 4, SAME_ERROR = 8, SAME_CHANNEL = 16 };

static uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)((v >> 1) ^ (v & 1 ? UINT64_MAX : 0));
}

static enum rc damaged(struct err *e)
{
    return err_set(e, RC_PEER, "STORE-036", "a page of executions in the index is damaged");
}

/* ---- writing rows ------------------------------------------------------------------------- */

#define ROW_MOST (8 * VARINT_MAX + 1 + 2 * (TEXT_MOST + 2) + ERROR_MOST + 2)

_Static_assert(ROW_MOST <= EXEC_PAGE_BYTES, "a row fits into an empty page");

struct out {
    unsigned char *p;
    size_t n;
};

static void put(struct out *o, uint64_t v)
{
    o->n += varint_put(o->p + o->n, v);
}

static void put_text(struct out *o, struct str s)
{
    put(o, s.n);
    if (s.n)
        memcpy(o->p + o->n, s.p, s.n);
    o->n += s.n;
}

void exec_packer_init(struct exec_packer *k)
{
    *k = (struct exec_packer){ .page = { .n = 0 } };
}

static size_t encode(const struct exec_packer *k, const struct store_exec_row *row,
                     unsigned char *bytes)
{
    struct out o = { bytes, 0 };
    struct store_exec_row before = k->last;
    if (k->page.n == 0)
        before = (struct store_exec_row){ .order_seq = row->order_seq };
    unsigned flags = (row->delivery ? IS_DELIVERY : 0u) |
                     (row->state == EXEC_FAILED ? IS_FAILED : 0u) |
                     (str_eq(row->status, before.status) ? SAME_STATUS : 0u) |
                     (str_eq(row->error, before.error) ? SAME_ERROR : 0u) |
                     (str_eq(row->channel, before.channel) ? SAME_CHANNEL : 0u);
    put(&o, row->order_seq - before.order_seq);
    put(&o, row->n);
    put(&o, zigzag((int64_t)((uint64_t)row->at_ms - (uint64_t)before.at_ms)));
    put(&o, row->duration_ms);
    put(&o, zigzag((int64_t)((uint64_t)row->at_ms - row->duration_ms - (uint64_t)row->start_ms)));
    o.p[o.n++] = (unsigned char)flags;
    put(&o, row->order_seq - (row->delivery ? row->message_seq : row->seq));
    if (row->delivery)
        put(&o, row->attempt);
    if (!(flags & SAME_CHANNEL))
        put_text(&o, row->channel);
    if (!(flags & SAME_STATUS))
        put_text(&o, row->status);
    if (!(flags & SAME_ERROR))
        put_text(&o, row->error);
    return o.n;
}

bool exec_packer_add(struct exec_packer *k, const struct store_exec_row *added,
                     struct exec_page *full)
{
    unsigned char bytes[ROW_MOST];
    struct store_exec_row row = *added;
    row.channel = str_sub(row.channel, 0, TEXT_MOST);
    row.status = str_sub(row.status, 0, TEXT_MOST);
    row.error = str_sub(row.error, 0, ERROR_MOST);
    ZS_ASSERT(row.state != EXEC_EXECUTING);
    size_t n = encode(k, &row, bytes);
    bool done = k->page.n == EXEC_PAGE_ROWS || n > EXEC_PAGE_BYTES - k->page.used;
    if (done) {
        *full = k->page;
        exec_packer_init(k);
        n = encode(k, &row, bytes);
    }
    if (k->page.n == 0)
        k->page.first = exec_place_of(&row);
    memcpy(k->page.bytes + k->page.used, bytes, n);
    k->page.used += n;
    k->page.n++;
    k->page.n_failed += row.state == EXEC_FAILED;
    k->last = row;
    return done;
}

bool exec_packer_end(struct exec_packer *k, struct exec_page *last)
{
    if (k->page.n == 0)
        return false;
    *last = k->page;
    exec_packer_init(k);
    return true;
}

struct str exec_page_store(const struct exec_page *p, unsigned char out[EXEC_PAGE_STORED])
{
    size_t n = varint_put(out, p->n);
    memcpy(out + n, p->bytes, p->used);
    return str_of((const char *)out, n + p->used);
}

/* ---- reading rows ------------------------------------------------------------------------- */

static bool get_text(struct str *in, struct str *out)
{
    uint64_t n = 0;
    if (!varint_get(in, &n) || n > in->n)
        return false;
    *out = str_sub(*in, 0, (size_t)n);
    *in = str_from(*in, (size_t)n);
    return true;
}

static bool get_numbers(struct str *in, uint64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!varint_get(in, &v[i]))
            return false;
    return true;
}

/* row holds the one before on entry. */
static bool decode(struct str *in, struct store_exec_row *row)
{
    uint64_t v[5];
    uint64_t back = 0;
    uint64_t attempt = 0;
    if (!get_numbers(in, v, ZS_COUNT(v)) || in->n == 0 || v[1] > UINT32_MAX || v[3] > UINT32_MAX)
        return false;
    unsigned flags = (unsigned char)in->p[0];
    *in = str_from(*in, 1);
    if (!varint_get(in, &back) || (flags & IS_DELIVERY && !varint_get(in, &attempt)) ||
        attempt > UINT32_MAX)
        return false;
    row->order_seq += v[0];
    row->n = (unsigned)v[1];
    row->at_ms = (int64_t)((uint64_t)row->at_ms + (uint64_t)unzigzag(v[2]));
    row->duration_ms = (uint32_t)v[3];
    row->start_ms = (int64_t)((uint64_t)row->at_ms - v[3] - (uint64_t)unzigzag(v[4]));
    row->delivery = flags & IS_DELIVERY;
    row->state = flags & IS_FAILED ? EXEC_FAILED : EXEC_COMPLETED;
    row->message_seq = row->delivery ? row->order_seq - back : 0;
    row->seq = row->delivery ? row->order_seq : row->order_seq - back;
    row->attempt = (unsigned)attempt;
    return (flags & SAME_CHANNEL || get_text(in, &row->channel)) &&
           (flags & SAME_STATUS || get_text(in, &row->status)) &&
           (flags & SAME_ERROR || get_text(in, &row->error));
}

enum rc exec_page_read(struct exec_place first, struct str stored, struct store_exec_row *list,
                       size_t *n, struct err *e)
{
    uint64_t rows = 0;
    struct store_exec_row row = { .order_seq = first.seq };
    if (!varint_get(&stored, &rows) || rows == 0 || rows > EXEC_PAGE_ROWS)
        return damaged(e);
    row.channel = row.status = row.error = STR("");
    for (size_t i = 0; i < rows; i++) {
        if (!decode(&stored, &row))
            return damaged(e);
        list[i] = row;
    }
    if (stored.n || list[0].order_seq != first.seq || list[0].n != first.n)
        return damaged(e);
    *n = (size_t)rows;
    return RC_OK;
}

/* ---- places ------------------------------------------------------------------------------- */

void exec_at_init(struct exec_at_page *p)
{
    p->used = 0;
}

bool exec_at_add(struct exec_at_page *p, const struct exec_at *at)
{
    unsigned char bytes[4 * VARINT_MAX];
    struct out o = { bytes, 0 };
    bool fresh = p->used == 0;
    put(&o, fresh ? 0 : at->seq - p->last.seq);
    put(&o, fresh ? at->at.segment : at->at.segment - p->last.at.segment);
    put(&o, at->at.offset / UNIT);
    put(&o, (uint64_t)(at->length / UNIT) << 2 | at->kind);
    if (o.n > EXEC_PAGE_BYTES - p->used)
        return false;
    if (fresh)
        p->first = at->seq;
    memcpy(p->bytes + p->used, bytes, o.n);
    p->used += o.n;
    p->last = *at;
    return true;
}

enum rc exec_at_find(uint64_t first, struct str stored, uint64_t seq, struct exec_at *out,
                     struct err *e)
{
    struct exec_at at = { .seq = first };
    while (stored.n && at.seq <= seq) {
        uint64_t v[4];
        if (!get_numbers(&stored, v, ZS_COUNT(v)) || v[3] >> 2 > UINT32_MAX / UNIT ||
            (v[3] & 3) > EXEC_RECORD_OUTCOMES)
            return damaged(e);
        at = (struct exec_at){ .seq = at.seq + v[0],
                               .at = { at.at.segment + v[1], v[2] * UNIT },
                               .length = (uint32_t)(v[3] >> 2) * UNIT,
                               .kind = (enum exec_record)(v[3] & 3) };
        if (at.seq != seq)
            continue;
        *out = at;
        return RC_OK;
    }
    return RC_MISSING;
}

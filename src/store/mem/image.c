/*
 * Applying records, one after the other. Tests: contract_test.c
 */
#include "store/mem/image.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/random.h"
#include "store/rules.h"
#include "store/vec.h"

#define IMAGE_LIMIT   ((size_t)4 << 30)
#define SCRATCH_LIMIT ((size_t)256 << 20)

struct mem_image *mem_image_new(void)
{
    struct mem_image *m = mem_new(struct mem_image);
    if (!m)
        return NULL;
    mutex_init(&m->lock, "store-mem", MEM_RANK);
    m->arena = arena_new("store mem", 0, IMAGE_LIMIT);
    m->scratch = arena_new("store mem scratch", 0, SCRATCH_LIMIT);
    m->sha = sha256_new();
    if (!m->arena || !m->scratch || !m->sha) {
        mem_image_free(&m);
        return NULL;
    }
    unsigned char id[4];
    random_bytes(random_real(), id, sizeof id);
    struct buf hex;
    buf_init_arena(&hex, m->arena, sizeof m->id);
    buf_hex(&hex, id, sizeof id);
    if (buf_rc(&hex, NULL)) {
        mem_image_free(&m);
        return NULL;
    }
    memcpy(m->id, hex.p, hex.n);
    return m;
}

void mem_image_free(struct mem_image **mp)
{
    struct mem_image *m = *mp;
    *mp = NULL;
    if (!m)
        return;
    arena_free(&m->arena);
    arena_free(&m->scratch);
    sha256_free(&m->sha);
    mutex_done(&m->lock);
    mem_free(m);
}

struct mem_message *image_message(const struct mem_image *m, uint64_t seq)
{
    if (seq == 0 || seq > m->n)
        return NULL;
    return m->record[seq - 1].message;
}

unsigned image_states(const struct mem_image *m, const struct mem_message *msg)
{
    (void)m;
    unsigned states = 0;
    for (size_t i = 0; i < msg->n_deliveries; i++)
        states |= rules_bit(msg->delivery[i].state);
    return states;
}

bool image_unknown(const struct mem_image *m, const struct mem_message *msg,
                   const struct mem_delivery *d, uint64_t start)
{
    if (msg->seq >= start)
        return false;
    if (d->marked && d->outcome_seq == 0)
        return true;
    for (size_t i = 0; i < m->n_marks; i++) {
        const struct mem_mark *k = &m->mark[i];
        if (k->seq < start && k->seq > d->outcome_seq && k->upto >= msg->seq &&
            str_eq(k->lane, d->lane))
            return true;
    }
    return false;
}

static struct mem_delivery *add_delivery(struct mem_image *m, struct mem_message *msg,
                                         struct str lane)
{
    struct mem_delivery *list =
        vec_room(m->arena, msg->delivery, sizeof *list, msg->n_deliveries, &msg->cap_deliveries);
    if (!list)
        return NULL;
    msg->delivery = list;
    struct mem_delivery *d = &list[msg->n_deliveries++];
    *d = (struct mem_delivery){ .lane = lane };
    return d;
}

static struct mem_delivery *find_delivery(const struct mem_message *msg, struct str lane)
{
    for (size_t i = 0; i < msg->n_deliveries; i++)
        if (str_eq(msg->delivery[i].lane, lane))
            return &msg->delivery[i];
    return NULL;
}

static enum rc apply_intake(struct mem_image *m, struct mem_record *r, struct err *e)
{
    struct store_intake in;
    enum rc rc = record_intake(&r->head, r->bytes, m->scratch, &in, e);
    if (rc)
        return rc;
    struct mem_message *msg = arena_make(m->arena, struct mem_message, 1);
    if (!msg)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
    msg->seq = r->head.seq;
    for (size_t i = 0; i < in.n_deliveries; i++) {
        struct mem_delivery *d = add_delivery(m, msg, in.deliveries[i].lane);
        if (!d)
            return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
        d->state = in.deliveries[i].state;
        d->marked = in.deliveries[i].marked;
    }
    r->message = msg;
    m->n_messages++;
    m->n_refused += in.state == INTAKE_REFUSED;
    return RC_OK;
}

static enum rc apply_outcome(struct mem_image *m, const struct mem_record *r,
                             const struct store_outcome *o, struct err *e)
{
    struct mem_message *msg = image_message(m, o->seq);
    if (!msg)
        return RC_OK;
    struct mem_delivery *d = find_delivery(msg, o->lane);
    if (!d)
        d = add_delivery(m, msg, o->lane);
    uint64_t *list =
        vec_room(m->arena, msg->outcome, sizeof *list, msg->n_outcomes, &msg->cap_outcomes);
    if (!d || !list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
    msg->outcome = list;
    if (msg->n_outcomes == 0 || list[msg->n_outcomes - 1] != r->head.seq)
        list[msg->n_outcomes++] = r->head.seq;
    if (delivery_state_final(d->state))
        d->attempts = 0;
    d->state = o->state;
    d->attempts = o->attempt > d->attempts ? o->attempt : d->attempts;
    d->next_at = o->next_at;
    d->outcome_seq = r->head.seq;
    return RC_OK;
}

static enum rc apply_outcomes(struct mem_image *m, struct mem_record *r, struct err *e)
{
    struct store_outcome *list = NULL;
    size_t n = 0;
    enum rc rc = record_outcomes(&r->head, r->bytes, m->scratch, &list, &n, e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = apply_outcome(m, r, &list[i], e);
    return rc;
}

static enum rc apply_mark(struct mem_image *m, struct mem_record *r, struct err *e)
{
    struct store_mark mark;
    enum rc rc = record_mark(&r->head, r->bytes, &mark, e);
    if (rc)
        return rc;
    struct mem_mark *list = vec_room(m->arena, m->mark, sizeof *list, m->n_marks, &m->cap_marks);
    if (!list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
    m->mark = list;
    list[m->n_marks++] =
        (struct mem_mark){ .lane = mark.lane, .upto = mark.upto, .seq = r->head.seq };
    return RC_OK;
}

static enum rc apply_exec_end(struct mem_image *m, const struct mem_record *r, struct err *e)
{
    struct store_exec_end end;
    enum rc rc = record_exec_end(&r->head, r->bytes, &end, e);
    if (!rc && end.seq > 0 && end.seq <= m->n && m->record[end.seq - 1].head.kind == STORE_EXEC)
        m->record[end.seq - 1].end_seq = r->head.seq;
    return rc;
}

static enum rc apply(struct mem_image *m, struct mem_record *r, struct err *e)
{
    struct arena_mark mark = arena_mark(m->scratch);
    enum rc rc = RC_OK;
    if (r->head.kind == STORE_INTAKE)
        rc = apply_intake(m, r, e);
    else if (r->head.kind == STORE_OUTCOMES)
        rc = apply_outcomes(m, r, e);
    else if (r->head.kind == STORE_MARK)
        rc = apply_mark(m, r, e);
    else if (r->head.kind == STORE_EXEC_END)
        rc = apply_exec_end(m, r, e);
    arena_rewind(m->scratch, mark);
    return rc;
}

enum rc image_add(struct mem_image *m, struct record *r, int64_t at_ms, uint16_t flags,
                  struct err *e)
{
    struct mem_record *list = vec_room(m->arena, m->record, sizeof *list, m->n, &m->cap);
    if (!list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
    m->record = list;
    unsigned char link[RECORD_LINK];
    memcpy(link, m->link, sizeof link);
    const struct record_place at = { .seq = m->n + 1, .at_ms = at_ms, .flags = flags };
    record_seal(r, &at, m->sha, link);
    struct mem_record *to = &list[m->n];
    *to = (struct mem_record){ .bytes = arena_str(m->arena, str_of((const char *)r->bytes, r->n)) };
    if (str_is_null(to->bytes) || record_head(to->bytes, to->bytes.n, &to->head) != RECORD_GOOD)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
    enum rc rc = apply(m, to, e);
    if (rc)
        return rc;
    memcpy(to->link, link, sizeof link);
    memcpy(m->link, link, sizeof link);
    m->bytes += to->bytes.n;
    m->n++;
    return RC_OK;
}

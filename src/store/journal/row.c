/* Rows of the message list. Tests: row_test.c, ../journal_test.c */
#include "store/journal/row.h"

#include "store/rules.h"
#include "store/varint.h"

#include <endian.h>

#define UNIT RECORD_ALIGN

static void put(struct buf *b, uint64_t v)
{
    unsigned char bytes[VARINT_MAX];
    buf_add(b, bytes, varint_put(bytes, v));
}

void row_pack(struct buf *b, const struct row *r)
{
    put(b, r->at.segment);
    put(b, r->at.offset / UNIT);
    put(b, r->length / UNIT);
    put(b, r->body_bytes);
    put(b, (uint64_t)r->state);
    put(b, r->n_deliveries);
    for (size_t i = 0; i < r->n_deliveries; i++) {
        uint64_t hash = htole64(r->delivery[i].lane_hash);
        buf_add(b, &hash, sizeof hash);
        buf_char(b, (char)r->delivery[i].state);
    }
    put(b, r->n_events);
    for (size_t i = 0; i < r->n_events; i++) {
        put(b, r->event[i].seq - r->seq);
        put(b, r->event[i].at.segment - r->at.segment);
        put(b, r->event[i].at.offset / UNIT);
        put(b, r->event[i].length / UNIT);
    }
}

static enum rc damaged(struct err *e)
{
    return err_set(e, RC_PEER, "STORE-036", "a row of the index is damaged");
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a row of the index");
}

/* n numbers; false: cut short. */
static bool get(struct str *in, uint64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!varint_get(in, &v[i]))
            return false;
    return true;
}

static bool get_delivery(struct str *in, struct row_delivery *d)
{
    uint64_t hash = 0;
    if (in->n < sizeof hash + 1)
        return false;
    memcpy(&hash, in->p, sizeof hash);
    unsigned char state = (unsigned char)in->p[sizeof hash];
    *in = str_from(*in, sizeof hash + 1);
    *d = (struct row_delivery){ le64toh(hash), (enum delivery_state)state };
    return state <= DELIVERY_SKIPPED;
}

static bool get_event(struct str *in, const struct row *r, struct row_event *out)
{
    uint64_t v[4];
    if (!get(in, v, ZS_COUNT(v)) || v[3] > UINT32_MAX / UNIT)
        return false;
    *out = (struct row_event){ .seq = r->seq + v[0],
                               .at = { r->at.segment + v[1], v[2] * UNIT },
                               .length = (uint32_t)(v[3] * UNIT) };
    return true;
}

enum rc row_unpack(struct str in, struct arena *a, struct row *r, struct err *e)
{
    uint64_t v[6];
    if (!get(&in, v, ZS_COUNT(v)) || v[2] > UINT32_MAX / UNIT || v[3] > UINT32_MAX ||
        v[4] > INTAKE_REFUSED || v[5] > in.n)
        return damaged(e);
    r->at = (struct place){ v[0], v[1] * UNIT };
    r->length = (uint32_t)(v[2] * UNIT);
    r->body_bytes = (uint32_t)v[3];
    r->state = (enum intake_state)v[4];
    r->n_deliveries = (size_t)v[5];
    r->delivery = arena_make(a, struct row_delivery, r->n_deliveries);
    if (!r->delivery)
        return no_memory(e);
    for (size_t i = 0; i < r->n_deliveries; i++)
        if (!get_delivery(&in, &r->delivery[i]))
            return damaged(e);
    uint64_t n = 0;
    if (!varint_get(&in, &n) || n > in.n)
        return damaged(e);
    r->n_events = (size_t)n;
    r->event = arena_make(a, struct row_event, r->n_events);
    if (!r->event)
        return no_memory(e);
    for (size_t i = 0; i < r->n_events; i++)
        if (!get_event(&in, r, &r->event[i]))
            return damaged(e);
    return in.n == 0 ? RC_OK : damaged(e);
}

unsigned row_states(const struct row *r)
{
    unsigned states = r->state == INTAKE_REFUSED ? RULES_REFUSED : 0;
    for (size_t i = 0; i < r->n_deliveries; i++)
        states |= rules_bit(r->delivery[i].state);
    return states;
}

static size_t count_events(const struct fold_event *event)
{
    size_t n = 0;
    for (; event; event = event->next)
        n++;
    return n;
}

/* Events of the fold that are newer than what the row has, oldest first. */
static enum rc add_events(struct row *r, const struct fold_event *newest, struct arena *a,
                          struct err *e)
{
    uint64_t have = r->n_events ? r->event[r->n_events - 1].seq : 0;
    size_t n = r->n_events + count_events(newest);
    struct row_event *list = arena_make(a, struct row_event, n);
    if (!list)
        return no_memory(e);
    if (r->n_events)
        memcpy(list, r->event, r->n_events * sizeof *list);
    size_t added = 0;
    for (const struct fold_event *ev = newest; ev && ev->seq > have; ev = ev->next)
        added++;
    size_t at = r->n_events + added;
    for (const struct fold_event *ev = newest; ev && ev->seq > have; ev = ev->next)
        list[--at] = (struct row_event){ ev->seq, ev->at, ev->length };
    r->event = list;
    r->n_events += added;
    return RC_OK;
}

enum rc row_of_msg(const struct fold_msg *m, struct arena *a, struct row *r, struct err *e)
{
    const struct tail_msg *t = m->msg;
    *r = (struct row){ .seq = t->seq,
                       .at_ms = t->at_ms,
                       .channel = t->channel,
                       .type = t->type,
                       .peer = t->peer,
                       .control_id = t->control_id,
                       .at = t->at,
                       .length = t->length,
                       .body_bytes = t->body_bytes,
                       .state = t->state,
                       .n_deliveries = m->n_deliveries };
    r->delivery = arena_make(a, struct row_delivery, m->n_deliveries);
    if (!r->delivery)
        return no_memory(e);
    for (size_t i = 0; i < m->n_deliveries; i++)
        r->delivery[i] = (struct row_delivery){ m->delivery[i].lane->hash, m->delivery[i].state };
    r->states = row_states(r);
    return add_events(r, m->event, a, e);
}

static enum rc apply_delivery(struct row *r, const struct fold_delivery *d, struct arena *a,
                              struct err *e)
{
    for (size_t i = 0; i < r->n_deliveries; i++) {
        if (r->delivery[i].lane_hash != d->lane->hash)
            continue;
        r->delivery[i].state = d->state;
        return RC_OK;
    }
    struct row_delivery *list = arena_make(a, struct row_delivery, r->n_deliveries + 1);
    if (!list)
        return no_memory(e);
    if (r->n_deliveries)
        memcpy(list, r->delivery, r->n_deliveries * sizeof *list);
    list[r->n_deliveries++] = (struct row_delivery){ d->lane->hash, d->state };
    r->delivery = list;
    return RC_OK;
}

enum rc row_apply(struct row *r, const struct fold_msg *late, struct arena *a, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < late->n_deliveries; i++)
        rc = apply_delivery(r, &late->delivery[i], a, e);
    if (!rc)
        rc = add_events(r, late->event, a, e);
    r->states = row_states(r);
    return rc;
}

/*
 * Rules shared by the backends. Tests: rules_test.c, contract_test.c
 */
#include "store/rules.h"

#define TERM_BYTES 256

enum delivery_state rules_least(unsigned states)
{
    /* what still wants doing first, then what went wrong, then what went well */
    static const enum delivery_state order[] = {
        DELIVERY_QUEUED, DELIVERY_SENDING,  DELIVERY_RETRYING, DELIVERY_UNCERTAIN, DELIVERY_HELD,
        DELIVERY_DEAD,   DELIVERY_REJECTED, DELIVERY_SKIPPED,  DELIVERY_DELIVERED, DELIVERY_FILTERED
    };
    for (size_t i = 0; i < ZS_COUNT(order); i++)
        if (states & rules_bit(order[i]))
            return order[i];
    return (enum delivery_state)0;
}

bool rules_is_open(enum delivery_state s)
{
    return s != 0 && !delivery_state_final(s);
}

enum rc rules_query_check(const struct store_query *q, struct err *e)
{
    if (q->limit < 1 || q->limit > 1000)
        return err_set(e, RC_VALUE, "STORE-013", "limit must be 1 to 1000");
    if (q->state < -1 || q->state > DELIVERY_SKIPPED)
        return err_set(e, RC_VALUE, "STORE-013", "there is no delivery state %d", q->state);
    return RC_OK;
}

unsigned rules_query_states(const struct store_query *q)
{
    if (q->state == 0)
        return 0;
    return q->state < 0 ? RULES_REFUSED : rules_bit((enum delivery_state)q->state);
}

/* Equal, or `want` followed by the separator. */
static bool heads(struct str want, struct str text, char separator)
{
    if (want.n == 0 || str_eq(want, text))
        return true;
    return str_starts(text, want) && text.p[want.n] == separator;
}

bool rules_type_matches(struct str want, struct str type)
{
    return heads(want, type, '^');
}

bool rules_peer_matches(struct str want, struct str peer)
{
    return heads(want, peer, ':');
}

bool rules_row_matches(const struct store_query *q, const struct store_row *row, unsigned states)
{
    unsigned wanted = rules_query_states(q);
    if (wanted && !(states & wanted))
        return false;
    if ((q->since && row->at_ms < q->since) || (q->until && row->at_ms >= q->until))
        return false;
    if (q->channel.n && !str_eq(q->channel, row->channel))
        return false;
    return rules_type_matches(q->type, row->type) && rules_peer_matches(q->peer, row->peer);
}

size_t rules_query_terms(const struct store_query *q, struct store_term out[RULES_TERMS])
{
    const struct store_term all[RULES_TERMS] = {
        { TERM_CONTROL_ID, q->control_id },
        { TERM_PATIENT_ID, q->patient_id },
        { TERM_ACCESSION, q->accession },
        { TERM_ORDER, q->order },
    };
    size_t n = 0;
    for (size_t i = 0; i < RULES_TERMS; i++) {
        if (all[i].value.n == 0)
            continue;
        out[n] = all[i];
        out[n].value = str_sub(all[i].value, 0, TERM_BYTES);
        n++;
    }
    return n;
}

bool rules_has_term(const struct store_intake *in, const struct store_term *want)
{
    struct str value = str_sub(want->value, 0, TERM_BYTES);
    if (want->kind == TERM_CONTROL_ID && str_eq(str_sub(in->control_id, 0, TERM_BYTES), value))
        return true;
    for (size_t i = 0; i < in->n_terms; i++)
        if (in->terms[i].kind == want->kind &&
            str_eq(str_sub(in->terms[i].value, 0, TERM_BYTES), value))
            return true;
    return false;
}

void rules_pick_delivery(const struct store_intake *in, struct str lane, struct store_delivery *out)
{
    struct store_delivery d = { .lane = lane, .state = DELIVERY_QUEUED };
    for (size_t i = 0; i < in->n_deliveries; i++) {
        if (!str_eq(in->deliveries[i].lane, lane))
            continue;
        d = in->deliveries[i];
        break;
    }
    if (str_is_null(d.payload))
        d.payload = in->body;
    if (str_is_null(d.content_type))
        d.content_type = in->content_type;
    *out = d;
}

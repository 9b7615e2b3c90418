/*
 * What every backend must answer alike: which of several delivery states is shown, and what a query
 * lets through. Pure functions.
 *
 * The states of a message's deliveries are kept as a set of bits, 1 << enum delivery_state; bit 0
 * says the message was refused at intake.
 *
 * Thread  any.
 */
#ifndef ZS_STORE_RULES_H
#define ZS_STORE_RULES_H

#include "store/store.h"

#define RULES_REFUSED 1u

static inline unsigned rules_bit(enum delivery_state s)
{
    return 1u << (unsigned)s;
}

/* The least finished state in the set; 0 for a set without deliveries. */
enum delivery_state rules_least(unsigned states);

/* Is a delivery in this state still open (queued, retrying, uncertain, held)? */
bool rules_is_open(enum delivery_state s);

/* RC_VALUE (STORE-013): limit outside 1 … 1000, or a state that does not exist. */
enum rc rules_query_check(const struct store_query *q, struct err *e) ZS_CHECK;

/* The set of states a query asks for; 0: any. */
unsigned rules_query_states(const struct store_query *q);

/* "ADT" lets "ADT^A01" through, "10.1.2.3" every port of it; empty wants let all through. */
bool rules_type_matches(struct str want, struct str type);
bool rules_peer_matches(struct str want, struct str peer);

/* All of q but its terms and its cursor. */
bool rules_row_matches(const struct store_query *q, const struct store_row *row, unsigned states);

/* The terms q asks for, at most RULES_TERMS. */
#define RULES_TERMS 4
size_t rules_query_terms(const struct store_query *q, struct store_term out[RULES_TERMS]);

/* Does the intake carry the term? Its control id counts as one. Only 256 bytes are compared. */
bool rules_has_term(const struct store_intake *in, const struct store_term *want);

/*
 * The delivery of `lane` as it is to be sent: payload and content type filled in from the message
 * where the intake had none. A lane the intake does not name gets the body. Borrows from in.
 */
void rules_pick_delivery(const struct store_intake *in, struct str lane,
                         struct store_delivery *out);

#endif

/*
 * The protocols that this build does not speak. An integration may name them: it is stored, tested
 * and found failed with an honest reason, instead of being taken for a mistake.
 *
 * A probe fails and a delivery ends with CONN-010, fate OPERATOR; nothing is ever connected.
 */
#ifndef ZS_CONNECTOR_ABSENT_ABSENT_H
#define ZS_CONNECTOR_ABSENT_ABSENT_H

#include "connector/connector.h"

extern const struct conn_type conn_absent;

#endif

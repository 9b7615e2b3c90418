/*
 * The null connector: a destination that takes everything and keeps nothing ("null:"). For
 * measuring what the engine itself costs, and for configurations that are not finished yet.
 */
#ifndef ZS_CONNECTOR_NULL_NULL_H
#define ZS_CONNECTOR_NULL_NULL_H

#include "connector/connector.h"

extern const struct conn_type conn_null;

#endif

/*
 * Roster: the channels of an engine at one moment, in order of their names.
 *
 *   engine_roster ── roster_channel, roster_find … ── roster_unref
 *
 * It never changes; a change of configuration makes another one. Whoever holds a roster may read
 * its channels (channel_conf, channel_figures, channel_lane_figures), also those that have been
 * replaced or removed meanwhile: their state then says `stopped`.
 *
 * Thread  any
 */
#ifndef ZS_FLOW_ROSTER_H
#define ZS_FLOW_ROSTER_H

#include "flow/channel.h"

struct roster;

void roster_unref(struct roster **r); /* nulls the pointer; NULL inside is fine */

size_t roster_n(const struct roster *r);
struct channel *roster_channel(const struct roster *r, size_t i);

/* NULL: there is none of this name, or it is not enabled. */
struct channel *roster_find(const struct roster *r, struct str name);

#endif

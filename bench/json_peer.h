/*
 * json-c behind four calls, as its names (enum json_type) and ours cannot meet in one file.
 */
#ifndef ZS_BENCH_JSON_PEER_H
#define ZS_BENCH_JSON_PEER_H

#include <stdbool.h>
#include <stddef.h>

/* "json-c 0.16", or NULL when it was not there at build time: then the rest does nothing. */
const char *json_peer_name(void);

/* NULL when it cannot be read. */
void *json_peer_read(const char *p, size_t n);
bool json_peer_write(void *doc, bool pretty);
void json_peer_free(void *doc);

#endif

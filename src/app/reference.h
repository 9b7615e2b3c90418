/* The pages of the reference, for the command and its test. */
#ifndef ZS_APP_REFERENCE_H
#define ZS_APP_REFERENCE_H

#include "base/buf.h"
#include "cli/cli.h"

/*
 * Append the Markdown page `name` ("api", "commands", "configuration", "errors", "events").
 * c->program and c->arena are used. RC_MISSING APP-004: no such page; RC_NOMEM, RC_LIMIT.
 */
enum rc reference_part(struct cli *c, const char *name, struct buf *b, struct err *e) ZS_CHECK;

extern const struct cli_cmd cmd_reference;

#endif

/* The commands that need the whole engine, one line each, sorted by name. */
#ifndef ZS_APP_COMMANDS_H
#define ZS_APP_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_cmd cmd_check, cmd_demo, cmd_reference, cmd_schema, cmd_serve;

extern const struct cli_cmd *const app_commands[];
extern const size_t app_n_commands;

#endif

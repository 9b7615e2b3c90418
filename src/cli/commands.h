/* Every command of this folder, one line each, sorted by name. */
#ifndef ZS_CLI_COMMANDS_H
#define ZS_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_cmd cmd_completion;
extern const struct cli_cmd cmd_explain;
extern const struct cli_cmd cmd_help;

#endif

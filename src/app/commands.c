/*
 * The commands of app. A line each, sorted by name.
 */
#include "app/commands.h"

/* clang-format off */
const struct cli_cmd *const app_commands[] = {
    &cmd_check,
    &cmd_demo,
    &cmd_reference,
    &cmd_schema,
    &cmd_serve,
};
/* clang-format on */

const size_t app_n_commands = ZS_COUNT(app_commands);

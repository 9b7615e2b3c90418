/*
 * The commands of app. A line each, sorted by name; the NULL only ends the list.
 */
#include "app/commands.h"

/* clang-format off */
const struct cli_cmd *const app_commands[] = {
    NULL,
};
/* clang-format on */

const size_t app_n_commands = ZS_COUNT(app_commands) - 1;

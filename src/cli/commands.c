/*
 * The commands of this folder, sorted by name. Those that need the engine (serve, demo) are in app.
 */
#include "cli/commands.h"

/* clang-format off */
const struct cli_cmd *const cli_commands[] = {
    &cmd_completion,
    &cmd_explain,
    &cmd_fhir_path,
    &cmd_get_audit,
    &cmd_get_channels,
    &cmd_get_messages,
    &cmd_help,
    &cmd_hl7_ack,
    &cmd_hl7_build,
    &cmd_hl7_get,
    &cmd_hl7_parse,
    &cmd_hl7_set,
    &cmd_hl7_validate,
    &cmd_init,
    &cmd_listen,
    &cmd_map,
    &cmd_pause,
    &cmd_resume,
    &cmd_send,
    &cmd_trace,
    &cmd_verify,
};
/* clang-format on */

const size_t cli_n_commands = ZS_COUNT(cli_commands);

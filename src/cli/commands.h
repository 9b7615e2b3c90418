/* Every command of this folder, one line each, sorted by name. */
#ifndef ZS_CLI_COMMANDS_H
#define ZS_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_cmd cmd_completion;
extern const struct cli_cmd cmd_explain;
extern const struct cli_cmd cmd_fhir_path;
extern const struct cli_cmd cmd_get_audit;
extern const struct cli_cmd cmd_get_channels;
extern const struct cli_cmd cmd_get_messages;
extern const struct cli_cmd cmd_help;
extern const struct cli_cmd cmd_hl7_ack;
extern const struct cli_cmd cmd_hl7_build;
extern const struct cli_cmd cmd_hl7_get;
extern const struct cli_cmd cmd_hl7_parse;
extern const struct cli_cmd cmd_hl7_set;
extern const struct cli_cmd cmd_hl7_validate;
extern const struct cli_cmd cmd_init;
extern const struct cli_cmd cmd_listen;
extern const struct cli_cmd cmd_map;
extern const struct cli_cmd cmd_pause;
extern const struct cli_cmd cmd_resume;
extern const struct cli_cmd cmd_send;
extern const struct cli_cmd cmd_trace;
extern const struct cli_cmd cmd_verify;

#endif

/* Every command of this folder, one line each, sorted by name. */
#ifndef ZS_CLI_COMMANDS_H
#define ZS_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_cmd cmd_analytics;
extern const struct cli_cmd cmd_apply;
extern const struct cli_cmd cmd_completion;
extern const struct cli_cmd cmd_delete;
extern const struct cli_cmd cmd_describe;
extern const struct cli_cmd cmd_exec;
extern const struct cli_cmd cmd_explain;
extern const struct cli_cmd cmd_export;
extern const struct cli_cmd cmd_fhir_path;
extern const struct cli_cmd cmd_get_audit;
extern const struct cli_cmd cmd_get_channels;
extern const struct cli_cmd cmd_get_executions;
extern const struct cli_cmd cmd_get_integrations;
extern const struct cli_cmd cmd_get_keys;
extern const struct cli_cmd cmd_get_logs;
extern const struct cli_cmd cmd_get_mappings;
extern const struct cli_cmd cmd_get_messages;
extern const struct cli_cmd cmd_get_secrets;
extern const struct cli_cmd cmd_get_tables;
extern const struct cli_cmd cmd_get_users;
extern const struct cli_cmd cmd_health;
extern const struct cli_cmd cmd_help;
extern const struct cli_cmd cmd_hl7_ack;
extern const struct cli_cmd cmd_hl7_build;
extern const struct cli_cmd cmd_hl7_get;
extern const struct cli_cmd cmd_hl7_parse;
extern const struct cli_cmd cmd_hl7_set;
extern const struct cli_cmd cmd_hl7_validate;
extern const struct cli_cmd cmd_init;
extern const struct cli_cmd cmd_key_create;
extern const struct cli_cmd cmd_key_delete;
extern const struct cli_cmd cmd_key_list;
extern const struct cli_cmd cmd_listen;
extern const struct cli_cmd cmd_login;
extern const struct cli_cmd cmd_logout;
extern const struct cli_cmd cmd_map;
extern const struct cli_cmd cmd_pause;
extern const struct cli_cmd cmd_resume;
extern const struct cli_cmd cmd_secret_delete;
extern const struct cli_cmd cmd_secret_list;
extern const struct cli_cmd cmd_secret_set;
extern const struct cli_cmd cmd_send;
extern const struct cli_cmd cmd_test;
extern const struct cli_cmd cmd_trace;
extern const struct cli_cmd cmd_user_add;
extern const struct cli_cmd cmd_user_delete;
extern const struct cli_cmd cmd_user_list;
extern const struct cli_cmd cmd_user_set;
extern const struct cli_cmd cmd_verify;

#endif

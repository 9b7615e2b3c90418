/*
 * The lists of commands and of error codes. A folder with codes has a line here.
 */
#include "app/program.h"

#include "api/codes.h"
#include "app/codes.h"
#include "app/commands.h"
#include "auth/codes.h"
#include "base/codes.h"
#include "cli/codes.h"
#include "config/codes.h"
#include "connector/codes.h"
#include "connector/fault/codes.h"
#include "connector/http/codes.h"
#include "connector/mllp/codes.h"
#include "crypt/codes.h"
#include "fhirpath/codes.h"
#include "flow/codes.h"
#include "hl7/codes.h"
#include "json/codes.h"
#include "manage/codes.h"
#include "map/codes.h"
#include "net/codes.h"
#include "store/codes.h"

static const struct cli_command_list commands[] = {
    { app_commands, &app_n_commands },
    { cli_commands, &cli_n_commands },
};

/* clang-format off */
static const struct cli_code_list codes[] = {
    { api_codes, &api_n_codes },
    { app_codes, &app_n_codes },
    { auth_codes, &auth_n_codes },
    { base_codes, &base_n_codes },
    { cli_codes, &cli_n_codes },
    { config_codes, &config_n_codes },
    { conn_codes, &conn_n_codes },
    { conn_fault_codes, &conn_fault_n_codes },
    { conn_http_codes, &conn_http_n_codes },
    { conn_mllp_codes, &conn_mllp_n_codes },
    { crypt_codes, &crypt_n_codes },
    { fhirpath_codes, &fhirpath_n_codes },
    { flow_codes, &flow_n_codes },
    { hl7_codes, &hl7_n_codes },
    { json_codes, &json_n_codes },
    { manage_codes, &manage_n_codes },
    { map_codes, &map_n_codes },
    { net_codes, &net_n_codes },
    { store_codes, &store_n_codes },
};
/* clang-format on */

const struct cli_program program = { .commands = commands,
                                     .n_commands = ZS_COUNT(commands),
                                     .codes = codes,
                                     .n_codes = ZS_COUNT(codes) };

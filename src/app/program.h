/* What the program consists of: every command and every folder's error codes. */
#ifndef ZS_APP_PROGRAM_H
#define ZS_APP_PROGRAM_H

#include "cli/cli.h"

extern const struct cli_program program;

#endif

/*
 * Mappings and tables from configuration files, for commands that run one without an engine.
 *
 * Thread  main.
 */
#ifndef ZS_CLI_MAPPING_FILE_H
#define ZS_CLI_MAPPING_FILE_H

#include "cli/cli.h"

#include "map/map.h"

/*
 * MAPPING of the command line: a YAML or JSON file, a directory of them, and behind a # the
 * mapping's name, which may be left out when there is only one. All tables there are known to it;
 * documents of other kinds are not looked at.
 *
 * Returns  RC_MISSING  CLI-040 no mapping, or none of that name (the text lists what there is)
 *          RC_STATE    CLI-041 several, and no name was given
 *          RC_VALUE    findings, in `found`
 *          errors of file_read and the readers, with where set to the file
 * Memory   the map lies in the arena.
 */
enum rc mapping_load(const char *where, struct arena *a, const struct map **out,
                     struct err_list *found, struct err *e) ZS_CHECK;

#endif

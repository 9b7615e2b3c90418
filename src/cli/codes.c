/*
 * The codes of the command line. Sorted by id.
 */
#include "cli/codes.h"

const struct err_code cli_codes[] = {
    { "CLI-001", "There is no such command.", "run `zarish help` for the list" },
    { "CLI-002", "The command has no such option.", "run the command with --help for its options" },
    { "CLI-003", "An option came without its value.",
      "put the value behind it: --output json or --output=json" },
    { "CLI-004", "A value is not one of those allowed.", "use one of the words in the text" },
    { "CLI-005", "An argument of the command is missing.",
      "run the command with --help for what it wants" },
    { "CLI-006", "The command got an argument more than it takes.",
      "check the quoting; run the command with --help for what it wants" },
    { "CLI-007", "An option that takes no value was given one.", "write it without \"=\"" },
    { "CLI-008", "There is no such error code.", "run `zarish explain` for the list" },
    { "CLI-009", "The result could not be written to standard output.",
      "check free space and what standard output is connected to" },
    { "CLI-020", "The JSON does not have the form that `zarish hl7 parse` prints.",
      "look at what `zarish hl7 parse` prints for a message like it" },
    { "CLI-021", "An argument of `hl7 set` is no assignment.",
      "write PATH=VALUE, for example PID-5.1=DOE" },
    { "CLI-022", "Standard input cannot be changed in place.",
      "name a file, or leave out --in-place" },
    { "CLI-031", "There is no key to talk to the engine with.",
      "set ZARISH_KEY, or name the engine's data directory with --data" },
    { "CLI-032", "The engine answered with an error that has no code.",
      "look at the engine's log; is the address that of a Zarish engine?" },
    { "CLI-033", "The file to be written exists already.", "name another one with --out" },
    { "CLI-034", "The sample message has no message type.",
      "take a message whose MSH-9 is filled" },
    { "CLI-040", "There is no mapping of this name in the files given.",
      "put #NAME behind the file or directory; the text names what there is" },
    { "CLI-041", "The files hold several mappings.", "put #NAME behind the file or directory" },
    { "CLI-042", "A directory cannot be read, or holds too many documents.",
      "name the file that has the mapping" },
    { "CLI-043", "The file is not of the format that the mapping reads.",
      "look at the mapping's `from`" },
    { "CLI-044", "An MLLP address is not of the form mllp://HOST:PORT.",
      "write for example mllp://127.0.0.1:2575; without a port 2575 is meant" },
};

const size_t cli_n_codes = ZS_COUNT(cli_codes);

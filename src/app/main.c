/*
 * The program: the real world handed to the command line, and the list of all it can do.
 */
#include "app/program.h"

#include <sys/ioctl.h>

static int terminal_width(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int main(int argc, char **argv)
{
    struct cli c = { .in = stdin,
                     .out = stdout,
                     .err = stderr,
                     .out_is_tty = isatty(STDOUT_FILENO) == 1,
                     .err_is_tty = isatty(STDERR_FILENO) == 1,
                     .width = terminal_width(STDOUT_FILENO),
                     .clock = clock_real(),
                     .random = random_real(),
                     .env = (const char *const *)environ,
                     .program = &program };
    return cli_main(&c, argc, (const char *const *)argv);
}

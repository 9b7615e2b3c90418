/*
 * Reading a secret. Tests: remote_test.c (from a pipe)
 */
#include "cli/prompt.h"

#include "base/buf.h"
#include "base/secret.h"

#include <errno.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 65536

enum { CTRL_C = 3, CTRL_D = 4, CTRL_H = 8, CTRL_U = 21, RUBOUT = 127 };

/* What a key does to the line. False: the line is done. */
static bool take_key(struct buf *b, unsigned char key)
{
    if (key == '\n' || key == '\r' || key == CTRL_D || key == CTRL_C)
        return false;
    if (key == CTRL_U)
        buf_clear(b);
    else if (key != RUBOUT && key != CTRL_H)
        buf_char(b, (char)key);
    else
        while (b->n > 0 && ((unsigned char)b->p[--b->n] & 0xc0) == 0x80)
            ; /* a character of UTF-8 has a first byte and these */
    return true;
}

static enum rc read_keys(int fd, struct buf *b, struct err *e)
{
    unsigned char key = 0;
    do {
        ssize_t n = read(fd, &key, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_sys(e, "BASE-031", n < 0 ? errno : EIO, "the terminal cannot be read");
    } while (take_key(b, key));
    return key == CTRL_C ? err_set(e, RC_STATE, "CLI-058", "nothing was changed") : buf_rc(b, e);
}

/* Signals of the keyboard come as keys meanwhile, so the terminal is always put right again. */
static enum rc ask(struct cli *c, const char *what, struct buf *b, struct err *e)
{
    struct termios before, quiet;
    int fd = fileno(c->in);
    if (tcgetattr(fd, &before) != 0)
        return err_sys(e, "BASE-031", errno, "the terminal cannot be read");
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    fprintf(c->err, "%s: ", what);
    (void)fflush(c->err); /* a prompt that cannot be shown is no failure */
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
        return err_sys(e, "BASE-031", errno, "the terminal shows what is typed");
    enum rc rc = read_keys(fd, b, e);
    (void)tcsetattr(fd, TCSAFLUSH, &before); /* it worked the other way */
    fputc('\n', c->err);
    return rc;
}

static enum rc ask_twice(struct cli *c, const char *what, struct arena *wiping,
                         const struct buf *first, struct err *e)
{
    struct buf again;
    char label[128];
    (void)snprintf(label, sizeof label, "%s, once more", what); /* a cut label is only a label */
    buf_init_arena(&again, wiping, SECRET_MAX);
    enum rc rc = ask(c, label, &again, e);
    if (rc == RC_OK && !secret_eq((struct secret){ first->p, first->n }, buf_view(&again)))
        rc = err_set(e, RC_VALUE, "CLI-057", "the two are not the same");
    return rc;
}

/* Unbuffered: the stream keeps no copy. */
static enum rc read_pipe(struct cli *c, struct buf *b, struct err *e)
{
    int key;
    (void)setvbuf(c->in, NULL, _IONBF, 0); /* buffered it is read all the same */
    while ((key = getc(c->in)) != EOF && b->n < SECRET_MAX)
        buf_char(b, (char)key);
    if (ferror(c->in))
        return err_set(e, RC_IO, "BASE-031", "the input could not be read");
    if (key != EOF)
        return err_set(e, RC_LIMIT, "BASE-032", "the input is larger than %d bytes", SECRET_MAX);
    if (b->n > 0 && b->p[b->n - 1] == '\n')
        b->n--;
    if (b->n > 0 && b->p[b->n - 1] == '\r')
        b->n--;
    return buf_rc(b, e);
}

enum rc cli_read_secret(struct cli *c, const char *what, bool twice, struct arena *wiping,
                        struct str *out, struct err *e)
{
    struct buf b;
    bool person = isatty(fileno(c->in)) == 1;
    buf_init_arena(&b, wiping, SECRET_MAX);
    enum rc rc = person ? ask(c, what, &b, e) : read_pipe(c, &b, e);
    if (rc == RC_OK && b.n == 0)
        rc = err_set(e, RC_VALUE, "CLI-056", "no %s was given", what);
    if (rc == RC_OK && person && twice)
        rc = ask_twice(c, what, wiping, &b, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}

/*
 * The frame of the command line: what a command is, how its arguments reach it, how it answers.
 *
 * A command is one file with one `const struct cli_cmd cmd_hl7_parse`; commands.c lists them all.
 * --help, the man pages, shell completion and the parser all read the same table, so a command
 * says everything about itself once. The frame checks options and the number of arguments; run()
 * starts with what it asked for.
 *
 *   static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, { .name = "limit", … }, CLI_OPT_END };
 *   const struct cli_cmd cmd_hl7_get = { .name = "hl7 get", .args = "FILE|- PATH", … };
 *
 * A command writes only to c->out and c->err and reads only c->in and files, so tests run it on
 * memory streams. Results go to c->out, everything else to c->err.
 *
 * Exit status: CLI_DONE, CLI_NO (it worked and the answer is no), CLI_USAGE (called wrongly),
 * CLI_FAILED (could not).
 *
 * Thread  main.
 */
#ifndef ZS_CLI_CLI_H
#define ZS_CLI_CLI_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/str.h"

#include <stdio.h>

enum { CLI_DONE = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_FAILED = 3 };

struct cli;
struct cli_args;
struct client_request; /* net/client.h */
struct client_result;

struct cli_opt {
    const char *name; /* "output" for --output; NULL ends a table */
    char letter;      /* 'o' for -o, 0 for none */
    const char *arg;  /* "FILE"; "text|json" allows just these words; NULL: a flag */
    const char *help; /* one sentence without the final period */
    const char *def;  /* value when not given; NULL for none */
};

#define CLI_OPT_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* For every command that prints records; sets c->json. */
#define CLI_OPT_OUTPUT                                                                             \
    {                                                                                              \
        .name = "output", .letter = 'o', .arg = "text|json", .help = "form of the result",         \
        .def = "text"                                                                              \
    }

struct cli_cmd {
    const char *name;     /* one or two words: "check", "hl7 parse" */
    const char *args;     /* "FILE|- PATH", "[NAME]", "URL FILE..."; NULL for none */
    const char *summary;  /* one line, imperative, no final period */
    const char *details;  /* paragraphs split by an empty line; lines starting with a space are
                             kept as they are; may be NULL */
    const char *examples; /* lines: a command, or "# what the next one does"; may be NULL */
    const struct cli_opt *opts; /* ends in CLI_OPT_END; may be NULL. --help is everyone's */
    int (*run)(struct cli *c, const struct cli_args *a); /* an exit status */
};

struct cli_command_list {
    const struct cli_cmd *const *rows;
    const size_t *n;
};

struct cli_code_list {
    const struct err_code *rows;
    const size_t *n;
};

/* What the program consists of: app puts it together. Sorted lists; together no name twice. */
struct cli_program {
    const struct cli_command_list *commands;
    size_t n_commands;
    const struct cli_code_list *codes; /* for `zarish explain` */
    size_t n_codes;
};

/* The world a command sees. app fills in the real one, tests their own. */
struct cli {
    FILE *in;
    FILE *out;
    FILE *err;
    bool out_is_tty;
    bool err_is_tty;
    int width; /* columns of the terminal; 0 = 80 */
    bool json; /* -o json was given */

    const struct clock *clock;
    const struct random *random;
    const char *const *env; /* "NAME=value" …, NULL at the end; NULL: empty */
    const struct cli_program *program;
    struct arena *arena; /* for this run; made by cli_main */

    /* One request to the engine; NULL: over the network (client_run_once). */
    enum rc (*request)(void *ctx, const struct client_request *r, struct arena *a,
                       struct client_result *res, struct err *e);
    void *request_ctx;
};

/* The table of cli itself: see commands.c. */
extern const struct cli_cmd *const cli_commands[];
extern const size_t cli_n_commands;

/* Find the command, parse, run. Returns the exit status; out and err are flushed and checked. */
int cli_main(struct cli *c, int argc, const char *const *argv);

/* ---- arguments ---- */

struct cli_given {
    const struct cli_opt *opt;
    const char *value; /* NULL for a flag */
};

struct cli_args {
    const struct cli_cmd *cmd;
    const char *const *pos; /* as many as cmd->args asks for */
    size_t n_pos;
    struct cli_given *given; /* in order */
    size_t n_given;
};

/* The last value given, else the default, else NULL. The name must be in the table (asserted). */
const char *cli_opt(const struct cli_args *a, const char *name);

/* How often it was given. For a flag: cli_has. */
size_t cli_count(const struct cli_args *a, const char *name);
bool cli_has(const struct cli_args *a, const char *name);

/* The i-th value given (i < cli_count). */
const char *cli_opt_at(const struct cli_args *a, const char *name, size_t i);

/* Position i, or NULL when that optional argument was not given. */
const char *cli_pos(const struct cli_args *a, size_t i);

/*
 * Values with a type (base/num.h). An option that was not given and has no default leaves *out.
 * A failure has the option's name in e->where; answer it with cli_usage(c, a, &e).
 */
enum rc cli_opt_u64(const struct cli_args *a, const char *name, uint64_t min, uint64_t max,
                    uint64_t *out, struct err *e) ZS_CHECK;
enum rc cli_opt_size(const struct cli_args *a, const char *name, uint64_t max, uint64_t *out,
                     struct err *e) ZS_CHECK;
enum rc cli_opt_duration(const struct cli_args *a, const char *name, int64_t max_ms,
                         int64_t *out_ms, struct err *e) ZS_CHECK;

/*
 * Parse what follows the command's name; pure. Errors are those of a person's line:
 * CLI-002 unknown option, CLI-003 option without its value, CLI-004 value not among those allowed,
 * CLI-005 argument missing, CLI-006 argument too many; RC_NOMEM BASE-002.
 */
enum rc cli_parse(const struct cli_cmd *cmd, const char *const *words, size_t n, struct arena *a,
                  struct cli_args *out, struct err *e) ZS_CHECK;

/* ---- input and environment ---- */

/* A variable, NULL when it is not set. */
const char *cli_env(const struct cli *c, const char *name);

/* A whole file, or c->in for "-", at most limit bytes. Errors of file_read. */
enum rc cli_read_input(struct cli *c, const char *path, size_t limit, struct arena *a,
                       struct str *out, struct err *e) ZS_CHECK;

/* ---- answers ---- */

/*
 * `zarish: ID: where: text` on c->err, with line and column where known, and the hint
 * `zarish explain ID`. Returns CLI_FAILED, so that a command ends in `return cli_fail(c, &e)`.
 */
int cli_fail(struct cli *c, const struct err *e);

/*
 * The same naming the file the error lies in. `input` (its text, or STR_NULL) turns a byte offset
 * into line and column. Returns CLI_FAILED.
 */
int cli_fail_in(struct cli *c, const char *path, struct str input, const struct err *e);

/* The same for a line typed wrongly, with the command's usage. Returns CLI_USAGE. */
int cli_usage(struct cli *c, const struct cli_args *a, const struct err *e);

/* A remark for a person, on c->err: `zarish: text`. */
void cli_note(struct cli *c, const char *fmt, ...) ZS_PRINTF(2, 3);

/*
 * Write foreign text to a stream for a person: control characters other than line feed and tab
 * become U+FFFD, so that a message cannot drive the terminal.
 */
void cli_put_safe(FILE *f, struct str s);

/* ---- tables ---- */

struct cli_col {
    const char *head;
    bool right; /* align numbers to the right */
    size_t max; /* columns; longer cells are cut with "…"; 0: no limit */
};

struct cli_table {
    const struct cli_col *cols;
    size_t n_cols;
    struct arena *arena;
    struct str *cells;
    size_t n_cells;
    size_t cap;
    bool failed; /* no memory: cli_table_print says so */
};

/* cols and arena are borrowed until printed. */
void cli_table_init(struct cli_table *t, const struct cli_col *cols, size_t n, struct arena *a);

/* The next cell, row by row; copied. */
void cli_table_cell(struct cli_table *t, struct str s);
void cli_table_u64(struct cli_table *t, uint64_t v);

/* Heading and rows, columns aligned by what a terminal shows (wide and combining characters). */
enum rc cli_table_print(const struct cli_table *t, FILE *f, struct err *e) ZS_CHECK;

/* Columns a terminal needs for s. */
size_t cli_columns(struct str s);

/* ---- progress ---- */

/* A bar on c->err for long work, when that is a terminal; else nothing at all. */
struct cli_progress {
    struct cli *c;
    const char *label;
    uint64_t total; /* 0: not known, only a count is shown */
    uint64_t drawn_ns;
    bool shown;
};

void cli_progress_init(struct cli_progress *p, struct cli *c, const char *label, uint64_t total);
void cli_progress_step(struct cli_progress *p, uint64_t done); /* cheap: draws ten times a second */
void cli_progress_end(struct cli_progress *p);                 /* wipes the line */

#endif

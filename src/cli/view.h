/*
 * What the engine answers in JSON, for people: cells of tables and lines of a description.
 *
 *   static const struct view_col cols[] = {
 *       { { .head = "NAME", .max = 40 }, view_text, "name" },
 *       { { .head = "CREATED (UTC)" }, view_time, "metadata.createdAt" },
 *   };
 *
 * A path names members from the outside in, parted by points; what is not there is empty.
 * All of it may come from other systems: it is made safe for a terminal.
 *
 * Thread  main.
 */
#ifndef ZS_CLI_VIEW_H
#define ZS_CLI_VIEW_H

#include "cli/cli.h"
#include "json/json.h"

const struct json *view_at(const struct json *v, const char *path);

/* ---- cells -------------------------------------------------------------------------------- */

struct view_col {
    struct cli_col col;
    void (*put)(struct cli_table *t, const struct json *row, const char *path); /* one cell */
    const char *path;
};

void view_text(struct cli_table *t, const struct json *row, const char *path);
void view_time(struct cli_table *t, const struct json *row, const char *path);  /* ISO text */
void view_epoch(struct cli_table *t, const struct json *row, const char *path); /* ms since 1970 */
void view_count(struct cli_table *t, const struct json *row, const char *path); /* of a list */
void view_yes(struct cli_table *t, const struct json *row, const char *path);   /* "yes" or "" */
void view_sum(struct cli_table *t, const struct json *row,
              const char *path); /* list.a+b, over it */

/* A table of a list's items. */
enum rc view_table(struct cli *c, const struct view_col *cols, size_t n, const struct json *items,
                   struct err *e) ZS_CHECK;

/* ---- lines -------------------------------------------------------------------------------- */

/* "  label   text", at `depth`; nothing where the text is empty. */
void view_line(FILE *f, int depth, const char *label, struct str text);
void view_line_fmt(FILE *f, int depth, const char *label, const char *fmt, ...) ZS_PRINTF(4, 5);

/* The member as text: strings, numbers, yes and no; lists and objects as compact JSON. */
void view_member(struct cli *c, FILE *f, int depth, const char *label, const struct json *v);

/* 2024-05-06T07:08:09.123Z as 2024-05-06 07:08:09 UTC; another text as it is. */
struct str view_when(struct arena *a, struct str iso);
struct str view_when_ms(struct arena *a, int64_t at_ms);

/* A document as indented JSON. */
enum rc view_document(struct cli *c, FILE *f, const struct json *v, struct err *e) ZS_CHECK;

/*
 * A time option as the API takes it: "24h", "7d" are so long ago, an ISO time stays. NULL for NULL.
 * RC_VALUE CLI-053.
 */
enum rc view_time_option(struct cli *c, const char *given, const char **out,
                         struct err *e) ZS_CHECK;

#endif

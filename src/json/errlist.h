/*
 * Findings: all that is wrong with a document, each with its place, so that a person mends a file
 * in one go. Bounded; what does not fit is counted.
 *
 * Texts live in the list's arena. Adding never fails: without memory the finding is counted in
 * n_more, so err_list_any stays true.
 *
 * Thread  one at a time.
 */
#ifndef ZS_JSON_ERRLIST_H
#define ZS_JSON_ERRLIST_H

#include "json/jw.h"

struct finding {
    const char *file; /* as the user named it, NULL if there is none; borrowed */
    size_t pos;       /* byte offset, ERR_NO_POS if none */
    unsigned line;    /* from 1, 0 if none */
    unsigned column;  /* likewise */
    const char *id;   /* "OPT-001" */
    struct str path;  /* "endpoints[0].retries"; empty: the document */
    struct str text;  /* one sentence, no final period, never a secret */
    struct str hint;  /* what to do; may be empty */
};

struct err_list {
    struct arena *arena;
    struct finding *v;
    size_t n;
    size_t cap;
    size_t max;
    size_t n_more; /* found beyond max */
};

/* max: findings kept, at least 1. */
void err_list_init(struct err_list *l, struct arena *a, size_t max);

static inline bool err_list_any(const struct err_list *l)
{
    return l->n > 0 || l->n_more > 0;
}

/* No room for another: adding one only counts it. Ask before work that only serves its text. */
static inline bool err_list_full(const struct err_list *l)
{
    return l->n == l->max;
}

/* path, text and hint are copied. */
void err_list_add(struct err_list *l, const struct finding *f);

/* The same from an error record (its where becomes the path); hint may be empty. */
void err_list_add_err(struct err_list *l, const char *file, const struct err *e, struct str hint);

/* In order of file and position from index `from` on, equal ones as they came. */
void err_list_sort(struct err_list *l, size_t from);

/* Lines "file:line:column: path: text (hint) [ID]" and "… and 3 more". */
void err_list_print(const struct err_list *l, struct buf *b);

/* An array of {file, line, column, path, code, message, hint}; absent parts left out. */
void err_list_json(const struct err_list *l, struct jw *w);

/* RC_OK when empty, else the first finding as an error record with code RC_VALUE. */
enum rc err_list_rc(const struct err_list *l, struct err *e) ZS_CHECK;

#endif

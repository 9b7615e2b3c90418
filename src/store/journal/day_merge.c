/*
 * Merging runs: the newest ones into one when there are eight of about a size, so that a search
 * looks into a few dozen of them whatever the day brought. At the top size a posting has been
 * merged once under load (runs begin large then) and three times at a trickle. Tests:
 * ../journal_test.c
 */
#include "store/journal/day_int.h"

#define FAN_IN    8
#define MOST      16 /* runs in one merge */
#define TOP_LEVEL 3
#define SMALLEST  4096 /* postings of the lowest size */

struct source {
    int64_t run;
    uint64_t first;
    uint64_t last;
    uint64_t n;
    struct stmt pages;
    struct posting *list;
    size_t n_list;
    size_t at;
    bool ended;
};

static unsigned level_of(uint64_t n)
{
    unsigned level = 0;
    for (uint64_t size = SMALLEST; n >= size && level < TOP_LEVEL; size *= 8)
        level++;
    return level;
}

/* The newest runs, newest first. */
static enum rc list_runs(struct day *d, struct source *s, size_t *n, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_RUNS];
    enum rc rc;
    *n = 0;
    stmt_i64(st, 1, MOST);
    while ((rc = stmt_step(st, e)) == RC_OK) {
        s[(*n)++] = (struct source){ .run = stmt_get_i64(st, 0),
                                     .first = stmt_get_u64(st, 1),
                                     .last = stmt_get_u64(st, 2),
                                     .n = stmt_get_u64(st, 3) };
    }
    stmt_reset(st);
    return rc == RC_MISSING ? RC_OK : rc;
}

/* How many of the newest are to become one; 0: none. */
static size_t choose(const struct source *s, size_t n)
{
    for (unsigned level = 0; level < TOP_LEVEL; level++) {
        size_t same = 0;
        while (same < n && level_of(s[same].n) <= level)
            same++;
        if (same >= FAN_IN)
            return same;
    }
    return 0;
}

/* Have a posting at s->at, or be ended. */
static enum rc refill(struct source *s, struct err *e)
{
    if (s->at < s->n_list || s->ended)
        return RC_OK;
    enum rc rc = stmt_step(&s->pages, e);
    s->ended = rc == RC_MISSING;
    if (rc)
        return s->ended ? RC_OK : rc;
    const struct posting first = { stmt_get_u64(&s->pages, 0), stmt_get_u64(&s->pages, 1) };
    s->at = 0;
    return page_read(&first, s->first, stmt_get_str(&s->pages, 2), s->list, PAGE_POSTINGS,
                     &s->n_list, e);
}

static enum rc open_source(struct day *d, struct source *s, struct arena *a, struct err *e)
{
    s->list = arena_make(a, struct posting, PAGE_POSTINGS);
    if (!s->list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to merge");
    enum rc rc = stmt_open(&s->pages, &d->db,
                           "SELECT term, seq, data FROM term WHERE run = ?1 ORDER BY term, seq", e);
    if (rc)
        return rc;
    stmt_i64(&s->pages, 1, s->run);
    return refill(s, e);
}

/* The source with the least posting; NULL: all ended. */
static struct source *least(struct source *s, size_t n)
{
    struct source *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (s[i].ended)
            continue;
        const struct posting *p = &s[i].list[s[i].at];
        const struct posting *q = best ? &best->list[best->at] : NULL;
        if (!q || p->term < q->term || (p->term == q->term && p->seq < q->seq))
            best = &s[i];
    }
    return best;
}

static enum rc merge_into(struct day *d, struct source *s, size_t n, int64_t run, uint64_t base,
                          struct arena *a, struct err *e)
{
    struct packer *k = arena_make(a, struct packer, 1);
    struct page *page = arena_make(a, struct page, 1);
    if (!k || !page)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to merge");
    packer_init(k, base);
    enum rc rc = RC_OK;
    struct source *from;
    while (!rc && (from = least(s, n)) != NULL) {
        if (packer_add(k, &from->list[from->at++], page))
            rc = day_new_page(d, run, page, e);
        if (!rc)
            rc = refill(from, e);
    }
    if (!rc && packer_end(k, page))
        rc = day_new_page(d, run, page, e);
    return rc;
}

static enum rc drop_run(struct day *d, int64_t run, struct err *e)
{
    static const char *const sql[] = { "DELETE FROM term WHERE run = ?1",
                                       "DELETE FROM run WHERE id = ?1" };
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < ZS_COUNT(sql); i++) {
        struct stmt st;
        rc = stmt_open(&st, &d->db, sql[i], e);
        if (!rc) {
            stmt_i64(&st, 1, run);
            rc = stmt_run(&st, e);
        }
        stmt_close(&st);
    }
    return rc;
}

static enum rc merge(struct day *d, struct source *s, size_t n, struct arena *a, struct err *e)
{
    int64_t run = 0;
    uint64_t total = 0;
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < n; i++) {
        total += s[i].n;
        rc = open_source(d, &s[i], a, e);
    }
    if (!rc)
        rc = day_new_run(d, s[n - 1].first, s[0].last, total, &run, e);
    if (!rc)
        rc = merge_into(d, s, n, run, s[n - 1].first, a, e);
    for (size_t i = 0; i < n; i++)
        stmt_close(&s[i].pages);
    for (size_t i = 0; !rc && i < n; i++)
        rc = drop_run(d, s[i].run, e);
    return rc;
}

enum rc day_merge(struct day *d, struct arena *a, struct err *e)
{
    struct source s[MOST];
    size_t n = 0;
    enum rc rc = list_runs(d, s, &n, e);
    size_t chosen = rc ? 0 : choose(s, n);
    if (chosen == 0)
        return rc;
    rc = day_begin(d, e);
    if (!rc)
        rc = merge(d, s, chosen, a, e);
    if (!rc)
        rc = db_exec(&d->db, "COMMIT", e);
    if (rc)
        day_rollback(d);
    return rc;
}

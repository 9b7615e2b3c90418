/*
 * Search: the tail from the newest message down, then the days, newest first. In a day, candidates
 * come from the postings of the rarest kind of term the query has, from the rows in a state, or one
 * by one; each is read as a row, brought up to date with what the tail knows of it, and tested.
 * Memory is the rows that are returned and one candidate. Tests: contract_test.c, journal_test.c
 */
#include "store/journal/query.h"

#include "store/rules.h"

#define WALKS 2
#define MASKS 64

struct search {
    struct reader *r;
    const struct store_query *q;
    struct arena *a;
    struct store_term term[RULES_TERMS];
    uint64_t hash[RULES_TERMS];
    size_t n_terms;
    struct fold fold;
    struct store_row *rows;
    size_t n; /* up to limit + 1: the last only says that there is more */
};

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

static bool is_done(const struct search *s)
{
    return s->n > s->q->limit;
}

/* ---- testing one message ------------------------------------------------------------------ */

static struct store_row shown(const struct row *r)
{
    return (struct store_row){ .seq = r->seq,
                               .at_ms = r->at_ms,
                               .state = r->state,
                               .delivery = rules_least(r->states),
                               .bytes = r->body_bytes,
                               .channel = r->channel,
                               .type = r->type,
                               .peer = r->peer,
                               .control_id = r->control_id };
}

/* Does the record carry every term? The row's control id often says so without it. */
static enum rc has_terms(struct search *s, const struct row *r, bool *has, struct err *e)
{
    struct store_intake in;
    struct record_head head;
    struct str bytes;
    *has = true;
    if (s->n_terms == 0 || (s->n_terms == 1 && s->term[0].kind == TERM_CONTROL_ID &&
                            str_eq(str_sub(r->control_id, 0, TERM_BYTES), s->term[0].value)))
        return RC_OK;
    struct arena_mark mark = arena_mark(s->r->scratch);
    enum rc rc = reader_record(s->r, r->at, r->length, r->seq, s->r->scratch, &head, &bytes, e);
    if (!rc)
        rc = record_intake(&head, bytes, s->r->scratch, &in, e);
    for (size_t i = 0; !rc && *has && i < s->n_terms; i++)
        *has = rules_has_term(&in, &s->term[i]);
    arena_rewind(s->r->scratch, mark);
    if (rc != RC_PEER)
        return rc;
    *has = false; /* a damaged record matches nothing; the damage was reported when it was met */
    return RC_OK;
}

static bool keep(struct arena *a, struct str *s)
{
    if (str_is_null(*s))
        return true;
    *s = arena_str(a, *s);
    return !str_is_null(*s);
}

/* Test a row, and take it if it matches. Its texts may live anywhere. */
static enum rc offer(struct search *s, const struct row *r, struct err *e)
{
    struct store_row row = shown(r);
    bool has = false;
    if (!rules_row_matches(s->q, &row, r->states))
        return RC_OK;
    enum rc rc = has_terms(s, r, &has, e);
    if (rc || !has)
        return rc;
    if (!keep(s->a, &row.channel) || !keep(s->a, &row.type) || !keep(s->a, &row.peer) ||
        !keep(s->a, &row.control_id))
        return no_memory(e);
    s->rows[s->n++] = row;
    return RC_OK;
}

/* ---- the tail ----------------------------------------------------------------------------- */

static bool carries(const struct search *s, const struct tail_msg *m)
{
    for (size_t i = 0; i < s->n_terms; i++) {
        size_t k = 0;
        while (k < m->n_terms && m->term[k] != s->hash[i])
            k++;
        if (k == m->n_terms)
            return false;
    }
    return true;
}

static enum rc search_tail(struct search *s, struct err *e)
{
    uint64_t below = s->q->before ? s->q->before : UINT64_MAX;
    for (size_t i = s->fold.n_msgs; i > 0 && !is_done(s); i--) {
        const struct fold_msg *m = &s->fold.msg[i - 1];
        struct row row;
        if (m->seq >= below || !carries(s, m->msg))
            continue;
        struct arena_mark mark = arena_mark(s->r->scratch);
        enum rc rc = row_of_msg(m, s->r->scratch, &row, e);
        if (!rc)
            rc = offer(s, &row, e);
        arena_rewind(s->r->scratch, mark);
        if (rc)
            return rc;
    }
    return RC_OK;
}

/* ---- candidates of a day ------------------------------------------------------------------ */

enum source_kind { BY_SCAN, BY_STATE, BY_TERM };

struct source {
    struct day *day;
    enum source_kind kind;
    struct day_walk walk[WALKS];
    uint64_t walk_head[WALKS]; /* the walk's last answer, 0: no more */
    size_t n_walks;
    unsigned mask[MASKS];
    uint64_t mask_head[MASKS];
    size_t n_masks;
    const struct fold *fold; /* states that changed since the day was indexed */
    size_t late;             /* of its late messages are still above */
};

static enum rc missing_is_none(enum rc rc, uint64_t *seq)
{
    if (rc == RC_MISSING)
        *seq = 0;
    return rc == RC_MISSING ? RC_OK : rc;
}

static enum rc next_by_term(struct source *s, uint64_t below, uint64_t *seq, struct err *e)
{
    uint64_t best = 0;
    for (size_t i = 0; i < s->n_walks; i++) {
        enum rc rc = RC_OK;
        while (!rc && s->walk_head[i] && s->walk_head[i] >= below)
            rc = missing_is_none(day_walk_next(&s->walk[i], &s->walk_head[i], e), &s->walk_head[i]);
        if (rc)
            return rc;
        best = s->walk_head[i] > best ? s->walk_head[i] : best;
    }
    *seq = best;
    return RC_OK;
}

static enum rc next_by_state(struct source *s, uint64_t below, uint64_t *seq, struct err *e)
{
    uint64_t best = 0;
    for (size_t i = 0; i < s->n_masks; i++) {
        enum rc rc = RC_OK;
        if (s->mask_head[i] && s->mask_head[i] >= below)
            rc = missing_is_none(day_below_with(s->day, s->mask[i], below, &s->mask_head[i], e),
                                 &s->mask_head[i]);
        if (rc)
            return rc;
        best = s->mask_head[i] > best ? s->mask_head[i] : best;
    }
    while (s->late && s->fold->late[s->late - 1].seq >= below)
        s->late--;
    if (s->late && s->fold->late[s->late - 1].seq > best)
        best = s->fold->late[s->late - 1].seq;
    *seq = best;
    return RC_OK;
}

/* The highest candidate below; 0: none. */
static enum rc next_candidate(struct source *s, uint64_t below, uint64_t *seq, struct err *e)
{
    if (s->kind == BY_TERM)
        return next_by_term(s, below, seq, e);
    if (s->kind == BY_STATE)
        return next_by_state(s, below, seq, e);
    return missing_is_none(day_below(s->day, below, seq, e), seq);
}

static enum rc add_walk(struct search *s, struct source *src, uint64_t term, uint64_t below,
                        struct err *e)
{
    struct posting *list = arena_raw(s->r->scratch, PAGE_POSTINGS * sizeof *list);
    if (!list)
        return no_memory(e);
    src->kind = BY_TERM;
    day_walk_init(&src->walk[src->n_walks], src->day, term, below, list);
    src->walk_head[src->n_walks++] = UINT64_MAX;
    return RC_OK;
}

static enum rc list_masks(struct search *s, struct source *src, struct err *e)
{
    unsigned wanted = rules_query_states(s->q);
    unsigned mask = 0;
    enum rc rc = RC_OK;
    src->kind = BY_STATE;
    src->fold = &s->fold;
    src->late = s->fold.n_late;
    while (src->n_masks < MASKS && (rc = day_next_states(src->day, mask, &mask, e)) == RC_OK) {
        if (!(mask & wanted))
            continue;
        src->mask[src->n_masks] = mask;
        src->mask_head[src->n_masks++] = UINT64_MAX;
    }
    if (src->n_masks == MASKS)
        src->kind = BY_SCAN; /* too many combinations of states to follow each */
    return rc == RC_MISSING ? RC_OK : rc;
}

/* The term that is likely the rarest. */
static size_t rarest(const struct search *s)
{
    static const enum term_kind order[] = { TERM_CONTROL_ID, TERM_ORDER, TERM_ACCESSION,
                                            TERM_PATIENT_ID };
    for (size_t k = 0; k < ZS_COUNT(order); k++)
        for (size_t i = 0; i < s->n_terms; i++)
            if (s->term[i].kind == order[k])
                return i;
    return 0;
}

/* A text that matches whole or by its head: either term. */
static enum rc add_walks(struct search *s, struct source *src, const int kind[WALKS],
                         struct str text, uint64_t below, struct err *e)
{
    const struct hash_key *key = &s->r->index->tail->key;
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < WALKS; i++)
        if (kind[i])
            rc = add_walk(s, src, term_hash(key, kind[i], text), below, e);
    return rc;
}

static enum rc choose_source(struct search *s, struct source *src, uint64_t below, struct err *e)
{
    static const int peer[WALKS] = { TERM_PEER, TERM_PEER_HOST };
    static const int type[WALKS] = { TERM_TYPE, TERM_TYPE_HEAD };
    static const int channel[WALKS] = { TERM_CHANNEL, 0 };
    if (s->n_terms)
        return add_walk(s, src, s->hash[rarest(s)], below, e);
    if (s->q->state && s->q->state != DELIVERY_DELIVERED)
        return list_masks(s, src, e);
    if (s->q->peer.n)
        return add_walks(s, src, peer, s->q->peer, below, e);
    if (s->q->type.n)
        return add_walks(s, src, type, s->q->type, below, e);
    if (s->q->channel.n)
        return add_walks(s, src, channel, s->q->channel, below, e);
    src->kind = BY_SCAN;
    return RC_OK;
}

/* ---- days --------------------------------------------------------------------------------- */

/* A candidate's row as it is now; *past: it and all before it were taken before `since`. */
static enum rc try_candidate(struct search *s, struct day *d, uint64_t seq, bool *past,
                             struct err *e)
{
    struct row row;
    enum rc rc = day_row(d, seq, s->r->scratch, &row, e);
    if (rc == RC_MISSING)
        return RC_OK; /* a late outcome of a message of another day */
    const struct fold_msg *late = fold_find(s->fold.late, s->fold.n_late, seq);
    if (!rc && late)
        rc = row_apply(&row, late, s->r->scratch, e);
    if (rc)
        return rc;
    *past = s->q->since && row.at_ms < s->q->since - d->mark.back_ms;
    return offer(s, &row, e);
}

static bool may_hold(const struct search *s, const struct day *d)
{
    return d->mark.first_seq && (!s->q->until || d->mark.at_min < s->q->until) &&
           (!s->q->since || d->mark.at_max >= s->q->since);
}

static enum rc search_day(struct search *s, int64_t number, uint64_t below, struct err *e)
{
    struct source src = { 0 };
    enum rc rc = reader_day(s->r, number, &src.day, e);
    if (rc == RC_MISSING)
        return RC_OK; /* being made again */
    if (rc || !may_hold(s, src.day))
        return rc;
    if (s->q->until) {
        uint64_t from = 0;
        rc = day_seek_time(src.day, s->q->until, &from, e);
        below = from < below ? from : below;
    }
    if (!rc)
        rc = choose_source(s, &src, below, e);
    bool past = false;
    while (!rc && !past && !is_done(s)) {
        struct arena_mark mark = arena_mark(s->r->scratch);
        rc = next_candidate(&src, below, &below, e);
        if (!rc && below == 0)
            break;
        if (!rc)
            rc = try_candidate(s, src.day, below, &past, e);
        arena_rewind(s->r->scratch, mark);
    }
    return rc;
}

static enum rc search_days(struct search *s, struct err *e)
{
    struct state_day *days = NULL;
    size_t n = 0;
    uint64_t below = s->r->view.indexed + 1;
    if (s->q->before && s->q->before < below)
        below = s->q->before;
    enum rc rc = index_days(s->r->index, s->r->scratch, &days, &n, e);
    for (; !rc && n > 0 && !is_done(s); n--) {
        struct arena_mark mark = arena_mark(s->r->scratch);
        if (days[n - 1].first_seq < below)
            rc = search_day(s, days[n - 1].number, below, e);
        arena_rewind(s->r->scratch, mark);
    }
    return rc;
}

enum rc query_search(struct reader *r, const struct store_query *q, struct arena *a,
                     struct store_row **rows, size_t *n, bool *more, struct err *e)
{
    struct search s = { .r = r, .q = q, .a = a };
    enum rc rc = rules_query_check(q, e);
    if (rc)
        return rc;
    s.n_terms = rules_query_terms(q, s.term);
    for (size_t i = 0; i < s.n_terms; i++)
        s.hash[i] = term_hash(&r->index->tail->key, (int)s.term[i].kind, s.term[i].value);
    s.rows = arena_make(a, struct store_row, q->limit + 1);
    if (!s.rows)
        return no_memory(e);
    rc = fold_blocks(r->view.block, r->view.n, NULL, r->view.indexed, r->scratch, &s.fold, e);
    if (!rc)
        rc = search_tail(&s, e);
    if (!rc)
        rc = search_days(&s, e);
    if (rc)
        return rc;
    *rows = s.rows;
    *n = size_min(s.n, q->limit);
    *more = s.n > q->limit;
    return RC_OK;
}

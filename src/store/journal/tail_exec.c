/* Executions of the tail, and what they are counted by. Tests: contract_exec_test.c */
#include "store/journal/tail_int.h"

#include "store/exec.h"
#include "store/vec.h"

#define NAME_MOST 255 /* what is longer was not written by us */

struct way *tail_find_way(struct tail *t, struct str integration, struct str endpoint)
{
    char bytes[2 * NAME_MOST + 1];
    mutex_assert_held(&t->follow);
    integration = str_sub(integration, 0, NAME_MOST);
    endpoint = str_sub(endpoint, 0, NAME_MOST);
    memcpy(bytes, integration.n ? integration.p : "", integration.n);
    bytes[integration.n] = '\0';
    memcpy(bytes + integration.n + 1, endpoint.n ? endpoint.p : "", endpoint.n);
    struct str key = str_of(bytes, integration.n + 1 + endpoint.n);
    struct way *w = strmap_get(&t->ways, key);
    if (w)
        return w;
    w = arena_make(t->lane_arena, struct way, 1);
    key = w ? arena_str(t->lane_arena, key) : STR_NULL;
    if (str_is_null(key))
        return NULL;
    w->integration = str_sub(key, 0, integration.n);
    w->endpoint = str_from(key, integration.n + 1);
    return strmap_put(&t->ways, key, w, NULL) ? NULL : w;
}

/* Texts of the way need no copy; those of the record do. */
static enum rc add(struct building *g, const struct scan_item *item,
                   const struct store_exec_row *row, struct way *way, struct err *e)
{
    struct block *b = g->b;
    struct tail_exec *list = vec_room(b->arena, b->exec, sizeof *list, b->n_execs, &g->cap_execs);
    if (!list || !way)
        return tail_no_memory(e);
    b->exec = list;
    struct tail_exec *x = &list[b->n_execs];
    *x = (struct tail_exec){ .row = *row, .way = way, .at = item->at, .length = item->head.length };
    x->row.integration = way->integration;
    x->row.endpoint = way->endpoint;
    if (!tail_copy(b->arena, row->status, &x->row.status) ||
        !tail_copy(b->arena, row->error, &x->row.error))
        return tail_no_memory(e);
    b->n_execs++;
    return RC_OK;
}

enum rc tail_add_begin(struct building *g, const struct scan_item *item, struct err *e)
{
    struct store_exec x;
    struct store_exec_row row;
    enum rc rc = record_exec(&item->head, item->bytes, &x, e);
    if (rc)
        return rc;
    exec_of_begin(item->head.seq, item->head.at_ms, &x, &row);
    return add(g, item, &row, tail_find_way(g->tail, x.integration, x.endpoint), e);
}

enum rc tail_add_end(struct building *g, const struct scan_item *item, struct err *e)
{
    struct store_exec_end x;
    struct store_exec_row row;
    enum rc rc = record_exec_end(&item->head, item->bytes, &x, e);
    if (rc)
        return rc;
    exec_of_end(item->head.seq, item->head.at_ms, &x, &row);
    return add(g, item, &row, tail_find_way(g->tail, x.integration, x.endpoint), e);
}

enum rc tail_add_attempt(struct building *g, const struct scan_item *item,
                         const struct store_outcome *o, unsigned n, const struct lane *l,
                         struct err *e)
{
    struct store_exec_row row;
    exec_of_outcome(item->head.seq, n, item->head.at_ms, o, &row);
    row.channel = l->channel;
    return add(g, item, &row, l->way, e);
}

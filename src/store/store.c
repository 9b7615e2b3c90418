/*
 * The contract's front: calls go to the backend, ids and names are the same for all (those
 * of executions: exec_id.c). Tests: contract_test.c
 */
#include "store/store.h"

#include "base/num.h"

void store_append(struct store *s, struct store_batch *b)
{
    ZS_ASSERT(b->done && (b->first != NULL) == (b->n > 0));
    s->ops->append(s, b);
}

struct str store_id(const struct store *s)
{
    return str_z(s->id);
}

enum rc store_parse_id(const struct store *s, struct str text, uint64_t *seq, struct err *e)
{
    size_t dash = str_chr(text, '-', 0);
    if (dash != sizeof s->id - 1)
        return err_set(e, RC_VALUE, "STORE-010", "not a message id");
    struct str number = str_from(text, dash + 1);
    uint64_t v = 0;
    if (number.n == 0 || number.p[0] == '0' || num_u64(number, 1, INT64_MAX, &v, NULL))
        return err_set(e, RC_VALUE, "STORE-010", "not a message id");
    for (size_t i = 0; i < dash; i++)
        if (!strchr("0123456789abcdef", text.p[i]) || text.p[i] == '\0')
            return err_set(e, RC_VALUE, "STORE-010", "not a message id");
    if (!str_eqz(str_sub(text, 0, dash), s->id))
        return err_set(e, RC_MISSING, "STORE-011", "the message is another store's");
    *seq = v;
    return RC_OK;
}

enum rc store_read(struct store *s, uint64_t seq, struct arena *a, struct store_message *out,
                   struct err *e)
{
    return s->ops->read(s, seq, a, out, e);
}

enum rc store_events(struct store *s, uint64_t seq, struct arena *a, struct store_event **out,
                     size_t *n, struct err *e)
{
    return s->ops->events(s, seq, a, out, n, e);
}

enum rc store_search(struct store *s, const struct store_query *q, struct arena *a,
                     struct store_row **rows, size_t *n, bool *more, struct err *e)
{
    return s->ops->search(s, q, a, rows, n, more, e);
}

enum rc store_acts(struct store *s, uint64_t before, size_t limit, struct arena *a,
                   struct store_audit **out, size_t *n, struct err *e)
{
    return s->ops->acts(s, before, limit, a, out, n, e);
}

enum rc store_execs(struct store *s, const struct store_exec_query *q, struct arena *a,
                    struct store_exec_row **rows, size_t *n, bool *more, struct err *e)
{
    return s->ops->execs(s, q, a, rows, n, more, e);
}

enum rc store_exec_read(struct store *s, uint64_t seq, unsigned n, struct arena *a,
                        struct store_exec_full *out, struct err *e)
{
    return s->ops->exec_read(s, seq, n, a, out, e);
}

enum rc store_exec_open(struct store *s, struct arena *a, struct store_exec_row **rows, size_t *n,
                        struct err *e)
{
    return s->ops->exec_open(s, a, rows, n, e);
}

enum rc store_exec_stats(struct store *s, struct str integration, int64_t since, int64_t until,
                         struct arena *a, struct store_exec_stats *out, struct err *e)
{
    if (integration.n == 0)
        return err_set(e, RC_VALUE, "STORE-013", "figures are asked for without an integration");
    return s->ops->exec_stats(s, integration, since, until, a, out, e);
}

enum rc store_lanes(struct store *s, struct arena *a, struct store_lane **out, size_t *n,
                    struct err *e)
{
    return s->ops->lanes(s, a, out, n, e);
}

enum rc store_window(struct store *s, struct str lane, uint64_t after, size_t max, size_t max_bytes,
                     struct arena *a, struct store_waiting **out, size_t *n, struct err *e)
{
    return s->ops->window(s, lane, after, max, max_bytes, a, out, n, e);
}

void store_stats(struct store *s, struct store_stats *out)
{
    s->ops->stats(s, out);
}

enum rc store_settle(struct store *s, struct err *e)
{
    return s->ops->settle(s, e);
}

void store_close(struct store **sp)
{
    struct store *s = *sp;
    *sp = NULL;
    if (s)
        s->ops->close(s);
}

static const char *const state_names[] = { "",          "queued",    "sending",  "retrying",
                                           "uncertain", "delivered", "filtered", "rejected",
                                           "held",      "dead",      "skipped" };

const char *delivery_state_name(enum delivery_state s)
{
    return (size_t)s < ZS_COUNT(state_names) ? state_names[s] : "";
}

int delivery_state_parse(struct str name)
{
    if (str_eqz(name, "refused"))
        return -1;
    for (size_t i = 1; i < ZS_COUNT(state_names); i++)
        if (str_eqz(name, state_names[i]))
            return (int)i;
    return 0;
}

bool delivery_state_final(enum delivery_state s)
{
    return s == DELIVERY_DELIVERED || s == DELIVERY_FILTERED || s == DELIVERY_REJECTED ||
           s == DELIVERY_DEAD || s == DELIVERY_SKIPPED;
}

/*
 * Names of executions: UUIDs of version 8, whose contents are ours to choose. Tests:
 * exec_test.c
 *
 *   store id (32) │ log entry (1), n (15) │ version │ n (9), 3 zero │ variant │ seq (62)
 */
#include "store/store.h"

#include "base/uuid.h"

#define N_BITS   24
#define SEQ_BITS 62

_Static_assert(STORE_UUID_TEXT == UUID_TEXT_SIZE, "the text of a UUID");

static void put_be(unsigned char *p, size_t n, uint64_t v)
{
    for (size_t i = n; i > 0; i--, v >>= 8)
        p[i - 1] = (unsigned char)v;
}

static uint64_t get_be(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint64_t store_number(const struct store *s)
{
    uint64_t v = 0;
    for (size_t i = 0; s->id[i]; i++) {
        char c = s->id[i];
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return v;
}

void store_exec_id(const struct store *s, uint64_t seq, unsigned n, bool log,
                   char out[STORE_UUID_TEXT])
{
    struct uuid u;
    ZS_ASSERT(seq >> SEQ_BITS == 0 && n >> N_BITS == 0);
    put_be(u.b, 4, store_number(s));
    put_be(u.b + 4, 2, (uint64_t)log << 15 | n >> 9);
    put_be(u.b + 6, 2, 0x8000u | (n & 0x1ff) << 3);
    put_be(u.b + 8, 8, (uint64_t)2 << SEQ_BITS | seq);
    uuid_text(&u, out);
}

enum rc store_exec_parse(const struct store *s, struct str text, uint64_t *seq, unsigned *n,
                         struct err *e)
{
    struct uuid u;
    if (uuid_parse(text, &u, NULL))
        return err_set(e, RC_MISSING, "STORE-016", "not the id of an execution");
    uint64_t number = get_be(u.b + 8, 8) & (((uint64_t)1 << SEQ_BITS) - 1);
    unsigned place =
        (unsigned)(get_be(u.b + 4, 2) & 0x7fff) << 9 | (unsigned)(get_be(u.b + 6, 2) >> 3 & 0x1ff);
    char again[STORE_UUID_TEXT];
    store_exec_id(s, number, place, false, again);
    struct uuid same;
    /* everything that is not seq and n must be as we write it */
    if (number == 0 || uuid_parse(str_z(again), &same, NULL) ||
        memcmp(same.b, u.b, sizeof u.b) != 0)
        return err_set(e, RC_MISSING, "STORE-016", "not the id of an execution of this store");
    *seq = number;
    *n = place;
    return RC_OK;
}

static const char *const exec_names[] = { "", "executing", "completed", "failed" };

const char *exec_state_name(enum exec_state s)
{
    return (size_t)s < ZS_COUNT(exec_names) ? exec_names[s] : "";
}

int exec_state_parse(struct str name)
{
    for (size_t i = 1; i < ZS_COUNT(exec_names); i++)
        if (str_eqz(name, exec_names[i]))
            return (int)i;
    return 0;
}

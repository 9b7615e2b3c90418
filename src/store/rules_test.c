#include "store/rules.h"
#include "tests/lib/t.h"

static void least_finished(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned states;
        int least;
    } rows[] = {
        { "none", 0, 0 },
        { "refused only", RULES_REFUSED, 0 },
        { "one", 1u << DELIVERY_DELIVERED, DELIVERY_DELIVERED },
        { "queued before delivered", 1u << DELIVERY_QUEUED | 1u << DELIVERY_DELIVERED,
          DELIVERY_QUEUED },
        { "held before rejected", 1u << DELIVERY_HELD | 1u << DELIVERY_REJECTED, DELIVERY_HELD },
        { "retrying before held", 1u << DELIVERY_HELD | 1u << DELIVERY_RETRYING,
          DELIVERY_RETRYING },
        { "dead before delivered", 1u << DELIVERY_DEAD | 1u << DELIVERY_DELIVERED, DELIVERY_DEAD },
        { "delivered before filtered", 1u << DELIVERY_FILTERED | 1u << DELIVERY_DELIVERED,
          DELIVERY_DELIVERED },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        T_EQ_INT(rules_least(rows[i].states), rows[i].least);
    }
}

static void heads_of_types_and_peers(void **state)
{
    (void)state;
    static const struct {
        struct str want, have;
        bool type, peer;
    } rows[] = {
        { STR_INIT(""), STR_INIT("ADT^A01"), true, true },
        { STR_INIT("ADT"), STR_INIT("ADT^A01"), true, false },
        { STR_INIT("ADT^A01"), STR_INIT("ADT^A01"), true, true },
        { STR_INIT("ADT^A0"), STR_INIT("ADT^A01"), false, false },
        { STR_INIT("ADT^A01"), STR_INIT("ADT"), false, false },
        { STR_INIT("10.1.2.3"), STR_INIT("10.1.2.3:99"), false, true },
        { STR_INIT("10.1.2.3"), STR_INIT("10.1.2.30:99"), false, false },
        { STR_INIT("x"), STR_INIT(""), false, false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].want.p);
        T_EQ_INT(rules_type_matches(rows[i].want, rows[i].have), rows[i].type);
        T_EQ_INT(rules_peer_matches(rows[i].want, rows[i].have), rows[i].peer);
    }
}

static void queries_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct store_query q;
        enum rc rc;
    } rows[] = {
        { "smallest", { .limit = 1 }, RC_OK },
        { "largest", { .limit = 1000, .state = DELIVERY_SKIPPED }, RC_OK },
        { "refused", { .limit = 1, .state = -1 }, RC_OK },
        { "no limit", { .limit = 0 }, RC_VALUE },
        { "over the limit", { .limit = 1001 }, RC_VALUE },
        { "state below", { .limit = 1, .state = -2 }, RC_VALUE },
        { "state above", { .limit = 1, .state = 11 }, RC_VALUE },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { 0 };
        T_ROW(rows[i].name);
        T_EQ_INT(rules_query_check(&rows[i].q, &e), rows[i].rc);
        T_EQ_Z(e.id, rows[i].rc ? "STORE-013" : NULL);
    }
}

static void ids_are_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum rc rc;
        uint64_t seq;
    } rows[] = {
        { "1f0c2a9e-1042", RC_OK, 1042 },
        { "1f0c2a9e-9223372036854775807", RC_OK, INT64_MAX },
        { "1f0c2a9e-9223372036854775808", RC_VALUE, 0 },
        { "2f0c2a9e-1042", RC_MISSING, 0 },
        { "1f0c2a9e-0", RC_VALUE, 0 },
        { "1f0c2a9e-01", RC_VALUE, 0 },
        { "1f0c2a9e-", RC_VALUE, 0 },
        { "1f0c2a9e-1x", RC_VALUE, 0 },
        { "1f0c2a9e-+1", RC_VALUE, 0 },
        { "1F0C2A9E-1", RC_VALUE, 0 },
        { "1f0c2a9-1", RC_VALUE, 0 },
        { "1042", RC_VALUE, 0 },
        { "", RC_VALUE, 0 },
    };
    struct store s = { .id = "1f0c2a9e" };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { 0 };
        uint64_t seq = 0;
        T_ROW(rows[i].text);
        T_EQ_INT(store_parse_id(&s, str_z(rows[i].text), &seq, &e), rows[i].rc);
        T_EQ_SIZE(seq, rows[i].seq);
        if (rows[i].rc)
            T_EQ_Z(e.id, rows[i].rc == RC_VALUE ? "STORE-010" : "STORE-011");
    }
}

static void state_names_are_their_own_inverse(void **state)
{
    (void)state;
    for (int s = DELIVERY_QUEUED; s <= DELIVERY_SKIPPED; s++)
        T_EQ_INT(delivery_state_parse(str_z(delivery_state_name((enum delivery_state)s))), s);
    T_EQ_Z(delivery_state_name(DELIVERY_UNCERTAIN), "uncertain");
    T_EQ_INT(delivery_state_parse(STR("refused")), -1);
    T_EQ_INT(delivery_state_parse(STR("")), 0);
    T_EQ_INT(delivery_state_parse(STR("Queued")), 0);
    T_FALSE(rules_is_open((enum delivery_state)0));
    T_TRUE(rules_is_open(DELIVERY_HELD));
    T_FALSE(rules_is_open(DELIVERY_SKIPPED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(least_finished),
        T_TEST(heads_of_types_and_peers),
        T_TEST(queries_are_checked),
        T_TEST(ids_are_parsed),
        T_TEST(state_names_are_their_own_inverse),
    };
    return T_RUN(tests);
}

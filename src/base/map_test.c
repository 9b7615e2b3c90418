#include "base/map.h"

#include "base/alloc.h"
#include "base/list.h"
#include "base/random.h"
#include "tests/lib/t.h"

static char values[4096];

/* Stable key texts for numbers. */
static struct str key_of(size_t i)
{
    static char text[4096][8];
    int n = snprintf(text[i], sizeof text[i], "k%zu", i);
    return str_of(text[i], (size_t)n);
}

static void put(struct strmap *m, struct str key, void *value)
{
    struct err e;
    T_OK(strmap_put(m, key, value, &e), &e);
}

static void puts_gets_and_replaces(void **state)
{
    (void)state;
    struct strmap m;
    strmap_init(&m, NULL, 100);
    T_TRUE(strmap_get(&m, STR("a")) == NULL);
    T_TRUE(strmap_take(&m, STR("a")) == NULL);
    put(&m, STR("a"), &values[1]);
    put(&m, STR(""), &values[2]);
    put(&m, str_of("a\0b", 3), &values[3]);
    T_TRUE(strmap_get(&m, STR("a")) == &values[1]);
    T_TRUE(strmap_get(&m, STR("")) == &values[2]);
    T_TRUE(strmap_get(&m, str_of("a\0b", 3)) == &values[3]);
    T_TRUE(strmap_get(&m, str_of("a\0c", 3)) == NULL);
    put(&m, STR("a"), &values[9]);
    T_TRUE(strmap_get(&m, STR("a")) == &values[9]);
    T_EQ_SIZE(m.n, 3);
    strmap_clear(&m);
    T_EQ_SIZE(m.n, 0);
    T_TRUE(strmap_get(&m, STR("a")) == NULL);
    strmap_done(&m);
}

/* Against a plain array, over growth and thousands of removals in every order of probing. */
static void follows_a_model(void **state)
{
    (void)state;
    struct strmap m;
    struct random_fake r;
    bool present[1000] = { false };
    size_t n = 0;
    random_fake_init(&r, 3);
    strmap_init(&m, NULL, 1000);
    for (int step = 0; step < 20000; step++) {
        size_t i = (size_t)random_below(&r.random, 1000);
        if (random_below(&r.random, 2)) {
            put(&m, key_of(i), &values[i]);
            n += present[i] ? 0 : 1;
            present[i] = true;
        } else {
            void *got = strmap_take(&m, key_of(i));
            T_TRUE(got == (present[i] ? &values[i] : NULL));
            n -= present[i] ? 1 : 0;
            present[i] = false;
        }
    }
    T_EQ_SIZE(m.n, n);
    for (size_t i = 0; i < 1000; i++)
        T_TRUE(strmap_get(&m, key_of(i)) == (present[i] ? &values[i] : NULL));
    size_t it = 0;
    size_t seen = 0;
    struct str key = STR_NULL;
    void *value = NULL;
    while (strmap_next(&m, &it, &key, &value)) {
        size_t i = (size_t)((char *)value - values);
        T_TRUE(present[i]);
        T_EQ_BYTES(key, key_of(i));
        seen++;
    }
    T_EQ_SIZE(seen, n);
    strmap_done(&m);
}

static void stops_at_its_limit(void **state)
{
    (void)state;
    struct strmap m;
    struct err e;
    strmap_init(&m, NULL, 2);
    put(&m, STR("a"), values);
    put(&m, STR("b"), values);
    T_EQ_INT(strmap_put(&m, STR("c"), values, &e), RC_LIMIT);
    T_EQ_Z(e.id, "BASE-009");
    T_OK(strmap_put(&m, STR("b"), values, &e), &e); /* replacing is no growth */
    T_EQ_SIZE(m.n, 2);
    strmap_done(&m);
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    for (size_t k = 1;; k++) {
        struct strmap m;
        struct err e;
        enum rc rc = RC_OK;
        strmap_init(&m, NULL, 100);
        mem_fail_at(k);
        size_t i = 0;
        for (; i < 100 && rc == RC_OK; i++)
            rc = strmap_put(&m, key_of(i), &values[i], &e);
        bool failed = mem_fail_left() == 0;
        mem_fail_at(0);
        if (failed) {
            T_EQ_INT(rc, RC_NOMEM);
            T_EQ_SIZE(m.n, i - 1); /* what was in stays in */
            for (size_t j = 0; j + 1 < i; j++)
                T_TRUE(strmap_get(&m, key_of(j)) == &values[j]);
        }
        strmap_done(&m);
        if (!failed)
            break;
    }
}

static void keyed_maps_and_arenas(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    const struct hash_key key = { { 1, 2, 3 } };
    struct strmap m;
    strmap_init_keyed(&m, a, 4096, &key);
    for (size_t i = 0; i < 500; i++)
        put(&m, key_of(i), &values[i]);
    for (size_t i = 0; i < 500; i++)
        T_TRUE(strmap_get(&m, key_of(i)) == &values[i]);
    arena_free(&a);
}

struct item {
    int v;
    struct list_node link;
};

static void expect_list(const struct list *l, const char *want)
{
    char got[16] = "";
    size_t n = 0;
    for (struct list_node *node = list_first(l); node; node = list_next(l, node))
        got[n++] = (char)('0' + ZS_CONTAINER(node, struct item, link)->v);
    T_EQ_Z(got, want);
    T_EQ_SIZE(l->n, n);
}

static void lists(void **state)
{
    (void)state;
    struct item items[5] = { { .v = 0 }, { .v = 1 }, { .v = 2 }, { .v = 3 }, { .v = 4 } };
    struct list l;
    list_init(&l);
    T_TRUE(list_is_empty(&l));
    T_TRUE(list_first(&l) == NULL && list_last(&l) == NULL && list_pop(&l) == NULL);
    list_push(&l, &items[1].link);
    list_push(&l, &items[2].link);
    list_push_front(&l, &items[0].link);
    list_push(&l, &items[4].link);
    list_insert(&l, &items[4].link, &items[3].link);
    expect_list(&l, "01234");
    T_TRUE(list_last(&l) == &items[4].link);
    list_remove(&l, &items[2].link);
    T_FALSE(list_is_linked(&items[2].link));
    expect_list(&l, "0134");
    T_TRUE(list_pop(&l) == &items[0].link);
    list_remove(&l, &items[4].link);
    expect_list(&l, "13");
    list_push(&l, &items[2].link);
    expect_list(&l, "132");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(puts_gets_and_replaces), T_TEST(follows_a_model),
        T_TEST(stops_at_its_limit),     T_TEST(survives_every_failed_allocation),
        T_TEST(keyed_maps_and_arenas),  T_TEST(lists),
    };
    return T_RUN(tests);
}

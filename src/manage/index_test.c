/*
 * The table of integrations: order, names and ids, pages, what no memory leaves behind.
 */
#include "manage/manage_int.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static struct manage *make(void)
{
    struct manage *m = mem_new(struct manage);
    T_TRUE(m != NULL);
    mutex_init(&m->lock, "test", 1);
    return m;
}

static void done(struct manage *m)
{
    index_free(m);
    mutex_done(&m->lock);
    mem_free(m);
}

static const char *id_of(unsigned i)
{
    static char text[UUID_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "00000000-0000-4000-8000-%012u", i); /* fits */
    return text;
}

static enum rc put(struct manage *m, unsigned i, enum life life, struct err *e)
{
    char name[32];
    (void)snprintf(name, sizeof name, "n%04u", (i * 7919) % 1000); /* fits; not in order */
    struct known k = { .id = str_z(id_of(i)),
                       .name = str_z(name),
                       .type = i % 2 ? "rest_api" : "hl7_v2",
                       .life = life,
                       .runs = true };
    return index_put(m, &k, e);
}

static void entries_are_found_by_name_and_by_id(void **state)
{
    (void)state;
    struct manage *m = make();
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct known k;
    struct err e;
    for (unsigned i = 0; i < 500; i++)
        T_OK(put(m, i, LIFE_ACTIVE, &e), &e);
    for (unsigned i = 0; i < 500; i++) {
        T_TRUE(index_find(m, str_z(id_of(i)), a, &k));
        struct str name = k.name;
        T_TRUE(index_find(m, name, a, &k));
        T_EQ_STR(k.id, id_of(i));
    }
    T_OK(put(m, 3, LIFE_FAILED, &e), &e); /* again: changed */
    T_EQ_SIZE(m->index.n, 500);
    T_TRUE(index_find(m, str_z(id_of(3)), a, &k));
    T_EQ_INT(k.life, LIFE_FAILED);
    index_remove(m, k.name);
    index_remove(m, STR("nobody"));
    T_FALSE(index_find(m, str_z(id_of(3)), a, &k));
    T_EQ_SIZE(m->index.n, 499);
    arena_free(&a);
    done(m);
}

static void pages_join_to_the_whole_in_order(void **state)
{
    (void)state;
    struct manage *m = make();
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct known page[7];
    struct manage_list list = { .type = STR("rest_api"), .limit = ZS_COUNT(page), .more = true };
    size_t n = 0;
    struct err e;
    for (unsigned i = 0; i < 100; i++)
        T_OK(put(m, i, LIFE_ACTIVE, &e), &e);
    while (list.more) {
        size_t got = index_page(m, &list, a, page);
        for (size_t i = 0; i < got; i++) {
            T_TRUE(str_cmp(list.after, page[i].name) < 0);
            T_EQ_Z(page[i].type, "rest_api");
            list.after = page[i].name;
        }
        n += got;
    }
    T_EQ_SIZE(n, 50);
    arena_free(&a);
    done(m);
}

static void without_memory_nothing_is_half_there(void **state)
{
    (void)state;
    struct err e;
    for (size_t k = 1; k < 4; k++) {
        struct manage *m = make();
        mem_fail_at(k);
        enum rc rc = put(m, 1, LIFE_ACTIVE, &e);
        bool failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_EQ_INT(rc, failed ? RC_NOMEM : RC_OK);
        T_EQ_SIZE(m->index.n, failed ? 0 : 1);
        T_OK(put(m, 2, LIFE_ACTIVE, &e), &e);
        done(m);
    }
}

static void there_is_a_ceiling(void **state)
{
    (void)state;
    struct manage *m = make();
    struct err e;
    for (unsigned i = 0; i < MANAGE_INTEGRATIONS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%05u", i); /* fits */
        struct known k = { .id = str_z(id_of(i)), .name = str_z(name), .type = "" };
        T_OK(index_put(m, &k, &e), &e);
    }
    struct known k = { .id = str_z(id_of(1)), .name = STR("one more"), .type = "" };
    T_EQ_INT(index_put(m, &k, &e), RC_LIMIT);
    T_EQ_Z(e.id, "MNG-015");
    done(m);
}

static void names_of_lives(void **state)
{
    (void)state;
    static const enum life all[] = { LIFE_INITIALIZING, LIFE_ACTIVE, LIFE_FAILED, LIFE_PAUSED };
    for (size_t i = 0; i < ZS_COUNT(all); i++)
        T_EQ_INT(life_parse(str_z(life_name(all[i]))), all[i]);
    T_EQ_INT(life_parse(STR("odd")), LIFE_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(entries_are_found_by_name_and_by_id),
        T_TEST(pages_join_to_the_whole_in_order),
        T_TEST(without_memory_nothing_is_half_there),
        T_TEST(there_is_a_ceiling),
        T_TEST(names_of_lives),
    };
    return T_RUN(tests);
}

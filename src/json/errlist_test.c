/*
 * Findings: order, ceiling, and the three ways out.
 */
#include "json/errlist.h"

#include "tests/lib/t.h"

static struct finding at(const char *file, size_t pos, const char *text)
{
    return (struct finding){ .file = file,
                             .pos = pos,
                             .line = pos == ERR_NO_POS ? 0 : (unsigned)pos + 1,
                             .column = 4,
                             .id = "CFG-001",
                             .path = str_z("a.b"),
                             .text = str_z(text) };
}

static void add(struct err_list *l, const char *file, size_t pos, const char *text)
{
    struct finding f = at(file, pos, text);
    err_list_add(l, &f);
}

static void prints_in_order(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct err_list l;
    struct buf b;
    buf_init(&b, 4096);
    err_list_init(&l, a, 10);
    T_FALSE(err_list_any(&l));
    add(&l, "b.yaml", 5, "third");
    add(&l, "a.yaml", ERR_NO_POS, "second");
    add(&l, "a.yaml", 7, "first");
    add(&l, "b.yaml", 5, "fourth");
    err_list_sort(&l, 0);
    l.v[3].hint = STR("do this");
    err_list_print(&l, &b);
    T_EQ_STR(buf_view(&b), "a.yaml:8:4: a.b: first [CFG-001]\n"
                           "a.yaml: a.b: second [CFG-001]\n"
                           "b.yaml:6:4: a.b: third [CFG-001]\n"
                           "b.yaml:6:4: a.b: fourth (do this) [CFG-001]\n");
    T_TRUE(err_list_any(&l));
    buf_done(&b);
    arena_free(&a);
}

/* What was there before stays before. */
static void sorts_the_rest(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct err_list l;
    err_list_init(&l, a, 10);
    add(&l, "z", 9, "kept");
    add(&l, "a", 2, "2");
    add(&l, "a", 1, "1");
    err_list_sort(&l, 1);
    T_EQ_STR(l.v[0].text, "kept");
    T_EQ_STR(l.v[1].text, "1");
    T_EQ_STR(l.v[2].text, "2");
    arena_free(&a);
}

static void counts_the_rest(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct err_list l;
    struct buf b;
    char text[] = "text";
    buf_init(&b, 4096);
    err_list_init(&l, a, 2);
    for (unsigned i = 0; i < 5; i++)
        add(&l, NULL, i, text);
    memset(text, 'x', 4); /* they were copied */
    T_EQ_SIZE(l.n, 2);
    T_EQ_SIZE(l.n_more, 3);
    err_list_print(&l, &b);
    T_EQ_STR(buf_view(&b), "1:4: a.b: text [CFG-001]\n2:4: a.b: text [CFG-001]\n"
                           "\xe2\x80\xa6 and 3 more\n");
    buf_done(&b);
    arena_free(&a);
}

static void as_json(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct err_list l;
    struct err e = { .pos = ERR_NO_POS, .id = "X-001", .text = "why" };
    struct buf b;
    struct jw w;
    buf_init(&b, 4096);
    err_list_init(&l, a, 10);
    add(&l, "a.yaml", 1, "first");
    err_list_add_err(&l, NULL, &e, STR("hint"));
    jw_init(&w, &b, JSON_COMPACT);
    err_list_json(&l, &w);
    T_OK(jw_done(&w, &e), &e);
    T_EQ_STR(buf_view(&b),
             "[{\"file\":\"a.yaml\",\"line\":2,\"column\":4,\"path\":\"a.b\",\"code\":\"CFG-001\","
             "\"message\":\"first\"},{\"code\":\"X-001\",\"message\":\"why\",\"hint\":\"hint\"}]");
    buf_done(&b);
    arena_free(&a);
}

static void as_error(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct err_list l;
    struct err e = { 0 };
    err_list_init(&l, a, 10);
    T_EQ_INT(err_list_rc(&l, &e), RC_OK);
    add(&l, "a.yaml", 1, "first");
    add(&l, "a.yaml", 2, "second");
    T_EQ_INT(err_list_rc(&l, &e), RC_VALUE);
    T_EQ_Z(e.id, "CFG-001");
    T_EQ_Z(e.text, "first");
    T_EQ_Z(e.where, "a.b");
    T_EQ_INT(e.line, 2);
    T_EQ_INT(err_list_rc(&l, NULL), RC_VALUE);
    arena_free(&a);
}

static void without_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 256);
    struct err_list l;
    struct err e = { 0 };
    err_list_init(&l, a, 100);
    for (unsigned i = 0; i < 50; i++)
        add(&l, NULL, i, "a text that takes some room in the arena, which has little");
    T_EQ_SIZE(l.n + l.n_more, 50);
    T_TRUE(l.n_more > 40);
    T_TRUE(err_list_any(&l));
    T_TRUE(err_list_rc(&l, &e) != RC_OK);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(prints_in_order), T_TEST(sorts_the_rest), T_TEST(counts_the_rest),
        T_TEST(as_json),         T_TEST(as_error),       T_TEST(without_memory),
    };
    return T_RUN(tests);
}

#include "connector/connector.h"

#include "tests/lib/t.h"

static void sorted_and_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < conn_n_types; i++) {
        const struct conn_type *t = conn_types[i];
        T_ROW(t->name);
        T_TRUE(i == 0 || strcmp(conn_types[i - 1]->name, t->name) < 0);
        T_TRUE(t->schemes[0] != NULL);
        if (t->caps & CONN_RECEIVES)
            T_TRUE(t->recv_opts && t->recv_open && t->recv_start && t->recv_pause &&
                   t->recv_drain && t->recv_close && t->settled && t->recv_address);
        if (t->caps & CONN_SENDS)
            T_TRUE(t->send_open && t->send && t->cancel && t->send_drain && t->send_close &&
                   t->probe);
    }
    T_ROW(NULL);
}

static void found_by_scheme(void **state)
{
    (void)state;
    for (size_t i = 0; i < conn_n_types; i++)
        for (const char *const *s = conn_types[i]->schemes; *s; s++)
            T_TRUE(conn_by_scheme(str_z(*s)) == conn_types[i]); /* and of no other type */
    T_EQ_Z(conn_by_scheme(STR("HTTPS"))->name, "http");
    T_TRUE(conn_by_scheme(STR("gopher")) == NULL);
    T_TRUE(conn_by_scheme(STR("")) == NULL);
    T_TRUE(conn_by_scheme(STR("http:")) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(sorted_and_whole), T_TEST(found_by_scheme) };
    return T_RUN(tests);
}

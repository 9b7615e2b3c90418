#include "auth/auth.h"

#include "tests/lib/t.h"

#include <sys/stat.h>

struct world {
    struct auth *auth;
    struct arena *arena;
    const char *path;
};

static void open_world(struct world *w, const char *path)
{
    struct err e;
    w->path = path;
    w->arena = arena_new("test", 0, 1u << 20);
    arena_wipe_on_free(w->arena);
    T_OK(auth_new(clock_real(), random_real(), &w->auth, &e), &e);
}

static void close_world(struct world *w)
{
    auth_free(&w->auth);
    arena_free(&w->arena);
}

static void made_once_shown_once(void **state)
{
    (void)state;
    const char *path = t_path(t_tmpdir(), "admin.json");
    struct world first;
    struct world second;
    struct secret shown = SECRET_NONE;
    struct secret again = SECRET_NONE;
    struct secret for_cli = SECRET_NONE;
    struct principal p;
    struct stat st;
    struct err e;
    bool made = false;
    open_world(&first, path);
    T_OK(auth_admin_open(first.auth, path, first.arena, &made, &shown, &e), &e);
    T_TRUE(made);
    T_EQ_INT(stat(path, &st), 0);
    T_EQ_INT(st.st_mode & 07777, 0600);
    T_TRUE(str_starts(secret_bytes(shown), STR("zsk_admin_")));
    open_world(&second, path);
    T_OK(auth_admin_open(second.auth, path, second.arena, &made, &again, &e), &e);
    T_FALSE(made);
    T_EQ_SIZE(again.n, 0); /* not shown again */
    struct auth_given g = { .api_key = secret_bytes(shown), .peer = "::1" };
    T_OK(auth_check(second.auth, &g, &p, NULL, &e), &e);
    T_EQ_Z(p.id, "admin");
    T_EQ_Z(p.name, "local administrator");
    T_EQ_INT(p.role, AUTH_ADMIN);
    T_OK(auth_admin_read(path, second.arena, &for_cli, &e), &e);
    T_TRUE(secret_eq(for_cli, secret_bytes(shown)));
    close_world(&first);
    close_world(&second);
}

static void others_must_not_reach_it(void **state)
{
    (void)state;
    static const mode_t modes[] = { 0640, 0604, 0620, 0601 };
    const char *dir = t_tmpdir();
    char path[256];
    char link[256];
    struct world w;
    struct secret text;
    struct err e;
    bool made = false;
    (void)snprintf(path, sizeof path, "%s", t_path(dir, "admin.json")); /* fits */
    (void)snprintf(link, sizeof link, "%s", t_path(dir, "link.json"));  /* fits */
    open_world(&w, path);
    T_OK(auth_admin_open(w.auth, path, w.arena, &made, &text, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(modes); i++) {
        T_EQ_INT(chmod(path, modes[i]), 0);
        T_EQ_INT(auth_admin_read(path, w.arena, &text, &e), RC_DENIED);
        T_EQ_Z(e.id, "AUTH-020");
    }
    T_EQ_INT(chmod(path, 0600), 0);
    T_EQ_INT(symlink(path, link), 0);
    T_EQ_INT(auth_admin_read(link, w.arena, &text, &e), RC_DENIED);
    T_EQ_Z(e.id, "AUTH-020");
    T_EQ_INT(auth_admin_read(dir, w.arena, &text, &e), RC_DENIED);
    close_world(&w);
}

static void what_is_no_such_file(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"key\":1}",
        "{\"key\":\"secret\"}",
        "{\"key\":\"zsk_other_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"key\":\"zsk_admin_short\"}",
    };
    const char *path = t_path(t_tmpdir(), "admin.json");
    struct world w;
    struct secret text;
    struct err e;
    bool made = true;
    open_world(&w, path);
    T_EQ_INT(auth_admin_read(path, w.arena, &text, &e), RC_MISSING);
    T_EQ_Z(e.id, "AUTH-022");
    for (size_t i = 0; i < ZS_COUNT(texts); i++) {
        T_ROW(texts[i]);
        t_write(path, str_z(texts[i]));
        T_EQ_INT(chmod(path, 0600), 0);
        T_EQ_INT(auth_admin_open(w.auth, path, w.arena, &made, &text, &e), RC_SYNTAX);
        T_EQ_Z(e.id, "AUTH-021");
        T_TRUE(str_eq(t_read(path), str_z(texts[i]))); /* left as it is */
    }
    T_ROW(NULL);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(made_once_shown_once),
        T_TEST(others_must_not_reach_it),
        T_TEST(what_is_no_such_file),
    };
    return T_RUN(tests);
}

#include "auth/vault.h"

#include "base/alloc.h"
#include "base/file.h"
#include "tests/lib/t.h"

#include <sys/stat.h>

/* In one directory for the whole test. */
static const char *file_of(const char *name)
{
    static const char *dir;
    dir = dir ? dir : t_tmpdir();
    return t_path(dir, name);
}

struct world {
    struct random_fake random;
    struct vault *vault;
    struct arena *arena;
};

static void open_world(struct world *w, const char *name)
{
    struct err e;
    random_fake_init(&w->random, 11);
    w->arena = arena_new("test", 0, 1u << 20);
    arena_wipe_on_free(w->arena);
    T_OK(vault_open(file_of(name), &w->random.random, &w->vault, &e), &e);
}

static void close_world(struct world *w)
{
    vault_close(&w->vault);
    arena_free(&w->arena);
}

static struct str seal(struct world *w, const char *name, const char *plain)
{
    struct str sealed;
    struct err e;
    T_OK(vault_seal(w->vault, str_z(name), str_z(plain), w->arena, &sealed, &e), &e);
    return sealed;
}

static void sealed_and_opened(void **state)
{
    (void)state;
    struct world w, later;
    struct secret plain;
    struct stat st;
    struct err e;
    open_world(&w, "one.key");
    T_EQ_INT(stat(file_of("one.key"), &st), 0);
    T_EQ_INT(st.st_mode & 07777, 0600);
    struct str sealed = seal(&w, "lab/key", "s3cret");
    T_EQ_SIZE(sealed.n, 4 + 8 + 24 + 6 + 16);
    T_TRUE(str_starts(sealed, STR("zsv1")));
    T_TRUE(str_find(sealed, STR("s3cret"), 0) == SIZE_MAX);
    struct str again = seal(&w, "lab/key", "s3cret");
    T_FALSE(str_eq(sealed, again)); /* a nonce of its own */
    struct str empty = seal(&w, "e", "");
    open_world(&later, "one.key"); /* the same file, as after a restart */
    T_TRUE(vault_sealed(later.vault, sealed));
    T_OK(vault_unseal(later.vault, STR("lab/key"), sealed, later.arena, &plain, &e), &e);
    T_EQ_STR(secret_bytes(plain), "s3cret");
    T_OK(vault_unseal(later.vault, STR("e"), empty, later.arena, &plain, &e), &e);
    T_EQ_SIZE(plain.n, 0);
    close_world(&w);
    close_world(&later);
}

static void what_does_not_open(void **state)
{
    (void)state;
    struct world w, other;
    struct secret plain;
    struct err e;
    open_world(&w, "two.key");
    struct str sealed = seal(&w, "lab/key", "s3cret");
    char text[64];
    T_TRUE(sealed.n < sizeof text);
    for (size_t i = 0; i < sealed.n; i++) { /* every single byte is bound */
        memcpy(text, sealed.p, sealed.n);
        text[i] = (char)(text[i] ^ 1);
        T_EQ_INT(vault_unseal(w.vault, STR("lab/key"), str_of(text, sealed.n), w.arena, &plain, &e),
                 RC_VALUE);
        T_EQ_Z(e.id, "AUTH-033");
        T_EQ_Z(e.text, "not sealed with this master key under this name");
    }
    for (size_t n = 0; n < sealed.n; n++)
        T_EQ_INT(vault_unseal(w.vault, STR("lab/key"), str_sub(sealed, 0, n), w.arena, &plain, &e),
                 RC_VALUE);
    T_EQ_INT(vault_unseal(w.vault, STR("lab/kez"), sealed, w.arena, &plain, &e), RC_VALUE);
    T_EQ_INT(vault_unseal(w.vault, STR(""), sealed, w.arena, &plain, &e), RC_VALUE);
    random_fake_init(&other.random, 12); /* another master key */
    other.arena = arena_new("test", 0, 1u << 20);
    T_OK(vault_open(file_of("three.key"), &other.random.random, &other.vault, &e), &e);
    T_FALSE(vault_sealed(other.vault, sealed));
    T_EQ_INT(vault_unseal(other.vault, STR("lab/key"), sealed, other.arena, &plain, &e), RC_VALUE);
    close_world(&w);
    close_world(&other);
}

static void files_that_are_no_key(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str text;
        mode_t mode;
        enum rc rc;
        const char *id;
    } rows[] = {
        { "empty", STR_INIT(""), 0600, RC_SYNTAX, "AUTH-031" },
        { "another text", STR_INIT("hello\n"), 0600, RC_SYNTAX, "AUTH-031" },
        { "short", STR_INIT("zarish-master-key-1:AAAA\n"), 0600, RC_SYNTAX, "AUTH-031" },
        { "not base64", STR_INIT("zarish-master-key-1:AAA AAA\n"), 0600, RC_SYNTAX, "AUTH-031" },
        { "others may read",
          STR_INIT("zarish-master-key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"), 0640,
          RC_DENIED, "AUTH-030" },
        { "sound", STR_INIT("zarish-master-key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
          0600, RC_OK, NULL },
        { "no line feed",
          STR_INIT("zarish-master-key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 0600, RC_OK,
          NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { 0 };
        struct vault *v = NULL;
        struct str left;
        struct arena *a = arena_new("test", 0, 65536);
        const char *path = file_of("bad.key");
        T_ROW(rows[i].name);
        t_write(path, rows[i].text);
        T_EQ_INT(chmod(path, rows[i].mode), 0);
        T_EQ_INT(vault_open(path, random_real(), &v, &e), rows[i].rc);
        T_EQ_Z(e.id, rows[i].id);
        T_TRUE((v != NULL) == (rows[i].rc == RC_OK));
        T_OK(file_read(path, 1000, a, &left, &e), &e); /* never replaced */
        T_TRUE(str_eq(left, rows[i].text));
        vault_close(&v);
        arena_free(&a);
    }
    T_ROW(NULL);
    struct vault *v = NULL;
    struct err e;
    T_EQ_INT(vault_open("/nowhere/master.key", random_real(), &v, &e), RC_IO);
    T_EQ_INT(symlink("bad.key", file_of("link.key")), 0);
    T_EQ_INT(vault_open(file_of("link.key"), random_real(), &v, &e), RC_DENIED);
}

static void limits_and_memory(void **state)
{
    (void)state;
    static char text[VAULT_SECRET_MAX + 1];
    struct world w;
    struct str sealed;
    struct secret plain;
    struct err e;
    open_world(&w, "four.key");
    struct str most = str_of(text, VAULT_SECRET_MAX);
    T_OK(vault_seal(w.vault, STR("n"), most, w.arena, &sealed, &e), &e);
    T_OK(vault_unseal(w.vault, STR("n"), sealed, w.arena, &plain, &e), &e);
    T_EQ_SIZE(plain.n, VAULT_SECRET_MAX);
    T_EQ_INT(vault_seal(w.vault, STR("n"), str_of(text, sizeof text), w.arena, &sealed, &e),
             RC_LIMIT);
    T_EQ_Z(e.id, "AUTH-032");
    struct arena *tight = arena_new("tight", 64, 64);
    T_EQ_INT(vault_seal(w.vault, STR("n"), most, tight, &sealed, &e), RC_NOMEM);
    T_EQ_INT(vault_unseal(w.vault, STR("n"), sealed, tight, &plain, &e), RC_NOMEM);
    T_EQ_Z(e.id, "AUTH-002");
    arena_free(&tight);
    close_world(&w);
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc == RC_NOMEM; k++) {
        struct vault *v = NULL;
        mem_fail_at(k);
        rc = vault_open(file_of("four.key"), random_real(), &v, &e);
        mem_fail_at(0);
        T_TRUE(rc == RC_OK || v == NULL);
        vault_close(&v);
    }
    T_OK(rc, &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(sealed_and_opened),
        T_TEST(what_does_not_open),
        T_TEST(files_that_are_no_key),
        T_TEST(limits_and_memory),
    };
    return T_RUN(tests);
}

/*
 * What the engine knows of callers and secrets at its start: the vault's master key, the local
 * credential, the stored keys and users. A stored key or user that cannot be read opens nothing;
 * it is told and left out, so that one damaged row locks nobody else out. Tests: tests/contract
 */
#include "app/run.h"

#include "base/alloc.h"

#include <errno.h>

#define KEY_FILE_BYTES 65536
#define TABLE_BYTES    ((size_t)64 * 1024 * 1024)

/* "DATA/name", in the command's arena. */
static enum rc data_path(struct run *r, const char *name, const char **out, struct err *e)
{
    struct buf path;
    buf_init_arena(&path, r->cli->arena, 4096);
    buf_fmt(&path, "%s/%s", datadir_path(r->dir), name);
    *out = buf_cstr(&path);
    return *out ? RC_OK : buf_rc(&path, e);
}

/* ---- the vault ---------------------------------------------------------------------------- */

/* Never a new master key beside secrets that only the old one opens. */
static enum rc must_be_there(const char *path, size_t n_secrets, struct err *e)
{
    if (n_secrets == 0 || access(path, F_OK) == 0 || errno != ENOENT)
        return RC_OK;
    return err_set(e, RC_MISSING, "AUTH-034", "%s is missing and %zu secrets are sealed with it",
                   path, n_secrets);
}

static enum rc open_vault(struct run *r, struct arena *a, struct err *e)
{
    struct confdb_secret *list = NULL;
    struct confdb_secret first;
    const char *path = NULL;
    size_t n = 0;
    enum rc rc = data_path(r, "master.key", &path, e);
    if (rc == RC_OK)
        rc = confdb_secrets(r->confdb, a, &list, &n, e);
    if (rc == RC_OK)
        rc = must_be_there(path, n, e);
    if (rc == RC_OK)
        rc = vault_open(path, r->cli->random, &r->vault, e);
    if (rc != RC_OK || n == 0)
        return rc;
    rc = confdb_secret_get(r->confdb, list[0].name, a, &first, e);
    if (rc == RC_OK && !vault_sealed(r->vault, first.sealed))
        return err_set(e, RC_DENIED, "AUTH-036", "%s is not the key the secrets are sealed with",
                       path);
    return rc;
}

enum rc run_open_vault(struct run *r, struct err *e)
{
    struct arena *a = arena_new("secrets", 0, TABLE_BYTES);
    if (!a)
        return err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for secrets");
    enum rc rc = open_vault(r, a, e);
    arena_free(&a);
    return rc;
}

/* ---- the first credential ----------------------------------------------------------------- */

static void show_key(struct run *r, const char *path, const struct secret *key)
{
    log_event(r->log, EV_ENGINE_CREDENTIAL_MADE, F_NAME("file", path));
    /* under systemd standard error is the system's journal: a key does not belong there */
    if (r->conf.quiet || cli_env(r->cli, "JOURNAL_STREAM"))
        return;
    struct str text = secret_bytes(*key);
    fprintf(r->cli->err,
            "\n  The administrator's key, shown this once and kept in %s:\n\n"
            "      %.*s\n\n"
            "  Commands on this machine read that file; elsewhere set ZARISH_KEY.\n\n",
            path, STR_ARG(text));
}

static enum rc open_admin(struct run *r, struct err *e)
{
    const char *path = NULL;
    enum rc rc = data_path(r, "admin.json", &path, e);
    if (rc != RC_OK)
        return rc;
    struct arena *wiping = arena_new("key", 0, KEY_FILE_BYTES);
    if (!wiping)
        return err_set(e, RC_NOMEM, "AUTH-002", "no memory for a key");
    arena_wipe_on_free(wiping);
    bool made = false;
    struct secret key;
    rc = auth_admin_open(r->auth, path, wiping, &made, &key, e);
    if (rc == RC_OK && made)
        show_key(r, path, &key);
    arena_free(&wiping);
    return rc;
}

/* ---- stored keys and users ---------------------------------------------------------------- */

static bool copy_text(struct str from, char *to, size_t size)
{
    if (from.n >= size || str_chr(from, '\0', 0) != SIZE_MAX)
        return false;
    memcpy(to, from.p, from.n);
    to[from.n] = '\0';
    return true;
}

static enum rc not_sound(struct err *e)
{
    return err_set(e, RC_VALUE, "AUTH-003", "name, id or role of the key cannot be used");
}

static enum rc add_key(struct run *r, const struct confdb_key *k, struct err *e)
{
    struct auth_key key = { .created_at = k->created_at, .expires_at = k->expires_at };
    enum rc rc = auth_role_parse(k->role, &key.role, e);
    if (rc == RC_OK)
        rc = auth_hash_parse(k->hash, key.hash, e);
    if (rc != RC_OK)
        return rc;
    if (!copy_text(k->id, key.id, sizeof key.id) || !copy_text(k->name, key.name, sizeof key.name))
        return not_sound(e);
    return auth_key_add(r->auth, &key, e);
}

static enum rc add_user(struct run *r, const struct confdb_user *u, struct err *e)
{
    struct auth_user user = { .disabled = u->disabled_at != 0 };
    enum rc rc = auth_role_parse(u->role, &user.role, e);
    if (rc != RC_OK)
        return rc;
    if (!copy_text(u->name, user.name, sizeof user.name) ||
        !copy_text(u->hash, user.hash, sizeof user.hash))
        return not_sound(e);
    return auth_user_set(r->auth, &user, e);
}

static void skipped(struct run *r, const char *what, const char *name, const struct err *e)
{
    log_event(r->log, EV_ENGINE_CREDENTIAL_SKIPPED, F_NAME("kind", what),
              F_NAME("name", name), /* arena texts end in a NUL */
              F_ERR(e));
}

static enum rc load_keys(struct run *r, struct arena *a, struct err *e)
{
    struct confdb_key *keys = NULL;
    size_t n = 0;
    enum rc rc = confdb_keys(r->confdb, a, &keys, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct err why;
        if (keys[i].disabled_at == 0 && add_key(r, &keys[i], &why) != RC_OK)
            skipped(r, "key", keys[i].id.p, &why);
    }
    return rc;
}

static enum rc load_users(struct run *r, struct arena *a, struct err *e)
{
    struct confdb_user *users = NULL;
    size_t n = 0;
    enum rc rc = confdb_users(r->confdb, a, &users, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct err why;
        if (add_user(r, &users[i], &why) != RC_OK)
            skipped(r, "user", users[i].name.p, &why);
    }
    return rc;
}

enum rc run_open_auth(struct run *r, struct err *e)
{
    enum rc rc = auth_new(r->cli->clock, r->cli->random, &r->auth, e);
    if (rc == RC_OK)
        rc = open_admin(r, e);
    if (rc != RC_OK)
        return rc;
    struct arena *a = arena_new("keys and users", 0, TABLE_BYTES);
    if (!a)
        return err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for keys");
    arena_wipe_on_free(a);
    rc = load_keys(r, a, e);
    if (rc == RC_OK)
        rc = load_users(r, a, e);
    arena_free(&a);
    return rc;
}

/*
 * The local credential file. It holds the key in clear, since the command line reads it there.
 * Tests: auth_admin_test.c
 */
#include "auth/auth_int.h"

#include "base/file.h"
#include "base/timefmt.h"
#include "json/jw.h"

#define FILE_MAX   4096
#define ADMIN_ID   "admin"
#define ADMIN_NAME "local administrator"

static enum rc not_such_a_file(const char *path, struct err *e)
{
    return err_set(e, RC_SYNTAX, "AUTH-021", "%s is no file of an admin credential", path);
}

static const struct auth_private_ids ids = { "AUTH-022", "AUTH-020", "AUTH-023" };

enum rc auth_admin_read(const char *path, struct arena *wiping, struct secret *text, struct err *e)
{
    AUTO_FD int fd = -1;
    struct str bytes = STR_NULL;
    struct json *doc = NULL;
    enum rc rc = auth_private_open(path, &ids, &fd, e);
    if (rc == RC_OK)
        rc = file_read_fd(fd, path, FILE_MAX, wiping, &bytes, e);
    if (rc != RC_OK)
        return rc;
    if (json_parse(bytes, &json_default_limits, wiping, &doc, NULL) != RC_OK)
        return not_such_a_file(path, e);
    struct str key = json_text(json_getz(doc, "key"));
    if (!str_eqz(auth_key_id(key), ADMIN_ID))
        return not_such_a_file(path, e);
    return secret_copy(wiping, key, text, e);
}

static enum rc write_file(const char *path, struct secret text, int64_t now_ms,
                          struct arena *wiping, struct err *e)
{
    char created[TIME_ISO_SIZE];
    struct buf b;
    struct jw w;
    time_iso(now_ms, created);
    buf_init_arena(&b, wiping, FILE_MAX);
    jw_init(&w, &b, JSON_PRETTY);
    jw_object(&w);
    jw_kstrz(&w, "id", ADMIN_ID);
    jw_kstr(&w, "key", secret_bytes(text));
    jw_kstrz(&w, "created", created);
    jw_end(&w);
    buf_char(&b, '\n');
    enum rc rc = jw_done(&w, e);
    return rc == RC_OK ? file_write_atomic(path, buf_view(&b), 0600, e) : rc;
}

enum rc auth_admin_open(struct auth *a, const char *path, struct arena *wiping, bool *made,
                        struct secret *text, struct err *e)
{
    struct auth_key key = {
        .id = ADMIN_ID, .name = ADMIN_NAME, .role = AUTH_ADMIN, .created_at = clock_now_ms(a->clock)
    };
    struct secret found = SECRET_NONE;
    enum rc rc = auth_admin_read(path, wiping, &found, e);
    bool fresh = rc == RC_MISSING;
    if (fresh)
        rc = auth_key_text(a, STR(ADMIN_ID), wiping, &found, e);
    if (fresh && rc == RC_OK)
        rc = write_file(path, found, key.created_at, wiping, e);
    if (rc != RC_OK)
        return rc;
    auth_key_hash(secret_bytes(found), key.hash);
    rc = auth_key_add(a, &key, e);
    if (rc != RC_OK)
        return rc;
    *made = fresh;
    if (fresh)
        *text = found;
    return RC_OK;
}

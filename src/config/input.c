/*
 * What a document takes from outside itself: variables, files, sealed secrets, ids. Each is noted
 * with the unit, as a hash, so that a later load can tell whether the unit would come out the
 * same. Tests: unit_test.c
 */
#include "config/config_int.h"

#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define SECRET_LIMIT 65536
#define TABLE_LIMIT  ((size_t)64 * 1024 * 1024)

/* ---- readers: RC_MISSING where it is not there -------------------------------------------- */

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
}

static enum rc read_env(const struct config_env *env, const char *dir, struct str name,
                        struct arena *a, struct str *out, struct err *e)
{
    (void)dir; /* the table's signature */
    const char *z = arena_z(a, name);
    if (!z)
        return no_memory(e);
    if (strcmp(z, "ZARISH_KEY") ==
        0) /* the command line's: who edits a document is not its owner */
        return err_set(e, RC_DENIED, "CFG-041", "ZARISH_KEY is the command line's own credential");
    const char *value = env->lookup_env ? env->lookup_env(env->ctx, z) : NULL;
    if (!value || !*value)
        return err_set(e, RC_MISSING, "CFG-021", "the environment has no %s", z);
    *out = arena_str(a, str_z(value));
    return out->p ? RC_OK : no_memory(e);
}

static enum rc read_secret(const struct config_env *env, const char *dir, struct str name,
                           struct arena *a, struct str *out, struct err *e)
{
    (void)dir; /* the table's signature */
    if (!env->secret)
        return err_set(e, RC_MISSING, "CFG-022", "there is no vault here to take a secret from");
    return env->secret(env->ctx, name, a, out, e);
}

static enum rc read_id(const struct config_env *env, const char *dir, struct str name,
                       struct arena *a, struct str *out, struct err *e)
{
    (void)dir; /* the table's signature */
    enum rc rc = env->id_of ? env->id_of(env->ctx, name, a, out) : RC_MISSING;
    return rc == RC_OK ? rc : err_set(e, rc, "CFG-023", "the id of this integration is not known");
}

/* What is open lies in dir, whatever name it was opened by. Where that cannot be told: yes. */
static bool is_in(int fd, const char *dir)
{
    char link[64], real[PATH_MAX];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd); /* fits */
    ssize_t n = readlink(link, real, sizeof real);
    if (n <= 0 || (size_t)n >= sizeof real)
        return true;
    struct str path = str_of(real, (size_t)n), in = str_z(dir);
    return str_starts(path, in) &&
           (str_ends(in, STR("/")) || path.n == in.n || path.p[in.n] == '/');
}

static enum rc read_below(const struct config_env *env, const char *dir, struct str path,
                          const char *what, size_t limit, struct arena *a, struct str *out,
                          struct err *e)
{
    if (!dir)
        return err_set(e, RC_DENIED, "CFG-024", "files can be named in configuration files only");
    AUTO_FD int fd = -1;
    enum rc rc = file_open_below(dir, path, O_RDONLY, 0, &fd, e);
    if (rc == RC_OK && env->keep_out && is_in(fd, env->keep_out))
        rc = err_set(e, RC_DENIED, "CFG-040", "files of the data directory cannot be named");
    return rc == RC_OK ? file_read_fd(fd, what, limit, a, out, e) : rc;
}

static enum rc read_file(const struct config_env *env, const char *dir, struct str name,
                         struct arena *a, struct str *out, struct err *e)
{
    return read_below(env, dir, name, "the secret's file", SECRET_LIMIT, a, out, e);
}

static enum rc read_table(const struct config_env *env, const char *dir, struct str name,
                          struct arena *a, struct str *out, struct err *e)
{
    return read_below(env, dir, name, "the table's file", TABLE_LIMIT, a, out, e);
}

typedef enum rc input_reader(const struct config_env *env, const char *dir, struct str name,
                             struct arena *a, struct str *out, struct err *e);

static input_reader *const readers[] = {
    [INPUT_ENV] = read_env,     [INPUT_SECRET] = read_secret, [INPUT_FILE] = read_file,
    [INPUT_TABLE] = read_table, [INPUT_ID] = read_id,
};

/* ---- noting ------------------------------------------------------------------------------- */

static void note(struct config_load *l, enum input_from from, struct str name, bool there,
                 struct str value)
{
    struct unit *u = l->unit;
    if (u->n_inputs == u->cap_inputs) {
        size_t cap = size_max(u->cap_inputs * 2, 4);
        struct config_input *grown =
            arena_grow(l->arena, u->inputs, u->cap_inputs * sizeof *grown, cap * sizeof *grown);
        if (!grown) {
            l->nomem = true;
            return;
        }
        u->inputs = grown;
        u->cap_inputs = cap;
    }
    struct config_input in = { .from = from, .there = there, .name = arena_str(l->arena, name) };
    if (there)
        sha256_once(value, in.hash);
    l->nomem = l->nomem || !in.name.p;
    u->inputs[u->n_inputs++] = in;
}

enum rc config_input(struct config_load *l, const struct config_doc *d, enum input_from from,
                     struct str name, struct arena *a, struct str *out, struct err *e)
{
    struct str value = STR_NULL;
    enum rc rc = readers[from](l->env, d->dir, name, a, &value, e);
    if (rc == RC_NOMEM)
        l->nomem = true;
    else
        note(l, from, name, rc == RC_OK, value);
    *out = rc == RC_OK ? value : STR_NULL;
    return rc;
}

static bool input_same(struct config_load *l, const struct unit *u, const struct config_input *in)
{
    struct str value = STR_NULL;
    uint8_t hash[SHA256_BYTES] = { 0 };
    struct err e;
    struct arena_mark mark = arena_mark(l->scratch);
    bool there = readers[in->from](l->env, u->dir, in->name, l->scratch, &value, &e) == RC_OK;
    if (there)
        sha256_once(value, hash);
    arena_rewind(l->scratch, mark);
    return there == in->there && (!there || memcmp(hash, in->hash, sizeof hash) == 0);
}

bool config_inputs_same(struct config_load *l, const struct unit *u)
{
    for (size_t i = 0; i < u->n_inputs; i++)
        if (!input_same(l, u, &u->inputs[i]))
            return false;
    return true;
}

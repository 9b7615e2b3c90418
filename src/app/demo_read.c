/*
 * The example's messages and what has to come out of them. Tests: tests/scen
 */
#include "app/demo.h"

#include "base/file.h"
#include "hl7/path.h"

#include <dirent.h>
#include <errno.h>

#define FILE_MAX (1024 * 1024)

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct demo_message *)a)->name, ((const struct demo_message *)b)->name);
}

static const char *join(struct demo *d, const char *sub, struct str name, const char *end)
{
    struct buf b;
    buf_init_arena(&b, d->cli->arena, 4096);
    buf_fmt(&b, "%s/%s%.*s%s", d->dir, sub, STR_ARG(name), end);
    return buf_cstr(&b);
}

static enum rc describe(struct demo *d, struct demo_message *m, struct err *e)
{
    const struct hl7_msg *msg = NULL;
    struct str event;
    struct buf b;
    enum rc rc = hl7_parse(m->bytes, NULL, d->cli->arena, &msg, e);
    if (rc != RC_OK)
        return rc;
    rc = hl7_text(msg, hl7_header(msg, 10, 0), d->cli->arena, &m->control_id, e);
    if (rc == RC_OK)
        rc = hl7_text(msg, hl7_header(msg, 9, 1), d->cli->arena, &m->type, e);
    if (rc == RC_OK)
        rc = hl7_text(msg, hl7_header(msg, 9, 2), d->cli->arena, &event, e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&b, d->cli->arena, 64);
    buf_fmt(&b, "%.*s^%.*s", STR_ARG(m->type), STR_ARG(event));
    m->type = buf_view(&b);
    return buf_rc(&b, e);
}

static enum rc read_one(struct demo *d, struct str name, struct err *e)
{
    struct demo_message *m = &d->m[d->n];
    const char *in = join(d, "messages/", name, ".hl7");
    const char *out = join(d, "expected/", name, ".json");
    m->demo = d;
    m->name = arena_str(d->cli->arena, name);
    if (!in || !out || str_is_null(m->name))
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    enum rc rc = file_read(in, FILE_MAX, d->cli->arena, &m->bytes, e);
    if (rc == RC_OK)
        rc = file_read(out, FILE_MAX, d->cli->arena, &m->expected, e);
    if (rc == RC_OK)
        rc = describe(d, m, e);
    d->n += rc == RC_OK ? 1 : 0;
    return rc;
}

enum rc demo_read(struct demo *d, struct err *e)
{
    const char *path = join(d, "messages", STR(""), "");
    DIR *dir = path ? opendir(path) : NULL;
    if (!dir)
        return err_sys(e, "APP-002", errno, "cannot read the example's messages in %s", d->dir);
    d->m = arena_make(d->cli->arena, struct demo_message, DEMO_MAX);
    enum rc rc = d->m ? RC_OK : err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    struct dirent *entry;
    while (rc == RC_OK && d->n < DEMO_MAX && (entry = readdir(dir)) != NULL) {
        struct str name = str_z(entry->d_name);
        if (str_ends(name, STR(".hl7")))
            rc = read_one(d, str_sub(name, 0, name.n - 4), e);
    }
    (void)closedir(dir); /* only read */
    if (rc == RC_OK && d->n == 0)
        return err_set(e, RC_MISSING, "APP-002", "there are no messages in %s", path);
    if (rc == RC_OK)
        qsort(d->m, d->n, sizeof d->m[0], by_name);
    return rc;
}

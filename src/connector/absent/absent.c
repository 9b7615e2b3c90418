/*
 * A destination that cannot be reached with this build. Verdicts are told at the end of the
 * iteration, one by one: done() sends the next message, and a queue of a thousand would be a
 * thousand calls deep. Tests: absent_test.c, connector/contract_test.c
 */
#include "connector/absent/absent.h"

#include "base/alloc.h"
#include "net/loop.h"

static const struct {
    const char *scheme;
    const char *words;
} protocols[] = {
    { "ws", "websocket" },
    { "wss", "websocket" },
    { "sftp", "SFTP" },
    { "ftp", "FTP" },
    { "ftps", "FTPS" },
    { "file", "file transfer" },
    { "postgresql", "PostgreSQL" },
    { "mysql", "MySQL" },
    { "mariadb", "MariaDB" },
    { "odbc", "ODBC" },
};

struct absent {
    struct conn_dest *dest;
    struct verdict verdict; /* of every delivery */
    struct delivery *first, *last;
    struct loop_hook hook;
    bool draining;
};

static const char *words_of(struct str url)
{
    struct str scheme = str_sub(url, 0, str_chr(url, ':', 0));
    for (size_t i = 0; i < ZS_COUNT(protocols); i++)
        if (str_ieq(scheme, str_z(protocols[i].scheme)))
            return protocols[i].words;
    return "this protocol";
}

static void not_available(const struct conn_endpoint *ep, struct err *e)
{
    (void)err_set(e, RC_MISSING, "CONN-010", "%s is not available in this build",
                  words_of(ep->url));
    (void)err_fate(e, FATE_OPERATOR); /* returns the code set above */
}

/* ---- deliveries ---- */

static void tell(struct delivery *d, const struct verdict *v)
{
    d->conn = NULL;
    d->next = NULL;
    d->done(d, v);
}

static void on_hook(struct loop_hook *h)
{
    struct absent *a = ZS_CONTAINER(h, struct absent, hook);
    struct delivery *d = a->first;
    struct verdict v = a->verdict;
    if (d) {
        a->first = d->next;
        loop_hook_arm(a->dest->host->loop, h);
        tell(d, &v); /* may close the destination */
    } else if (a->draining) {
        a->draining = false;
        a->dest->drained(a->dest);
    }
}

static enum rc absent_open(struct conn_dest *dest, struct err *e)
{
    struct absent *a = mem_new(struct absent);
    if (!a)
        return err_set(e, RC_NOMEM, "CONN-003", "not enough memory for a destination");
    a->dest = dest;
    a->hook.fn = on_hook;
    not_available(dest->ep, &a->verdict.err);
    a->verdict.rc = a->verdict.err.code;
    a->verdict.fate = a->verdict.err.fate;
    dest->inst = a;
    return RC_OK;
}

static void absent_send(struct conn_dest *dest, struct delivery *d)
{
    struct absent *a = dest->inst;
    d->next = NULL;
    d->conn = a;
    if (a->first)
        a->last->next = d;
    else
        a->first = d;
    a->last = d;
    loop_hook_arm(dest->host->loop, &a->hook);
}

static void absent_cancel(struct conn_dest *dest, struct delivery *d)
{
    struct absent *a = dest->inst;
    struct verdict v = { .rc = RC_STATE, .fate = FATE_RETRY };
    struct delivery *before = NULL, *q = a->first;
    for (; q && q != d; q = q->next)
        before = q;
    if (!q)
        return; /* it has ended already */
    if (before)
        before->next = d->next;
    else
        a->first = d->next;
    if (a->last == d)
        a->last = before;
    (void)err_set(&v.err, RC_STATE, "CONN-011", "given up on our side");
    (void)err_fate(&v.err, v.fate); /* returns the code set above */
    tell(d, &v);
}

static void absent_drain(struct conn_dest *dest)
{
    struct absent *a = dest->inst;
    a->draining = true;
    loop_hook_arm(dest->host->loop, &a->hook);
}

static void absent_close(struct conn_dest *dest)
{
    struct absent *a = dest->inst;
    if (!a)
        return;
    a->draining = false;
    while (a->first)
        absent_cancel(dest, a->first);
    loop_hook_cancel(dest->host->loop, &a->hook);
    dest->inst = NULL;
    mem_free(a);
}

static void absent_probe(struct conn_dest *dest, const struct conn_extra *x, conn_probe_fn *done,
                         void *ctx)
{
    struct probe_result r = { .how = "none" };
    (void)x; /* nobody to send it to */
    not_available(dest->ep, &r.err);
    done(ctx, &r);
}

static const char *const schemes[] = { "ws",         "wss",   "sftp",    "ftp",  "ftps", "file",
                                       "postgresql", "mysql", "mariadb", "odbc", NULL };

const struct conn_type conn_absent = { .name = "absent",
                                       .schemes = schemes,
                                       .caps = CONN_SENDS,
                                       .send_open = absent_open,
                                       .send = absent_send,
                                       .cancel = absent_cancel,
                                       .send_drain = absent_drain,
                                       .send_close = absent_close,
                                       .probe = absent_probe };

/*
 * Failed attempts by address, in a table that cannot grow: the entry whose window began first makes
 * room. Who fills it from many addresses forgets failures sooner, but guesses 256 bits all the
 * same. Tests: auth_test.c
 */
#include "auth/auth_int.h"

#include "base/alloc.h"

#define NS_PER_MS 1000000u

struct peer {
    struct list_node link;
    uint64_t since_mono; /* start of its window */
    unsigned n_failed;
    size_t ip_n;
    char ip[];
};

static uint64_t window_ns(void)
{
    return (uint64_t)AUTH_WINDOW_MS * NS_PER_MS;
}

static struct str ip_of(const struct peer *p)
{
    return str_of(p->ip, p->ip_n);
}

void auth_peers_init(struct auth_peers *p)
{
    strmap_init(&p->by_ip, NULL, AUTH_PEERS_MAX);
    list_init(&p->by_age);
}

static void drop(struct auth_peers *p, struct peer *peer)
{
    (void)strmap_take(&p->by_ip, ip_of(peer)); /* it is this one */
    list_remove(&p->by_age, &peer->link);
    mem_free(peer);
}

void auth_peers_done(struct auth_peers *p)
{
    for (struct list_node *n = list_first(&p->by_age); n; n = list_first(&p->by_age))
        drop(p, ZS_CONTAINER(n, struct peer, link));
    strmap_done(&p->by_ip);
}

/* The entry of an address whose window is not over. */
static struct peer *find(struct auth_peers *p, struct str ip, uint64_t now)
{
    struct peer *peer = strmap_get(&p->by_ip, ip);
    if (!peer || now - peer->since_mono < window_ns())
        return peer;
    drop(p, peer);
    return NULL;
}

uint32_t auth_peers_wait_ms(struct auth_peers *p, struct str ip, uint64_t now_mono)
{
    const struct peer *peer = find(p, ip, now_mono);
    if (!peer || peer->n_failed < AUTH_FAILURES_MAX)
        return 0;
    uint64_t left = peer->since_mono + window_ns() - now_mono;
    return (uint32_t)((left + NS_PER_MS - 1) / NS_PER_MS);
}

/* NULL without memory: then this failure is not counted. */
static struct peer *add(struct auth_peers *p, struct str ip, uint64_t now)
{
    if (p->by_age.n >= AUTH_PEERS_MAX)
        drop(p, ZS_CONTAINER(list_first(&p->by_age), struct peer, link));
    struct peer *peer = mem_zero(sizeof *peer + ip.n);
    if (!peer)
        return NULL;
    peer->since_mono = now;
    peer->ip_n = ip.n;
    memcpy(peer->ip, ip.p, ip.n);
    if (strmap_put(&p->by_ip, ip_of(peer), peer, NULL) != RC_OK) {
        mem_free(peer);
        return NULL;
    }
    list_push(&p->by_age, &peer->link);
    return peer;
}

void auth_peers_failed(struct auth_peers *p, struct str ip, uint64_t now_mono)
{
    struct peer *peer = find(p, ip, now_mono);
    if (!peer)
        peer = add(p, ip, now_mono);
    if (peer)
        peer->n_failed++;
}

void auth_peers_forget(struct auth_peers *p, struct str ip)
{
    struct peer *peer = strmap_get(&p->by_ip, ip);
    if (peer)
        drop(p, peer);
}

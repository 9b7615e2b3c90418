/* Sockets as the system has them: addresses, options, closing. Tests: through stream_test.c */
#include "net/stream_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define KEEPALIVE_IDLE_S     60
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     6

int sock_family(const struct addr *a)
{
    return addr_is_v4(a) ? AF_INET : AF_INET6;
}

socklen_t sock_addr_to(const struct addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (addr_is_v4(a)) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip + 12, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(a->port);
    in6->sin6_scope_id = a->scope;
    memcpy(&in6->sin6_addr, a->ip, 16);
    return sizeof *in6;
}

bool sock_addr_from(const struct sockaddr_storage *in, struct addr *out)
{
    static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
    struct addr a = { .port = 0 };
    if (in->ss_family == AF_INET) {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)in;
        memcpy(a.ip, v4_prefix, sizeof v4_prefix);
        memcpy(a.ip + 12, &in4->sin_addr, 4);
        a.port = ntohs(in4->sin_port);
    } else if (in->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)in;
        memcpy(a.ip, &in6->sin6_addr, 16);
        a.port = ntohs(in6->sin6_port);
        a.scope = in6->sin6_scope_id;
    } else {
        return false;
    }
    *out = a;
    return true;
}

int sock_open(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void set(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); /* see sock_set_options */
}

void sock_set_options(int fd, bool keepalive)
{
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (!keepalive)
        return;
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

void sock_close(int fd)
{
    (void)close(fd); /* Linux releases the descriptor whatever it says */
}

void sock_reset(int fd)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now,
                     sizeof now); /* else it is an ordinary close */
    sock_close(fd);
}

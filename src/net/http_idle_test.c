/* Ten thousand connections that say nothing, and one that does. */
#include "net/http_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define N_IDLE 10000

/* Room for one end of each connection: the other ends are another process's. */
static bool raise_limit(void)
{
    struct rlimit limit;
    const rlim_t need = N_IDLE + 200;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < need)
        return false;
    if (limit.rlim_cur < need)
        limit.rlim_cur = need;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

struct idle {
    struct world *w;
    size_t n;
};

static bool all_are_open(void *ctx)
{
    struct idle *i = ctx;
    struct http_server_stats s;
    http_server_stats_read(i->w->server, &s);
    return s.open >= i->n;
}

/* The clients' process: connect all, say nothing, wait for the parent to close the pipe. */
static void be_clients(uint16_t port, int until)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    char byte;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < N_IDLE; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&to, sizeof to) != 0)
            _exit(1);
    }
    _exit(read(until, &byte, 1) == 0 ? 0 : 2);
}

static void ten_thousand_idle_connections(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    struct http_server_stats s;
    int until[2];
    int status = 0;
    if (!raise_limit())
        T_SKIP("this machine allows too few open files");
    world_open(&w, &(struct http_server_conf){ .max_conns = N_IDLE + 1 }, false);
    T_EQ_INT(pipe(until), 0);
    pid_t child = fork();
    T_TRUE(child >= 0);
    if (child == 0) {
        (void)close(until[1]); /* so that the parent's close ends the pipe */
        be_clients(http_server_addr(w.server)->port, until[0]);
    }
    world_wait(&w, all_are_open, &(struct idle){ &w, N_IDLE });
    peer_open(&p, &w);
    peer_sendz(&p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    peer_expect(&p, "hello");
    http_server_stats_read(w.server, &s);
    T_EQ_SIZE(s.open, N_IDLE + 1);
    T_EQ_INT(close(until[1]), 0);
    T_EQ_INT(waitpid(child, &status, 0), child);
    T_EQ_INT(status, 0);
    T_EQ_INT(close(until[0]), 0);
    peer_done(&p);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(ten_thousand_idle_connections) };
    return T_RUN(tests);
}

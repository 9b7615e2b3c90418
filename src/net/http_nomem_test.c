/*
 * Every allocation of a request's life fails once: the client gets its answer, a 503 or a close,
 * the next client is served, and nothing leaks. Clients here are bare sockets, so that only the
 * server's side allocates.
 */
#include "base/alloc.h"
#include "net/http_parse.h"
#include "net/http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define REQUEST                                                                                    \
    "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"    \
    "5\r\nhello\r\n0\r\n\r\n"

struct bare {
    int fd;
    size_t n;
    char got[1024];
    bool closed;
};

static bool bare_is_closed(struct bare *b)
{
    ssize_t n = recv(b->fd, b->got + b->n, sizeof b->got - b->n, MSG_DONTWAIT);
    b->closed = b->closed || n == 0 || (n < 0 && errno == ECONNRESET);
    b->n += n > 0 ? (size_t)n : 0;
    return b->closed;
}

static void bare_connect(struct bare *b, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *b = (struct bare){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    T_TRUE(b->fd >= 0);
    T_EQ_INT(connect(b->fd, (const struct sockaddr *)(const void *)&to, sizeof to), 0);
}

/* One request with the k-th allocation failing; false when none was left to fail. */
static bool request_with_failure(struct world *w, size_t k)
{
    struct bare b;
    bare_connect(&b, http_server_addr(w->server)->port);
    T_EQ_INT(send(b.fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL), sizeof REQUEST - 1);
    mem_fail_at(k);
    while (!bare_is_closed(&b)) /* not a thing of the loop's: waiting would miss it */
        loop_poll(w->loop);
    bool failed = mem_fail_left() == 0;
    mem_fail_at(0);
    struct str got = str_of(b.got, b.n);
    bool whole = str_starts(got, STR("HTTP/1.1 200 OK\r\n")) && str_ends(got, STR("\r\n\r\nhello"));
    bool refused = str_starts(got, STR("HTTP/1.1 503 ")) || str_starts(got, STR("HTTP/1.1 500 "));
    if (!whole && !refused && got.n > 0)
        T_FAIL("allocation %zu: half an answer: %.*s", k, STR_ARG(got));
    if (!failed)
        T_TRUE(whole);
    T_EQ_INT(close(b.fd), 0);
    return failed;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    struct world w;
    size_t k = 1;
    world_open(&w, NULL, false);
    while (request_with_failure(&w, k)) {
        T_FALSE(request_with_failure(&w, SIZE_MAX)); /* the next one is served */
        T_TRUE(k++ < 100);
    }
    T_TRUE(k > 5); /* there was something to fail */
    world_close(&w);
}

/* The head parser takes its memory from an arena: at every limit it fits or says so. */
static void heads_in_tight_arenas(void **state)
{
    (void)state;
    static const struct str in =
        STR_INIT("GET / HTTP/1.1\r\nHost: a\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\ne:5\r\nf:6\r\ng:7\r\n"
                 "h:8\r\ni:9\r\nj:0\r\nk:1\r\nl:2\r\nm:3\r\nn:4\r\no:5\r\np:6\r\n\r\n");
    struct http_limits limits = http_limits_default();
    unsigned n_fits = 0, n_not = 0;
    for (size_t limit = 256; limit < 4096; limit += 16) {
        struct arena *a = arena_new("test", 256, limit);
        struct http_parser p;
        struct http_head h;
        struct err e;
        size_t used = 0;
        http_parse_init(&p, HTTP_REQUEST, &limits, a);
        enum rc rc = http_parse_more(&p, in, &used, &e);
        if (rc == RC_OK)
            rc = http_parse_head(&p, in, &h, &e);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        if (rc == RC_OK) {
            T_EQ_SIZE(h.n_fields, 17);
            n_fits++;
        } else {
            T_EQ_Z(e.id, "HTTP-015");
            T_EQ_INT(http_parse_status(&p), 503);
            n_not++;
        }
        arena_free(&a);
    }
    T_TRUE(n_fits > 0 && n_not > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_allocation_fails_once),
        T_TEST(heads_in_tight_arenas),
    };
    return T_RUN(tests);
}

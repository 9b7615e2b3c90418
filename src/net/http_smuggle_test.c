/*
 * Every case of http_cases.h over a socket, with a request behind it that must never be seen: one
 * answer, the right status, and the connection is closed.
 */
#include "net/http_cases.h"
#include "net/http_peer.h"

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

static void send_and_compare(struct world *w, struct str head, struct str body, unsigned status,
                             const char *id)
{
    struct peer p;
    char start[32];
    w->n_requests = w->n_refused = 0;
    peer_open(&p, w);
    struct str parts[] = { head, body, STR(SMUGGLED) };
    struct err e;
    T_OK(stream_write(p.stream, parts, 3, &e), &e);
    world_wait(w, peer_is_closed, &p);
    (void)snprintf(start, sizeof start, "HTTP/1.1 %u ", status); /* fits */
    T_TRUE(str_starts(buf_view(&p.got), str_z(start)));
    T_EQ_SIZE(peer_count(&p, "HTTP/1.1 "), 1);
    T_EQ_SIZE(peer_count(&p, "Connection: close\r\n"), 1);
    T_EQ_INT(w->n_refused, 1);
    T_EQ_INT(w->last_refused, status);
    T_EQ_Z(w->last_refusal, id);
    peer_done(&p);
}

static void bad_heads_are_refused(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, false);
    for (size_t i = 0; i < ZS_COUNT(http_bad_heads); i++) {
        T_ROW(http_bad_heads[i].name);
        send_and_compare(&w, http_bad_heads[i].in, STR_NULL, http_bad_heads[i].status,
                         http_bad_heads[i].id);
        T_EQ_INT(w.n_requests, 0);
    }
    T_ROW(NULL);
    world_close(&w);
}

static void bad_chunks_are_refused(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, false);
    for (size_t i = 0; i < ZS_COUNT(http_bad_chunks); i++) {
        T_ROW(http_bad_chunks[i].name);
        send_and_compare(
            &w, STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
            http_bad_chunks[i].in, 400, http_bad_chunks[i].id);
        T_EQ_INT(w.n_requests, 1); /* the POST; never the one behind */
        T_EQ_INT(w.n_cancelled, i + 1);
    }
    T_ROW(NULL);
    world_close(&w);
}

/* Bodies that look like requests stay bodies. */
static void requests_inside_bodies_are_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
    } rows[] = {
        { "with a length, on GET",
          "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" SMUGGLED },
        { "chunked", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "23\r\n" SMUGGLED "\r\n0\r\n\r\n" },
        { "in an extension and a trailer",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "23;a=\"GET /smuggled HTTP/1.1\"\r\n" SMUGGLED
          "\r\n0\r\nX: GET /smuggled HTTP/1.1\r\n\r\n" },
    };
    struct world w;
    world_open(&w, NULL, false);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct peer p;
        w.n_requests = 0;
        peer_open(&p, &w);
        peer_sendz(&p, rows[i].in);
        peer_sendz(&p, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        world_wait(&w, peer_is_closed, &p);
        T_EQ_INT(w.n_requests, 2);
        T_EQ_SIZE(peer_count(&p, "HTTP/1.1 200 OK\r\n"), 2);
        T_EQ_SIZE(peer_count(&p, "Content-Length: 35\r\n\r\n" SMUGGLED), 1);
        peer_done(&p);
    }
    T_ROW(NULL);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(bad_heads_are_refused),
        T_TEST(bad_chunks_are_refused),
        T_TEST(requests_inside_bodies_are_bodies),
    };
    return T_RUN(tests);
}

/*
 * The listener. A request's body is collected into the arena of its intake; the exchange is kept,
 * counted, until flow has settled it, and only then answered. A sender that goes away meanwhile
 * changes nothing: its message is taken all the same. Tests: http_recv_test.c, contract_test.c
 */
#include "base/alloc.h"
#include "base/list.h"
#include "connector/http/http_int.h"
#include "connector/peer.h"

#define RETRY_AFTER_S  "1"
#define ARENA_PER_BYTE 8 /* what reading and mapping a message may need of its size */
#define ARENA_LEAST    (1024 * 1024)
#define WORDS_MAX      4096
#define ALLOW_MAX      ((size_t)1024 * 1024)

enum recv_state { RECV_OPEN, RECV_RUNNING, RECV_PAUSED, RECV_DRAINING };

struct recv {
    struct conn_source *source;
    const struct conn_http_conf *conf;
    struct http_place place;
    struct http_server *server;
    struct arena *arena; /* of allow */
    struct cidr_list allow;
    enum recv_state state;
    bool stopped;          /* the server is through */
    struct list unsettled; /* struct taken */
};

/* One message between its arrival and its answer; lives in the exchange's arena. */
struct taken {
    struct list_node link;
    struct recv *r;
    struct http_exchange *x;
};

/* ---- answers of the connector itself ---- */

static void problem(struct http_exchange *x, unsigned status, const char *detail)
{
    struct err why = { .text = "" };
    (void)snprintf(why.text, sizeof why.text, "%s", detail); /* fits: literals */
    static const struct http_field retry = { STR_INIT("Retry-After"), STR_INIT(RETRY_AFTER_S) };
    struct answer a = { .kind = ANSWER_REFUSED, .err = &why };
    struct http_response r = { .status = status, .fields = &retry, .n_fields = status == 503 };
    struct buf body;
    buf_init(&body, WORDS_MAX);
    if (conn_http_words(&a, status, &body, &r.type, NULL) == RC_OK)
        r.body = buf_view(&body);
    http_answer(x, &r);
    buf_done(&body);
}

/* ---- requests ---- */

/* The trace id of a W3C traceparent, "00-<32 hex>-<16 hex>-<2 hex>"; empty when it is none. */
static struct str trace_id(struct str v)
{
    struct str id = str_sub(v, 3, 32);
    if (v.n != 55 || !str_starts(v, STR("00-")) || v.p[35] != '-' || v.p[52] != '-')
        return STR("");
    for (size_t i = 0; i < id.n; i++)
        if (!((id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f')))
            return STR("");
    return id;
}

static struct str content_type(const struct http_exchange *x)
{
    struct str v = http_field_of(x, STR("Content-Type"));
    return v.n > 0 ? v : STR("application/octet-stream");
}

static struct intake *make_intake(struct recv *r, struct http_exchange *x, struct str body)
{
    size_t limit = (size_t)r->conf->max_body_bytes * ARENA_PER_BYTE + ARENA_LEAST;
    struct arena *a = arena_new("intake", 0, limit);
    struct intake *in = a ? arena_make(a, struct intake, 1) : NULL;
    char peer[ADDR_TEXT_MAX];
    if (!in) {
        arena_free(&a);
        return NULL;
    }
    in->source = r->source;
    in->arena = a;
    in->at_ms = clock_now_ms(r->source->host->clock);
    in->body = arena_str(a, body);
    in->content_type = arena_str(a, content_type(x));
    in->peer = arena_str(a, str_of(peer, addr_text(http_peer(x), peer)));
    in->key = arena_str(a, http_field_of(x, STR("Idempotency-Key")));
    in->trace_id = arena_str(a, trace_id(http_field_of(x, STR("traceparent"))));
    if (str_is_null(in->body) || str_is_null(in->content_type) || str_is_null(in->peer) ||
        str_is_null(in->key) || str_is_null(in->trace_id)) {
        arena_free(&a);
        return NULL;
    }
    return in;
}

static void on_body(void *ctx, struct http_exchange *x, struct str body)
{
    struct recv *r = ctx;
    struct taken *t = arena_make(http_arena(x), struct taken, 1);
    struct intake *in = t && r->state == RECV_RUNNING ? make_intake(r, x, body) : NULL;
    if (!in) {
        problem(x, 503, "no room for the message now; send it again later");
        return;
    }
    t->r = r;
    t->x = http_ref(x);
    in->conn = t;
    list_push(&r->unsettled, &t->link);
    r->source->intake(r->source, in); /* may settle it before it returns */
}

static void on_request(void *ctx, struct http_exchange *x)
{
    static const struct http_field allow = { STR_INIT("Allow"), STR_INIT("POST") };
    struct recv *r = ctx;
    if (!str_eq(http_target_of(x)->path, r->place.path)) {
        problem(x, 404, "messages are taken on another path");
    } else if (http_head_of(x)->method != HTTP_POST) {
        http_answer(x, &(struct http_response){ .status = 405, .fields = &allow, .n_fields = 1 });
    } else if (r->state != RECV_RUNNING) {
        problem(x, 503, "no messages are taken now; send it again later");
    } else {
        http_collect(x, r->conf->max_body_bytes, on_body, r);
    }
}

static void tell_drained(struct recv *r)
{
    if (r->state == RECV_DRAINING && r->stopped && list_is_empty(&r->unsettled))
        r->source->drained(r->source);
}

static void on_stopped(void *ctx)
{
    struct recv *r = ctx;
    r->stopped = true;
    tell_drained(r);
}

/* ---- opening ---- */

static enum rc read_allow(struct recv *r, struct err *e)
{
    r->arena = arena_new("listener", 0, ALLOW_MAX);
    if (!r->arena)
        return err_set(e, RC_NOMEM, "HTTPIN-005", "not enough memory for the listener");
    return cidr_list_parse(r->conf->allow.v, r->conf->allow.n, r->arena, &r->allow, e);
}

static enum rc make_tls(const struct conn_http_conf *c, struct tls_ctx **out, struct err *e)
{
    struct conn_files files = { .cert = c->cert_file, .key = c->key_file, .ca = c->client_ca };
    return conn_listen_tls(&files, out, e);
}

static enum rc listen_on(struct recv *r, struct tls_ctx *tls, struct err *e)
{
    static const struct http_server_events ev = { .request = on_request, .stopped = on_stopped };
    const struct conn_http_conf *c = r->conf;
    struct http_server_conf conf = {
        .host = r->place.host,
        .port = r->place.port,
        .allow = r->allow,
        .tls = tls,
        .max_conns = (size_t)c->max_conns,
        .body_max = c->max_body_bytes,
        .idle_ms = (uint32_t)c->idle_ms,
        .head_ms = (uint32_t)c->head_ms,
        .body_ms = (uint32_t)c->body_ms,
    };
    enum rc rc = http_server_open(r->source->host->loop, &conf, &ev, r, &r->server, e);
    if (rc == RC_OK)
        http_server_pause(r->server, true); /* until start */
    return rc;
}

enum rc conn_http_open(struct conn_source *s, struct err *e)
{
    struct recv *r = mem_new(struct recv);
    struct tls_ctx *tls = NULL;
    if (!r)
        return err_set(e, RC_NOMEM, "HTTPIN-005", "not enough memory for the listener");
    r->source = s;
    r->conf = s->conf;
    list_init(&r->unsettled);
    enum rc rc = conn_http_place(r->conf->listen, &r->place, e);
    if (rc == RC_OK)
        rc = read_allow(r, e);
    if (rc == RC_OK && r->place.tls)
        rc = make_tls(r->conf, &tls, e);
    if (rc == RC_OK)
        rc = listen_on(r, tls, e);
    tls_ctx_unref(&tls); /* the server has its own count */
    if (rc != RC_OK) {
        arena_free(&r->arena);
        mem_free(r);
        return rc;
    }
    s->inst = r;
    return RC_OK;
}

void conn_http_start(struct conn_source *s)
{
    struct recv *r = s->inst;
    r->state = RECV_RUNNING;
    http_server_pause(r->server, false);
}

/*
 * Connections are still taken while paused: an HTTP sender can be told to come again, which helps
 * it more than silence.
 */
void conn_http_pause(struct conn_source *s, bool paused)
{
    struct recv *r = s->inst;
    if (r->state == RECV_RUNNING || r->state == RECV_PAUSED)
        r->state = paused ? RECV_PAUSED : RECV_RUNNING;
}

void conn_http_drain(struct conn_source *s)
{
    struct recv *r = s->inst;
    r->state = RECV_DRAINING;
    http_server_stop(r->server);
}

void conn_http_close(struct conn_source *s)
{
    struct recv *r = s->inst;
    if (!r)
        return;
    s->inst = NULL;
    http_server_free(&r->server);
    for (struct list_node *n = list_pop(&r->unsettled); n; n = list_pop(&r->unsettled))
        http_unref(&ZS_CONTAINER(n, struct taken, link)->x);
    arena_free(&r->arena);
    mem_free(r);
}

/* ---- answering ---- */

/* The type of flow's own answer; HL7 is named as the sender named it. */
static struct str answer_type(const struct taken *t, const struct answer *a)
{
    struct str sent = http_field_of(t->x, STR("Content-Type"));
    bool hl7 = str_ieq(http_media_type(sent), STR("application/hl7-v2"));
    return hl7 ? sent : a->content_type;
}

void conn_http_settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    static const struct http_field retry = { STR_INIT("Retry-After"), STR_INIT(RETRY_AFTER_S) };
    struct recv *r = s->inst;
    struct taken *t = in->conn;
    struct http_exchange *x = t->x;
    struct http_response res = { .status = conn_http_status(a, a->body.n > 0), .body = a->body };
    struct buf words;
    buf_init(&words, WORDS_MAX);
    if (a->body.n > 0)
        res.type = answer_type(t, a);
    else if (conn_http_words(a, res.status, &words, &res.type, NULL) == RC_OK)
        res.body = buf_view(&words);
    if (a->kind == ANSWER_BUSY) {
        res.fields = &retry;
        res.n_fields = 1;
    }
    list_remove(&r->unsettled, &t->link);
    http_answer(x, &res);
    buf_done(&words);
    http_unref(&x);
    tell_drained(r);
}

void conn_http_address(const struct conn_source *s, char *out, size_t size)
{
    const struct recv *r = s->inst;
    char addr[ADDR_TEXT_MAX];
    (void)addr_text(http_server_addr(r->server), addr); /* terminated */
    (void)snprintf(out, size, "%s://%s%.*s", r->place.tls ? "https" : "http", addr,
                   STR_ARG(r->place.path)); /* cut for people where it does not fit */
}

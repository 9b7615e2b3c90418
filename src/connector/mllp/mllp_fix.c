/* See mllp_fix.h. */
#include "connector/mllp/mllp_fix.h"

#include "hl7/hl7.h"

/* ---- the world ---- */

void fix_begin(struct fix *f)
{
    struct err e;
    *f = (struct fix){ .ack = "MSH|^~\\&|us||them||||ACK|A1|P|2.5.1\rMSA|AA|%\r" };
    clock_fake_init(&f->clock, 1000);
    t_log_init(&f->log);
    f->arena = arena_new("test", 0, 256u << 20);
    T_OK(loop_new("test", &f->clock.clock, &f->loop, &e), &e);
    f->host = (struct conn_host){ .loop = f->loop, .clock = &f->clock.clock, .log = f->log.log };
}

void fix_end(struct fix *f)
{
    if (f->source.inst)
        conn_mllp.recv_close(&f->source);
    if (f->dest.inst)
        conn_mllp.send_close(&f->dest);
    listener_close(&f->listener);
    loop_free(&f->loop);
    for (size_t i = 0; i < f->n_in; i++)
        arena_free(&f->in[i]->arena);
    for (size_t i = 0; i < f->n_peer; i++) {
        T_EQ_SIZE(f->peer[i].n_closed, 1);
        wire_done(&f->peer[i]);
    }
    tls_ctx_unref(&f->tls);
    arena_free(&f->arena);
    t_log_done(&f->log);
}

static bool second_time(void *ctx)
{
    bool *asked = ctx;
    bool was = *asked;
    *asked = true;
    return was;
}

void fix_step(struct fix *f)
{
    bool asked = false;
    T_TRUE(loop_run_until(f->loop, second_time, &asked, 1) || asked);
}

void fix_settle_down(struct fix *f)
{
    for (int i = 0; i < 20; i++)
        fix_step(f);
}

/* ---- the source ---- */

static struct intake *take_out(struct fix *f, size_t i)
{
    struct intake *in = f->in[i];
    T_TRUE(i < f->n_in);
    f->n_in--;
    memmove(&f->in[i], &f->in[i + 1], (f->n_in - i) * sizeof(struct intake *));
    return in;
}

static struct str control_id(struct str body, struct arena *a)
{
    return mllp_control_id(body, a);
}

void fix_settle(struct fix *f, size_t i, enum answer_kind kind, const char *ack)
{
    struct intake *in = take_out(f, i);
    struct arena *a = in->arena;
    struct buf b;
    buf_init_arena(&b, f->arena, 100000);
    for (const char *p = ack; p && *p; p++)
        if (*p == '%')
            buf_str(&b, control_id(in->body, f->arena));
        else
            buf_char(&b, *p);
    struct err why = { .id = "X-001", .text = "the reason" };
    struct answer answer = { .kind = kind,
                             .body = buf_view(&b),
                             .err = kind == ANSWER_ACCEPTED ? NULL : &why };
    conn_mllp.settled(&f->source, in, &answer);
    arena_free(&a);
}

static void on_intake(struct conn_source *s, struct intake *in)
{
    struct fix *f = s->ctx;
    T_TRUE(f->n_in < FIX_MAX);
    T_EQ_STR(in->content_type, "x-application/hl7-v2+er7");
    T_EQ_INT(in->at_ms, f->clock.at_ms);
    f->in[f->n_in++] = in;
    f->n_taken++;
    if (f->settles_at_once)
        fix_settle(f, f->n_in - 1, ANSWER_ACCEPTED, f->ack);
    if (f->closes_inside)
        conn_mllp.recv_close(s);
}

static void on_drained(struct conn_source *s)
{
    struct fix *f = s->ctx;
    f->n_drained++;
}

static void *read_options(struct fix *f, const struct opt_table *t, struct str text,
                          struct json **doc, struct opt_read *r)
{
    struct err e;
    struct err_list *found = arena_make(f->arena, struct err_list, 1);
    void *conf = arena_zero(f->arena, t->size);
    err_list_init(found, f->arena, 10);
    T_OK(json_parse(text, &json_default_limits, f->arena, doc, &e), &e);
    *r = (struct opt_read){ .arena = f->arena, .errs = found };
    T_OK(opt_decode(t, *doc, r, conf), NULL);
    return conf;
}

void fix_source(struct fix *f, const char *options)
{
    struct err e;
    struct json *doc = NULL;
    struct opt_read r;
    struct buf b;
    buf_init_arena(&b, f->arena, 10000);
    buf_z(&b, str_find(str_z(options), STR("\"listen\""), 0) == SIZE_MAX
                  ? "{\"listen\":\"mllp://127.0.0.1:0\""
                  : "{\"open\":false");
    if (options[0])
        buf_char(&b, ',');
    buf_z(&b, options);
    buf_char(&b, '}');
    f->source = (struct conn_source){ .type = &conn_mllp,
                                      .host = &f->host,
                                      .name = "in",
                                      .intake = on_intake,
                                      .drained = on_drained,
                                      .ctx = f };
    f->source.conf = read_options(f, conn_mllp.recv_opts, buf_view(&b), &doc, &r);
    conn_mllp.recv_check(&r, doc, f->source.conf);
    T_EQ_SIZE(r.errs->n, 0);
    T_OK(conn_mllp.recv_open(&f->source, &e), &e);
    conn_mllp.recv_address(&f->source, f->url, sizeof f->url);
    conn_mllp.recv_start(&f->source);
}

/* ---- wires ---- */

static void wire_open(void *ctx, struct stream *s)
{
    struct wire *w = ctx;
    T_TRUE(w->s == s);
    w->open = true;
}

static size_t wire_read(void *ctx, struct stream *s, struct str data)
{
    struct wire *w = ctx;
    (void)s;
    buf_str(&w->got, data);
    return data.n;
}

static void wire_end(void *ctx, struct stream *s)
{
    struct wire *w = ctx;
    w->ended = true;
    if (!w->keeps_open)
        stream_close(s);
}

static void wire_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct wire *w = ctx;
    T_TRUE(w->s == s);
    w->s = NULL;
    w->n_closed++;
    w->why = *why;
}

static const struct stream_events wire_events = {
    .open = wire_open, .read = wire_read, .end = wire_end, .closed = wire_closed
};

static void wire_init(struct wire *w, struct fix *f)
{
    *w = (struct wire){ .f = f, .keeps_open = w->keeps_open };
    buf_init(&w->got, 32u << 20);
}

void wire_connect(struct fix *f, struct wire *w)
{
    struct mllp_place place;
    struct err e;
    *w = (struct wire){ .f = NULL };
    wire_init(w, f);
    T_OK(mllp_place(str_z(f->url), &place, &e), &e);
    struct stream_connect how = { .host = place.host,
                                  .port = place.port,
                                  .tls = place.tls ? f->tls : NULL,
                                  .opts.write_max = 64u << 20 };
    T_OK(stream_connect(f->loop, &how, &wire_events, w, &w->s, &e), &e);
    FIX_UNTIL(f, w->open || w->n_closed);
}

void wire_write(struct wire *w, struct str bytes)
{
    struct err e;
    T_OK(stream_write(w->s, &bytes, 1, &e), &e);
}

void wire_done(struct wire *w)
{
    buf_done(&w->got);
}

/* ---- the destination and its peer ---- */

static void on_accept(void *ctx, struct listener *ls, struct stream *s)
{
    struct fix *f = ctx;
    (void)ls;
    T_TRUE(f->n_peer < FIX_MAX);
    struct wire *w = &f->peer[f->n_peer++];
    wire_init(w, f);
    w->s = s;
    stream_attach(s, &wire_events, w);
}

void fix_peer(struct fix *f)
{
    static const struct listener_events events = { .accept = on_accept };
    struct stream_listen how = { .host = STR("127.0.0.1"),
                                 .tls = f->tls,
                                 .opts.write_max = 8u << 20 };
    struct err e;
    char text[ADDR_TEXT_MAX];
    T_OK(stream_listen(f->loop, &how, &events, f, &f->listener, &e), &e);
    addr_text(listener_addr(f->listener), text);
    (void)snprintf(f->url, sizeof f->url, "%s://%s", f->tls ? "mllps" : "mllp", text); /* fits */
}

static void on_dest_drained(struct conn_dest *d)
{
    struct fix *f = d->ctx;
    f->n_dest_drained++;
}

void fix_dest(struct fix *f, const char *parameters)
{
    struct err e;
    struct json *doc = NULL;
    struct opt_read r;
    f->ep = (struct conn_endpoint){ .name = "to/there",
                                    .type = "hl7_v2",
                                    .url = str_z(f->url),
                                    .tls = f->trust,
                                    .timeout_ms = 5000 };
    f->ep.params = read_options(f, conn_mllp.send_opts, str_z(parameters), &doc, &r);
    conn_mllp.send_check(&r, doc, &f->ep);
    T_EQ_SIZE(r.errs->n, 0);
    f->dest = (struct conn_dest){
        .type = &conn_mllp, .ep = &f->ep, .host = &f->host, .drained = on_dest_drained, .ctx = f
    };
    T_OK(conn_mllp.send_open(&f->dest, &e), &e);
}

static void copy(char *out, size_t size, struct str s)
{
    size_t n = size_min(s.n, size - 1);
    if (n)
        memcpy(out, s.p, n);
    out[n] = '\0';
}

static void on_done(struct delivery *d, const struct verdict *v)
{
    struct sent *s = ZS_CONTAINER(d, struct sent, d);
    struct fix *f = s->f;
    T_EQ_SIZE(s->n_done, 0);
    T_EQ_INT(v->rc == RC_OK, v->fate == FATE_NONE);
    s->n_done++;
    s->v = *v;
    copy(s->status, sizeof s->status, v->status);
    copy(s->reply, sizeof s->reply, v->reply);
    copy(s->err_id, sizeof s->err_id, v->rc == RC_OK ? STR("") : str_z(v->err.id));
    if (v->rc != RC_OK)
        T_EQ_INT(v->err.fate, v->fate);
    arena_free(&d->arena);
    if (s->drain_in_done)
        conn_mllp.send_drain(&f->dest);
    if (s->close_in_done)
        conn_mllp.send_close(&f->dest);
}

void fix_delivery(struct fix *f, struct sent *s, const char *body)
{
    *s = (struct sent){ .f = f,
                        .close_in_done = s->close_in_done,
                        .drain_in_done = s->drain_in_done };
    s->d = (struct delivery){ .seq = 7,
                              .body = str_z(body),
                              .content_type = MLLP_CONTENT_TYPE,
                              .arena = arena_new("attempt", 1024, 1u << 20),
                              .done = on_done };
}

void fix_send(struct fix *f, struct sent *s, const char *body)
{
    fix_delivery(f, s, body);
    conn_mllp.send(&f->dest, &s->d);
}

void fix_answer(struct wire *w, const char *code, const char *id)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_fmt(&b, "\x0bMSH|^~\\&|them||us||||ACK|X|P|2.5.1\rMSA|%s|%s|why\r\x1c\r", code, id);
    wire_write(w, buf_view(&b));
    buf_done(&b);
}

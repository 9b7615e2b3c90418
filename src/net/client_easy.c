/*
 * One request as libcurl takes it, and its answer. Everything that has an unsafe or surprising
 * default in libcurl is set here. Tests: client_test.c, client_fate_test.c
 */
#include "net/client_int.h"

#include "base/alloc.h"
#include "base/num.h"
#include "net/http_date.h"
#include "net/stream_int.h"

#define FIELDS_FIRST 16

/* ---- what libcurl calls while it works ---- */

/* A socket for an address: the last chance to refuse it. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct client_call *call = ctx;
    const struct client_request *r = &call->request;
    struct sockaddr_storage wide = { .ss_family = 0 };
    struct addr a;
    (void)purpose; /* connecting is the only one */
    memcpy(&wide, &to->addr, size_min(to->addrlen, sizeof wide));
    if (r->allow && (!sock_addr_from(&wide, &a) || !r->allow(r->allow_ctx, &a))) {
        call->denied = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* A connection is there and the request comes next; also when libcurl wants to send it again. */
static int on_connection(void *ctx, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    struct client_call *call = ctx;
    (void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port; /* libcurl's signature */
    if (call->handed && !call->got_head && !call->request.repeatable) {
        call->resend = true;
        return CURL_PREREQFUNC_ABORT;
    }
    call->handed = true;
    call->got_head = false;
    return CURL_PREREQFUNC_OK;
}

/* "HTTP/1.1 404 Not Found": a new answer begins (an interim one or a redirect may go before). */
static bool take_status_line(struct client_call *call, struct str line)
{
    size_t space = str_chr(line, ' ', 0);
    size_t reason = space == SIZE_MAX ? SIZE_MAX : str_chr(line, ' ', space + 1);
    call->got_head = true;
    call->res.n_fields = 0;
    call->res.status_text = STR_NULL;
    if (reason == SIZE_MAX)
        return true;
    call->res.status_text = arena_str(call->arena, str_trim(str_from(line, reason)));
    return !str_is_null(call->res.status_text);
}

static bool take_field(struct client_call *call, struct str line)
{
    size_t colon = str_chr(line, ':', 0);
    if (colon == SIZE_MAX)
        return true;
    if (call->res.n_fields == call->fields_cap) {
        size_t cap = size_max(call->fields_cap * 2, FIELDS_FIRST);
        struct http_field *v = arena_make(call->arena, struct http_field, cap);
        if (!v)
            return false;
        if (call->res.n_fields > 0)
            memcpy(v, call->res.fields, call->res.n_fields * sizeof *v);
        call->res.fields = v;
        call->fields_cap = cap;
    }
    struct http_field f = { arena_str(call->arena, str_sub(line, 0, colon)),
                            arena_str(call->arena, str_trim(str_from(line, colon + 1))) };
    if (str_is_null(f.name) || str_is_null(f.value))
        return false;
    struct http_field *fields = NULL;
    memcpy(&fields, &call->res.fields, sizeof fields); /* ours: const is for readers */
    fields[call->res.n_fields++] = f;
    return true;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct client_call *call = ctx;
    struct str line = str_of(p, size * n);
    call->head_n += line.n;
    if (call->head_n > call->request.head_max) {
        call->over = true;
        return 0;
    }
    bool kept =
        str_starts(line, STR("HTTP/")) ? take_status_line(call, line) : take_field(call, line);
    call->no_memory = !kept;
    return kept ? line.n : 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct client_call *call = ctx;
    buf_add(&call->body, p, size * n);
    call->over = call->body.failed == RC_LIMIT;
    call->no_memory = call->body.failed == RC_NOMEM;
    return call->body.failed ? 0 : size * n;
}

/* ---- the request ---- */

static enum rc cannot_send(struct err *e, const char *what)
{
    (void)err_set(e, RC_VALUE, "HTTP-051", "%s", what);
    (void)err_fate(e, FATE_OPERATOR); /* returns the code set above */
    return RC_VALUE;
}

static enum rc no_memory(struct err *e)
{
    (void)err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the request");
    (void)err_fate(e, FATE_RETRY); /* returns the code set above */
    return RC_NOMEM;
}

bool client_is_framing(struct str name)
{
    static const struct str framing[] = { STR_INIT("Connection"), STR_INIT("Content-Length"),
                                          STR_INIT("Expect"),     STR_INIT("Keep-Alive"),
                                          STR_INIT("TE"),         STR_INIT("Trailer"),
                                          STR_INIT("Upgrade"),    STR_INIT("Transfer-Encoding") };
    for (size_t i = 0; i < ZS_COUNT(framing); i++)
        if (str_ieq(framing[i], name))
            return true;
    return false;
}

static bool add_line(struct client_call *call, const char *line)
{
    struct curl_slist *lines = curl_slist_append(call->lines, line);
    if (lines)
        call->lines = lines;
    return lines != NULL;
}

/* "Name: value", or libcurl's "Name;" for an empty value. */
static enum rc add_field(struct client_call *call, const struct http_field *f, struct err *e)
{
    if (!http_is_token(f->name) || !http_is_field_value(f->value) || client_is_framing(f->name))
        return cannot_send(e, "a header field may not be sent");
    struct buf line;
    buf_init(&line, f->name.n + f->value.n + 3);
    buf_str(&line, f->name);
    buf_str(&line, f->value.n > 0 ? STR(": ") : STR(";"));
    buf_str(&line, f->value);
    const char *z = buf_cstr(&line);
    bool added = z && add_line(call, z);
    buf_done(&line);
    return added ? RC_OK : no_memory(e);
}

static enum rc add_fields(struct client_call *call, struct err *e)
{
    const struct client_request *r = &call->request;
    for (size_t i = 0; i < r->n_fields; i++) {
        enum rc rc = add_field(call, &r->fields[i], e);
        if (rc != RC_OK)
            return rc;
    }
    /* libcurl would add its own */
    bool typed = !str_is_null(http_field_get(r->fields, r->n_fields, STR("Content-Type")));
    bool done = add_line(call, "Expect:") && (typed || add_line(call, "Content-Type:"));
    return done ? RC_OK : no_memory(e);
}

static CURLcode set_body(CURL *h, const struct client_request *r)
{
    CURLcode rc = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_POSTFIELDS, r->body.n > 0 ? r->body.p : "");
    return rc;
}

/* Method and body. What usually has a body says so when it has none: Content-Length: 0. */
static CURLcode set_method(CURL *h, const struct client_request *r, const char *method)
{
    enum http_method m = http_method_of(r->method);
    if (m == HTTP_HEAD)
        return curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
    CURLcode rc = CURLE_OK;
    if (!str_is_null(r->body) || m == HTTP_POST || m == HTTP_PUT || m == HTTP_PATCH)
        rc = set_body(h, r);
    return rc != CURLE_OK ? rc : curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
}

static CURLcode set_blob(CURL *h, CURLoption option, struct str pem)
{
    if (str_is_null(pem))
        return CURLE_OK;
    struct curl_blob blob = { .len = pem.n, .flags = CURL_BLOB_COPY };
    memcpy(&blob.data, &pem.p, sizeof blob.data); /* copied by libcurl, not written */
    return curl_easy_setopt(h, option, &blob);
}

static CURLcode set_tls(CURL *h, const struct client_tls *tls)
{
    if (!tls)
        return CURLE_OK;
    CURLcode rc = set_blob(h, CURLOPT_CAINFO_BLOB, tls->ca_pem);
    if (rc == CURLE_OK)
        rc = set_blob(h, CURLOPT_SSLCERT_BLOB, tls->cert_pem);
    if (rc == CURLE_OK)
        rc = set_blob(h, CURLOPT_SSLKEY_BLOB, tls->key_pem);
    if (rc == CURLE_OK && tls->passphrase)
        rc = curl_easy_setopt(h, CURLOPT_KEYPASSWD, tls->passphrase);
    return rc;
}

static long version_of(const struct client_call *call)
{
    bool plain = str_ieq(call->url.scheme, STR("http"));
    switch (call->request.version) {
    case CLIENT_HTTP_1_1: return CURL_HTTP_VERSION_1_1;
    case CLIENT_HTTP_2: return plain ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2TLS;
    case CLIENT_HTTP_ANY: break;
    }
    return CURL_HTTP_VERSION_2TLS;
}

/* Options that are whole numbers: name and value. */
static CURLcode set_numbers(struct client_call *call)
{
    const struct client_request *r = &call->request;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        { CURLOPT_NOSIGNAL, 1 },
        { CURLOPT_HTTP_VERSION, version_of(call) },
        { CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_ms },
        { CURLOPT_TIMEOUT_MS, (long)r->total_ms },
        { CURLOPT_LOW_SPEED_LIMIT, r->stall_ms > 0 ? 1 : 0 },
        { CURLOPT_LOW_SPEED_TIME, ((long)r->stall_ms + 999) / 1000 },
        { CURLOPT_FOLLOWLOCATION, r->max_redirects > 0 },
        { CURLOPT_MAXREDIRS, (long)r->max_redirects },
        { CURLOPT_MAXAGE_CONN, ((long)call->client->conf.keep_ms + 999) / 1000 },
        { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 }, /* at least */
        { CURLOPT_SSL_VERIFYPEER, 1 },
        { CURLOPT_SSL_VERIFYHOST, 2 },
        { CURLOPT_TCP_KEEPALIVE, 1 },
        { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    };
    CURLcode rc = CURLE_OK;
    for (size_t i = 0; i < ZS_COUNT(numbers) && rc == CURLE_OK; i++)
        rc = curl_easy_setopt(call->easy, numbers[i].option, numbers[i].value);
    return rc;
}

/* Options that are texts, copied by libcurl. */
static CURLcode set_texts(struct client_call *call, const char *url, const char *proxy)
{
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        { CURLOPT_URL, url },
        { CURLOPT_PROXY, proxy }, /* empty: none, whatever the environment says */
        { CURLOPT_PROTOCOLS_STR, "http,https" },
        { CURLOPT_REDIR_PROTOCOLS_STR, "http,https" },
        { CURLOPT_USERAGENT, "zarish/" ZS_VERSION },
    };
    CURLcode rc = CURLE_OK;
    for (size_t i = 0; i < ZS_COUNT(texts) && rc == CURLE_OK; i++)
        rc = curl_easy_setopt(call->easy, texts[i].option, texts[i].value);
    return rc;
}

static CURLcode set_callbacks(struct client_call *call)
{
    CURL *h = call->easy;
    CURLcode rc = curl_easy_setopt(h, CURLOPT_PRIVATE, call);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, call);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, on_connection);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_PREREQDATA, call);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, client_tls_made);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, call);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_HEADERDATA, call);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    return rc == CURLE_OK ? curl_easy_setopt(h, CURLOPT_WRITEDATA, call) : rc;
}

static void fill_defaults(struct client_request *r)
{
    enum http_method m = http_method_of(r->method);
    r->connect_ms = r->connect_ms ? r->connect_ms : 10000;
    r->total_ms = r->total_ms ? r->total_ms : 30000;
    r->body_max = r->body_max ? r->body_max : 16u << 20;
    r->head_max = r->head_max ? r->head_max : 64u << 10;
    r->repeatable = r->repeatable || m == HTTP_GET || m == HTTP_HEAD || m == HTTP_OPTIONS ||
                    m == HTTP_PUT || m == HTTP_DELETE;
}

static enum rc check_url(struct client_call *call, struct str text, struct err *e)
{
    enum rc rc = url_parse(text, &call->url, e);
    if (rc != RC_OK)
        return cannot_send(e, "the URL cannot be used");
    bool known = str_ieq(call->url.scheme, STR("http")) || str_ieq(call->url.scheme, STR("https"));
    return known ? RC_OK : cannot_send(e, "the URL is neither http nor https");
}

/* Every option of the handle. */
static CURLcode set_all(struct client_call *call, const char *url, const char *method,
                        const char *proxy)
{
    CURLcode rc = set_numbers(call);
    if (rc == CURLE_OK)
        rc = set_texts(call, url, proxy);
    if (rc == CURLE_OK)
        rc = set_callbacks(call);
    if (rc == CURLE_OK)
        rc = set_tls(call->easy, call->request.tls);
    if (rc == CURLE_OK)
        rc = set_method(call->easy, &call->request, method);
    return rc == CURLE_OK ? curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->lines) : rc;
}

enum rc client_easy_make(struct client_call *call, struct err *e)
{
    struct client_request *r = &call->request;
    if (!http_is_token(r->method))
        return cannot_send(e, "the method is none");
    const char *url = arena_z(call->arena, r->url);
    const char *method = arena_z(call->arena, r->method);
    const char *proxy = arena_z(call->arena, r->proxy);
    if (!url || !method || !proxy)
        return no_memory(e);
    r->method = str_of(method, r->method.n);
    fill_defaults(r);
    buf_init(&call->body, r->body_max);
    enum rc rc = check_url(call, str_of(url, r->url.n), e);
    if (rc == RC_OK)
        rc = add_fields(call, e);
    if (rc != RC_OK)
        return rc;
    call->easy = curl_easy_init();
    if (!call->easy || set_all(call, url, method, proxy) != CURLE_OK)
        return no_memory(e);
    return RC_OK;
}

void client_easy_free(struct client_call *call)
{
    client_tls_forget(call);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->lines);
    buf_done(&call->body);
    call->easy = NULL;
    call->lines = NULL;
}

/* ---- the answer ---- */

static uint64_t time_of(CURL *h, CURLINFO info)
{
    curl_off_t us = 0;
    return curl_easy_getinfo(h, info, &us) == CURLE_OK && us > 0 ? (uint64_t)us : 0;
}

static unsigned version_used(CURL *h)
{
    long v = 0;
    if (curl_easy_getinfo(h, CURLINFO_HTTP_VERSION, &v) != CURLE_OK)
        return 0;
    return v == CURL_HTTP_VERSION_2_0 ? 20 : v == CURL_HTTP_VERSION_1_1 ? 11 : 10;
}

/* Retry-After: seconds or a date (RFC 9110 10.2.3). */
static uint32_t retry_after_ms(const struct client_call *call)
{
    struct str v = http_field_get(call->res.fields, call->res.n_fields, STR("Retry-After"));
    uint64_t seconds = 0;
    int64_t at_ms = 0;
    if (str_is_null(v))
        return 0;
    if (num_u64(v, 0, UINT32_MAX / 1000, &seconds, NULL) == RC_OK)
        return (uint32_t)seconds * 1000;
    if (!http_date_parse(v, &at_ms))
        return 0;
    int64_t wait = at_ms - clock_now_ms(loop_clock(call->client->loop));
    return wait <= 0 ? 0 : wait > UINT32_MAX ? UINT32_MAX : (uint32_t)wait;
}

void client_easy_result(struct client_call *call, CURLcode code)
{
    struct client_result *res = &call->res;
    CURL *h = call->easy;
    long status = 0;
    if (call->got_head && curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
        status >= 200)
        res->status = (unsigned)status;
    if (res->status != 0 && res->status_text.n == 0)
        res->status_text = str_z(http_status_text(res->status));
    res->type = http_field_get(res->fields, res->n_fields, STR("Content-Type"));
    res->retry_after_ms = retry_after_ms(call);
    res->version = version_used(h);
    res->sent = call->handed;
    res->times = (struct client_times){
        .name_us = time_of(h, CURLINFO_NAMELOOKUP_TIME_T),
        .connect_us = time_of(h, CURLINFO_CONNECT_TIME_T),
        .tls_us = time_of(h, CURLINFO_APPCONNECT_TIME_T),
        .sent_us = time_of(h, CURLINFO_PRETRANSFER_TIME_T),
        .first_us = time_of(h, CURLINFO_STARTTRANSFER_TIME_T),
        .total_us = time_of(h, CURLINFO_TOTAL_TIME_T),
    };
    res->body = arena_str(call->arena, buf_view(&call->body));
    call->no_memory = call->no_memory || str_is_null(res->body);
    res->rc = RC_OK;
    if (code == CURLE_OK && !call->no_memory)
        return;
    client_fate(call, code, &res->err);
    res->rc = res->err.code;
}

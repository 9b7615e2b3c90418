/*
 * OAuth2 at a token endpoint: what is asked (RFC 6749 4.4.2, 6 and 2.3.1) and what the answer says
 * (5.1, 5.2). The server is the user's, its answer is a stranger's bytes. Tests: cred_token_test.c
 */
#include "auth/cred_int.h"

#include "base/num.h"
#include "crypt/b64.h"
#include "json/json.h"

#define REQUEST_MAX      ((size_t)256 * 1024)
#define LIFE_DEFAULT_S   300
#define LIFE_MAX_S       (10LL * 365 * 24 * 3600) /* who says more means "for ever" */
#define ERROR_WORD_MAX   64
#define TOKEN_DEPTH_MAX  16
#define TOKEN_VALUES_MAX 1000

/* ---- the request ---- */

/* application/x-www-form-urlencoded, as RFC 6749 appendix B has it. */
static void form_text(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '*' || c == '-' || c == '.' || c == '_';
        if (plain) {
            buf_char(b, (char)c);
        } else if (c == ' ') {
            buf_char(b, '+');
        } else {
            buf_char(b, '%');
            buf_char(b, hex[c >> 4]);
            buf_char(b, hex[c & 15]);
        }
    }
}

static void form_pair(struct buf *b, const char *name, struct str value)
{
    if (b->n > 0)
        buf_char(b, '&');
    buf_z(b, name);
    buf_char(b, '=');
    form_text(b, value);
}

static void form_scopes(struct buf *b, const struct cred_conf *conf)
{
    for (size_t i = 0; i < conf->oauth2.n_scopes; i++) {
        buf_z(b, i == 0 ? "&scope=" : "+");
        form_text(b, conf->oauth2.scopes[i]);
    }
}

static void put_form(struct buf *b, const struct cred_conf *conf, struct str refresh)
{
    bool refreshing = !str_is_null(refresh);
    form_pair(b, "grant_type", refreshing ? STR("refresh_token") : STR("client_credentials"));
    if (refreshing)
        form_pair(b, "refresh_token", refresh);
    /* none with a token that an answer brought: it has its scope, and may not ask for more */
    if (!refreshing || conf->oauth2.grant == CRED_REFRESH_TOKEN)
        form_scopes(b, conf);
    if (conf->oauth2.client == CRED_CLIENT_POST) {
        form_pair(b, "client_id", conf->oauth2.client_id);
        form_pair(b, "client_secret", conf->oauth2.client_secret);
    }
}

/* 2.3.1: both are form-encoded before they are joined, so that a colon in the id stays one. */
static void put_basic(struct buf *b, const struct cred_conf *conf, struct arena *a)
{
    struct buf pair;
    buf_init_arena(&pair, a, REQUEST_MAX);
    form_text(&pair, conf->oauth2.client_id);
    buf_char(&pair, ':');
    form_text(&pair, conf->oauth2.client_secret);
    buf_z(b, "Basic ");
    b64_add(b, buf_view(&pair));
    b->failed = pair.failed ? pair.failed : b->failed;
}

enum rc cred_token_request(const struct cred_conf *conf, struct str refresh, struct arena *wiping,
                           struct cred_request *out, struct err *e)
{
    struct cred_field *fields = arena_make(wiping, struct cred_field, 3);
    struct buf body, basic;
    buf_init_arena(&body, wiping, REQUEST_MAX);
    buf_init_arena(&basic, wiping, REQUEST_MAX);
    bool in_header = conf->oauth2.client == CRED_CLIENT_BASIC;
    put_form(&body, conf, refresh);
    if (in_header)
        put_basic(&basic, conf, wiping);
    if (!fields || body.failed || basic.failed)
        return cred_no_memory(e);
    fields[0] =
        (struct cred_field){ STR("Content-Type"), STR("application/x-www-form-urlencoded") };
    fields[1] = (struct cred_field){ STR("Accept"), STR("application/json") };
    fields[2] = (struct cred_field){ STR("Authorization"), buf_view(&basic) };
    *out = (struct cred_request){ .url = conf->oauth2.token_url,
                                  .headers = fields,
                                  .n_headers = in_header ? 3 : 2,
                                  .body = buf_view(&body) };
    return RC_OK;
}

/* ---- the answer ---- */

static enum rc no_token(struct err *e, const char *what)
{
    (void)err_set(e, RC_PEER, "AUTH-061", "the token server's answer %s", what);
    return err_fate(e, FATE_OPERATOR);
}

/* A word that may be shown: RFC 6749 5.2 and its registry use nothing else. */
static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_' || s.p[i] == '-' || s.p[i] == '.'))
            return false;
    return s.n > 0 && s.n <= ERROR_WORD_MAX;
}

/* What may be tried again without a person: the server is busy or down. */
static bool is_passing(unsigned status, struct str word)
{
    return status >= 500 || status == 408 || status == 429 ||
           str_eqz(word, "temporarily_unavailable") || str_eqz(word, "server_error");
}

static enum rc said_no(unsigned status, const struct json *doc, struct err *e)
{
    struct str word = json_str_or(json_getz(doc, "error"), STR(""));
    char status_text[32];
    (void)snprintf(status_text, sizeof status_text, "HTTP %u", status); /* fits */
    word = is_word(word) ? word : str_z(status_text);
    if (is_passing(status, word)) {
        (void)err_set(e, RC_PEER, "AUTH-062", "the token server failed: %.*s", STR_ARG(word));
        return err_fate(e, FATE_RETRY);
    }
    (void)err_set(e, RC_DENIED, "AUTH-060", "the token server refused: %.*s", STR_ARG(word));
    return err_fate(e, FATE_OPERATOR);
}

/* What may stand in a header (RFC 6750 2.1 has fewer, servers use more of RFC 6749's VSCHAR). */
static bool is_token_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e)
            return false;
    return s.n > 0;
}

/* Seconds, as a number or, as some servers have it, a text of digits. False: neither. */
static bool read_life(const struct json *v, int64_t *life_s)
{
    double seconds = 0;
    enum json_type t = json_type(v);
    if (t == JSON_ABSENT || t == JSON_NULL) {
        *life_s = LIFE_DEFAULT_S;
        return true;
    }
    if (t == JSON_STRING) {
        struct str text = json_text(v);
        uint64_t n = 0;
        if (num_u64(text, 0, (uint64_t)LIFE_MAX_S * 1000, &n, NULL) != RC_OK)
            return false;
        seconds = (double)n;
    } else if (!json_double(v, &seconds)) {
        return false;
    }
    if (!(seconds >= 1))
        return false;
    *life_s = seconds >= (double)LIFE_MAX_S ? LIFE_MAX_S : (int64_t)seconds;
    return true;
}

static enum rc read_token(const struct json *doc, struct cred_token *out, struct err *e)
{
    struct str type = json_str_or(json_getz(doc, "token_type"), STR("Bearer"));
    struct cred_token t = { .access = json_str_or(json_getz(doc, "access_token"), STR("")),
                            .refresh = json_str_or(json_getz(doc, "refresh_token"), STR_NULL) };
    if (!json_is(doc, JSON_OBJECT))
        return no_token(e, "is no JSON object");
    if (t.access.n == 0)
        return no_token(e, "has no access_token");
    if (!is_token_text(t.access))
        return no_token(e, "has an access_token that cannot be sent");
    if (!str_ieq(type, STR("Bearer")))
        return no_token(e, "has a token_type other than Bearer");
    if (!read_life(json_getz(doc, "expires_in"), &t.life_s))
        return no_token(e, "has an expires_in that is no number of seconds");
    if (t.refresh.n == 0)
        t.refresh = STR_NULL;
    *out = t;
    return RC_OK;
}

enum rc cred_token_parse(unsigned status, struct str body, struct arena *wiping,
                         struct cred_token *out, struct err *e)
{
    static const struct json_limits limits = { CRED_ANSWER_MAX, TOKEN_DEPTH_MAX, TOKEN_VALUES_MAX,
                                               JSON_DUP_REJECT };
    struct json *doc = NULL;
    struct str copy = arena_str(wiping, body); /* the token outlives the answer */
    if (str_is_null(copy))
        return cred_no_memory(e);
    enum rc rc = json_parse(copy, &limits, wiping, &doc, NULL);
    if (rc == RC_NOMEM)
        return cred_no_memory(e);
    /* some servers say no with 200 */
    bool refused = json_is(json_getz(doc, "error"), JSON_STRING) && !json_getz(doc, "access_token");
    if (status < 200 || status > 299 || refused)
        return said_no(status, doc, e);
    return rc == RC_OK ? read_token(doc, out, e) : no_token(e, "is no JSON");
}

/*
 * The guide's validation: its checks in its order with its words, then what the option tables and
 * the rules of each type find, unless the guide's words said it already. Tests: validate_test.c
 */
#include "config/validate.h"

#include "config/config_int.h"
#include "json/jw.h"

#define TEXTS_MAX    1000 /* errors and warnings each */
#define FINDINGS_MAX 500
#define SHOWN_MAX    200

struct texts {
    struct str *v;
    size_t n, cap;
};

struct validation {
    struct arena *arena;
    struct texts errors, warnings;
    struct texts said; /* places of which the guide's words are enough */
    bool nomem;
};

static void add_text(struct validation *v, struct texts *t, struct str s)
{
    if (t->n >= TEXTS_MAX)
        return;
    if (t->n == t->cap) {
        size_t cap = size_max(t->cap * 2, 8);
        struct str *grown = arena_grow(v->arena, t->v, t->cap * sizeof *grown, cap * sizeof *grown);
        v->nomem = v->nomem || !grown;
        if (!grown)
            return;
        t->v = grown;
        t->cap = cap;
    }
    t->v[t->n++] = s;
}

static void add_fmt(struct validation *v, struct texts *t, const char *fmt, ...) ZS_PRINTF(3, 4);

static void add_fmt(struct validation *v, struct texts *t, const char *fmt, ...)
{
    struct buf b;
    va_list ap;
    buf_init_arena(&b, v->arena, 4096);
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    v->nomem = v->nomem || b.failed == RC_NOMEM;
    add_text(v, t, buf_view(&b));
}

/* ---- values as JavaScript sees them ------------------------------------------------------- */

static bool is_falsy(const struct json *v)
{
    double number = 1;
    switch (json_type(v)) {
    case JSON_ABSENT:
    case JSON_NULL: return true;
    case JSON_BOOL: return !json_bool_or(v, true);
    case JSON_NUMBER: return json_double(v, &number) && !(number < 0 || number > 0);
    case JSON_STRING: return json_text(v).n == 0;
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    return false;
}

/* A value for a text about it: a string as it is, others as JSON; cut where it is long. */
static struct str shown(struct validation *v, const struct json *value)
{
    struct buf whole, b;
    struct err e;
    struct str s = json_text(value);
    buf_init_arena(&whole, v->arena, (size_t)64 * 1024 * 1024);
    buf_init_arena(&b, v->arena, SHOWN_MAX + 8);
    if (!json_is(value, JSON_STRING) && json_write(&whole, value, JSON_COMPACT, &e) == RC_OK)
        s = buf_view(&whole);
    if (s.n <= SHOWN_MAX)
        return s;
    size_t n = SHOWN_MAX;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    buf_str(&b, str_of(s.p, n));
    buf_z(&b, "…");
    v->nomem = v->nomem || b.failed == RC_NOMEM;
    return buf_view(&b);
}

static bool is_one_of(const char *const *names, struct str s, bool fold)
{
    for (size_t i = 0; names[i]; i++)
        if (fold ? str_ieq(s, str_z(names[i])) : str_eqz(s, names[i]))
            return true;
    return false;
}

/* ---- endpoints ---------------------------------------------------------------------------- */

/* Schemes that go in clear, and the one to recommend. */
static const struct {
    const char *scheme, *plain, *secure;
} plain_schemes[] = { { "http", "HTTP", "HTTPS" },
                      { "ws", "WS", "WSS" },
                      { "mllp", "MLLP", "MLLPS" },
                      { "ftp", "FTP", "FTPS" } };

static bool is_http_type(struct str type)
{
    return str_eqz(type, "rest_api") || str_eqz(type, "fhir_api") ||
           !is_one_of(config_type_names, type, false);
}

static void warn_of_plain(struct validation *v, struct str url, bool http)
{
    static const char *const other[] = { "https", "wss",  "mllps", "sftp",
                                         "ftps",  "null", "fault", NULL };
    struct str scheme = config_url_scheme(url);
    for (size_t i = 0; i < ZS_COUNT(plain_schemes); i++)
        if (str_ieq(scheme, str_z(plain_schemes[i].scheme))) {
            add_fmt(v, &v->warnings, "%s endpoint detected - recommend using %s for security",
                    plain_schemes[i].plain, plain_schemes[i].secure);
            return;
        }
    /* the guide warns of everything that does not begin with https:// */
    if (http && !is_one_of(other, scheme, true))
        add_text(v, &v->warnings,
                 STR("HTTP endpoint detected - recommend using HTTPS for security"));
}

static void check_url_format(struct validation *v, const struct json *url, const char *place)
{
    struct buf b;
    if (is_falsy(url) || (json_is(url, JSON_STRING) && config_is_url(json_text(url))))
        return;
    struct str text = shown(v, url);
    buf_init_arena(&b, v->arena, 4096);
    config_url_shown(text, &b);
    add_fmt(v, &v->errors, "Invalid URL format: %.*s", STR_ARG(buf_view(&b)));
    if (json_is(url, JSON_STRING) && !config_has_reference(json_text(url)))
        add_fmt(v, &v->said, "%surl", place);
}

static void check_method(struct validation *v, const struct json *method, const char *place)
{
    if (is_falsy(method) || is_one_of(config_methods, json_str_or(method, STR("")), true))
        return;
    add_fmt(v, &v->errors, "Invalid HTTP method: %.*s", STR_ARG(shown(v, method)));
    add_fmt(v, &v->said, "%smethod", place);
}

/* place: of the endpoint with a dot behind, "endpoints[0]." */
static void check_endpoint(struct validation *v, const struct json *ep, const char *place,
                           bool http)
{
    const struct json *url = json_getz(ep, "url"), *method = json_getz(ep, "method");
    if (is_falsy(url)) {
        add_text(v, &v->errors, STR("Endpoint URL is required"));
        add_fmt(v, &v->said, "%surl", place);
    }
    if (is_falsy(method)) {
        if (http)
            add_text(v, &v->errors, STR("HTTP method is required"));
        add_fmt(v, &v->said, "%smethod", place);
    }
    check_url_format(v, url, place);
    check_method(v, method, place);
    if (!is_falsy(url))
        warn_of_plain(v, json_str_or(url, STR("")), http);
}

/* ---- authentication ----------------------------------------------------------------------- */

static void check_authentication(struct validation *v, const struct json *auth)
{
    const struct json *type = json_getz(auth, "type");
    for (size_t i = 0; i < config_auth_variants.n; i++)
        if (str_eqz(json_str_or(type, STR("")), config_auth_variants.v[i].name))
            return;
    if (is_falsy(type))
        return; /* none, in the guide's words: No authentication configured */
    add_fmt(v, &v->errors, "Invalid authentication type: %.*s", STR_ARG(shown(v, type)));
    add_text(v, &v->said, STR("authentication.type"));
}

/* ---- the rest ----------------------------------------------------------------------------- */

static bool is_said(const struct validation *v, const struct finding *f)
{
    /* tables are other documents: whether there is one is seen when all are put together */
    if (strcmp(f->id, "MAP-007") == 0)
        return true;
    for (size_t i = 0; i < v->said.n; i++)
        if (str_eq(v->said.v[i], f->path))
            return true;
    return false;
}

/* What the tables found, below `prefix` only, without it. */
static void add_findings(struct validation *v, const struct err_list *found, struct str prefix)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct finding *f = &found->v[i];
        if (!str_starts(f->path, prefix) || is_said(v, f))
            continue;
        struct str path = str_from(f->path, prefix.n);
        struct buf b;
        buf_init_arena(&b, v->arena, 4096);
        if (path.n > 0 && path.p[0] == '.')
            path = str_from(path, 1);
        buf_str(&b, str_eqz(path, "integration") ? STR("name") : path);
        buf_z(&b, path.n > 0 ? ": " : "");
        buf_str(&b, f->text);
        if (f->hint.n > 0)
            buf_fmt(&b, " (%.*s)", STR_ARG(f->hint));
        v->nomem = v->nomem || b.failed == RC_NOMEM;
        add_text(v, &v->errors, buf_view(&b));
    }
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
}

static enum rc finish(const struct validation *v, struct config_validation *out, struct err *e)
{
    if (v->nomem)
        return no_memory(e);
    *out = (struct config_validation){ .valid = v->errors.n == 0,
                                       .errors = v->errors.v,
                                       .n_errors = v->errors.n,
                                       .warnings = v->warnings.v,
                                       .n_warnings = v->warnings.n };
    return RC_OK;
}

/* A validation of `doc`, an integration's document: `check` says the guide's part. */
struct trial {
    struct validation v;
    const struct json *doc;
    struct str type; /* of the integration; empty: unknown */
    struct str prefix;
    void (*check)(struct trial *t, const struct json *doc);
};

static enum rc run(struct trial *t, const struct config_env *env, struct config_validation *out,
                   struct err *e)
{
    struct err_list found;
    struct config_env own = *env;
    struct config_doc d = { .doc = t->doc, .file = "" };
    err_list_init(&found, t->v.arena, FINDINGS_MAX);
    struct config_load l = { .found = &found,
                             .any_type = !is_one_of(config_type_names, t->type, false) };
    enum rc rc = config_trial_begin(&l, &own, &d, e);
    if (rc == RC_OK) {
        t->check(t, d.doc);
        rc = config_trial_read(&l, &d, e);
    }
    if (rc == RC_OK)
        add_findings(&t->v, &found, t->prefix);
    if (rc == RC_OK)
        rc = finish(&t->v, out, e); /* before the end: texts borrow the document */
    config_trial_end(&l);
    return rc;
}

/* ---- an integration ----------------------------------------------------------------------- */

static const char *const required[] = { "name", "type", "endpoints" };

static void check_required(struct validation *v, const struct json *doc)
{
    for (size_t i = 0; i < ZS_COUNT(required); i++) {
        const struct json *value = json_getz(doc, required[i]);
        /* a document of a file has its name under the key of its kind */
        if (i == 0 && !value)
            value = json_getz(doc, "integration");
        if (!is_falsy(value))
            continue;
        add_fmt(v, &v->errors, "Required field '%s' is missing", required[i]);
        add_text(v, &v->said, i == 0 ? STR("integration") : str_z(required[i]));
    }
}

static void check_endpoints(struct validation *v, const struct json *list, bool http)
{
    size_t i = 0;
    JSON_EACH(ep, list)
    {
        char place[48];
        (void)snprintf(place, sizeof place, "endpoints[%zu].", i++); /* fits */
        if (json_is(ep, JSON_OBJECT))
            check_endpoint(v, ep, place, http);
    }
}

static void check_integration(struct trial *t, const struct json *doc)
{
    struct validation *v = &t->v;
    const struct json *type = json_getz(doc, "type");
    if (!is_falsy(type) && !is_one_of(config_type_names, t->type, false)) {
        add_fmt(v, &v->errors, "Invalid integration type: %.*s", STR_ARG(shown(v, type)));
        add_text(v, &v->said, STR("type"));
    }
    const struct json *list = json_getz(doc, "endpoints"), *auth = json_getz(doc, "authentication");
    if (json_is(list, JSON_ARRAY))
        check_endpoints(v, list, is_http_type(t->type));
    if (is_falsy(auth))
        add_text(v, &v->warnings, STR("No authentication configuration provided"));
    else
        check_authentication(v, auth);
}

/* The document as a file would have it; without a name it gets one, so that the rest is checked. */
static enum rc file_form(const struct json *doc, struct arena *a, struct json **out, struct err *e)
{
    const struct json *name = json_getz(doc, "name");
    struct json *whole = json_make_object(a), *copy = NULL;
    name = name ? name : json_getz(doc, "integration");
    enum rc rc = whole ? RC_OK : no_memory(e);
    if (rc == RC_OK && is_falsy(name))
        copy = json_make_str(a, STR("unnamed"));
    else if (rc == RC_OK)
        rc = json_copy(a, name, &copy, e);
    if (rc == RC_OK)
        rc = json_add(whole, STR("integration"), copy, e);
    JSON_EACH(m, doc)
    {
        if (rc != RC_OK || str_eqz(json_name(m), "name") || str_eqz(json_name(m), "integration"))
            continue;
        rc = json_copy(a, m, &copy, e);
        if (rc == RC_OK)
            rc = json_add(whole, json_name(m), copy, e);
    }
    *out = whole;
    return rc;
}

enum rc config_validate(const struct json *doc, const struct config_env *env, struct arena *a,
                        struct config_validation *out, struct err *e)
{
    struct trial t = { .v = { .arena = a }, .check = check_integration };
    struct json *whole = NULL;
    enum rc rc = RC_OK;
    check_required(&t.v, doc);
    if (json_is(doc, JSON_OBJECT)) {
        t.type = json_str_or(json_getz(doc, "type"), STR(""));
        rc = file_form(doc, a, &whole, e);
        t.doc = whole;
        if (rc == RC_OK)
            rc = run(&t, env, out, e);
    } else {
        add_fmt(&t.v, &t.v.errors, "this must be an object, not %s",
                json_type_words(json_type(doc)));
        add_text(&t.v, &t.v.warnings, STR("No authentication configuration provided"));
        rc = finish(&t.v, out, e);
    }
    if (rc == RC_OK) {
        out->checked = required;
        out->n_checked = ZS_COUNT(required);
    }
    return rc;
}

/* ---- a part of one ------------------------------------------------------------------------ */

/* What it is not, where it is no object. */
static enum rc no_object(struct trial *t, const struct json *doc, struct config_validation *out,
                         struct err *e)
{
    add_fmt(&t->v, &t->v.errors, "this must be an object, not %s", json_type_words(json_type(doc)));
    return finish(&t->v, out, e);
}

/* An integration around a part of it. auth and ep may be NULL. */
static enum rc wrap(struct str type, const struct json *auth, const struct json *ep,
                    struct arena *a, struct json **out, struct err *e)
{
    struct json *whole = json_make_object(a), *list = json_make_array(a), *copy = NULL;
    if (!whole || !list)
        return no_memory(e);
    enum rc rc = json_add(whole, STR("integration"), json_make_str(a, STR("unnamed")), e);
    if (rc == RC_OK)
        rc = json_add(whole, STR("type"), json_make_str(a, type), e);
    if (rc == RC_OK)
        rc = json_add(whole, STR("endpoints"), list, e);
    if (rc == RC_OK && ep)
        rc = json_copy(a, ep, &copy, e);
    if (rc == RC_OK && ep)
        rc = json_append(list, copy, e);
    if (rc == RC_OK && auth)
        rc = json_copy(a, auth, &copy, e);
    if (rc == RC_OK && auth)
        rc = json_add(whole, STR("authentication"), copy, e);
    *out = whole;
    return rc;
}

static void check_only_endpoint(struct trial *t, const struct json *doc)
{
    check_endpoint(&t->v, json_first(json_getz(doc, "endpoints")), "endpoints[0].",
                   is_http_type(t->type));
}

enum rc config_validate_endpoint(const struct json *doc, struct str type,
                                 const struct config_env *env, struct arena *a,
                                 struct config_validation *out, struct err *e)
{
    bool known = is_one_of(config_type_names, type, false);
    struct json *whole = NULL;
    struct trial t = { .v = { .arena = a },
                       .type = known ? type : STR(""),
                       .prefix = STR("endpoints[0]"),
                       .check = check_only_endpoint };
    if (!json_is(doc, JSON_OBJECT))
        return no_object(&t, doc, out, e);
    enum rc rc = wrap(known ? type : STR("rest_api"), NULL, doc, a, &whole, e);
    t.doc = whole;
    return rc == RC_OK ? run(&t, env, out, e) : rc;
}

static void check_only_authentication(struct trial *t, const struct json *doc)
{
    check_authentication(&t->v, json_getz(doc, "authentication"));
}

enum rc config_validate_authentication(const struct json *doc, const struct config_env *env,
                                       struct arena *a, struct config_validation *out,
                                       struct err *e)
{
    struct json *whole = NULL;
    struct trial t = { .v = { .arena = a },
                       .type = STR("rest_api"),
                       .prefix = STR("authentication"),
                       .check = check_only_authentication };
    if (!json_is(doc, JSON_OBJECT))
        return no_object(&t, doc, out, e);
    enum rc rc = wrap(t.type, doc, NULL, a, &whole, e);
    t.doc = whole;
    return rc == RC_OK ? run(&t, env, out, e) : rc;
}

/* ---- writing ------------------------------------------------------------------------------ */

static void write_texts(struct jw *w, const char *name, const struct str *v, size_t n)
{
    jw_keyz(w, name);
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, v[i]);
    jw_end(w);
}

void config_validation_write(const struct config_validation *v, struct jw *w)
{
    jw_object(w);
    jw_kbool(w, "valid", v->valid);
    write_texts(w, "errors", v->errors, v->n_errors);
    write_texts(w, "warnings", v->warnings, v->n_warnings);
    if (v->n_checked > 0) {
        jw_keyz(w, "checkedFields");
        jw_array(w);
        for (size_t i = 0; i < v->n_checked; i++)
            jw_strz(w, v->checked[i]);
        jw_end(w);
    }
    jw_end(w);
}

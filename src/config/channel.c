/*
 * `channel` documents: source, filter and destinations, with their expressions and mappings
 * compiled. Tests: config_test.c
 */
#include "config/config_int.h"

#include "fhirpath/doc_json.h"
#include "map/doc_hl7.h"

static const char *const format_names[] = { "hl7v2", "json", "bytes", NULL };
static const char *const ack_names[] = { "stored", "processed", "delivered", NULL };
static const char *const profile_names[] = { "tolerant", "strict", "none", NULL };
static const char *const on_error_names[] = { "hold", "refuse", NULL };
static const char *const uncertain_names[] = { "hold", "resend", NULL };

static const struct opt_def validate_opts[] = {
    { .name = "profile",
      .kind = OPT_ENUM,
      .at = offsetof(struct config_validate, profile),
      .dflt = "tolerant",
      .names = profile_names,
      .doc = "`tolerant` minds what makes a message unusable, `strict` also what only breaks the "
             "standard, `none` nothing." },
    { .name = "onError",
      .kind = OPT_ENUM,
      .at = offsetof(struct config_validate, on_error),
      .dflt = "hold",
      .names = on_error_names,
      .doc = "`hold` takes the message and holds its deliveries for a person; `refuse` answers "
             "the sender with the error." },
};
static const struct opt_table validate_table =
    OPT_TABLE("validate", struct config_validate, validate_opts,
              "How a message is checked before anything is done with it.");

static const struct opt_def backoff_opts[] = {
    { .name = "first",
      .kind = OPT_MS,
      .at = offsetof(struct config_backoff, first_ms),
      .dflt = "1s",
      .min = 1,
      .max = 86400000,
      .doc = "Longest pause before the first repeat; doubles each time." },
    { .name = "max",
      .kind = OPT_MS,
      .at = offsetof(struct config_backoff, max_ms),
      .dflt = "5m",
      .min = 1,
      .max = 86400000,
      .doc = "Longest pause of all." },
};
static const struct opt_table backoff_table =
    OPT_TABLE("backoff", struct config_backoff, backoff_opts,
              "Pauses between attempts; each is between half of it and the whole, at random.");

static const struct opt_def dest_opts[] = {
    { .name = "to",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct config_dest, to),
      .min = 1,
      .max = 250,
      .doc = "`integration/endpoint`, or the integration alone where it has one endpoint." },
    { .name = "when",
      .kind = OPT_STR,
      .at = offsetof(struct config_dest, when_text),
      .max = 16000,
      .doc = "Expression: only messages for which it is true go there." },
    { .name = "order",
      .kind = OPT_STR,
      .at = offsetof(struct config_dest, order_text),
      .max = 16000,
      .doc = "Expression for a key: messages keep their order within a key, different keys go "
             "side by side. Without it all keep their order." },
    { .name = "mapping",
      .kind = OPT_STR,
      .at = offsetof(struct config_dest, mapping),
      .max = 200,
      .doc = "Name of a mapping, in the place of the endpoint's dataMapping." },
    { .name = "maxAge",
      .kind = OPT_MS,
      .at = offsetof(struct config_dest, max_age_ms),
      .dflt = "7d",
      .min = 0,
      .max = 3155760000000,
      .doc = "How long delivery is tried, counted from intake; 0: for ever." },
    { .name = "uncertain",
      .kind = OPT_ENUM,
      .at = offsetof(struct config_dest, uncertain),
      .dflt = "hold",
      .names = uncertain_names,
      .doc = "What to do when it is not known whether the destination took a message: `hold` "
             "waits for a person, `resend` sends it again, which may double it there." },
    { .name = "inFlight",
      .kind = OPT_INT,
      .at = offsetof(struct config_dest, in_flight),
      .dflt = "8",
      .min = 1,
      .max = 256,
      .doc = "How many keys may be under way at once where `order` is given." },
    { .name = "backoff",
      .kind = OPT_OBJ,
      .at = offsetof(struct config_dest, backoff),
      .dflt = "{}",
      .sub = &backoff_table,
      .doc = "Pauses between attempts." },
};
static const struct opt_table dest_table =
    OPT_TABLE("destination", struct config_dest, dest_opts, "Where a channel's messages go.");

struct channel_doc {
    struct config_channel ch;
    struct opt_list dests;
};

static const struct opt_def channel_opts[] = {
    { .name = "channel",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct channel_doc, ch.name),
      .min = 1,
      .max = 100,
      .doc = "Its name." },
    { .name = "description",
      .kind = OPT_STR,
      .at = offsetof(struct channel_doc, ch.description),
      .max = 2000,
      .doc = "For people." },
    { .name = "enabled",
      .kind = OPT_BOOL,
      .at = offsetof(struct channel_doc, ch.enabled),
      .dflt = "true",
      .doc = "false: the channel is known but does not run." },
    { .name = "source",
      .kind = OPT_JSON,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct channel_doc, ch.source),
      .doc = "Where messages come from: `type` (hl7_v2, rest_api), `listen` with a URL, and the "
             "options of that connector." },
    { .name = "format",
      .kind = OPT_ENUM,
      .at = offsetof(struct channel_doc, ch.format),
      .seen = OPT_SEEN(struct channel_doc, ch.has_format),
      .names = format_names,
      .doc = "What the messages are; hl7v2 for hl7_v2 sources, else json. `bytes` is passed "
             "through unread." },
    { .name = "validate",
      .kind = OPT_OBJ,
      .at = offsetof(struct channel_doc, ch.validate),
      .dflt = "{}",
      .sub = &validate_table,
      .doc = "How messages are checked." },
    { .name = "filter",
      .kind = OPT_STR,
      .at = offsetof(struct channel_doc, ch.filter_text),
      .max = 16000,
      .doc = "Expression: messages for which it is not true are stored, answered positively and "
             "go nowhere." },
    { .name = "ack",
      .kind = OPT_ENUM,
      .at = offsetof(struct channel_doc, ch.ack),
      .dflt = "stored",
      .names = ack_names,
      .doc = "When the sender hears: once the message is `stored`, also validated and mapped "
             "(`processed`), or `delivered` to every destination." },
    { .name = "ackTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct channel_doc, ch.ack_timeout_ms),
      .dflt = "30s",
      .min = 1,
      .max = 86400000,
      .doc = "With `ack: delivered`, how long the sender waits before it hears that the message "
             "is still queued." },
    { .name = "maxPending",
      .kind = OPT_INT,
      .at = offsetof(struct channel_doc, ch.max_pending),
      .dflt = "1000",
      .min = 1,
      .max = 1000000,
      .doc = "So many messages may be taken and not yet answered; then reading pauses." },
    { .name = "destinations",
      .kind = OPT_OBJS,
      .at = offsetof(struct channel_doc, dests),
      .sub = &dest_table,
      .max = 1000,
      .doc = "Where messages go. Without any the channel only stores them." },
};

const struct opt_table config_channel_table =
    OPT_TABLE("channel", struct channel_doc, channel_opts,
              "A running flow: one source, a filter, one or more destinations.");

const struct doc_syntax *config_syntax(int format)
{
    static const struct doc_syntax *const by_format[] = {
        [FORMAT_HL7V2] = &doc_hl7_syntax, [FORMAT_JSON] = &doc_json_syntax, [FORMAT_BYTES] = NULL
    };
    return by_format[format];
}

struct channel_at {
    struct config_load *l;
    const struct config_doc *d;
    struct config_channel *ch;
};

static const struct fp_expr *compile(const struct channel_at *at, struct str text,
                                     const struct json *node, const char *path)
{
    if (text.n == 0)
        return NULL;
    struct fp_options opt = { .syntax = config_syntax(at->ch->format) };
    const struct fp_expr *x = NULL;
    struct err e;
    enum rc rc = fhirpath_compile(text, &opt, at->l->arena, &x, &e);
    if (rc == RC_NOMEM)
        at->l->nomem = true;
    if (rc == RC_OK || rc == RC_NOMEM)
        return x;
    if (e.pos == ERR_NO_POS)
        config_finding(at->l, at->d, node, path, e.id, NULL, "%s", e.text);
    else
        config_finding(at->l, at->d, node, path, e.id, NULL, "%s (at character %zu of it)", e.text,
                       e.pos + 1);
    return NULL;
}

/* ---- source ------------------------------------------------------------------------------- */

/* The source without `type`, which is ours and not the connector's. */
static struct json *without_type(struct config_load *l, const struct json *source)
{
    struct json *copy = NULL;
    struct err e;
    if (json_copy(l->arena, source, &copy, &e) != RC_OK) {
        l->nomem = true;
        return NULL;
    }
    struct json *type = json_getz(copy, "type");
    if (type)
        json_remove(copy, type);
    return copy;
}

static bool source_type(const struct channel_at *at, enum config_type *out)
{
    const struct json *node = json_getz(at->ch->source, "type");
    for (enum config_type t = TYPE_REST_API; t <= TYPE_DATABASE; t++)
        if (str_eqz(json_text(node), config_type_name(t))) {
            *out = t;
            return true;
        }
    config_finding(at->l, at->d, node ? node : at->ch->source, "source.type", "CFG-015",
                   "hl7_v2 for MLLP, rest_api for HTTP",
                   node ? "this is no type of a source" : "the source needs a type");
    return false;
}

static const struct conn_type *source_connector(const struct channel_at *at)
{
    const struct json *listen = json_getz(at->ch->source, "listen");
    struct str url = json_text(listen);
    size_t colon = str_chr(url, ':', 0);
    if (!json_is(listen, JSON_STRING) || colon == SIZE_MAX) {
        config_finding(at->l, at->d, listen ? listen : at->ch->source, "source.listen", "CFG-016",
                       "for example mllp://127.0.0.1:2575 or http://127.0.0.1:8080/in",
                       "the source needs a URL to listen on");
        return NULL;
    }
    const struct conn_type *t = at->l->env->connector(str_sub(url, 0, colon));
    if (t && (t->caps & CONN_RECEIVES))
        return t;
    config_finding(at->l, at->d, listen, "source.listen", "CFG-013", "see `zarish explain CFG-013`",
                   "this protocol is not available in this build");
    return NULL;
}

static void use_source(const struct channel_at *at)
{
    struct config_load *l = at->l;
    struct config_channel *ch = at->ch;
    enum config_type type;
    if (!json_is(ch->source, JSON_OBJECT)) {
        config_finding(l, at->d, ch->source, "source", "CFG-015", "write { type: …, listen: … }",
                       "the source is an object, this is %s",
                       json_type_words(json_type(ch->source)));
        return;
    }
    if (!source_type(at, &type))
        return;
    if (!ch->has_format)
        ch->format = type == TYPE_HL7_V2 ? FORMAT_HL7V2 : FORMAT_JSON;
    ch->conn_type = source_connector(at);
    struct json *own = ch->conn_type ? without_type(l, ch->source) : NULL;
    if (!own)
        return;
    struct opt_read r = config_reader(l, at->d, "source");
    void *conf = arena_zero(l->arena, ch->conn_type->recv_opts->size);
    enum rc rc = conf ? opt_decode(ch->conn_type->recv_opts, own, &r, conf) : RC_NOMEM;
    if (rc == RC_NOMEM)
        l->nomem = true;
    else if (rc == RC_OK && ch->conn_type->recv_check)
        ch->conn_type->recv_check(&r, own, conf);
    ch->source_conf = conf;
}

/* ---- destinations ------------------------------------------------------------------------- */

static const struct config_endpoint *find_endpoint(const struct config *cfg, struct str to)
{
    size_t slash = str_chr(to, '/', 0);
    struct str name = slash == SIZE_MAX ? to : str_sub(to, 0, slash);
    const struct config_integration *in = config_integration(cfg, name);
    if (!in)
        return NULL;
    if (slash == SIZE_MAX)
        return in->n_endpoints == 1 ? &in->endpoints[0] : NULL;
    for (size_t i = 0; i < in->n_endpoints; i++)
        if (str_eq(in->endpoints[i].name, str_from(to, slash + 1)))
            return &in->endpoints[i];
    return NULL;
}

/* The nearest existing "integration/endpoint", for the hint. */
static const char *near_endpoint(const struct config *cfg, struct str to)
{
    const char *best = NULL;
    for (size_t i = 0; i < cfg->n_integrations; i++)
        for (size_t j = 0; j < cfg->integrations[i]->n_endpoints; j++) {
            const char *name = cfg->integrations[i]->endpoints[j].full_name;
            const char *both[] = { best, name };
            best = best ? str_nearest(to, both, 2) : str_nearest(to, &name, 1);
        }
    return best;
}

static const char *lane_name(struct config_load *l, const struct config_channel *ch,
                             const struct config_endpoint *ep)
{
    struct buf b;
    buf_init_arena(&b, l->arena, 1024);
    buf_str(&b, ch->name);
    buf_char(&b, '/');
    buf_z(&b, ep->full_name);
    const char *z = buf_cstr(&b);
    l->nomem = l->nomem || !z;
    return z ? z : "";
}

static void dest_map(const struct channel_at *at, struct config_dest *dest, const struct json *node,
                     const char *path)
{
    dest->map = dest->endpoint ? dest->endpoint->map : NULL;
    if (dest->mapping.n > 0)
        dest->map = config_use_map(at->l, at->d, json_getz(node, "mapping"), path);
    if (!dest->map)
        return;
    bool hl7 = map_from(dest->map) == MAP_HL7V2;
    if ((at->ch->format == FORMAT_HL7V2) != hl7)
        config_finding(at->l, at->d, node, path, "CFG-017",
                       "use a mapping whose `from` is the channel's format",
                       "the mapping reads %s, the channel brings %s", hl7 ? "hl7v2" : "json",
                       format_names[at->ch->format]);
}

static void work_out_dest(const struct channel_at *at, size_t i, const struct json *node)
{
    struct config_load *l = at->l;
    struct config_dest *dest = &at->ch->dests[i];
    char path[64];
    (void)snprintf(path, sizeof path, "destinations[%zu].to", i); /* fits */
    dest->endpoint = find_endpoint(l->cfg, dest->to);
    if (!dest->endpoint) {
        const char *near = near_endpoint(l->cfg, dest->to);
        char hint[300] = "write integration/endpoint";
        if (near)
            (void)snprintf(hint, sizeof hint, "did you mean `%s`?", near); /* a cut hint is fine */
        config_finding(l, at->d, json_getz(node, "to"), path, "CFG-018", hint,
                       "there is no such endpoint, or its integration has errors");
        return;
    }
    unit_use(l, dest->endpoint->integration->unit);
    if (!dest->endpoint->conn_type)
        config_finding(l, at->d, json_getz(node, "to"), path, "CFG-013",
                       "see `zarish explain CFG-013`",
                       "the protocol of this endpoint is not available in this build");
    dest->lane = lane_name(l, at->ch, dest->endpoint);
    for (size_t j = 0; j < i; j++)
        if (at->ch->dests[j].endpoint == dest->endpoint)
            config_finding(l, at->d, json_getz(node, "to"), path, "CFG-019",
                           "join them with `when: … or …`",
                           "two destinations of one channel go to this endpoint");
    (void)snprintf(path, sizeof path, "destinations[%zu].when", i); /* fits */
    dest->when = compile(at, dest->when_text, json_getz(node, "when"), path);
    (void)snprintf(path, sizeof path, "destinations[%zu].order", i); /* fits */
    dest->order = compile(at, dest->order_text, json_getz(node, "order"), path);
    (void)snprintf(path, sizeof path, "destinations[%zu].mapping", i); /* fits */
    dest_map(at, dest, node, path);
}

void config_read_channel(struct config_load *l, const struct config_doc *d)
{
    struct channel_doc *raw = arena_make(l->arena, struct channel_doc, 1);
    if (!raw) {
        l->nomem = true;
        return;
    }
    struct opt_read r = config_reader(l, d, NULL);
    enum rc rc = opt_decode(&config_channel_table, d->doc, &r, raw);
    if (rc != RC_OK) {
        l->nomem = l->nomem || rc == RC_NOMEM;
        return;
    }
    struct config_channel *ch = &raw->ch;
    if (!config_is_name(ch->name))
        config_finding(l, d, json_getz(d->doc, "channel"), "channel", "CFG-033", CONFIG_NAME_HINT,
                       CONFIG_NAME_TEXT);
    ch->unit = &l->unit->pub;
    l->unit->pub.made.channel = ch;
    ch->id = config_z(l, ch->name);
    ch->dests = raw->dests.v;
    ch->n_dests = raw->dests.n;
    ch->doc = ch->unit->doc;
    ch->file = ch->unit->file;
    struct channel_at at = { .l = l, .d = d, .ch = ch };
    use_source(&at);
    ch->filter = compile(&at, ch->filter_text, json_getz(d->doc, "filter"), "filter");
    const struct json *list = json_getz(d->doc, "destinations");
    for (size_t i = 0; i < ch->n_dests; i++)
        work_out_dest(&at, i, json_at(list, i));
}

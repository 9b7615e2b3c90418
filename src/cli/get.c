/*
 * `zarish get …`: lists from a running engine. What a list looks like and what it may be narrowed
 * by are tables; one function does them all. Tests: remote_test.c, tests/scen
 */
#include "cli/remote.h"
#include "cli/view.h"

static void message_state(struct cli_table *t, const struct json *row, const char *path)
{
    bool refused = str_eqz(json_text(json_getz(row, "state")), "refused");
    cli_table_cell(t, refused ? STR("refused") : json_text(json_getz(row, path)));
}

/* "HTTP 500: …", or of a delivery that went well which message it was. */
static void exec_about(struct cli_table *t, const struct json *row, const char *path)
{
    struct str error = json_text(json_getz(row, path));
    cli_table_cell(t, error.n ? error : json_text(json_getz(row, "message")));
}

/* The name where the engine knows it, else the id. */
static void named(struct cli_table *t, const struct json *row, const char *path)
{
    struct str name = json_text(json_getz(row, path));
    bool endpoint = strcmp(path, "endpoint") == 0;
    if (name.n == 0)
        name = json_text(json_getz(row, endpoint ? "endpointId" : "integrationId"));
    cli_table_cell(t, name);
}

/* clang-format off */
static const struct view_col message_cols[] = {
    { { .head = "RECEIVED (UTC)" }, view_time, "receivedAt" },
    { { .head = "ID" }, view_text, "id" },
    { { .head = "CHANNEL", .max = 30 }, view_text, "channel" },
    { { .head = "TYPE", .max = 20 }, view_text, "type" },
    { { .head = "CONTROL ID", .max = 30 }, view_text, "controlId" },
    { { .head = "STATE" }, message_state, "delivery" },
    { { .head = "BYTES", .right = true }, view_text, "bytes" },
};

static const struct view_col channel_cols[] = {
    { { .head = "NAME", .max = 40 }, view_text, "name" },
    { { .head = "STATE" }, view_text, "state" },
    { { .head = "LISTENS" }, view_text, "listens" },
    { { .head = "TAKEN", .right = true }, view_text, "taken" },
    { { .head = "REFUSED", .right = true }, view_text, "refused" },
    { { .head = "HELD", .right = true }, view_text, "held" },
    { { .head = "DELIVERED", .right = true }, view_sum, "destinations.delivered" },
    { { .head = "WAITING", .right = true }, view_sum, "destinations.waiting" },
    { { .head = "FAILED", .right = true }, view_sum, "destinations.rejected+dead" },
};

static const struct view_col audit_cols[] = {
    { { .head = "AT (UTC)" }, view_time, "at" },
    { { .head = "ACTOR" }, view_text, "actor" },
    { { .head = "FROM" }, view_text, "peer" },
    { { .head = "ACT" }, view_text, "verb" },
    { { .head = "OBJECT", .max = 60 }, view_text, "object" },
};

static const struct view_col integration_cols[] = {
    { { .head = "NAME", .max = 40 }, view_text, "name" },
    { { .head = "TYPE" }, view_text, "type" },
    { { .head = "STATUS" }, view_text, "status" },
    { { .head = "ENDPOINTS", .right = true }, view_count, "endpoints" },
    { { .head = "AUTHENTICATION" }, view_text, "credentials.type" },
    { { .head = "ORIGIN" }, view_text, "origin" },
    { { .head = "TESTED (UTC)" }, view_time, "connectivity.timestamp" },
    { { .head = "ERROR", .max = 60 }, view_text, "error" },
};

static const struct view_col object_cols[] = {
    { { .head = "NAME", .max = 40 }, view_text, "name" },
    { { .head = "ORIGIN" }, view_text, "origin" },
    { { .head = "VERSION", .right = true }, view_text, "version" },
    { { .head = "CHANGED (UTC)" }, view_time, "changedAt" },
    { { .head = "BY", .max = 40 }, view_text, "changedBy" },
};

static const struct view_col execution_cols[] = {
    { { .head = "STARTED (UTC)" }, view_epoch, "metrics.startTime" },
    { { .head = "ID" }, view_text, "id" },
    { { .head = "INTEGRATION", .max = 30 }, named, "integration" },
    { { .head = "ENDPOINT", .max = 30 }, named, "endpoint" },
    { { .head = "STATUS" }, view_text, "status" },
    { { .head = "MS", .right = true }, view_text, "metrics.duration" },
    { { .head = "ERROR OR MESSAGE", .max = 60 }, exec_about, "error" },
};

static const struct view_col log_cols[] = {
    { { .head = "AT (UTC)" }, view_time, "timestamp" },
    { { .head = "LEVEL" }, view_text, "level" },
    { { .head = "INTEGRATION", .max = 36 }, named, "integration" },
    { { .head = "ENDPOINT", .max = 36 }, named, "endpoint" },
    { { .head = "EXECUTION" }, view_text, "executionId" },
    { { .head = "MS", .right = true }, view_text, "duration" },
    { { .head = "ERROR", .max = 60 }, view_text, "error" },
};

static const struct view_col secret_cols[] = {
    { { .head = "NAME" }, view_text, "name" },
    { { .head = "CHANGED (UTC)" }, view_time, "changedAt" },
    { { .head = "BY", .max = 40 }, view_text, "changedBy" },
};

static const struct view_col key_cols[] = {
    { { .head = "ID" }, view_text, "id" },
    { { .head = "NAME", .max = 40 }, view_text, "name" },
    { { .head = "ROLE" }, view_text, "role" },
    { { .head = "CREATED (UTC)" }, view_time, "createdAt" },
    { { .head = "EXPIRES (UTC)" }, view_time, "expiresAt" },
    { { .head = "USED (UTC)" }, view_time, "usedAt" },
};

static const struct view_col user_cols[] = {
    { { .head = "NAME", .max = 40 }, view_text, "name" },
    { { .head = "ROLE" }, view_text, "role" },
    { { .head = "DISABLED" }, view_yes, "disabled" },
    { { .head = "CREATED (UTC)" }, view_time, "createdAt" },
    { { .head = "CHANGED (UTC)" }, view_time, "changedAt" },
};

/* An option and what the API calls it. A time may be "24h": so long ago. */
struct filter {
    const char *option, *query;
    enum { FILTER_TEXT, FILTER_TIME } kind;
};

#define TEXT(option, query) { option, query, FILTER_TEXT }
#define TIME(option, query) { option, query, FILTER_TIME }
#define FILTERS_END         { NULL, NULL, FILTER_TEXT }

static const struct filter message_filters[] = {
    TEXT("control-id", "controlId"),
    TEXT("patient-id", "patientId"),
    TEXT("accession", "accession"),
    TEXT("order", "order"),
    TEXT("channel", "channel"),
    TEXT("type", "type"),
    TEXT("peer", "peer"),
    TEXT("state", "state"),
    TIME("since", "since"),
    TIME("until", "until"),
    TEXT("before", "before"),
    TEXT("limit", "limit"),
    FILTERS_END,
};
static const struct filter page_before[] = { TEXT("before", "before"), TEXT("limit", "limit"),
                                             FILTERS_END };
static const struct filter page_after[] = { TEXT("after", "after"), TEXT("limit", "limit"),
                                            FILTERS_END };
static const struct filter integration_filters[] = {
    TEXT("type", "type"), TEXT("status", "status"), TEXT("after", "after"), TEXT("limit", "limit"),
    FILTERS_END,
};
static const struct filter execution_filters[] = {
    TEXT("endpoint", "endpoint"), TEXT("status", "status"), TIME("since", "start"),
    TIME("until", "end"), TEXT("before", "before"), TEXT("limit", "limit"), FILTERS_END,
};
static const struct filter log_filters[] = {
    TEXT("level", "level"), TIME("since", "start"), TIME("until", "end"), TEXT("before", "before"),
    TEXT("limit", "limit"), FILTERS_END,
};
static const struct filter no_filters[] = { FILTERS_END };

/* What an argument behind the list's name means. */
enum one { ONE_NONE, ONE_PATH, ONE_PICK, ONE_OF };

static const struct listing {
    const char *command, *path;
    const struct view_col *cols;
    size_t n_cols;
    const struct filter *filters;
    enum one one;      /* PATH: /list/NAME; PICK: that item; OF: /integrations/NAME/list */
    const char *cursor; /* the option that goes on behind a page */
    const char *none;  /* said instead of an empty table */
} listings[] = {
    { "get audit", "audit", audit_cols, ZS_COUNT(audit_cols), page_before, ONE_NONE, "before",
      "no act fits" },
    { "get channels", "channels", channel_cols, ZS_COUNT(channel_cols), no_filters, ONE_PATH, NULL,
      "the configuration has no channel" },
    { "get executions", "executions", execution_cols, ZS_COUNT(execution_cols), execution_filters,
      ONE_OF, "before", "no execution fits" },
    { "get integrations", "integrations", integration_cols, ZS_COUNT(integration_cols),
      integration_filters, ONE_PATH, "after", "no integration fits; `zarish apply` makes one" },
    { "get keys", "keys", key_cols, ZS_COUNT(key_cols), page_after, ONE_PICK, "after",
      "there is no key; `zarish key create` makes one" },
    { "get logs", "logs", log_cols, ZS_COUNT(log_cols), log_filters, ONE_OF, "before",
      "no entry fits" },
    { "get mappings", "mappings", object_cols, ZS_COUNT(object_cols), page_after, ONE_PATH, "after",
      "there is no mapping" },
    { "get messages", "messages", message_cols, ZS_COUNT(message_cols), message_filters, ONE_NONE,
      "before", "no message fits" },
    { "get secrets", "secrets", secret_cols, ZS_COUNT(secret_cols), page_after, ONE_PICK, "after",
      "there is no secret; `zarish secret set` makes one" },
    { "get tables", "tables", object_cols, ZS_COUNT(object_cols), page_after, ONE_PATH, "after",
      "there is no table" },
    { "get users", "users", user_cols, ZS_COUNT(user_cols), page_after, ONE_PATH, "after",
      "there is no user; `zarish user add` makes one" },
    /* the same under the name that their other commands have */
    { "key list", "keys", key_cols, ZS_COUNT(key_cols), page_after, ONE_NONE, "after",
      "there is no key; `zarish key create` makes one" },
    { "secret list", "secrets", secret_cols, ZS_COUNT(secret_cols), page_after, ONE_NONE, "after",
      "there is no secret; `zarish secret set` makes one" },
    { "user list", "users", user_cols, ZS_COUNT(user_cols), page_after, ONE_NONE, "after",
      "there is no user; `zarish user add` makes one" },
};
/* clang-format on */

static const struct listing *listing_of(const struct cli_cmd *cmd)
{
    for (size_t i = 0; i < ZS_COUNT(listings); i++)
        if (strcmp(listings[i].command, cmd->name) == 0)
            return &listings[i];
    ZS_ASSERT(false); /* a command without its row */
    return NULL;
}

static enum rc path_of(struct cli *c, const struct cli_args *a, const struct listing *l,
                       struct str *out, struct err *e)
{
    const char *name = l->one == ONE_NONE ? NULL : cli_pos(a, 0);
    if (name && l->one == ONE_PATH)
        return remote_path(c, SEGMENTS(l->path, name), out, e);
    if (name && l->one == ONE_OF)
        return remote_path(c, SEGMENTS("integrations", name, l->path), out, e);
    return remote_path(c, SEGMENTS(l->path), out, e);
}

static enum rc url_of(struct cli *c, const struct cli_args *a, const struct listing *l,
                      struct str *out, struct err *e)
{
    struct buf b;
    struct str path;
    enum rc rc = path_of(c, a, l, &path, e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&b, c->arena, 16384);
    buf_str(&b, path);
    bool whole = l->one == ONE_PATH && cli_pos(a, 0);
    for (const struct filter *f = l->filters; rc == RC_OK && !whole && f->option; f++) {
        const char *value = cli_opt(a, f->option);
        if (l->one == ONE_PICK && cli_pos(a, 0) && strcmp(f->option, "limit") == 0)
            value = "1000"; /* it is looked for in the list */
        if (f->kind == FILTER_TIME)
            rc = view_time_option(c, value, &value, e);
        if (rc == RC_OK)
            remote_query(&b, f->query, value);
    }
    *out = buf_view(&b);
    return rc == RC_OK ? buf_rc(&b, e) : rc;
}

/* The items to be shown, as a list: a page, one of them, or the one object that came. */
static enum rc items_of(struct cli *c, const struct cli_args *a, const struct listing *l,
                        const struct remote_answer *r, const struct json **out, struct err *e)
{
    const char *name = l->one == ONE_PATH || l->one == ONE_PICK ? cli_pos(a, 0) : NULL;
    const struct json *items = json_getz(r->json, "items");
    *out = items;
    if (!name)
        return RC_OK;
    struct json *list = json_make_array(c->arena), *one = NULL;
    enum rc rc = RC_OK;
    if (l->one == ONE_PATH)
        rc = json_copy(c->arena, r->json, &one, e);
    JSON_EACH(item, items)
    if (l->one == ONE_PICK && (str_eqz(json_text(json_getz(item, "name")), name) ||
                               str_eqz(json_text(json_getz(item, "id")), name)))
        rc = json_copy(c->arena, item, &one, e);
    if (rc == RC_OK && list && one)
        rc = json_append(list, one, e);
    *out = list;
    return rc == RC_OK && !list ? err_set(e, RC_NOMEM, "BASE-002", "not enough memory") : rc;
}

static int print_list(struct cli *c, const struct cli_args *a, const struct listing *l,
                      const struct remote_answer *r)
{
    const struct json *items = NULL;
    struct err e;
    if (items_of(c, a, l, r, &items, &e) != RC_OK)
        return cli_fail(c, &e);
    bool none = json_count(items) == 0;
    if (c->json) {
        if (l->one != ONE_PICK || !cli_pos(a, 0))
            remote_print(c, r);
        else if (!none && view_document(c, c->out, json_first(items), &e) != RC_OK)
            return cli_fail(c, &e);
        return none ? CLI_NO : CLI_DONE;
    }
    if (none && l->one == ONE_PICK && cli_pos(a, 0)) {
        cli_note(c, "%s is not among the %s", cli_pos(a, 0), l->path);
        return CLI_NO;
    }
    if (none) {
        cli_note(c, "%s", l->none);
        return CLI_NO;
    }
    if (view_table(c, l->cols, l->n_cols, items, &e) != RC_OK)
        return cli_fail(c, &e);
    struct str next = json_text(json_getz(r->json, "next"));
    if (next.n > 0 && l->cursor)
        cli_note(c, "there are more: add --%s %.*s", l->cursor, STR_ARG(next));
    return CLI_DONE;
}

static int run(struct cli *c, const struct cli_args *a)
{
    const struct listing *l = listing_of(a->cmd);
    struct remote_answer r = { .status = 0 };
    struct str url;
    struct err e;
    enum rc rc = url_of(c, a, l, &url, &e);
    if (rc == RC_VALUE)
        return cli_usage(c, a, &e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "GET", url, &r, &e);
    return rc == RC_OK ? print_list(c, a, l, &r) : remote_fail(c, &r, &e);
}

/* ---- options ------------------------------------------------------------------------------ */

#define OPT_LIMIT(dflt)                                                                            \
    {                                                                                              \
        .name = "limit", .letter = 'n', .arg = "N", .help = "at most so many, 1 to 1000",          \
        .def = (dflt)                                                                              \
    }
#define OPT_BEFORE                                                                                 \
    {                                                                                              \
        .name = "before", .arg = "N", .help = "go on behind a longer list"                         \
    }
#define OPT_AFTER                                                                                  \
    {                                                                                              \
        .name = "after", .arg = "N", .help = "go on behind a longer list"                          \
    }
#define OPT_SINCE                                                                                  \
    {                                                                                              \
        .name = "since", .arg = "TIME",                                                            \
        .help = "from then on: 24h for so long ago, or 2024-05-06T07:08:09Z"                       \
    }
#define OPT_UNTIL                                                                                  \
    {                                                                                              \
        .name = "until", .arg = "TIME", .help = "before then"                                      \
    }

static const struct cli_opt message_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "control-id", .arg = "ID", .help = "MSH-10 or Idempotency-Key" },
    { .name = "patient-id", .arg = "ID", .help = "an identifier of PID-3" },
    { .name = "accession", .arg = "NUMBER", .help = "filler's number, OBR-3 or ORC-3" },
    { .name = "order", .arg = "NUMBER", .help = "placer's number, OBR-2 or ORC-2" },
    { .name = "channel", .arg = "NAME", .help = "taken by this channel" },
    { .name = "type", .arg = "TYPE", .help = "ADT, or ADT^A01" },
    { .name = "peer", .arg = "ADDRESS", .help = "sent from there" },
    { .name = "state",
      .arg = "STATE",
      .help = "refused, or a delivery's: queued, retrying, uncertain, delivered, filtered, "
              "rejected, held, dead, skipped" },
    OPT_SINCE,
    OPT_UNTIL,
    OPT_BEFORE,
    OPT_LIMIT("50"),
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt plain_opts[] = { CLI_OPT_OUTPUT, CLI_OPTS_REMOTE, CLI_OPT_END };

static const struct cli_opt before_opts[] = { CLI_OPT_OUTPUT, OPT_BEFORE, OPT_LIMIT("50"),
                                              CLI_OPTS_REMOTE, CLI_OPT_END };

static const struct cli_opt after_opts[] = { CLI_OPT_OUTPUT, OPT_AFTER, OPT_LIMIT("100"),
                                             CLI_OPTS_REMOTE, CLI_OPT_END };

static const struct cli_opt integration_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "type",
      .arg = "rest_api|fhir_api|hl7_v2|websocket|file_transfer|database",
      .help = "of this type" },
    { .name = "status", .arg = "active|failed|paused|initializing", .help = "in this status" },
    OPT_AFTER,
    OPT_LIMIT("100"),
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt execution_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "endpoint", .arg = "NAME", .help = "of this endpoint; with INTEGRATION" },
    { .name = "status", .arg = "completed|failed|executing", .help = "in this status" },
    OPT_SINCE,
    OPT_UNTIL,
    OPT_BEFORE,
    OPT_LIMIT("50"),
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt log_opts[] = {
    CLI_OPT_OUTPUT,  { .name = "level", .arg = "success|error", .help = "only these" },
    OPT_SINCE,       OPT_UNTIL,
    OPT_BEFORE,      OPT_LIMIT("50"),
    CLI_OPTS_REMOTE, CLI_OPT_END
};

/* ---- commands ----------------------------------------------------------------------------- */

const struct cli_cmd cmd_get_messages = {
    .name = "get messages",
    .summary = "Search the messages an engine has taken, newest first",
    .details = "STATE is `refused` for messages that were not accepted, else the state of the "
               "delivery that is least finished. Exit status 1 when nothing fits.",
    .examples = "zarish get messages --patient-id 10006579\n"
                "# what waits for a person\n"
                "zarish get messages --state held",
    .opts = message_opts,
    .run = run,
};

const struct cli_cmd cmd_get_channels = {
    .name = "get channels",
    .args = "[NAME]",
    .summary = "Show the channels of an engine with their figures",
    .details = "Figures count since the channel started; a changed channel starts anew. WAITING is "
               "what lanes hold in memory.",
    .examples = "zarish get channels",
    .opts = plain_opts,
    .run = run,
};

const struct cli_cmd cmd_get_audit = {
    .name = "get audit",
    .summary = "Show who changed or looked at what, newest first",
    .examples = "zarish get audit -n 20",
    .opts = before_opts,
    .run = run,
};

const struct cli_cmd cmd_get_integrations = {
    .name = "get integrations",
    .args = "[NAME]",
    .summary = "Show integrations with their status",
    .details = "NAME may be an id. `zarish describe integration NAME` tells everything.",
    .examples = "zarish get integrations\n"
                "# what needs a look\n"
                "zarish get integrations --status failed",
    .opts = integration_opts,
    .run = run,
};

const struct cli_cmd cmd_get_mappings = {
    .name = "get mappings",
    .args = "[NAME]",
    .summary = "Show the mappings of an engine",
    .examples = "zarish get mappings",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_get_tables = {
    .name = "get tables",
    .args = "[NAME]",
    .summary = "Show the code tables of an engine",
    .examples = "zarish get tables",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_get_executions = {
    .name = "get executions",
    .args = "[INTEGRATION]",
    .summary = "Show calls of endpoints and delivery attempts, newest first",
    .details = "`zarish describe execution ID` tells one of them whole. Exit status 1 when nothing "
               "fits.",
    .examples = "zarish get executions receiver --status failed --since 24h",
    .opts = execution_opts,
    .run = run,
};

const struct cli_cmd cmd_get_logs = {
    .name = "get logs",
    .args = "[INTEGRATION]",
    .summary = "Show the log of executions, newest first",
    .examples = "zarish get logs receiver --level error --since 1h",
    .opts = log_opts,
    .run = run,
};

const struct cli_cmd cmd_get_secrets = {
    .name = "get secrets",
    .args = "[NAME]",
    .summary = "Show the names of the sealed secrets; never a value",
    .examples = "zarish get secrets",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_get_keys = {
    .name = "get keys",
    .args = "[NAME|ID]",
    .summary = "Show the API keys with their roles; never a key",
    .examples = "zarish get keys",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_get_users = {
    .name = "get users",
    .args = "[NAME]",
    .summary = "Show the users with their roles",
    .examples = "zarish get users",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_key_list = {
    .name = "key list",
    .summary = "Show the API keys with their roles; never a key",
    .examples = "zarish key list",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_secret_list = {
    .name = "secret list",
    .summary = "Show the names of the sealed secrets; never a value",
    .examples = "zarish secret list",
    .opts = after_opts,
    .run = run,
};

const struct cli_cmd cmd_user_list = {
    .name = "user list",
    .summary = "Show the users with their roles",
    .examples = "zarish user list",
    .opts = after_opts,
    .run = run,
};

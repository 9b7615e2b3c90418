/*
 * `zarish get messages|channels|audit`: lists from a running engine.
 */
#include "cli/remote.h"

static void put_time(struct cli_table *t, const struct json *v)
{
    /* 2024-05-06T07:08:09.123Z is shown as 2024-05-06 07:08:09.123 */
    struct str s = json_text(v);
    char text[32];
    if (s.n != 24) {
        cli_table_cell(t, s);
        return;
    }
    memcpy(text, s.p, 23);
    text[10] = ' ';
    cli_table_cell(t, str_of(text, 23));
}

static void message_row(struct cli_table *t, const struct json *v)
{
    const struct json *delivery = json_getz(v, "delivery");
    bool refused = str_eqz(json_text(json_getz(v, "state")), "refused");
    put_time(t, json_getz(v, "receivedAt"));
    cli_table_cell(t, json_text(json_getz(v, "id")));
    cli_table_cell(t, json_text(json_getz(v, "channel")));
    cli_table_cell(t, json_text(json_getz(v, "type")));
    cli_table_cell(t, json_text(json_getz(v, "controlId")));
    cli_table_cell(t, refused ? STR("refused") : json_text(delivery));
    cli_table_cell(t, json_text(json_getz(v, "bytes")));
}

static uint64_t sum(const struct json *list, const char *name)
{
    uint64_t total = 0;
    JSON_EACH(item, list)
    total += (uint64_t)json_i64_or(json_getz(item, name), 0);
    return total;
}

static void channel_row(struct cli_table *t, const struct json *v)
{
    const struct json *dests = json_getz(v, "destinations");
    cli_table_cell(t, json_text(json_getz(v, "name")));
    cli_table_cell(t, json_text(json_getz(v, "state")));
    cli_table_cell(t, json_text(json_getz(v, "listens")));
    cli_table_cell(t, json_text(json_getz(v, "taken")));
    cli_table_cell(t, json_text(json_getz(v, "refused")));
    cli_table_cell(t, json_text(json_getz(v, "held")));
    cli_table_u64(t, sum(dests, "delivered"));
    cli_table_u64(t, sum(dests, "waiting"));
    cli_table_u64(t, sum(dests, "rejected") + sum(dests, "dead"));
}

static void audit_row(struct cli_table *t, const struct json *v)
{
    put_time(t, json_getz(v, "at"));
    cli_table_cell(t, json_text(json_getz(v, "actor")));
    cli_table_cell(t, json_text(json_getz(v, "peer")));
    cli_table_cell(t, json_text(json_getz(v, "verb")));
    cli_table_cell(t, json_text(json_getz(v, "object")));
}

static const struct cli_col message_cols[] = {
    { .head = "RECEIVED (UTC)" },        { .head = "ID" },
    { .head = "CHANNEL", .max = 30 },    { .head = "TYPE", .max = 20 },
    { .head = "CONTROL ID", .max = 30 }, { .head = "STATE" },
    { .head = "BYTES", .right = true }
};

static const struct cli_col channel_cols[] = { { .head = "NAME", .max = 40 },
                                               { .head = "STATE" },
                                               { .head = "LISTENS" },
                                               { .head = "TAKEN", .right = true },
                                               { .head = "REFUSED", .right = true },
                                               { .head = "HELD", .right = true },
                                               { .head = "DELIVERED", .right = true },
                                               { .head = "WAITING", .right = true },
                                               { .head = "FAILED", .right = true } };

static const struct cli_col audit_cols[] = { { .head = "AT (UTC)" },
                                             { .head = "ACTOR" },
                                             { .head = "FROM" },
                                             { .head = "ACT" },
                                             { .head = "OBJECT", .max = 60 } };

struct listing {
    const struct cli_col *cols;
    size_t n_cols;
    void (*row)(struct cli_table *t, const struct json *v);
    const char *none; /* said instead of an empty table */
};

/* Options of `get messages` beside what they are called in the API. */
static const char *const message_filters[][2] = {
    { "control-id", "controlId" },
    { "patient-id", "patientId" },
    { "accession", "accession" },
    { "order", "order" },
    { "channel", "channel" },
    { "type", "type" },
    { "peer", "peer" },
    { "state", "state" },
    { "since", "since" },
    { "until", "until" },
    { "before", "before" },
    { "limit", "limit" },
};

static int print_list(struct cli *c, const struct listing *l, const struct remote_answer *r)
{
    const struct json *items = json_getz(r->json, "items");
    struct err e;
    if (c->json) {
        cli_put_safe(c->out, r->body);
        return json_count(items) ? CLI_DONE : CLI_NO;
    }
    if (json_count(items) == 0) {
        cli_note(c, "%s", l->none);
        return CLI_NO;
    }
    struct cli_table t;
    cli_table_init(&t, l->cols, l->n_cols, c->arena);
    JSON_EACH(item, items)
    l->row(&t, item);
    if (cli_table_print(&t, c->out, &e) != RC_OK)
        return cli_fail(c, &e);
    struct str next = json_text(json_getz(r->json, "next"));
    if (next.n > 0)
        cli_note(c, "there are more: add --before %.*s", STR_ARG(next));
    return CLI_DONE;
}

static int fetch_list(struct cli *c, const struct cli_args *a, const struct listing *l,
                      struct buf *path)
{
    struct remote_answer r;
    struct err e;
    enum rc rc = buf_rc(path, &e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "GET", buf_view(path), &r, &e);
    return rc == RC_OK ? print_list(c, l, &r) : cli_fail(c, &e);
}

static int run_messages(struct cli *c, const struct cli_args *a)
{
    static const struct listing l = { .cols = message_cols,
                                      .n_cols = ZS_COUNT(message_cols),
                                      .row = message_row,
                                      .none = "no message fits" };
    struct buf path;
    buf_init_arena(&path, c->arena, 16384);
    buf_z(&path, "/api/v1/messages");
    for (size_t i = 0; i < ZS_COUNT(message_filters); i++)
        remote_query(&path, message_filters[i][1], cli_opt(a, message_filters[i][0]));
    return fetch_list(c, a, &l, &path);
}

static int run_channels(struct cli *c, const struct cli_args *a)
{
    static const struct listing l = { .cols = channel_cols,
                                      .n_cols = ZS_COUNT(channel_cols),
                                      .row = channel_row,
                                      .none = "the configuration has no channel" };
    struct buf path;
    buf_init_arena(&path, c->arena, 256);
    buf_z(&path, "/api/v1/channels");
    return fetch_list(c, a, &l, &path);
}

static int run_audit(struct cli *c, const struct cli_args *a)
{
    static const struct listing l = {
        .cols = audit_cols, .n_cols = ZS_COUNT(audit_cols), .row = audit_row, .none = "no act fits"
    };
    struct buf path;
    buf_init_arena(&path, c->arena, 1024);
    buf_z(&path, "/api/v1/audit");
    remote_query(&path, "before", cli_opt(a, "before"));
    remote_query(&path, "limit", cli_opt(a, "limit"));
    return fetch_list(c, a, &l, &path);
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
    { .name = "since", .arg = "TIME", .help = "received at or after, 2024-05-06T07:08:09Z" },
    { .name = "until", .arg = "TIME", .help = "received before" },
    { .name = "before", .arg = "N", .help = "go on behind a longer list" },
    { .name = "limit",
      .letter = 'n',
      .arg = "N",
      .help = "at most so many, 1 to 1000",
      .def = "50" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt channel_opts[] = { CLI_OPT_OUTPUT, CLI_OPTS_REMOTE, CLI_OPT_END };

static const struct cli_opt audit_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "before", .arg = "N", .help = "go on behind a longer list" },
    { .name = "limit",
      .letter = 'n',
      .arg = "N",
      .help = "at most so many, 1 to 1000",
      .def = "50" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

const struct cli_cmd cmd_get_messages = {
    .name = "get messages",
    .summary = "Search the messages an engine has taken, newest first",
    .details = "STATE is `refused` for messages that were not accepted, else the state of the "
               "delivery that is least finished. Exit status 1 when nothing fits.",
    .examples = "zarish get messages --patient-id 10006579\n"
                "# what waits for a person\n"
                "zarish get messages --state held",
    .opts = message_opts,
    .run = run_messages,
};

const struct cli_cmd cmd_get_channels = {
    .name = "get channels",
    .summary = "Show the channels of an engine with their figures",
    .details = "Figures count since the engine started. WAITING is what lanes hold in memory.",
    .examples = "zarish get channels",
    .opts = channel_opts,
    .run = run_channels,
};

const struct cli_cmd cmd_get_audit = {
    .name = "get audit",
    .summary = "Show who changed or looked at what, newest first",
    .examples = "zarish get audit -n 20",
    .opts = audit_opts,
    .run = run_audit,
};

/*
 * From documents to a snapshot, kind by kind and name by name: tables before the mappings that
 * look codes up in them, those before the integrations and channels that use them. What is as it
 * was in the previous snapshot is taken over. Tests: config_test.c, unit_test.c
 */
#include "config/config_int.h"

#define SCRATCH_LIMIT ((size_t)1024 * 1024 * 1024)
#define DOC_LIMIT     ((size_t)64 * 1024 * 1024)
#define HASH_TEXT     (2 * SHA256_BYTES + 1)

/* ---- kinds -------------------------------------------------------------------------------- */

static void enter_engine(struct config *c, const struct unit *u)
{
    c->engine = *u->engine;
}

static void enter_table(struct config *c, const struct unit *u)
{
    if (u->pub.made.table)
        c->tables[c->n_tables++] = u->pub.made.table;
}

static void enter_map(struct config *c, const struct unit *u)
{
    if (u->pub.made.map)
        c->maps[c->n_maps++] = u->pub.made.map;
}

static void enter_integration(struct config *c, const struct unit *u)
{
    if (u->pub.made.integration)
        c->integrations[c->n_integrations++] = u->pub.made.integration;
}

static void enter_channel(struct config *c, const struct unit *u)
{
    if (u->pub.made.channel)
        c->channels[c->n_channels++] = u->pub.made.channel;
}

enum { KIND_INTEGRATION = 3 };

const struct config_kind config_kinds[] = {
    { "engine", &config_engine_table, config_read_engine, enter_engine },
    { "table", &map_table_options, config_read_table, enter_table },
    { "mapping", &map_options, config_read_mapping, enter_map },
    [KIND_INTEGRATION] = { "integration", &config_integration_table, config_read_integration,
                           enter_integration },
    { "channel", &config_channel_table, config_read_channel, enter_channel },
};
const size_t config_n_kinds = ZS_COUNT(config_kinds);

const struct opt_table *const config_tables[] = { &config_engine_table, &map_table_options,
                                                  &map_options, &config_integration_table,
                                                  &config_channel_table };
const size_t config_n_tables = ZS_COUNT(config_tables);

/* ---- findings ----------------------------------------------------------------------------- */

struct opt_read config_reader(const struct config_load *l, const struct config_doc *d,
                              const char *path)
{
    return (struct opt_read){ .arena = l->arena,
                              .errs = l->found,
                              .file = d->file,
                              .text = d->text,
                              .path = path,
                              .literals = l->trial };
}

void config_finding(struct config_load *l, const struct config_doc *d, const struct json *at,
                    const char *path, const char *id, const char *hint, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct finding f = { .file = d->file,
                         .pos = ERR_NO_POS,
                         .id = id,
                         .path = str_z(path),
                         .text = str_of(text, n > 0 ? size_min((size_t)n, sizeof text - 1) : 0),
                         .hint = str_z(hint) };
    if (at && at->pos != JSON_NO_POS) {
        f.pos = at->pos;
        json_place(d->text, at->pos, &f.line, &f.column);
    }
    err_list_add(l->found, &f);
}

const char *config_z(struct config_load *l, struct str s)
{
    const char *z = arena_z(l->arena, s);
    if (!z)
        l->nomem = true;
    return z ? z : "";
}

/* Say what a document that is of no kind might have been meant to be. */
static void unknown_kind(struct config_load *l, const struct config_doc *d)
{
    const char *names[ZS_COUNT(config_kinds)];
    const struct json *first = json_first(d->doc);
    for (size_t i = 0; i < ZS_COUNT(config_kinds); i++)
        names[i] = config_kinds[i].key;
    const char *near = first ? str_nearest(json_name(first), names, ZS_COUNT(names)) : NULL;
    char hint[96] = "begin it with integration, channel, mapping, table or engine";
    if (near)
        (void)snprintf(hint, sizeof hint, "did you mean `%s`?", near); /* fits: a kind's name */
    config_finding(l, d, first ? first : d->doc, NULL, "CFG-003", hint,
                   "this document is of no known kind");
}

/* d comes right behind another of its kind: it may not have the same name. */
static bool is_double(struct config_load *l, const struct config_doc *d)
{
    const struct config_doc *before = d > l->docs ? d - 1 : NULL;
    if (!before || before->kind != d->kind)
        return false;
    const struct json *at = json_getz(d->doc, d->kind->key);
    if (d->kind == config_kinds) {
        config_finding(l, d, at, "engine", "CFG-004", "keep one of them",
                       "there is more than one engine document");
        return true;
    }
    if (d->name.n == 0 || !str_eq(d->name, before->name))
        return false;
    if (d->api != before->api)
        config_finding(l, d, at, d->kind->key, "CFG-030", "change it in its file, or rename this",
                       "the configuration's files have a %s of this name too (%s)", d->kind->key,
                       before->api ? d->file : before->file);
    else
        config_finding(l, d, at, d->kind->key, "CFG-005", "give one of them another name",
                       "there are two %ss of this name", d->kind->key);
    return true;
}

/* ---- one document ------------------------------------------------------------------------- */

/* Hex SHA-256 of the document as written, compact. */
static bool hash_doc(struct config_load *l, const struct json *doc, char hash[65])
{
    struct arena_mark mark = arena_mark(l->scratch);
    uint8_t raw[SHA256_BYTES];
    struct buf text, hex;
    struct err e;
    buf_init_arena(&text, l->scratch, DOC_LIMIT);
    buf_init_arena(&hex, l->scratch, HASH_TEXT);
    bool ok = json_write(&text, doc, JSON_COMPACT, &e) == RC_OK;
    if (ok) {
        sha256_once(buf_view(&text), raw);
        buf_hex(&hex, raw, sizeof raw);
        const char *z = buf_cstr(&hex);
        ok = z != NULL;
        memcpy(hash, z ? z : "", z ? HASH_TEXT : 1);
    }
    arena_rewind(l->scratch, mark);
    l->nomem = l->nomem || !ok;
    return ok;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The units that u uses are those of the snapshot that is being made. */
static bool uses_same(const struct config *c, const struct unit *u)
{
    for (size_t i = 0; i < u->n_uses; i++)
        if (unit_find(c, u->uses[i]->pub.kind, u->uses[i]->pub.name) != u->uses[i])
            return false;
    return true;
}

/* What the document was compiled to before, if it would come out the same now. */
static const struct unit *unchanged(struct config_load *l, const struct config *previous,
                                    const struct config_doc *d, const char hash[65])
{
    const struct unit *u = previous ? unit_find(previous, d->kind->key, d->name) : NULL;
    bool same = u && memcmp(u->pub.hash, hash, sizeof u->pub.hash) == 0 &&
                same_text(u->pub.file, d->api ? NULL : d->file) && same_text(u->dir, d->dir) &&
                uses_same(l->cfg, u) && config_inputs_same(l, u);
    return same ? u : NULL;
}

static struct unit *compile_doc(struct config_load *l, const struct config_doc *d,
                                const char hash[65])
{
    struct unit *u = unit_new(d, hash);
    if (!u) {
        l->nomem = true;
        return NULL;
    }
    struct config_doc own = *d;
    own.doc = u->pub.doc;
    l->unit = u;
    l->arena = u->life->arena;
    config_expand(l, &own);
    if (!l->nomem)
        d->kind->read(l, &own);
    l->unit = NULL;
    l->arena = NULL;
    arena_seal(u->life->arena);
    return u;
}

static void work_out_doc(struct config_load *l, const struct config *previous,
                         const struct config_doc *d)
{
    char hash[65];
    if (!d->kind) {
        unknown_kind(l, d);
        return;
    }
    if (is_double(l, d) || !hash_doc(l, d->doc, hash))
        return;
    const struct unit *u = unchanged(l, previous, d, hash);
    if (u)
        (void)config_unit_ref(&u->pub); /* the snapshot's */
    else
        u = compile_doc(l, d, hash);
    if (!u)
        return;
    l->cfg->units[l->cfg->n_units++] = &u->pub;
    if (!l->nomem)
        d->kind->enter(l->cfg, u);
}

/* ---- all of them -------------------------------------------------------------------------- */

/* By kind and name; engine documents and those of no kind (at the end) as they came. */
static int by_work(const void *a, const void *b)
{
    const struct config_doc *x = a, *y = b;
    if (x->kind != y->kind)
        return !x->kind ? 1 : !y->kind ? -1 : (x->kind > y->kind) - (x->kind < y->kind);
    int order = x->kind && x->kind != config_kinds ? str_cmp(x->name, y->name) : 0;
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* Room for as many objects of each kind as there are documents of it. */
static bool make_room(struct config_load *l, struct arena *a)
{
    size_t n = l->n_docs + 1;
    struct config *c = l->cfg;
    c->integrations = arena_make(a, const struct config_integration *, n);
    c->channels = arena_make(a, const struct config_channel *, n);
    c->maps = arena_make(a, const struct map *, n);
    c->tables = arena_make(a, const struct map_table *, n);
    c->units = arena_make(a, const struct config_unit *, n);
    return c->integrations && c->channels && c->maps && c->tables && c->units;
}

/* Findings outlive the units, whose copies of files' names some of them borrow. */
static void keep_names(struct config_load *l, size_t from)
{
    const char *was = NULL, *kept = NULL;
    for (size_t i = from; i < l->found->n; i++) {
        struct finding *f = &l->found->v[i];
        if (f->file != was || !was) {
            was = f->file;
            kept = was ? arena_z(l->found->arena, str_z(was)) : NULL;
            l->nomem = l->nomem || (was && !kept);
        }
        f->file = kept;
    }
}

static bool takes_over(const struct config_load *l, struct config *previous)
{
    return previous && snapshot_of(previous)->resolve == l->env->resolve &&
           snapshot_of(previous)->connector == l->env->connector;
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
}

static enum rc work_out(struct config_load *l, struct config *previous, struct err *e)
{
    size_t before = l->found->n;
    struct arena *a = snapshot_of(l->cfg)->arena;
    if (!make_room(l, a) || opt_defaults(&config_engine_table, a, &l->cfg->engine) != RC_OK)
        return no_memory(e);
    if (l->n_docs > 0)
        qsort(l->docs, l->n_docs, sizeof l->docs[0], by_work);
    for (size_t i = 0; i < l->n_docs && !l->nomem; i++)
        work_out_doc(l, takes_over(l, previous) ? previous : NULL, &l->docs[i]);
    keep_names(l, before);
    if (l->nomem)
        return no_memory(e);
    if (!err_list_any(l->found))
        return RC_OK;
    err_list_sort(l->found, before);
    return err_list_rc(l->found, e);
}

/* ---- one by itself ------------------------------------------------------------------------ */

enum rc config_trial_begin(struct config_load *l, struct config_env *env, struct config_doc *d,
                           struct err *e)
{
    static const char none[65] = "";
    env->resolve = false;
    env->id_of = NULL;
    env->lookup_env = NULL; /* what is wrong is shown: defaults will do, values are not for all */
    l->env = env;
    l->trial = true;
    struct snapshot *s = snapshot_new(env);
    l->cfg = s ? &s->pub : NULL;
    l->scratch = s ? arena_new("config trial", 0, SCRATCH_LIMIT) : NULL;
    d->kind = &config_kinds[KIND_INTEGRATION];
    d->api = true;
    l->unit = l->scratch ? unit_new(d, none) : NULL;
    if (!l->unit)
        return no_memory(e);
    arena_wipe_on_free(l->scratch);
    l->arena = l->unit->life->arena;
    d->doc = l->unit->pub.doc;
    config_expand(l, d);
    return l->nomem ? no_memory(e) : RC_OK;
}

enum rc config_trial_read(struct config_load *l, const struct config_doc *d, struct err *e)
{
    config_read_integration(l, d);
    keep_names(l, 0);
    return l->nomem ? no_memory(e) : RC_OK;
}

void config_trial_end(struct config_load *l)
{
    const struct config_unit *u = l->unit ? &l->unit->pub : NULL;
    config_unit_unref(&u);
    config_unref(&l->cfg);
    arena_free(&l->scratch);
}

enum rc config_load(const struct config_sources *src, const struct config_env *env,
                    struct config **out, struct err_list *found, struct err *e)
{
    struct config_load l = { .env = env, .found = found };
    struct snapshot *s = snapshot_new(env);
    l.scratch = s ? arena_new("config load", 64 * 1024, SCRATCH_LIMIT) : NULL;
    enum rc rc = RC_OK;
    if (l.scratch) {
        arena_wipe_on_free(l.scratch);
        l.cfg = &s->pub;
        for (size_t i = 0; rc == RC_OK && i < src->n_paths; i++)
            rc = config_read_path(&l, src->paths[i], e);
        for (size_t i = 0; rc == RC_OK && i < src->n_texts; i++)
            config_read_text(&l, &src->texts[i]);
        if (rc == RC_OK)
            rc = work_out(&l, src->previous, e);
    } else {
        rc = no_memory(e);
    }
    struct config *c = s ? &s->pub : NULL;
    if (rc == RC_OK)
        *out = c;
    else
        config_unref(&c);
    arena_free(&l.scratch);
    return rc;
}

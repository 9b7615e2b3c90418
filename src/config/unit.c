/*
 * Units and snapshots: counted, immutable once made. A unit holds the units it uses, so whoever
 * holds a channel holds its endpoints, mappings and tables. Uses go from later kinds to earlier
 * ones only, so there are no circles. Tests: unit_test.c
 */
#include "config/config_int.h"

#define UNIT_FIRST     ((size_t)4 * 1024)
#define UNIT_LIMIT     ((size_t)256 * 1024 * 1024)
#define SNAPSHOT_LIMIT ((size_t)64 * 1024 * 1024)

const struct unit *unit_of(const struct config_unit *u)
{
    return (const struct unit *)(const void *)u;
}

struct unit *unit_new(const struct config_doc *d, const char hash[65])
{
    struct arena *a = arena_new("config unit", UNIT_FIRST, UNIT_LIMIT);
    if (!a)
        return NULL;
    arena_wipe_on_free(a);
    struct unit *u = arena_make(a, struct unit, 1);
    struct unit_life *life = u ? arena_make(a, struct unit_life, 1) : NULL;
    struct json *doc = NULL;
    struct err e;
    bool made = life && json_copy(a, d->doc, &doc, &e) == RC_OK;
    const char *file = made ? arena_z(a, str_z(d->file)) : NULL;
    const char *dir = made && d->dir ? arena_z(a, str_z(d->dir)) : NULL;
    if (!file || (d->dir && !dir)) {
        arena_free(&a);
        return NULL;
    }
    atomic_init(&life->refs, 1);
    life->arena = a;
    life->unit = u;
    u->life = life;
    u->dir = dir;
    u->pub.kind = d->kind->key;
    u->pub.doc = doc;
    u->pub.name = json_text(json_getz(doc, d->kind->key));
    u->pub.origin = d->api ? STR("api") : STR("file");
    u->pub.file = d->api ? NULL : file;
    memcpy(u->pub.hash, hash, sizeof u->pub.hash);
    return u;
}

const struct config_unit *config_unit_ref(const struct config_unit *u)
{
    atomic_fetch_add_explicit(&unit_of(u)->life->refs, 1, memory_order_relaxed);
    return u;
}

/* True for the last one. Release and acquire: what other holders did comes before the end. */
static bool drop(atomic_size_t *refs)
{
    size_t before = atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel);
    ZS_ASSERT(before > 0);
    return before == 1;
}

void config_unit_unref(const struct config_unit **up)
{
    if (!*up)
        return;
    struct unit_life *dead = unit_of(*up)->life;
    *up = NULL;
    if (!drop(&dead->refs))
        return;
    dead->next_dead = NULL;
    while (dead) {
        const struct unit *u = dead->unit;
        struct arena *a = dead->arena;
        dead = dead->next_dead;
        for (size_t i = 0; i < u->n_uses; i++) {
            struct unit_life *used = u->uses[i]->life;
            if (drop(&used->refs)) {
                used->next_dead = dead;
                dead = used;
            }
        }
        arena_free(&a);
    }
}

void unit_use(struct config_load *l, const struct config_unit *used)
{
    struct unit *u = l->unit;
    for (size_t i = 0; i < u->n_uses; i++)
        if (&u->uses[i]->pub == used)
            return;
    if (u->n_uses == u->cap_uses) {
        size_t cap = size_max(u->cap_uses * 2, 4);
        const struct unit **grown =
            arena_grow(l->arena, (void *)u->uses, u->cap_uses * sizeof *grown, cap * sizeof *grown);
        if (!grown) {
            l->nomem = true;
            return;
        }
        u->uses = grown;
        u->cap_uses = cap;
    }
    u->uses[u->n_uses++] = unit_of(config_unit_ref(used));
}

/* ---- snapshots ---------------------------------------------------------------------------- */

struct snapshot *snapshot_new(const struct config_env *env)
{
    struct arena *a = arena_new("config", 0, SNAPSHOT_LIMIT);
    struct snapshot *s = a ? arena_make(a, struct snapshot, 1) : NULL;
    if (!s) {
        arena_free(&a);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    s->arena = a;
    s->connector = env->connector;
    s->resolve = env->resolve;
    return s;
}

struct snapshot *snapshot_of(struct config *c)
{
    return ZS_CONTAINER(c, struct snapshot, pub);
}

struct config *config_ref(struct config *c)
{
    atomic_fetch_add_explicit(&snapshot_of(c)->refs, 1, memory_order_relaxed);
    return c;
}

void config_unref(struct config **cp)
{
    if (!*cp)
        return;
    struct snapshot *s = snapshot_of(*cp);
    *cp = NULL;
    if (!drop(&s->refs))
        return;
    for (size_t i = s->pub.n_units; i-- > 0;)
        config_unit_unref(&s->pub.units[i]);
    struct arena *a = s->arena;
    arena_free(&a);
}

/* ---- finding ------------------------------------------------------------------------------ */

static size_t rank(const char *kind)
{
    size_t i = 0;
    while (i < config_n_kinds && strcmp(config_kinds[i].key, kind) != 0)
        i++;
    return i;
}

const struct unit *unit_find(const struct config *c, const char *kind, struct str name)
{
    size_t lo = 0, hi = c->n_units, want = rank(kind);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct config_unit *u = c->units[mid];
        size_t got = rank(u->kind);
        int order = got != want ? (got > want) - (got < want) : str_cmp(u->name, name);
        if (order == 0)
            return unit_of(u);
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const struct config_channel *config_channel(const struct config *c, struct str name)
{
    const struct unit *u = unit_find(c, "channel", name);
    return u ? u->pub.made.channel : NULL;
}

const struct config_integration *config_integration(const struct config *c, struct str name)
{
    const struct unit *u = unit_find(c, "integration", name);
    return u ? u->pub.made.integration : NULL;
}

const struct map *config_map(const struct config *c, struct str name)
{
    const struct unit *u = unit_find(c, "mapping", name);
    return u ? u->pub.made.map : NULL;
}

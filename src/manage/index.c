/*
 * What integrations there are, in memory: a table by name that the loops ask on every call. Tests:
 * index_test.c
 */
#include "manage/manage_int.h"

#include "base/alloc.h"

static const char *const life_names[] = { "initializing", "active", "failed", "paused" };

const char *life_name(enum life l)
{
    return (size_t)l < ZS_COUNT(life_names) ? life_names[l] : "failed";
}

enum life life_parse(struct str name)
{
    for (size_t i = 0; i < ZS_COUNT(life_names); i++)
        if (str_eqz(name, life_names[i]))
            return (enum life)i;
    return LIFE_FAILED;
}

/* Where name is, or would be. */
static size_t place_of(const struct index *x, struct str name, bool *found)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(x->v[mid]->name, name);
        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

static struct entry *find(const struct index *x, struct str id_or_name)
{
    bool found = false;
    if (id_or_name.n == UUID_TEXT_SIZE - 1)
        for (size_t i = 0; i < x->n; i++)
            if (str_eqz(id_or_name, x->v[i]->id))
                return x->v[i];
    size_t at = place_of(x, id_or_name, &found);
    return found ? x->v[at] : NULL;
}

static bool copy_out(const struct entry *en, struct arena *a, struct known *out)
{
    *out = (struct known){ .id = arena_str(a, str_z(en->id)),
                           .name = arena_str(a, en->name),
                           .type = en->type,
                           .life = en->life,
                           .runs = en->runs };
    return !str_is_null(out->id) && !str_is_null(out->name);
}

bool index_find(struct manage *m, struct str id_or_name, struct arena *a, struct known *out)
{
    LOCK_SCOPE(guard, &m->lock);
    const struct entry *en = find(&m->index, id_or_name);
    return en && copy_out(en, a, out);
}

static bool make_room(struct index *x)
{
    if (x->n < x->cap)
        return true;
    size_t cap = size_max(x->cap * 2, 64);
    struct entry **grown = mem_grow(x->v, cap * sizeof(struct entry *));
    if (!grown)
        return false;
    x->v = grown;
    x->cap = cap;
    return true;
}

static struct entry *insert(struct index *x, size_t at, struct str name)
{
    struct entry *en = make_room(x) ? mem_zero(sizeof *en + name.n + 1) : NULL;
    if (!en)
        return NULL;
    char *text = (char *)(en + 1);
    memcpy(text, name.p, name.n);
    en->name = str_of(text, name.n);
    memmove(&x->v[at + 1], &x->v[at], (x->n - at) * sizeof(struct entry *));
    x->v[at] = en;
    x->n++;
    return en;
}

enum rc index_put(struct manage *m, const struct known *k, struct err *e)
{
    LOCK_SCOPE(guard, &m->lock);
    bool found = false;
    size_t at = place_of(&m->index, k->name, &found);
    if (!found && m->index.n >= MANAGE_INTEGRATIONS_MAX)
        return err_set(e, RC_LIMIT, "MNG-015", "there are %d integrations already",
                       MANAGE_INTEGRATIONS_MAX);
    struct entry *en = found ? m->index.v[at] : insert(&m->index, at, k->name);
    if (!en)
        return manage_nomem(e);
    ZS_ASSERT(k->id.n < sizeof en->id);
    memcpy(en->id, k->id.p, k->id.n);
    en->id[k->id.n] = '\0';
    en->type = k->type;
    en->life = k->life;
    en->runs = k->runs;
    return RC_OK;
}

void index_remove(struct manage *m, struct str name)
{
    struct entry *en = NULL;
    mutex_lock(&m->lock);
    bool found = false;
    size_t at = place_of(&m->index, name, &found);
    if (found) {
        en = m->index.v[at];
        m->index.n--;
        memmove(&m->index.v[at], &m->index.v[at + 1], (m->index.n - at) * sizeof(struct entry *));
    }
    mutex_unlock(&m->lock);
    mem_free(en);
}

void index_free(struct manage *m)
{
    for (size_t i = 0; i < m->index.n; i++)
        mem_free(m->index.v[i]);
    mem_free(m->index.v);
    m->index = (struct index){ .n = 0 };
}

static bool fits(const struct entry *en, struct str type, struct str status)
{
    return (type.n == 0 || str_eqz(type, en->type)) &&
           (status.n == 0 || str_eqz(status, life_name(en->life)));
}

size_t index_page(struct manage *m, struct manage_list *list, struct arena *a, struct known *out)
{
    LOCK_SCOPE(guard, &m->lock);
    bool found = false;
    size_t n = 0;
    size_t at = list->after.n ? place_of(&m->index, list->after, &found) : 0;
    list->more = false;
    for (size_t i = at + (found ? 1 : 0); i < m->index.n; i++) {
        if (!fits(m->index.v[i], list->type, list->status))
            continue;
        if (n == list->limit) {
            list->more = true;
            break;
        }
        if (!copy_out(m->index.v[i], a, &out[n++]))
            return SIZE_MAX;
    }
    return n;
}

struct entry *index_at(struct manage *m, size_t i)
{
    return i < m->index.n ? m->index.v[i] : NULL;
}

struct entry *index_entry(struct manage *m, struct str name)
{
    return find(&m->index, name);
}

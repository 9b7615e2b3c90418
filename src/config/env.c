/*
 * ${env:ZARISH_NAME:-default} in any text of a document: what differs from one machine to the
 * next (addresses, ports) without a copy of the file. Secrets have their own references, without
 * a default; those are left alone here. Tests: config_test.c
 */
#include "config/config_int.h"

#define TEXT_MAX 65536

/* One reference at the start of s: its length and parts; false when it is none. */
static bool reference(struct str s, struct str *name, struct str *dflt, size_t *length)
{
    static const struct str open = STR_INIT("${env:");
    if (!str_starts(s, open))
        return false;
    size_t end = str_chr(s, '}', open.n);
    size_t colon = str_find(s, STR(":-"), open.n);
    if (end == SIZE_MAX || colon == SIZE_MAX || colon > end)
        return false;
    *name = str_sub(s, open.n, colon - open.n);
    *dflt = str_sub(s, colon + 2, end - colon - 2);
    *length = end + 1;
    return true;
}

static void expand_text(struct config_load *l, const struct config_doc *d, struct json *node)
{
    struct str text = json_text(node), name, dflt;
    size_t at = str_find(text, STR("${env:"), 0), length = 0;
    bool any = false;
    struct err e;
    struct buf b;
    buf_init_arena(&b, l->arena, TEXT_MAX);
    for (; at != SIZE_MAX; at = str_find(text, STR("${env:"), 0)) {
        buf_str(&b, str_sub(text, 0, at));
        text = str_from(text, at);
        if (!reference(text, &name, &dflt, &length)) {
            length = 1;
            buf_char(&b, text.p[0]);
        } else if (!str_starts(name, STR("ZARISH_"))) {
            config_finding(l, d, node, NULL, "CFG-020", "rename the variable to ZARISH_…",
                           "only variables named ZARISH_… can be used");
            return;
        } else {
            struct str value;
            bool set = config_input(l, d, INPUT_ENV, name, l->arena, &value, &e) == RC_OK;
            buf_str(&b, set ? value : dflt);
            any = true;
        }
        text = str_from(text, length);
    }
    buf_str(&b, text);
    if (any && buf_rc(&b, &e) != RC_OK)
        config_finding(l, d, node, NULL, "CFG-006", NULL, "this text becomes too long");
    else if (any)
        json_retext(node, buf_view(&b));
}

/* The object is known and stored by its name as written; only the engine's is no more than shown.
 */
static bool is_own_name(const struct config_doc *d, const struct json *parent,
                        const struct json *child)
{
    return parent == d->doc && d->kind && d->kind != config_kinds &&
           str_eqz(json_name(child), d->kind->key);
}

static void expand_children(struct config_load *l, const struct config_doc *d,
                            const struct json *parent)
{
    for (struct json *child = json_first(parent); child; child = json_next(parent, child))
        if (json_is(child, JSON_STRING) && !is_own_name(d, parent, child) &&
            str_find(json_text(child), STR("${env:"), 0) != SIZE_MAX)
            expand_text(l, d, child);
}

static bool has_reference(const struct json *doc)
{
    struct json_walk w;
    const struct json *node;
    json_walk_init(&w, doc);
    while (json_walk_next(&w, &node) != JSON_WALK_END)
        if (json_is(node, JSON_STRING) && str_find(json_text(node), STR("${env:"), 0) != SIZE_MAX)
            return true;
    return false;
}

void config_expand(struct config_load *l, struct config_doc *d)
{
    struct json_walk w;
    const struct json *node;
    enum json_walk_event ev;
    struct json *copy = NULL;
    struct err e;
    if (!has_reference(d->doc))
        return;
    if (json_copy(l->arena, d->doc, &copy, &e) != RC_OK) {
        l->nomem = true;
        return;
    }
    d->doc = copy;
    json_walk_init(&w, copy);
    while ((ev = json_walk_next(&w, &node)) != JSON_WALK_END)
        if (ev == JSON_WALK_ENTER)
            expand_children(l, d, node);
}

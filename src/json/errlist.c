/*
 * See errlist.h. Tests: errlist_test.c
 */
#include "json/errlist.h"

#include "json/json_int.h"

void err_list_init(struct err_list *l, struct arena *a, size_t max)
{
    *l = (struct err_list){ .arena = a, .max = size_max(max, 1) };
}

static bool grow(struct err_list *l)
{
    if (l->n < l->cap)
        return true;
    size_t cap = size_min(size_max(l->cap * 2, 8), l->max);
    struct finding *v = arena_grow(l->arena, l->v, l->cap * sizeof *v, cap * sizeof *v);
    if (!v)
        return false;
    l->v = v;
    l->cap = cap;
    return true;
}

void err_list_add(struct err_list *l, const struct finding *f)
{
    if (err_list_full(l)) {
        l->n_more++;
        return;
    }
    struct arena_mark mark = arena_mark(l->arena);
    struct finding own = *f;
    own.path = arena_str(l->arena, f->path);
    own.text = arena_str(l->arena, f->text);
    own.hint = arena_str(l->arena, f->hint);
    bool kept = !str_is_null(own.path) && !str_is_null(own.text) && !str_is_null(own.hint);
    if (!kept || !grow(l)) {
        l->n_more++;
        arena_rewind(l->arena, mark);
        return;
    }
    l->v[l->n++] = own;
}

void err_list_add_err(struct err_list *l, const char *file, const struct err *e, struct str hint)
{
    struct finding f = { .file = file,
                         .pos = e->pos,
                         .line = e->line,
                         .column = e->column,
                         .id = e->id,
                         .path = str_z(e->where),
                         .text = str_z(e->text),
                         .hint = hint };
    err_list_add(l, &f);
}

static bool comes_after(const struct finding *a, const struct finding *b)
{
    int files = str_cmp(str_z(a->file), str_z(b->file));
    return files ? files > 0 : a->pos > b->pos;
}

/* By insertion: it keeps equal ones in order, and the list is short by its ceiling. */
void err_list_sort(struct err_list *l, size_t from)
{
    for (size_t i = from + 1; i < l->n; i++) {
        struct finding f = l->v[i];
        size_t at = i;
        for (; at > from && comes_after(&l->v[at - 1], &f); at--)
            l->v[at] = l->v[at - 1];
        l->v[at] = f;
    }
}

static void print_one(const struct finding *f, struct buf *b)
{
    if (f->file) {
        buf_z(b, f->file);
        buf_char(b, ':');
    }
    if (f->line) {
        buf_u64(b, f->line);
        buf_char(b, ':');
        buf_u64(b, f->column);
        buf_char(b, ':');
    }
    if (f->file || f->line)
        buf_char(b, ' ');
    if (f->path.n) {
        buf_str(b, f->path);
        buf_z(b, ": ");
    }
    buf_str(b, f->text);
    if (f->hint.n) {
        buf_z(b, " (");
        buf_str(b, f->hint);
        buf_char(b, ')');
    }
    buf_z(b, " [");
    buf_z(b, f->id);
    buf_z(b, "]\n");
}

void err_list_print(const struct err_list *l, struct buf *b)
{
    for (size_t i = 0; i < l->n; i++)
        print_one(&l->v[i], b);
    if (l->n_more)
        buf_fmt(b, "\xe2\x80\xa6 and %zu more\n", l->n_more);
}

void err_list_json(const struct err_list *l, struct jw *w)
{
    jw_array(w);
    for (size_t i = 0; i < l->n; i++) {
        const struct finding *f = &l->v[i];
        jw_object(w);
        if (f->file)
            jw_kstrz(w, "file", f->file);
        if (f->line) {
            jw_ku64(w, "line", f->line);
            jw_ku64(w, "column", f->column);
        }
        if (f->path.n)
            jw_kstr(w, "path", f->path);
        jw_kstrz(w, "code", f->id);
        jw_kstr(w, "message", f->text);
        if (f->hint.n)
            jw_kstr(w, "hint", f->hint);
        jw_end(w);
    }
    jw_end(w);
}

enum rc err_list_rc(const struct err_list *l, struct err *e)
{
    if (!err_list_any(l))
        return RC_OK;
    if (l->n == 0)
        return json_no_memory(e);
    const struct finding *f = &l->v[0];
    (void)err_set_at(e, RC_VALUE, f->id, f->pos, "%.*s", STR_ARG(f->text));
    err_where(e, "%.*s", STR_ARG(f->path));
    if (e) {
        e->line = f->line;
        e->column = f->column;
    }
    return RC_VALUE;
}

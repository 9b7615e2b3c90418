/*
 * The reference page of option tables, and the check of the tables themselves.
 * Tests: opt_schema_test.c
 */
#include "json/opt_int.h"

/* --- reference --- */

/* Text in a Markdown table: a bar would end the cell. */
static void put_cell(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_char(b, '\\');
        buf_char(b, *text == '\n' ? ' ' : *text);
    }
}

static void put_link(struct buf *b, const struct opt_table *t)
{
    buf_fmt(b, "[%s](#%s)", t->name, t->name);
}

static void put_names(struct buf *b, const struct opt_def *def)
{
    buf_z(b, "one of ");
    for (size_t i = 0; def->names[i]; i++) {
        buf_z(b, i ? ", `" : "`");
        buf_z(b, def->names[i]);
        buf_char(b, '`');
    }
}

static void put_variants(struct buf *b, const struct opt_def *def)
{
    buf_fmt(b, "object, by its `%s`: ", def->variants->tag);
    for (size_t i = 0; i < def->variants->n; i++) {
        if (i)
            buf_z(b, ", ");
        buf_fmt(b, "`%s` ", def->variants->v[i].name);
        put_link(b, def->variants->v[i].table);
    }
}

static void put_kind(struct buf *b, const struct opt_def *def)
{
    static const char *const words[] = {
        [OPT_STR] = "text",
        [OPT_BOOL] = "`true` or `false`",
        [OPT_INT] = "whole number",
        [OPT_SIZE] = "size (bytes, or `64k`)",
        [OPT_MS] = "duration (milliseconds, or `5s`)",
        [OPT_ENUM] = NULL,
        [OPT_STRS] = "list of texts",
        [OPT_MAP] = "names with texts",
        [OPT_OBJ] = "object ",
        [OPT_OBJS] = "list of ",
        [OPT_CHOICE] = NULL,
        [OPT_JSON] = "anything",
        [OPT_SECRET] = "reference to a secret",
    };
    if (def->kind == OPT_MS && (def->flags & OPT_SECONDS))
        buf_z(b, "duration (seconds, or `1h`)");
    else if (def->kind == OPT_ENUM)
        put_names(b, def);
    else if (def->kind == OPT_CHOICE)
        put_variants(b, def);
    else
        buf_z(b, words[def->kind]);
    if (def->sub)
        put_link(b, def->sub);
    if (def->flags & OPT_WORDS)
        buf_z(b, ", or one text with spaces between");
    if (def->sub && def->flags & OPT_SHORT)
        buf_fmt(b, ", or its `%s` alone", def->sub->def[0].name);
    if (def->min != 0 || def->max != 0) {
        static const char *const units[] = { [OPT_STR] = " bytes",
                                             [OPT_STRS] = " items",
                                             [OPT_MAP] = " entries",
                                             [OPT_OBJS] = " items",
                                             [OPT_SECRET] = NULL };
        buf_z(b, ", ");
        opt_range_text(def, b);
        buf_z(b, units[def->kind] ? units[def->kind] : "");
    }
}

static void put_row(struct buf *b, const struct opt_def *def)
{
    buf_fmt(b, "| `%s` | ", def->name);
    put_kind(b, def);
    buf_z(b, " | ");
    if (def->dflt && def->kind != OPT_OBJ) {
        buf_char(b, '`');
        put_cell(b, def->dflt);
        buf_char(b, '`');
    } else if (def->flags & OPT_REQUIRED) {
        buf_z(b, "required");
    }
    buf_z(b, " | ");
    put_cell(b, def->doc ? def->doc : "");
    buf_z(b, " |\n");
}

static void put_table(struct buf *b, const struct opt_table *t)
{
    buf_fmt(b, "## %s\n\n", t->name);
    if (t->doc)
        buf_fmt(b, "%s\n\n", t->doc);
    if (t->n == 0) {
        buf_z(b, "No keys of its own.\n");
        return;
    }
    buf_z(b, "| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < t->n; i++)
        put_row(b, &t->def[i]);
}

/* Was this table met before, perhaps as another variant? */
static bool is_repeat(const struct opt_reached *list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (list[k].table == list[i].table)
            return true;
    return false;
}

void opt_markdown(const struct opt_table *t, struct buf *b)
{
    struct opt_reached list[OPT_TABLES_MAX];
    size_t n = 1;
    list[0] = (struct opt_reached){ .table = t };
    for (size_t i = 0; i < n; i++) {
        n = opt_reach(list, n, list[i].table);
        if (is_repeat(list, i))
            continue;
        if (i)
            buf_char(b, '\n');
        put_table(b, list[i].table);
    }
}

/* --- the tables themselves --- */

static const char *fault_of_place(const struct opt_table *t, const struct opt_def *def)
{
    size_t size = opt_kind_size(def->kind);
    if (size == 0)
        return "has no kind";
    if (def->at > t->size || size > t->size - def->at)
        return "lies outside its struct";
    return def->seen > t->size ? "is noted outside its struct" : NULL;
}

/* Each kind has what it needs, and nothing that it does not look at. */
static const char *fault_of_parts(const struct opt_def *def)
{
    bool names = def->names && def->names[0];
    bool variants = def->variants && def->variants->tag && def->variants->n;
    if (names != (def->kind == OPT_ENUM))
        return "needs names exactly if it is one of several";
    if ((def->sub != NULL) != (def->kind == OPT_OBJ || def->kind == OPT_OBJS))
        return "needs a table exactly if it is an object or a list of them";
    if (variants != (def->kind == OPT_CHOICE))
        return "needs variants exactly if it is a choice";
    if (((def->flags & OPT_SECONDS) && def->kind != OPT_MS) ||
        ((def->flags & OPT_WORDS) && def->kind != OPT_STRS) ||
        ((def->flags & OPT_SHORT) && def->kind != OPT_OBJ))
        return "has a flag of another kind";
    return NULL;
}

static const char *fault_of_words(const struct opt_def *def)
{
    if (!def->doc || !def->doc[0])
        return "has no description";
    if (def->dflt && (def->flags & OPT_REQUIRED))
        return "is required and has a default";
    return NULL;
}

static const char *fault_of_default(const struct opt_table *t, const struct opt_def *def,
                                    struct arena *scratch)
{
    struct err_list ignored = { .max = 0 };
    const struct opt_read r = { .arena = scratch, .errs = &ignored };
    struct opt_reading reading = { .r = &r };
    const struct opt_task task = { .table = t };
    union {
        struct opt_list list; /* the members are no larger than this and no stricter aligned */
        struct opt_choice choice;
        struct opt_secret secret;
        uint64_t number;
    } to = { 0 };
    const struct opt_value o = { .reading = &reading, .task = &task, .def = def, .to = &to };
    if (def->dflt && !opt_read_default(&o))
        return "has a default that cannot be read or is out of range";
    return NULL;
}

static bool is_twice(const struct opt_table *t, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eqz(str_z(t->def[k].name), t->def[i].name))
            return true;
    return false;
}

static const char *fault_of_row(const struct opt_table *t, size_t i, struct arena *scratch)
{
    const struct opt_def *def = &t->def[i];
    const char *fault = def->name ? fault_of_place(t, def) : "has no name";
    if (!fault)
        fault = fault_of_parts(def);
    if (!fault)
        fault = fault_of_words(def);
    if (!fault && is_twice(t, i))
        fault = "stands there twice";
    return fault ? fault : fault_of_default(t, def, scratch);
}

static enum rc check_one(const struct opt_table *t, struct arena *scratch, struct err *e)
{
    for (size_t i = 0; i < t->n; i++) {
        const char *name = t->def[i].name;
        const char *fault = fault_of_row(t, i, scratch);
        if (fault)
            return err_set(e, RC_BUG, "OPT-090", "option table %s: %s %s", t->name,
                           name ? name : "an option", fault);
    }
    return RC_OK;
}

enum rc opt_check_table(const struct opt_table *t, struct arena *scratch, struct err *e)
{
    struct opt_reached list[OPT_TABLES_MAX];
    size_t n = 1;
    list[0] = (struct opt_reached){ .table = t };
    for (size_t i = 0; i < n; i++) {
        enum rc rc = check_one(list[i].table, scratch, e);
        if (rc)
            return rc;
        n = opt_reach(list, n, list[i].table);
    }
    return RC_OK;
}

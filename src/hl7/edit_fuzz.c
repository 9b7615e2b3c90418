/*
 * Edits: the first line is a list of paths and values, the rest the message. A value that was set
 * as text is read back as that text; what was deleted is gone or empty; the result is a message.
 */
#include "hl7/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str now(const struct hl7_edit *ed, struct arena *a)
{
    struct buf b;
    struct err e;
    buf_init_arena(&b, a, (size_t)4 << 20);
    ZS_ASSERT(hl7_edit_write(ed, &b, &e) == RC_OK);
    ZS_ASSERT(b.n == hl7_edit_size(ed));
    return buf_view(&b);
}

static struct hl7_value at(struct str bytes, const struct hl7_path *p, struct arena *a,
                           const struct hl7_msg **m)
{
    struct hl7_path one = *p;
    struct err e;
    if (one.occ == 0)
        one.occ = 1;
    if (hl7_parse(bytes, NULL, a, m, &e) != RC_OK)
        return HL7_NO_VALUE;
    return hl7_get(*m, &one);
}

static void set_and_look(struct hl7_edit *ed, const struct hl7_path *p, struct str value,
                         struct arena *a)
{
    struct err e;
    struct str before = now(ed, a);
    enum rc rc = hl7_edit_set(ed, p, value, HL7_TEXT, &e);
    struct str after = now(ed, a);
    if (rc != RC_OK) {
        ZS_ASSERT(str_eq(before, after));
        return;
    }
    const struct hl7_msg *m = NULL;
    struct str text;
    struct hl7_value v = at(after, p, a, &m);
    if (!m || !hl7_delims_are_sane(m->delims) || v.presence != HL7_VALUED)
        return;
    if (hl7_text(m, v, a, &text, &e) == RC_OK)
        ZS_ASSERT(str_eq(text, value));
}

static void delete_and_look(struct hl7_edit *ed, const struct hl7_path *p, struct arena *a)
{
    struct err e;
    struct str before = now(ed, a);
    enum rc rc = hl7_edit_delete(ed, p, &e);
    struct str after = now(ed, a);
    ZS_ASSERT(rc == RC_OK ? after.n <= before.n : str_eq(before, after));
}

/* "PATH=VALUE", or "PATH" to delete. Printable ASCII only, so that sets do not come into it. */
static void one_edit(struct hl7_edit *ed, struct str word, struct arena *a)
{
    struct hl7_path p;
    struct err e;
    size_t eq = str_chr(word, '=', 0);
    if (hl7_path_parse(str_sub(word, 0, eq), &p, &e) != RC_OK)
        return;
    if (eq == SIZE_MAX) {
        delete_and_look(ed, &p, a);
        return;
    }
    struct str value = str_from(word, eq + 1);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < ' ' || value.p[i] > '~')
            return;
    set_and_look(ed, &p, value, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    size_t line = str_chr(in, '\n', 0);
    struct arena *a = arena_new("fuzz", 0, (size_t)64 << 20);
    const struct hl7_msg *m = NULL;
    struct hl7_edit *ed = NULL;
    struct err e;
    ZS_ASSERT(a != NULL);
    if (line != SIZE_MAX && size < 4096 &&
        hl7_parse(str_from(in, line + 1), NULL, a, &m, &e) == RC_OK &&
        hl7_edit_new(m, a, &ed, &e) == RC_OK) {
        struct str words = str_sub(in, 0, line);
        struct str word;
        for (size_t i = 0; i < 8 && str_split(&words, ' ', &word); i++)
            one_edit(ed, word, a);
    }
    arena_free(&a);
    return 0;
}

/*
 * A value as UTF-8 text: escapes, then the character set. Nearly all text is ASCII and leaves on
 * the first look. A converter is opened for each value that needs one; only sets other than UTF-8
 * do. Tests: text_test.c
 */
#include "hl7/text_int.h"

#include "base/utf8.h"
#include "hl7/escape.h"
#include "hl7/scan.h"

/* A separator of its own level or a lower one stands in it: it is not a leaf. */
static bool has_structure(struct hl7_delims d, struct str raw)
{
    return (d.comp && str_chr(raw, d.comp, 0) != SIZE_MAX) ||
           (d.rep && str_chr(raw, d.rep, 0) != SIZE_MAX) ||
           (d.sub && str_chr(raw, d.sub, 0) != SIZE_MAX);
}

/* A wide set would not have been read as a message, ASCII says nothing about other bytes. */
const char *text_label_set(struct str label)
{
    static const char *const no_help[] = { "US-ASCII", "UTF-16", "UTF-32" };
    const char *name = charset_of_hl7(label);
    for (size_t i = 0; name && i < ZS_COUNT(no_help); i++)
        if (str_eqz(str_z(name), no_help[i]))
            return NULL;
    return name;
}

/* The set that MSH-18 decides; NULL when the bytes have to show it, as for UTF-8, which may lie. */
static const char *named_set(const struct hl7_msg *m)
{
    struct hl7_value v = hl7_header(m, 18, 0);
    const char *name = v.presence == HL7_VALUED ? text_label_set(v.raw) : NULL;
    return name && str_eqz(STR("UTF-8"), name) ? NULL : name;
}

const char *hl7_charset(const struct hl7_msg *m)
{
    const char *name = named_set(m);
    if (name)
        return name;
    return utf8_is_valid(m->bytes, NULL) ? "UTF-8" : m->fallback;
}

static enum rc no_room(struct err *e)
{
    return err_set(e, RC_NOMEM, "HL7-005", "the memory set aside for one message is used up");
}

static enum rc convert(struct str in, const char *set, struct arena *a, struct str *out,
                       struct err *e)
{
    struct charset *cs = NULL;
    struct buf b;
    buf_init_arena(&b, a, SIZE_MAX);
    enum rc rc = charset_open(str_z(set), &cs, NULL);
    if (rc == RC_OK)
        rc = charset_decode(cs, in, CHARSET_FALLBACK, &b, NULL, NULL);
    charset_free(&cs);
    if (rc != RC_OK)
        return no_room(e);
    *out = buf_view(&b);
    return RC_OK;
}

enum rc hl7_text(const struct hl7_msg *m, struct hl7_value v, struct arena *a, struct str *out,
                 struct err *e)
{
    if (v.presence != HL7_VALUED) {
        *out = STR("");
        return RC_OK;
    }
    struct str text = v.raw;
    if (!v.literal && m->delims.esc != 0 && scan_one(text.p, text.n, m->delims.esc) < text.n &&
        !has_structure(m->delims, text)) {
        enum rc rc = hl7_unescape(v.raw, m->delims, a, &text, e);
        if (rc != RC_OK)
            return rc;
    }
    if (utf8_ascii_run(text) < text.n) {
        const char *set = named_set(m);
        if (set || !utf8_is_valid(text, NULL))
            return convert(text, set ? set : m->fallback, a, out, e);
    }
    *out = text;
    return RC_OK;
}

enum rc text_to_set(struct str text, const char *set, enum charset_policy policy, struct arena *a,
                    struct str *out, struct err *e)
{
    if (utf8_ascii_run(text) == text.n || str_eqz(STR("UTF-8"), set)) {
        *out = text;
        return RC_OK;
    }
    struct charset *cs = NULL;
    struct buf b;
    struct err why = { 0 };
    buf_init_arena(&b, a, SIZE_MAX);
    enum rc rc = charset_open(str_z(set), &cs, &why);
    if (rc == RC_OK)
        rc = charset_encode(cs, text, policy, &b, NULL, &why);
    charset_free(&cs);
    if (rc == RC_NOMEM || rc == RC_LIMIT)
        return no_room(e);
    if (rc != RC_OK)
        return err_set_at(e, RC_VALUE, "HL7-024", why.pos,
                          "the value has a character that the message's set %s does not have", set);
    *out = buf_view(&b);
    return RC_OK;
}

enum rc hl7_to_charset(struct str text, const char *set, struct arena *a, struct str *out,
                       struct err *e)
{
    return text_to_set(text, set, CHARSET_REJECT, a, out, e);
}

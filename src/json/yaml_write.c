/*
 * Writing YAML. Texts in quotes are double-quoted with JSON's escapes, which YAML shares; what
 * YAML's reader takes for a line break or refuses in the open is escaped too. Tests:
 * yaml_write_test.c, yaml_fuzz.c
 */
#include "json/yaml_write.h"

#include "base/utf8.h"
#include "json/yaml_int.h"

#define NAME_MAX 1000 /* YAML 1.2.2, 7.4.2: a simple key has at most 1024 characters */

/* ---- texts -------------------------------------------------------------------------------- */

/* Words of YAML 1.1, which other readers still know. */
static const char *const old_words[] = { "y", "n", "yes", "no", "on", "off" };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_open_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || (c != '\0' && strchr("_-./+ @()%=;~$^", c));
}

/* Begins like a word or a path, and holds nothing that means something to YAML. */
static bool is_plain(struct str s)
{
    char scratch[64];
    struct buf number = { .p = scratch, .cap = sizeof scratch, .max = sizeof scratch };
    if (s.n == 0 || s.p[s.n - 1] == ' ' || !(is_letter(s.p[0]) || s.p[0] == '/' || s.p[0] == '_'))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool inner_colon = s.p[i] == ':' && i + 1 < s.n && s.p[i + 1] != ' ';
        if (!is_open_char(s.p[i]) && !inner_colon)
            return false;
    }
    for (size_t i = 0; i < ZS_COUNT(old_words); i++)
        if (str_ieq(s, str_z(old_words[i])))
            return false;
    return yaml_plain(s, &number) == YAML_IS_TEXT;
}

/* Of control characters, DEL, C1, the line and paragraph separators, the byte order mark, and what
 * is no character. */
static bool must_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

static void put_escaped(struct buf *b, uint32_t c)
{
    static const char shorts[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
    };
    if (c < sizeof shorts && shorts[c]) {
        buf_char(b, '\\');
        buf_char(b, shorts[c]);
    } else {
        buf_fmt(b, "\\u%04x", c);
    }
}

static enum rc put_quoted(struct buf *b, struct str s, struct err *e)
{
    buf_char(b, '"');
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = utf8_next(s, &at);
        if (c == UTF8_BAD)
            return err_set_at(e, RC_VALUE, "JSON-014", from, "a text is not UTF-8");
        if (must_escape(c))
            put_escaped(b, c);
        else if (c == '"' || c == '\\')
            buf_fmt(b, "\\%c", (char)c);
        else
            buf_add(b, s.p + from, at - from);
    }
    buf_char(b, '"');
    return RC_OK;
}

static enum rc put_text(struct buf *b, struct str s, struct err *e)
{
    if (!is_plain(s))
        return put_quoted(b, s, e);
    buf_str(b, s);
    return RC_OK;
}

static enum rc put_name(struct buf *b, struct str name, struct err *e)
{
    size_t from = b->n;
    enum rc rc = put_text(b, name, e);
    if (rc == RC_OK && b->n - from > NAME_MAX)
        return err_set(e, RC_LIMIT, "YAML-011", "a name has more than %d bytes", NAME_MAX);
    buf_char(b, ':');
    return rc;
}

/* A scalar, or a container that is empty. */
static enum rc put_leaf(struct buf *b, const struct json *v, struct err *e)
{
    if (json_is(v, JSON_STRING))
        return put_text(b, json_text(v), e);
    return json_write(b, v, JSON_COMPACT, e);
}

/* ---- the document ------------------------------------------------------------------------- */

struct yaml_writer {
    struct buf *b;
    unsigned depth; /* containers open */
    bool behind;    /* a dash stands on this line already, and its item begins there */
    bool array[JSON_DEPTH_MAX];
};

/* What stands before a value: the line's indentation, and its name or dash. */
static enum rc put_place(struct yaml_writer *y, const struct json *v, bool more, struct err *e)
{
    if (y->depth == 0)
        return RC_OK;
    if (!y->behind)
        buf_fill(y->b, ' ', (size_t)2 * (y->depth - 1));
    y->behind = false;
    if (y->array[y->depth - 1]) {
        buf_z(y->b, "- ");
        y->behind = more;
        return RC_OK;
    }
    enum rc rc = put_name(y->b, json_name(v), e);
    buf_char(y->b, more ? '\n' : ' ');
    return rc;
}

static enum rc put_node(struct yaml_writer *y, enum json_walk_event ev, const struct json *v,
                        struct err *e)
{
    bool open = ev == JSON_WALK_ENTER && json_count(v) > 0;
    enum rc rc = put_place(y, v, open, e);
    if (rc == RC_OK && !open) {
        rc = put_leaf(y->b, v, e);
        buf_char(y->b, '\n');
    }
    if (ev == JSON_WALK_ENTER)
        y->array[y->depth++] = json_is(v, JSON_ARRAY);
    return rc;
}

enum rc yaml_write(struct buf *b, const struct json *v, struct err *e)
{
    struct yaml_writer y = { .b = b };
    struct json_walk w;
    const struct json *node = NULL;
    enum json_walk_event ev;
    enum rc rc = RC_OK;
    json_walk_init(&w, v);
    while (rc == RC_OK && (ev = json_walk_next(&w, &node)) != JSON_WALK_END) {
        if (ev == JSON_WALK_DEEP)
            return err_set(e, RC_LIMIT, "JSON-021", "nested deeper than %d levels", JSON_DEPTH_MAX);
        if (ev == JSON_WALK_LEAVE)
            y.depth--;
        else
            rc = put_node(&y, ev, node, e);
    }
    return rc == RC_OK ? buf_rc(b, e) : rc;
}

/*
 * libyaml's events into the document model, with an explicit stack. Tests: yaml_test.c;
 * yaml_fuzz.c
 */
#include "json/yaml.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "json/json_int.h"
#include "json/path.h"
#include "json/yaml_int.h"

#include <yaml.h>

const struct json_limits yaml_default_limits = {
    .bytes = 4 << 20, .depth = 64, .nodes = 1 << 20, .dup = JSON_DUP_REJECT
};

struct anchor {
    struct str name;
    const struct json *node;
};

struct frame {
    struct json *box;
    struct str name; /* of the member whose value comes next; null while a name comes next */
    uint32_t name_pos;
};

struct loader {
    struct str in;  /* what libyaml reads: behind a byte order mark */
    size_t skipped; /* bytes of that mark */
    size_t at_char; /* libyaml counts characters: where the last one asked for ... */
    size_t at_byte; /* ... starts */
    const struct json_limits *limits;
    struct arena *a;
    struct err *e;
    struct json *docs;
    struct json *top; /* of the document being read */
    uint32_t n_nodes;
    uint32_t n_copied;
    unsigned depth;
    struct frame frame[JSON_DEPTH_MAX];
    struct anchor anchor[YAML_ANCHORS_MAX];
    size_t n_anchors;
    yaml_parser_t parser;
};

/* --- errors --- */

static enum rc at_pos(struct loader *l, size_t pos, enum rc rc)
{
    if (!l->e)
        return rc;
    l->e->pos = pos;
    json_place(str_of(l->in.p - l->skipped, l->in.n + l->skipped), pos, &l->e->line, &l->e->column);
    char text[256];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    for (unsigned i = 0; i < l->depth; i++) {
        const struct frame *f = &l->frame[i];
        bool innermost = i + 1 == l->depth;
        struct str name = innermost ? f->name : json_name(f->box->last);
        if (f->box->type == JSON_ARRAY)
            json_path_add_index(&b, innermost ? f->box->n : f->box->n - 1);
        else if (!str_is_null(name))
            json_path_add_name(&b, name);
    }
    err_where(l->e, "%.*s", STR_ARG(buf_view(&b)));
    return rc;
}

static size_t byte_pos(struct loader *l, const yaml_mark_t *mark)
{
    if (mark->index < l->at_char) {
        l->at_char = 0;
        l->at_byte = 0;
    }
    l->at_byte += utf8_offset(str_from(l->in, l->at_byte), mark->index - l->at_char);
    l->at_char = mark->index;
    return l->at_byte + l->skipped;
}

static enum rc refuse(struct loader *l, const yaml_mark_t *mark, const char *id, const char *text)
{
    return at_pos(l, byte_pos(l, mark), err_set(l->e, RC_VALUE, id, "%s", text));
}

/* libyaml's words, and what a person can do about it. */
static const struct problem {
    enum { AT_PROBLEM, AT_START } at; /* START: of the thing that is not right */
    const char *theirs, *ours;
} problems[] = {
    { AT_PROBLEM, "mapping values are not allowed in this context",
      "a second \"name:\" on one line, or wrong indentation; quote a text that holds \": \"" },
    { AT_PROBLEM, "did not find expected key",
      "a \"name:\" of this object should stand here: check the indentation, and quotes left open" },
    { AT_START, "could not find expected ':'",
      "a colon is missing behind a name, or a text that goes on here is not indented" },
    { AT_PROBLEM, "did not find expected '-' indicator",
      "the next \"- \" of this list should stand here: check the indentation" },
    { AT_PROBLEM, "found character that cannot start any token",
      "this character cannot start a value: indent with spaces, not tabs; quote texts that begin "
      "with @, `, % or a tab" },
    { AT_PROBLEM, "did not find expected ',' or ']'", "a comma or ] should stand here" },
    { AT_PROBLEM, "did not find expected ',' or '}'", "a comma or } should stand here" },
    { AT_PROBLEM, "block sequence entries are not allowed in this context",
      "a list cannot start here: put \"- \" on its own line" },
    { AT_START, "found unexpected end of stream",
      "the file ends inside a text: a closing quote is missing" },
    { AT_PROBLEM, "found unknown escape character",
      "unknown escape: in double quotes write \\\\ for a backslash, or use single quotes" },
    { AT_PROBLEM, "did not find expected node content", "a value should stand here" },
    { AT_PROBLEM, "did not find expected <document start>",
      "this does not belong to the document above: check the indentation, or begin with ---" },
    { AT_PROBLEM, "found a tab character where an indentation space is expected",
      "indent with spaces, not with a tab" },
    { AT_PROBLEM, "found undefined tag handle", "tags (!…) are not taken here" },
    { AT_PROBLEM, "found incompatible YAML document", "only YAML 1.2 is read here" },
};

static struct problem in_our_words(const char *problem)
{
    for (size_t i = 0; i < ZS_COUNT(problems); i++)
        if (problem && strcmp(problem, problems[i].theirs) == 0)
            return problems[i];
    return (struct problem){ .ours = problem ? problem : "this is not YAML" };
}

static enum rc parser_error(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return json_no_memory(l->e);
    struct problem problem = in_our_words(p->problem);
    enum rc rc = err_set(l->e, RC_SYNTAX, "YAML-001", "%s", problem.ours);
    /* the reader counts bytes, everything else characters */
    size_t pos = p->error == YAML_READER_ERROR
                     ? p->problem_offset + l->skipped
                     : byte_pos(l, problem.at == AT_START ? &p->context_mark : &p->problem_mark);
    return at_pos(l, size_min(pos, l->in.n + l->skipped), rc);
}

/* --- nodes --- */

static enum rc new_node(struct loader *l, enum json_type type, size_t pos, struct json **out)
{
    if (l->n_nodes == l->limits->nodes)
        return err_never_ok(
            at_pos(l, pos, err_set(l->e, RC_LIMIT, "JSON-023", "more values than allowed")));
    struct json *v = arena_make(l->a, struct json, 1);
    if (!v)
        return json_no_memory(l->e);
    l->n_nodes++;
    v->type = (uint8_t)type;
    v->pos = (uint32_t)pos;
    v->name_pos = JSON_NO_POS;
    *out = v;
    return RC_OK;
}

/* Give a value its place: under the name that came before, in the list, or as the document. */
static void place(struct loader *l, struct json *v)
{
    if (l->depth == 0) {
        l->top = v;
        return;
    }
    struct frame *f = &l->frame[l->depth - 1];
    if (f->box->type == JSON_OBJECT) {
        v->name = f->name.p;
        v->name_n = (uint16_t)f->name.n;
        v->name_pos = f->name_pos;
        f->name = STR_NULL;
    }
    json_link(f->box, v);
}

static enum rc set_anchor(struct loader *l, const yaml_char_t *name, const struct json *v,
                          const yaml_mark_t *mark)
{
    if (!name)
        return RC_OK;
    if (l->n_anchors == YAML_ANCHORS_MAX)
        return at_pos(
            l, byte_pos(l, mark),
            err_set(l->e, RC_LIMIT, "YAML-010", "more than %d anchors", YAML_ANCHORS_MAX));
    struct str kept = arena_str(l->a, str_z((const char *)name));
    if (str_is_null(kept))
        return json_no_memory(l->e);
    l->anchor[l->n_anchors++] = (struct anchor){ kept, v };
    return RC_OK;
}

/* --- names --- */

static bool wants_name(const struct loader *l)
{
    return l->depth > 0 && l->frame[l->depth - 1].box->type == JSON_OBJECT &&
           str_is_null(l->frame[l->depth - 1].name);
}

static enum rc take_name(struct loader *l, const yaml_event_t *ev)
{
    struct str text = str_of((const char *)ev->data.scalar.value, ev->data.scalar.length);
    bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && str_eq(text, STR("<<")))
        return refuse(l, &ev->start_mark, "YAML-003",
                      "merge keys (<<) are not part of YAML 1.2: write the members out");
    if (plain && text.n == 0)
        return refuse(l, &ev->start_mark, "YAML-004", "a name should stand before the colon");
    size_t pos = byte_pos(l, &ev->start_mark);
    if (text.n > UINT16_MAX)
        return at_pos(l, pos, err_set(l->e, RC_LIMIT, "JSON-022", "a name over 65,535 bytes"));
    struct frame *f = &l->frame[l->depth - 1];
    f->name = arena_str(l->a, text);
    f->name_pos = (uint32_t)pos;
    return str_is_null(f->name) ? json_no_memory(l->e) : RC_OK;
}

/* --- events --- */

static enum rc plain_value(struct loader *l, struct str text, const yaml_mark_t *mark,
                           struct json *v)
{
    struct buf number;
    buf_init_arena(&number, l->a, text.n + 32);
    switch (yaml_plain(text, &number)) {
    case YAML_IS_NULL: v->type = JSON_NULL; return RC_OK;
    case YAML_IS_TRUE:
    case YAML_IS_FALSE:
        v->type = JSON_BOOL;
        v->n = yaml_plain(text, &number) == YAML_IS_TRUE;
        return RC_OK;
    case YAML_IS_NUMBER:
        if (number.failed)
            return json_no_memory(l->e);
        v->type = JSON_NUMBER;
        v->text = number.p;
        v->n = (uint32_t)number.n;
        return RC_OK;
    case YAML_LEADING_ZERO:
        return refuse(l, mark, "YAML-006",
                      "a number with a leading zero: quote it if it is a text, else drop the zero");
    case YAML_NO_JSON:
        return refuse(l, mark, "YAML-007",
                      "this number has no form in JSON: quote it if it is a text");
    case YAML_IS_TEXT:
    default: return RC_OK;
    }
}

static enum rc on_scalar(struct loader *l, const yaml_event_t *ev)
{
    if (ev->data.scalar.tag)
        return refuse(l, &ev->start_mark, "YAML-002", "tags (!…) are not taken here");
    if (wants_name(l))
        return take_name(l, ev);
    struct str text = str_of((const char *)ev->data.scalar.value, ev->data.scalar.length);
    struct json *v = NULL;
    enum rc rc = new_node(l, JSON_STRING, byte_pos(l, &ev->start_mark), &v);
    if (rc)
        return rc;
    if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        rc = plain_value(l, text, &ev->start_mark, v);
    if (!rc && v->type == JSON_STRING) {
        v->text = arena_str(l->a, text).p;
        v->n = (uint32_t)text.n;
        rc = v->text ? RC_OK : json_no_memory(l->e);
    }
    if (rc)
        return rc;
    place(l, v);
    return set_anchor(l, ev->data.scalar.anchor, v, &ev->start_mark);
}

static enum rc on_open(struct loader *l, const yaml_event_t *ev, enum json_type type,
                       const yaml_char_t *tag, const yaml_char_t *anchor)
{
    size_t pos = byte_pos(l, &ev->start_mark);
    if (tag)
        return refuse(l, &ev->start_mark, "YAML-002", "tags (!…) are not taken here");
    if (wants_name(l))
        return refuse(l, &ev->start_mark, "YAML-005",
                      "a name must be a text, not a list or object");
    if (l->depth == size_min(l->limits->depth, JSON_DEPTH_MAX))
        return at_pos(l, pos, err_set(l->e, RC_LIMIT, "JSON-021", "nested deeper than allowed"));
    struct json *v = NULL;
    enum rc rc = new_node(l, type, pos, &v);
    if (rc)
        return rc;
    place(l, v);
    l->frame[l->depth++] = (struct frame){ .box = v };
    return set_anchor(l, anchor, v, &ev->start_mark);
}

static enum rc on_sequence(struct loader *l, const yaml_event_t *ev)
{
    return on_open(l, ev, JSON_ARRAY, ev->data.sequence_start.tag, ev->data.sequence_start.anchor);
}

static enum rc on_mapping(struct loader *l, const yaml_event_t *ev)
{
    return on_open(l, ev, JSON_OBJECT, ev->data.mapping_start.tag, ev->data.mapping_start.anchor);
}

static enum rc on_close(struct loader *l, const yaml_event_t *ev)
{
    (void)ev;
    struct frame *f = &l->frame[l->depth - 1];
    const struct json *second = NULL;
    if (f->box->type == JSON_OBJECT && f->box->n > 1 &&
        json_dup_check(f->box, JSON_DUP_REJECT, l->a, &second) != RC_OK)
        return json_no_memory(l->e);
    f->name = json_name(second);
    l->depth -= !second;
    if (second)
        return at_pos(
            l, second->name_pos,
            err_set(l->e, RC_VALUE, "JSON-010", "the name was used before in this object"));
    return RC_OK;
}

static const struct json *find_anchor(const struct loader *l, struct str name)
{
    for (size_t i = l->n_anchors; i-- > 0;)
        if (str_eq(l->anchor[i].name, name))
            return l->anchor[i].node;
    return NULL;
}

static bool is_open(const struct loader *l, const struct json *v)
{
    for (unsigned i = 0; i < l->depth; i++)
        if (l->frame[i].box == v)
            return true;
    return false;
}

/* Values in a tree, and its levels; stops counting at `most`. */
static uint32_t measure(const struct json *v, uint32_t most, unsigned *levels)
{
    struct json_walk w;
    const struct json *node = NULL;
    uint32_t n = 0;
    *levels = 0;
    json_walk_init(&w, v);
    for (enum json_walk_event ev = json_walk_next(&w, &node); ev && n <= most;
         ev = json_walk_next(&w, &node)) {
        n += ev != JSON_WALK_LEAVE;
        *levels = w.depth > *levels ? w.depth : *levels;
    }
    return n;
}

static enum rc on_alias(struct loader *l, const yaml_event_t *ev)
{
    size_t pos = byte_pos(l, &ev->start_mark);
    const struct json *v = find_anchor(l, str_z((const char *)ev->data.alias.anchor));
    if (!v || is_open(l, v))
        return refuse(l, &ev->start_mark, "YAML-009",
                      v ? "the alias stands inside the value it repeats"
                        : "no anchor of that name stands above");
    if (wants_name(l))
        return refuse(l, &ev->start_mark, "YAML-005", "a name must be a text, not an alias");
    unsigned levels = 0;
    uint32_t n = measure(v, YAML_COPIES_MAX, &levels);
    if (n > YAML_COPIES_MAX - l->n_copied)
        return at_pos(l, pos,
                      err_set(l->e, RC_LIMIT, "YAML-010", "aliases repeat more than %d values",
                              YAML_COPIES_MAX));
    if (n > l->limits->nodes - l->n_nodes)
        return at_pos(l, pos, err_set(l->e, RC_LIMIT, "JSON-023", "more values than allowed"));
    if (l->depth + levels > size_min(l->limits->depth, JSON_DEPTH_MAX))
        return at_pos(l, pos, err_set(l->e, RC_LIMIT, "JSON-021", "nested deeper than allowed"));
    struct json *copy = NULL;
    enum rc rc = json_copy(l->a, v, &copy, l->e);
    if (rc)
        return rc;
    l->n_copied += n;
    l->n_nodes += n;
    place(l, copy);
    return RC_OK;
}

static enum rc on_document(struct loader *l, const yaml_event_t *ev)
{
    const yaml_version_directive_t *version = ev->data.document_start.version_directive;
    bool other = version && (version->major != 1 || version->minor != 2);
    if (other ||
        ev->data.document_start.tag_directives.start != ev->data.document_start.tag_directives.end)
        return refuse(l, &ev->start_mark, "YAML-008",
                      other ? "only YAML 1.2 is read here" : "tags (%TAG) are not taken here");
    l->n_anchors = 0;
    l->top = NULL;
    return RC_OK;
}

/* A document of nothing but comments, or of nothing: a null that no byte stands for. */
static bool is_nothing(const struct loader *l, const struct json *v)
{
    return json_is(v, JSON_NULL) &&
           (v->pos - l->skipped >= l->in.n || !memchr("~nN", l->in.p[v->pos - l->skipped], 3));
}

static enum rc on_document_end(struct loader *l, const yaml_event_t *ev)
{
    (void)ev;
    if (l->top && !is_nothing(l, l->top))
        json_link(l->docs, l->top);
    return RC_OK;
}

static enum rc on_event(struct loader *l, const yaml_event_t *ev)
{
    static enum rc (*const handlers[])(struct loader *, const yaml_event_t *) = {
        [YAML_DOCUMENT_START_EVENT] = on_document,
        [YAML_DOCUMENT_END_EVENT] = on_document_end,
        [YAML_ALIAS_EVENT] = on_alias,
        [YAML_SCALAR_EVENT] = on_scalar,
        [YAML_SEQUENCE_START_EVENT] = on_sequence,
        [YAML_SEQUENCE_END_EVENT] = on_close,
        [YAML_MAPPING_START_EVENT] = on_mapping,
        [YAML_MAPPING_END_EVENT] = on_close,
    };
    return handlers[ev->type] ? handlers[ev->type](l, ev) : RC_OK;
}

static enum rc run(struct loader *l)
{
    for (bool more = true; more;) {
        yaml_event_t ev;
        if (!yaml_parser_parse(&l->parser, &ev))
            return parser_error(l);
        more = ev.type != YAML_STREAM_END_EVENT;
        enum rc rc = on_event(l, &ev);
        yaml_event_delete(&ev);
        if (rc)
            return rc;
    }
    return RC_OK;
}

static enum rc check_text(struct loader *l)
{
    size_t bad = 0;
    size_t most = size_min(l->limits->bytes, JSON_NO_POS - 1);
    if (l->in.n > most)
        return err_set_at(l->e, RC_LIMIT, "JSON-020", most, "the text is larger than %zu bytes",
                          most);
    if (str_starts(l->in, STR("\xef\xbb\xbf"))) {
        l->skipped = 3;
        l->in = str_from(l->in, 3);
    }
    if (!utf8_is_valid(l->in, &bad))
        return at_pos(l, bad + l->skipped,
                      err_set(l->e, RC_SYNTAX, "YAML-001", "the text is not UTF-8"));
    return RC_OK;
}

static enum rc parse(struct loader *l)
{
    if (!yaml_parser_initialize(&l->parser))
        return json_no_memory(l->e);
    yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l->parser, (const unsigned char *)l->in.p, l->in.n);
    enum rc rc = run(l);
    yaml_parser_delete(&l->parser);
    return rc;
}

enum rc yaml_parse(struct str in, const struct json_limits *limits, struct arena *a,
                   struct json **docs, struct err *e)
{
    struct loader *l = mem_new(struct loader); /* 60 KB of stacks, for the time of the call */
    struct json *list = json_make_array(a);
    enum rc rc = l && list ? RC_OK : json_no_memory(e);
    if (!rc) {
        l->in = in.n ? in : STR("");
        l->limits = limits;
        l->a = a;
        l->e = e;
        l->docs = list;
        rc = check_text(l);
    }
    if (!rc)
        rc = parse(l);
    mem_free(l);
    if (!rc)
        *docs = list;
    return rc;
}

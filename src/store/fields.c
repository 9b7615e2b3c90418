/*
 * Writing and reading tagged fields. One table per struct serves both directions, so a field that
 * is written is read. Tests: record_test.c, record_fuzz.c
 */
#include "store/fields.h"

#include "store/varint.h"

#define TAG_MAX 63

void field_put_u64(struct field_sink *s, uint64_t v)
{
    unsigned char out[VARINT_MAX];
    size_t n = varint_put(out, v);
    field_put_bytes(s, str_of((const char *)out, n));
}

void field_put_bytes(struct field_sink *s, struct str v)
{
    if (s->p && v.n)
        memcpy(s->p + s->n, v.p, v.n);
    s->n += v.n;
}

static void put_key(struct field_sink *s, unsigned tag, enum field_form form)
{
    field_put_u64(s, (uint64_t)tag << 2 | form);
}

static void put_number(struct field_out *o, unsigned tag, uint64_t v)
{
    if (v == 0)
        return;
    put_key(&o->meta, tag, FORM_NUMBER);
    field_put_u64(&o->meta, v);
}

/* Small magnitudes stay small whatever their sign. */
static uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)((v >> 1) ^ (v & 1 ? UINT64_MAX : 0));
}

static uint64_t load_number(enum field_type type, const void *at)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    bool flag = false;
    switch (type) {
    case FIELD_U64:
    case FIELD_I64:
        memcpy(&wide, at, sizeof wide);
        return type == FIELD_I64 ? zigzag((int64_t)wide) : wide;
    case FIELD_U32:
    case FIELD_ENUM: memcpy(&narrow, at, sizeof narrow); return narrow;
    case FIELD_BOOL: memcpy(&flag, at, sizeof flag); return flag;
    case FIELD_NONE:
    case FIELD_STR:
    case FIELD_BODY: break;
    }
    ZS_NEVER("a number field");
}

static struct str load_str(const void *at)
{
    struct str s;
    memcpy(&s, at, sizeof s);
    return s;
}

static void put_field(struct field_out *o, unsigned tag, const struct field *f, const void *at)
{
    if (f->type == FIELD_NONE)
        return;
    if (f->type != FIELD_STR && f->type != FIELD_BODY) {
        put_number(o, tag, load_number(f->type, at));
        return;
    }
    struct str s = load_str(at);
    if (str_is_null(s))
        return;
    put_key(&o->meta, tag, f->type == FIELD_STR ? FORM_BYTES : FORM_BODY);
    field_put_u64(&o->meta, s.n);
    field_put_bytes(f->type == FIELD_STR ? &o->meta : &o->body, s);
}

void fields_put(struct field_out *o, const struct field_table *t, const void *object)
{
    for (unsigned tag = 1; tag < t->n; tag++)
        put_field(o, tag, &t->row[tag], (const char *)object + t->row[tag].offset);
}

void fields_put_nested(struct field_out *o, unsigned tag, const struct field_table *t,
                       const void *object)
{
    struct field_out count = { 0 };
    fields_put(&count, t, object);
    put_key(&o->meta, tag, FORM_BYTES);
    field_put_u64(&o->meta, count.meta.n);
    fields_put(o, t, object);
}

bool fields_fit(const struct field_table *t, const void *object)
{
    for (size_t i = 1; i < t->n; i++) {
        const struct field *f = &t->row[i];
        if (f->type == FIELD_STR && f->max && load_str((const char *)object + f->offset).n > f->max)
            return false;
    }
    return true;
}

static enum rc malformed(struct err *e, const char *what)
{
    return err_set(e, RC_PEER, "STORE-012", "record is damaged: %s", what);
}

static enum rc get_u64(struct str *in, uint64_t *out, struct err *e)
{
    return varint_get(in, out) ? RC_OK : malformed(e, "a number is cut or too large");
}

static enum rc get_bytes(struct str *in, uint64_t n, struct str *out, struct err *e)
{
    if (n > in->n)
        return malformed(e, "a length points outside");
    *out = str_sub(*in, 0, (size_t)n);
    *in = str_from(*in, (size_t)n);
    return RC_OK;
}

enum rc field_next(struct field_in *in, struct field_value *out, struct err *e)
{
    if (in->meta.n == 0)
        return RC_MISSING;
    uint64_t key = 0;
    struct field_value v = { 0 };
    enum rc rc = get_u64(&in->meta, &key, e);
    if (!rc)
        rc = get_u64(&in->meta, &v.number, e);
    if (rc)
        return rc;
    v.form = (enum field_form)(key & 3);
    if (v.form > FORM_BODY)
        return malformed(e, "a field has an unknown form");
    if (v.form != FORM_NUMBER)
        rc = get_bytes(v.form == FORM_BYTES ? &in->meta : &in->body, v.number, &v.bytes, e);
    if (rc)
        return rc;
    v.tag = key >> 2 <= TAG_MAX ? (unsigned)(key >> 2) : 0;
    *out = v;
    return RC_OK;
}

static enum rc store_number(const struct field *f, uint64_t v, void *at, struct err *e)
{
    uint32_t narrow = (uint32_t)v;
    int64_t sign = unzigzag(v);
    bool flag = v != 0;
    switch (f->type) {
    case FIELD_U64: memcpy(at, &v, sizeof v); return RC_OK;
    case FIELD_I64: memcpy(at, &sign, sizeof sign); return RC_OK;
    case FIELD_BOOL: memcpy(at, &flag, sizeof flag); return RC_OK;
    case FIELD_U32:
    case FIELD_ENUM:
        if (v > (f->type == FIELD_ENUM ? f->max : UINT32_MAX))
            return malformed(e, "a number is out of range");
        memcpy(at, &narrow, sizeof narrow);
        return RC_OK;
    case FIELD_NONE:
    case FIELD_STR:
    case FIELD_BODY: break;
    }
    return malformed(e, "a field has the wrong form");
}

static enum field_form form_of(enum field_type type)
{
    if (type == FIELD_STR)
        return FORM_BYTES;
    return type == FIELD_BODY ? FORM_BODY : FORM_NUMBER;
}

enum rc field_store(const struct field_table *t, const struct field_value *v, void *object,
                    struct err *e)
{
    if (v->tag == 0 || v->tag >= t->n || t->row[v->tag].type == FIELD_NONE)
        return RC_OK;
    const struct field *f = &t->row[v->tag];
    void *at = (char *)object + f->offset;
    if (v->form != form_of(f->type))
        return malformed(e, "a field has the wrong form");
    if (v->form == FORM_NUMBER)
        return store_number(f, v->number, at, e);
    memcpy(at, &v->bytes, sizeof v->bytes);
    return RC_OK;
}

enum rc fields_get(struct field_in *in, struct str nested, const struct field_table *t,
                   void *object, struct err *e)
{
    struct field_in sub = { .meta = nested, .body = in->body };
    struct field_value v;
    enum rc rc;
    while ((rc = field_next(&sub, &v, e)) == RC_OK) {
        rc = field_store(t, &v, object, e);
        if (rc)
            return rc;
    }
    if (rc != RC_MISSING)
        return rc;
    in->body = sub.body;
    return RC_OK;
}

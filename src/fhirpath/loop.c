/*
 * Loops over collections and iif(): frames opened, items stepped through, what a body leaves folded
 * into the result. Where is what, on the value stack:
 *
 *   where, all, exists   [ input, kept ones moved to its front ][ – ][ body ]
 *   select, keys         [ input ][ results ][ body, joined to the results ]
 *   repeat               [ input ][ found: results and queue in one ][ body ]
 *   aggregate            [ input ][ total ][ body, becomes the total ]
 */
#include "fhirpath/fp_int.h"

static struct fp_frame *top(const struct fp_machine *m)
{
    return &m->frame[m->n_frames - 1];
}

/* A frame inside the open one, which it inherits $total from. */
static struct fp_frame *open_frame(struct fp_machine *m, unsigned loop)
{
    const struct fp_frame *outer = top(m);
    struct fp_frame *f = &m->frame[m->n_frames++];
    f->loop = (uint8_t)loop;
    f->total = outer->total;
    f->n_total = outer->n_total;
    f->has_total = outer->has_total;
    f->has_index = true;
    return f;
}

static void set_item(const struct fp_machine *m, struct fp_frame *f)
{
    f->has_this = true;
    f->this = m->v[f->i];
    f->index = f->i - f->in;
}

/* ---- begin ---- */

/* What an empty input gives. */
static enum rc give_nothing(struct fp_machine *m, enum fp_loop loop)
{
    if (loop == FP_LOOP_ALL)
        return fp_give_bool(m, 1, true);
    if (loop == FP_LOOP_EXISTS)
        return fp_give_bool(m, 1, false);
    return RC_OK; /* the empty input is the empty result */
}

enum rc fp_op_loop(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_coll input = fp_at(m, 0);
    if (input.n == 0) {
        m->pc = i->target;
        return give_nothing(m, (enum fp_loop)i->x);
    }
    struct fp_frame *f = open_frame(m, i->x);
    f->in = f->i = f->out = m->mark[m->n_marks - 1];
    f->end = m->n;
    set_item(m, f);
    fp_open(m);
    fp_set_init(&f->found, m->n);
    return RC_OK;
}

enum rc fp_op_fold(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_coll start = fp_at(m, 0), input = fp_at(m, 1);
    if (input.n == 0)
        return fp_give_from(m, 2, m->n - start.n);
    struct fp_frame *f = open_frame(m, FP_LOOP_FOLD);
    f->in = f->i = m->mark[m->n_marks - 2];
    f->end = m->mark[m->n_marks - 1];
    f->total = f->end;
    f->n_total = start.n;
    f->has_total = true;
    set_item(m, f);
    m->pc = i->target;
    return RC_OK;
}

/* ---- an item's result ---- */

/* done: no further item is needed; the result has been given and the frame closed. */
typedef enum rc take_fn(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                        bool *done);

static enum rc truth_of_body(struct fp_machine *m, const struct fp_ins *i, bool *out)
{
    enum fp_truth t = FP_UNKNOWN;
    enum rc rc = fp_truth_of(m, i, fp_at(m, 0), "the condition", &t);
    *out = t == FP_TRUE;
    fp_drop(m, 1);
    return rc;
}

static enum rc take_where(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                          bool *done)
{
    bool keep = false;
    (void)done; /* where() looks at every item */
    enum rc rc = truth_of_body(m, i, &keep);
    if (rc == RC_OK && keep)
        m->v[f->out++] = f->this;
    return rc;
}

static enum rc finish(struct fp_machine *m, bool result, bool *done)
{
    *done = true;
    m->n_frames--;
    return fp_give_bool(m, 2, result);
}

static enum rc take_all(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                        bool *done)
{
    bool yes = false;
    (void)f; /* the answer needs no item */
    enum rc rc = truth_of_body(m, i, &yes);
    return rc != RC_OK || yes ? rc : finish(m, false, done);
}

static enum rc take_exists(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                           bool *done)
{
    bool yes = false;
    (void)f; /* the answer needs no item */
    enum rc rc = truth_of_body(m, i, &yes);
    return rc != RC_OK || !yes ? rc : finish(m, true, done);
}

static enum rc take_select(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                           bool *done)
{
    (void)i; /* joining cannot fail */
    (void)f;
    (void)done;
    m->n_marks--;
    return RC_OK;
}

static enum rc take_key(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                        bool *done)
{
    struct fp_value key;
    bool has = false;
    (void)f; /* keys stand in the order of the items */
    (void)done;
    enum rc rc = fp_single(m, i, fp_at(m, 0), "a key of sort()", &key, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        key = (struct fp_value){ .type = FP_NONE };
    fp_drop(m, 1);
    return fp_push(m, &key);
}

/* What is new joins the found ones, and their turn as items comes when the input is through. */
static enum rc take_repeat(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                           bool *done)
{
    struct fp_coll body = fp_at(m, 0);
    size_t first = m->mark[m->n_marks - 1];
    enum rc rc = RC_OK;
    (void)i; /* equality has no place in the text */
    (void)done;
    if (body.n == 0) {
        fp_drop(m, 1);
        return RC_OK;
    }
    /* the body lies where the set would grow: set it aside */
    struct fp_value *aside = arena_raw(m->a, body.n * sizeof *aside);
    if (!aside)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory for repeat()");
    memcpy(aside, body.v, body.n * sizeof *aside);
    m->n = first;
    m->n_marks--;
    for (size_t k = 0; rc == RC_OK && k < body.n; k++) {
        bool added = false;
        rc = fp_set_add(m, &f->found, &aside[k], &added);
    }
    f->end = m->n;
    return rc;
}

static enum rc take_fold(struct fp_machine *m, const struct fp_ins *i, struct fp_frame *f,
                         bool *done)
{
    (void)i; /* moving cannot fail */
    (void)done;
    size_t first = m->mark[m->n_marks - 1];
    f->n_total = m->n - first;
    memmove(m->v + f->total, m->v + first, f->n_total * sizeof *m->v);
    m->n = f->total + f->n_total;
    m->n_marks--;
    return RC_OK;
}

static take_fn *const takers[] = {
    [FP_LOOP_WHERE] = take_where,   [FP_LOOP_SELECT] = take_select, [FP_LOOP_ALL] = take_all,
    [FP_LOOP_EXISTS] = take_exists, [FP_LOOP_REPEAT] = take_repeat, [FP_LOOP_FOLD] = take_fold,
    [FP_LOOP_KEYS] = take_key,
};

/* ---- the end ---- */

/* Every item has had its turn: [input][results] become the result. */
static enum rc end_loop(struct fp_machine *m, const struct fp_frame *f)
{
    enum fp_loop loop = (enum fp_loop)f->loop;
    m->n_frames--;
    if (loop == FP_LOOP_ALL)
        return fp_give_bool(m, 2, true);
    if (loop == FP_LOOP_EXISTS)
        return fp_give_bool(m, 2, false);
    if (loop == FP_LOOP_WHERE) {
        m->n = f->out;
        m->n_marks--;
        return RC_OK;
    }
    return fp_give_from(m, 2, m->mark[m->n_marks - 1]);
}

enum rc fp_op_next(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_frame *f = top(m);
    bool done = false;
    enum rc rc = takers[f->loop](m, i, f, &done);
    if (rc != RC_OK || done)
        return rc;
    if (++f->i == f->end)
        return end_loop(m, f);
    set_item(m, f);
    m->pc = i->target;
    return fp_spend(m, 1);
}

/* ---- iif ---- */

enum rc fp_op_iif(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_coll input = fp_at(m, 0);
    if (input.n > 1)
        return fp_fail(m, i, RC_VALUE, "FP-101", "iif() is for one item, here are %zu", input.n);
    const struct fp_frame *outer = top(m);
    size_t index = outer->index;
    bool has_index = outer->has_index;
    struct fp_frame *f = open_frame(m, FP_FRAME_IIF);
    f->index = index;
    f->has_index = has_index;
    f->has_this = input.n == 1;
    if (f->has_this)
        f->this = input.v[0];
    fp_drop(m, 1);
    return RC_OK;
}

enum rc fp_op_iif_test(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v;
    bool has = false;
    enum rc rc = fp_single(m, i, fp_at(m, 0), "the condition of iif()", &v, &has);
    if (rc != RC_OK)
        return rc;
    if (has && v.type != FP_BOOLEAN && v.type != FP_NODE)
        return fp_fail(m, i, RC_VALUE, "FP-105",
                       "the condition of iif() should be a Boolean, it is %s",
                       fp_value_type_name(&v));
    fp_drop(m, 1);
    if (!has || (v.type == FP_BOOLEAN && !v.u.boolean))
        m->pc = i->target;
    return RC_OK;
}

enum rc fp_op_iif_end(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* closing cannot fail */
    m->n_frames--;
    return RC_OK;
}

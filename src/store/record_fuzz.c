/*
 * Any bytes as a record: nothing is read outside them, and what decodes encodes again to a record
 * that decodes to the same.
 */
#include "base/alloc.h"
#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const struct record_head *h, struct str bytes, struct arena *a)
{
    struct store_intake in;
    struct store_outcome *outcomes = NULL;
    size_t n = 0;
    struct store_mark mark;
    struct store_act act;
    struct store_config config;
    struct store_exec exec;
    struct store_exec_end end;
    struct record_checkpoint checkpoint;
    struct err e;
    struct store_op op = { .kind = h->kind };
    enum rc rc = RC_PEER;
    if (h->kind == STORE_INTAKE) {
        rc = record_intake(h, bytes, a, &in, &e);
        op.intake = &in;
    } else if (h->kind == STORE_OUTCOMES) {
        rc = record_outcomes(h, bytes, a, &outcomes, &n, &e);
        op.outcomes.list = outcomes;
        op.outcomes.n = n;
    } else if (h->kind == STORE_MARK) {
        rc = record_mark(h, bytes, &mark, &e);
        op.mark = &mark;
    } else if (h->kind == STORE_ACT) {
        rc = record_act(h, bytes, &act, &e);
        op.act = &act;
    } else if (h->kind == STORE_CONFIG) {
        rc = record_config(h, bytes, &config, &e);
        op.config = &config;
    } else if (h->kind == STORE_EXEC) {
        rc = record_exec(h, bytes, &exec, &e);
        op.exec = &exec;
    } else if (h->kind == STORE_EXEC_END) {
        rc = record_exec_end(h, bytes, &end, &e);
        op.exec_end = &end;
    } else if (!record_read_checkpoint(h, bytes, &checkpoint, &e)) {
        ZS_ASSERT(checkpoint.signature.n <= bytes.n);
    }
    if (rc)
        return;
    struct sha256 *sha = sha256_new();
    struct record *r = NULL;
    if (sha && !record_encode(&op, 1u << 20, sha, &r, &e)) {
        struct record_head again;
        const struct record_place at = { .seq = 1 };
        unsigned char link[RECORD_LINK] = { 0 };
        record_seal(r, &at, sha, link);
        struct str copy = str_of((const char *)r->bytes, r->n);
        ZS_ASSERT(record_head(copy, r->n, &again) == RECORD_GOOD && record_check(&again, copy));
        ZS_ASSERT(record_check_hashes(&again, copy, sha));
        struct record *twice = NULL;
        struct store_intake in2;
        if (h->kind == STORE_INTAKE) {
            ZS_ASSERT(!record_intake(&again, copy, a, &in2, &e));
            op.intake = &in2;
            ZS_ASSERT(!record_encode(&op, 1u << 20, sha, &twice, &e));
            ZS_ASSERT(r->n == twice->n && memcmp(r->bytes + RECORD_HEAD, twice->bytes + RECORD_HEAD,
                                                 r->n - RECORD_HEAD) == 0);
        }
        mem_free(twice);
    }
    mem_free(r);
    sha256_free(&sha);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 0, 1u << 22);
    if (!a)
        return 0;
    struct str bytes = str_of((const char *)data, size);
    struct record_head h;
    if (record_head(bytes, size, &h) == RECORD_GOOD) {
        (void)record_check(&h, bytes); /* read for its own sake: nothing outside the bytes */
        decode(&h, bytes, a);
    } else if (size > 2) {
        /* most inputs are no header: take them as meta and body of every kind */
        size_t cut = size_min(data[1], size - 2);
        char *p = arena_raw(a, RECORD_HEAD + size - 2);
        if (p) {
            memset(p, 0, RECORD_HEAD);
            memcpy(p + RECORD_HEAD, data + 2, size - 2);
            h = (struct record_head){ .kind = (enum store_kind)(data[0] % 10),
                                      .length = (uint32_t)(RECORD_HEAD + size - 2),
                                      .meta_len = (uint32_t)(size - 2 - cut),
                                      .body_len = (uint32_t)cut };
            decode(&h, str_of(p, h.length), a);
        }
    }
    arena_free(&a);
    return 0;
}

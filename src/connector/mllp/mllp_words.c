/*
 * Acknowledgements of the connector's own, for answers without a body. Tests: mllp_recv_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "hl7/ack.h"

#define SCRATCH_MAX ((size_t)256 * 1024)

static const enum hl7_ack_code codes[] = {
    [ANSWER_ACCEPTED] = HL7_AA, [ANSWER_FILTERED] = HL7_AA, [ANSWER_HELD] = HL7_AA,
    [ANSWER_REPEAT] = HL7_AA,   [ANSWER_REFUSED] = HL7_AR,  [ANSWER_DENIED] = HL7_AR,
    [ANSWER_INVALID] = HL7_AE,  [ANSWER_PENDING] = HL7_AE,  [ANSWER_BUSY] = HL7_AE,
};

enum rc mllp_words(const struct answer *a, struct str message, int64_t at_ms, struct buf *out,
                   struct err *e)
{
    struct arena *scratch = arena_new("acknowledgement", 0, SCRATCH_MAX);
    if (!scratch)
        return err_set(e, RC_NOMEM, "MLLP-013", "no memory for an acknowledgement");
    char id[32];
    int n = snprintf(id, sizeof id, "%lld", (long long)at_ms); /* it fits: 20 digits at most */
    struct hl7_ack_opts o = { .code = codes[a->kind],
                              .control_id = str_of(id, n > 0 ? (size_t)n : 0),
                              .at_ms = at_ms,
                              .text = a->err ? str_z(a->err->text) : STR("") };
    enum rc rc = hl7_ack_write_broken(message, &o, scratch, out, e);
    arena_free(&scratch);
    return rc;
}

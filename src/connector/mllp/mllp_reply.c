/*
 * What a peer's bytes, or its silence, mean for the message that waits. Pure. Nothing that is not
 * certainly an answer to this very message is taken for one. Tests: mllp_reply_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "hl7/ack.h"

struct str mllp_control_id(struct str message, struct arena *a)
{
    const struct hl7_msg *m = NULL;
    struct str id = STR("");
    /* the header alone: the rest may be megabytes */
    struct str header = str_sub(message, 0, str_chr(message, '\r', 0));
    if (hl7_parse(header, NULL, a, &m, NULL) != RC_OK ||
        hl7_text(m, hl7_header(m, 10, 0), a, &id, NULL) != RC_OK)
        return STR("");
    return str_trim(id);
}

static const struct {
    enum fate fate;
    enum rc rc;
} by_code[] = {
    [HL7_AA] = { FATE_NONE, RC_OK },     [HL7_AE] = { FATE_RETRY, RC_PEER },
    [HL7_AR] = { FATE_REJECT, RC_PEER }, [HL7_CA] = { FATE_NONE, RC_OK },
    [HL7_CE] = { FATE_RETRY, RC_PEER },  [HL7_CR] = { FATE_REJECT, RC_PEER },
};

static void say_no(struct verdict *v, const char *what)
{
    (void)err_set(&v->err, v->rc, "MLLP-014", "the peer answered %s", what);
    (void)err_fate(&v->err, v->fate);
}

static void take_code(const struct hl7_ack *ack, struct verdict *v)
{
    v->rc = by_code[ack->code].rc;
    v->fate = by_code[ack->code].fate;
    v->answered = true;
    v->status = str_z(hl7_ack_name(ack->code));
    v->status_text = ack->text;
    if (v->rc != RC_OK)
        say_no(v, hl7_ack_name(ack->code));
}

/* Release 2: the positive byte is an answer only where it is agreed to be one. */
static enum mllp_reply read_byte(const struct conn_mllp_params *conf, bool positive,
                                 struct verdict *v)
{
    if (positive && conf->commit != MLLP_COMMIT_BYTE)
        return MLLP_REPLY_STRAY; /* of the transport; the message's own answer will come */
    *v = (struct verdict){ .rc = positive ? RC_OK : RC_PEER,
                           .fate = positive ? FATE_NONE : FATE_RETRY,
                           .answered = true,
                           .status = positive ? STR("ACK") : STR("NAK") };
    if (!positive)
        say_no(v, "with a negative commit byte");
    return MLLP_REPLY_FINAL;
}

/* Ours by its id, but its code cannot be read. */
static enum mllp_reply unreadable(const struct hl7_msg *m, struct str id, struct arena *a,
                                  struct verdict *v, const struct err *why)
{
    struct hl7_path msa_2 = { .seg = HL7_MSA, .field = 2 };
    struct str got = STR("");
    if (hl7_text(m, hl7_get(m, &msa_2), a, &got, NULL) != RC_OK || id.n == 0 ||
        !str_eq(str_trim(got), id))
        return MLLP_REPLY_STRAY;
    *v = (struct verdict){ .rc = RC_PEER, .fate = FATE_UNCERTAIN };
    (void)err_set(&v->err, RC_PEER, "MLLP-020", "%s", why->text);
    (void)err_fate(&v->err, FATE_UNCERTAIN);
    return MLLP_REPLY_FINAL;
}

enum mllp_reply mllp_read_reply(const struct conn_mllp_params *conf, struct str id,
                                struct str frame, struct arena *a, struct verdict *v)
{
    const struct hl7_msg *m = NULL;
    struct hl7_ack ack;
    struct err why;
    bool positive = false;
    if (mllp_is_commit(frame, &positive))
        return read_byte(conf, positive, v);
    struct str kept = arena_str(a, frame);
    if (str_is_null(kept) || hl7_parse(kept, NULL, a, &m, &why) != RC_OK)
        return MLLP_REPLY_STRAY;
    enum rc rc = hl7_ack_read(m, a, &ack, &why);
    if (rc == RC_VALUE)
        return unreadable(m, id, a, v, &why);
    if (rc != RC_OK)
        return MLLP_REPLY_STRAY;
    bool ours = !conf->match_control_id || id.n == 0 || str_eq(str_trim(ack.control_id), id);
    if (!ours)
        return MLLP_REPLY_STRAY;
    *v = (struct verdict){ .reply = kept, .content_type = MLLP_CONTENT_TYPE };
    take_code(&ack, v);
    return MLLP_REPLY_FINAL;
}

/*
 * TLS-025 is the peer's refusal of our certificate: in TLS 1.3 it comes after our first bytes, but
 * before the peer has read any of them as a message.
 */
enum fate mllp_fate_of_end(const struct err *why, bool may_be_seen)
{
    struct str id = str_z(why->id);
    bool certificate = str_eqz(id, "TLS-025");
    if (certificate || (!may_be_seen && (why->code == RC_DENIED || str_starts(id, STR("TLS-")))))
        return FATE_OPERATOR;
    return may_be_seen ? FATE_UNCERTAIN : FATE_RETRY;
}

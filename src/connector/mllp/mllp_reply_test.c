/* What a peer's frame or a connection's end means; most of it is in mllp_send_test.c too. */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const struct {
    const char *message, *id;
} ids[] = {
    { "MSH|^~\\&|a|b|c|d|||ADT^A01|4711|P|2.5\rPID|1\r", "4711" },
    { "MSH|^~\\&|a|b|c|d|||ADT^A01| 4711 |P\r", "4711" },
    { "MSH|^~\\&|a|b|c|d|||ADT^A01|a\\T\\b|P\r", "a&b" },
    { "MSH#*~\\&#a#b#c#d###ADT*A01#4711#P", "4711" },
    { "MSH|^~\\&|a|b|c|d|||ADT^A01", "" },
    { "PID|1", "" },
    { "", "" },
};

static void control_ids(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(ids); i++) {
        T_ROW(ids[i].message);
        T_TRUE(str_eqz(mllp_control_id(str_z(ids[i].message), a), ids[i].id));
    }
    T_ROW(NULL);
    arena_free(&a);
}

#define HEAD "MSH|^~\\&|them||us||||ACK|X|P|2.5.1\r"

static const struct {
    const char *name, *frame, *id;
    bool match, byte;
    enum mllp_reply reply;
    enum fate fate;
    const char *status, *text;
} replies[] = {
    { "ours", HEAD "MSA|AA|1|fine\r", "1", true, false, MLLP_REPLY_FINAL, FATE_NONE, "AA", "fine" },
    { "with the text in ERR", HEAD "MSA|AE|1\rERR||PID^1|101|E||||no name\r", "1", true, false,
      MLLP_REPLY_FINAL, FATE_RETRY, "AE", "no name" },
    { "another's", HEAD "MSA|AA|2\r", "1", true, false, MLLP_REPLY_STRAY, FATE_NONE, "", "" },
    { "a longer id", HEAD "MSA|AA|11\r", "1", true, false, MLLP_REPLY_STRAY, FATE_NONE, "", "" },
    { "nobody's", HEAD "MSA|AA\r", "1", true, false, MLLP_REPLY_STRAY, FATE_NONE, "", "" },
    { "another's, but anything counts", HEAD "MSA|AR|2\r", "1", false, false, MLLP_REPLY_FINAL,
      FATE_REJECT, "AR", "" },
    { "we have no id", HEAD "MSA|AA|2\r", "", true, false, MLLP_REPLY_FINAL, FATE_NONE, "AA", "" },
    { "ours with an unknown code", HEAD "MSA|OK|1\r", "1", true, false, MLLP_REPLY_FINAL,
      FATE_UNCERTAIN, "", "" },
    { "another's with an unknown code", HEAD "MSA|OK|2\r", "1", true, false, MLLP_REPLY_STRAY,
      FATE_NONE, "", "" },
    { "no acknowledgement", HEAD "PID|1\r", "1", false, false, MLLP_REPLY_STRAY, FATE_NONE, "",
      "" },
    { "no message", "OK", "1", false, false, MLLP_REPLY_STRAY, FATE_NONE, "", "" },
    { "a positive byte", "\x06", "1", true, true, MLLP_REPLY_FINAL, FATE_NONE, "ACK", "" },
    { "a positive byte not agreed on", "\x06", "1", true, false, MLLP_REPLY_STRAY, FATE_NONE, "",
      "" },
    { "a negative byte", "\x15", "1", true, false, MLLP_REPLY_FINAL, FATE_RETRY, "NAK", "" },
};

static void frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(replies); i++) {
        T_ROW(replies[i].name);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct verdict v;
        struct conn_mllp_params conf = { .match_control_id = replies[i].match,
                                         .commit = replies[i].byte ? MLLP_COMMIT_BYTE
                                                                   : MLLP_COMMIT_MESSAGE };
        enum mllp_reply reply =
            mllp_read_reply(&conf, str_z(replies[i].id), str_z(replies[i].frame), a, &v);
        T_EQ_INT(reply, replies[i].reply);
        if (reply == MLLP_REPLY_FINAL) {
            T_EQ_INT(v.fate, replies[i].fate);
            T_EQ_INT(v.rc, v.fate == FATE_NONE ? RC_OK : RC_PEER);
            T_EQ_INT(v.answered, v.fate != FATE_UNCERTAIN);
            T_TRUE(str_eqz(v.status, replies[i].status));
            T_TRUE(str_eqz(v.status_text, replies[i].text));
            if (v.rc != RC_OK)
                T_EQ_INT(v.err.fate, v.fate);
        }
        arena_free(&a);
    }
    T_ROW(NULL);
}

static const struct {
    enum rc rc;
    const char *id;
    bool seen;
    enum fate fate;
} ends[] = {
    { RC_IO, "NET-035", false, FATE_RETRY },
    { RC_TIMEOUT, "NET-030", false, FATE_RETRY },
    { RC_IO, "NET-036", true, FATE_UNCERTAIN },
    { RC_IO, "NET-036", false, FATE_RETRY },
    { RC_TIMEOUT, "MLLP-015", true, FATE_UNCERTAIN },
    { RC_OK, "", true, FATE_UNCERTAIN },
    { RC_PEER, "TLS-020", false, FATE_OPERATOR },
    { RC_DENIED, "NET-043", false, FATE_OPERATOR },
    { RC_PEER, "TLS-025", true, FATE_OPERATOR },
    { RC_PEER, "TLS-026", true, FATE_UNCERTAIN },
    { RC_PEER, "TLS-030", true, FATE_UNCERTAIN },
};

static void connection_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(ends); i++) {
        struct err why = { .code = ends[i].rc, .id = ends[i].id };
        T_ROW(ends[i].id);
        T_EQ_INT(mllp_fate_of_end(&why, ends[i].seen), ends[i].fate);
    }
    T_ROW(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(control_ids), T_TEST(frames),
                                        T_TEST(connection_ends) };
    return T_RUN(tests);
}

/* ack.c, ack_read.c: the answer to each kind of message, and reading answers. */
#include "hl7/ack.h"

#include "tests/lib/t.h"

#include "base/alloc.h"
#include "hl7/check.h"

#define AT 1704164645678 /* 2024-01-02T03:04:05.678Z */

static const struct hl7_finding pid_5 = { .severity = HL7_ERROR,
                                          .id = "X-001",
                                          .condition = "101",
                                          .at = { .seg = HL7_ID('P', 'I', 'D'), .field = 5 },
                                          .i_seg = 1,
                                          .pos = ERR_NO_POS,
                                          .text = STR_INIT("a name & more") };
static const struct hl7_finding two[] = {
    { .severity = HL7_ERROR,
      .id = "X-002",
      .condition = "102",
      .at = { .seg = HL7_ID('O', 'B', 'X'), .field = 5, .rep = 2, .comp = 1, .sub = 3 },
      .i_seg = 3,
      .pos = ERR_NO_POS,
      .text = STR_INIT("first") },
    { .severity = HL7_INFORMATION,
      .id = "X-003",
      .condition = "102",
      .i_seg = HL7_NO_SEG,
      .pos = ERR_NO_POS,
      .text = STR_INIT("not told") },
    { .severity = HL7_WARNING,
      .id = "X-004",
      .condition = "100",
      .i_seg = 2,
      .pos = ERR_NO_POS,
      .text = STR_INIT("second") },
};

#define IN(version)        "MSH|^~\\&|SA^1|SF|RA|RF|2024||ADT^A01^ADT_A01|ID1|T|" version
#define OUT(type, version) "MSH|^~\\&|RA|RF|SA^1|SF|20240102030405.678+0000||" type "|C9|T|" version

static const struct {
    const char *name;
    struct str in;
    enum hl7_ack_code code;
    struct str text;
    const struct hl7_finding *findings;
    size_t n_findings;
    struct str out;
} rows[] = {
    { "accepted, 2.5",
      STR_INIT(IN("2.5") "\rPID|1\r"),
      HL7_AA,
      { 0 },
      NULL,
      0,
      STR_INIT(OUT("ACK^A01^ACK", "2.5") "\rMSA|AA|ID1\r") },
    { "ACK^event^ACK from 2.4 on",
      STR_INIT(IN("2.4") "\r"),
      HL7_CA,
      { 0 },
      NULL,
      0,
      STR_INIT(OUT("ACK^A01^ACK", "2.4") "\rMSA|CA|ID1\r") },
    { "ACK^event before",
      STR_INIT(IN("2.3.1") "\r"),
      HL7_AA,
      { 0 },
      NULL,
      0,
      STR_INIT(OUT("ACK^A01", "2.3.1") "\rMSA|AA|ID1\r") },
    { "ACK in 2.1",
      STR_INIT(IN("2.1") "\r"),
      HL7_AA,
      { 0 },
      NULL,
      0,
      STR_INIT(OUT("ACK", "2.1") "\rMSA|AA|ID1\r") },
    { "the version's components and MSH-18 are echoed",
      STR_INIT(IN("2.5.1^USA") "||||||8859/1~UNICODE UTF-8\r"),
      HL7_AA,
      { 0 },
      NULL,
      0,
      STR_INIT(OUT("ACK^A01^ACK", "2.5.1^USA") "||||||8859/1~UNICODE UTF-8\rMSA|AA|ID1\r") },
    { "an error, 2.5", STR_INIT(IN("2.5") "\rPID|1\r"), HL7_AE, STR_INIT("no | no"), &pid_5, 1,
      STR_INIT(OUT(
          "ACK^A01^ACK",
          "2.5") "\rMSA|AE|ID1|no \\F\\ no\r"
                 "ERR||PID^1^5|101^Required field missing^HL70357|E|X-001|||a name \\T\\ more\r") },
    { "an error, 2.7: MSA-3 is withdrawn", STR_INIT(IN("2.7") "\rPID|1\r"), HL7_AE, STR_INIT("why"),
      &pid_5, 1,
      STR_INIT(OUT(
          "ACK^A01^ACK",
          "2.7") "\rMSA|AE|ID1\r"
                 "ERR||PID^1^5|101^Required field missing^HL70357|E|X-001|||a name \\T\\ more\r") },
    { "an error, 2.4: the older form",
      STR_INIT(IN("2.4") "\rPID|1\r"),
      HL7_AE,
      { 0 },
      &pid_5,
      1,
      STR_INIT(OUT("ACK^A01^ACK", "2.4") "\rMSA|AE|ID1|a name \\T\\ more\r"
                                         "ERR|PID^1^5^101&Required field missing&HL70357\r") },
    { "two findings, 2.5",
      STR_INIT(IN("2.5") "\rOBX|1\rx\rOBX|2\r"),
      HL7_AE,
      { 0 },
      two,
      3,
      STR_INIT(OUT("ACK^A01^ACK",
                   "2.5") "\rMSA|AE|ID1|first\r"
                          "ERR||OBX^2^5^2^1^3|102^Data type error^HL70357|E|X-002|||first\r"
                          "ERR|||100^Segment sequence error^HL70357|W|X-004|||second\r") },
    { "two findings, 2.3",
      STR_INIT(IN("2.3") "\rOBX|1\rx\rOBX|2\r"),
      HL7_AE,
      { 0 },
      two,
      3,
      STR_INIT(OUT("ACK^A01", "2.3") "\rMSA|AE|ID1|first\r"
                                     "ERR|OBX^2^5^102&Data type error&HL70357~^^^100&Segment "
                                     "sequence error&HL70357\r") },
    { "refused with a text alone", STR_INIT(IN("2.5") "\r"), HL7_AR, STR_INIT("not from here"),
      NULL, 0,
      STR_INIT(
          OUT("ACK^A01^ACK", "2.5") "\rMSA|AR|ID1|not from here\r"
                                    "ERR|||207^Application error^HL70357|E||||not from here\r") },
    { "accepted with a text", STR_INIT(IN("2.5") "\r"), HL7_AA, STR_INIT("thanks"), NULL, 0,
      STR_INIT(OUT("ACK^A01^ACK", "2.5") "\rMSA|AA|ID1|thanks\r") },
    { "the message's delimiters", STR_INIT("MSH@~&#\\@SA@SF@RA~1@RF@@@ADT~A01@ID@P@2.5\nPID@\n"),
      HL7_AE, STR_INIT("a~b"), NULL, 0,
      STR_INIT("MSH@~&#\\@RA~1@RF@SA@SF@20240102030405.678+0000@@ACK~A01~ACK@C9@P@2.5\r"
               "MSA@AE@ID@a#S#b\rERR@@@207~Application error~HL70357@E@@@@a#S#b\r") },
    { "three encoding characters, no sub-component", STR_INIT("MSH|^~\\|||||||ADT^A01|ID|P|2.3\r"),
      HL7_AE, STR_INIT("a&b"), NULL, 0,
      STR_INIT("MSH|^~\\|||||20240102030405.678+0000||ACK^A01|C9|P|2.3\r"
               "MSA|AE|ID|a&b\rERR|^^^207\r") },
    { "no escape character: the text gives way", STR_INIT("MSH|^~|||||||ADT^A01|ID|P|2.5\r"),
      HL7_AE, STR_INIT("a^b|c\nx"), NULL, 0,
      STR_INIT("MSH|^~|||||20240102030405.678+0000||ACK^A01^ACK|C9|P|2.5\r"
               "MSA|AE|ID|a b c x\rERR|||207^Application error^HL70357|E||||a b c x\r") },
    { "letters for delimiters: the usual ones",
      STR_INIT("MSH|ABCD|sender|||x|20|0|ADTAA01|I|P|2.5\r"),
      HL7_AR,
      { 0 },
      NULL,
      0,
      STR_INIT("MSH|^~\\&||x|sender||20240102030405.678+0000||ACK^DT^ACK|C9|P|2.5\rMSA|AR|I\r") },
    { "a letter for the escape character alone", STR_INIT("MSH|^~E&|s|||x|20|0|ADT^A01|I|P|2.5\r"),
      HL7_AE, STR_INIT("t"), NULL, 0,
      STR_INIT("MSH|^~\\&||x|s||20240102030405.678+0000||ACK^A01^ACK|C9|P|2.5\rMSA|AE|I|t\r"
               "ERR|||207^Application error^HL70357|E||||t\r") },
    { "nothing but a header", STR_INIT("MSH|^~\\&\r"), HL7_AR, STR_INIT("empty"), NULL, 0,
      STR_INIT("MSH|^~\\&|||||20240102030405.678+0000||ACK|C9|P|2.5.1\r"
               "MSA|AR||empty\rERR|||207^Application error^HL70357|E||||empty\r") },
    { "a text in the message's set", STR_INIT(IN("2.5") "||||||8859/1\r"), HL7_AA,
      STR_INIT("\xc3\xbc\xe2\x82\xac"), NULL, 0,
      STR_INIT(OUT("ACK^A01^ACK", "2.5") "||||||8859/1\rMSA|AA|ID1|\xfc?\r") },
    { "a batch: its first message",
      STR_INIT("FHS|^~\\&|f\r" IN("2.5") "\rPID|1\r"),
      HL7_AA,
      { 0 },
      NULL,
      0,
      STR_INIT(OUT("ACK^A01^ACK", "2.5") "\rMSA|AA|ID1\r") },
};

static struct hl7_ack_opts opts_of(size_t i)
{
    return (struct hl7_ack_opts){ .code = rows[i].code,
                                  .control_id = STR("C9"),
                                  .at_ms = AT,
                                  .text = rows[i].text,
                                  .findings = rows[i].findings,
                                  .n_findings = rows[i].n_findings };
}

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct hl7_ack_opts o = opts_of(i);
        struct buf b;
        struct err e = { 0 };
        buf_init_arena(&b, a, 4096);
        T_OK(hl7_parse(rows[i].in, NULL, a, &m, &e), &e);
        T_OK(hl7_ack_write(m, &o, a, &b, &e), &e);
        T_EQ_BYTES(buf_view(&b), rows[i].out);
        arena_free(&a);
    }
}

/* mirth: an answer that can be used even where the message cannot. */
static const struct {
    const char *name;
    struct str in;
    const char *msa;
} broken[] = {
    { "text before the message", STR_INIT("hello\rMSH|^~\\&|||||||ADT^A01|ID1|P|2.5\r"),
      "MSA|AR|ID1|" },
    { "no message at all", STR_INIT("GET / HTTP/1.1\r\n\r\n"), "MSA|AR||" },
    { "nothing", STR_INIT(""), "MSA|AR||" },
    { "UTF-16", STR_INIT("\xff\xfeM\0S\0H\0"), "MSA|AR||" },
    { "cut header", STR_INIT("MSH"), "MSA|AR||" },
};

static void broken_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(broken); i++) {
        T_ROW(broken[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct err e = { 0 };
        T_EQ_INT(hl7_parse(broken[i].in, NULL, a, &m, &e), RC_SYNTAX);
        struct hl7_finding f = hl7_check_refused(&e);
        struct hl7_ack_opts o = {
            .code = HL7_AR, .control_id = STR("C9"), .at_ms = AT, .findings = &f, .n_findings = 1
        };
        struct buf b;
        buf_init_arena(&b, a, 4096);
        T_OK(hl7_ack_write_broken(broken[i].in, &o, a, &b, &e), &e);
        T_TRUE(str_starts(buf_view(&b), STR("MSH|^~\\&|")));
        T_OK(hl7_parse(buf_view(&b), NULL, a, &m, &e), &e);
        T_EQ_SIZE(m->n_segs, 3);
        T_TRUE(str_starts(hl7_seg_bytes(m, 1), str_z(broken[i].msa)));
        T_TRUE(str_starts(hl7_seg_bytes(m, 2), STR("ERR|||100^Segment sequence error^HL70357|E|")));
        arena_free(&a);
    }
}

/* An answer that does not fit leaves nothing of itself. */
static void no_room(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 18);
    const struct hl7_msg *m = NULL;
    struct hl7_ack_opts o = opts_of(0);
    struct buf b;
    struct err e = { 0 };
    T_OK(hl7_parse(rows[0].in, NULL, a, &m, &e), &e);
    buf_init_arena(&b, a, 20);
    buf_z(&b, "x");
    T_EQ_INT(hl7_ack_write(m, &o, a, &b, &e), RC_LIMIT);
    T_EQ_STR(buf_view(&b), "x");
    arena_free(&a);
}

/* Each allocation failing in turn: an error, and nothing in the buffer but what was there. */
static void memory_fails(void **state)
{
    (void)state;
    struct str in = STR("MSH|ABCD|\xfc\\E\\||x||||ADTAA01|I|P|2.5|||||8859/1\rMSA|AA|a\\T\\b\r");
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        struct arena *a = arena_new("test", 512, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct hl7_ack_opts o = opts_of(5);
        struct hl7_ack ack;
        struct buf b;
        struct err e = { 0 };
        T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
        buf_init(&b, 4096);
        mem_fail_at(k);
        enum rc rc = hl7_ack_write(m, &o, a, &b, &e);
        if (rc == RC_OK)
            rc = hl7_ack_read(m, a, &ack, &e);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        /* A converter that cannot be had falls out as an error too, never as a wrong answer. */
        if (failed)
            T_TRUE(rc == RC_NOMEM);
        else
            T_OK(rc, &e);
        T_TRUE(rc == RC_OK || b.n == 0 || str_ends(buf_view(&b), STR("\r")));
        buf_done(&b);
        arena_free(&a);
    }
}

static const struct {
    const char *name;
    struct str in;
    enum hl7_ack_code code;
    const char *control_id, *text, *condition;
    char severity;
} reads[] = {
    { "accepted", STR_INIT("MSH|^~\\&|\rMSA|AA|ID1\r"), HL7_AA, "ID1", "", "", 0 },
    { "with MSA-3", STR_INIT("MSH|^~\\&|\rMSA|AE|ID1|bad \\T\\ ugly\r"), HL7_AE, "ID1",
      "bad & ugly", "", 0 },
    { "ERR of 2.5", STR_INIT("MSH|^~\\&|\rMSA|CR|ID1\rERR||PID^1|101^missing|E||||no name\r"),
      HL7_CR, "ID1", "no name", "101", 'E' },
    { "ERR-3 text", STR_INIT("MSH|^~\\&|\rMSA|CE|ID1\rERR||PID^1|101^missing|F\r"), HL7_CE, "ID1",
      "missing", "101", 'F' },
    { "ERR of 2.4", STR_INIT("MSH|^~\\&|\rMSA|AR|ID1\rERR|PID^1^5^101&missing&HL70357\r"), HL7_AR,
      "ID1", "missing", "101", 0 },
    { "MSA-6 of 2.2", STR_INIT("MSH|^~\\&|\rMSA|AR|ID1||||207^down\r"), HL7_AR, "ID1", "down",
      "207", 0 },
    { "lower case, blanks", STR_INIT("MSH|^~\\&|\rMSA| ca |ID1\r"), HL7_CA, "ID1", "", "", 0 },
    { "in a response of another type", STR_INIT("MSH|^~\\&||||||||RSP^K22\rMSA|AA|Q1\rQAK|1\r"),
      HL7_AA, "Q1", "", "", 0 },
};

static void read_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(reads); i++) {
        T_ROW(reads[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct hl7_ack ack;
        struct err e = { 0 };
        T_OK(hl7_parse(reads[i].in, NULL, a, &m, &e), &e);
        T_OK(hl7_ack_read(m, a, &ack, &e), &e);
        T_EQ_INT(ack.code, reads[i].code);
        T_EQ_STR(ack.control_id, reads[i].control_id);
        T_EQ_STR(ack.text, reads[i].text);
        T_EQ_STR(ack.condition, reads[i].condition);
        T_EQ_INT(ack.severity, reads[i].severity);
        arena_free(&a);
    }
}

static const struct {
    struct str in;
    enum rc rc;
    const char *id;
    size_t pos;
} no_answers[] = {
    { STR_INIT("MSH|^~\\&|\rERR||\r"), RC_MISSING, "HL7-030", ERR_NO_POS },
    { STR_INIT("MSH|^~\\&|\rMSA|OK|ID1\r"), RC_VALUE, "HL7-031", 10 },
    { STR_INIT("MSH|^~\\&|\rMSA\r"), RC_VALUE, "HL7-031", 10 },
};

static void not_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(no_answers); i++) {
        struct arena *a = arena_new("test", 0, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct hl7_ack ack;
        struct err e = { 0 };
        T_OK(hl7_parse(no_answers[i].in, NULL, a, &m, &e), &e);
        T_EQ_INT(hl7_ack_read(m, a, &ack, &e), no_answers[i].rc);
        T_EQ_Z(e.id, no_answers[i].id);
        T_EQ_SIZE(e.pos, no_answers[i].pos);
        arena_free(&a);
    }
    for (enum hl7_ack_code c = HL7_AA; c <= HL7_CR; c++) {
        enum hl7_ack_code back = HL7_AA;
        T_TRUE(hl7_ack_code_read(str_z(hl7_ack_name(c)), &back));
        T_EQ_INT(back, c);
        T_EQ_INT(hl7_ack_is_positive(c), c == HL7_AA || c == HL7_CA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(answers),      T_TEST(broken_messages),
                                        T_TEST(no_room),      T_TEST(memory_fails),
                                        T_TEST(read_answers), T_TEST(not_answers) };
    return T_RUN(tests);
}

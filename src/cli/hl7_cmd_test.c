/* The hl7 commands: results, exit statuses, what goes to which stream. */
#include "cli/cli_fake.h"
#include "cli/commands.h"
#include "tests/lib/t.h"

#include <sys/stat.h>

#define HEAD "MSH|^~\\&|SA|SF|RA|RF|2024||ADT^A01|ID1|P|2.5\r"
#define BODY                                                                                       \
    HEAD "PID|1||11^^^A~22||DOE^JOHN||\"\"|\r"                                                     \
         "OBX|1|ST|x||a\\T\\b\r"                                                                   \
         "OBX|2|ST|y\r"                                                                            \
         "OBX|3|ST|z||c~x\r"

static const struct {
    const char *name;
    const struct cli_cmd *cmd;
    const char *words[5];
    struct str in;
    int status;
    const char *out;
    const char *err; /* what its start is; NULL: nothing */
} rows[] = {
    { "a component", &cmd_hl7_get, { "-", "PID-5.1" }, STR_INIT(BODY), CLI_DONE, "DOE\n", NULL },
    { "all repetitions",
      &cmd_hl7_get,
      { "-", "PID-3.1" },
      STR_INIT(BODY),
      CLI_DONE,
      "11\n22\n",
      NULL },
    { "all occurrences, decoded",
      &cmd_hl7_get,
      { "-", "OBX-5" },
      STR_INIT(BODY),
      CLI_DONE,
      "a&b\nc\nx\n",
      NULL },
    { "as it stands",
      &cmd_hl7_get,
      { "--raw", "-", "OBX[1]-5" },
      STR_INIT(BODY),
      CLI_DONE,
      "a\\T\\b\n",
      NULL },
    { "one of them", &cmd_hl7_get, { "-", "OBX[3]-5[2]" }, STR_INIT(BODY), CLI_DONE, "x\n", NULL },
    { "a field with its separators",
      &cmd_hl7_get,
      { "-", "PID-5" },
      STR_INIT(BODY),
      CLI_DONE,
      "DOE^JOHN\n",
      NULL },
    { "null", &cmd_hl7_get, { "-", "PID-7" }, STR_INIT(BODY), CLI_DONE, "\"\"\n", NULL },
    { "empty", &cmd_hl7_get, { "-", "PID-8" }, STR_INIT(BODY), CLI_DONE, "\n", NULL },
    { "absent", &cmd_hl7_get, { "-", "PID-9" }, STR_INIT(BODY), CLI_NO, "", NULL },
    { "no such segment", &cmd_hl7_get, { "-", "ZZZ-1" }, STR_INIT(BODY), CLI_NO, "", NULL },
    { "each message of a file",
      &cmd_hl7_get,
      { "-", "MSH-10" },
      STR_INIT(HEAD HEAD),
      CLI_DONE,
      "ID1\nID1\n",
      NULL },
    { "a set of its own",
      &cmd_hl7_get,
      { "-", "NTE-1" },
      STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rNTE|\xfc\r"),
      CLI_DONE,
      "\xc3\xbc\n",
      NULL },
    { "no path",
      &cmd_hl7_get,
      { "-", "5.1" },
      STR_INIT(BODY),
      CLI_USAGE,
      "",
      "zarish hl7 get: HL7-010: not an HL7 path: a segment id is expected" },
    { "no message",
      &cmd_hl7_get,
      { "-", "PID-1" },
      STR_INIT("hello\n"),
      CLI_FAILED,
      "",
      "zarish: standard input:1:1: HL7-001: " },
    { "as JSON",
      &cmd_hl7_get,
      { "-o", "json", "-", "PID-7" },
      STR_INIT(BODY),
      CLI_DONE,
      "[\n  {\n    \"path\": \"PID[1]-7[1]\",\n    \"value\": null,\n    \"offset\": 73\n  }\n]\n",
      NULL },
    { "nothing as JSON",
      &cmd_hl7_get,
      { "-o", "json", "-", "PID-9" },
      STR_INIT(BODY),
      CLI_NO,
      "[]\n",
      NULL },

    { "a component is set as text",
      &cmd_hl7_set,
      { "-", "PID-5.1=A^B" },
      STR_INIT(HEAD "PID|1\r"),
      CLI_DONE,
      HEAD "PID|1||||A\\S\\B\r",
      NULL },
    { "a field with its separators",
      &cmd_hl7_set,
      { "-", "PID-5=A^B", "PID-3[2]=4^^^H" },
      STR_INIT(HEAD "PID|1||3\r"),
      CLI_DONE,
      HEAD "PID|1||3~4^^^H||A^B\r",
      NULL },
    { "null and empty",
      &cmd_hl7_set,
      { "-", "PID-1=\"\"", "PID-2=" },
      STR_INIT(HEAD "PID|1|2|3\r"),
      CLI_DONE,
      HEAD "PID|\"\"||3\r",
      NULL },
    { "an = in the value",
      &cmd_hl7_set,
      { "-", "PID-1=a=b" },
      STR_INIT(HEAD "PID|1\r"),
      CLI_DONE,
      HEAD "PID|a=b\r",
      NULL },
    { "deleted, and what is not there too",
      &cmd_hl7_set,
      { "-d", "PID-2", "--delete=ZZZ", "-" },
      STR_INIT(HEAD "PID|1|2\r"),
      CLI_DONE,
      HEAD "PID|1\r",
      NULL },
    { "nothing to do: the same bytes",
      &cmd_hl7_set,
      { "-" },
      STR_INIT(BODY),
      CLI_DONE,
      BODY,
      NULL },
    { "every message, not the batch around",
      &cmd_hl7_set,
      { "-", "MSH-11=T" },
      STR_INIT("BHS|^~\\&\r" HEAD "BTS|1\r"),
      CLI_DONE,
      "BHS|^~\\&\rMSH|^~\\&|SA|SF|RA|RF|2024||ADT^A01|ID1|T|2.5\rBTS|1\r",
      NULL },
    { "the delimiters",
      &cmd_hl7_set,
      { "-", "MSH-2=x" },
      STR_INIT(HEAD),
      CLI_FAILED,
      "",
      "zarish: HL7-022: MSH-2: " },
    { "no assignment",
      &cmd_hl7_set,
      { "-", "PID-1" },
      STR_INIT(HEAD),
      CLI_USAGE,
      "",
      "zarish hl7 set: CLI-021: PATH=VALUE is expected" },
    { "standard input in place",
      &cmd_hl7_set,
      { "-i", "-", "PID-1=x" },
      STR_INIT(HEAD),
      CLI_USAGE,
      "",
      "zarish hl7 set: CLI-022: " },

    { "a good message", &cmd_hl7_validate, { "-" }, STR_INIT(BODY), CLI_DONE, "", NULL },
    { "findings",
      &cmd_hl7_validate,
      { "-" },
      STR_INIT("MSH|^~\\&|||||||ADT^A01||P|2.5\rpid|\rx y\r"),
      CLI_NO,
      "error MSH-10 the control id is missing: the message cannot be acknowledged (HL7-108)\n"
      "warning PID the segment id is not upper-case letters and digits, a letter first (HL7-112)\n"
      "error segment[3] this line is not a segment (HL7-111)\n",
      NULL },
    { "a warning alone",
      &cmd_hl7_validate,
      { "-" },
      STR_INIT(HEAD "pid|\r"),
      CLI_DONE,
      "warning PID the segment id is not upper-case letters and digits, a letter first (HL7-112)\n",
      NULL },
    { "not HL7",
      &cmd_hl7_validate,
      { "-" },
      STR_INIT("<xml/>"),
      CLI_NO,
      "error message it does not begin with an MSH, FHS or BHS segment (HL7-001)\n",
      NULL },
    { "the second of two",
      &cmd_hl7_validate,
      { "-" },
      STR_INIT(HEAD HEAD "x\r"),
      CLI_NO,
      "error segment[2] this line is not a segment (HL7-111, message 2)\n",
      NULL },
    { "findings as JSON",
      &cmd_hl7_validate,
      { "-o", "json", "-" },
      STR_INIT(HEAD "x\r"),
      CLI_NO,
      "[\n  {\n    \"severity\": \"error\",\n    \"path\": \"segment[2]\",\n    \"offset\": 45,\n"
      "    \"code\": \"HL7-111\",\n    \"text\": \"this line is not a segment\",\n"
      "    \"specification\": \"2.9 2.5.2\"\n  }\n]\n",
      NULL },

    { "JSON on one line",
      &cmd_hl7_parse,
      { "-c", "-" },
      STR_INIT("MSH|^~\\&\r"),
      CLI_DONE,
      "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"|\",\"2\":\"^~\\\\&\"}}]}\n",
      NULL },
    { "JSON of two",
      &cmd_hl7_parse,
      { "-c", "-" },
      STR_INIT("MSH|^~\\&\rMSH|^~\\&\r"),
      CLI_DONE,
      "{\"parts\":[{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"|\",\"2\":\"^~\\\\&\"}}]},"
      "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"|\",\"2\":\"^~\\\\&\"}}]}]}\n",
      NULL },
    { "JSON of no message",
      &cmd_hl7_parse,
      { "-" },
      STR_INIT(""),
      CLI_FAILED,
      "",
      "zarish: standard input:1:1: HL7-001: " },
    { "built",
      &cmd_hl7_build,
      { "-" },
      STR_INIT("{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"3\":\"A\"}}]}"),
      CLI_DONE,
      "MSH|^~\\&|A\r",
      NULL },
    { "no JSON",
      &cmd_hl7_build,
      { "-" },
      STR_INIT("{"),
      CLI_FAILED,
      "",
      "zarish: standard input:1:2: JSON-" },
    { "other JSON",
      &cmd_hl7_build,
      { "-" },
      STR_INIT("{\n\"a\":1}"),
      CLI_FAILED,
      "",
      "zarish: standard input:2:5: CLI-020: " },
};

static void commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct cli_fake f;
        cli_fake_init(&f, rows[i].in);
        T_EQ_INT(cli_fake_cmd(&f, rows[i].cmd, rows[i].words), rows[i].status);
        T_EQ_SIZE(f.out.n, strlen(rows[i].out));
        if (f.out.n > 0)
            T_EQ_STR(f.out, rows[i].out);
        if (rows[i].err)
            T_EQ_STR(str_sub(f.err, 0, strlen(rows[i].err)), rows[i].err);
        else
            T_EQ_SIZE(f.err.n, 0);
        cli_fake_done(&f);
    }
}

/* Without what changes from run to run: the time and the control id. */
static struct str msa_on(struct str out)
{
    size_t at = str_find(out, STR("MSA|"), 0);
    return at == SIZE_MAX ? STR_NULL : str_from(out, at);
}

static const struct {
    const char *name;
    const char *words[6];
    struct str in;
    const char *msa;
} acks[] = {
    { "accepted", { "-" }, STR_INIT(BODY), "MSA|AA|ID1\r" },
    { "a code and a text",
      { "-", "--code", "CR", "--text", "no | way" },
      STR_INIT(BODY),
      "MSA|CR|ID1|no \\F\\ way\rERR|||207^Application error^HL70357|E||||no \\F\\ way\r" },
    { "by check, good", { "-", "--check" }, STR_INIT(BODY), "MSA|AA|ID1\r" },
    { "by check, bad",
      { "-", "--check" },
      STR_INIT(HEAD "x\r"),
      "MSA|AE|ID1|this line is not a segment\r"
      "ERR|||100^Segment sequence error^HL70357|E|HL7-111|||this line is not a segment\r" },
    { "not HL7",
      { "-" },
      STR_INIT("hello"),
      "MSA|AR||it does not begin with an MSH, FHS or BHS segment\r"
      "ERR|||100^Segment sequence error^HL70357|E|HL7-001|||it does not begin with an MSH, FHS or "
      "BHS segment\r" },
};

static void acknowledgements(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(acks); i++) {
        T_ROW(acks[i].name);
        struct cli_fake f;
        cli_fake_init(&f, acks[i].in);
        T_EQ_INT(cli_fake_cmd(&f, &cmd_hl7_ack, acks[i].words), CLI_DONE);
        T_EQ_STR(msa_on(f.out), acks[i].msa);
        T_EQ_SIZE(f.err.n, 0);
        cli_fake_done(&f);
    }
    struct cli_fake f;
    cli_fake_init(&f, STR(BODY));
    f.clock.at_ms = 1704164645678;
    T_EQ_INT(cli_fake_cmd(&f, &cmd_hl7_ack, (const char *[]){ "-", NULL }), CLI_DONE);
    T_TRUE(str_starts(f.out, STR("MSH|^~\\&|RA|RF|SA|SF|20240102030405.678+0000||ACK^A01^ACK|")));
    cli_fake_done(&f);
}

/* In place: the file is replaced, keeps its mode, and stays when an edit fails. */
static void in_place(void **state)
{
    (void)state;
    const char *path = t_path(t_tmpdir(), "message.hl7");
    struct cli_fake f;
    struct stat st;
    t_write(path, STR(HEAD "PID|1\r"));
    T_EQ_INT(chmod(path, 0640), 0);
    cli_fake_init(&f, STR(""));
    const char *good[] = { "--in-place", path, "PID-1=2", NULL };
    T_EQ_INT(cli_fake_cmd(&f, &cmd_hl7_set, good), CLI_DONE);
    T_EQ_SIZE(f.out.n, 0);
    T_EQ_STR(t_read(path), HEAD "PID|2\r");
    T_EQ_INT(stat(path, &st), 0);
    T_EQ_INT(st.st_mode & 07777, 0640);
    const char *bad[] = { "--in-place", path, "PID-1=3", "OBX[2]-1=x", NULL };
    T_EQ_INT(cli_fake_cmd(&f, &cmd_hl7_set, bad), CLI_FAILED);
    T_EQ_STR(t_read(path), HEAD "PID|2\r");
    cli_fake_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(commands), T_TEST(acknowledgements),
                                        T_TEST(in_place) };
    return T_RUN(tests);
}

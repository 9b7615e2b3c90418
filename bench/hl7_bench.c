/*
 * HL7 v2: index, reads, check, answer, edit and framing, beside what memory does in the same run:
 * copying the same bytes, and finding the line ends in them.
 */
#include "bench/bench.h"

#include "base/buf.h"
#include "hl7/ack.h"
#include "hl7/check.h"
#include "hl7/edit.h"
#include "hl7/mllp.h"
#include "hl7/scan.h"

#include <stdio.h>

#define LARGE_VALUE ((size_t)2 << 20)
#define MANY_OBX    10000

struct ground {
    const char *name;
    struct buf in;
    struct arena *arena;
    char *copy;
    const struct hl7_msg *m; /* of the arena of its own below */
    struct arena *kept;
    struct hl7_path paths[10];
    struct buf out;
    volatile size_t sink; /* so that nothing is optimised away */
};

/* 1.1 KB, as hospitals send it. All names and numbers are made up. */
static const char adt[] =
    "MSH|^~\\&|REGADT|NORTH^1.2.840.99999.1^ISO|EHR|SOUTH|20240102030405.678+0100||ADT^A01^ADT_A01|"
    "NORTH-2024-000001|P|2.5.1|||AL|NE|DEU|UNICODE UTF-8\r"
    "EVN|A01|20240102030405||01|DRTEST^Tester^Tom^^^Dr.\r"
    "PID|1||0000123456^^^NORTH&1.2.840.99999.1&ISO^MR~DE-987654^^^SSA^SS||SAMPLE^SALLY^M^^Ms.^^L||"
    "19700101|F||2106-3^White^HL70005|1 MAIN ST^APT 2^SAMPLETOWN^XX^12345^DEU^H||^PRN^PH^^49^30^"
    "5550100~^NET^Internet^sally@example.invalid|^WPN^PH^^49^30^5550199|de^German^HL70296|M|LUT|"
    "ACC-778899^^^NORTH^AN|||||||||||N\r"
    "PD1|||SAMPLE CLINIC^^10042|99887^Primary^Paula^^^Dr.^^^NORTH\r"
    "NK1|1|SAMPLE^SAM|SPO^Spouse^HL70063|1 MAIN ST^APT "
    "2^SAMPLETOWN^XX^12345|^PRN^PH^^49^30^5550101\r"
    "PV1|1|I|W4^401^2^NORTH^^^^4|E|||1234^Attend^Anna^^^Dr.^^^NORTH|5678^Refer^Rudi^^^Dr.|||MED||||"
    "1|"
    "||1234^Attend^Anna|IN|V-556677^^^NORTH^VN|||||||||||||||||||||||||20240102030000\r"
    "PV2|||^Shortness of breath, \\T\\ cough\r"
    "AL1|1|DA|70618^Penicillin^RxNorm|SV|Hives~Swelling\r"
    "DG1|1||R06.0^Dyspnoea^I10||20240102|A\r"
    "IN1|1|PLAN-1^Sample plan|INS-42|SAMPLE INSURANCE|PO BOX 1^^SAMPLETOWN\r";

static void must(enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return;
    fprintf(stderr, "hl7_bench: %s %s\n", e->id, e->text);
    exit(1);
}

static void copy_bytes(void *ctx)
{
    struct ground *g = ctx;
    memcpy(g->copy, g->in.p, g->in.n);
    g->sink += (unsigned char)g->copy[g->sink % g->in.n];
}

static void find_ends(void *ctx)
{
    struct ground *g = ctx;
    const char *p = g->in.p;
    const char *end = p + g->in.n;
    while ((p = memchr(p, '\r', (size_t)(end - p))))
        g->sink += (size_t)(p++ - g->in.p);
}

static void find_either(void *ctx)
{
    struct ground *g = ctx;
    for (size_t i = 0; i < g->in.n; i++) {
        i += scan_either(g->in.p + i, g->in.n - i, '\r', '\n');
        g->sink += i;
    }
}

static void index_message(void *ctx)
{
    struct ground *g = ctx;
    const struct hl7_msg *m = NULL;
    struct err e;
    arena_clear(g->arena);
    must(hl7_parse(buf_view(&g->in), NULL, g->arena, &m, &e), &e);
    g->sink += m->n_segs;
}

static void index_and_read(void *ctx)
{
    struct ground *g = ctx;
    const struct hl7_msg *m = NULL;
    struct err e;
    arena_clear(g->arena);
    must(hl7_parse(buf_view(&g->in), NULL, g->arena, &m, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(g->paths); i++) {
        struct str text;
        must(hl7_text(m, hl7_get(m, &g->paths[i]), g->arena, &text, &e), &e);
        g->sink += text.n;
    }
}

static void check(void *ctx)
{
    struct ground *g = ctx;
    struct hl7_report report = { 0 };
    struct err e;
    arena_clear(g->arena);
    must(hl7_check(g->m, g->arena, &report, &e), &e);
    g->sink += report.n;
}

static void answer(void *ctx)
{
    struct ground *g = ctx;
    struct hl7_ack_opts o = { .code = HL7_AA, .control_id = STR("A1"), .at_ms = 1704164645678 };
    struct err e;
    arena_clear(g->arena);
    buf_clear(&g->out);
    must(hl7_ack_write(g->m, &o, g->arena, &g->out, &e), &e);
    g->sink += g->out.n;
}

/* Two fields set and all of it written. */
static void edit(void *ctx)
{
    struct ground *g = ctx;
    struct hl7_edit *ed = NULL;
    struct err e;
    arena_clear(g->arena);
    buf_clear(&g->out);
    must(hl7_edit_new(g->m, g->arena, &ed, &e), &e);
    must(hl7_edit_set(ed, &g->paths[0], STR("DOE & SONS"), HL7_TEXT, &e), &e);
    must(hl7_edit_set(ed, &g->paths[1], STR("1"), HL7_TEXT, &e), &e);
    must(hl7_edit_write(ed, &g->out, &e), &e);
    g->sink += g->out.n;
}

/* Field 6 of the last OBX, behind the large value. */
static void read_behind(void *ctx)
{
    struct ground *g = ctx;
    struct hl7_path p = HL7_PATH('O', 'B', 'X', 11, 0);
    g->sink += hl7_get(g->m, &p).raw.n;
}

static void iterate(void *ctx)
{
    struct ground *g = ctx;
    struct hl7_path p = HL7_PATH('O', 'B', 'X', 5, 0);
    struct hl7_iter it;
    struct hl7_value v;
    hl7_iter_init(&it, g->m, &p);
    while (hl7_iter_next(&it, &v))
        g->sink += v.raw.n;
}

static void unframe(void *ctx)
{
    struct ground *g = ctx;
    struct mllp_reader r;
    struct str frame;
    mllp_reader_init(&r, g->out.n);
    mllp_feed(&r, buf_view(&g->out));
    while (mllp_next(&r, &frame) == MLLP_FRAME)
        g->sink += frame.n;
    mllp_reader_done(&r);
}

static void add_obx(struct buf *b, unsigned i)
{
    buf_z(b, "OBX|");
    buf_u64(b, i);
    buf_z(b, "|NM|718-7^Hemoglobin^LN||13.");
    buf_u64(b, i % 10);
    buf_z(b, "|g/dL|12.0-16.0|N|||F|||20240102030405\r");
}

static void ready(struct ground *g, const char *name)
{
    struct err e;
    g->name = name;
    g->arena = arena_new("bench", (size_t)1 << 16, (size_t)64 << 20);
    g->kept = arena_new("kept", (size_t)1 << 16, (size_t)64 << 20);
    struct buf copy;
    buf_init(&copy, g->in.n + 1);
    buf_fill(&copy, 0, g->in.n);
    g->copy = copy.p;
    buf_init(&g->out, SIZE_MAX);
    if (!g->arena || !g->kept || !g->copy)
        exit(1);
    must(hl7_parse(buf_view(&g->in), NULL, g->kept, &g->m, &e), &e);
    static const char *const paths[] = {
        "PID-5.1", "PID-3[2].1", "MSH-9.1", "MSH-9.2",  "MSH-10",
        "PID-7",   "PID-8",      "PV1-3.1", "PV1-19.1", "PV2-3.2"
    };
    for (size_t i = 0; i < ZS_COUNT(paths); i++)
        must(hl7_path_parse(str_z(paths[i]), &g->paths[i], &e), &e);
}

static void done(struct ground *g)
{
    struct buf copy = { .p = g->copy };
    buf_done(&copy);
    buf_done(&g->out);
    buf_done(&g->in);
    arena_free(&g->kept);
    arena_free(&g->arena);
}

static void limits(struct ground *g)
{
    printf("%s, %zu bytes, %zu segments\n", g->name, g->in.n, g->m->n_segs);
    bench_row("  limit: memcpy", copy_bytes, g, g->in.n);
    bench_row("  limit: memchr of CR", find_ends, g, g->in.n);
    bench_row("  limit: scan for CR or LF", find_either, g, g->in.n);
    bench_row("  index", index_message, g, g->in.n);
}

static void ordinary(void)
{
    struct ground g = { 0 };
    buf_init(&g.in, SIZE_MAX);
    buf_z(&g.in, adt);
    ready(&g, "ADT");
    limits(&g);
    bench_row("  index, 10 reads with text", index_and_read, &g, g.in.n);
    bench_row("  structural check", check, &g, g.in.n);
    bench_row("  acknowledgement", answer, &g, 0);
    bench_row("  2 edits, written", edit, &g, g.in.n);
    struct err e;
    buf_clear(&g.out);
    for (size_t i = 0; i < 64; i++)
        must(mllp_wrap(&g.out, buf_view(&g.in), &e), &e);
    bench_row("  MLLP: 64 frames in one read", unframe, &g, g.out.n);
    done(&g);
}

static void large(void)
{
    struct ground g = { 0 };
    buf_init(&g.in, SIZE_MAX);
    buf_z(&g.in,
          "MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5\rPID|1\rOBX|1|ED|X||^application^pdf^Base64^");
    for (size_t i = 0; i < LARGE_VALUE / 8; i++)
        buf_z(&g.in, "QUJDREVG");
    buf_z(&g.in, "||||||F\r");
    ready(&g, "\none OBX-5 of 2 MB");
    limits(&g);
    bench_row("  OBX-11, behind it", read_behind, &g, g.in.n);
    bench_row("  2 edits beside it, written", edit, &g, g.in.n);
    done(&g);
}

static void many(void)
{
    struct ground g = { 0 };
    buf_init(&g.in, SIZE_MAX);
    buf_z(&g.in, "MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5\rPID|1\r");
    for (unsigned i = 1; i <= MANY_OBX; i++)
        add_obx(&g.in, i);
    ready(&g, "\n10,000 OBX");
    limits(&g);
    bench_row("  all OBX-5", iterate, &g, g.in.n);
    bench_row("  structural check", check, &g, g.in.n);
    done(&g);
}

int main(void)
{
    bench_heading("hl7");
    ordinary();
    large();
    many();
    return 0;
}

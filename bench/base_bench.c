/*
 * The house API's fast paths, beside what libc or memory itself does in the same run.
 */
#include "bench/bench.h"

#include "base/charset.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/num.h"
#include "base/timefmt.h"
#include "base/utf8.h"

#include <stdio.h>

#define BLOCK (64 * 1024)
#define NAMES 1000

struct ground {
    char block[BLOCK]; /* ASCII text */
    char mixed[BLOCK]; /* a third of it umlauts */
    char latin[BLOCK];
    char copy[BLOCK];
    struct charset *latin1;
    struct buf out;
    struct strmap map;
    char names[NAMES][16];
    size_t next;
    struct log *log;
    struct log channel;
    struct hash_key key;
    volatile uint64_t sink; /* so that nothing is optimised away */
};

static void copy_block(void *ctx)
{
    struct ground *g = ctx;
    memcpy(g->copy, g->block, BLOCK);
    g->sink += (unsigned char)g->copy[g->sink % BLOCK];
}

static void crc_block(void *ctx)
{
    struct ground *g = ctx;
    g->sink += hash_crc32c(0, g->block, BLOCK);
}

static void crc_soft(void *ctx)
{
    struct ground *g = ctx;
    g->sink += hash_crc32c_soft(0, g->block, BLOCK);
}

static void sip_short(void *ctx)
{
    struct ground *g = ctx;
    g->sink += hash_sip64(&g->key, str_of(g->block, 16));
}

static void sip_block(void *ctx)
{
    struct ground *g = ctx;
    g->sink += hash_sip64(&g->key, str_of(g->block, BLOCK));
}

static void utf8_ascii(void *ctx)
{
    struct ground *g = ctx;
    g->sink += utf8_is_valid(str_of(g->block, BLOCK), NULL);
}

static void utf8_mixed(void *ctx)
{
    struct ground *g = ctx;
    g->sink += utf8_is_valid(str_of(g->mixed, BLOCK), NULL);
}

static void decode_latin(void *ctx)
{
    struct ground *g = ctx;
    buf_clear(&g->out);
    if (charset_decode(g->latin1, str_of(g->latin, BLOCK), CHARSET_REJECT, &g->out, NULL, NULL))
        abort();
    g->sink += g->out.n;
}

static void map_get(void *ctx)
{
    struct ground *g = ctx;
    const char *name = g->names[g->next++ % NAMES];
    g->sink += strmap_get(&g->map, str_z(name)) != NULL;
}

static void parse_double(void *ctx)
{
    struct ground *g = ctx;
    double v = 0;
    if (num_double(STR("98.625"), &v, NULL))
        abort();
    g->sink += (uint64_t)v;
}

static void libc_double(void *ctx)
{
    struct ground *g = ctx;
    g->sink += (uint64_t)strtod("98.625", NULL);
}

static void parse_time(void *ctx)
{
    struct ground *g = ctx;
    struct time_part t;
    if (time_hl7_parse(STR("20240229131415.123+0100"), &t, NULL))
        abort();
    g->sink += t.frac_ns;
}

static void format_time(void *ctx)
{
    struct ground *g = ctx;
    char text[TIME_ISO_SIZE];
    time_iso((int64_t)(g->sink % 1000000000) * 1000, text);
    g->sink += (unsigned char)text[18];
}

static void libc_time(void *ctx)
{
    struct ground *g = ctx;
    char text[32];
    struct tm tm;
    time_t at = (time_t)(g->sink % 1000000000);
    if (!gmtime_r(&at, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        abort();
    g->sink += (unsigned char)text[18];
}

static void log_line(void *ctx)
{
    struct ground *g = ctx;
    log_event(&g->channel, EV_ENGINE_STARTED, F_NAME("peer", "mllp://10.0.0.1:2575"),
              F_U64("bytes", 4711), F_MS("tookMs", 12));
}

static void discard(void *ctx, const struct log_record *r)
{
    struct ground *g = ctx;
    g->sink += r->line.n;
}

static enum rc prepare(struct ground *g, struct err *e)
{
    memset(g->block, 'a', BLOCK);
    memset(g->latin, 'a', BLOCK);
    for (size_t i = 0; i + 3 <= BLOCK; i += 3) {
        memcpy(g->mixed + i, i % 2 ? "\xc3\xbcx" : "abc", 3);
        g->latin[i] = '\xfc';
    }
    g->mixed[BLOCK - 1] = 'x';
    buf_init(&g->out, 4 * BLOCK);
    strmap_init(&g->map, NULL, NAMES);
    struct log_conf conf = {
        .form = LOG_JSON, .level = LOG_INFO, .clock = clock_real(), .write = discard, .ctx = g
    };
    enum rc rc = log_new(&conf, &g->log, e);
    if (rc == RC_OK)
        rc = charset_open(STR("8859/1"), &g->latin1, e);
    for (size_t i = 0; i < NAMES && rc == RC_OK; i++) {
        (void)snprintf(g->names[i], sizeof g->names[i], "channel-%zu", i); /* fits */
        rc = strmap_put(&g->map, str_z(g->names[i]), g->names[i], e);
    }
    if (rc == RC_OK)
        log_child(&g->channel, g->log,
                  (struct log_field[]){ F_NAME("channel", "oru-in"), LOG_F_END });
    return rc;
}

static void run_all(struct ground *g)
{
    bench_row("memcpy 64 KB (limit)", copy_block, g, BLOCK);
    bench_row("CRC-32C 64 KB", crc_block, g, BLOCK);
    bench_row("CRC-32C 64 KB, table", crc_soft, g, BLOCK);
    bench_row("SipHash-2-4, 16 bytes", sip_short, g, 16);
    bench_row("SipHash-2-4, 64 KB", sip_block, g, BLOCK);
    bench_row("UTF-8 check, ASCII", utf8_ascii, g, BLOCK);
    bench_row("UTF-8 check, umlauts", utf8_mixed, g, BLOCK);
    bench_row("ISO 8859-1 to UTF-8, a third umlauts", decode_latin, g, BLOCK);
    bench_row("strmap_get of 1,000 names", map_get, g, 0);
    bench_row("num_double 98.625", parse_double, g, 0);
    bench_row("strtod 98.625 (libc)", libc_double, g, 0);
    bench_row("time_hl7_parse to the millisecond", parse_time, g, 0);
    bench_row("time_iso", format_time, g, 0);
    bench_row("gmtime_r and strftime (libc)", libc_time, g, 0);
    bench_row("log_event, JSON, 4 fields, no sink", log_line, g, 0);
}

int main(void)
{
    static struct ground g;
    struct err e;
    if (prepare(&g, &e) != RC_OK) {
        fprintf(stderr, "%s: %s\n", e.id, e.text);
        return 1;
    }
    bench_heading("base");
    run_all(&g);
    log_free(&g.log);
    charset_free(&g.latin1);
    strmap_done(&g.map);
    buf_done(&g.out);
    return 0;
}

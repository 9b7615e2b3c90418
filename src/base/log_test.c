#include "base/log.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/thread.h"
#include "tests/lib/t_log.h"

#include <fcntl.h>

/* A log into a text, with the clock in the test's hand. */
struct sink {
    struct log *log;
    struct clock_fake clock;
    struct buf text;
};

static void collect(void *ctx, const struct log_record *r)
{
    struct sink *s = ctx;
    buf_str(&s->text, r->line);
}

static void sink_init(struct sink *s, enum log_form form, enum log_level level, unsigned burst)
{
    struct err e;
    clock_fake_init(&s->clock, 1704164645678);
    buf_init(&s->text, 1u << 20);
    struct log_conf conf = { .form = form,
                             .level = level,
                             .clock = &s->clock.clock,
                             .burst = burst,
                             .window_ms = 10000,
                             .write = collect,
                             .ctx = s };
    T_OK(log_new(&conf, &s->log, &e), &e);
}

static void sink_done(struct sink *s)
{
    log_free(&s->log);
    T_TRUE(s->log == NULL);
    buf_done(&s->text);
}

static void every_kind_in_every_form(void **state)
{
    (void)state;
    static const char *const want[] = {
        [LOG_JSON] =
            "{\"at\":\"2024-01-02T03:04:05.678Z\",\"level\":\"info\","
            "\"event\":\"engine.started\",\"name\":\"oru-in\",\"none\":null,\"empty\":\"\","
            "\"u\":18446744073709551615,\"i\":-9223372036854775808,\"tookMs\":250,\"ok\":true,"
            "\"no\":false,\"since\":\"1970-01-01T00:00:00.000Z\"}\n",
        [LOG_FMT] = "at=2024-01-02T03:04:05.678Z level=info event=engine.started name=oru-in "
                    "none=null empty=\"\" u=18446744073709551615 i=-9223372036854775808 "
                    "tookMs=250 ok=true no=false since=1970-01-01T00:00:00.000Z\n",
        [LOG_HUMAN] = "03:04:05.678 info  engine.started name=oru-in none=null empty=\"\" "
                      "u=18446744073709551615 i=-9223372036854775808 tookMs=250 ok=true no=false "
                      "since=1970-01-01T00:00:00.000Z\n",
    };
    for (enum log_form form = LOG_JSON; form <= LOG_HUMAN; form++) {
        struct sink s;
        sink_init(&s, form, LOG_INFO, 0);
        log_event(s.log, EV_ENGINE_STARTED, F_NAME("name", "oru-in"), F_NAME("none", NULL),
                  F_NAME("empty", ""), F_U64("u", UINT64_MAX), F_I64("i", INT64_MIN),
                  F_MS("tookMs", 250), F_BOOL("ok", true), F_BOOL("no", false), F_AT("since", 0));
        T_EQ_STR(buf_view(&s.text), want[form]);
        sink_done(&s);
    }
}

static void errors_are_written_whole(void **state)
{
    (void)state;
    struct sink s;
    struct err e;
    sink_init(&s, LOG_JSON, LOG_INFO, 0);
    (void)err_set_at(&e, RC_SYNTAX, "HL7-001", 7, "no MSH segment");
    err_where(&e, "MSH-2");
    (void)err_fate(&e, FATE_REJECT);
    log_event(s.log, EV_ENGINE_FAILED, F_ERR(&e), F_ERR(NULL));
    T_EQ_STR(buf_view(&s.text), "{\"at\":\"2024-01-02T03:04:05.678Z\",\"level\":\"error\","
                                "\"event\":\"engine.failed\",\"error\":\"HL7-001\","
                                "\"errorText\":\"no MSH segment\",\"errorWhere\":\"MSH-2\","
                                "\"errorAt\":7,\"fate\":\"reject\"}\n");
    buf_clear(&s.text);
    log_set_level(s.log, LOG_DEBUG);
    log_event(s.log, EV_ENGINE_FAILED, F_ERR(&e));
    T_TRUE(str_find(buf_view(&s.text), STR("\"errorFile\":\"src/base/log_test.c\""), 0) !=
           SIZE_MAX);
    sink_done(&s);
}

static void values_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *json, *fmt;
    } rows[] = {
        { "quotes", "a\"b\\c", "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\"" },
        { "line feed", "a\nb\r", "\"a\\u000ab\\u000d\"", "\"a\\u000ab\\u000d\"" },
        { "terminal", "\033[2J\x7f", "\"\\u001b[2J\\u007f\"", "\"\\u001b[2J\\u007f\"" },
        { "C1", "\xc2\x9b", "\"\\u009b\"", "\"\\u009b\"" },
        { "bad UTF-8", "M\xfcller", "\"M\xef\xbf\xbdller\"", "\"M\xef\xbf\xbdller\"" },
        { "good UTF-8", "M\xc3\xbcller", "\"M\xc3\xbcller\"", "\"M\xc3\xbcller\"" },
        { "space", "a b", "\"a b\"", "\"a b\"" },
        { "equals sign", "a=b", "\"a=b\"", "\"a=b\"" },
        { "plain", "mllp://10.0.0.1:2575", "\"mllp://10.0.0.1:2575\"", "mllp://10.0.0.1:2575" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        for (enum log_form form = LOG_JSON; form <= LOG_FMT; form++) {
            struct sink s;
            T_ROW(rows[i].name);
            sink_init(&s, form, LOG_INFO, 0);
            log_event(s.log, EV_ENGINE_STARTED, F_NAME("v", rows[i].in));
            struct str line = buf_view(&s.text);
            size_t at = str_find(line, form == LOG_JSON ? STR("\"v\":") : STR("v="), 0);
            T_TRUE(at != SIZE_MAX);
            at += form == LOG_JSON ? 4 : 2;
            const char *want = form == LOG_JSON ? rows[i].json : rows[i].fmt;
            T_EQ_STR(str_sub(line, at, strlen(want)), want);
            T_EQ_SIZE(line.n, at + strlen(want) + (form == LOG_JSON ? 2 : 1));
            sink_done(&s);
        }
    }
}

static void contexts_are_inherited(void **state)
{
    (void)state;
    struct t_log tl;
    struct log engine;
    struct log channel;
    t_log_init(&tl);
    log_child(&engine, tl.log, (struct log_field[]){ F_NAME("engine", "a"), LOG_F_END });
    log_child(&channel, &engine,
              (struct log_field[]){ F_NAME("channel", "oru"), F_U64("loop", 2), LOG_F_END });
    log_event(&channel, EV_ENGINE_STARTED, F_BOOL("x", true));
    log_event(&engine, EV_ENGINE_STARTED);
    T_EQ_Z(T_EVENT(&tl, EV_ENGINE_STARTED),
           "{\"at\":\"2024-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"engine.started\","
           "\"engine\":\"a\",\"channel\":\"oru\",\"loop\":2,\"x\":true}");
    T_EQ_Z(T_EVENT(&tl, EV_ENGINE_STARTED),
           "{\"at\":\"2024-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"engine.started\","
           "\"engine\":\"a\"}");
    T_NO_EVENT(&tl, EV_ENGINE_STARTED);
    t_log_done(&tl);
}

static void levels_are_kept(void **state)
{
    (void)state;
    struct sink s;
    sink_init(&s, LOG_HUMAN, LOG_WARN, 0);
    log_event(s.log, EV_ENGINE_STARTED);
    T_EQ_SIZE(s.text.n, 0);
    T_FALSE(log_wants(s.log, LOG_INFO));
    T_TRUE(log_wants(s.log, LOG_WARN));
    log_set_level(s.log, LOG_INFO);
    log_event(s.log, EV_ENGINE_STARTED);
    T_EQ_STR(buf_view(&s.text), "03:04:05.678 info  engine.started\n");
    sink_done(&s);
    T_FALSE(log_wants(log_none(), LOG_ERROR));
    log_event(log_none(), EV_ENGINE_FAILED);
    log_flush(log_none());

    enum log_level level = LOG_DEBUG;
    struct err e;
    T_OK(log_level_parse(STR("warn"), &level, &e), &e);
    T_EQ_INT(level, LOG_WARN);
    T_EQ_INT(log_level_parse(STR("WARN"), &level, &e), RC_VALUE);
    T_EQ_Z(e.id, "BASE-050");
}

static size_t lines(const struct sink *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->text.n; i++)
        n += s->text.p[i] == '\n' ? 1 : 0;
    return n;
}

static void repeats_are_counted(void **state)
{
    (void)state;
    struct sink s;
    struct log a;
    struct log b;
    sink_init(&s, LOG_FMT, LOG_INFO, 3);
    log_child(&a, s.log, (struct log_field[]){ F_NAME("channel", "a"), LOG_F_END });
    log_child(&b, s.log, (struct log_field[]){ F_NAME("channel", "b"), LOG_F_END });
    for (int i = 0; i < 10; i++)
        log_event(&a, EV_ENGINE_STARTED, F_I64("i", i));
    T_EQ_SIZE(lines(&s), 3);
    log_event(&b, EV_ENGINE_STARTED); /* another context */
    log_event(&a, EV_ENGINE_STOPPED); /* another event */
    T_EQ_SIZE(lines(&s), 5);
    struct log twin; /* the same fields in another context */
    log_child(&twin, &b, (struct log_field[]){ F_NAME("channel", "a"), LOG_F_END });
    log_event(&twin, EV_ENGINE_STARTED);
    T_EQ_SIZE(lines(&s), 6);

    clock_fake_step(&s.clock, 9999);
    log_flush(s.log);
    T_EQ_SIZE(lines(&s), 6);
    clock_fake_step(&s.clock, 1);
    buf_clear(&s.text);
    log_event(&a, EV_ENGINE_STARTED);
    T_EQ_STR(buf_view(&s.text), "at=2024-01-02T03:04:15.678Z level=info event=engine.started "
                                "suppressed=7 channel=a\n");
    for (int i = 0; i < 5; i++)
        log_event(&a, EV_ENGINE_STARTED);
    clock_fake_step(&s.clock, 10000);
    buf_clear(&s.text);
    log_flush(s.log);
    T_EQ_STR(buf_view(&s.text), "at=2024-01-02T03:04:25.678Z level=warn event=log.suppressed "
                                "of=engine.started suppressed=3\n");
    log_flush(s.log);
    T_EQ_SIZE(lines(&s), 1);
    sink_done(&s);
}

/* More keys than the filter has room for: what a slot counted is told when it is given up. */
static void no_count_is_lost(void **state)
{
    (void)state;
    struct sink s;
    char names[2000][8];
    sink_init(&s, LOG_FMT, LOG_INFO, 1);
    for (size_t i = 0; i < ZS_COUNT(names); i++) {
        struct log c;
        (void)snprintf(names[i], sizeof names[i], "c%zu", i); /* fits */
        log_child(&c, s.log, (struct log_field[]){ F_NAME("channel", names[i]), LOG_F_END });
        for (int k = 0; k < 3; k++)
            log_event(&c, EV_ENGINE_STARTED);
        clock_fake_step(&s.clock, 1);
    }
    clock_fake_step(&s.clock, 10000);
    log_flush(s.log);
    size_t told = 0;
    for (size_t at = 0; (at = str_find(buf_view(&s.text), STR("suppressed=2"), at)) != SIZE_MAX;
         at++)
        told++;
    T_EQ_SIZE(told, ZS_COUNT(names));
    T_EQ_SIZE(lines(&s), 2 * ZS_COUNT(names));
    sink_done(&s);
}

static void the_end_tells_what_was_counted(void **state)
{
    (void)state;
    struct t_log tl;
    t_log_init(&tl);
    log_free(&tl.log);
    struct sink s;
    sink_init(&s, LOG_FMT, LOG_INFO, 1);
    log_event(s.log, EV_ENGINE_STARTED);
    log_event(s.log, EV_ENGINE_STARTED);
    buf_clear(&s.text);
    log_free(&s.log);
    T_TRUE(str_find(buf_view(&s.text), STR("of=engine.started suppressed=1"), 0) != SIZE_MAX);
    buf_done(&s.text);
}

static void lines_stay_whole_at_the_limit(void **state)
{
    (void)state;
    struct sink s;
    char big[LOG_TEXT_MAX + 10];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    sink_init(&s, LOG_JSON, LOG_INFO, 0);
    log_event(s.log, EV_ENGINE_STARTED, F_NAME("v", big));
    T_TRUE(str_find(buf_view(&s.text), STR("xxx\xe2\x80\xa6\"}\n"), 0) != SIZE_MAX);
    buf_clear(&s.text);
    log_event(s.log, EV_ENGINE_STARTED, F_NAME("a", big), F_NAME("b", big), F_NAME("c", big),
              F_NAME("d", big), F_NAME("e", big), F_NAME("f", big), F_NAME("g", big),
              F_NAME("h", big), F_U64("i", 1));
    struct str line = buf_view(&s.text);
    T_TRUE(line.n <= LOG_LINE_MAX);
    T_TRUE(str_ends(line, STR("\",\"cut\":true}\n")));
    T_TRUE(str_find(line, STR("\"g\":"), 0) != SIZE_MAX);
    T_TRUE(str_find(line, STR("\"h\":"), 0) == SIZE_MAX);
    sink_done(&s);
}

/* The table itself: ids, names and levels that people rely on. */
static void the_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < EV_COUNT; i++) {
        const struct log_event_row *row = &log_events[i];
        T_ROW(row->id);
        T_TRUE(str_starts(str_z(row->id), STR("EV_")));
        T_TRUE(strchr(row->name, '.') != NULL);
        for (const char *p = row->name; *p; p++)
            T_TRUE((*p >= 'a' && *p <= 'z') || *p == '.' || *p == '-');
        T_TRUE(str_ends(str_z(row->meaning), STR(".")));
        T_TRUE(row->action[0] != '\0');
        for (size_t k = 0; k < i; k++)
            T_TRUE(strcmp(log_events[k].name, row->name) != 0);
    }
}

static void shout(void *ctx)
{
    for (int i = 0; i < 200; i++)
        log_event((const struct log *)ctx, EV_ENGINE_STARTED, F_I64("i", i));
}

static void threads_do_not_mix_lines(void **state)
{
    (void)state;
    struct sink s;
    struct thread t[3];
    struct err e;
    sink_init(&s, LOG_HUMAN, LOG_INFO, 100);
    for (size_t i = 0; i < ZS_COUNT(t); i++)
        T_OK(thread_start(&t[i], "shouter", shout, s.log, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(t); i++)
        thread_join(&t[i]);
    T_EQ_SIZE(lines(&s), 100);
    struct str rest = buf_view(&s.text);
    struct str line = STR_NULL;
    while (str_split(&rest, '\n', &line))
        T_TRUE(line.n == 0 || str_starts(line, STR("03:04:05.678 info  engine.started i=")));
    sink_done(&s);
}

static void a_descriptor_takes_lines(void **state)
{
    (void)state;
    const char *path = t_path(t_tmpdir(), "log");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct log_record r = { .ev = EV_ENGINE_STARTED, .level = LOG_INFO, .line = STR("one\n") };
    T_TRUE(fd >= 0);
    log_write_fd(&fd, &r);
    log_write_fd(&fd, &r);
    T_TRUE(close(fd) == 0);
    T_EQ_STR(t_read(path), "one\none\n");
    log_write_fd(&fd, &r); /* closed: nothing to tell it to */
}

static void without_memory(void **state)
{
    (void)state;
    struct log *log = NULL;
    struct log_conf conf = { .clock = clock_real(), .write = collect };
    struct err e;
    mem_fail_at(1);
    T_EQ_INT(log_new(&conf, &log, &e), RC_NOMEM);
    T_TRUE(log == NULL);
    log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_kind_in_every_form),
        T_TEST(errors_are_written_whole),
        T_TEST(values_are_escaped),
        T_TEST(contexts_are_inherited),
        T_TEST(levels_are_kept),
        T_TEST(repeats_are_counted),
        T_TEST(no_count_is_lost),
        T_TEST(the_end_tells_what_was_counted),
        T_TEST(lines_stay_whole_at_the_limit),
        T_TEST(the_table_is_sound),
        T_TEST(threads_do_not_mix_lines),
        T_TEST(a_descriptor_takes_lines),
        T_TEST(without_memory),
    };
    return T_RUN(tests);
}

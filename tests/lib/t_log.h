/*
 * A log that tests read. Everything is captured, debug level and up, on a clock of the test.
 *
 *   struct t_log tl;
 *   t_log_init(&tl);
 *   … run code with tl.log …
 *   T_EVENT(&tl, EV_CHANNEL_STARTED);     the oldest not yet expected one of that kind must be
 * there t_log_done(&tl);                      fails on any warning or error nobody expected
 *
 * Not for several threads that log at the same moment as the test reads.
 */
#ifndef ZS_TESTS_T_LOG_H
#define ZS_TESTS_T_LOG_H

#include "base/log.h"
#include "tests/lib/t.h"

#define T_LOG_MAX 256

struct t_log {
    struct log *log;
    struct clock_fake clock;
    size_t n;
    size_t n_lost; /* beyond T_LOG_MAX */
    struct {
        enum log_ev ev;
        enum log_level level;
        bool expected;
        char line[1024]; /* cut at its end */
    } got[T_LOG_MAX];
};

void t_log_init(struct t_log *tl); /* LOG_JSON, no repeat filter, 2024-01-02T03:04:05.678Z */
void t_log_done(struct t_log *tl);

/* The line of the oldest event of that kind that was not expected before; fails when none is left.
 */
#define T_EVENT(tl, ev) t_log_event((tl), (ev), #ev, __FILE__, __LINE__)
/* No event of that kind is left. */
#define T_NO_EVENT(tl, ev) t_log_no_event((tl), (ev), #ev, __FILE__, __LINE__)

const char *t_log_event(struct t_log *tl, enum log_ev ev, const char *name, const char *file,
                        int line);
void t_log_no_event(const struct t_log *tl, enum log_ev ev, const char *name, const char *file,
                    int line);

#endif

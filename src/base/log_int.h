/*
 * Between log.c (contexts, levels, the repeat filter) and log_line.c (the three forms).
 */
#ifndef ZS_BASE_LOG_INT_H
#define ZS_BASE_LOG_INT_H

#include "base/log.h"

struct log_line {
    char p[LOG_LINE_MAX];
    size_t n;
    enum log_form form;
    bool source; /* write the place in our source with errors */
    bool cut;    /* a field did not fit */
};

void log_line_begin(struct log_line *l, enum log_form form, int64_t at_ms,
                    const struct log_event_row *row);
void log_line_field(struct log_line *l, const struct log_field *f);

/* Closes the line, final \n included; borrowed from l. */
struct str log_line_end(struct log_line *l);

#endif

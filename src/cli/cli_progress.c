/*
 * One line on a terminal that says how far long work is. Tests: cli_table_test.c
 */
#include "cli/cli_int.h"

#define EVERY_NS  100000000u
#define BAR_CELLS 24

void cli_progress_init(struct cli_progress *p, struct cli *c, const char *label, uint64_t total)
{
    *p = (struct cli_progress){ .c = c, .label = label, .total = total };
}

static void draw(struct cli_progress *p, uint64_t done)
{
    FILE *f = p->c->err;
    /* back to the margin, clear to the end of the line */
    fprintf(f, "\r\033[K%s ", p->label);
    if (p->total == 0) {
        fprintf(f, "%llu", (unsigned long long)done);
    } else {
        double share = done >= p->total ? 1.0 : (double)done / (double)p->total;
        int full = (int)(share * BAR_CELLS);
        fprintf(f, "[%.*s%.*s] %3d%%  %llu of %llu", full, "########################",
                BAR_CELLS - full, "........................", (int)(share * 100),
                (unsigned long long)done, (unsigned long long)p->total);
    }
    (void)fflush(f); /* a bar that cannot be shown is no failure */
    p->shown = true;
}

void cli_progress_step(struct cli_progress *p, uint64_t done)
{
    if (!p->c->err_is_tty)
        return;
    uint64_t now = clock_mono_ns(p->c->clock);
    if (p->shown && now - p->drawn_ns < EVERY_NS)
        return;
    p->drawn_ns = now;
    draw(p, done);
}

void cli_progress_end(struct cli_progress *p)
{
    if (p->shown)
        fputs("\r\033[K", p->c->err);
    p->shown = false;
}

/*
 * What the benches share: a heading that names machine and date, and a timed loop. Figures are
 * printed, never asserted.
 */
#ifndef ZS_BENCH_BENCH_H
#define ZS_BENCH_BENCH_H

#include "base/clock.h"

/* Name, machine, date, version: the first lines of every bench. */
void bench_heading(const char *name);

typedef void bench_fn(void *ctx);

/*
 * Call fn(ctx) over and over for about 300 ms and print calls per second, nanoseconds each and,
 * with bytes > 0, GB/s.
 */
void bench_row(const char *name, bench_fn *fn, void *ctx, size_t bytes);

#endif

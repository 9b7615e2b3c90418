/*
 * The timed loop of the benches. See bench.h.
 */
#include "bench/bench.h"

#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define RUN_NS 300000000u

static void print_cpu(void)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) != 0)
            continue;
        const char *colon = strchr(line, ':');
        printf("machine  %s", colon ? colon + 2 : "?\n");
        break;
    }
    if (f)
        (void)fclose(f); /* only read */
}

void bench_heading(const char *name)
{
    struct utsname u;
    char date[TIME_ISO_SIZE];
    time_iso(clock_now_ms(clock_real()), date);
    printf("bench    %s, zarish %s\n", name, ZS_VERSION);
    print_cpu();
    printf("cores    %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    if (uname(&u) == 0)
        printf("system   %s %s %s\n", u.sysname, u.release, u.machine);
    printf("date     %s\n\n", date);
}

void bench_row(const char *name, bench_fn *fn, void *ctx, size_t bytes)
{
    const struct clock *clock = clock_real();
    uint64_t calls = 0;
    uint64_t batch = 1;
    fn(ctx); /* warm */
    uint64_t start = clock_mono_ns(clock);
    uint64_t took = 0;
    while (took < RUN_NS) {
        for (uint64_t i = 0; i < batch; i++)
            fn(ctx);
        calls += batch;
        took = clock_mono_ns(clock) - start;
        if (took < RUN_NS / 20)
            batch *= 2;
    }
    double each = (double)took / (double)calls;
    printf("%-44s %12.0f /s %10.1f ns", name, 1e9 / each, each);
    if (bytes > 0)
        printf(" %8.2f GB/s", (double)bytes / each);
    printf("\n");
}

/* bench.c - see bench.h. */
#include "bench/lib/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

uint64_t bench_n(uint64_t full, uint64_t least)
{
    const char *text = getenv("BENCH_SCALE");
    double scale = text ? strtod(text, NULL) : 1;
    uint64_t n = (uint64_t)((double)full * scale);
    return n > least ? n : least;
}

double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_peak_mib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

void bench_tell(const struct bench_figure *f)
{
    printf("%s\t%.6g\t%s\t%s\t%s\n", f->what, f->value, f->unit, f->goal ? f->goal : "-", !f->goal ? "-" : f->met ? "met" : "MISSED");
    fflush(stdout);
}

void bench_fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("bench: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

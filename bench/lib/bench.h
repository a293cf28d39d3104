/*
 * bench.h - how a benchmark times and tells. A benchmark is bench/NAME.c or bench/NAME.sh; bench/run.sh runs each and lines
 * its results up. What is compared is measured in the same run: ours, a plain baseline, the raw limit.
 *
 * Sizes come from the environment with the full size as default, so that a small run shows that a benchmark works:
 * BENCH_SCALE=0.01 makes every count a hundredth (bench_n).
 */
#ifndef EXPUNGE_BENCH_H
#define EXPUNGE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `full` times BENCH_SCALE (1 when unset), at least `least`. */
uint64_t bench_n(uint64_t full, uint64_t least);
/* Monotonic, in seconds. */
double bench_seconds(void);
/* Resident memory's high-water mark of this process, in MiB (getrusage). */
double bench_peak_mib(void);

/* One measured value: a line of five fields split by tabs on standard output. `goal` is NULL for what is only told. */
struct bench_figure {
    const char *what;   /* "ingest, NDJSON, 1 core" */
    double value;
    const char *unit;   /* "contacts/s" */
    const char *goal;   /* ">= 15000", as the goal is stated */
    bool met;           /* heeded with a goal */
};
void bench_tell(const struct bench_figure *f);
/* Ends the program with status 2 and a sentence. */
void bench_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif

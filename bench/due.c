/*
 * due.c - the next 1,000 due chains, ids only, through the registry's own paging: at a million chains and at fifty.
 *
 * BENCH_BIG names a folder with (or for) the registry of fifty million contacts (see ingest.c); without it the larger one has
 * ten million. The raw limit: the same statement of SQLite, stepped and not copied.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/lib/bench.h"
#include "bench/lib/contacts.h"
#include "registry/sqlite.h"

enum { PAGE = 1000, PAGES = 400 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void go_on_after(struct queue_query *q, const struct queue_line *last)
{
    q->after = true;
    q->after_category = last->category;
    q->after_time_ms = last->time_ms;
    q->after_key = last->chain;
}

/* The median page of a run through what is due, in milliseconds; the first one too. */
static double pages(const char *dir, double *first)
{
    struct engine *e = bench_engine(dir, false, BENCH_NOW_MS);
    struct queue_query q = {.queue = QUEUE_DUE, .category = -1, .until_ms = BENCH_NOW_MS};
    struct queue_line *lines;
    struct arena a;
    struct err err;
    double took[PAGES];
    size_t n, k = 0;
    arena_init(&a, 64 << 20);
    for (; k < PAGES; k++) {
        double from = bench_seconds();
        if (registry_queue(e->registry, &q, PAGE, &a, &lines, &n, &err) != OK)
            bench_fail("%s", err.text);
        took[k] = (bench_seconds() - from) * 1e3;
        if (n < PAGE)
            break;
        go_on_after(&q, &lines[n - 1]);
        arena_reset(&a);
    }
    if (k < 10)
        bench_fail("%s has too few due chains", dir);
    *first = took[0];
    qsort(took, k, sizeof took[0], by_value);
    arena_release(&a);
    engine_close(e);
    return took[k / 2];
}

/* The statement alone: the first page of the first category, again and again. */
static double raw_page(const char *dir)
{
    struct engine *e = bench_engine(dir, false, BENCH_NOW_MS);
    struct sqlite *s = e->registry->backend.own;
    sqlite3_stmt *st;
    struct err err;
    double took[PAGES];
    if (sqlite_prepare(s, "SELECT key,version,time FROM chain INDEXED BY chain_place WHERE queue=1 AND queue<>0 AND category=("
                          "SELECT min(category) FROM chain INDEXED BY chain_place WHERE queue=1 AND queue<>0)"
                          " ORDER BY time,key LIMIT 1000", &st, &err) != OK)
        bench_fail("%s", err.text);
    for (size_t k = 0; k < PAGES; k++) {
        double from = bench_seconds();
        while (sqlite3_step(st) == SQLITE_ROW)
            (void)sqlite3_column_int64(st, 1);
        took[k] = (bench_seconds() - from) * 1e3;
        sqlite3_reset(st);
    }
    qsort(took, PAGES, sizeof took[0], by_value);
    sqlite3_finalize(st);
    engine_close(e);
    return took[PAGES / 2];
}

int main(void)
{
    const char *scratch = getenv("BENCH_DIR"), *big = getenv("BENCH_BIG");
    char small[400], large[400], what[96];
    double first;
    if (!scratch)
        bench_fail("BENCH_DIR is not set");
    snprintf(small, sizeof small, "%s/due-small", scratch);
    snprintf(large, sizeof large, "%s", big ? big : "");
    uint64_t n = bench_n(1000000, 50000), more = big ? 50000000 : bench_n(10000000, 100000);
    if (!big)
        snprintf(large, sizeof large, "%s/due-large", scratch);
    bench_registry(small, n);
    bench_registry(large, more);
    (void)pages(small, &first);
    double few = pages(small, &first);
    snprintf(what, sizeof what, "next 1,000 due, %.3g M contacts, median page", (double)n / 1e6);
    bench_tell(&(struct bench_figure){what, few, "ms", "<= 1", few <= 1});
    double many = pages(large, &first);
    snprintf(what, sizeof what, "next 1,000 due, %.3g M contacts, first page", (double)more / 1e6);
    bench_tell(&(struct bench_figure){what, first, "ms", NULL, false});
    many = pages(large, &first);
    snprintf(what, sizeof what, "next 1,000 due, %.3g M contacts, median page", (double)more / 1e6);
    bench_tell(&(struct bench_figure){what, many, "ms", "<= 1", many <= 1});
    bench_tell(&(struct bench_figure){"  against the smaller", many / few, "x", big ? "<= 1.3" : NULL, many <= 1.3 * few});
    bench_tell(&(struct bench_figure){"limit: the statement alone, smaller registry", raw_page(small), "ms", NULL, false});
    bench_tell(&(struct bench_figure){"  resident at most", bench_peak_mib(), "MiB", "< 128", bench_peak_mib() < 128});
    return 0;
}

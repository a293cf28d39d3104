/*
 * unlink THREADS <PATHS - the raw limit of bench/purge.sh: files are unlinked by so many threads, in the order given, and nothing
 * else is done. Prints how many and the seconds.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crew.h"
#include "bench/lib/bench.h"

struct files { char **paths; size_t n, cap; _Atomic size_t next; };

static void unlink_next(void *ctx, size_t member)
{
    struct files *f = ctx;
    size_t i;
    (void)member;
    while ((i = atomic_fetch_add(&f->next, 1)) < f->n)
        if (unlink(f->paths[i]) != 0)
            bench_fail("%s: %s", f->paths[i], strerror(errno));
}

static void read_paths(struct files *f)
{
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (f->n == f->cap) {
            f->cap = f->cap ? 2 * f->cap : 1024;
            f->paths = realloc(f->paths, f->cap * sizeof *f->paths);
        }
        char *path = f->paths ? strdup(line) : NULL;
        if (!path)
            bench_fail("out of memory");
        f->paths[f->n++] = path;
    }
    free(line);
}

int main(int argc, char **argv)
{
    struct files f = {.n = 0};
    size_t threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (!threads || threads > CREW_MAX)
        bench_fail("unlink THREADS <PATHS, at most %d", (int)CREW_MAX);
    read_paths(&f);
    double begun = bench_seconds();
    crew_run(threads, unlink_next, &f);
    printf("%zu %.6f\n", f.n, bench_seconds() - begun);
    for (size_t i = 0; i < f.n; i++)
        free(f.paths[i]);
    free(f.paths);
    return 0;
}

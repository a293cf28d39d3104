/* A worker's lease: who it is on this machine, and who has died without giving its claims back. */
#include "base/file.h"
#include "engine/late_store.h"
#include "engine/logbook.h"
#include "engine/job.h"
#include <stdio.h>
#include <unistd.h>

/* boot id / pid / start time: the same pid after a reboot, or taken by another program, is not the same process. */
static struct str process_name(pid_t pid, struct arena *a)
{
    struct str boot, stat;
    char path[64];
    if (file_read("/proc/sys/kernel/random/boot_id", 256, a, &boot, NULL) != OK)
        return STR_NONE;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    if (file_read(path, 4096, a, &stat, NULL) != OK)
        return STR_NONE;
    size_t paren = 0;
    for (size_t i = 0; i < stat.n; i++)
        if (stat.p[i] == ')')
            paren = i + 1;
    struct str rest = str_trim((struct str){stat.p + paren, stat.n - paren}), head = STR_NONE;
    enum { START_TIME_FIELD = 20 }; /* field 22 of proc(5), counted behind the name */
    for (int field = 0; field < START_TIME_FIELD; field++)
        if (!str_split(rest, ' ', &head, &rest))
            return STR_NONE;
    struct str id = str_trim(boot);
    return arena_fmt(a, "%.*s/%ld/%.*s", STR_ARG(id), (long)pid, STR_ARG(head));
}

static bool process_is_gone(struct str what, struct arena *a)
{
    struct str boot, rest, pid_text, start, here = process_name(getpid(), a), my_boot, my_rest;
    int64_t pid;
    if (!str_split(what, '/', &boot, &rest) || !str_split(rest, '/', &pid_text, &start) || !str_to_i64(pid_text, &pid) ||
        !str_split(here, '/', &my_boot, &my_rest))
        return false;
    if (!str_eq(boot, my_boot))
        return false; /* another machine, or before a reboot: only its lease tells */
    struct str now = process_name((pid_t)pid, a);
    return !str_eq(now, what);
}

/* Nothing a dead process of this machine has claimed need wait for its lease to run out. */
static enum status bury_the_dead(struct engine *e, struct arena *a, struct err *err)
{
    struct registry_worker *workers;
    size_t n;
    TRY(registry_workers(e->registry, a, &workers, &n, err));
    for (size_t i = 0; i < n; i++)
        if (process_is_gone(workers[i].what, a))
            TRY(registry_worker_stop(e->registry, &workers[i].key, err));
    return OK;
}

enum status worker_bury_dead(struct engine *e, struct err *err)
{
    struct arena a;
    arena_init(&a, 8 << 20);
    enum status s = bury_the_dead(e, &a, err);
    arena_release(&a);
    return s;
}

enum status worker_begin(struct engine *e, struct row_key *worker, struct err *err)
{
    TRY(logbook_check_behind(e, err)); /* rule 2.30: also in a process that was there when an old copy came back */
    TRY(late_stores_note(e, err));     /* before anything is erased without them */
    struct arena a;
    arena_init(&a, 8 << 20);
    enum status s = bury_the_dead(e, &a, err);
    if (s == OK)
        s = registry_worker_start(e->registry, worker, engine_now(e), LEASE_MS, process_name(getpid(), &a), err);
    arena_release(&a);
    return s;
}

enum status worker_keep(struct engine *e, const struct row_key *worker, struct err *err)
{
    return registry_worker_renew(e->registry, worker, engine_now(e), LEASE_MS, err);
}

void worker_end(struct engine *e, const struct row_key *worker)
{
    IGNORE(registry_worker_stop(e->registry, worker, NULL)); /* else its lease ends it */
}

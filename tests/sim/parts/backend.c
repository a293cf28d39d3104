/* backend.c - stands in every call of a registry: others go on between two calls, and a process may die there. */
#include <stdlib.h>

#include "registry/backend.h"
#include "tests/sim/parts/sim.h"

enum status __wrap_backend_open(struct str url, bool create, struct backend *out, struct err *err);
enum status __real_backend_open(struct str url, bool create, struct backend *out, struct err *err);

static struct backend *inner_of(struct backend *b)
{
    return b->own;
}

#define DEAD(err) FAIL(err, E_IO, "the process has died")
/* One call: pause, do it, die perhaps. */
#define THROUGH(what, err, call)                                                                                        \
    struct backend *in = inner_of(b);                                                                                   \
    if (!process_pause(what))                                                                                             \
        return DEAD(err);                                                                                               \
    enum status s = in->driver->call;                                                                                   \
    return process_alive() ? s : DEAD(err)

static void sim_close(struct backend *b)
{
    struct backend *in = inner_of(b);
    backend_close(in);
    free(in);
}

static enum status sim_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err)
{
    THROUGH("check", err, check(in, a, out, err));
}

static enum status sim_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a, struct row *out, struct err *err)
{
    THROUGH("get", err, get(in, t, keys, n, a, out, err));
}

static enum status sim_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max, struct arena *a,
                            struct row **out, size_t *n, struct err *err)
{
    THROUGH("page", err, page(in, t, prefix, after, max, a, out, n, err));
}

static enum status sim_walk(struct backend *b, enum table t, struct walk *w, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err)
{
    THROUGH("walk", err, walk(in, t, w, max, a, out, n, err));
}

static enum status sim_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err)
{
    THROUGH("queue", err, queue(in, q, max, a, out, n, err));
}

/* Seldom the answer is lost, or the way there: fate unknown. */
static bool fate_is_unknown(void)
{
    struct process *x = process_here();
    return x && !x->sim->quiet_stores && chance(x->sim, 5);
}

static enum status sim_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct backend *in = inner_of(b);
    if (!process_pause("commit"))
        return DEAD(err);
    if (fate_is_unknown() && n > 0) {
        for (size_t i = 0; i < n; i++)
            groups[i].result = E_RETRY;
        return OK;
    }
    enum status s = in->driver->commit(in, groups, n, err);
    if (!process_alive())
        return DEAD(err);
    for (size_t i = 0; i < n && s == OK; i++)
        if (groups[i].result == OK && fate_is_unknown())
            groups[i].result = E_RETRY;
    return s;
}

static enum status sim_load(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    THROUGH("load", err, load(in, groups, n, err));
}

static enum status sim_number(struct backend *b, uint64_t *size, struct err *err)
{
    THROUGH("number", err, number(in, size, err));
}

static enum status sim_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a, struct entry **out,
                               size_t *n, uint64_t *looked_to, struct err *err)
{
    THROUGH("entries", err, entries(in, q, max, a, out, n, looked_to, err));
}

static enum status sim_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err)
{
    THROUGH("forget", err, forget(in, subject, n, err));
}

static enum status sim_backup(struct backend *b, struct str path, struct err *err)
{
    THROUGH("backup", err, backup(in, path, err));
}

static const struct backend_driver backend_sim = {
    .scheme = "sim", .help = "", .close = sim_close, .check = sim_check, .get = sim_get, .page = sim_page, .walk = sim_walk,
    .queue = sim_queue, .commit = sim_commit, .load = sim_load, .number = sim_number, .entries = sim_entries,
    .forget = sim_forget, .backup = sim_backup,
};

enum status __wrap_backend_open(struct str url, bool create, struct backend *out, struct err *err)
{
    struct backend *in = calloc(1, sizeof *in);
    ASSERT(in != NULL);
    if (!process_pause("open")) {
        free(in);
        return DEAD(err);
    }
    enum status s = __real_backend_open(url, create, in, err);
    if (s != OK) {
        free(in);
        return s;
    }
    *out = (struct backend){.driver = &backend_sim, .own = in};
    return OK;
}

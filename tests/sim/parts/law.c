/* law.c - schedules that change, a registry that goes back to an older copy, and which deed comes next. */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/actor.h"
#include "engine/policies.h"
#include "engine/reopen.h"
#include "tests/sim/parts/sim.h"

/* ---- schedules ---- */

static bool file_is_shorter(const struct sim *s)
{
    for (int c = 0; c < 3; c++)
        if (s->file.days[c] < s->policy.days[c])
            return true;
    return false;
}

/* Rule 2.7, as the people know it: a shorter schedule acts when a second person approved it, a week later. */
static bool may_act(const struct sim *s)
{
    return !file_is_shorter(s) ||
           (s->shorter_approved_ms != TIME_NONE && s->now_ms >= s->shorter_approved_ms + 7 * DAY_MS - MINUTE_MS);
}

static void change_file(struct sim *s)
{
    int c = chance(s, 700) ? CAT_SHORT : CAT_LONG;
    int days = s->file.days[c];
    s->file.days[c] = chance(s, 500) ? days / 2 + 5 : days + 40;
    s->shorter_approved_ms = TIME_NONE;
    trace(s, "the file says %d days for category %d", s->file.days[c], c);
    write_config(s);
}

/* The token stands in the environment only while this engine opens: nobody else goes on meanwhile. */
static void approve_as_second(struct sim *s, struct process *x, const struct hash *digest)
{
    struct run_record what;
    engine_close(x->engine);
    x->engine = NULL;
    s->looking++;
    setenv("EXPUNGE_TOKEN", s->token, 1);
    enum status opened = process_open(x, OPEN_WRITE);
    unsetenv("EXPUNGE_TOKEN");
    s->looking--;
    if (opened != OK)
        return;
    int64_t at = s->now_ms;
    x->result = approve(x->engine, digest, &x->a, &what, &x->err);
    if (x->result == OK && !x->dead)
        s->shorter_approved_ms = at;
}

void deed_policy(struct sim *s, struct process *x)
{
    struct activation a;
    if (memcmp(&s->file, &s->policy, sizeof s->file) == 0 && !s->quiet_stores)
        change_file(s);
    if (process_open(x, OPEN_WRITE) != OK)
        return;
    struct policy_now wanted = s->file;
    bool may = may_act(s);
    for (int c = 0; c < 3 && may; c++) /* from now on it may be in force */
        if (wanted.days[c] < s->policy.days[c])
            s->policy.days[c] = wanted.days[c];
    x->result = policy_activate(x->engine, STR("Ann"), &x->a, &a, &x->err);
    if (x->result != OK || x->dead || memcmp(&wanted, &s->file, sizeof wanted) != 0)
        return;
    if (a.state == ACTIVATION_DONE && !may && !s->ever_behind)
        broken(s, "a schedule that shortens acts without a second person or before its cooling-off");
    if (a.state == ACTIVATION_DONE || (a.state == ACTIVATION_NOTHING && may))
        s->policy = wanted;
    if (a.state == ACTIVATION_WAITING && chance(s, 600))
        approve_as_second(s, x, &a.digest);
}

static void first_activation(struct sim *s, struct process *x)
{
    struct activation a;
    struct str token;
    if (process_open(x, OPEN_WRITE) != OK)
        return;
    x->result = policy_activate(x->engine, STR("Ann"), &x->a, &a, &x->err);
    if (x->result == OK)
        x->result = account_add(x->engine, STR("Bob"), STR("privacy-approver"), &x->a, &token, &x->err);
    if (x->result == OK)
        snprintf(s->token, sizeof s->token, "%.*s", STR_ARG(token));
}

const struct deed deed_first = {.name = "first activation", .run = first_activation};

/* ---- an older copy of the registry ---- */

static uint64_t published_size(struct sim *s)
{
    struct arena a;
    struct str text, line, rest;
    int64_t size = 0;
    char path[160];
    arena_init(&a, 1 << 20);
    snprintf(path, sizeof path, "%s/checkpoint", s->publish);
    if (file_read(path, 1 << 16, &a, &text, NULL) == OK && str_split(text, '\n', &line, &rest) && str_split(rest, '\n', &line, &rest))
        (void)str_to_i64(line, &size);
    arena_release(&a);
    return (uint64_t)size;
}

static const char *in_dir(struct sim *s, const char *name)
{
    static char path[4][160];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", s->dir, name);
    return p;
}

static void take_copy(struct sim *s)
{
    struct err err = {.code = OK};
    s->looking++;
    (void)unlink(in_dir(s, "copy.db"));
    s->copied = backend_backup(&s->watcher->registry->backend, str_of(in_dir(s, "copy.db")), &err) == OK &&
                registry_log_size(s->watcher->registry, &s->copy_size, &err) == OK;
    s->looking--;
    s->copied_ms = s->monotonic_ms;
    s->copy_policy = s->policy;
}

static void forget_what_the_copy_lacks(struct sim *s)
{
    for (int i = 0; i < CONTACTS; i++) {
        struct contact *c = &s->contacts[i];
        c->unsure = true;
        c->purged = c->again = false;
        for (int v = 0; v < c->docs_n; v++)
            c->docs[v].delivered = false;
    }
    for (int i = 0; i < MATTERS_MAX; i++) {
        struct matter *m = &s->matters[i];
        if (m->state == MATTER_SURE)
            m->state = MATTER_COMING; /* until it has been applied again */
        else if (m->state == MATTER_OVER)
            m->state = MATTER_GOING;
    }
    for (int c = 0; c < 3; c++)
        if (s->copy_policy.days[c] < s->policy.days[c])
            s->policy.days[c] = s->copy_policy.days[c];
    s->file = s->copy_policy;
    for (int i = 0; i < STORES; i++)
        s->stores[i].shown_ms = TIME_NONE;
    s->shorter_approved_ms = TIME_NONE;
    write_config(s);
}

/* With nobody at work. */
void older_copies(struct sim *s)
{
    if (s->options.registry || s->ever_behind || s->quiet_stores)
        return;
    if (!s->copied || s->monotonic_ms - s->copied_ms > 60 * DAY_MS) {
        if (chance(s, 60))
            take_copy(s);
        return;
    }
    if (!chance(s, 15) || published_size(s) <= s->copy_size)
        return;
    s->looking++;
    engine_close(s->watcher);
    s->watcher = NULL;
    s->looking--;
    (void)unlink(in_dir(s, "expunge.db-wal"));
    (void)unlink(in_dir(s, "expunge.db-shm"));
    if (rename(in_dir(s, "copy.db"), in_dir(s, "expunge.db")) != 0)
        broken(s, "the copy cannot be put back");
    trace(s, "the registry is put back to %llu entries", (unsigned long long)s->copy_size);
    s->behind = s->ever_behind = true;
    s->entries_seen = 0;
    s->entries_at_ms = 0;
    forget_what_the_copy_lacks(s);
    world_watch(s);
}

/* Whoever opens it to write is let in. */
static bool is_open_again(struct sim *s)
{
    struct engine *e = NULL;
    struct err err = {.code = OK};
    struct engine_options o = {.config_path = s->config, .now_ms = TIME_NONE, .flags = OPEN_WRITE};
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 16);
    s->looking++;
    bool open = engine_open(&o, &e, &report, &err) == OK;
    if (open)
        engine_close(e);
    s->looking--;
    return open;
}

void deed_reopen(struct sim *s, struct process *x)
{
    struct reopen_report r;
    if (!s->behind || process_open(x, 0) != OK)
        return;
    x->result = audit_reopen(x->engine, &x->a, &r, &x->err);
    if (!is_open_again(s))
        return;
    x->result = OK; /* also when one did it that died before it could say so */
    s->behind = false;
    trace(s, "%d reopened", x->number);
}

/* ---- what comes next ---- */

static void store_comes_or_goes(struct sim *s)
{
    struct sim_store *store = &s->stores[STORE_EXTRA];
    store->configured = !store->configured;
    trace(s, "store extra is %s", store->configured ? "configured" : "taken out of the configuration");
    write_config(s);
}

struct deed deed_choose(struct sim *s)
{
    static const struct { struct deed deed; unsigned weight; } all[] = {
        {{"ingest", deed_ingest}, 22}, {{"purge", deed_purge}, 26}, {{"hold", deed_hold}, 14}, {{"release", deed_release}, 8},
        {{"order", deed_order}, 8},    {{"request", deed_request}, 4}, {{"policy", deed_policy}, 5}, {{"restore", deed_restore}, 6},
        {{"verify", deed_verify}, 4},  {{"reopen", deed_reopen}, 3},
    };
    if (chance(s, 15))
        store_comes_or_goes(s);
    if (s->behind && chance(s, 300))
        return (struct deed){"reopen", deed_reopen};
    unsigned sum = 0, at;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        sum += all[i].weight;
    at = (unsigned)dice(s, sum);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (at < all[i].weight)
            return all[i].deed;
        at -= all[i].weight;
    }
    return all[0].deed;
}

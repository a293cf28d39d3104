/*
 * The process dies at the Nth commit to the registry, for every N until it no longer dies: before the commit, and right
 * after it. Whatever was left behind, the next purge finishes, nothing stays claimed, no intent stays open, the log verifies.
 * And when a hold comes between the death and the next purge, nothing more is erased, and the log says what was lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/audit_view.h"
#include "engine/holds.h"
#include "tests/lib/centre.h"
#include "tests/lib/scripted_store.h"

enum { OLD = 800, CONTACTS = 3, COMMITS_MAX = 200, DIED = 77 };

static const struct backend_driver *real_driver;
static int commits_left;
static bool die_after;
static size_t ever_lost, ever_freed;

static enum status commit_and_die(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    bool now = --commits_left == 0;
    if (now && !die_after)
        _exit(DIED);
    enum status s = real_driver->commit(b, groups, n, err);
    if (now)
        _exit(DIED);
    return s;
}

static const char *id_of(struct world *w, int i)
{
    return arena_fmt(&w->a, "old-%d", i).p;
}

/* In a child of its own, so that nothing is tidied up on the way out. Whether it died. */
static bool purge_dying_at(struct world *w, int commit)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static struct backend_driver dying;
        if (world_open(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE) != OK)
            _exit(1);
        real_driver = w->e->registry->backend.driver;
        dying = *real_driver;
        dying.commit = commit_and_die;
        w->e->registry->backend.driver = &dying;
        commits_left = commit;
        struct tally t = {.dry_run = false};
        struct purge_options o = {.dry_run = false};
        _exit(purge_run(w->e, &o, &t, &w->a, &w->err) == OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == DIED || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == DIED;
}

static void lay_out(struct world *w)
{
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    for (int i = 0; i < CONTACTS; i++) {
        centre_ingest(w, centre_record(w, id_of(w, i), NULL, OLD, NULL, NULL));
        centre_files(w, id_of(w, i), OLD);
    }
    centre_hold(w, "CASE", id_of(w, 0));
    world_close(w);
}

static void next_run_finishes(struct world *w)
{
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + HOUR_MS, OPEN_STORES | OPEN_WRITE));
    (void)centre_purge(w, false);
    (void)centre_purge(w, false);
    assert_true(centre_has_files(w, id_of(w, 0), OLD));
    assert_int_equal(centre_status(w, id_of(w, 0)), STATUS_LITIGATION_HOLD);
    for (int i = 1; i < CONTACTS; i++) {
        struct chain c = centre_chain(w, id_of(w, i));
        assert_false(centre_has_files(w, id_of(w, i), OLD));
        assert_false(chain_claimed(&c));
        assert_int_equal(centre_status(w, id_of(w, i)), STATUS_PURGED);
    }
    struct audit_check check;
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &check, &w->err));
    assert_true(check.ok);
    assert_int_equal(check.report.meaning.intents_open, 0);
}

enum held_by { HELD_BY_NOTHING, HELD_BY_IDS, HELD_BY_FILTER, HELD_AFTER_A_CLOSED_GATE };

/* It takes over what the dead one left, and sends nothing itself. */
static void gate_is_closed_to_the_next(struct world *w)
{
    struct script closed = {.changed = OUT_HELD};
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + HOUR_MS / 3, OPEN_STORES | OPEN_WRITE));
    scripted_store(w, &closed);
    (void)centre_purge(w, false);
    world_close(w);
}

/* By a command that opens no stores, as `hold apply` is. */
static void hold_comes(struct world *w, enum held_by how)
{
    struct str ids[CONTACTS];
    for (int i = 1; i < CONTACTS; i++)
        ids[i - 1] = str_of(id_of(w, i));
    struct hold_order o = {.matter = STR("LATE"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .ids = ids, .ids_n = CONTACTS - 1};
    if (how == HELD_BY_FILTER)
        o = (struct hold_order){.matter = STR("LATE"), .review_ms = TIME_NONE, .scope = HOLD_FILTER, .filter_text = STR("channel:voice")};
    struct hold_reply reply;
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + HOUR_MS / 2, OPEN_WRITE));
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &reply, &w->err));
    world_close(w);
}

static size_t count_lost(struct world *w, const char *result)
{
    size_t n, found = 0;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++)
        found += str_contains(entries[i].body, arena_fmt(&w->a, "\"result\":\"%s\"", result).p);
    return found;
}

static void next_run_leaves_it(struct world *w)
{
    bool had[CONTACTS];
    size_t gone = 0;
    for (int i = 0; i < CONTACTS; i++)
        had[i] = centre_has_files(w, id_of(w, i), OLD);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + HOUR_MS, OPEN_STORES | OPEN_WRITE));
    (void)centre_purge(w, false);
    (void)centre_purge(w, false);
    for (int i = 0; i < CONTACTS; i++) {
        struct chain c = centre_chain(w, id_of(w, i));
        assert_int_equal(centre_has_files(w, id_of(w, i), OLD), had[i]);
        assert_false(chain_claimed(&c));
        assert_true(row_key_is_none(&c.open_intent));
        if (had[i])
            assert_int_equal(centre_status(w, id_of(w, i)), STATUS_LITIGATION_HOLD);
        gone += !had[i] && c.state != CHAIN_ERASED;
    }
    assert_true(count_lost(w, "lost") >= gone); /* what a settled erasure took is answered as purged before */
    if (had[1] && had[2])
        assert_int_equal(count_lost(w, "lost"), 0);
    ever_lost += count_lost(w, "lost");
    ever_freed += count_lost(w, "freed");
    struct audit_check check;
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &check, &w->err));
    assert_true(check.ok);
    assert_int_equal(check.report.meaning.intents_open, 0);
}

/* True while the purge still died. */
static bool one_death(int commit, bool after, enum held_by how)
{
    void *state;
    assert_int_equal(world_begin(&state), 0);
    struct world *w = state;
    lay_out(w);
    die_after = after;
    bool died = purge_dying_at(w, commit);
    if (how == HELD_AFTER_A_CLOSED_GATE)
        gate_is_closed_to_the_next(w);
    if (how != HELD_BY_NOTHING)
        hold_comes(w, how);
    if (how != HELD_BY_NOTHING)
        next_run_leaves_it(w);
    else
        next_run_finishes(w);
    assert_int_equal(world_end(&state), 0);
    return died;
}

static void every_death(bool after, enum held_by how)
{
    int n = 1;
    ever_lost = ever_freed = 0;
    while (n < COMMITS_MAX && one_death(n, after, how))
        n++;
    assert_in_range(n, 6, COMMITS_MAX - 1); /* it did die, several times, and then no more */
    if (how == HELD_BY_NOTHING)
        return;
    assert_true(ever_freed > 0);
    assert_int_equal(ever_lost > 0, !after); /* what was changed and not settled: only death before the settlement leaves that */
}

#define DEATHS(name, after, how)                                                                                        \
    static void name(void **state)                                                                                      \
    {                                                                                                                   \
        (void)state;                                                                                                    \
        every_death(after, how);                                                                                        \
    }
DEATHS(dies_before_every_commit, false, HELD_BY_NOTHING)
DEATHS(dies_after_every_commit, true, HELD_BY_NOTHING)
DEATHS(dies_before_every_commit_and_ids_are_held, false, HELD_BY_IDS)
DEATHS(dies_after_every_commit_and_ids_are_held, true, HELD_BY_IDS)
DEATHS(dies_before_every_commit_and_a_filter_holds, false, HELD_BY_FILTER)
DEATHS(dies_after_every_commit_and_a_filter_holds, true, HELD_BY_FILTER)
DEATHS(dies_before_every_commit_and_ids_are_held_later, false, HELD_AFTER_A_CLOSED_GATE)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dies_before_every_commit), cmocka_unit_test(dies_after_every_commit),
        cmocka_unit_test(dies_before_every_commit_and_ids_are_held), cmocka_unit_test(dies_after_every_commit_and_ids_are_held),
        cmocka_unit_test(dies_before_every_commit_and_a_filter_holds), cmocka_unit_test(dies_after_every_commit_and_a_filter_holds),
        cmocka_unit_test(dies_before_every_commit_and_ids_are_held_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

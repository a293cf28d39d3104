/*
 * The process dies at the Nth commit to the registry, for every N until it no longer dies: before the commit, and right
 * after it. Whatever was left behind, the next purge finishes, nothing stays claimed, no intent stays open, the log verifies.
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
#include "tests/lib/centre.h"

enum { OLD = 800, CONTACTS = 3, COMMITS_MAX = 200, DIED = 77 };

static const struct backend_driver *real_driver;
static int commits_left;
static bool die_after;

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

/* True while the purge still died. */
static bool one_death(int commit, bool after)
{
    void *state;
    assert_int_equal(world_begin(&state), 0);
    struct world *w = state;
    lay_out(w);
    die_after = after;
    bool died = purge_dying_at(w, commit);
    next_run_finishes(w);
    assert_int_equal(world_end(&state), 0);
    return died;
}

static void dies_before_every_commit(void **state)
{
    (void)state;
    int n = 1;
    while (n < COMMITS_MAX && one_death(n, false))
        n++;
    assert_in_range(n, 6, COMMITS_MAX - 1); /* it did die, several times, and then no more */
}

static void dies_after_every_commit(void **state)
{
    (void)state;
    int n = 1;
    while (n < COMMITS_MAX && one_death(n, true))
        n++;
    assert_in_range(n, 6, COMMITS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dies_before_every_commit), cmocka_unit_test(dies_after_every_commit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

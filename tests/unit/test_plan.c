/* The exact list an expiry run will act on, and its digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "tests/lib/centre.h"
#include "engine/plan.h"

enum { OLD = 800, YOUNG = 30 };

static void only_what_is_due_is_planned_and_the_digest_binds_it(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD + 1, NULL, NULL));
    centre_ingest(w, centre_record(w, "young-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "chat-1", NULL, 100, "chat_transient", NULL));
    struct run_record a, b;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &a, &w->err));
    WORLD_OK(w, plan_make(w->e, &a, 0, &w->a, &w->err));
    assert_int_equal(a.planned, 3);
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &b, &w->err));
    WORLD_OK(w, plan_make(w->e, &b, 0, &w->a, &w->err));
    assert_memory_equal(a.digest.b, b.digest.b, HASH_BYTES);
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, "payment_card", NULL));
    struct run_record c;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &c, &w->err));
    WORLD_OK(w, plan_make(w->e, &c, 0, &w->a, &w->err));
    assert_int_equal(c.planned, 3);
    assert_memory_not_equal(a.digest.b, c.digest.b, HASH_BYTES);
}

static void limit_ends_the_plan(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL));
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    WORLD_OK(w, plan_make(w->e, &r, 1, &w->a, &w->err));
    assert_int_equal(r.planned, 1);
}

static void plan_file_states_its_digest_and_a_changed_one_is_refused(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL));
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    WORLD_OK(w, plan_make(w->e, &r, 0, &w->a, &w->err));
    const char *path = world_path(w, "plan.txt");
    struct hash read;
    WORLD_OK(w, plan_write(w->e, &r, path, &w->err));
    WORLD_OK(w, plan_read_digest(path, &read, &w->err));
    assert_memory_equal(read.b, r.digest.b, HASH_BYTES);
    struct str text = world_read(w, "plan.txt");
    size_t first;
    assert_true(str_find(text, '\n', &first));
    world_write(w, "short.txt", arena_fmt(&w->a, "%.*s", (int)(first + 1), text.p).p);
    assert_int_equal(plan_read_digest(world_path(w, "short.txt"), &read, &w->err), E_INVALID);
    world_write(w, "bad.txt", arena_fmt(&w->a, "%snonsense\n", text.p).p);
    assert_int_equal(plan_read_digest(world_path(w, "bad.txt"), &read, &w->err), E_INVALID);
    assert_non_null(strstr(w->err.text, "bad.txt:4"));
    world_write(w, "none.txt", "hello\n");
    assert_int_equal(plan_read_digest(world_path(w, "none.txt"), &read, &w->err), E_INVALID);
    assert_int_equal(plan_read_digest(world_path(w, "absent.txt"), &read, &w->err), E_ABSENT);
    assert_int_equal(mkfifo(world_path(w, "fifo"), 0600), 0); /* refused, not waited for */
    assert_int_equal(plan_read_digest(world_path(w, "fifo"), &read, &w->err), E_INVALID);
    assert_int_equal(plan_write(w->e, &r, world_path(w, "fifo"), &w->err), E_INVALID);
}

static void claimed_held_and_ordered_chains_are_not_planned(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL));
    centre_hold(w, "CASE", "old-1");
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    WORLD_OK(w, plan_make(w->e, &r, 0, &w->a, &w->err));
    assert_int_equal(r.planned, 1);
    struct plan_line *lines;
    size_t n;
    WORLD_OK(w, plan_chunk(w->e, r.id, 0, &w->a, &lines, &n, &w->err));
    assert_int_equal(n, 1);
    struct chain other = centre_chain(w, "old-2");
    assert_true(row_key_eq(&lines[0].chain, &other.key));
    assert_int_equal(lines[0].verdict, VERDICT_ERASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_what_is_due_is_planned_and_the_digest_binds_it, world_begin, world_end),
        cmocka_unit_test_setup_teardown(limit_ends_the_plan, world_begin, world_end),
        cmocka_unit_test_setup_teardown(plan_file_states_its_digest_and_a_changed_one_is_refused, world_begin, world_end),
        cmocka_unit_test_setup_teardown(claimed_held_and_ordered_chains_are_not_planned, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

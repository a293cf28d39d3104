/* What the doctor finds in a small installation, before and after each thing is mended. */
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "engine/doctor.h"
#include "engine/purge.h"

static struct doctor examine(struct world *w)
{
    struct doctor d;
    WORLD_OK(w, doctor_examine(w->e, &w->a, &d, &w->err));
    assert_true(d.n > 0);
    return d;
}

/* The level of the line of this check whose text holds the words; fails the test when there is none. */
static enum doctor_level said(const struct doctor *d, const char *check, const char *words)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->lines[i].check, check) == 0 && str_contains(d->lines[i].text, words))
            return d->lines[i].level;
    for (size_t i = 0; i < d->n; i++)
        print_message("%s %s: %.*s\n", doctor_level_name(d->lines[i].level), d->lines[i].check, STR_ARG(d->lines[i].text));
    fail_msg("nothing said of %s with \"%s\"", check, words);
    return DOCTOR_OK;
}

static void test_what_is_good_is_said(void **state)
{
    struct world *w = *state;
    struct doctor d = examine(w);
    assert_int_equal(said(&d, "registry", ""), DOCTOR_OK);
    assert_int_equal(said(&d, "clock", "agrees"), DOCTOR_OK);
    assert_int_equal(said(&d, "log", "not behind"), DOCTOR_OK);
    assert_int_equal(said(&d, "origin", "the log is"), DOCTOR_OK);
    assert_int_equal(said(&d, "holds", "0 past review"), DOCTOR_OK);
    assert_int_equal(said(&d, "requests", "0 late"), DOCTOR_OK);
    assert_string_equal(doctor_level_name(DOCTOR_OK), "ok");
    assert_string_equal(doctor_level_name(DOCTOR_WARNING), "warning");
    assert_string_equal(doctor_level_name(DOCTOR_PROBLEM), "problem");
}

static void test_a_schedule_that_is_not_armed(void **state)
{
    struct world *w = *state;
    bool was = w->e->disarmed;
    w->e->disarmed = true;
    struct doctor d = examine(w);
    assert_int_equal(said(&d, "schedule", "not armed"), DOCTOR_WARNING);
    for (size_t i = 0; i < d.n; i++)
        assert_string_not_equal(d.lines[i].check, "purge"); /* nobody is to run one yet */
    w->e->disarmed = false;
    d = examine(w);
    assert_int_equal(said(&d, "schedule", "in force"), DOCTOR_OK);
    assert_int_equal(said(&d, "purge", "cron"), DOCTOR_WARNING);
    w->e->disarmed = was;
}

static void test_a_schedule_of_the_file_that_is_another(void **state)
{
    struct world *w = *state;
    w->e->config_differs = true;
    struct doctor d = examine(w);
    assert_int_equal(said(&d, "configuration", "not the one in force"), DOCTOR_WARNING);
    w->e->config_differs = false;
    d = examine(w);
    assert_int_equal(said(&d, "configuration", "is the one in force"), DOCTOR_OK);
}

/* A store that is down, and one that can be asked. */
static void test_stores(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES);
    assert_true(w->e->stores_n > 0);
    struct doctor d = examine(w);
    size_t about = 0;
    for (size_t i = 0; i < d.n; i++)
        about += strcmp(d.lines[i].check, "store") == 0;
    assert_true(about >= w->e->stores_n);
    struct store *was = w->e->stores[0];
    w->e->stores[0] = NULL;
    w->e->store_down[0] = STR("not mounted");
    d = examine(w);
    assert_int_equal(said(&d, "store", "not mounted"), DOCTOR_PROBLEM);
    w->e->stores[0] = was;
}

static void test_a_full_arena_is_a_limit(void **state)
{
    struct world *w = *state;
    struct doctor d;
    struct arena tiny;
    arena_init(&tiny, 256);
    assert_int_equal(doctor_examine(w->e, &tiny, &d, &w->err), E_LIMIT);
    arena_release(&tiny);
}

#define IN_WORLD(t) cmocka_unit_test_setup_teardown(t, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_what_is_good_is_said), IN_WORLD(test_a_schedule_that_is_not_armed),
                                       IN_WORLD(test_a_schedule_of_the_file_that_is_another), IN_WORLD(test_stores),
                                       IN_WORLD(test_a_full_arena_is_a_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

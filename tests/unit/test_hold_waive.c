/* test_hold_waive.c - the grace after a release, waived by a second person: requests go on, expiry does not. */
#include "engine/holds.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static void act_as(struct world *w, const char *account)
{
    w->e->actor = (struct actor){.id = str_of(account), .identified = true, .role = STR("legal")};
}

static void hold_by_filter(struct world *w, const char *matter, const char *filter)
{
    struct hold_order o = {.matter = str_of(matter), .review_ms = TIME_NONE, .scope = HOLD_FILTER, .filter_text = str_of(filter)};
    struct hold_reply r;
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
}

static void release(struct world *w, const char *matter, const char *account)
{
    uint64_t freed, still;
    act_as(w, account);
    WORLD_OK(w, hold_release(w->e, str_of(matter), STR("closed"), &w->a, &freed, &still, &w->err));
}

static enum status waive(struct world *w, const char *matter, const char *account, uint64_t *freed, uint64_t *waiting)
{
    act_as(w, account);
    return hold_waive(w->e, str_of(matter), STR("agreed"), &w->a, freed, waiting, &w->err);
}

/* c-1 and c-2 of a person who asks, and both asked for; c-9 nobody asks for. Each with its files, all long due. */
static struct request asked(struct world *w)
{
    static const char *const ids[] = {"c-1", "c-2"};
    centre_arm(w);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        centre_ingest(w, centre_record(w, ids[i], NULL, 800, NULL, NULL));
        centre_files(w, ids[i], 800);
    }
    struct request q = asking_open(w, REGIME_GDPR, true);
    asking_confirm(w, q.id);
    centre_ingest(w, centre_record(w, "c-9", NULL, 800, NULL, NULL));
    centre_files(w, "c-9", 800);
    return q;
}

static void a_request_goes_on_and_expiry_waits(void **state)
{
    struct world *w = *state;
    uint64_t freed, waiting;
    struct request q = asked(w);
    centre_hold(w, "M-1", "c-1");
    centre_hold(w, "M-1", "c-9");
    (void)asking_run(w, q.id);
    release(w, "M-1", "account-1");
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_WAKE);
    WORLD_OK(w, waive(w, "M-1", "account-2", &freed, &waiting));
    assert_int_equal(freed, 1);
    assert_int_equal(waiting, 0);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_REQUEST);
    assert_int_equal(centre_chain(w, "c-9").queue, QUEUE_WAKE);
    (void)centre_purge(w, false);
    assert_false(centre_has_files(w, "c-1", 800));
    assert_true(centre_has_files(w, "c-9", 800));
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    world_reopen(w, WORLD_NOW_MS + 15 * DAY_MS, OPEN_WRITE | OPEN_STORES);
    (void)centre_purge(w, false);
    assert_false(centre_has_files(w, "c-9", 800));
}

static void it_is_logged_and_kept(void **state)
{
    struct world *w = *state;
    uint64_t freed, waiting;
    struct hold_summary *list;
    size_t n;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_hold(w, "M-1", "c-1");
    release(w, "M-1", "account-1");
    assert_int_equal(centre_count(w, "HOLD_RELEASED"), 1);
    WORLD_OK(w, waive(w, "M-1", "account-2", &freed, &waiting));
    assert_int_equal(freed, 0); /* no request waits */
    assert_int_equal(centre_count(w, "HOLD_RELEASED"), 2);
    WORLD_OK(w, holds_list(w->e, true, &w->a, &list, &n, &w->err));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].waived_ms, WORLD_NOW_MS);
    assert_int_equal(w->e->holds_n, 1);
    assert_true(str_is(w->e->holds[0].waived_by, "account-2"));
    WORLD_OK(w, waive(w, "M-1", "account-1", &freed, &waiting)); /* again: nothing is left to say */
    assert_int_equal(centre_count(w, "HOLD_RELEASED"), 2);
}

static void nobody_waives_alone(void **state)
{
    struct world *w = *state;
    uint64_t freed, waiting;
    struct request q = asked(w);
    struct actor shell = w->e->actor;
    centre_hold(w, "M-1", "c-1");
    (void)asking_run(w, q.id);
    release(w, "M-1", "account-1");
    assert_int_equal(waive(w, "M-1", "account-1", &freed, &waiting), E_DENIED);
    assert_non_null(strstr(w->err.text, "different people"));
    w->e->actor = shell;
    assert_int_equal(hold_waive(w->e, STR("M-1"), STR_NONE, &w->a, &freed, &waiting, &w->err), E_DENIED);
    assert_non_null(strstr(w->err.text, "EXPUNGE_TOKEN"));
    w->e->config.approval_delay = (struct period){.days = 3, .set = true};
    assert_int_equal(waive(w, "M-1", "account-2", &freed, &waiting), E_DENIED);
    assert_non_null(strstr(w->err.text, "approval.delay"));
    assert_int_equal(centre_count(w, "HOLD_RELEASED"), 1);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_WAKE);
}

static void there_must_be_a_grace(void **state)
{
    struct world *w = *state;
    uint64_t freed, waiting;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    assert_int_equal(waive(w, "M-1", "account-2", &freed, &waiting), E_ABSENT);
    centre_hold(w, "M-1", "c-1");
    assert_int_equal(waive(w, "M-1", "account-2", &freed, &waiting), E_CONFLICT);
    release(w, "M-1", "account-1");
    world_reopen(w, WORLD_NOW_MS + 14 * DAY_MS, OPEN_WRITE);
    assert_int_equal(waive(w, "M-1", "account-2", &freed, &waiting), E_ABSENT);
}

/* c-1 was under two matters, one of them a filter's. */
static void every_matter_is_waived_for_itself(void **state)
{
    struct world *w = *state;
    uint64_t freed, waiting;
    struct request q = asked(w);
    centre_hold(w, "M-1", "c-1");
    hold_by_filter(w, "M-2", "channel:voice");
    (void)asking_run(w, q.id);
    release(w, "M-1", "account-1");
    release(w, "M-2", "account-1");
    WORLD_OK(w, waive(w, "M-1", "account-2", &freed, &waiting));
    assert_int_equal(freed, 0);
    assert_int_equal(waiting, 1);
    WORLD_OK(w, waive(w, "M-2", "account-2", &freed, &waiting));
    assert_int_equal(freed, 2);
    assert_int_equal(waiting, 0);
    assert_int_equal(centre_chain(w, "c-2").queue, QUEUE_REQUEST);
    q = asking_run(w, q.id);
    assert_int_equal(q.state, REQUEST_COMPLETED);
    assert_false(centre_has_files(w, "c-1", 800));
    assert_true(centre_has_files(w, "c-9", 800));
}

/* What is asked for only after the waiver, and what is held anew. */
static void a_later_request_does_not_wait_but_a_later_hold_counts(void **state)
{
    struct world *w = *state;
    uint64_t freed, waiting;
    struct request q = asked(w);
    centre_hold(w, "M-1", "c-1");
    centre_hold(w, "M-1", "c-2");
    release(w, "M-1", "account-1");
    WORLD_OK(w, waive(w, "M-1", "account-2", &freed, &waiting));
    centre_hold(w, "M-1", "c-2");
    (void)asking_run(w, q.id);
    assert_false(centre_has_files(w, "c-1", 800));
    assert_true(centre_has_files(w, "c-2", 800));
    release(w, "M-1", "account-2"); /* a new grace, which nobody has waived */
    (void)centre_purge(w, false);
    assert_true(centre_has_files(w, "c-2", 800));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_goes_on_and_expiry_waits), TEST(it_is_logged_and_kept), TEST(nobody_waives_alone), TEST(there_must_be_a_grace),
        TEST(every_matter_is_waived_for_itself), TEST(a_later_request_does_not_wait_but_a_later_hold_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

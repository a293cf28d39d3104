/* Rule 2.25: who has ordered how much today, and what goes on under the approval it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { YOUNG = 30, PER_DAY = 10000 };

/* An order this actor has given before: so many ids under a digest of its own. */
static void earlier(struct world *w, unsigned char digest, uint64_t ids, const char *state)
{
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "order", &w->a, &r, &w->err));
    memset(r.digest.b, digest, HASH_BYTES);
    r.has_digest = true;
    r.ids = ids;
    r.state = str_of(state);
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
}

/* The record of the order for this list as a crash left it. */
static struct run_record begun(struct world *w, const struct hash *digest, uint64_t ids, const char *state)
{
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "order", &w->a, &r, &w->err));
    r.digest = *digest;
    r.has_digest = true;
    r.ids = r.planned = ids;
    r.purged = 7;
    r.state = str_of(state);
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    return r;
}

static struct run_record fresh(struct world *w, unsigned char digest, uint64_t ids)
{
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "order", &w->a, &r, &w->err));
    memset(r.digest.b, digest, HASH_BYTES);
    r.has_digest = true;
    r.ids = r.planned = ids;
    return r;
}

static void approve_as(struct world *w, const struct hash *digest)
{
    struct run_record what;
    struct actor me = w->e->actor;
    w->e->actor = (struct actor){.id = STR("user-other"), .identified = true, .role = STR("privacy-approver")};
    WORLD_OK(w, approve(w->e, digest, &w->a, &what, &w->err));
    w->e->actor = me;
}

static void one_too_many_in_a_day_waits_for_a_second_person(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    earlier(w, 1, PER_DAY - 1, "done");
    struct order o = {.chains_n = 1};
    struct tally t = {.dry_run = false};
    struct run_record r = fresh(w, 2, 1);
    WORLD_OK(w, order_approval(w->e, &o, &r, &t, &w->a, &w->err));
    r = fresh(w, 2, 2);
    assert_int_equal(order_approval(w->e, &o, &r, &t, &w->a, &w->err), E_DENIED);
    assert_true(t.needs_approval);
    assert_true(str_is(r.state, "waiting"));
    assert_int_equal(centre_count(w, "PLANNED"), 1);
    struct str id = r.id;
    r = fresh(w, 2, 2); /* asked again: it waits already */
    assert_int_equal(order_approval(w->e, &o, &r, &t, &w->a, &w->err), E_DENIED);
    assert_true(str_eq(r.id, id));
    assert_int_equal(centre_count(w, "PLANNED"), 1);
    approve_as(w, &r.digest);
    r = fresh(w, 2, 2);
    WORLD_OK(w, order_approval(w->e, &o, &r, &t, &w->a, &w->err));
    assert_true(str_eq(r.id, id));
    assert_true(str_is(r.state, "running"));
}

static void one_list_counts_once(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    earlier(w, 1, 6000, "running"); /* interrupted, and given twice more */
    earlier(w, 1, 2000, "running");
    earlier(w, 1, 100, "done");
    struct order o = {.chains_n = 4000};
    struct tally t = {.dry_run = false};
    struct run_record r = fresh(w, 2, 4000);
    WORLD_OK(w, order_approval(w->e, &o, &r, &t, &w->a, &w->err));
    r = fresh(w, 2, 4001);
    assert_int_equal(order_approval(w->e, &o, &r, &t, &w->a, &w->err), E_DENIED);
    r = fresh(w, 1, 6000); /* the list in hand: what it counted for before is not added */
    WORLD_OK(w, order_approval(w->e, &o, &r, &t, &w->a, &w->err));
}

static void an_interrupted_order_goes_on_in_its_own_record(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct hash digest;
    memset(digest.b, 5, HASH_BYTES);
    struct run_record old = begun(w, &digest, 6000, "running");
    struct order o = {.chains_n = 6000, .ordered = 5000, .already = 400};
    struct tally t = {.dry_run = false};
    struct run_record r = fresh(w, 5, 600);
    WORLD_OK(w, order_approval(w->e, &o, &r, &t, &w->a, &w->err));
    assert_true(str_eq(r.id, old.id));
    assert_true(str_eq(t.run, old.id));
    assert_int_equal(o.purged_before, 7);
    assert_int_equal(r.ids, 6000); /* the day's count stays what it was */
}

static void what_began_under_an_approval_goes_on_when_that_is_old(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct hash digest;
    memset(digest.b, 5, HASH_BYTES);
    struct run_record old = begun(w, &digest, PER_DAY + 1, "running");
    approve_as(w, &digest);
    world_reopen(w, WORLD_NOW_MS + 4 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    struct order o = {.chains_n = PER_DAY + 1, .ordered = 0};
    struct tally t = {.dry_run = false};
    struct run_record r = fresh(w, 5, PER_DAY + 1);
    WORLD_OK(w, order_approval(w->e, &o, &r, &t, &w->a, &w->err));
    assert_true(str_eq(r.id, old.id));
}

static void an_approval_not_used_in_time_is_none(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct hash digest;
    memset(digest.b, 5, HASH_BYTES);
    begun(w, &digest, PER_DAY + 1, "waiting");
    approve_as(w, &digest);
    world_reopen(w, WORLD_NOW_MS + 4 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    struct order o = {.chains_n = PER_DAY + 1};
    struct tally t = {.dry_run = false};
    struct run_record r = fresh(w, 5, PER_DAY + 1);
    assert_int_equal(order_approval(w->e, &o, &r, &t, &w->a, &w->err), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "72 hours"));
}

static void a_paused_order_is_resumed_and_not_repeated(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct hash digest;
    memset(digest.b, 5, HASH_BYTES);
    begun(w, &digest, 10, "paused");
    struct order o = {.chains_n = 10, .ordered = 10};
    struct tally t = {.dry_run = false};
    struct run_record r = fresh(w, 5, 0);
    assert_int_equal(order_approval(w->e, &o, &r, &t, &w->a, &w->err), E_CONFLICT);
    assert_false(t.needs_approval);
}

static void the_same_contacts_ordered_again_add_nothing(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, YOUNG, NULL, NULL));
    struct order_options o = {.note = STR("x")};
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.purged, 1);
    earlier(w, 1, PER_DAY - 2, "done"); /* 9,999 today: one more may go */
    t = centre_erase(w, &o, "c-1", "c-2", NULL);
    assert_int_equal(t.already, 1);
    assert_int_equal(t.purged, 1);
    t = centre_erase(w, &o, "c-1", "c-2", NULL);
    assert_int_equal(t.already, 2);
    assert_int_equal(tally_exit(&t, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_too_many_in_a_day_waits_for_a_second_person, world_begin, world_end),
        cmocka_unit_test_setup_teardown(one_list_counts_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_interrupted_order_goes_on_in_its_own_record, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_began_under_an_approval_goes_on_when_that_is_old, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_approval_not_used_in_time_is_none, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_paused_order_is_resumed_and_not_repeated, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_same_contacts_ordered_again_add_nothing, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

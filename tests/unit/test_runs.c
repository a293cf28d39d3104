/* Run records and approvals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "engine/runs.h"

static void records_come_back_and_versions_guard_them(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record r, back, *list;
    size_t n;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    r.planned = 7;
    r.worked = 3;
    r.has_digest = true;
    memset(r.digest.b, 9, HASH_BYTES);
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    WORLD_OK(w, run_get(w->e, r.id, &w->a, &back, &w->err));
    assert_int_equal(back.planned, 7);
    assert_int_equal(back.worked, 3);
    assert_true(str_is(back.kind, "purge"));
    assert_true(back.ended_ms == TIME_NONE);
    struct run_record stale = back;
    WORLD_OK(w, run_put(w->e, &back, NULL, &w->a, &w->err));
    assert_int_equal(run_put(w->e, &stale, NULL, &w->a, &w->err), E_CONFLICT);
    WORLD_OK(w, runs_since(w->e, WORLD_NOW_MS - DAY_MS, 10, &w->a, &list, &n, &w->err));
    assert_int_equal(n, 1);
    WORLD_OK(w, runs_since(w->e, WORLD_NOW_MS + DAY_MS, 10, &w->a, &list, &n, &w->err));
    assert_int_equal(n, 0);
    WORLD_OK(w, run_by_digest(w->e, &r.digest, &w->a, &back, &w->err));
    assert_true(str_eq(back.id, r.id));
    assert_int_equal(run_get(w->e, STR("nothing"), &w->a, &back, &w->err), E_ABSENT);
}

static void only_another_identified_person_approves(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record r, what;
    bool yes;
    struct str why;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    r.has_digest = true;
    memset(r.digest.b, 5, HASH_BYTES);
    r.actor = STR("alice");
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    assert_int_equal(approve(w->e, &r.digest, &w->a, &what, &w->err), E_DENIED); /* os: user */
    w->e->actor = (struct actor){.id = STR("alice"), .identified = true, .role = STR("privacy-approver")};
    assert_int_equal(approve(w->e, &r.digest, &w->a, &what, &w->err), E_DENIED); /* the requester */
    w->e->actor = (struct actor){.id = STR("bob"), .identified = true, .role = STR("viewer")};
    assert_int_equal(approve(w->e, &r.digest, &w->a, &what, &w->err), E_DENIED); /* no permission */
    WORLD_OK(w, approval_holds(w->e, &r, &w->a, &yes, &why, &w->err));
    assert_false(yes);
    w->e->actor.role = STR("privacy-approver");
    WORLD_OK(w, approve(w->e, &r.digest, &w->a, &what, &w->err));
    assert_int_equal(approve(w->e, &r.digest, &w->a, &what, &w->err), E_CONFLICT); /* once is told once */
    WORLD_OK(w, approval_holds(w->e, &r, &w->a, &yes, &why, &w->err));
    assert_true(yes);
    assert_int_equal(centre_count(w, "APPROVED"), 1);
    w->e->fixed_now_ms += APPROVAL_BEGINS_WITHIN_MS + 1;
    WORLD_OK(w, approval_holds(w->e, &r, &w->a, &yes, &why, &w->err));
    assert_false(yes);
    r.worked = 1; /* begun in time: it lasts until the plan is worked off */
    WORLD_OK(w, approval_holds(w->e, &r, &w->a, &yes, &why, &w->err));
    assert_true(yes);
}

static void site_of_one_person_waits_instead(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record r;
    bool yes;
    struct str why;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    r.has_digest = true;
    w->e->config.approval_delay = (struct period){.days = 3, .set = true};
    WORLD_OK(w, approval_holds(w->e, &r, &w->a, &yes, &why, &w->err));
    assert_false(yes);
    w->e->fixed_now_ms += 3 * DAY_MS;
    WORLD_OK(w, approval_holds(w->e, &r, &w->a, &yes, &why, &w->err));
    assert_true(yes);
}

static void digest_in_hexadecimal(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct hash h;
    (void)w;
    assert_true(digest_parse(STR(" 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff "), &h));
    assert_int_equal(h.b[1], 0x11);
    assert_false(digest_parse(STR("0011"), &h));
    assert_false(digest_parse(STR("zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_back_and_versions_guard_them, world_begin, world_end),
        cmocka_unit_test_setup_teardown(only_another_identified_person_approves, world_begin, world_end),
        cmocka_unit_test_setup_teardown(site_of_one_person_waits_instead, world_begin, world_end),
        cmocka_unit_test_setup_teardown(digest_in_hexadecimal, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

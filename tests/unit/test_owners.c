/* test_owners.c - a message of two contacts goes with the last of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "tests/lib/centre.h"
#include "tests/lib/scripted_store.h"

enum { YOUNG = 30 };

static void begin(struct world *w, const char *message)
{
    world_edit(w, "expunge.yaml", "stores:\n",
               "stores:\n  mailbox: {type: folder, layout: maildir, path: mail, control: .mounted}\n");
    WORLD_OK(w, dir_make(world_path(w, "mail/cur"), 0700, &w->err));
    world_write(w, "mail/.mounted", "");
    world_write(w, "mail/cur/1:2,", message);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, YOUNG, NULL, NULL));
}

static void it_stays_while_another_owner_stays(void **state)
{
    struct world *w = *state;
    struct order_options o = {.note = STR("asked")};
    size_t n;
    begin(w, "X-Contact-Id: c-1\nX-Contact-Id: c-2\n\n");
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.retained, 1);
    assert_int_equal(centre_count(w, "INTENT"), 0); /* nothing was to be changed */
    assert_true(world_has(w, "mail/cur/1:2,"));
    struct row_key key = centre_chain(w, "c-1").key;
    struct artefact *work = scripted_work(w, &key, &n);
    assert_int_equal(n, 1);
    assert_int_equal(work[0].outcome, OUT_RETAINED);
    assert_int_equal(work[0].owners_n, 2);
    assert_true(str_is(work[0].note, "belongs to other contacts too"));
    centre_hold(w, "M-1", "c-1"); /* and the other way round: held is no line of any permit */
    t = centre_erase(w, &o, "c-2", NULL);
    assert_int_equal(t.retained, 1);
    assert_true(world_has(w, "mail/cur/1:2,"));
}

static void it_goes_when_all_go_at_once(void **state)
{
    struct world *w = *state;
    struct order_options o = {.note = STR("asked")};
    begin(w, "X-Contact-Id: c-1\nX-Contact-Id: c-2\n\n");
    struct tally t = centre_erase(w, &o, "c-1", "c-2", NULL);
    assert_int_equal(t.purged, 2);
    assert_false(world_has(w, "mail/cur/1:2,"));
}

static void it_goes_with_the_last(void **state)
{
    struct world *w = *state;
    struct order_options o = {.note = STR("asked")};
    begin(w, "X-Contact-Id: c-1\n\n");
    assert_int_equal(centre_erase(w, &o, "c-1", NULL).purged, 1);
    assert_false(world_has(w, "mail/cur/1:2,"));
    world_write(w, "mail/cur/2:2,", "X-Contact-Id: c-1\nX-Contact-Id: c-2\n\n"); /* c-1 is a tombstone: no line of a permit */
    assert_int_equal(centre_erase(w, &o, "c-2", NULL).purged, 1);
    assert_false(world_has(w, "mail/cur/2:2,"));
}

static void a_contact_nobody_knows_is_an_owner_too(void **state)
{
    struct world *w = *state;
    struct order_options o = {.note = STR("asked")};
    begin(w, "X-Contact-Id: c-1\nX-Contact-Id: not-registered\n\n");
    assert_int_equal(centre_erase(w, &o, "c-1", NULL).retained, 1);
    assert_true(world_has(w, "mail/cur/1:2,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_stays_while_another_owner_stays, world_begin, world_end),
        cmocka_unit_test_setup_teardown(it_goes_when_all_go_at_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(it_goes_with_the_last, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_contact_nobody_knows_is_an_owner_too, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

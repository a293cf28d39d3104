/* What another registered contact may claim is shared with it (rule 2.20). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "base/file.h"

enum { YOUNG = 30 };

static void a_longer_id_in_the_name_keeps_its_file(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "call", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "call_2", NULL, YOUNG, NULL, NULL));
    centre_files(w, "call", YOUNG);
    centre_files(w, "call_2", YOUNG);
    centre_hold(w, "CASE", "call_2");
    struct order_options o = {.note = STR("x")};
    struct tally t = centre_erase(w, &o, "call", NULL);
    assert_int_equal(t.held, 0);
    assert_true(centre_has_files(w, "call_2", YOUNG));
    assert_false(centre_has_files(w, "call", YOUNG));
    assert_int_equal(centre_status(w, "call"), STATUS_RETAINED); /* two files may be its own: that is said, not guessed */
}

static void nobody_registered_means_nobody_claims(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "call", NULL, YOUNG, NULL, NULL));
    centre_files(w, "call", YOUNG);
    centre_files(w, "call_2", YOUNG);
    struct order_options o = {.note = STR("x")};
    assert_int_equal(centre_erase(w, &o, "call", NULL).purged, 1);
    assert_false(centre_has_files(w, "call", YOUNG));
}

static void both_together_go_whole(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "call", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "call_2", NULL, YOUNG, NULL, NULL));
    centre_files(w, "call", YOUNG);
    centre_files(w, "call_2", YOUNG);
    struct order_options o = {.note = STR("x")};
    assert_int_equal(centre_erase(w, &o, "call", "call_2", NULL).purged, 2);
    assert_false(centre_has_files(w, "call", YOUNG));
    assert_false(centre_has_files(w, "call_2", YOUNG));
}

static void the_same_id_of_another_source_keeps_its_file(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_options other = {.format = STR("auto"), .source = STR("other-instance")};
    struct ingest_report r = {.read = 0};
    centre_ingest(w, centre_record(w, "dup", NULL, YOUNG, NULL, NULL));
    world_write(w, "one.json", centre_record(w, "dup", NULL, YOUNG, NULL, NULL));
    WORLD_OK(w, ingest_path(w->e, world_path(w, "one.json"), &other, &r, &w->err));
    centre_files(w, "dup", YOUNG);
    struct order_options o = {.note = STR("x")};
    struct tally t = centre_erase(w, &o, CENTRE_SOURCE "/dup", NULL);
    assert_int_equal(t.purged, 0);
    assert_true(centre_has_files(w, "dup", YOUNG));
    assert_int_equal(centre_erase(w, &o, "other-instance/dup", CENTRE_SOURCE "/dup", NULL).purged, 2);
    assert_false(centre_has_files(w, "dup", YOUNG));
}

static void a_recording_of_two_conversations_goes_with_both_or_not_at_all(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const char *named = ",\"Recordings\":[{\"Location\":\"acme/rec/conference.wav\",\"Status\":\"AVAILABLE\",\"StorageType\":\"S3\"}]";
    world_close(w);
    world_edit(w, "expunge.yaml", "control: .expunge-control", "place: acme\n    control: .expunge-control");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE));
    centre_ingest(w, centre_record(w, "a", NULL, YOUNG, NULL, named));
    centre_ingest(w, centre_record(w, "b", NULL, YOUNG, NULL, named));
    WORLD_OK(w, dir_make(world_path(w, "artefacts/rec"), 0755, &w->err));
    world_write(w, "artefacts/rec/conference.wav", "two voices");
    centre_hold(w, "CASE", "b");
    struct order_options o = {.note = STR("x")};
    struct tally t = centre_erase(w, &o, "a", NULL);
    assert_int_equal(t.purged, 0);
    assert_int_equal(t.retained, 1);
    assert_true(world_has(w, "artefacts/rec/conference.wav"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_longer_id_in_the_name_keeps_its_file, world_begin, world_end),
        cmocka_unit_test_setup_teardown(nobody_registered_means_nobody_claims, world_begin, world_end),
        cmocka_unit_test_setup_teardown(both_together_go_whole, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_same_id_of_another_source_keeps_its_file, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_recording_of_two_conversations_goes_with_both_or_not_at_all, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_setup.c - stores made from their entries; kinds declared. */
#include "tests/lib/folder_world.h"
#include "tests/lib/store_trial.h"

static void drivers_are_whole_tables(void **state)
{
    (void)state;
    size_t n = 0;
    for (; store_drivers[n] != NULL; n++) {
        const struct store_driver *d = store_drivers[n];
        assert_ptr_equal(store_driver_named(str_of(d->name)), d);
        assert_true(d->help != NULL && d->options != NULL && d->retry_horizon_ms > 0);
        assert_true(d->find_batch_max > 0 && d->change_batch_max > 0 && d->verify_batch_max > 0);
        assert_true(d->configure && d->open && d->close && d->check && d->find && d->change && d->verify);
        for (const struct option *o = d->options; o->name != NULL; o++)
            assert_true(o->help != NULL && strlen(o->help) > 5);
    }
    assert_true(n >= 2);
    assert_null(store_driver_named(STR("carrier-pigeon")));
}

static void entries_with_mistakes_make_no_store(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 4 << 20);
    const struct { const char *yaml, *says; } cases[] = {
        {"[a]\n", "map"},
        {"path: x\n", "'type' is missing"},
        {"type: floppy\n", "there is no type 'floppy'; choose one of: folder, sql"},
        {"type: sql\nurl: \"sqlite:x\"\ntables: []\n", "holds no kind of artefact"},
        {"type: sql\nurl: \"sqlite:x\"\ncolour: red\ntables: [{name: t, kind: sms, key: k}]\n", "colour"},
        {"type: sql\nurl: \"sqlite:x\"\nbackup_age: 35\ntables: [{name: t, kind: sms, key: k}]\n", "backup_age"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str said = trial_problems(&a, cases[i].yaml, "/");
        if (memmem(said.p, said.n, cases[i].says, strlen(cases[i].says)) == NULL)
            fail_msg("%s: %.*s", cases[i].yaml, STR_ARG(said));
    }
    assert_true(str_is(trial_problems(&a, "type: sql\nurl: \"sqlite:x\"\nbackup_age: P35D\ntables: "
                                          "[{name: t, kind: sms, key: k}]\n", "/"), ""));
    arena_release(&a);
    store_close(NULL);
}

static void a_kind_named_again_adds_its_effects(void **state)
{
    (void)state;
    struct store s = {.name = STR("s")};
    struct err err;
    arena_init(&s.arena, 1 << 20);
    struct store_kind one = {KIND_RECORDING, EFFECT_ERASE, SCOPE_CONTACT, STAGE_FREE, 5, 100};
    struct store_kind two = {KIND_RECORDING, EFFECT_RESTRICT, SCOPE_CONTACT, STAGE_FREE, 9, 50};
    struct store_kind copy = {KIND_INDEX_DOCUMENT, EFFECT_ERASE, SCOPE_CONTACT, STAGE_FREE, 0, 0};
    struct store_kind record = {KIND_EVENT_RECORD, EFFECT_BLANK, SCOPE_CONTACT, STAGE_RECORD, 0, 0};
    assert_int_equal(store_kind_add(&s, &one, &err), OK);
    assert_int_equal(store_kind_add(&s, &two, &err), OK);
    assert_int_equal(store_kind_add(&s, &copy, &err), OK);
    assert_int_equal(store_kind_add(&s, &record, &err), OK);
    assert_int_equal(s.kinds_n, 3);
    const struct store_kind *k = store_kind_of(&s, KIND_RECORDING);
    assert_int_equal(k->effects, EFFECT_ERASE | EFFECT_RESTRICT);
    assert_int_equal(k->settle_ms, 9);
    assert_int_equal(k->late_ms, 100);
    assert_int_equal(store_kind_of(&s, KIND_INDEX_DOCUMENT)->stage, STAGE_DERIVED);
    assert_int_equal(store_kind_of(&s, KIND_EVENT_RECORD)->stage, STAGE_RECORD);
    assert_null(store_kind_of(&s, KIND_SMS));
    arena_release(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drivers_are_whole_tables),
        cmocka_unit_test(entries_with_mistakes_make_no_store),
        cmocka_unit_test(a_kind_named_again_adds_its_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sql_profile.c - `tables:` read and its mistakes reported. */
#include "tests/lib/folder_world.h"
#include "tests/lib/store_trial.h"

#include "store/sql.h"

static struct arena a;

static int setup(void **state)
{
    (void)state;
    arena_init(&a, 4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&a);
    return 0;
}

static struct sql_profile read_profile(struct store *store, const char *yaml, struct problems *p)
{
    struct yaml *list = NULL;
    struct sql_profile profile = {.n = 0};
    problems_init(p, &a, STR("x"));
    arena_init(&store->arena, 1 << 20);
    yaml_parse(str_of(yaml), &a, &list, p);
    assert_int_equal(p->count, 0);
    assert_int_equal(sql_profile_read(store, list, p, &profile, NULL), OK);
    return profile;
}

static void a_profile_is_read(void **state)
{
    (void)state;
    struct store store = {.name = STR("w")};
    struct problems p;
    struct sql_profile profile = read_profile(
        &store,
        "- {name: part, kind: sms, key: ctr, via: {table: ctr, key: cid, parent: no}}\n"
        "- {name: w.ctr, kind: warehouse_row, key: cid, key_type: integer, max_rows: 7, id_is: contact_id,\n"
        "   scrub: {a: pseudonym, b: null, c: empty, d: gone, e: \"pseudonym\"}, restrict: {column: r, value: x}}\n"
        "- {name: person, kind: profile, key: id, subject: {column: mail, type: email}}\n", &p);
    assert_int_equal(p.count, 0);
    assert_int_equal(profile.n, 3);
    const struct sql_table *t = &profile.tables[1];
    assert_int_equal(profile.tables[0].max_rows, 10000);
    assert_true(str_is(profile.tables[0].via_parent, "no"));
    assert_int_equal(t->max_rows, 7);
    assert_int_equal(t->key_type, SQL_KEY_INTEGER);
    assert_int_equal(t->scrubs_n, 5);
    const enum sql_scrub_how how[] = {SQL_SCRUB_PSEUDONYM, SQL_SCRUB_NULL, SQL_SCRUB_TEXT, SQL_SCRUB_TEXT,
                                      SQL_SCRUB_TEXT};
    const char *const text[] = {"pseudonym", "", "", "gone", "pseudonym"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(t->scrubs[i].how, how[i]);
        assert_true(how[i] != SQL_SCRUB_TEXT || str_is(t->scrubs[i].text, text[i]));
    }
    const struct store_kind *sms = store_kind_of(&store, KIND_SMS), *row = store_kind_of(&store, KIND_WAREHOUSE_ROW);
    assert_int_equal(sms->effects, EFFECT_ERASE);
    assert_int_equal(sms->stage, STAGE_FREE);
    assert_int_equal(row->effects, EFFECT_ERASE | EFFECT_BLANK | EFFECT_PSEUDONYMISE | EFFECT_RESTRICT);
    assert_int_equal(row->stage, STAGE_DERIVED);
    assert_int_equal(store_kind_of(&store, KIND_PROFILE)->scope, SCOPE_SUBJECT);
    arena_release(&store.arena);
}

static void mistakes_are_reported(void **state)
{
    (void)state;
    const struct { const char *yaml, *says; } cases[] = {
        {"- {kind: sms, key: k}\n", "needs name, kind and key"},
        {"- {name: t, kind: text, key: k}\n", "no kind of artefact 'text'"},
        {"- {name: t, kind: sms, key: k, key_type: uuid}\n", "choose one of: text, integer"},
        {"- {name: t, kind: sms, key: k, id_is: phone}\n", "can only be contact_id"},
        {"- {name: t, kind: sms, key: a.b}\n", "may not contain a '.'"},
        {"- {name: \"t#\", kind: sms, key: k}\n", "not a name"},
        {"- {name: t, kind: sms, key: k, via: {table: p}}\n", "'via' needs"},
        {"- {name: t, kind: sms, key: k, via: {table: t, key: a, parent: b}}\n", "another table"},
        {"- {name: t, kind: sms, key: k, scrub: {k: null}}\n", "key column cannot be scrubbed"},
        {"- {name: t, kind: sms, key: k, restrict: {column: c}}\n", "needs column and value"},
        {"- {name: t, kind: sms, key: k, subject: {column: c, type: passport}}\n", "no type of identifier"},
        {"- {name: t, kind: sms, key: k, max_rows: 0}\n", "out of range"},
        {"- {name: t, kind: sms, key: k, rows: 1}\n", "rows"},
        {"- {name: p, kind: sms, key: k}\n- {name: t, kind: sms, key: f, via: {table: p, key: k, parent: i}}\n",
         "must stand before its parent p"},
        {"- {name: p, kind: sms, key: k}\n- {name: p, kind: sms, key: k}\n", "listed twice"},
        {"{name: p}\n", "list"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct store store = {.name = STR("w")};
        struct problems p;
        (void)read_profile(&store, cases[i].yaml, &p);
        bool said = false;
        for (const struct problem *q = p.first; q != NULL; q = q->next)
            said = said || memmem(q->message.p, q->message.n, cases[i].says, strlen(cases[i].says)) != NULL;
        if (!said)
            fail_msg("%s does not say '%s': %.*s", cases[i].yaml, cases[i].says,
                     STR_ARG(p.first ? p.first->message : STR("nothing")));
        arena_release(&store.arena);
    }
}

static void a_wrong_table_leaves_nothing_to_the_next(void **state)
{
    (void)state;
    struct store store = {.name = STR("w")};
    struct problems p;
    struct sql_profile profile = read_profile(
        &store,
        "- {name: a, kind: sms, key: k, max_rows: 0, scrub: {x: null, y: null, z: null}, restrict: {column: c, value: v}}\n"
        "- {name: a, kind: sms, key: k, max_rows: 0, scrub: {x: null}}\n"
        "- {name: b, kind: sms, key: k, scrub: {x: null}}\n",
        &p);
    assert_int_equal(p.count, 2);
    assert_int_equal(profile.n, 1);
    assert_int_equal(profile.tables[0].scrubs_n, 1);
    assert_int_equal(profile.tables[0].restrict_column.n, 0);
    arena_release(&store.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_profile_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(mistakes_are_reported, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_table_leaves_nothing_to_the_next, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

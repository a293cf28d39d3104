/* test_merge.c - the newest document wins field by field; lists only grow. */
#include "model/contact.h"

#include <setjmp.h>
#include <cmocka.h>

static struct arena arena;
static bool full;

static int setup(void **state UNUSED)
{
    arena_init(&arena, 4 << 20);
    full = false;
    return 0;
}

static int teardown(void **state UNUSED)
{
    arena_release(&arena);
    return 0;
}

/* A document of that version, carrying nothing yet. */
static struct leg document(int64_t version_ms)
{
    struct leg d;
    leg_init(&d);
    d.newest_ms = version_ms;
    d.newest_digest.b[0] = (unsigned char)version_ms;
    return d;
}

static void carry_queue(struct leg *d, struct str queue)
{
    d->queue = queue;
    d->fact_version_ms[FACT_QUEUE] = d->newest_ms;
}

static void carry_attributes(struct leg *d, struct attribute *list, size_t n)
{
    d->attributes = list;
    d->attributes_n = n;
    d->fact_version_ms[FACT_ATTRIBUTES] = d->newest_ms;
}

static struct str value_of(const struct leg *leg, const char *name)
{
    for (size_t i = 0; i < leg->attributes_n; i++)
        if (str_is(leg->attributes[i].name, name))
            return leg->attributes[i].value;
    return STR_NONE;
}

static void the_first_document_fills_the_leg(void **state UNUSED)
{
    struct leg into, d = document(100);
    leg_init(&into);
    d.key.b[0] = 5;
    d.id = STR("c-1");
    d.channel = STR("voice");
    d.agent = STR("ann");
    d.direction = STR("inbound");
    d.division = STR("uk");
    d.initial = STR("c-0");
    d.started_ms = 1000;
    d.ended_ms = 2000;
    d.created_ms = 3000;
    d.case_closed_ms = 4000;
    d.contract_end_ms = 5000;
    d.customers = 2;
    d.end_stated = true;
    for (size_t f = 0; f < FACT_COUNT; f++)
        d.fact_version_ms[f] = 100;
    assert_true(leg_merge(&into, &d, &arena, &full));
    assert_false(full);
    assert_int_equal(into.key.b[0], 5);
    assert_true(str_is(into.id, "c-1") && str_is(into.initial, "c-0") && str_is(into.channel, "voice"));
    assert_true(str_is(into.agent, "ann") && str_is(into.direction, "inbound") && str_is(into.division, "uk"));
    assert_int_equal(into.started_ms, 1000);
    assert_int_equal(into.ended_ms, 2000);
    assert_int_equal(into.created_ms, 3000);
    assert_int_equal(into.case_closed_ms, 4000);
    assert_int_equal(into.contract_end_ms, 5000);
    assert_int_equal(into.customers, 2);
    assert_true(into.end_stated);
    assert_int_equal(into.newest_ms, 100);
    assert_int_equal(into.newest_digest.b[0], 100);
    for (size_t f = 0; f < FACT_COUNT; f++)
        assert_int_equal(into.fact_version_ms[f], 100);
}

static void the_newest_wins_whatever_the_order(void **state UNUSED)
{
    struct leg d1 = document(1), d2 = document(2), into;
    carry_queue(&d1, STR("old"));
    carry_queue(&d2, STR("new"));
    leg_init(&into);
    assert_true(leg_merge(&into, &d2, &arena, &full));
    assert_false(leg_merge(&into, &d1, &arena, &full));
    assert_true(str_is(into.queue, "new"));
    assert_int_equal(into.fact_version_ms[FACT_QUEUE], 2);
    assert_int_equal(into.newest_ms, 2);
    assert_int_equal(into.newest_digest.b[0], 2);

    leg_init(&into);
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_true(leg_merge(&into, &d2, &arena, &full));
    assert_true(str_is(into.queue, "new"));
}

static void each_field_has_its_own_newest(void **state UNUSED)
{
    struct leg into, d1 = document(5), d2 = document(9), late = document(7);
    leg_init(&into);
    carry_queue(&d1, STR("a"));
    d2.agent = STR("ann");
    d2.fact_version_ms[FACT_AGENT] = 9;
    carry_queue(&late, STR("b"));
    late.agent = STR("bob");
    late.fact_version_ms[FACT_AGENT] = 7;
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_true(leg_merge(&into, &d2, &arena, &full));
    assert_true(leg_merge(&into, &late, &arena, &full));
    assert_true(str_is(into.queue, "b"));
    assert_true(str_is(into.agent, "ann"));
    assert_int_equal(into.newest_ms, 9);
}

static void a_field_not_carried_changes_nothing(void **state UNUSED)
{
    struct leg into, d1 = document(1), d2 = document(2);
    leg_init(&into);
    carry_queue(&d1, STR("a"));
    d1.started_ms = 1000;
    d1.fact_version_ms[FACT_STARTED] = 1;
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_false(leg_merge(&into, &d2, &arena, &full));
    assert_true(str_is(into.queue, "a"));
    assert_int_equal(into.started_ms, 1000);
    assert_int_equal(into.newest_ms, 2);
}

static void a_field_carried_as_absent_is_emptied(void **state UNUSED)
{
    struct leg into, d1 = document(1), d2 = document(2);
    leg_init(&into);
    carry_queue(&d1, STR("a"));
    carry_queue(&d2, STR_NONE);
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_true(leg_merge(&into, &d2, &arena, &full));
    assert_null(into.queue.p);
}

static void the_same_again_is_no_change_but_moves_the_version(void **state UNUSED)
{
    struct leg into, d1 = document(1), d3 = document(3), d2 = document(2);
    leg_init(&into);
    carry_queue(&d1, STR("a"));
    carry_queue(&d3, STR("a"));
    carry_queue(&d2, STR("b"));
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_false(leg_merge(&into, &d1, &arena, &full));
    assert_false(leg_merge(&into, &d3, &arena, &full));
    assert_int_equal(into.fact_version_ms[FACT_QUEUE], 3);
    assert_false(leg_merge(&into, &d2, &arena, &full)); /* older than the confirmation */
    assert_true(str_is(into.queue, "a"));
}

static void unversioned_documents_follow_their_arrival(void **state UNUSED)
{
    struct leg into, d1 = document(0), d2 = document(0), versioned = document(4);
    leg_init(&into);
    carry_queue(&d1, STR("a"));
    carry_queue(&d2, STR("b"));
    carry_queue(&versioned, STR("c"));
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_true(leg_merge(&into, &d2, &arena, &full));
    assert_true(str_is(into.queue, "b"));
    assert_true(leg_merge(&into, &versioned, &arena, &full));
    assert_false(leg_merge(&into, &d1, &arena, &full));
    assert_true(str_is(into.queue, "c"));
}

static void attributes_merge_name_by_name(void **state UNUSED)
{
    struct attribute first[] = {{STR("LOB"), STR("cards")}, {STR("pin"), STR("no")}};
    struct attribute second[] = {{STR("LOB"), STR("loans")}, {STR("lang"), STR("de")}};
    struct attribute late[] = {{STR("LOB"), STR("cash")}, {STR("tier"), STR("gold")}};
    struct leg into, d1 = document(1), d3 = document(3), d2 = document(2);
    leg_init(&into);
    carry_attributes(&d1, first, 2);
    carry_attributes(&d3, second, 2);
    carry_attributes(&d2, late, 2);
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_true(leg_merge(&into, &d3, &arena, &full));
    assert_int_equal(into.attributes_n, 3);
    assert_true(str_is(value_of(&into, "LOB"), "loans"));
    assert_true(str_is(value_of(&into, "pin"), "no")); /* a name the newer one lacks stays */
    assert_true(leg_merge(&into, &d2, &arena, &full)); /* older: only its new name is added */
    assert_int_equal(into.attributes_n, 4);
    assert_true(str_is(value_of(&into, "LOB"), "loans"));
    assert_true(str_is(value_of(&into, "tier"), "gold"));
    assert_int_equal(into.fact_version_ms[FACT_ATTRIBUTES], 3);
    assert_false(leg_merge(&into, &d3, &arena, &full));
    assert_int_equal(into.attributes_n, 4);
}

static void a_name_twice_in_one_document_is_one_attribute(void **state UNUSED)
{
    struct attribute twice[] = {{STR("LOB"), STR("a")}, {STR("LOB"), STR("b")}};
    struct leg into, d = document(1);
    leg_init(&into);
    carry_attributes(&d, twice, 2);
    assert_true(leg_merge(&into, &d, &arena, &full));
    assert_int_equal(into.attributes_n, 1);
    assert_true(str_is(into.attributes[0].value, "b"));
    assert_false(leg_merge(&into, &d, &arena, &full));
}

static void locators_subjects_and_links_only_accumulate(void **state UNUSED)
{
    struct locator l1[] = {{KIND_RECORDING, STR("bucket"), STR("a.wav")},
                           {KIND_RECORDING, STR("bucket"), STR("a.wav")}};
    struct locator l2[] = {{KIND_TRANSCRIPT, STR("bucket"), STR("a.wav")}, {KIND_RECORDING, STR("b2"), STR("a.wav")}};
    struct row_key s1[] = {{{1}}}, s2[] = {{{1}}, {{2}}, {{2}}};
    struct str r1[] = {STR("c-7")}, r2[] = {STR("c-8"), STR("c-7")};
    struct leg into, d2 = document(2), d1 = document(1);
    leg_init(&into);
    d2.locators = l1, d2.locators_n = 2;
    d2.subjects = s1, d2.subjects_n = 1;
    d2.related = r1, d2.related_n = 1;
    d1.locators = l2, d1.locators_n = 2;
    d1.subjects = s2, d1.subjects_n = 3;
    d1.related = r2, d1.related_n = 2;
    assert_true(leg_merge(&into, &d2, &arena, &full));
    assert_int_equal(into.locators_n, 1);
    assert_true(leg_merge(&into, &d1, &arena, &full)); /* older, and yet it adds */
    assert_int_equal(into.locators_n, 3);
    assert_int_equal(into.locators[1].kind, KIND_TRANSCRIPT);
    assert_true(str_is(into.locators[2].place, "b2") && str_is(into.locators[2].path, "a.wav"));
    assert_int_equal(into.subjects_n, 2);
    assert_int_equal(into.subjects[1].b[0], 2);
    assert_int_equal(into.related_n, 2);
    assert_true(str_is(into.related[1], "c-8"));
    assert_false(leg_merge(&into, &d1, &arena, &full));
    assert_int_equal(into.locators_n, 3);
}

static void an_end_once_told_stays_told(void **state UNUSED)
{
    struct leg into, d1 = document(1), d2 = document(2);
    leg_init(&into);
    d1.end_stated = true;
    assert_true(leg_merge(&into, &d1, &arena, &full));
    assert_false(leg_merge(&into, &d2, &arena, &full));
    assert_true(into.end_stated);
}

static void a_suspect_time_is_cleared_by_a_newer_plausible_one(void **state UNUSED)
{
    struct leg into, wrong = document(1), right = document(2), other = document(3);
    leg_init(&into);
    wrong.time_suspect = true; /* said, and implausible: carried as unknown */
    wrong.fact_version_ms[FACT_ENDED] = 1;
    other.started_ms = 500;
    other.fact_version_ms[FACT_STARTED] = 3;
    right.ended_ms = 1000;
    right.fact_version_ms[FACT_ENDED] = 2;
    assert_true(leg_merge(&into, &wrong, &arena, &full));
    assert_true(into.time_suspect);
    assert_true(leg_merge(&into, &other, &arena, &full));
    assert_true(into.time_suspect); /* the end is still unknown */
    assert_true(leg_merge(&into, &right, &arena, &full));
    assert_false(into.time_suspect);
    assert_false(leg_merge(&into, &wrong, &arena, &full)); /* the old one again */
    assert_false(into.time_suspect);
    assert_int_equal(into.ended_ms, 1000);
}

static void what_the_leg_is_classified_to_is_not_a_documents_business(void **state UNUSED)
{
    struct leg into, d = document(1);
    leg_init(&into);
    into.key.b[0] = 9;
    into.id = STR("mine");
    into.category = STR("kept");
    into.registered_ms = 77;
    d.key.b[0] = 1;
    d.id = STR("other");
    d.category = STR("dropped");
    d.registered_ms = 88;
    assert_false(leg_merge(&into, &d, &arena, &full));
    assert_true(str_is(into.category, "kept") && str_is(into.id, "mine"));
    assert_int_equal(into.registered_ms, 77);
    assert_int_equal(into.key.b[0], 9);
}

static void everything_taken_is_a_copy(void **state UNUSED)
{
    char queue[] = "q", name[] = "n", value[] = "v", path[] = "p", related[] = "r";
    struct attribute at[] = {{str_of(name), str_of(value)}};
    struct locator lo[] = {{KIND_EMAIL, STR("m"), str_of(path)}};
    struct str re[] = {str_of(related)};
    struct leg into, d = document(1);
    leg_init(&into);
    carry_queue(&d, str_of(queue));
    carry_attributes(&d, at, 1);
    d.locators = lo, d.locators_n = 1;
    d.related = re, d.related_n = 1;
    assert_true(leg_merge(&into, &d, &arena, &full));
    queue[0] = name[0] = value[0] = path[0] = related[0] = 'X';
    at[0].name = STR("gone");
    assert_true(str_is(into.queue, "q") && str_is(into.related[0], "r") && str_is(into.locators[0].path, "p"));
    assert_true(str_is(into.attributes[0].name, "n") && str_is(into.attributes[0].value, "v"));
}

static void a_full_arena_leaves_the_leg_as_it_was(void **state UNUSED)
{
    struct attribute was[] = {{STR("a"), STR("1")}}, is[] = {{STR("a"), STR("2")}, {STR("b"), STR("3")}};
    struct str re[] = {STR("r")};
    struct leg d = document(2);
    carry_queue(&d, STR("a queue with a name of some length"));
    carry_attributes(&d, is, 2);
    d.related = re, d.related_n = 1;
    for (size_t cap = 0; cap < 1024; cap += 16) {
        struct arena small;
        struct leg into = document(1);
        carry_queue(&into, STR("old"));
        carry_attributes(&into, was, 1);
        arena_init(&small, cap);
        bool short_of = false;
        bool changed = leg_merge(&into, &d, &small, &short_of);
        assert_int_equal(changed, !short_of);
        assert_true(str_is(into.queue, short_of ? "old" : "a queue with a name of some length"));
        assert_int_equal(into.attributes_n, short_of ? 1 : 2);
        assert_int_equal(into.related_n, short_of ? 0 : 1);
        assert_int_equal(into.newest_ms, short_of ? 1 : 2);
        assert_true(str_is(was[0].value, "1"));
        assert_true(cap > 0 || short_of);
        assert_true(cap < 1008 || !short_of);
        arena_release(&small);
    }
}

static void a_list_without_end_is_a_limit(void **state UNUSED)
{
    enum { MANY = 5000 };
    static struct row_key keys[MANY];
    struct leg into, d = document(1);
    leg_init(&into);
    d.subjects = keys, d.subjects_n = MANY;
    assert_false(leg_merge(&into, &d, &arena, &full));
    assert_true(full);
    assert_int_equal(into.subjects_n, 0);
    full = false;
    d.subjects_n = 4096;
    assert_true(leg_merge(&into, &d, &arena, &full));
    assert_int_equal(into.subjects_n, 1);
    assert_false(full);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_document_fills_the_leg),
        TEST(the_newest_wins_whatever_the_order),
        TEST(each_field_has_its_own_newest),
        TEST(a_field_not_carried_changes_nothing),
        TEST(a_field_carried_as_absent_is_emptied),
        TEST(the_same_again_is_no_change_but_moves_the_version),
        TEST(unversioned_documents_follow_their_arrival),
        TEST(attributes_merge_name_by_name),
        TEST(a_name_twice_in_one_document_is_one_attribute),
        TEST(locators_subjects_and_links_only_accumulate),
        TEST(an_end_once_told_stays_told),
        TEST(a_suspect_time_is_cleared_by_a_newer_plausible_one),
        TEST(what_the_leg_is_classified_to_is_not_a_documents_business),
        TEST(everything_taken_is_a_copy),
        TEST(a_full_arena_leaves_the_leg_as_it_was),
        TEST(a_list_without_end_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

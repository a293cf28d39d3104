/* test_subjects.c - attributes that identify a person. */
#include "intake/subjects.h"

#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_identifies_and_drops_the_attribute(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, &intake_connect_ctr, "subjects: {callerNumber: phone, 'account id ': customer_id}");
    draft_init(&d, NULL, &r.context, &r.arena);
    assert_int_equal(draft_attribute(&d, STR("lang"), STR("en"), &r.err), OK);
    assert_int_equal(draft_attribute(&d, STR("callerNumber"), STR("+442079460001"), &r.err), OK);
    assert_int_equal(draft_attribute(&d, STR("CallerNumber"), STR("+442079460002"), &r.err), OK);
    assert_int_equal(draft_attribute(&d, STR("account id "), STR("A-77"), &r.err), OK);
    assert_int_equal(subjects_from_attributes(&d, &r.err), OK);
    assert_identifiers(&d.contact, "phone:+442079460001, customer_id:A-77");
    assert_int_equal(d.contact.facts.attributes_n, 2);
    assert_attribute(&d.contact, "callerNumber", NULL);
    assert_attribute(&d.contact, "CallerNumber", "+442079460002");
    reading_release(&r);
}

static void test_without_options_nothing_happens(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    enum subject_type type;
    reading_init(&r, NULL, NULL);
    draft_init(&d, NULL, &r.context, &r.arena);
    assert_int_equal(draft_attribute(&d, STR("phone"), STR("+442079460001"), &r.err), OK);
    assert_int_equal(subjects_from_attributes(&d, &r.err), OK);
    assert_int_equal(d.contact.identifiers_n, 0);
    assert_int_equal(d.contact.facts.attributes_n, 1);
    assert_false(subjects_type(NULL, STR("phone"), &type));
    reading_release(&r);
}

static void test_check(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    assert_string_equal(reading_problems(&r, &intake_connect_ctr, "subjects: {a: phone, b: social_id}"), "");
    assert_non_null(strstr(reading_problems(&r, &intake_connect_ctr, "subjects: {a: fax}"), "'fax' is no kind"));
    assert_non_null(strstr(reading_problems(&r, &intake_connect_ctr, "subjects: [a]"), "source.yaml:1:"));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifies_and_drops_the_attribute),
        cmocka_unit_test(test_without_options_nothing_happens),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

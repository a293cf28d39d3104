/* Stated time formats, as CSV sources have them. */
#include "base/timeform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct row {
    const char *format, *text, *utc;
};

static void stated_forms_are_read(void **state)
{
    (void)state;
    const struct zone *york;
    assert_int_equal(zone_open(STR("America/New_York"), &york, NULL), OK);
    static const struct row rows[] = {
        {"%d/%m/%Y %H:%M", "31/01/2026 13:05", "2026-01-31T18:05:00.000Z"},
        {"%m/%d/%Y", "1/2/2026", "2026-01-02T05:00:00.000Z"},
        {"%d-%m-%Y %I:%M:%S %p", "02-07-2026 12:05:09 am", "2026-07-02T04:05:09.000Z"},
        {"%d-%m-%Y %I:%M:%S %p", "02-07-2026 12:05:09 PM", "2026-07-02T16:05:09.000Z"},
        {"%d-%m-%Y %I %p", "02-07-2026 1 PM", "2026-07-02T17:00:00.000Z"},
        {"%d %b %Y", "7 Dec 2025", "2025-12-07T05:00:00.000Z"},
        {"%d %B %y", "7 december 99", "1999-12-07T05:00:00.000Z"},
        {"%d.%m.%y", "7.12.25", "2025-12-07T05:00:00.000Z"},
        {"%Y%m%d%H%M%S", "20260131130500", "2026-01-31T18:05:00.000Z"},
        {"%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-31T13:05:00.123456+01:00", "2026-01-31T12:05:00.123Z"},
        {"%Y-%m-%d %H:%M:%S %Z", "2026-01-31 13:05:00 UTC", "2026-01-31T13:05:00.000Z"},
        {"%s", "1504902988", "2017-09-08T20:36:28.000Z"},
        {"%Q", " 1504902988123 ", "2017-09-08T20:36:28.123Z"},
        {"100%% %Y-%m-%d", "100% 2026-07-01", "2026-07-01T04:00:00.000Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = 0;
        char shown[32];
        assert_int_equal(time_format_check(str_of(rows[i].format), NULL), OK);
        assert_int_equal(time_format_parse(str_of(rows[i].text), str_of(rows[i].format), york, &ms, NULL), OK);
        time_text(ms, shown);
        assert_string_equal(shown, rows[i].utc);
    }
}

static void texts_of_another_form_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text;
    } rows[] = {{"%d/%m/%Y", "31/01/2026 13:05"}, {"%d/%m/%Y", "31/01/26"},       {"%d/%m/%Y", "2026-01-31"},
                {"%d/%m/%Y", "30/02/2026"},       {"%d/%m/%Y", "01/13/2026"},     {"%d/%m/%Y", ""},
                {"%s", "soon"},                   {"%s", "12.5"},                 {"%Q", "99999999999999999"},
                {"%d/%m/%Y %H", "31/01/2026 24"}, {"%d/%m/%Y %Z", "1/1/2026 CET"},  {"%d %b %Y", "1 Foo 2026"},
                {"%d/%m/%Y %I %p", "1/1/2026 13 PM"}, {"%d/%m/%Y %I %p", "1/1/2026 0 PM"},
                {"%d/%m/%Y %I %p", "1/1/2026 1 XM"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = 42;
        assert_int_equal(time_format_parse(str_of(rows[i].text), str_of(rows[i].format), zone_utc(), &ms, NULL),
                         E_INVALID);
        assert_int_equal(ms, 42);
    }
}

static void formats_must_state_one_instant(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "%d/%m", "%Y-%m-%d %I", "%Y-%m-%d %p", "%Y-%m-%d %",
                                      "plain", "%s %H", "%Y-%m-%d %d", "%Y %y %m %d", "%Y-%m-%d %s",
                                      "%H:%M", "%s%Q",  "%Y-%m %b %d", "%Y-%m-%d %q", "%Y-%m-%d %z %Z",
                                      "%%"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(time_format_check(str_of(bad[i]), NULL), E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stated_forms_are_read),
        cmocka_unit_test(texts_of_another_form_are_refused),
        cmocka_unit_test(formats_must_state_one_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

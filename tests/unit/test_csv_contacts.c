/* test_csv_contacts.c - contacts from a CSV file. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void *begin(struct reading *r, const char *yaml, const char *header)
{
    void *state;
    reading_init(r, &intake_csv_contacts, yaml);
    if (intake_csv_contacts.read_header(str_of(header), &r->context, &r->arena, &state, &r->err) != OK)
        fail_msg("%s", r->err.text);
    return state;
}

static enum status read_row(struct reading *r, void *state, const char *row)
{
    return intake_csv_contacts.read_record(state, str_of(row), &r->context, &r->arena, &r->result, &r->err);
}

static const struct intake_contact *contact(struct reading *r, void *state, const char *row)
{
    if (read_row(r, state, row) != OK)
        fail_msg("%s in %s", r->err.text, row);
    assert_int_equal(r->result.verdict, INTAKE_CONTACTS);
    assert_int_equal(r->result.contacts_n, 1);
    return &r->result.contacts[0];
}

static void wrong(struct reading *r, void *state, const char *row, const char *reason)
{
    assert_int_equal(read_row(r, state, row), E_INVALID);
    assert_string_equal(r->err.text, reason);
}

static void test_full_row(void **state UNUSED)
{
    struct reading r;
    void *s = begin(&r,
                    "columns: {id: call_id, started: begin, ended: end, phone: caller, category: class, queue: line,\n"
                    "  channel: medium, initial: first, updated: changed, customers: n, source: site, related: other}\n"
                    "subjects: {member: customer_id}\ndates: '%d/%m/%Y %H:%M'\nzone: Europe/London\nseparator: ;",
                    "\xef\xbb\xbf" "call_id;begin;end;"
                    "caller;class;line;medium;first;changed;n;site;other;member;Reason ");
    const struct intake_contact *c =
        contact(&r, s, "0077;01/07/2025 09:30;1/7/2025 9:45;+44 20 7946 0001;fin;\"Cards; UK\";VOICE;0070;"
                       "02/07/2025 00:00;2;leeds;0099;M-1; refund ");
    assert_str(c->facts.id, "0077");
    assert_str(c->source, "leeds");
    assert_time(c->facts.started_ms, "2025-07-01T08:30:00.000Z");
    assert_time(c->facts.ended_ms, "2025-07-01T08:45:00.000Z");
    assert_time(c->facts.newest_ms, "2025-07-01T23:00:00.000Z");
    assert_time(c->facts.fact_version_ms[FACT_QUEUE], "2025-07-01T23:00:00.000Z");
    assert_identifiers(c, "phone:+442079460001, customer_id:M-1");
    assert_str(c->facts.queue, "Cards; UK");
    assert_str(c->facts.channel, "voice");
    assert_str(c->facts.initial, "0070");
    assert_related(c, "0099");
    assert_int_equal(c->facts.customers, 2);
    assert_attribute(c, "retentionCategory", "fin");
    assert_attribute(c, "Reason", "refund");
    assert_attribute(c, "member", NULL);
    assert_false(c->live);
    assert_true(c->facts.end_stated);
    reading_release(&r);
}

static void test_empty_cells_are_not_carried(void **state UNUSED)
{
    struct reading r;
    void *s = begin(&r, "columns: {id: id, ended: end, agent: agent}", "id,end,agent,note");
    const struct intake_contact *c = contact(&r, s, "1,, ,");
    assert_str(c->facts.id, "1");
    assert_false(c->facts.end_stated);
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], -1);
    assert_int_equal(c->facts.fact_version_ms[FACT_AGENT], -1);
    assert_int_equal(c->facts.fact_version_ms[FACT_ATTRIBUTES], -1);
    assert_int_equal(c->facts.newest_ms, 0);
    assert_str(c->source, NULL);
    c = contact(&r, s, "1,2025-01-01T10:00:00+02:00,ann,x"); /* an id may repeat */
    assert_time(c->facts.ended_ms, "2025-01-01T08:00:00.000Z");
    assert_str(c->facts.agent, "ann");
    reading_release(&r);
}

static void test_implausible_and_unset_times(void **state UNUSED)
{
    struct reading r;
    void *s = begin(&r, "columns: {id: id, started: start, ended: end}", "id,start,end");
    const struct intake_contact *c = contact(&r, s, "1,1970-01-01T00:00:00Z,2099-01-01T00:00:00Z");
    assert_int_equal(c->facts.fact_version_ms[FACT_STARTED], -1);
    assert_time(c->facts.ended_ms, NULL);
    assert_true(c->facts.time_suspect);
    assert_true(c->facts.end_stated);
    reading_release(&r);
}

static void test_empty_rows_are_ignored(void **state UNUSED)
{
    static const char *const rows[] = {"", ",,", " , ,", "\r", ",,,,,,,"};
    struct reading r;
    void *s = begin(&r, "columns: {id: id}", "id,a,b");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(read_row(&r, s, rows[i]), OK);
        assert_int_equal(r.result.verdict, INTAKE_IGNORED);
        assert_string_equal(r.result.why, "an empty row");
    }
    reading_release(&r);
}

static void test_bad_rows(void **state UNUSED)
{
    struct reading r;
    void *s = begin(&r, "columns: {id: call, started: begin, customers: n}", "call,begin,n");
    wrong(&r, s, "1,2025-01-01T10:00:00Z", "the row has 2 fields, the header has 3");
    wrong(&r, s, " ,2025-01-01T10:00:00Z,1", "column 'call' (id): the id is empty");
    wrong(&r, s, "1,,two", "column 'n' (customers): expected a number");
    wrong(&r, s, "1,,-2", "column 'n' (customers): expected a number");
    wrong(&r, s, "1,\xff,", "the row is not UTF-8");
    assert_int_equal(read_row(&r, s, "1,soon,"), E_INVALID);
    assert_memory_equal(r.err.text, "column 'begin' (started): ", 26);
    assert_int_equal(read_row(&r, s, "1,2025-01-01 10:00:00,"), E_INVALID); /* no zone is stated anywhere */
    assert_int_equal(read_row(&r, s, "1,a\"b\",3"), E_INVALID);
    char big[300] = "";
    memset(big, 'x', 257);
    memcpy(big + 257, ",,", 3);
    wrong(&r, s, big, "column 'call' (id): the id is longer than 256 bytes");
    reading_release(&r);
}

static void test_nothing_is_guessed(void **state UNUSED)
{
    struct reading r;
    void *s = NULL;
    reading_init(&r, NULL, NULL);
    assert_int_equal(
        intake_csv_contacts.read_header(STR("contact_id,started"), &r.context, &r.arena, &s, &r.err), E_INVALID);
    assert_memory_equal(r.err.text, "not a format this program knows", 31);
    assert_non_null(strstr(r.err.text, "columns"));
    assert_null(s);
    assert_null(intake_csv_contacts.recognise);
    reading_release(&r);
}

static void test_zone_of_the_context(void **state UNUSED)
{
    struct reading r;
    void *s;
    reading_init(&r, &intake_csv_contacts, "columns: {id: id, started: start}");
    assert_int_equal(zone_open(STR("America/New_York"), &r.context.zone, &r.err), OK);
    assert_int_equal(intake_csv_contacts.read_header(STR("id,start"), &r.context, &r.arena, &s, &r.err), OK);
    assert_time(contact(&r, s, "1,2025-01-01 10:00:00")->facts.started_ms, "2025-01-01T15:00:00.000Z");
    reading_release(&r);
}

static void test_settings_are_checked(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_csv_contacts;
    assert_string_equal(reading_problems(&r, f, "columns: {id: a}\nseparator: tab\nzone: UTC\ndates: '%Y-%m-%d'"), "");
    assert_non_null(strstr(reading_problems(&r, f, "columns: {id: a}\nseparator: ab"), "source.yaml:2:"));
    assert_non_null(strstr(reading_problems(&r, f, "columns: {id: a}\nzone: Mars/Olympus"), "source.yaml:2:"));
    assert_non_null(strstr(reading_problems(&r, f, "columns: {id: a}\ndates: '%y-%!'"), "source.yaml:2:"));
    assert_non_null(strstr(reading_problems(&r, f, "columns: {id: a}\nsubjects: {x: y}"), "source.yaml:2:"));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_row),
        cmocka_unit_test(test_empty_cells_are_not_carried),
        cmocka_unit_test(test_implausible_and_unset_times),
        cmocka_unit_test(test_empty_rows_are_ignored),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_nothing_is_guessed),
        cmocka_unit_test(test_zone_of_the_context),
        cmocka_unit_test(test_settings_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

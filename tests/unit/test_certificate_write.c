/* test_certificate_write.c - certificates as folders, of a contact and of a request. */
#include "engine/certificate_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "tests/lib/story.h"

static struct certificate_report of(struct world *w, const char *id, bool disclose, const char *folder)
{
    struct certificate_report r;
    struct certificate_options o = {.disclose = disclose, .recipient = STR("data-subject")};
    WORLD_OK(w, certificate_of_contact(w->e, str_of(id), &o, world_path(w, folder), &w->a, &r, &w->err));
    return r;
}

static const char *const always[] = {"c/certificate.json", "c/certificate.html", "c/VERIFY.txt"};
static const char *const proven[] = {"c/statement.json", "c/statement.tlog-proof", "c/trust.policy"};

static void an_erased_contact_gets_them_all(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "write-1", STATUS_PURGED);
    struct certificate_report r = of(w, "write-1", false, "c");
    assert_true(r.all_erased);
    assert_int_equal(r.n, 1);
    for (size_t i = 0; i < 3; i++)
        assert_true(world_has(w, always[i]) && world_has(w, proven[i]));
    assert_false(world_has(w, "c/openings.json"));
    assert_true(str_eq(world_read(w, "c/statement.json"), s.verified.body));
    assert_true(str_starts(world_read(w, "c/statement.tlog-proof"), STR("c2sp.org/tlog-proof@v1\nindex 4\n")));
    assert_true(str_starts(world_read(w, "c/trust.policy"), STR("log expunge.local/main/test-clock/2026+")));
    for (size_t i = 0; i < 3; i++) {
        assert_false(str_contains(world_read(w, always[i]), "write-1"));
        assert_false(str_contains(world_read(w, proven[i]), "write-1"));
    }
}

static void disclosing_is_recorded_and_names_it(void **state)
{
    struct world *w = *state;
    size_t n;
    (void)world_story(w, "write-2", STATUS_PURGED);
    (void)of(w, "connect-eu/write-2", true, "c");
    assert_true(str_contains(world_read(w, "c/openings.json"), "connect-eu/write-2"));
    assert_true(str_contains(world_read(w, "c/certificate.html"), "connect-eu/write-2"));
    struct entry *entries = world_entries(w, &n);
    assert_true(str_is(entries[n - 1].type, "DISCLOSED"));
    assert_true(str_contains(entries[n - 1].body, "\"recipient\":\"data-subject\""));
    (void)of(w, "write-2", false, "c"); /* the next one without: the old opening does not stay */
    assert_false(world_has(w, "c/openings.json"));
}

static void what_is_kept_gets_a_statement_without_proof(void **state)
{
    struct world *w = *state;
    (void)world_chain(w, true, "write-3", NULL);
    WORLD_OK(w, registry_source_add(w->e->registry, STR("connect-eu"), &w->err));
    struct certificate_report r = of(w, "write-3", true, "c");
    assert_false(r.all_erased);
    for (size_t i = 0; i < 3; i++) {
        assert_true(world_has(w, always[i]));
        assert_false(world_has(w, proven[i]));
    }
    assert_true(str_contains(world_read(w, "c/certificate.html"), "Statement: not erased"));
    assert_true(str_contains(world_read(w, "c/certificate.json"), "\"erased\": false"));
}

static void an_unknown_contact_gets_nothing(void **state)
{
    struct world *w = *state;
    struct certificate_report r;
    struct certificate_options o = {.disclose = false};
    assert_int_equal(certificate_of_contact(w->e, STR("nobody"), &o, world_path(w, "c"), &w->a, &r, &w->err), E_ABSENT);
    assert_false(world_has(w, "c"));
}

static void put_request(struct world *w, const struct story *stories, size_t n, enum candidate_state state)
{
    struct request q = {.id = STR("R-2026-000001"),
                        .state = REQUEST_PARTIAL,
                        .regime = REGIME_GDPR,
                        .ground = STR("17(1)(b)"),
                        .received_ms = WORLD_NOW_MS,
                        .due_ms = WORLD_NOW_MS + 30 * DAY_MS,
                        .lenient_due_ms = TIME_NONE,
                        .acknowledge_ms = TIME_NONE,
                        .extended_ms = TIME_NONE,
                        .ended_ms = TIME_NONE,
                        .watch_until_ms = TIME_NONE,
                        .candidates_n = n};
    struct row row;
    struct group g = {.rows = &row, .rows_n = 1};
    q.key = row_key_of_request(&w->e->registry->identifier, q.id);
    q.candidates = ARENA_ARRAY(&w->a, struct candidate, n + 1);
    for (size_t i = 0; i < n; i++)
        q.candidates[i] =
            (struct candidate){.chain = stories[i].chain.key, .state = state, .proposed_ms = WORLD_NOW_MS};
    WORLD_OK(w, registry_request_row(w->e->registry, &q, WORLD_NOW_MS, &w->a, &row, &w->err));
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
}

static void a_request_has_one_folder_a_contact(void **state)
{
    struct world *w = *state;
    struct certificate_report r;
    struct certificate_options o = {.disclose = false};
    const struct json *j;
    struct story stories[2] = {world_story(w, "write-5", STATUS_PURGED), world_story(w, "write-6", STATUS_RETAINED)};
    put_request(w, stories, 2, CANDIDATE_CONFIRMED);
    WORLD_OK(w, certificate_of_request(w->e, STR("R-2026-000001"), &o, world_path(w, "r"), &w->a, &r, &w->err));
    assert_int_equal(r.n, 2);
    assert_false(r.all_erased);
    assert_true(world_has(w, "r/001/statement.json"));
    assert_true(world_has(w, "r/002/statement.json"));
    WORLD_OK(w, json_parse(world_read(w, "r/certificate.json"), &w->a, &j, &w->err));
    assert_true(str_is(json_string(json_get(j, "state")), "partial"));
    assert_true(str_is(json_text(json_get(j, "contacts_erased")), "1"));
    assert_int_equal(json_get(j, "certificates")->count, 2);
    assert_int_equal(json_get(j, "erased")->type, JSON_FALSE);
}

static void a_request_without_confirmed_contacts_certifies_nothing(void **state)
{
    struct world *w = *state;
    struct certificate_report r;
    struct certificate_options o = {.disclose = false};
    struct story story = world_story(w, "write-7", STATUS_PURGED);
    put_request(w, &story, 1, CANDIDATE_PROPOSED);
    assert_int_equal(certificate_of_request(w->e, STR("R-2026-000001"), &o, world_path(w, "r"), &w->a, &r, &w->err),
                     E_ABSENT);
    assert_int_equal(certificate_of_request(w->e, STR("R-1"), &o, world_path(w, "r"), &w->a, &r, &w->err), E_ABSENT);
    assert_false(world_has(w, "r"));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(an_erased_contact_gets_them_all),
                                       WORLD_TEST(disclosing_is_recorded_and_names_it),
                                       WORLD_TEST(what_is_kept_gets_a_statement_without_proof),
                                       WORLD_TEST(an_unknown_contact_gets_nothing),
                                       WORLD_TEST(a_request_has_one_folder_a_contact),
                                       WORLD_TEST(a_request_without_confirmed_contacts_certifies_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

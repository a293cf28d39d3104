/* test_journal.c - what entries about chains say, and that nothing personal can be read in them. */
#include "engine/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/commit.h"
#include "audit/entry.h"
#include "engine/opening.h"
#include "tests/lib/story.h"

static const char *const personal[] = {"contact-pii-1", "connect-eu", "Smith v Acme", "Ms Miller", "+4420"};

static void says_nothing_personal(struct str body)
{
    for (size_t i = 0; i < ARRAY_LEN(personal); i++)
        assert_false(str_contains(body, personal[i]));
}

static struct str raw(struct world *w, struct str body, const char *field)
{
    struct entry_view *v = ARENA_NEW(&w->a, struct entry_view);
    WORLD_OK(w, entry_check(body, v, &w->err));
    return entry_raw(v, field);
}

static struct str quoted_hash(struct world *w, const struct hash *h)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 256);
    buf_char(&b, '"');
    buf_hex(&b, h->b, sizeof h->b);
    buf_char(&b, '"');
    return arena_str(&w->a, buf_view(&b));
}

/* The commitment that must stand in a field, recomputed from outside. */
static void commits(struct world *w, const struct entry *e, const char *field, const struct opening *o,
                    const char *label, const char *value)
{
    struct row_key id;
    memcpy(id.b, e->id, sizeof id.b);
    struct hash h = commitment(o->secret, row_key_hex(&id, &w->a), str_of(label), str_of(value));
    struct str stands = raw(w, e->body, field);
    assert_true(str_contains(stands, quoted_hash(w, &h).p));
}

static void a_story_names_nobody(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "contact-pii-1", STATUS_PURGED);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_true(n >= 5);
    for (size_t i = 0; i < n; i++)
        says_nothing_personal(entries[i].body);
}

static void requested_commits_to_chain_and_note(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "contact-pii-2", STATUS_VERIFYING);
    assert_true(str_is(s.requested.type, "REQUESTED"));
    assert_true(str_is(raw(w, s.requested.body, "state"), "\"ordered\""));
    assert_true(str_is(raw(w, s.requested.body, "functionality"), "\"Delete Contact\""));
    assert_true(str_is(raw(w, s.requested.body, "setting"), "\"Data Deletion\""));
    commits(w, &s.requested, "chain", &s.opening, "chain", "connect-eu/contact-pii-2");
    commits(w, &s.requested, "note", &s.opening, "reason", "asked by Ms Miller");
    assert_true(row_key_eq(&s.requested.subject, &s.chain.key));
}

static void a_note_without_an_opening_is_left_out(void **state)
{
    struct world *w = *state;
    struct entry e;
    WORLD_OK(w, journal_requested(w->e, FUNC_BULK_DELETE, REASON_OPERATOR, 40, STR_NONE, NULL, STR("Ms Miller"),
                                  WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_null(raw(w, e.body, "note").p);
    assert_true(str_is(raw(w, e.body, "n"), "40"));
    assert_true(row_key_is_none(&e.subject));
}

static void intent_has_the_root_of_its_chains(void **state)
{
    struct world *w = *state;
    struct opening o[3];
    const char *const ids[] = {"root-1", "root-2", "root-3"};
    struct hash set[3], leaves[3];
    struct entry e;
    struct str store = STR("recordings");
    struct intent_facts f = {.functionality = FUNC_RETENTION_PURGE,
                             .reason = REASON_RETENTION_EXPIRY,
                             .run = STR("run-7"),
                             .effects = EFFECT_ERASE | EFFECT_RESTRICT,
                             .stores = &store,
                             .stores_n = 1};
    for (size_t i = 0; i < 3; i++) {
        struct chain c = world_chain(w, false, ids[i], NULL);
        WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o[i], &w->err));
    }
    WORLD_OK(w, journal_intent(w->e, &f, o, 3, WORLD_NOW_MS, &w->a, &e, &w->err));
    struct row_key id;
    memcpy(id.b, e.id, sizeof id.b);
    for (size_t i = 0; i < 3; i++)
        set[i] = commitment(o[i].secret, row_key_hex(&id, &w->a), STR("chain"), opening_chain_value(&o[i], &w->a));
    struct hash root = commit_root(set, 3, leaves);
    assert_true(str_eq(raw(w, e.body, "chains_root"), quoted_hash(w, &root)));
    assert_true(str_is(raw(w, e.body, "effects"), "[\"erase\",\"restrict\"]"));
    assert_true(str_is(raw(w, e.body, "n"), "3"));
    assert_true(str_is(raw(w, e.body, "stores"), "[\"recordings\"]"));
    assert_true(row_key_is_none(&e.subject));
}

static void only_verified_says_purged(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "verdict-1", STATUS_PURGED);
    assert_true(str_is(raw(w, s.outcome.body, "verdict"), "\"VERIFYING\""));
    assert_true(str_is(raw(w, s.verified.body, "verdict"), "\"PURGED\""));
    assert_null(raw(w, s.outcome.body, "times").p);
    assert_true(
        str_is(raw(w, s.verified.body, "stores"), "{\"recordings\":{\"absent\":1},\"warehouse\":{\"gone\":3}}"));
    assert_true(str_is(raw(w, s.verified.body, "times"), "{\"recordings\":1795226400000,\"warehouse\":1795226400000}"));
    assert_true(str_is(raw(w, s.verified.body, "residuals"), "[{\"kind\":\"backup\",\"until\":1797818400000}]"));
    commits(w, &s.verified, "ids", &s.opening, "contact-id", "connect-eu/verdict-1");
}

static void two_entries_of_a_chain_cannot_be_linked(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "unlinkable", STATUS_PURGED);
    assert_false(str_eq(raw(w, s.outcome.body, "chain"), raw(w, s.verified.body, "chain")));
    assert_false(str_eq(raw(w, s.outcome.body, "ids"), raw(w, s.verified.body, "ids")));
}

static void nothing_to_change_needs_no_intent(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "no-intent", NULL);
    struct opening o;
    struct entry e;
    struct outcome_facts f = {.verified = true, .verdict = STATUS_PURGED, .keep_until_ms = TIME_NONE};
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    WORLD_OK(w, journal_outcome(w->e, &f, &o, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, e.body, "intent"), "null"));
    assert_true(str_is(raw(w, e.body, "stores"), "{}"));
}

static void a_very_long_chain_has_a_root_of_its_ids(void **state)
{
    enum { MANY = 501 };
    struct world *w = *state;
    struct opening o = {.owner = {{3}}, .secret = {9}, .source = STR("connect-eu"), .ids_n = MANY};
    struct entry e;
    struct outcome_facts f = {
        .verified = true, .verdict = STATUS_RETAINED, .keep_until_ms = WORLD_NOW_MS, .law = STR("HGB 257")};
    o.ids = ARENA_ARRAY(&w->a, struct str, MANY);
    for (size_t i = 0; i < MANY; i++)
        o.ids[i] = arena_fmt(&w->a, "leg-%zu", i);
    WORLD_OK(w, journal_outcome(w->e, &f, &o, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, e.body, "ids"), "[]"));
    assert_int_equal(raw(w, e.body, "ids_root").n, 66);
    assert_true(str_is(raw(w, e.body, "n"), "501"));
    assert_true(str_is(raw(w, e.body, "until"), "1795226400000"));
    assert_true(e.body.n < 2000);
}

static void lost_in_flight_commits_to_both(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-pii-1", NULL);
    struct row_key key = row_key_of_matter(&w->e->registry->identifier, STR("Smith v Acme"));
    struct opening chain, matter;
    struct entry e;
    struct str stores[] = {STR("warehouse"), STR("index")};
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &chain, &w->err));
    WORLD_OK(w, opening_of_text(w->e, &key, STR("Smith v Acme"), &w->a, &matter, &w->err));
    WORLD_OK(w, journal_lost(w->e, &chain, &matter, stores, 2, false, WORLD_NOW_MS, &w->a, &e, &w->err));
    commits(w, &e, "matter", &matter, "matter", "Smith v Acme");
    commits(w, &e, "chain", &chain, "chain", "connect-eu/contact-pii-1");
    assert_true(str_is(raw(w, e.body, "stores"), "[\"index\",\"warehouse\"]"));
    assert_true(str_is(raw(w, e.body, "result"), "\"lost\""));
    WORLD_OK(w, journal_lost(w->e, &chain, &matter, stores, 0, true, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, e.body, "result"), "\"freed\""));
    says_nothing_personal(e.body);
}

static void risen_decided_refused(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-pii-1", NULL);
    struct opening o;
    struct entry e;
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    WORLD_OK(w, journal_risen(w->e, &o, STR("document"), WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, e.body, "cause"), "\"document\""));
    says_nothing_personal(e.body);
    WORLD_OK(w, journal_decided(w->e, &o, STR("erase"), STR("Ms Miller said so"), WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, e.body, "decision"), "\"erase\""));
    commits(w, &e, "note", &o, "reason", "Ms Miller said so");
    says_nothing_personal(e.body);
    WORLD_OK(w, journal_refused(w->e, FUNC_DELETE_CONTACT, 1, "legal_minimum", STR_NONE, &o, WORLD_NOW_MS, &w->a, &e,
                                &w->err));
    assert_true(str_is(raw(w, e.body, "why"), "\"legal_minimum\""));
    says_nothing_personal(e.body);
}

static void every_functionality_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(functionality_name(FUNC_DELETE_CONTACT), "Delete Contact");
    assert_string_equal(functionality_name(FUNC_BULK_DELETE), "Bulk Delete");
    assert_string_equal(functionality_name(FUNC_ERASURE_REQUEST), "Erasure Request");
    assert_string_equal(functionality_name(FUNC_RETENTION_PURGE), "Retention Purge");
    assert_string_equal(functionality_name(FUNC_RE_ERASURE), "Re-erasure");
    assert_string_equal(functionality_name(FUNC_SCRUB), "Scrub");
    assert_string_equal(functionality_name(FUNC_RESTRICT), "Restrict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_story_names_nobody),
                                       cmocka_unit_test(requested_commits_to_chain_and_note),
                                       cmocka_unit_test(a_note_without_an_opening_is_left_out),
                                       cmocka_unit_test(intent_has_the_root_of_its_chains),
                                       cmocka_unit_test(only_verified_says_purged),
                                       cmocka_unit_test(two_entries_of_a_chain_cannot_be_linked),
                                       cmocka_unit_test(nothing_to_change_needs_no_intent),
                                       cmocka_unit_test(a_very_long_chain_has_a_root_of_its_ids),
                                       cmocka_unit_test(lost_in_flight_commits_to_both),
                                       cmocka_unit_test(risen_decided_refused),
                                       cmocka_unit_test(every_functionality_has_its_name)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}

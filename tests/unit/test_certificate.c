/* test_certificate.c - a certificate says erased only when the log and the registry both do, and proves it. */
#include "engine/certificate_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/commit.h"
#include "audit/entry.h"
#include "audit/proof.h"
#include "base/json.h"
#include "engine/logbook.h"
#include "tests/lib/story.h"

static struct certificate of(struct world *w, const struct row_key *chain, bool disclose)
{
    struct certificate c;
    struct certificate_options o = {.disclose = disclose};
    WORLD_OK(w, certificate_of_chain(w->e, chain, &o, &w->a, &c, &w->err));
    return c;
}

static void an_erased_contact_is_proved(void **state)
{
    struct world *w = *state;
    struct note_vkey vkey;
    struct proof_opened opened;
    struct story s = world_story(w, "cert-1", STATUS_PURGED);
    struct certificate c = of(w, &s.chain.key, false);
    assert_true(c.erased);
    assert_true(c.proven);
    assert_int_equal(c.status, STATUS_PURGED);
    assert_true(str_eq(c.statement, s.verified.body));
    assert_true(str_is(c.verdict, "PURGED"));
    assert_true(str_is(c.reason, "OPERATOR"));
    assert_int_equal(c.at_ms, WORLD_NOW_MS);
    assert_int_equal(c.purged_ms, WORLD_NOW_MS);
    assert_null(c.openings.p);
    struct hash leaf = merkle_leaf(c.statement);
    WORLD_OK(w, note_vkey_parse(c.vkey, &vkey, &w->err));
    WORLD_OK(w, proof_verify(c.proof, &leaf, c.origin, &vkey, 1, &opened, &w->err));
    assert_int_equal(opened.proof.index, c.index);
}

static void a_contact_that_is_kept_is_not_called_erased(void **state)
{
    struct world *w = *state;
    struct chain chain = world_chain(w, true, "cert-2", NULL);
    struct certificate c = of(w, &chain.key, true);
    assert_false(c.erased);
    assert_false(c.proven);
    assert_null(c.statement.p);
    assert_null(c.openings.p);
    assert_true(str_starts(c.headline, STR("Not erased")));
    assert_true(str_contains(c.why, "no VERIFIED entry"));
}

static void verified_as_retained_is_not_erased(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "cert-3", STATUS_RETAINED);
    struct certificate c = of(w, &s.chain.key, false);
    assert_true(c.proven);
    assert_false(c.erased);
    assert_true(str_is(c.verdict, "RETAINED"));
    assert_true(str_starts(c.headline, STR("Not erased")));
}

/* The log once said PURGED, but its row is active again. */
static void what_came_back_is_not_erased(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "cert-4", STATUS_PURGED);
    struct chain back = world_chain(w, false, "cert-4", NULL), now;
    struct row row;
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_chains(w->e->registry, &s.chain.key, 1, &w->a, &now, &w->err));
    back.version = now.version;
    back.state = CHAIN_ERASING;
    back.risen_ms = WORLD_NOW_MS;
    back.mandate.reason = REASON_RISEN;
    WORLD_OK(w, registry_chain_row(&back, &w->a, &row, &w->err));
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    struct certificate c = of(w, &s.chain.key, false);
    assert_true(c.proven);
    assert_true(str_is(c.verdict, "PURGED"));
    assert_false(c.erased);
    assert_true(str_contains(c.why, "do not rely on it"));
}

static void what_is_disclosed_opens_this_entry_alone(void **state)
{
    struct world *w = *state;
    struct entry_view v;
    const struct json *j;
    struct story s = world_story(w, "cert-5", STATUS_PURGED);
    struct certificate c = of(w, &s.chain.key, true);
    assert_false(str_contains(c.openings, "secret"));
    WORLD_OK(w, json_parse(c.openings, &w->a, &j, &w->err));
    assert_int_equal(j->count, 2);
    WORLD_OK(w, entry_check(c.statement, &v, &w->err));
    for (const struct json *k = j->first; k; k = k->next) {
        struct hash key;
        size_t n = sizeof key.b;
        struct str field = json_string(json_get(k, "field")), value = json_string(json_get(k, "value"));
        assert_true(hex_decode(json_string(json_get(k, "key")), key.b, &n));
        assert_true(str_is(value, "connect-eu/cert-5"));
        struct hash h = commit_with_key(&key, field, value);
        CLEANUP(buf_release) struct buf hex;
        buf_init(&hex, 65);
        buf_hex(&hex, h.b, sizeof h.b);
        assert_true(str_contains(c.statement, hex.p));
        assert_false(str_contains(s.outcome.body, hex.p));
    }
}

static void a_destroyed_opening_discloses_nothing(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "cert-6", STATUS_PURGED);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct row row = {.table = TABLE_OPENING,
                      .op = ROW_REMOVE,
                      .version = VERSION_ANY,
                      .key = {(const char *)s.chain.key.b, sizeof s.chain.key.b}};
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    struct certificate c = of(w, &s.chain.key, true);
    assert_true(c.erased);
    assert_null(c.openings.p);
}

/* After its period nothing joins the contact to its entry: said so, and not that there is none. */
static void a_forgotten_entry_is_said_to_be_forgotten(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "cert-7", STATUS_PURGED);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    story_destroy_opening(w, &s.opening);
    struct certificate c = of(w, &s.chain.key, true);
    assert_false(c.erased);
    assert_false(c.proven);
    assert_int_equal(c.status, STATUS_PURGED);
    assert_true(str_contains(c.headline, "can no longer be shown"));
    assert_true(str_contains(c.why, "opening"));
    struct logbook_head head;
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    assert_true(str_contains(c.why, arena_fmt(&w->a, "among the %llu of the log", (unsigned long long)head.size).p));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(an_erased_contact_is_proved),
                                       WORLD_TEST(a_contact_that_is_kept_is_not_called_erased),
                                       WORLD_TEST(verified_as_retained_is_not_erased),
                                       WORLD_TEST(what_came_back_is_not_erased),
                                       WORLD_TEST(what_is_disclosed_opens_this_entry_alone),
                                       WORLD_TEST(a_destroyed_opening_discloses_nothing),
                                       WORLD_TEST(a_forgotten_entry_is_said_to_be_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

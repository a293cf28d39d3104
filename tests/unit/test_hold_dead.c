/* test_hold_dead.c - a worker died behind its intent; the stores say what it had done. */
#include "engine/hold_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static void begin(void *ctx, struct chain *fresh, struct arena *a)
{
    (void)a;
    fresh->state = CHAIN_ERASING;
    memcpy(fresh->open_intent.b, ctx, ROW_KEY_BYTES);
}

static struct entry intent_of(struct world *w, const struct chain *c)
{
    struct opening opening;
    struct entry entry;
    struct str stores[] = {STR("artefacts")};
    struct intent_facts facts = {.functionality = FUNC_RETENTION_PURGE, .reason = REASON_RETENTION_EXPIRY, .run = STR("r"),
                                 .effects = EFFECT_ERASE, .stores = stores, .stores_n = 1};
    WORLD_OK(w, opening_of_chain(w->e, c, &w->a, &opening, &w->err));
    WORLD_OK(w, journal_intent(w->e, &facts, &opening, 1, WORLD_NOW_MS, &w->a, &entry, &w->err));
    return entry;
}

/* One artefact at `locator`, announced, its row as untouched; the worker is dead. */
static struct chain left_behind(struct world *w, const char *store, const char *locator)
{
    struct chain c = centre_chain(w, "c-1");
    struct artefact f = {.store = str_of(store), .kind = KIND_RECORDING, .locator = str_of(locator), .contact = c.key,
                         .effect = EFFECT_ERASE, .sent_ms = TIME_NONE, .at_ms = TIME_NONE, .verified_ms = TIME_NONE,
                         .not_before_ms = TIME_NONE, .first_try_ms = TIME_NONE};
    struct row_key worker;
    struct claim claim;
    struct receipt receipt;
    enum status result;
    struct row *rows = NULL;
    size_t n = 0;
    struct entry intent = intent_of(w, &c);
    WORLD_OK(w, registry_worker_start(w->e->registry, &worker, WORLD_NOW_MS, 60000, STR("test"), &w->err));
    WORLD_OK(w, registry_claim(w->e->registry, &worker, &c, 1, WORLD_NOW_MS, &w->a, &claim, &result, &w->err));
    WORLD_OK(w, registry_work_rows(&c.key, &f, 1, 0, &w->a, &rows, &n, &w->err));
    struct settlement s = {.claim = claim, .change = begin, .ctx = intent.id, .rows = rows, .rows_n = n};
    WORLD_OK(w, registry_settle(w->e->registry, &s, 1, WORLD_NOW_MS, &w->a, &w->err));
    WORLD_OK(w, registry_intend(w->e->registry, &c.key, 1, EFFECT_ERASE, &intent, &w->a, &receipt, &w->err));
    WORLD_OK(w, registry_worker_stop(w->e->registry, &worker, &w->err));
    return centre_chain(w, "c-1");
}

static int64_t sent_of(struct world *w, const struct chain *c)
{
    struct artefact *work;
    size_t n;
    uint64_t parts;
    WORLD_OK(w, registry_work_get(w->e->registry, &c->key, &w->a, &work, &n, &parts, &w->err));
    assert_int_equal(n, 1);
    return work[0].sent_ms;
}

static void lay_out(struct world *w)
{
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
}

static void what_is_not_there_counts_as_sent(void **state)
{
    struct world *w = *state;
    bool done;
    lay_out(w);
    struct chain c = left_behind(w, "artefacts", "nowhere");
    WORLD_OK(w, hold_bury(w->e, &c, &w->a, &done, &w->err));
    assert_true(done);
    c = centre_chain(w, "c-1");
    assert_false(chain_claimed(&c));
    assert_int_equal(c.state, CHAIN_ERASING);
    assert_true(c.submitted_any && row_key_is_none(&c.open_intent));
    assert_int_equal(sent_of(w, &c), WORLD_NOW_MS);
    assert_int_equal(centre_count(w, "OUTCOME"), 1);
}

static void a_store_no_longer_configured_cannot_say(void **state)
{
    struct world *w = *state;
    bool done;
    lay_out(w);
    struct chain c = left_behind(w, "former", "x");
    WORLD_OK(w, hold_bury(w->e, &c, &w->a, &done, &w->err));
    assert_true(done);
    assert_int_equal(sent_of(w, &c), WORLD_NOW_MS);
}

/* `hold apply` opens none: the next purge says. */
static void without_stores_it_waits(void **state)
{
    struct world *w = *state;
    bool done;
    lay_out(w);
    struct chain c = left_behind(w, "artefacts", "nowhere");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    WORLD_OK(w, hold_bury(w->e, &c, &w->a, &done, &w->err));
    assert_false(done);
    c = centre_chain(w, "c-1");
    assert_true(chain_claimed(&c));
    assert_int_equal(centre_count(w, "OUTCOME"), 0);
}

static void somebody_elses_write_comes_first(void **state)
{
    struct world *w = *state;
    bool done;
    lay_out(w);
    struct chain c = left_behind(w, "artefacts", "nowhere");
    c.version--;
    WORLD_OK(w, hold_bury(w->e, &c, &w->a, &done, &w->err));
    assert_false(done);
    assert_int_equal(centre_count(w, "OUTCOME"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(what_is_not_there_counts_as_sent), TEST(a_store_no_longer_configured_cannot_say),
                                       TEST(without_stores_it_waits), TEST(somebody_elses_write_comes_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

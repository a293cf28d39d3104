/* story.c - see story.h. */
#include "tests/lib/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

void story_keep_opening(struct world *w, struct opening *o)
{
    struct row row;
    bool needed = false;
    WORLD_OK(w, opening_row(w->e, o, engine_now(w->e), &w->a, &row, &needed, &w->err));
    if (!needed)
        return;
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    o->version++;
    o->changed = false;
}

void story_destroy_opening(struct world *w, const struct opening *o)
{
    struct row row = {.table = TABLE_OPENING,
                      .op = ROW_REMOVE,
                      .key = {(const char *)o->owner.b, sizeof o->owner.b},
                      .version = VERSION_ANY};
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    uint64_t blanked = 0;
    WORLD_OK(w, backend_forget(&w->e->registry->backend, &o->owner, &blanked, &w->err));
}

static void become_tombstone(struct world *w, struct chain *c)
{
    struct row row;
    struct group g = {.rows = &row, .rows_n = 1};
    c->state = CHAIN_ERASED;
    c->purged_ms = c->verified_ms = engine_now(w->e);
    c->next_ms = engine_now(w->e) + DAY_MS;
    c->queue = QUEUE_VERIFY;
    chain_blank(c);
    WORLD_OK(w, registry_chain_row(c, &w->a, &row, &w->err));
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
}

struct story world_story(struct world *w, const char *id, enum contact_status verdict)
{
    struct story s = {.chain = world_chain(w, true, id, NULL)};
    struct engine *e = w->e;
    struct arena *a = &w->a;
    int64_t now = engine_now(e);
    struct receipt receipt;
    struct str stores[] = {STR("warehouse"), STR("recordings")};
    struct residual residuals[] = {{STR("backup"), now + 30 * DAY_MS}};
    struct store_tally tallies[] = {{.store = STR("warehouse")}, {.store = STR("recordings")}};
    tallies[0].outcome[OUT_GONE] = 3;
    tallies[1].outcome[OUT_ABSENT] = 1;
    struct intent_facts intent = {.functionality = FUNC_DELETE_CONTACT,
                                  .reason = REASON_OPERATOR,
                                  .run = STR("run-1"),
                                  .effects = EFFECT_ERASE | EFFECT_BLANK,
                                  .stores = stores,
                                  .stores_n = 2};
    WORLD_OK(w, registry_source_add(e->registry, STR("connect-eu"), &w->err));
    WORLD_OK(w, opening_of_chain(e, &s.chain, a, &s.opening, &w->err));
    story_keep_opening(w, &s.opening);
    WORLD_OK(w, journal_requested(e, FUNC_DELETE_CONTACT, REASON_OPERATOR, 1, STR_NONE, &s.opening,
                                  STR("asked by Ms Miller"), now, a, &s.requested, &w->err));
    world_commit(w, &s.requested);
    WORLD_OK(w, journal_intent(e, &intent, &s.opening, 1, now, a, &s.intent, &w->err));
    WORLD_OK(w, registry_intend(e->registry, &s.chain.key, 1, intent.effects, &s.intent, a, &receipt, &w->err));
    struct outcome_facts f = {.functionality = FUNC_DELETE_CONTACT,
                              .reason = REASON_OPERATOR,
                              .intent = receipt.intent,
                              .run = STR("run-1"),
                              .stores = tallies,
                              .stores_n = 2,
                              .verdict = verdict,
                              .residuals = residuals,
                              .residuals_n = 1,
                              .keep_until_ms = TIME_NONE};
    WORLD_OK(w, journal_outcome(e, &f, &s.opening, now, a, &s.outcome, &w->err));
    world_commit(w, &s.outcome);
    f.verified = true;
    WORLD_OK(w, journal_outcome(e, &f, &s.opening, now, a, &s.verified, &w->err));
    world_commit(w, &s.verified);
    if (verdict == STATUS_PURGED)
        become_tombstone(w, &s.chain);
    return s;
}

void story_fill(struct world *w, size_t n)
{
    enum { PER_GROUP = 50 };
    struct hash digest = {{1}};
    struct entry *entries = ARENA_ARRAY(&w->a, struct entry, n + 1);
    struct group *groups = ARENA_ARRAY(&w->a, struct group, n / PER_GROUP + 1);
    size_t groups_n = 0;
    assert_non_null(entries);
    assert_non_null(groups);
    for (size_t i = 0; i < n; i++) {
        WORLD_OK(w, journal_registered(w->e, i, &digest, engine_now(w->e), &w->a, &entries[i], &w->err));
        if (i % PER_GROUP == 0)
            groups[groups_n++] = (struct group){.entries = &entries[i]};
        groups[groups_n - 1].entries_n++;
    }
    if (n)
        WORLD_OK(w, registry_commit(w->e->registry, groups, groups_n, &w->err));
    for (size_t i = 0; i < groups_n; i++)
        assert_int_equal(groups[i].result, OK);
}

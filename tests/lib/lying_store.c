/* lying_store.c - a driver that misbehaves on purpose. */
#include "tests/lib/lying_store.h"

static const struct option options[] = {{.name = NULL}};

static enum status lying_configure(struct store *store, struct problems *p, struct err *err)
{
    (void)store;
    (void)p;
    (void)err;
    return OK;
}

static enum status lying_open(struct store *store, struct err *err)
{
    (void)store;
    (void)err;
    return OK;
}

static void lying_close(struct store *store)
{
    store->own = NULL;
}

static enum status lying_check(struct store *store, struct store_call *call, struct store_check *out, struct err *err)
{
    (void)store;
    return store_finding(call, out, false, err, "permission %s is missing", "store:Delete");
}

static size_t number_of(struct str locator)
{
    int64_t n = 0;
    ASSERT(str_to_i64(locator, &n) && n >= 0 && n < LYING_ARTEFACTS_MAX);
    return (size_t)n;
}

static enum status lying_find(struct store *store, struct store_call *call, const struct store_target *targets,
                              size_t n, const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    const struct lying_world *w = store->own;
    for (size_t i = 0; i < n; i++) {
        struct artefact found = {.kind = w->lie == LIE_FOREIGN_KIND ? KIND_PROFILE : KIND_RECORDING, .count = 1};
        found.locator = w->lie == LIE_NO_LOCATOR ? STR("") : arena_str(call->a, targets[i].id);
        struct locator lead = {KIND_TRANSCRIPT, STR("elsewhere"), targets[i].id};
        if (w->there[number_of(targets[i].id)]) {
            TRY(sink->add(sink->ctx, i, &found, err));
            TRY(sink->lead(sink->ctx, i, &lead, err));
        }
        seen[i].sight = SIGHT_WHOLE;
    }
    return w->lie == LIE_SEES_WHOLE_AND_FAILS ? FAIL(err, E_RETRY, "it went away") : OK;
}

static enum status lying_change(struct store *store, struct store_call *call, enum effect effect,
                                struct artefact **artefacts, size_t n, struct err *err)
{
    struct lying_world *w = store->own;
    w->calls++;
    if (w->lie == LIE_FAILS_LATER && w->calls == 2)
        return FAIL(err, E_RETRY, "the store went away");
    for (size_t i = 0; i < n; i++) {
        w->changes++;
        if (w->lie == LIE_FORGETS && i % 2 == 1)
            continue;
        if (!gate_open(call->gate)) {
            store_answer(artefacts[i], OUT_HELD, NULL);
            continue;
        }
        if (w->lie == LIE_NONE && effect == EFFECT_ERASE)
            w->there[number_of(artefacts[i]->locator)] = false;
        store_answer(artefacts[i], OUT_GONE, NULL);
    }
    return OK;
}

static enum status lying_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                                struct err *err)
{
    const struct lying_world *w = store->own;
    (void)call;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        bool there = w->there[number_of(artefacts[i]->locator)];
        store_answer(artefacts[i],
                     w->lie == LIE_WRONG_ANSWER ? OUT_PSEUDONYMISED
                     : there                    ? OUT_PRESENT
                                                : OUT_ABSENT,
                     NULL);
    }
    return OK;
}

const struct store_driver lying_driver = {.name = "lying",
                                          .help = "for tests",
                                          .options = options,
                                          .find_batch_max = 4,
                                          .change_batch_max = 4,
                                          .verify_batch_max = 4,
                                          .retry_horizon_ms = DAY_MS,
                                          .configure = lying_configure,
                                          .open = lying_open,
                                          .close = lying_close,
                                          .check = lying_check,
                                          .find = lying_find,
                                          .change = lying_change,
                                          .verify = lying_verify};

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

static bool lying_owns(const struct store *store, const struct locator *locator)
{
    (void)store;
    return str_is(locator->place, "lying");
}

/* The third target's artefact is the odd one. */
static struct artefact odd_artefact(const struct lying_world *w, size_t number, struct str id, struct arena *a)
{
    struct artefact found = {.kind = KIND_RECORDING, .count = 1, .locator = arena_str(a, id)};
    if (number != 2)
        return found;
    if (w->lie == LIE_FOREIGN_KIND)
        found.kind = KIND_PROFILE;
    if (w->lie == LIE_NO_LOCATOR)
        found.locator = STR("");
    if (w->lie == LIE_LONG_LOCATOR)
        found.locator = arena_fmt(a, "%0*d", LOCATOR_BYTES_MAX + 1, 0);
    if (w->lie == LIE_LONG_TICKET)
        found.ticket = arena_fmt(a, "%0*d", TICKET_BYTES_MAX + 1, 0);
    return found;
}

static enum status lying_find(struct store *store, struct store_call *call, const struct store_target *targets,
                              size_t n, const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    struct lying_world *w = store->own;
    w->control_seen = call->control_seen;
    w->finds++;
    w->asked += n;
    if (w->finds > 1 && w->lie == LIE_TOO_LATE)
        call->deadline_ms = call->now_ms;
    for (size_t i = 0; i < n; i++) {
        size_t number = number_of(targets[i].id), at = w->lie == LIE_FOREIGN_TARGET ? n : i;
        struct artefact found = odd_artefact(w, number, targets[i].id, call->a);
        struct locator lead = {KIND_TRANSCRIPT, STR("elsewhere"), targets[i].id};
        if (w->there[number]) {
            TRY(sink->add(sink->ctx, at, &found, err));
            TRY(sink->lead(sink->ctx, at, &lead, err));
        }
        seen[i].sight = SIGHT_WHOLE;
        if (w->seen.sight != SIGHT_UNKNOWN)
            seen[i] = w->seen;
    }
    bool fails = w->lie == LIE_SEES_WHOLE_AND_FAILS || (w->finds > 1 && w->lie == LIE_FAILS_AFTER_FINDING) ||
                 (w->finds > 1 && w->lie == LIE_TOO_LATE);
    return fails ? FAIL(err, E_RETRY, "it went away") : OK;
}

static void answer_one(struct lying_world *w, const struct store_call *call, enum effect effect, struct artefact *f)
{
    if (effect >= EFFECT_LOCK) {
        f->outcome = OUT_GONE; /* none of its business */
        store_mirror(f, w->mirror);
    } else if (!gate_open(call->gate)) {
        store_answer(f, OUT_HELD, NULL);
    } else if (w->answer != OUT_UNKNOWN) {
        store_answer(f, w->answer, NULL);
    } else {
        if (w->lie == LIE_NONE && effect == EFFECT_ERASE)
            w->there[number_of(f->locator)] = false;
        store_answer(f, OUT_GONE, NULL);
    }
    if (w->lie == LIE_LONG_TICKET)
        f->ticket = arena_fmt(call->a, "%0*d", TICKET_BYTES_MAX + 1, 0);
}

static enum status lying_change(struct store *store, struct store_call *call, enum effect effect,
                                struct artefact **artefacts, size_t n, struct err *err)
{
    struct lying_world *w = store->own;
    w->calls++;
    w->keep_until_ms = call->keep_until_ms;
    w->control_seen = call->control_seen;
    if (w->lie == LIE_FAILS_LATER && w->calls == 2)
        return FAIL(err, E_RETRY, "the store went away");
    for (size_t i = 0; i < n; i++) {
        w->changes++;
        if (w->lie == LIE_FORGETS && i % 2 == 1)
            continue;
        answer_one(w, call, effect, artefacts[i]);
    }
    return OK;
}

static enum status lying_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                                struct err *err)
{
    struct lying_world *w = store->own;
    (void)err;
    w->control_seen = call->control_seen;
    call->control_seen = call->control_seen || w->shows_control;
    for (size_t i = 0; i < n; i++) {
        bool there = w->there[number_of(artefacts[i]->locator)];
        store_answer(artefacts[i],
                     w->answer != OUT_UNKNOWN       ? w->answer
                     : w->lie == LIE_WRONG_ANSWER ? OUT_PSEUDONYMISED
                     : there                      ? OUT_PRESENT
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
                                          .owns = lying_owns,
                                          .find = lying_find,
                                          .change = lying_change,
                                          .verify = lying_verify};

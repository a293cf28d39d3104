/*
 * turns.c - one step of a visit at every store that takes part, the stores side by side.
 *
 * A turn has its own call and its own memory, and writes to nothing else but the artefacts it was given, which are those of
 * its store. The registry, the jobs and the engine belong to the visit's thread, which concludes when all turns have ended.
 */
#include "engine/job.h"

#include "base/crew.h"

enum status turns_begin(struct run *r, struct err *err)
{
    r->turns = ARENA_ARRAY(r->a, struct store_turn, r->engine->stores_n + 1);
    if (!r->turns)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < r->engine->stores_n; i++)
        arena_init(&r->turns[i].arena, r->a->cap);
    return OK;
}

void turns_end(struct run *r)
{
    for (size_t i = 0; r->turns && i < r->engine->stores_n; i++)
        arena_release(&r->turns[i].arena);
}

struct store_turn *turn_at(struct run *r, size_t store)
{
    struct store_turn *turn = &r->turns[store];
    int64_t now = engine_now(r->engine);
    turn->store = r->engine->stores[store];
    turn->call = (struct store_call){.now_ms = now, .deadline_ms = now + CALL_MAX_MS, .keep_until_ms = TIME_NONE, .a = &turn->arena};
    turn->batch = NULL;
    turn->batch_n = 0;
    turn->takes_part = false;
    turn->status = OK;
    turn->why = (struct err){.code = OK};
    return turn;
}

struct round {
    struct store_turn **turns;
    enum status (*work)(struct store_turn *turn, struct err *why);
};

static void take_turn(void *ctx, size_t member)
{
    const struct round *round = ctx;
    struct store_turn *turn = round->turns[member];
    turn->status = round->work(turn, &turn->why);
}

enum status turns_take(struct run *r, enum status (*work)(struct store_turn *turn, struct err *why), struct err *err)
{
    struct round round = {ARENA_ARRAY(r->a, struct store_turn *, r->engine->stores_n + 1), work};
    size_t n = 0;
    if (!round.turns)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < r->engine->stores_n; i++)
        if (r->turns[i].takes_part)
            round.turns[n++] = &r->turns[i];
    if (r->engine->stores_in_turn)
        for (size_t i = 0; i < n; i++)
            take_turn(&round, i);
    else
        crew_run(n, take_turn, &round);
    for (size_t i = 0; i < r->engine->stores_n; i++) {
        const struct store_turn *turn = &r->turns[i];
        struct visit_stats *stats = r->visit->stats ? &r->visit->stats[i] : NULL;
        if (!turn->takes_part)
            continue;
        r->away[i] |= turn->status != OK; /* one store's failure does not stop the others (rule 2.18) */
        if (stats) {
            stats->calls += turn->call.calls;
            stats->errors += turn->status != OK;
        }
    }
    return OK;
}

/* --leg-only: the named leg becomes a chain of its own before anything is decided (product.md section 1, chain). */
#include "engine/orders.h"

/* The legs that move leave `from` for the chain `to`; holds by id go with their leg. */
static enum status split(const struct chain *from, const struct row_key *leg, struct chain *stays, struct chain *moves, struct arena *a, struct err *err)
{
    bool first = row_key_eq(&from->key, leg); /* the chain's own key: then the others move */
    *stays = *moves = *from;
    stays->legs = ARENA_ARRAY(a, struct leg, from->legs_n);
    moves->legs = ARENA_ARRAY(a, struct leg, from->legs_n);
    stays->holds = ARENA_ARRAY(a, struct chain_hold, from->holds_n + 1);
    moves->holds = ARENA_ARRAY(a, struct chain_hold, from->holds_n + 1);
    if (!stays->legs || !moves->legs || !stays->holds || !moves->holds)
        return ARENA_FULL(err, a);
    stays->legs_n = moves->legs_n = stays->holds_n = moves->holds_n = 0;
    for (size_t i = 0; i < from->legs_n; i++) {
        bool goes = row_key_eq(&from->legs[i].key, leg) != first;
        if (goes)
            moves->legs[moves->legs_n++] = from->legs[i];
        else
            stays->legs[stays->legs_n++] = from->legs[i];
    }
    for (size_t i = 0; i < from->holds_n; i++) {
        bool goes = row_key_eq(&from->holds[i].leg, leg) != first;
        if (goes)
            moves->holds[moves->holds_n++] = from->holds[i];
        else
            stays->holds[stays->holds_n++] = from->holds[i];
    }
    moves->version = 0;
    moves->key = moves->legs[0].key;
    moves->past_holds_n = 0;
    return OK;
}

/* Where each moved leg is found from now on; a row that stands at its own key already cannot be announced there. */
static enum status leg_rows(struct engine *e, const struct chain *c, struct arena *a, struct row *rows, size_t *n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, c->legs_n);
    struct chain *own = ARENA_ARRAY(a, struct chain, c->legs_n);
    if (!keys || !own)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < c->legs_n; i++)
        keys[i] = c->legs[i].key;
    TRY(registry_chains(e->registry, keys, c->legs_n, a, own, err));
    for (size_t i = 0; i < c->legs_n; i++) {
        size_t some;
        TRY(registry_leg_rows(&keys[i], &c->key, a, &rows[*n], &some, err));
        *n += own[i].version ? 1 : some;
    }
    return OK;
}

static enum status commit_split(struct engine *e, struct chain *stays, struct chain *moves, struct arena *a, struct err *err)
{
    struct row *rows = ARENA_ARRAY(a, struct row, 2 + moves->legs_n * 2);
    size_t n = 0;
    if (!rows)
        return ARENA_FULL(err, a);
    chain_place(stays, e->holds, e->holds_n, &e->policy, engine_now(e));
    chain_place(moves, e->holds, e->holds_n, &e->policy, engine_now(e));
    TRY(registry_chain_row(stays, a, &rows[n++], err));
    TRY(registry_chain_row(moves, a, &rows[n++], err));
    TRY(leg_rows(e, moves, a, rows, &n, err));
    struct group g = {.rows = rows, .rows_n = n};
    TRY(registry_commit(e->registry, &g, 1, err));
    if (g.result == E_LIMIT)
        return FAIL(err, E_LIMIT, "this chain has too many legs to take one out (%zu)", moves->legs_n);
    return g.result == OK ? OK : FAIL(err, g.result, "the chain changed meanwhile: try again");
}

/* Subjects of moved legs are found under their new chain. */
static enum status index_subjects(struct engine *e, const struct chain *c, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < c->legs_n; i++)
        for (size_t k = 0; k < c->legs[i].subjects_n; k++) {
            char key[2 * ROW_KEY_BYTES];
            memcpy(key, c->legs[i].subjects[k].b, ROW_KEY_BYTES);
            memcpy(key + ROW_KEY_BYTES, c->key.b, ROW_KEY_BYTES);
            struct row row = {.table = TABLE_SUBJECT, .op = ROW_PUT, .version = VERSION_ANY, .key = arena_str(a, (struct str){key, sizeof key}), .body = STR("")};
            struct group g = {.rows = &row, .rows_n = 1};
            TRY(registry_commit(e->registry, &g, 1, err));
        }
    return OK;
}

static enum status split_one(struct engine *e, struct order_id *id, const struct order_options *options, struct arena *a, struct err *err)
{
    struct found_contact *found;
    struct chain from, stays, moves;
    size_t n;
    TRY(engine_resolve(e, id->given, options->source, a, &found, &n, err));
    if (n != 1)
        return OK;
    TRY(registry_chains(e->registry, &found[0].chain, 1, a, &from, err));
    if (from.legs_n < 2 || from.state != CHAIN_ACTIVE || chain_claimed(&from))
        return OK; /* alone already, or too late to be taken out */
    TRY(split(&from, &found[0].contact, &stays, &moves, a, err));
    TRY(index_subjects(e, &moves, a, err)); /* first: an index row too many says nothing, one too few would hide it */
    return commit_split(e, &stays, &moves, a, err);
}

enum status order_split_legs(struct engine *e, struct order *o, const struct order_options *options, struct arena *a, struct err *err)
{
    (void)a;
    for (size_t i = 0; i < o->ids_n; i++) {
        struct arena one;
        arena_init(&one, 32 << 20);
        enum status s = split_one(e, &o->ids[i], options, &one, err);
        arena_release(&one);
        TRY(s);
    }
    return OK;
}

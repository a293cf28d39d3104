/* The conformance suite's part with several connections at once: what only a real database can get wrong. */
#include "tests/lib/conform_parts.h"

#include <pthread.h>

enum { ROUNDS = 20 };

struct racer { const struct conform *c; unsigned char id; bool good; };

/* Counts in a row's body by compare and swap; an entry tells each addition from a repetition of it. */
static void *race(void *arg)
{
    struct racer *racer = arg;
    struct world w;
    world_open(&w, racer->c, false);
    racer->good = true;
    for (unsigned char i = 0; i < ROUNDS; i++) {
        struct group g = {.result = E_CONFLICT};
        for (int tries = 0; tries < 5000 && g.result != OK && racer->good; tries++) {
            struct str key = STR("count");
            struct row now;
            if (backend_get(&w.r.backend, TABLE_RUN, &key, 1, &w.a, &now, NULL) != OK)
                racer->good = false;
            unsigned char body = now.version > 0 ? (unsigned char)(now.body.p[0] + 1) : 1;
            struct row next = put(TABLE_RUN, key, now.version, (struct str){(const char *)&body, 1});
            struct entry e = entry_of(i, STR("RUN"), 0, STR("racer"));
            e.id[15] = racer->id;
            g = (struct group){.rows = &next, .rows_n = 1, .entries = &e, .entries_n = 1};
            racer->good &= registry_commit(&w.r, &g, 1, NULL) == OK;
        }
        racer->good &= g.result == OK;
    }
    world_close(&w);
    return NULL;
}

void conform_race(void **state)
{
    struct world *w = *state;
    struct racer racers[THREADS];
    pthread_t threads[THREADS];
    uint64_t size;
    for (size_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.c = w->c, .id = (unsigned char)(i + 1)};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(racers[i].good);
    }
    struct row row = get(w, TABLE_RUN, STR("count"));
    assert_int_equal(row.body.p[0], THREADS * ROUNDS);
    assert_int_equal(row.version, THREADS * ROUNDS);
    assert_int_equal(backend_number(&w->r.backend, &size, NULL), OK);
    assert_int_equal(size, THREADS * ROUNDS);
}

enum { PAIRS = 40 };
struct rival { const struct conform *c; enum table makes, absent; bool good, ok[PAIRS]; };

/* Makes a row on condition that the other's is not there. */
static void *rival(void *arg)
{
    struct rival *x = arg;
    struct world w;
    world_open(&w, x->c, false);
    x->good = true;
    for (size_t i = 0; i < PAIRS; i++) {
        struct str key = arena_fmt(&w.a, "contact %zu", i);
        struct row rows[] = {put(x->makes, key, 0, STR("x")), rid(x->absent, key, 0)};
        struct group g = {.rows = rows, .rows_n = 2};
        x->good &= registry_commit(&w.r, &g, 1, NULL) == OK && (g.result == OK || g.result == E_CONFLICT);
        x->ok[i] = g.result == OK;
    }
    world_close(&w);
    return NULL;
}

/* An announced hold and a document that makes the contact a leg of another chain: at most one of the two is written. */
void conform_each_demands_the_other_absent(void **state)
{
    struct world *w = *state;
    struct rival rivals[] = {{.c = w->c, .makes = TABLE_LEG, .absent = TABLE_CHAIN},
                             {.c = w->c, .makes = TABLE_CHAIN, .absent = TABLE_LEG}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, rival, &rivals[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(rivals[0].good && rivals[1].good);
    for (size_t i = 0; i < PAIRS; i++) {
        struct str key = arena_fmt(&w->a, "contact %zu", i);
        bool leg = get(w, TABLE_LEG, key).version > 0, chain = get(w, TABLE_CHAIN, key).version > 0;
        assert_false(leg && chain);
        assert_int_equal(leg, rivals[0].ok[i]);
        assert_int_equal(chain, rivals[1].ok[i]);
        assert_true(leg || chain || w->c->weak);
    }
}

struct pair_writer { const struct conform *c; bool good; int done; };

/* Hold and epoch, in two tables, always written together. */
static void *write_pairs(void *arg)
{
    struct pair_writer *x = arg;
    struct world w;
    world_open(&w, x->c, false);
    x->good = true;
    for (unsigned char i = 0; i < PAIRS; i++) {
        struct entry e = entry_of(i, STR("HOLD"), 0, STR("a"));
        struct group g = {.result = E_CONFLICT};
        for (int tries = 0; tries < TRIES && g.result == E_CONFLICT; tries++) {
            struct row rows[] = {put(TABLE_HOLD, STR("pair"), i, STR("x")), put(TABLE_CHAIN, STR("pair"), i, STR("x"))};
            g = (struct group){.rows = rows, .rows_n = 2, .entries = &e, .entries_n = 1};
            x->good &= registry_commit(&w.r, &g, 1, NULL) == OK;
        }
        x->good &= g.result == OK;
    }
    world_close(&w);
    __atomic_store_n(&x->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Whoever has seen one row of a group sees the other from then on. */
void conform_groups_are_seen_whole(void **state)
{
    struct world *w = *state;
    struct pair_writer x = {.c = w->c};
    pthread_t thread;
    uint64_t last = 0;
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, &x), 0);
    for (bool turn = false; !__atomic_load_n(&x.done, __ATOMIC_ACQUIRE); turn = !turn) {
        uint64_t first = get(w, turn ? TABLE_HOLD : TABLE_CHAIN, STR("pair")).version;
        uint64_t second = get(w, turn ? TABLE_CHAIN : TABLE_HOLD, STR("pair")).version;
        assert_true(second >= first && first >= last);
        last = second;
    }
    pthread_join(thread, NULL);
    assert_true(x.good);
    assert_int_equal(get(w, TABLE_HOLD, STR("pair")).version, PAIRS);
    assert_int_equal(get(w, TABLE_CHAIN, STR("pair")).version, PAIRS);
}

#include "tests/lib/conform_parts.h"

#include <stdlib.h>

enum { WALK_STEPS_MAX = 10000 };

static void test_versions(void **state)
{
    struct world *w = *state;
    static const enum table tables[] = {TABLE_CHAIN, TABLE_META, TABLE_LEDGER, TABLE_OPENING};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        enum table t = tables[i];
        struct row make = put(t, STR("a"), 0, STR("one")), change = put(t, STR("a"), 1, STR("two")),
                   force = put(t, STR("a"), VERSION_ANY, STR("three")), stale = put(t, STR("a"), 7, STR("x")),
                   stale_rid = rid(t, STR("a"), 2), good_rid = rid(t, STR("a"), 3), gone = rid(t, STR("a"), 0);
        assert_int_equal(get(w, t, STR("a")).version, 0);
        commit_conflict(w, one(&change));
        commit_ok(w, one(&gone));
        commit_ok(w, one(&make));
        commit_conflict(w, one(&make));
        commit_conflict(w, one(&gone));
        assert_int_equal(get(w, t, STR("a")).version, 1);
        commit_ok(w, one(&change));
        commit_conflict(w, one(&stale));
        assert_true(str_is(get(w, t, STR("a")).body, "two"));
        assert_int_equal(get(w, t, STR("a")).version, 2);
        if (!w->c->weak) { /* a forced write done twice counts twice */
            commit_ok(w, one(&force));
            assert_int_equal(get(w, t, STR("a")).version, 3);
            assert_true(str_is(get(w, t, STR("a")).body, "three"));
            commit_conflict(w, one(&stale_rid));
            commit_ok(w, one(&good_rid));
            assert_int_equal(get(w, t, STR("a")).version, 0);
            assert_null(get(w, t, STR("a")).body.p);
            commit_ok(w, one(&force));
            assert_int_equal(get(w, t, STR("a")).version, 1);
        }
    }
}

/* As `registry copy` writes: the version counts on from the one stated, but nothing may be there. */
static void test_copied_rows(void **state)
{
    struct world *w = *state;
    static const enum table tables[] = {TABLE_CHAIN, TABLE_META, TABLE_LEDGER, TABLE_SUBJECT};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct row copy = {.table = tables[i], .op = ROW_COPY, .key = STR("copied"), .version = 41, .body = STR("as it was")};
        struct row change = put(tables[i], STR("copied"), 42, STR("later"));
        if (tables[i] == TABLE_META)
            copy.add = -3;
        if (tables[i] == TABLE_CHAIN) {
            copy.queue = QUEUE_DUE;
            copy.queue_category = 3;
            copy.queue_time_ms = 7;
        }
        commit_ok(w, one(&copy));
        struct row row = get(w, tables[i], STR("copied"));
        assert_int_equal(row.version, 42);
        assert_int_equal(row.add, copy.add);
        assert_int_equal(row.queue, copy.queue);
        assert_int_equal(row.queue_category, copy.queue_category);
        assert_int_equal(row.queue_time_ms, copy.queue_time_ms);
        assert_true(str_is(row.body, "as it was"));
        if (!w->c->weak)
            commit_conflict(w, one(&copy)); /* weak: its own unknown fate is found done */
        commit_ok(w, one(&change));
        assert_int_equal(get(w, tables[i], STR("copied")).version, 43);
        commit_conflict(w, one(&copy));
    }
}

static void test_all_or_nothing(void **state)
{
    struct world *w = *state;
    struct row first = put(TABLE_CHAIN, STR("k1"), 0, STR("x")), other = put(TABLE_LEG, STR("k9"), 0, STR("y"));
    struct row rows[3];
    struct entry entry = entry_of(1, STR("INTENT"), 5, STR("os:me")), lone = entry_of(2, STR("RUN"), 6, STR("os:me"));
    uint64_t size;
    commit_ok(w, one(&first));
    rows[0] = put(TABLE_CHAIN, STR("k2"), 0, STR("x"));
    rows[1] = put(TABLE_CHAIN, STR("k1"), 5, STR("x")); /* is 1 */
    rows[2] = put(TABLE_LEG, STR("k3"), 0, STR("x"));
    struct group groups[] = {{.rows = rows, .rows_n = 3, .entries = &entry, .entries_n = 1}, one(&other)};
    commit(w, groups, 2);
    assert_int_equal(groups[0].result, E_CONFLICT);
    if (!w->c->weak)
        assert_int_equal(groups[1].result, OK);
    assert_int_equal(get(w, TABLE_CHAIN, STR("k2")).version, 0);
    assert_int_equal(get(w, TABLE_LEG, STR("k3")).version, 0);
    assert_int_equal(backend_number(&w->r.backend, &size, NULL), OK);
    assert_int_equal(size, 0);
    rows[1].version = 1;
    commit_ok(w, groups[0]);
    assert_int_equal(get(w, TABLE_CHAIN, STR("k2")).version, 1);
    assert_int_equal(get(w, TABLE_CHAIN, STR("k1")).version, 2);
    /* An entry is written once, whatever stands beside it. */
    struct row late = put(TABLE_LEG, STR("k4"), 0, STR("x"));
    struct entry again[] = {lone, entry};
    commit_conflict(w, (struct group){.rows = &late, .rows_n = 1, .entries = again, .entries_n = 2});
    assert_int_equal(get(w, TABLE_LEG, STR("k4")).version, 0);
    assert_int_equal(backend_number(&w->r.backend, &size, NULL), OK);
    assert_int_equal(size, 1);
}

static void test_numbers(void **state)
{
    struct world *w = *state;
    struct row add = {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .version = VERSION_ANY, .add = 5};
    struct entry e = entry_of(1, STR("RUN"), 1, STR("a"));
    struct row many[THREADS];
    struct entry marks[THREADS];
    struct group groups[THREADS];
    assert_int_equal(get(w, TABLE_COUNTER, STR("n")).add, 0);
    for (unsigned char i = 1; i <= 3; i++) {
        e.id[0] = i; /* with an entry beside it an addition is counted once */
        commit_ok(w, (struct group){.rows = &add, .rows_n = 1, .entries = &e, .entries_n = 1});
        add.add = -7;
    }
    assert_int_equal(get(w, TABLE_COUNTER, STR("n")).add, 5 - 7 - 7);
    assert_int_equal(get(w, TABLE_COUNTER, STR("n")).version, 3);
    for (unsigned char i = 0; i < THREADS; i++) { /* one row, added to by several groups of one call */
        many[i] = (struct row){.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("m"), .version = VERSION_ANY, .add = 1 << i};
        marks[i] = entry_of((unsigned char)(10 + i), STR("RUN"), 1, STR("a"));
        groups[i] = (struct group){.rows = &many[i], .rows_n = 1, .entries = &marks[i], .entries_n = 1};
    }
    commit(w, groups, THREADS);
    int64_t sum = 0;
    for (size_t i = 0; i < THREADS; i++)
        sum += groups[i].result == OK ? many[i].add : 0;
    assert_int_equal(get(w, TABLE_COUNTER, STR("m")).add, sum);
    if (!w->c->weak)
        assert_int_equal(sum, 7);
}

static void page_of(struct world *w, enum table t, struct str prefix, struct str after, size_t max, size_t expected,
                    struct row **out)
{
    size_t n = 0;
    assert_int_equal(backend_page(&w->r.backend, t, prefix, after, max, &w->a, out, &n, NULL), OK);
    assert_int_equal(n, expected); /* consistent: what is there is seen, at once */
}

static void page(struct world *w, struct str prefix, struct str after, size_t max, size_t expected, struct row **out)
{
    page_of(w, TABLE_QUARANTINE, prefix, after, max, expected, out);
}

static void test_pages(void **state)
{
    struct world *w = *state;
    static const struct str keys[] = {{"a", 1}, {"aa", 2}, {"ab", 2}, {"b\0", 2}, {"b\xff", 2}, {"\xff\xff", 2},
                                      {"\xff\xff\x01", 3}};
    struct row *rows;
    page(w, STR(""), STR_NONE, 10, 0, &rows);
    for (size_t i = ARRAY_LEN(keys); i-- > 0;) {
        struct row row = put(TABLE_QUARANTINE, keys[i], 0, keys[i]);
        commit_ok(w, one(&row));
    }
    page(w, STR(""), STR_NONE, 10, 7, &rows);
    for (size_t i = 0; i < 7; i++) {
        assert_true(str_eq(rows[i].key, keys[i]));
        assert_true(str_eq(rows[i].body, keys[i]));
        assert_int_equal(rows[i].version, 1);
    }
    page(w, STR(""), STR_NONE, 3, 3, &rows);
    page(w, STR(""), rows[2].key, 3, 3, &rows);
    assert_true(str_eq(rows[0].key, keys[3]));
    page(w, STR("a"), STR_NONE, 10, 3, &rows);
    page(w, STR("a"), STR("a"), 10, 2, &rows);
    assert_true(str_is(rows[0].key, "aa"));
    page(w, STR("b"), STR("aa"), 10, 2, &rows); /* after lies before the prefix */
    page(w, STR("b"), STR("c"), 10, 0, &rows);  /* and behind it */
    page(w, STR("b\xff"), STR_NONE, 10, 1, &rows);
    page(w, STR("\xff\xff"), STR_NONE, 10, 2, &rows);
    page(w, STR("\xff\xff"), STR("\xff\xff\x01"), 10, 0, &rows);
    page(w, STR("c"), STR_NONE, 10, 0, &rows);
}

/* Of a table that is not small: rows that share a prefix of 16 bytes, whatever stands around them. */
static void test_pages_of_a_prefix(void **state)
{
    struct world *w = *state;
    static const char *const keys[] = {"0123456789abcdeX-1", "0123456789abcdef", "0123456789abcdef-1", "0123456789abcdef-2",
                                       "0123456789abcdeg-1"};
    struct row *rows;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct row row = put(TABLE_MEMBER, str_of(keys[i]), 0, STR(""));
        commit_ok(w, one(&row));
        page_of(w, TABLE_MEMBER, (struct str){keys[i], 16}, STR_NONE, 10, i == 0 || i == 4 ? 1 : i, &rows);
    }
    page_of(w, TABLE_MEMBER, STR("0123456789abcdef"), STR("0123456789abcdef"), 10, 2, &rows);
    assert_true(str_is(rows[0].key, "0123456789abcdef-1"));
    page_of(w, TABLE_MEMBER, STR("0123456789abcdef-2"), STR_NONE, 10, 1, &rows);
}

/* Every row that is there all the time comes, in whichever order, while others come and go. */
static void test_walk(void **state)
{
    struct world *w = *state;
    enum { N = 60, STEP = 7 };
    bool seen[N] = {false};
    struct walk walk = {.n = 0};
    char keys[N][ROW_KEY_BYTES];
    size_t n, steps = 0;
    for (size_t i = 0; i < N; i++) {
        memset(keys[i], (int)(4 * i), sizeof(keys[i]));
        struct row row = put(TABLE_CHAIN, (struct str){keys[i], sizeof(keys[i])}, 0, (struct str){keys[i], 1});
        commit_ok(w, one(&row));
    }
    struct queue_query none = {.queue = QUEUE_DUE, .category = -1, .until_ms = INT64_MAX};
    struct row *rows;
    for (int i = 0; i < 3; i++) /* what lags has caught up */
        assert_int_equal(backend_queue(&w->r.backend, &none, 1, &w->a, &rows, &n, NULL), OK);
    for (; !walk.done && steps < WALK_STEPS_MAX; steps++) {
        assert_int_equal(backend_walk(&w->r.backend, TABLE_CHAIN, &walk, STEP, &w->a, &rows, &n, NULL), OK);
        assert_true(n <= STEP);
        for (size_t i = 0; i < n; i++) {
            size_t at = (unsigned char)rows[i].key.p[0] / 4;
            assert_true(at < N && str_eq(rows[i].key, (struct str){keys[at], ROW_KEY_BYTES}));
            assert_true(rows[i].version == 1 && rows[i].body.n == 1 && rows[i].body.p[0] == keys[at][0]);
            for (size_t k = 0; k < i; k++)
                assert_false(str_eq(rows[k].key, rows[i].key));
            seen[at] = true;
        }
        if (steps == 1) { /* rows behind and before are removed: the walk goes on all the same */
            struct row first = rid(TABLE_CHAIN, (struct str){keys[0], ROW_KEY_BYTES}, 1),
                       next = rid(TABLE_CHAIN, (struct str){keys[STEP - 1], ROW_KEY_BYTES}, 1);
            commit_ok(w, one(&first));
            commit_ok(w, one(&next));
        }
    }
    assert_true(walk.done);
    for (size_t i = 0; i < N; i++)
        assert_true(seen[i] || i == 0 || i == STEP - 1);
    walk = (struct walk){.n = 0};
    for (steps = 0; !walk.done && steps < WALK_STEPS_MAX; steps++) {
        assert_int_equal(backend_walk(&w->r.backend, TABLE_OPENING, &walk, STEP, &w->a, &rows, &n, NULL), OK);
        assert_int_equal(n, 0);
    }
    assert_true(walk.done);
}

static size_t queue(struct world *w, const struct queue_query *q, size_t max, size_t expected, struct row **out)
{
    size_t n = 0;
    for (int i = 0; i < TRIES; i++) {
        assert_int_equal(backend_queue(&w->r.backend, q, max, &w->a, out, &n, NULL), OK);
        if (!w->c->weak || n == expected)
            break;
    }
    assert_int_equal(n, expected);
    return n;
}

static struct row placed(const char *key, enum chain_queue q, uint16_t category, int64_t time_ms)
{
    struct row row = put(TABLE_CHAIN, (struct str){key, 16}, 0, STR("body"));
    row.queue = q;
    row.queue_category = category;
    row.queue_time_ms = time_ms;
    return row;
}

static void test_queues(void **state)
{
    struct world *w = *state;
    struct row rows[] = {
        placed("c000000000000000", QUEUE_DUE, 2, 100),  placed("b000000000000000", QUEUE_DUE, 1, 300),
        placed("a000000000000000", QUEUE_DUE, 1, 300),  placed("d000000000000000", QUEUE_DUE, 1, 50),
        placed("e000000000000000", QUEUE_KEPT, 1, 50),  placed("f000000000000000", QUEUE_NONE, 1, 50),
        placed("g000000000000000", QUEUE_DUE, 7, TIME_NONE),
    };
    struct row *out;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        commit_ok(w, one(&rows[i]));
    struct queue_query q = {.queue = QUEUE_DUE, .category = -1, .until_ms = INT64_MAX};
    queue(w, &q, 10, 5, &out);
    static const char order[] = "dabcg";
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(out[i].key.p[0], order[i]);
        assert_int_equal(out[i].version, 1);
        assert_null(out[i].body.p);
    }
    assert_int_equal(out[4].queue_time_ms, TIME_NONE);
    assert_int_equal(out[3].queue_category, 2);
    queue(w, &q, 2, 2, &out);
    q.after = true;
    q.after_category = out[1].queue_category;
    q.after_time_ms = out[1].queue_time_ms;
    memcpy(q.after_key.b, out[1].key.p, ROW_KEY_BYTES);
    q.bodies = true;
    queue(w, &q, 10, 3, &out);
    assert_int_equal(out[0].key.p[0], 'b');
    assert_true(str_is(out[0].body, "body"));
    q = (struct queue_query){.queue = QUEUE_DUE, .category = 1, .until_ms = 300};
    queue(w, &q, 10, 3, &out);
    q.until_ms = 299;
    queue(w, &q, 10, 1, &out);
    q = (struct queue_query){.queue = QUEUE_DUE, .category = -1, .until_ms = 99};
    queue(w, &q, 10, 2, &out); /* d of 1 and g of 7, nothing of 2 */
    q = (struct queue_query){.queue = QUEUE_DUE, .category = 3, .until_ms = INT64_MAX};
    queue(w, &q, 10, 0, &out);
    rows[3].version = 1;
    rows[3].queue = QUEUE_GONE;
    commit_ok(w, one(&rows[3])); /* moves */
    q = (struct queue_query){.queue = QUEUE_GONE, .category = 1, .until_ms = 50};
    queue(w, &q, 10, 1, &out);
    assert_int_equal(out[0].version, 2);
    struct row ledger = {.table = TABLE_LEDGER, .op = ROW_PUT, .key = STR("c000000000000000"), .body = STR("sealed"),
                         .queue = QUEUE_LEDGER, .queue_time_ms = 9};
    commit_ok(w, one(&ledger));
    q = (struct queue_query){.queue = QUEUE_LEDGER, .category = -1, .until_ms = 9};
    queue(w, &q, 10, 1, &out);
}

static size_t entries(struct world *w, struct entry_query q, size_t max, struct entry **out)
{
    size_t n;
    assert_int_equal(backend_entries(&w->r.backend, &q, max, &w->a, out, &n, NULL), OK);
    return n;
}

static void test_entries(void **state)
{
    struct world *w = *state;
    static const char *const types[] = {"INTENT", "OUTCOME", "RUN"};
    struct entry *out;
    uint64_t size;
    struct row_key subject = {{9, 9}}, other = {{8}};
    for (unsigned char i = 0; i < 6; i++) {
        struct str actor = i < 3 ? STR("ann") : STR("bob");
        struct entry e = entry_of((unsigned char)(i + 1), str_of(types[i % 3]), i * 10, actor);
        e.subject = i == 2 || i == 4 ? subject : (struct row_key){{0}};
        commit_ok(w, (struct group){.entries = &e, .entries_n = 1});
    }
    assert_int_equal(backend_number(&w->r.backend, &size, NULL), OK);
    assert_int_equal(size, 6);
    const struct entry_query all = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    assert_int_equal(entries(w, all, 10, &out), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(out[i].index, i);
        assert_int_equal(out[i].id[0], i + 1);
        assert_true(str_is(out[i].body, "{\"entry\":1}"));
        assert_int_equal(out[i].at_ms, i * 10);
    }
    assert_true(row_key_eq(&out[2].subject, &subject));
    assert_true(row_key_is_none(&out[3].subject));
    struct entry_query q = all;
    q.from = 2;
    q.to = 4;
    assert_int_equal(entries(w, q, 10, &out), 2);
    assert_int_equal(out[0].index, 2);
    q = all;
    q.newest_first = true;
    assert_int_equal(entries(w, q, 2, &out), 2);
    assert_int_equal(out[0].index, 5);
    assert_int_equal(out[1].index, 4);
    q = all;
    q.type = STR("OUTCOME");
    q.actor = STR("bob");
    assert_int_equal(entries(w, q, 10, &out), 1);
    assert_int_equal(out[0].index, 4);
    q = all;
    q.from_ms = 10;
    q.to_ms = 30;
    assert_int_equal(entries(w, q, 10, &out), 2);
    q = all;
    q.subject = &subject;
    assert_int_equal(entries(w, q, 10, &out), 2);
    uint64_t blanked = 7;
    assert_int_equal(backend_forget(&w->r.backend, &other, &blanked, NULL), OK);
    assert_int_equal(blanked, 0);
    assert_int_equal(entries(w, q, 10, &out), 2);
    assert_int_equal(backend_forget(&w->r.backend, &subject, &blanked, NULL), OK);
    assert_int_equal(blanked, 2);
    assert_int_equal(backend_forget(&w->r.backend, &subject, &blanked, NULL), OK); /* again: nothing left */
    assert_int_equal(blanked, 0);
    assert_int_equal(entries(w, q, 10, &out), 0);
    assert_int_equal(entries(w, all, 10, &out), 6);
    q = all;
    static const unsigned char fourth[16] = {4, 1}, none[16] = {77};
    q.id = fourth;
    assert_int_equal(entries(w, q, 10, &out), 1);
    assert_int_equal(out[0].index, 3);
    q.id = none;
    assert_int_equal(entries(w, q, 10, &out), 0);
}

/* A filter that matches little: each call tells how far it looked, and the calls together find all. */
static void test_entries_in_steps(void **state)
{
    struct world *w = *state;
    enum { N = 30 };
    struct entry_query q = {.to = UINT64_MAX, .type = STR("RARE"), .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct entry *out;
    uint64_t size, looked_to;
    size_t n, found = 0;
    for (unsigned char i = 0; i < N; i++) {
        struct entry e = entry_of((unsigned char)(i + 1), i % 13 == 0 ? STR("RARE") : STR("RUN"), i, STR("a"));
        commit_ok(w, (struct group){.entries = &e, .entries_n = 1});
        assert_int_equal(backend_number(&w->r.backend, &size, NULL), OK);
        assert_int_equal(size, i + 1); /* what was OK before has its place, behind what was OK before that */
    }
    assert_int_equal(entries(w, q, 10, &out), 3);
    assert_true(out[0].index == 0 && out[1].index == 13 && out[2].index == 26);
    assert_int_equal(entries(w, q, 2, &out), 2);
    q.newest_first = true;
    assert_int_equal(entries(w, q, 2, &out), 2);
    assert_true(out[0].index == 26 && out[1].index == 13);
    q.newest_first = false;
    for (int calls = 0; q.from < N; calls++) {
        assert_true(calls < N);
        assert_int_equal(w->r.backend.driver->entries(&w->r.backend, &q, 10, &w->a, &out, &n, &looked_to, NULL), OK);
        for (size_t i = 0; i < n; i++)
            assert_true(out[i].index >= q.from && out[i].index < looked_to);
        found += n;
        assert_true(looked_to > q.from);
        q.from = looked_to;
    }
    assert_int_equal(found, 3);
    q.from = q.to = 5;
    assert_int_equal(entries(w, q, 10, &out), 0);
}

static void test_sizes(void **state)
{
    struct world *w = *state;
    char *body = arena_alloc(&w->a, BODY_BYTES_MAX + 1);
    char key[ROW_KEY_MAX];
    assert_non_null(body);
    for (size_t i = 0; i < BODY_BYTES_MAX; i++)
        body[i] = (char)(i * 31);
    memset(key, 0xff, sizeof(key));
    struct row longest = put(TABLE_QUARANTINE, (struct str){key, sizeof(key)}, 0, (struct str){body, BODY_BYTES_MAX});
    struct row empty = put(TABLE_QUARANTINE, STR("\0"), 0, STR(""));
    commit_ok(w, one(&longest));
    commit_ok(w, one(&empty));
    assert_true(str_eq(get(w, TABLE_QUARANTINE, longest.key).body, longest.body));
    struct row read = get(w, TABLE_QUARANTINE, STR("\0"));
    assert_int_equal(read.version, 1);
    assert_int_equal(read.body.n, 0);
    assert_non_null(read.body.p);
}

/* What can never be written says so for itself; its neighbours are written. */
static void test_oversize(void **state)
{
    struct world *w = *state;
    enum { ROWS = GROUP_BYTES_MAX / BODY_BYTES_MAX + 2 };
    char *body = arena_alloc(&w->a, BODY_BYTES_MAX + 1);
    struct row small = put(TABLE_TASK, STR("small"), 0, STR("x")), large = put(TABLE_TASK, STR("large"), 0, STR("x"));
    struct row many[GROUP_ROWS_MAX + 1], heavy[ROWS], good[GROUP_ROWS_MAX];
    struct entry entries_many[GROUP_ITEMS_MAX - GROUP_ROWS_MAX + 1];
    assert_non_null(body);
    large.body = (struct str){body, BODY_BYTES_MAX + 1};
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = put(TABLE_TASK, arena_fmt(&w->a, "many %zu", i), 0, STR("x"));
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        good[i] = put(TABLE_TASK, arena_fmt(&w->a, "good %zu", i), 0, STR("x"));
    for (size_t i = 0; i < ARRAY_LEN(heavy); i++)
        heavy[i] = put(TABLE_TASK, arena_fmt(&w->a, "heavy %zu", i), 0, (struct str){body, BODY_BYTES_MAX});
    for (unsigned char i = 0; i < ARRAY_LEN(entries_many); i++)
        entries_many[i] = entry_of(i, STR("RUN"), 1, STR("a"));
    struct group groups[] = {one(&large),
                             {.rows = many, .rows_n = ARRAY_LEN(many)},
                             one(&small),
                             {.rows = heavy, .rows_n = ARRAY_LEN(heavy)},
                             {.rows = good, .rows_n = ARRAY_LEN(good), .entries = entries_many, .entries_n = ARRAY_LEN(entries_many)}};
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        bool fits = i == 2;
        commit(w, groups, ARRAY_LEN(groups));
        assert_true(fits || groups[i].result == E_LIMIT);
        for (size_t k = 0; k < groups[i].rows_n && !fits; k++)
            assert_int_equal(get(w, groups[i].rows[k].table, groups[i].rows[k].key).version, 0);
    }
    if (!w->c->weak)
        assert_int_equal(get(w, TABLE_TASK, small.key).version, 1);
    groups[4].entries_n--; /* as much as a group may have */
    commit_ok(w, groups[4]);
    assert_int_equal(get(w, TABLE_TASK, good[GROUP_ROWS_MAX - 1].key).version, 1);
}

static void test_get_many(void **state)
{
    struct world *w = *state;
    enum { N = 50 };
    char names[N][4];
    struct str keys[N];
    struct row rows[N];
    for (size_t i = 0; i < N; i++) {
        memset(names[i], (int)('A' + i), sizeof(names[i]));
        keys[i] = (struct str){names[i], sizeof(names[i])};
        struct row row = put(TABLE_WORK, keys[i], 0, keys[i]);
        if (i % 2 == 0)
            commit_ok(w, one(&row));
    }
    assert_int_equal(backend_get(&w->r.backend, TABLE_WORK, keys, N, &w->a, rows, NULL), OK);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(rows[i].version, i % 2 == 0);
        assert_true(str_eq(rows[i].key, keys[i]));
        assert_true(i % 2 != 0 || str_eq(rows[i].body, keys[i]));
    }
    struct str twice[] = {keys[2], keys[1], keys[2]}; /* asked for twice, answered twice */
    assert_int_equal(backend_get(&w->r.backend, TABLE_WORK, twice, 3, &w->a, rows, NULL), OK);
    assert_true(rows[0].version == 1 && rows[1].version == 0 && rows[2].version == 1);
    assert_true(str_eq(rows[0].body, rows[2].body));
}

static void test_second_connection(void **state)
{
    struct world *w = *state, second;
    struct row row = put(TABLE_HOLD, STR("h"), 0, STR("first"));
    commit_ok(w, one(&row));
    world_open(&second, w->c, false);
    assert_true(str_is(get(&second, TABLE_HOLD, STR("h")).body, "first"));
    row = put(TABLE_HOLD, STR("h"), 1, STR("second"));
    commit_ok(&second, one(&row));
    assert_true(str_is(get(w, TABLE_HOLD, STR("h")).body, "second"));
    world_close(&second);
}

static void test_load(void **state)
{
    struct world *w = *state;
    enum { N = 2000 };
    struct row *rows = ARENA_ARRAY(&w->a, struct row, N);
    struct group *groups = ARENA_ARRAY(&w->a, struct group, N);
    size_t count = 0;
    for (size_t i = 0; i < N; i++) {
        rows[i] = put(TABLE_SUBJECT, arena_fmt(&w->a, "key %zu", i * 7919 % N), 0, STR(""));
        groups[i] = one(&rows[i]);
    }
    rows[5].version = 3; /* this one conflicts, its neighbours do not */
    assert_int_equal(registry_load(&w->r, groups, N, NULL), OK);
    for (size_t i = 0; i < N; i++) {
        count += groups[i].result == OK;
        assert_int_equal(get(w, TABLE_SUBJECT, rows[i].key).version, groups[i].result == OK);
    }
    assert_int_equal(groups[5].result, E_CONFLICT);
    if (!w->c->weak)
        assert_int_equal(count, N - 1);
}

static void test_check(void **state)
{
    struct world *w = *state;
    struct backend_state s = {0};
    assert_int_equal(backend_check(&w->r.backend, &w->a, &s, NULL), OK);
    assert_true(s.what.n > 0);
}

static int setup(void **state)
{
    const struct conform *c = *state;
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    world_open(w, c, true);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    const struct conform *c = w->c;
    world_close(w);
    c->remove(c->ctx);
    free(w);
    return 0;
}

#define CONFORM(test, c) {#test, test, setup, teardown, c}
int conform_backend(const struct conform *c)
{
    struct conform mine = *c;
    const struct CMUnitTest tests[] = {
        CONFORM(test_versions, &mine), CONFORM(test_copied_rows, &mine), CONFORM(test_all_or_nothing, &mine), CONFORM(test_numbers, &mine),
        CONFORM(test_pages, &mine), CONFORM(test_pages_of_a_prefix, &mine), CONFORM(test_walk, &mine),
        CONFORM(test_queues, &mine), CONFORM(test_entries, &mine), CONFORM(test_entries_in_steps, &mine),
        CONFORM(test_sizes, &mine), CONFORM(test_oversize, &mine), CONFORM(test_get_many, &mine), CONFORM(test_second_connection, &mine),
        CONFORM(conform_race, &mine), CONFORM(conform_each_demands_the_other_absent, &mine),
        CONFORM(conform_groups_are_seen_whole, &mine), CONFORM(test_load, &mine), CONFORM(test_check, &mine),
    };
    return cmocka_run_group_tests_name(c->name, tests, NULL, NULL);
}

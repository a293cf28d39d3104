#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/postgresql_case.h"

/* More keys than one question takes, present and absent, some of them twice. */
static void test_many_keys(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    enum { N = 12000 };
    struct str *keys = ARENA_ARRAY(&c->a, struct str, N);
    struct row *rows = ARENA_ARRAY(&c->a, struct row, N);
    assert_true(keys != NULL && rows != NULL);
    (void)postgresql_run(c->url, "INSERT INTO expunge.counter(key,version,number,body) SELECT convert_to('k'||i,'UTF8'),3,i,'' FROM "
                                 "generate_series(0,11999,2) i");
    for (int i = 0; i < N; i++)
        keys[i] = arena_fmt(&c->a, "k%d", i % 4 == 3 ? i - 3 : i);
    assert_int_equal(backend_get(&c->b, TABLE_COUNTER, keys, N, &c->a, rows, NULL), OK);
    for (int i = 0; i < N; i++) {
        assert_true(str_eq(rows[i].key, keys[i]));
        assert_int_equal(rows[i].version, i % 4 == 1 ? 0 : 3);
        assert_int_equal(rows[i].add, i % 4 == 1 ? 0 : i % 4 == 3 ? i - 3 : i);
        assert_int_equal(rows[i].body.p == NULL, i % 4 == 1);
    }
}

/* An arena that is too small is said, and the connection goes on being good. */
static void test_little_memory(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct arena small;
    struct row *rows;
    size_t n;
    for (char key[] = "a"; key[0] < 'k'; key[0]++)
        assert_int_equal(postgresql_case_put(&c->b, key, 0, "a body that takes some of the room there is"), OK);
    arena_init(&small, 300);
    assert_int_equal(backend_page(&c->b, TABLE_RUN, STR(""), STR_NONE, 10, &small, &rows, &n, NULL), E_LIMIT);
    arena_release(&small);
    assert_non_null(c->s->db);
    assert_int_equal(backend_page(&c->b, TABLE_RUN, STR(""), STR_NONE, 10, &c->a, &rows, &n, NULL), OK);
    assert_int_equal(n, 10);
    struct walk strange = {.n = ROW_KEY_MAX + 1};
    assert_int_equal(backend_walk(&c->b, TABLE_RUN, &strange, 10, &c->a, &rows, &n, NULL), E_INVALID);
}

/* Cut between two reads and while one waits: read again, without a word. */
static void test_a_cut(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct str key = STR("a");
    struct row row;
    assert_int_equal(postgresql_case_put(&c->b, "a", 0, "x"), OK);
    assert_int_equal(postgresql_case_terminate(c, "true"), 1);
    assert_int_equal(postgresql_get(&c->b, TABLE_RUN, &key, 1, &c->a, &row, NULL), E_RETRY); /* the driver itself says so */
    assert_int_equal(postgresql_get(&c->b, TABLE_RUN, &key, 1, &c->a, &row, NULL), OK);
    assert_int_equal(row.version, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {POSTGRESQL_TEST(test_many_keys), POSTGRESQL_TEST(test_little_memory), POSTGRESQL_TEST(test_a_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

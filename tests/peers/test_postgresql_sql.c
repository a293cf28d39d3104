#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/postgresql_case.h"

/* Every statement is one the server understands. */
static void test_statements(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    for (enum table t = 0; t < TABLE_COUNT; t++) {
        assert_int_equal(postgresql_prepare_rows(c->s, t, false, NULL), OK);
        if (!table_has_places(t))
            assert_int_equal(postgresql_prepare_rows(c->s, t, true, NULL), OK);
    }
    for (enum other_statement k = 0; k < SQL_STATEMENT_COUNT; k++)
        assert_int_equal(postgresql_prepare(c->s, &k, 1, NULL), OK);
}

/* An error the server is made to raise: what a caller is to do about it, in which words. */
static void test_states(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    static const struct { const char *raised; enum status status; const char *text; } cases[] = {
        {"40001", E_RETRY, "because"}, {"40P01", E_RETRY, "because"}, {"55P03", E_RETRY, "because"}, {"57014", E_RETRY, "because"},
        {"57P01", E_RETRY, "because"}, {"53300", E_RETRY, "because"}, {"53100", E_LIMIT, "nothing was changed"},
        {"42501", E_DENIED, "because"}, {"42P06", E_CONFLICT, "because"}, {"XX001", E_INVALID, "because"},
        {"22012", E_IO, "because"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct str sql = arena_fmt(&c->a, "DO $$ BEGIN RAISE EXCEPTION 'because' USING ERRCODE='%s', DETAIL='a value'; END $$", cases[i].raised);
        assert_int_equal(postgresql_ready(c->s, NULL), OK);
        assert_int_equal(postgresql_exec(c->s, sql.p, NULL, &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].text));
        assert_non_null(strstr(err.text, c->s->place));
        assert_null(strstr(err.text, "a value"));
        assert_true(c->s->refused); /* the server's word, and the connection is dropped with whatever was open */
        assert_null(c->s->db);
    }
}

/* The index alone answers a page of a queue, and nothing is sorted. */
static void test_pages_come_from_the_index(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    const char *plan = "EXPLAIN EXECUTE r2_7(1,0,0,'\\x00',9,1000)";
    struct str text = STR("");
    assert_int_equal(TABLE_CHAIN, 2);
    assert_int_equal(ROW_QUEUE, 7);
    (void)postgresql_run(c->url, "INSERT INTO expunge.chain(key,version,queue,category,time,body) SELECT int8send(i),1,1,0,i,'' FROM "
                                 "generate_series(1,5000) i; ANALYZE expunge.chain");
    struct queue_query q = {.queue = QUEUE_DUE, .category = 0, .until_ms = 9};
    struct row *rows;
    size_t n;
    assert_int_equal(backend_queue(&c->b, &q, 5, &c->a, &rows, &n, NULL), OK);
    assert_int_equal(n, 5);
    PGresult *r;
    assert_int_equal(postgresql_exec(c->s, plan, &r, NULL), OK);
    for (int i = 0; i < PQntuples(r); i++)
        text = arena_fmt(&c->a, "%.*s%s\n", STR_ARG(text), PQgetvalue(r, i, 0));
    PQclear(r);
    assert_non_null(strstr(text.p, "Index Only Scan using chain_place"));
    assert_null(strstr(text.p, "Sort"));
    assert_null(strstr(text.p, "Filter"));
}

static void test_numbers_of_results(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    PGresult *r;
    assert_int_equal(postgresql_once(c->s, "SELECT (-2)::smallint,70000,-1::bigint,NULL::bytea,''::bytea", NULL, &r, NULL), OK);
    assert_int_equal(result_int(r, 0, 0), -2);
    assert_int_equal(result_int(r, 0, 1), 70000);
    assert_int_equal(result_int(r, 0, 2), -1);
    assert_null(result_bytes(r, 0, 3).p);
    assert_true(result_bytes(r, 0, 4).p != NULL && result_bytes(r, 0, 4).n == 0);
    PQclear(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {POSTGRESQL_TEST(test_statements), POSTGRESQL_TEST(test_states),
                                       POSTGRESQL_TEST(test_pages_come_from_the_index), POSTGRESQL_TEST(test_numbers_of_results)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

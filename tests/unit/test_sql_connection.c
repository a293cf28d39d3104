/* test_sql_connection.c - statements written piece by piece. */
#include "tests/lib/folder_world.h"

#include "store/sql_connection.h"

static void engines_are_known_by_scheme(void **state)
{
    (void)state;
    struct err err;
    struct sql_connection *c;
    assert_ptr_equal(sql_engine_of(STR("sqlite:a.db")), &sql_sqlite);
    assert_null(sql_engine_of(STR("sqlite:")));
    assert_null(sql_engine_of(STR("sqlite")));
    assert_null(sql_engine_of(STR("oracle:x")));
    assert_int_equal(sql_open(STR("oracle:scott:tiger@x"), STR("/"), &c, &err), E_INVALID);
    assert_null(strstr(err.text, "tiger"));
    sql_close(NULL);
}

static void names_are_quoted_and_values_bound(void **state)
{
    (void)state;
    struct arena a;
    struct sql_query q;
    struct sql_connection c = {.engine = &sql_sqlite};
    arena_init(&a, 1 << 16);
    sql_query_init(&q, &c, &a);
    sql_add(&q, "SELECT ");
    sql_add_column(&q, STR("main.a\"b"), STR("c.d"));
    sql_add(&q, " WHERE x = ");
    sql_add_value(&q, (struct sql_value){SQL_VALUE_TEXT, 0, STR("1; DROP")});
    sql_add(&q, " OR y = ");
    sql_add_value(&q, (struct sql_value){SQL_VALUE_INTEGER, 7, STR_NONE});
    assert_true(str_is(buf_view(&q.text), "SELECT \"main\".\"a\"\"b\".\"c.d\" WHERE x = ? OR y = ?"));
    assert_int_equal(q.n, 2);
    assert_int_equal(q.values[1].integer, 7);
    sql_query_release(&q);
    arena_release(&a);
}

static void a_full_arena_is_an_error(void **state)
{
    (void)state;
    struct arena a;
    struct sql_query q;
    struct sql_statement *s;
    struct err err;
    struct sql_connection c = {.engine = &sql_sqlite};
    arena_init(&a, 64);
    sql_query_init(&q, &c, &a);
    for (int i = 0; i < 1000; i++)
        sql_add_value(&q, (struct sql_value){SQL_VALUE_INTEGER, i, STR_NONE});
    assert_int_equal(sql_query_prepare(&q, &s, &err), E_LIMIT);
    sql_query_release(&q);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_are_known_by_scheme),
        cmocka_unit_test(names_are_quoted_and_values_bound),
        cmocka_unit_test(a_full_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

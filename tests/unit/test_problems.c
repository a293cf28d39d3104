/* The list of problems: order, places, and counting beyond memory. */
#include "base/buf.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void problems_come_in_order_of_place(void **state)
{
    (void)state;
    struct arena a;
    struct problems p;
    struct buf b;
    arena_init(&a, 1 << 16);
    buf_init(&b, 4096);
    problems_init(&p, &a, STR("expunge.yaml"));
    problem_add(&p, 3, 5, "third %d", 3);
    problem_add(&p, 1, 9, "first");
    problem_add(&p, 3, 2, "second");
    problem_add(&p, 3, 5, "fourth, added later at the same place");
    struct yaml node = {.line = 2, .column = 7};
    problem_at(&p, &node, "%s", "between");
    problem_at(&p, NULL, "no node");
    problems_print(&p, &b);
    assert_int_equal(p.count, 6);
    assert_string_equal(b.p, "expunge.yaml:1:1: no node\n"
                             "expunge.yaml:1:9: first\n"
                             "expunge.yaml:2:7: between\n"
                             "expunge.yaml:3:2: second\n"
                             "expunge.yaml:3:5: third 3\n"
                             "expunge.yaml:3:5: fourth, added later at the same place\n");
    buf_release(&b);
    arena_release(&a);
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    struct arena a;
    struct problems p;
    struct buf b;
    arena_init(&a, 1 << 16);
    buf_init(&b, 4096);
    problems_init(&p, &a, STR("f"));
    problem_add(&p, 1, 1, "the key \"%s\"", "a\nf:2:1: b\x1b[1m\x7f");
    problems_print(&p, &b);
    assert_string_equal(b.p, "f:1:1: the key \"a f:2:1: b [1m \"\n");
    buf_release(&b);
    arena_release(&a);
}

static void what_does_not_fit_is_counted(void **state)
{
    (void)state;
    struct arena a;
    struct problems p;
    struct buf b;
    arena_init(&a, 0);
    buf_init(&b, 4096);
    problems_init(&p, &a, STR("f"));
    problem_add(&p, 1, 1, "lost");
    assert_int_equal(p.count, 1);
    problems_print(&p, &b);
    assert_string_equal(b.p, "f: and 1 more\n");
    buf_release(&b);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_come_in_order_of_place),
        cmocka_unit_test(a_message_is_one_line),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The tree, and every error of syntax with its place. */
#include "base/buf.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* All problems of a text, as they are printed. */
static const char *problems_of(struct str text, struct arena *a)
{
    struct problems p;
    struct yaml *y = NULL;
    problems_init(&p, a, STR("f"));
    yaml_parse(text, a, &y, &p);
    struct buf b CLEANUP(buf_release);
    buf_init(&b, 1 << 16);
    problems_print(&p, &b);
    assert_int_equal(p.count == 0, b.n == 0);
    return arena_cstr(a, b.n > 0 ? buf_view(&b) : STR(""));
}

static void a_tree_knows_its_places(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    struct problems p;
    struct yaml *y = NULL;
    problems_init(&p, &a, STR("f"));
    yaml_parse(STR("# comment\nregistry: sqlite:x.db\nkeep: 'P7Y'\nlist:\n  - a\n  - {k: v, e: }\nempty: []\n"
                   "\xc3\xa9: \xe2\x82\xac x\n"),
               &a, &y, &p);
    assert_int_equal(p.count, 0);
    assert_non_null(y);
    assert_int_equal(y->type, YAML_MAP);
    assert_int_equal(y->count, 5);
    assert_int_equal(y->line, 2);
    const struct yaml *r = yaml_get(y, "registry");
    assert_true(str_is(r->text, "sqlite:x.db"));
    assert_false(r->quoted);
    assert_int_equal(r->line, 2);
    assert_int_equal(r->column, 11);
    assert_int_equal(r->key_line, 2);
    assert_int_equal(r->key_column, 1);
    assert_true(yaml_get(y, "keep")->quoted);
    const struct yaml *l = yaml_get(y, "list");
    assert_int_equal(l->type, YAML_LIST);
    assert_int_equal(l->count, 2);
    const struct yaml *v = yaml_get(l->first->next, "k");
    assert_int_equal(v->line, 6);
    assert_int_equal(v->column, 9);
    assert_true(yaml_is_null(yaml_get(l->first->next, "e")));
    assert_int_equal(yaml_get(y, "empty")->count, 0);
    assert_int_equal(yaml_get(y, "\xc3\xa9")->column, 4); /* characters, not bytes */
    assert_null(yaml_get(y, "absent"));
    assert_null(yaml_get(l, "k"));
    assert_null(yaml_get(NULL, "k"));
    arena_release(&a);
}

static void errors_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problems;
    } rows[] = {
        {"", "f:1:1: the file is empty\n"},
        {"# only a comment\n", "f:1:1: the file is empty\n"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: the key \"a\" stands here a second time; first in line 1\n"},
        {"x:\n  k: 1\n  k: 2\ny: {a: 1, a: 2, a: 3}\n",
         "f:3:3: the key \"k\" stands here a second time; first in line 2\n"
         "f:4:11: the key \"a\" stands here a second time; first in line 4\n"
         "f:4:17: the key \"a\" stands here a second time; first in line 4\n"},
        {"a: &x 1\nb: *x\n", "f:1:4: anchors (&x) are not supported: write the value where it is used\n"
                             "f:2:4: aliases (*x) are not supported: write the value again\n"},
        {"a: !!int 1\nb: !my {c: d}\n", "f:1:4: tags (tag:yaml.org,2002:int) are not supported\n"
                                        "f:2:4: tags (!my) are not supported\n"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; a configuration is one document\n"},
        {"a:\n\tb: 1\n",
         "f:2:1: a character that cannot begin a value; a tab may not indent, and @ and ` must be quoted "
         "(while scanning for the next token, line 2)\n"},
        {"a:\n  b: 1\n c: 2\n", "f:3:2: did not find expected key (while parsing a block mapping, line 1)\n"},
        {"a: b: c\n", "f:1:5: mapping values are not allowed in this context\n"},
        {"a: [1, 2\nb: 3\n", "f:2:2: did not find expected ',' or ']' (while parsing a flow sequence, line 1)\n"},
        {"a: \"open\n", "f:2:1: found unexpected end of stream (while scanning a quoted scalar, line 1)\n"},
        {"[a, b]: c\n", "f:1:1: a key must be plain text\n"},
        {"a: \xff\n", "f:1:4: the file is not UTF-8 from here on: save it as UTF-8\n"},
        {"a: 1\n\xc3\xa9: caf\xe9\nb: 1\n", "f:2:7: the file is not UTF-8 from here on: save it as UTF-8\n"},
        {"a: 1\nb: \xe9", "f:2:4: the file is not UTF-8 from here on: save it as UTF-8\n"},
        {"\xff\xfe" "a", "f:1:1: the file is not UTF-8 from here on: save it as UTF-8\n"},
        {"a: \x01\n", "f:1:4: control characters are not allowed\n"},
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(problems_of(str_of(rows[i].text), &a), rows[i].problems);
    assert_string_equal(problems_of(STR("\xef\xbb\xbf" "a: 1\r\nb: 2\r\n"), &a), "");
    arena_release(&a);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    char text[20000];
    for (size_t depth = 32; depth <= 33; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_string_equal(problems_of((struct str){text, 2 * depth}, &a),
                            depth == 32 ? "" : "f:1:33: nested more than 32 levels deep\n");
    }
    memset(text, '[', sizeof(text));
    assert_string_equal(problems_of((struct str){text, sizeof(text)}, &a), "f:1:33: nested more than 32 levels deep\n");
    arena_release(&a);
}

static void little_memory_is_a_problem_not_a_crash(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 6000; cap += 64) {
        struct arena a;
        struct problems p;
        struct yaml *y = NULL;
        arena_init(&a, cap);
        problems_init(&p, &a, STR("f"));
        yaml_parse(STR("a: 1\nb: [1, 2, {c: d}]\ne: f\ng: {h: {i: {j: k}}}\n"), &a, &y, &p);
        assert_int_equal(p.count > 0, y == NULL);
        if (cap == 0)
            assert_null(y);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_knows_its_places),
        cmocka_unit_test(errors_name_line_and_column),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(little_memory_is_a_problem_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

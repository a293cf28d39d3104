/* test_option.c - one table read from maps good and bad. */
#include "base/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct option table[] = {
    {"bucket", OPT_TEXT, true, NULL, NULL, "The bucket's name."},
    {"root", OPT_PATH, false, "spool", NULL, "Where files lie."},
    {"key", OPT_SECRET, false, NULL, NULL, "The access key."},
    {"parallel", OPT_INT, false, "4", "1 64", "Calls at a time."},
    {"offset", OPT_INT, false, NULL, NULL, "Any number."},
    {"versions", OPT_BOOL, false, "true", NULL, "Whether old versions are deleted."},
    {"settle", OPT_PERIOD, false, "P1D", NULL, "How long a deletion takes."},
    {"mode", OPT_CHOICE, false, "fast", "fast slow careful", "How."},
    {"kinds", OPT_LIST, false, "[recording, transcript]", NULL, "Which."},
    {"artefacts", OPT_YAML, false, NULL, NULL, "What lies where."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL},
};

struct world {
    struct arena a;
    struct problems p;
    struct options o;
    struct buf said;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return -1;
    arena_init(&w->a, 4 << 20);
    buf_init(&w->said, 64 << 10);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    buf_release(&w->said);
    free(w);
    return 0;
}

/* The number of problems; their text in w->said. */
static size_t take(struct world *w, const char *yaml)
{
    static const char *const also[] = {"driver", "rates", NULL};
    struct yaml *map = NULL;
    problems_init(&w->p, &w->a, STR("t.yaml"));
    if (yaml != NULL) {
        yaml_parse(str_of(yaml), &w->a, &map, &w->p);
        assert_int_equal(w->p.count, 0);
        assert_non_null(map);
    }
    assert_int_equal(options_read(map, table, also, STR("/etc/x"), &w->a, &w->p, &w->o, NULL), OK);
    buf_clear(&w->said);
    problems_print(&w->p, &w->said);
    return w->p.count;
}

static bool said(const struct world *w, const char *text)
{
    return w->said.n > 0 && strstr(w->said.p, text) != NULL;
}

static void presets_fill_what_is_not_written(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "bucket: calls\n"), 0);
    assert_true(str_is(option_text(&w->o, "bucket"), "calls"));
    assert_true(str_is(option_text(&w->o, "root"), "/etc/x/spool"));
    assert_null(option_text(&w->o, "key").p);
    assert_false(option_of(&w->o, "key")->present);
    assert_int_equal(option_int(&w->o, "parallel"), 4);
    assert_null(option_of(&w->o, "parallel")->node);
    assert_true(option_of(&w->o, "parallel")->present);
    assert_int_equal(option_int(&w->o, "offset"), 0);
    assert_false(option_of(&w->o, "offset")->present);
    assert_true(option_bool(&w->o, "versions"));
    assert_int_equal(option_of(&w->o, "settle")->period.days, 1);
    assert_true(str_is(option_text(&w->o, "mode"), "fast"));
    const struct option_value *kinds = option_of(&w->o, "kinds");
    assert_int_equal(kinds->list_n, 2);
    assert_true(str_is(kinds->list[0], "recording") && str_is(kinds->list[1], "transcript"));
    assert_null(option_of(&w->o, "artefacts")->node);
}

static void written_values_win(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "driver: s3\n"
                             "bucket: other\n"
                             "root: /var/x\n"
                             "key: env:KEY\n"
                             "parallel: 64\n"
                             "offset: -9223372036854775808\n"
                             "versions: false\n"
                             "settle: P2Y\n"
                             "mode: careful\n"
                             "kinds: [email]\n"
                             "artefacts: {recording: {path: x}}\n"),
                     0);
    assert_true(str_is(option_text(&w->o, "root"), "/var/x"));
    assert_true(str_is(option_text(&w->o, "key"), "env:KEY"));
    assert_int_equal(option_int(&w->o, "parallel"), 64);
    assert_true(option_int(&w->o, "offset") == INT64_MIN);
    assert_false(option_bool(&w->o, "versions"));
    assert_true(option_of(&w->o, "versions")->present);
    assert_int_equal(option_of(&w->o, "settle")->period.years, 2);
    assert_int_equal(option_of(&w->o, "settle")->period.days, 0);
    assert_true(str_is(option_text(&w->o, "mode"), "careful"));
    assert_int_equal(option_of(&w->o, "kinds")->list_n, 1);
    const struct option_value *artefacts = option_of(&w->o, "artefacts");
    assert_true(artefacts->present);
    assert_non_null(yaml_get(artefacts->node, "recording"));
    assert_true(str_is(w->o.base_dir, "/etc/x"));
}

static void every_problem_is_reported_at_its_place(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "root: ''\n"
                             "key: hunter2\n"
                             "parallel: 65\n"
                             "versions: maybe\n"
                             "settle: soon\n"
                             "mode: quick\n"
                             "kinds: recording\n"
                             "offset:\n"
                             "bukket: calls\n"),
                     10);
    assert_true(said(w, "'bucket' is missing: The bucket's name."));
    assert_true(said(w, "t.yaml:1:7: 'root' is empty"));
    assert_true(said(w, "t.yaml:2:6: 'key' must be env:NAME"));
    assert_false(said(w, "hunter2"));
    assert_true(said(w, "t.yaml:3:11: "));
    assert_true(said(w, "t.yaml:4:11: "));
    assert_true(said(w, "t.yaml:5:9: 'settle': "));
    assert_true(said(w, "t.yaml:6:7: 'mode' cannot be 'quick'; choose one of: fast slow careful"));
    assert_true(said(w, "t.yaml:7:8: "));
    assert_true(said(w, "'offset' has no value"));
    assert_true(said(w, "t.yaml:9:1: "));
    assert_true(said(w, "bukket"));
}

static void choices_are_whole_words(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "bucket: b\nmode: low\n"), 1);
    assert_int_equal(take(w, "bucket: b\nmode: fast slow\n"), 1);
    assert_int_equal(take(w, "bucket: b\nmode: slow\n"), 0);
}

static void limits_of_numbers_are_inclusive(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "bucket: b\nparallel: 1\n"), 0);
    assert_int_equal(take(w, "bucket: b\nparallel: 0\n"), 1);
    assert_int_equal(take(w, "bucket: b\nparallel: many\n"), 1);
}

static void no_map_and_no_map_at_all(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, NULL), 1);
    assert_true(said(w, "'bucket' is missing"));
    assert_int_equal(option_int(&w->o, "parallel"), 4); /* presets hold all the same */
    struct yaml scalar = {.type = YAML_SCALAR, .line = 3, .column = 5, .text = STR("x")};
    problems_init(&w->p, &w->a, STR("t.yaml"));
    assert_int_equal(options_read(&scalar, table, NULL, STR_NONE, &w->a, &w->p, &w->o, NULL), OK);
    assert_int_equal(w->p.count, 1);
}

static void a_list_takes_only_texts(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "bucket: b\nkinds: []\n"), 0);
    assert_int_equal(option_of(&w->o, "kinds")->list_n, 0);
    assert_true(option_of(&w->o, "kinds")->present);
    assert_int_equal(take(w, "bucket: b\nkinds: [a, [b], {c: d}]\n"), 2);
}

static void memory_may_end(void **state)
{
    struct world *w = *state;
    struct arena small;
    arena_init(&small, 256);
    problems_init(&w->p, &w->a, STR("t.yaml"));
    struct err err = {.code = OK};
    assert_int_equal(options_read(NULL, table, NULL, STR_NONE, &small, &w->p, &w->o, &err), E_LIMIT);
    assert_int_equal(err.code, E_LIMIT);
    arena_release(&small);
}

static int signal_of_child(void (*act)(const struct options *), const struct options *o)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(STDERR_FILENO);
        act(o);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void name_outside_the_table(const struct options *o)
{
    (void)option_of(o, "none");
}

static void wrong_type(const struct options *o)
{
    (void)option_int(o, "bucket");
}

static void right_type(const struct options *o)
{
    (void)option_int(o, "parallel");
}

static void asking_for_what_is_not_in_the_table_stops(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "bucket: b\n"), 0);
    assert_int_equal(signal_of_child(name_outside_the_table, &w->o), SIGABRT);
    assert_int_equal(signal_of_child(wrong_type, &w->o), SIGABRT);
    assert_int_equal(signal_of_child(right_type, &w->o), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(presets_fill_what_is_not_written, begin, end),
        cmocka_unit_test_setup_teardown(written_values_win, begin, end),
        cmocka_unit_test_setup_teardown(every_problem_is_reported_at_its_place, begin, end),
        cmocka_unit_test_setup_teardown(choices_are_whole_words, begin, end),
        cmocka_unit_test_setup_teardown(limits_of_numbers_are_inclusive, begin, end),
        cmocka_unit_test_setup_teardown(no_map_and_no_map_at_all, begin, end),
        cmocka_unit_test_setup_teardown(a_list_takes_only_texts, begin, end),
        cmocka_unit_test_setup_teardown(memory_may_end, begin, end),
        cmocka_unit_test_setup_teardown(asking_for_what_is_not_in_the_table_stops, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

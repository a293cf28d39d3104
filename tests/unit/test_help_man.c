/* The manual pages are what the tables say, complete, and well-formed for mandoc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/help.h"

enum { TEXT_MAX = 1 << 20 };

static void page_path(const char *page, char out[128])
{
    if (!page)
        (void)snprintf(out, 128, "docs/man/expunge.1");
    else if (strcmp(page, "expunge.yaml") == 0)
        (void)snprintf(out, 128, "docs/man/expunge.yaml.5");
    else
        (void)snprintf(out, 128, "docs/man/expunge-%s.1", page);
}

/* No line of text begins with a request by accident. */
static void is_wellformed(struct str text)
{
    static const char *const requests[] = {".TH ", ".SH ", ".SS ", ".TP", ".PP", ".B ", ".BR ", ".I ", ".br"};
    struct str line;
    while (str_split(text, '\n', &line, &text)) {
        bool known = !line.n || (line.p[0] != '.' && line.p[0] != '\'');
        for (size_t i = 0; !known && i < ARRAY_LEN(requests); i++)
            known = str_starts(line, str_of(requests[i]));
        assert_true(known);
    }
    assert_int_equal(text.n, 0);
}

static void same(const char *page)
{
    CLEANUP(buf_release) struct buf b;
    char path[128];
    struct arena a;
    struct str document = STR_NONE;
    struct err err = {.code = OK};
    arena_init(&a, 2 * TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    page_path(page, path);
    assert_true(help_man(page, &b));
    assert_false(b.failed);
    is_wellformed(buf_view(&b));
    IGNORE(file_read(path, TEXT_MAX, &a, &document, &err)); /* absent is stale */
    if (!str_eq(document, buf_view(&b)))
        fail_msg("%s is stale: make references", path);
    arena_release(&a);
}

/* Calls fn once for each name; NULL is the overview. */
static size_t each_page(void (*fn)(const char *page))
{
    size_t n = 2;
    fn(NULL);
    fn("expunge.yaml");
    for (const struct command *const *p = commands; *p; p++)
        if (p == commands || strcmp(p[-1]->name, p[0]->name) != 0) {
            fn((*p)->name);
            n++;
        }
    return n;
}

static void pages_are_not_stale_and_no_more(void **state UNUSED)
{
    size_t n = each_page(same), there = 0;
    DIR *d = opendir("docs/man");
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        there += e->d_name[0] != '.';
    closedir(d);
    assert_int_equal(there, n);
}

static void pages_say_what_the_tables_say(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    assert_true(help_man("purge", &b));
    assert_non_null(strstr(b.p, "\\fB\\-\\-dry\\-run\\fR"));
    assert_non_null(strstr(b.p, "\\fB\\-\\-limit\\fR \\fIN\\fR"));
    buf_clear(&b);
    assert_true(help_man("hold", &b));
    assert_non_null(strstr(b.p, ".SS apply\n\\fBexpunge hold apply\\fR"));
    assert_non_null(strstr(b.p, ".SS release\n"));
    buf_clear(&b);
    assert_true(help_man("expunge.yaml", &b));
    for (const struct store_driver *const *d = store_drivers; *d; d++)
        for (const struct option *o = (*d)->options; o->name; o++)
            assert_non_null(strstr(b.p, o->help ? o->name : ""));
    assert_false(help_man("nothing", &b));
}

/* mandoc finds nothing worse than a missing date, which a generated page has none of. */
static void lint(const char *page)
{
    char path[128];
    int how = 0;
    page_path(page, path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        (void)execlp("mandoc", "mandoc", "-T", "lint", "-W", "error,stop", path, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    if (WEXITSTATUS(how) == 127)
        fail_msg("mandoc is missing: tests/deps.sh installs it");
    assert_int_equal(WEXITSTATUS(how), 0);
}

static void pages_please_mandoc(void **state UNUSED)
{
    (void)each_page(lint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages_are_not_stale_and_no_more),
                                       cmocka_unit_test(pages_say_what_the_tables_say),
                                       cmocka_unit_test(pages_please_mandoc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The completion is what the tables say, and a real bash completes with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/help.h"

enum { TEXT_MAX = 1 << 20 };

static void document_is_not_stale(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct arena a;
    struct str document = STR_NONE;
    arena_init(&a, 2 * TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    help_completion(&b);
    assert_false(b.failed);
    IGNORE(file_read("docs/completion.bash", TEXT_MAX, &a, &document, NULL)); /* absent is stale */
    if (!str_eq(document, buf_view(&b)))
        fail_msg("docs/completion.bash is stale: make references");
    arena_release(&a);
}

/* What bash offers for `expunge WORDS`, of which the last is begun; separated and ended by spaces. */
static void offered(const char *typed, char out[4096])
{
    static const char script[] = "source docs/completion.bash; read -r -a COMP_WORDS <<<\"expunge $1\"; "
                                 "[[ $1 == *' ' || -z $1 ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                                 "_expunge; printf '%s ' \"${COMPREPLY[@]}\"";
    int ends[2], how = 0;
    size_t n = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execlp("bash", "bash", "--norc", "-u", "-c", script, "bash", typed, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    for (ssize_t got; n < 4095 && (got = read(ends[0], out + n, 4095 - n)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void offers(const char *typed, const char *expected)
{
    char out[4096];
    offered(typed, out);
    if (strcmp(out, expected) != 0)
        fail_msg("`expunge %s` is offered \"%s\", not \"%s\"", typed, out, expected);
}

static void offers_too(const char *typed, const char *word)
{
    char out[4096];
    offered(typed, out);
    if (!strstr(out, word))
        fail_msg("`expunge %s` is offered \"%s\", without %s", typed, out, word);
}

static void commands_complete(void **state UNUSED)
{
    offers("pu", "purge ");
    offers("hold ", "apply release waive list ");
    offers("hold re", "release ");
    offers("no", " ");
    offers("help dem", " ");
    offers("help ho", "hold ");
    offers_too("", "purge ");
    offers_too("", "doctor ");
    for (const struct command *const *p = commands; *p; p++) {
        char typed[96];
        (void)snprintf(typed, sizeof typed, "%s%s%s", (*p)->name, (*p)->subcommand ? " " : "",
                       (*p)->subcommand ? (*p)->subcommand : "");
        offers_too(typed, (*p)->subcommand ? (*p)->subcommand : (*p)->name);
    }
}

static void options_complete(void **state UNUSED)
{
    offers("purge --dr", "--dry-run ");
    offers("hold apply --ma", "--matter ");
    offers_too("hold apply --", "--config ");
    offers("hold release --dr", " ");
}

static void values_complete(void **state UNUSED)
{
    offers("request add --regime uk", "uk-gdpr ");
    offers("ingest --format conn", "connect-event connect-ctr ");
    offers("user add X --role view", "viewer ");
    offers("contact explain ID --as sch", "schedule ");
    offers("contact decide ID er", "erase ");
    offers("purge --limit ", " "); /* a number: nobody can say which */
}

static void files_complete(void **state UNUSED)
{
    offers("purge --plan READ", "README.md ");
    offers("ingest READ", "README.md ");
    offers("purge --config READ", "README.md ");
    offers("purge --config = READ", "README.md "); /* as bash cuts --config=READ */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(document_is_not_stale), cmocka_unit_test(commands_complete),
                                       cmocka_unit_test(options_complete), cmocka_unit_test(values_complete),
                                       cmocka_unit_test(files_complete)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

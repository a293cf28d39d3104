/* fault_story.c - see fault_story.h. */
#include "tests/fault/lib/fault_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "cli/cli.h"
#include "tests/fault/lib/fault_world.h"

enum { ARGS_MAX = 24, TEXT_MAX = 4000, STORIES_MAX = 16 };

/* `command` meets the fault; `next` are the runs after it. NULL ends each; in `next`, "" ends one run. */
struct story {
    const char *name;
    void (*prepare)(const char *dir); /* on top of the world of all; NULL: nothing more */
    const char *command[ARGS_MAX];
    const char *next[ARGS_MAX];       /* none: the command again */
    bool sweeps;                      /* the next runs include two nights, so that what has to be retried is */
};

static const struct story stories[] = {
    {.name = "ingest", .prepare = prepare_documents, .command = {"ingest", "more", NULL}},
    {.name = "hold-apply", .command = {"hold", "apply", "due-1", "due-2", "--matter", "Case 2", NULL}},
    {.name = "hold-release", .command = {"hold", "release", "--matter", "Case 1", "--reason", "settled", NULL}},
    {.name = "purge", .command = {"purge", NULL}, .sweeps = true},
    {.name = "erase", .command = {"erase", "due-1", "due-2", NULL}, .sweeps = true},
    {.name = "request", .prepare = prepare_request, .command = {"request", "run", "R-2026-000001", NULL}, .sweeps = true},
    {.name = "verify", .prepare = prepare_erased, .command = {"verify", "due-1", "due-2", NULL}, .sweeps = true},
    {.name = "publish", .prepare = prepare_erased, .command = {"audit", "publish", "published", NULL}, .next = {"audit", "publish", "published", "", "audit", "verify", NULL}},
    {.name = "rotate", .prepare = prepare_erased, .command = {"key", "rotate", NULL}, .next = {"key", "rotate", "", "audit", "publish", "published", "", "audit", "verify", NULL}},
    {.name = "backup", .command = {"backup", "copy.db", NULL}, .next = {"backup", "copy.db", "", "backup", "copy-2.db", NULL}},
    {.name = "restore", .prepare = prepare_erased, .command = {"restore", "declare", "--store", "recordings", "--as-of", "2026-02-01", NULL}, .sweeps = true},
    {.name = "init", .command = {"init", "site", "--test-clock", NULL}},
};

/* ---- one command in a process of its own ---- */

struct ending { int status; bool leaked; int descriptors; long calls, hits; };
struct told { struct ending ending; bool died; int signal; char err[TEXT_MAX]; };

static int open_descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void redirect(const char *name, int fd)
{
    int to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0 || dup2(to, fd) != fd)
        abort();
    close(to);
}

static _Noreturn void be_the_program(const char *dir, const char *const *args, const char *now, const struct fault *fault, int answer)
{
    const char *argv[ARGS_MAX + 4] = {"expunge"};
    int argc = 1;
    struct ending e = {.status = -1};
    for (; args[argc - 1] && args[argc - 1][0]; argc++)
        argv[argc] = args[argc - 1];
    argv[argc++] = "--now";
    argv[argc++] = now;
    if (chdir(dir) != 0)
        abort();
    redirect("stdout.txt", STDOUT_FILENO);
    redirect("stderr.txt", STDERR_FILENO);
    int before = open_descriptors();
    fault_arm(fault);
    e.status = cli_main(argc, (char *const *)(uintptr_t)argv);
    fault_disarm();
    e.descriptors = open_descriptors() - before;
    e.calls = fault_calls();
    e.hits = fault_hits();
#ifdef __SANITIZE_ADDRESS__
    e.leaked = __lsan_do_recoverable_leak_check() != 0;
#endif
    if (write(answer, &e, sizeof e) != (ssize_t)sizeof e)
        abort();
    _exit(0);
}

static void read_words(const char *dir, char out[TEXT_MAX])
{
    char path[WORLD_PATH_MAX * 2];
    snprintf(path, sizeof path, "%s/stderr.txt", dir);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(out, 1, TEXT_MAX - 1, f) : 0;
    out[n] = '\0';
    if (f)
        fclose(f);
}

static struct told run(const char *dir, const char *const *args, const char *now, const struct fault *fault)
{
    static const struct fault none = {.kind = FAULT_NONE};
    struct told t = {.died = false};
    int answer[2], status;
    assert_int_equal(pipe(answer), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_the_program(dir, args, now, fault ? fault : &none, answer[1]);
    close(answer[1]);
    ssize_t got = read(answer[0], &t.ending, sizeof t.ending);
    close(answer[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    t.died = got != (ssize_t)sizeof t.ending || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    t.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    read_words(dir, t.err);
    return t;
}

void world_command(const char *dir, const char *now, const char *const *args)
{
    struct told t = run(dir, args, now, NULL);
    if (t.died || t.ending.status > 1)
        fail_msg("%s %s: status %d, signal %d: %s", args[0], args[1] ? args[1] : "", t.ending.status, t.signal, t.err);
}

/* ---- one story ---- */

enum { TRIAL_PATH_MAX = WORLD_PATH_MAX + 32 };
struct trial {
    const struct story *story;
    struct fault fault;
    char dir[TRIAL_PATH_MAX];
};

static void blame(const struct trial *t, const char *what, const char *more)
{
    fail_msg("%s, kind %d, mode %d, call %ld%s (left in %s): %s\n%s", t->story->name, (int)t->fault.kind, (int)t->fault.mode, t->fault.at,
             t->fault.lasting ? " and all later" : "", t->dir, what, more);
}

static void compare(const struct trial *t, const char *what, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) == 0)
        return;
    print_error("without the fault:\n%s", wanted);
    blame(t, what, got);
}

static void check_invariants(const struct trial *t, const char *state)
{
    const char *bad = strstr(state, "BAD");
    if (bad)
        blame(t, "an invariant is broken", bad);
}

/* The next runs, without a fault; what they say is no matter, where they end is. */
static void go_on(const struct trial *t)
{
    static const char *const hours[] = {"2026-03-01T15:00:00Z", "2026-03-01T16:00:00Z", "2026-03-01T17:00:00Z"};
    static const char *const nights[] = {"2026-03-02T20:00:00Z", "2026-03-04T02:00:00Z", "2026-03-05T08:00:00Z"};
    static const char *const purge[] = {"purge", NULL};
    const char *const *args = t->story->next[0] ? t->story->next : t->story->command;
    for (size_t i = 0; *args; i++) {
        struct told told = run(t->dir, args, hours[i], NULL);
        if (told.died || told.ending.status > 2)
            blame(t, "a later run did not end as it should", told.err);
        while (*args && **args)
            args++;
        args += *args != NULL;
    }
    for (size_t i = 0; t->story->sweeps && i < ARRAY_LEN(nights); i++) {
        struct told told = run(t->dir, purge, nights[i], NULL);
        if (told.died || told.ending.status > 1)
            blame(t, "a later purge did not end as it should", told.err);
    }
}

static void check_ending(const struct trial *t, const struct told *told)
{
    char text[64];
    snprintf(text, sizeof text, "status %d, signal %d", told->ending.status, told->signal);
    if (told->died)
        blame(t, text, told->err);
    if (told->ending.leaked)
        blame(t, "memory leaked", told->err);
    if (told->ending.descriptors != 0)
        blame(t, "descriptors were left open", told->err);
    if (told->ending.status < 0 || told->ending.status > 4)
        blame(t, text, told->err);
    if (told->ending.status >= 2 && told->err[0] == '\0')
        blame(t, "a status without a sentence", text);
}

/* What a run without a fault leaves at once, and what the runs after it leave. */
struct expected { struct told told; char at_once[STATE_MAX], at_end[STATE_MAX]; };

static bool trial_run(struct trial *t, const char *base, const struct expected *expected)
{
    char at_once[STATE_MAX], at_end[STATE_MAX];
    world_copy(base, t->dir);
    struct told told = run(t->dir, t->story->command, "2026-03-01T13:00:00Z", &t->fault);
    check_ending(t, &told);
    world_state(t->dir, at_once);
    check_invariants(t, at_once);
    if (told.ending.status == 0 && expected->told.ending.status == 0)
        compare(t, "status 0, and not everything was done", at_once, expected->at_once);
    go_on(t);
    world_state(t->dir, at_end);
    check_invariants(t, at_end);
    compare(t, "another end than without the fault", at_end, expected->at_end);
    bool hit = told.ending.hits > 0;
    world_remove(t->dir);
    return hit;
}

static void expect(const struct story *story, const char *base, enum fault_kind kind, struct expected *out)
{
    struct trial t = {.story = story, .fault = {.kind = kind}};
    snprintf(t.dir, sizeof t.dir, "%s-expected", base);
    world_copy(base, t.dir);
    out->told = run(t.dir, story->command, "2026-03-01T13:00:00Z", &t.fault);
    check_ending(&t, &out->told);
    if (out->told.ending.status > 1)
        blame(&t, "it does not work without a fault either", out->told.err);
    world_state(t.dir, out->at_once);
    check_invariants(&t, out->at_once);
    go_on(&t);
    world_state(t.dir, out->at_end);
    check_invariants(&t, out->at_end);
    world_remove(t.dir);
}

/* In the short form a few calls, each time others: the fraction of the golden ratio spreads them evenly. */
static void trials(const struct story *story, const char *base, const struct expected *expected, const struct fault *fault, size_t number)
{
    const char *given = getenv("FAULT_STRIDE");
    long stride = given ? strtol(given, NULL, 10) : 0, calls = expected->told.ending.calls;
    struct trial t = {.story = story, .fault = *fault};
    snprintf(t.dir, sizeof t.dir, "%s-trial", base);
    if (stride <= 0) {
        t.fault.at = 1 + (long)((uint64_t)number * 6180 % 10000) * calls / 10000;
        (void)trial_run(&t, base, expected);
        return;
    }
    for (t.fault.at = 1; trial_run(&t, base, expected); t.fault.at += stride)
        continue;
}

static bool wanted(const char *name)
{
    const char *only = getenv("FAULT_STORIES"), *at = only ? strstr(only, name) : NULL;
    return !only || at;
}

struct suite { const struct fault *faults; size_t n; };
static struct suite suite;

static void one_story(void **state)
{
    const struct story *story = *state;
    static struct expected expected;
    char base[WORLD_PATH_MAX];
    world_make(base);
    if (story->prepare)
        story->prepare(base);
    expect(story, base, suite.faults[0].kind, &expected);
    for (size_t i = 0; i < suite.n && expected.told.ending.calls > 0; i++)
        trials(story, base, &expected, &suite.faults[i], (size_t)(story - stories) * suite.n + i);
    world_remove(base);
}

int fault_suite(const struct fault *faults, size_t n)
{
    struct CMUnitTest tests[STORIES_MAX];
    size_t tests_n = 0;
    suite = (struct suite){faults, n};
    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        if (wanted(stories[i].name))
            tests[tests_n++] = (struct CMUnitTest){.name = stories[i].name, .test_func = one_story, .initial_state = (void *)(uintptr_t)&stories[i]};
    (void)unsetenv("EXPUNGE_TOKEN");
    fault_watch_libraries();
    return _cmocka_run_group_tests("faults", tests, tests_n, NULL, NULL);
}

/* Modes, places and ages that the doctor looks at. */
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "engine/doctor.h"

static struct doctor look(struct world *w)
{
    struct doctor d = {.e = w->e, .a = &w->a};
    doctor_files(&d);
    assert_false(d.full);
    return d;
}

static const struct doctor_line *line_of(const struct doctor *d, const char *check, const char *words)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->lines[i].check, check) == 0 && str_contains(d->lines[i].text, words))
            return &d->lines[i];
    return NULL;
}

static void is_said(struct world *w, enum doctor_level level, const char *check, const char *words)
{
    struct doctor d = look(w);
    const struct doctor_line *l = line_of(&d, check, words);
    if (!l)
        for (size_t i = 0; i < d.n; i++)
            print_message("%s: %.*s\n", d.lines[i].check, STR_ARG(d.lines[i].text));
    assert_non_null(l);
    assert_int_equal(l->level, level);
}

static void is_not_said(struct world *w, const char *check, const char *words)
{
    struct doctor d = look(w);
    assert_null(line_of(&d, check, words));
}

static void test_keys_open_to_others(void **state)
{
    struct world *w = *state;
    const char *folder = world_path(w, "keys"), *key = world_path(w, "keys/audit.key");
    is_said(w, DOCTOR_OK, "keys", "its owner alone");
    assert_int_equal(chmod(folder, 0750), 0);
    is_said(w, DOCTOR_PROBLEM, "keys", "chmod go=");
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(chmod(key, 0640), 0);
    is_said(w, DOCTOR_PROBLEM, "keys", "audit.key is open to others");
    assert_int_equal(chmod(key, 0600), 0);
    is_not_said(w, "keys", "open to others");
}

static void test_a_registry_open_to_others(void **state)
{
    struct world *w = *state;
    if (w->registry[0]) /* no file */
        return;
    struct str file = {w->e->config.registry.p + 7, w->e->config.registry.n - 7};
    const char *path = arena_cstr(&w->a, file);
    is_said(w, DOCTOR_OK, "registry file", "its owner alone");
    is_said(w, DOCTOR_WARNING, "keys", "in the folder of the registry");
    assert_int_equal(chmod(path, 0644), 0);
    is_said(w, DOCTOR_PROBLEM, "registry file", "open to others");
    assert_int_equal(chmod(path, 0600), 0);
    struct doctor d = look(w);
    assert_non_null(line_of(&d, "disk", "MB"));
}

static void test_a_configuration_that_tells(void **state)
{
    struct world *w = *state;
    assert_int_equal(chmod(w->config, 0640), 0);
    is_said(w, DOCTOR_OK, "configuration", "owner alone");
    assert_int_equal(chmod(w->config, 0666), 0);
    is_said(w, DOCTOR_PROBLEM, "configuration", "can be written by others");
    assert_int_equal(chmod(w->config, 0640), 0);
    struct str was = world_read(w, "expunge.yaml");
    world_write(w, "expunge.yaml", "registry: \"postgresql://user:pass@db.example.com/x\"\n");
    is_said(w, DOCTOR_PROBLEM, "configuration", "a password stands in");
    world_write(w, "expunge.yaml", "registry: postgresql://user@db.example.com:5432/x\n# x: a://b:c@d\nz: https://example.com/a:b@c\n");
    is_not_said(w, "configuration", "a password");
    world_write(w, "expunge.yaml", arena_cstr(&w->a, was));
}

static void test_a_log_that_is_not_published(void **state)
{
    struct world *w = *state;
    struct str was = w->e->config.audit_publish;
    w->e->config.audit_publish = STR_NONE;
    is_said(w, DOCTOR_PROBLEM, "published", "nowhere");
    w->e->config.audit_publish = arena_str(&w->a, str_of(world_path(w, "elsewhere")));
    is_said(w, DOCTOR_PROBLEM, "published", "no checkpoint");
    w->e->config.audit_publish = was;
}

static void test_a_signing_key_of_old(void **state)
{
    struct world *w = *state;
    struct timespec old[2] = {{.tv_sec = WORLD_NOW_MS / 1000 - 400 * 86400L}, {.tv_sec = WORLD_NOW_MS / 1000 - 400 * 86400L}};
    assert_int_equal(utimensat(AT_FDCWD, world_path(w, "keys/audit.key"), old, 0), 0);
    is_said(w, DOCTOR_WARNING, "signing key", "400 days: `expunge key rotate`");
    old[0].tv_sec = old[1].tv_sec = WORLD_NOW_MS / 1000 - 86400L;
    assert_int_equal(utimensat(AT_FDCWD, world_path(w, "keys/audit.key"), old, 0), 0);
    is_said(w, DOCTOR_OK, "signing key", "younger");
    is_said(w, DOCTOR_OK, "time zones", "installed");
}

#define IN_WORLD(t) cmocka_unit_test_setup_teardown(t, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_keys_open_to_others), IN_WORLD(test_a_registry_open_to_others),
                                       IN_WORLD(test_a_configuration_that_tells), IN_WORLD(test_a_log_that_is_not_published),
                                       IN_WORLD(test_a_signing_key_of_old)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

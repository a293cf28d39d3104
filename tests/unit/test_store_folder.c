/* test_store_folder.c - the driver through the front: the contract, and what only folders do. */
#include "tests/lib/contract_store.h"
#include "tests/lib/folder_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY_2026_07_31_MS INT64_C(1785456000000)

static const char *const ids[] = {"0f1c-a", "0f1c-b", "0f1c-c", "42"};
enum { N = ARRAY_LEN(ids) };

struct world {
    struct folder_world folder;
    struct store_target targets[N];
    char yaml[1024], aside[80];
};

static void put_all(struct world *w)
{
    char path[128], line[256];
    for (size_t i = 0; i < N; i++) {
        (void)snprintf(path, sizeof(path), "rec/2026/07/%s/%s_1.wav", i == 0 ? "30" : "31", ids[i]);
        folder_put(&w->folder, path, "RIFF");
        (void)snprintf(path, sizeof(path), "notes/%s.json", ids[i]);
        (void)snprintf(line, sizeof(line), "{\"phone\":\"+44%zu\",\"agent\":{\"name\":\"A\"},\"n\":%zu}", i, i);
        folder_put(&w->folder, path, line);
    }
}

static void world_make(struct world *w)
{
    folder_world_make(&w->folder);
    for (size_t i = 0; i < N; i++) {
        w->targets[i] = trial_target(ids[i]);
        w->targets[i].started_ms = DAY_2026_07_31_MS + HOUR_MS;
        w->targets[i].ended_ms = DAY_2026_07_31_MS + 2 * HOUR_MS;
    }
    (void)snprintf(w->aside, sizeof(w->aside), "%s-aside", w->folder.dir);
    (void)snprintf(w->yaml, sizeof(w->yaml),
                   "type: folder\npath: %s\ncontrol: .mounted\nplace: acme\nbackup_age: P10D\nartefacts:\n"
                   "  - {kind: recording, key: \"rec/{yyyy}/{mm}/{dd}/{contact_id}*\"}\n"
                   "  - {kind: transcript, key: \"notes/{contact_id}.json\", format: json, fields: [phone, name]}\n",
                   w->folder.dir);
}

static void fill(void *ctx)
{
    struct world *w = ctx;
    folder_world_remove(&w->folder);
    assert_int_equal(mkdir(w->folder.dir, 0700), 0);
    folder_put(&w->folder, ".mounted", "");
    put_all(w);
}

static int64_t left(void *ctx, size_t target)
{
    const struct world *w = ctx;
    char path[128];
    int64_t n = 0;
    for (int away = 0; away < 2; away++) {
        (void)snprintf(path, sizeof(path), "%srec/2026/07/%s/%s_1.wav", away ? ".restricted/" : "",
                       target == 0 ? "30" : "31", ids[target]);
        n += folder_has(&w->folder, path);
        (void)snprintf(path, sizeof(path), "%snotes/%s.json", away ? ".restricted/" : "", ids[target]);
        n += folder_has(&w->folder, path);
    }
    return n;
}

/* What an unmounted file system looks like: an empty folder. */
static void away(void *ctx)
{
    struct world *w = ctx;
    assert_int_equal(rename(w->folder.dir, w->aside), 0);
    assert_int_equal(mkdir(w->folder.dir, 0700), 0);
}

static void back(void *ctx)
{
    struct world *w = ctx;
    assert_int_equal(rmdir(w->folder.dir), 0);
    assert_int_equal(rename(w->aside, w->folder.dir), 0);
}

static bool in_clear(void *ctx, size_t target)
{
    const struct world *w = ctx;
    char path[128], content[65536], phone[32];
    (void)snprintf(path, sizeof(path), "notes/%s.json", ids[target]);
    (void)snprintf(phone, sizeof(phone), "+44%zu", target);
    return strstr(folder_read(&w->folder, path, content), phone) != NULL;
}

static void fulfils_the_contract(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    struct contract_store c = {.yaml = w.yaml,
                               .base_dir = "/",
                               .targets = w.targets,
                               .n = N,
                               .artefacts = 2 * N,
                               .ctx = &w,
                               .fill = fill,
                               .left = left,
                               .away = away,
                               .back = back,
                               .in_clear = in_clear,
                               .effects = EFFECT_RESTRICT};
    contract_store(&c);
    folder_world_remove(&w.folder);
}

/* Recordings cannot be pseudonymised; the notes can. */
static void fields_become_pseudonyms(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    put_all(&w);
    char *recordings = strstr(w.yaml, "  - {kind: recording"), *notes = strstr(w.yaml, "  - {kind: transcript");
    memmove(recordings, notes, strlen(notes) + 1);
    struct trial t;
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    assert_int_equal(t.found_n, N);
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_PSEUDONYMISE);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(trial_change(&t, p, EFFECT_PSEUDONYMISE, t.found, N), OK);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(t.found[i]->outcome, OUT_PSEUDONYMISED);
            assert_false(in_clear(&w, i));
            assert_int_equal(t.found[i]->residuals_n, 1);
        }
        assert_int_equal(trial_verify(&t, t.found, N), OK);
        assert_int_equal(t.found[0]->outcome, OUT_PSEUDONYMISED);
    }
    char content[65536];
    (void)folder_read(&w.folder, "notes/42.json", content);
    assert_non_null(strstr(content, "\"agent\":{\"name\":\"PSN-"));
    assert_non_null(strstr(content, "\"n\":3}"));
    put_all(&w); /* a store that brings the values back */
    assert_int_equal(trial_verify(&t, t.found, N), OK);
    assert_int_equal(t.found[0]->outcome, OUT_PRESENT);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void documents_locators_are_looked_for(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    put_all(&w);
    folder_put(&w.folder, "other/place.wav", "x");
    trial_open(&t, w.yaml, "/");
    struct locator at[] = {{KIND_RECORDING, STR("acme"), STR("other/place.wav")},
                           {KIND_RECORDING, STR("foreign"), STR("notes/42.json")},
                           {KIND_RECORDING, STR("acme"), STR("other/gone.wav")},
                           {KIND_RECORDING, STR("acme"), STR(".mounted")}};
    struct store_target target = trial_target("no-such-file");
    target.locators = at;
    target.locators_n = ARRAY_LEN(at);
    assert_int_equal(trial_find(&t, &target, 1), OK);
    assert_int_equal(t.found_n, 1);
    assert_true(str_is(t.found[0]->locator, "other/place.wav"));
    assert_int_equal(t.seen[0].sight, SIGHT_WHOLE);
    struct locator evil[] = {{KIND_RECORDING, STR("acme"), STR("../outside.wav")},
                             {KIND_SURVEY, STR("acme"), STR("other/place.wav")}};
    for (size_t i = 0; i < 2; i++) { /* a path that leads outside; a kind that is not configured */
        target.locators = &evil[i];
        target.locators_n = 1;
        assert_int_equal(trial_find(&t, &target, 1), OK);
        assert_int_equal(t.found_n, 0);
        assert_int_equal(t.seen[0].sight, SIGHT_UNKNOWN);
    }
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void a_hard_link_is_a_residual(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char from[512], to[512];
    world_make(&w);
    put_all(&w);
    folder_path(&w.folder, "notes/42.json", from);
    folder_path(&w.folder, "copy.json", to);
    assert_int_equal(link(from, to), 0);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, &w.targets[3], 1), OK);
    const struct permit *restrict_permit = trial_permit(&t, &w.targets[3], 1, EFFECT_RESTRICT);
    assert_int_equal(trial_change(&t, restrict_permit, EFFECT_RESTRICT, t.found, t.found_n), OK);
    for (size_t i = 0; i < t.found_n; i++)
        assert_int_equal(t.found[i]->outcome, t.found[i]->kind == KIND_TRANSCRIPT ? OUT_UNRESTRICTED : OUT_RESTRICTED);
    const struct permit *p = trial_permit(&t, &w.targets[3], 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, t.found_n), OK);
    for (size_t i = 0; i < t.found_n; i++) {
        bool linked = t.found[i]->kind == KIND_TRANSCRIPT;
        assert_int_equal(t.found[i]->outcome, OUT_GONE);
        assert_int_equal(t.found[i]->residuals_n, linked ? 2 : 1);
        if (linked) {
            assert_true(str_is(t.found[i]->residuals[0].kind, "hard link"));
            assert_int_equal(t.found[i]->residuals[0].until_ms, TIME_NONE);
        }
        assert_true(str_is(t.found[i]->residuals[linked].kind, "backup"));
        assert_int_equal(t.found[i]->residuals[linked].until_ms, TRIAL_NOW_MS + 10 * DAY_MS);
    }
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void a_folder_named_after_the_contact_goes_when_it_is_empty(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char yaml[1024];
    world_make(&w);
    folder_put(&w.folder, "qa/2026/contact_42/a.json", "{}");
    folder_put(&w.folder, "qa/2026/contact_42/b.json", "{}");
    (void)snprintf(yaml, sizeof(yaml),
                   "type: folder\npath: %s\ncontrol: .mounted\nartefacts:\n"
                   "  - {kind: evaluation, key: \"qa/{yyyy}/contact_{contact_id}/*.json\"}\n", w.folder.dir);
    trial_open(&t, yaml, "/");
    assert_int_equal(trial_find(&t, &w.targets[3], 1), OK);
    assert_int_equal(t.found_n, 2);
    const struct permit *p = trial_permit(&t, &w.targets[3], 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 1), OK);
    assert_true(folder_has(&w.folder, "qa/2026/contact_42"));
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found + 1, 1), OK);
    assert_false(folder_has(&w.folder, "qa/2026/contact_42"));
    assert_true(folder_has(&w.folder, "qa/2026"));
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void a_folder_where_a_file_should_be_leaves_the_contact_unknown(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    put_all(&w);
    folder_put(&w.folder, "rec/2026/07/31/42_parts/1.wav", "RIFF");
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    assert_int_equal(t.seen[3].sight, SIGHT_UNKNOWN);
    assert_int_equal(t.seen[0].sight, SIGHT_WHOLE);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void restricted_and_delivered_again(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char content[65536];
    world_make(&w);
    put_all(&w);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, &w.targets[3], 1), OK);
    struct artefact *note = t.found[0]->kind == KIND_TRANSCRIPT ? t.found[0] : t.found[1];
    const struct permit *p = trial_permit(&t, &w.targets[3], 1, EFFECT_RESTRICT);
    assert_int_equal(trial_change(&t, p, EFFECT_RESTRICT, &note, 1), OK);
    assert_int_equal(note->outcome, OUT_RESTRICTED);
    struct stat st;
    char full[512];
    folder_path(&w.folder, ".restricted/notes/42.json", full);
    assert_int_equal(stat(full, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    folder_put(&w.folder, "notes/42.json", "{}"); /* delivered again: what is kept by law is not overwritten */
    assert_int_equal(trial_change(&t, p, EFFECT_RESTRICT, &note, 1), OK);
    assert_int_equal(note->outcome, OUT_UNRESTRICTED);
    assert_int_equal(trial_verify(&t, &note, 1), OK);
    assert_int_equal(note->outcome, OUT_PRESENT);
    assert_non_null(strstr(folder_read(&w.folder, ".restricted/notes/42.json", content), "+443"));
    p = trial_permit(&t, &w.targets[3], 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, &note, 1), OK);
    assert_int_equal(note->outcome, OUT_GONE);
    assert_false(folder_has(&w.folder, ".restricted/notes/42.json") || folder_has(&w.folder, "notes/42.json"));
    trial_close(&t);
    folder_world_remove(&w.folder);
}

/* The tests may run as root, whom no mode stops: a locator that is not ours stands for what cannot be done. */
static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    put_all(&w);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, &w.targets[3], 1), OK);
    const struct permit *p = trial_permit(&t, &w.targets[3], 1, EFFECT_ERASE);
    const struct { const char *locator; enum outcome outcome; } cases[] = {
        {"../etc/passwd", OUT_UNKNOWN},   {"/etc/passwd", OUT_UNKNOWN}, {"rec/%zz", OUT_UNKNOWN},
        {".mounted", OUT_REFUSED},        {"rec/2026", OUT_RETRY},      {"rec/none.wav", OUT_ABSENT},
        {"rec/2026/x#42", OUT_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        t.found[0]->locator = str_of(cases[i].locator);
        assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 1), OK);
        if (t.found[0]->outcome != cases[i].outcome)
            fail_msg("%s: %s", cases[i].locator, outcome_name(t.found[0]->outcome));
    }
    assert_true(folder_has(&w.folder, ".mounted"));
    if (geteuid() != 0) {
        char full[512];
        folder_path(&w.folder, "notes", full);
        assert_int_equal(chmod(full, 0500), 0);
        t.found[0]->locator = STR("notes/42.json");
        assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 1), OK);
        assert_int_equal(t.found[0]->outcome, OUT_REFUSED);
    }
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void ids_that_cannot_be_names_are_unknown(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    put_all(&w);
    trial_open(&t, w.yaml, "/");
    const char *const odd[] = {"a/b", "../notes/42", ""};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        struct store_target target = trial_target(odd[i]);
        assert_int_equal(trial_find(&t, &target, 1), OK);
        assert_int_equal(t.found_n, 0);
        assert_int_equal(t.seen[0].sight, SIGHT_UNKNOWN);
    }
    struct store_target star = trial_target("*"), dots = trial_target("..");
    assert_int_equal(trial_find(&t, &star, 1), OK);
    assert_int_equal(t.found_n, 0);
    assert_int_equal(trial_find(&t, &dots, 1), OK);
    assert_int_equal(t.found_n, 0);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void configuration_is_checked(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 4 << 20);
    const struct { const char *yaml, *says;
    } cases[] = {
        {"type: folder\ncontrol: c\nartefacts: []\n", "'path' is missing"},
        {"type: folder\npath: p\nartefacts: [{kind: recording, key: \"{contact_id}\"}]\n", "'control' is missing"},
        {"type: folder\npath: p\ncontrol: c\n", "'artefacts' is missing"},
        {"type: folder\npath: p\ncontrol: ../c\nartefacts: [{kind: recording, key: \"{contact_id}\"}]\n",
         "inside the folder"},
        {"type: folder\npath: p\ncontrol: c\nrestricted: a/b\nartefacts: [{kind: recording, key: \"{contact_id}\"}]\n",
         "one plain name"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: recordings, key: \"{contact_id}\"}]\n",
         "no kind of artefact"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: recording, key: \"../{contact_id}\"}]\n", "not names"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: recording, key: \"rec/*\"}]\n",
         "must contain {contact_id}"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: recording, key: \"{contact_id}\", fields: [a]}]\n",
         "needs the format json"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: export, key: \"*\", format: json_lines}]\n",
         "'id_field'"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: export, key: \"*\", format: csv}]\n",
         "choose one of: file"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: email, key: \"{contact_id}\", scope: subject}]\n",
         "'scope' cannot be"},
        {"type: folder\npath: p\ncontrol: c\nartefacts: [{kind: email}]\n", "needs 'kind' and 'key'"},
        {"type: folder\npath: p\ncontrol: c\nlayout: maildir\nartefacts: []\n", "a maildir holds e-mail only"},
        {"type: folder\npath: p\ncontrol: c\nlayout: mbox\nartefacts: []\n", "choose one of: tree maildir"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str problems = trial_problems(&a, cases[i].yaml, "/base");
        if (memmem(problems.p, problems.n, cases[i].says, strlen(cases[i].says)) == NULL)
            fail_msg("%s\nsays: %.*s", cases[i].yaml, STR_ARG(problems));
    }
    assert_true(str_is(trial_problems(&a, "type: folder\npath: p\ncontrol: c\nlayout: maildir\n", "/base"), ""));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fulfils_the_contract),
        cmocka_unit_test(fields_become_pseudonyms),
        cmocka_unit_test(documents_locators_are_looked_for),
        cmocka_unit_test(a_hard_link_is_a_residual),
        cmocka_unit_test(a_folder_named_after_the_contact_goes_when_it_is_empty),
        cmocka_unit_test(a_folder_where_a_file_should_be_leaves_the_contact_unknown),
        cmocka_unit_test(restricted_and_delivered_again),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(ids_that_cannot_be_names_are_unknown),
        cmocka_unit_test(configuration_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

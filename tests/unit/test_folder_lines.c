/* test_folder_lines.c - archives that several contacts share, through the front. */
#include "tests/lib/contract_store.h"
#include "tests/lib/folder_world.h"

#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static const char *const ids[] = {"id-1", "id-2", "4294967296001"};
enum { N = ARRAY_LEN(ids) };

struct world { struct folder_world folder; struct store_target targets[N]; char yaml[512], aside[80]; };

static void fill(void *ctx)
{
    struct world *w = ctx;
    folder_put(&w->folder, ".mounted", "");
    folder_put(&w->folder, "2026/a.jsonl",
               "{\"c\":{\"id\":\"id-1\"},\"phone\":\"+1\"}\n"
               "{\"c\":{\"id\":\"id-10\"},\"phone\":\"+10\"}\n"
               "\n"
               "{\"c\":{\"id\":\"\\u0069d-2\"},\"phone\":\"+2\"}\n"
               "{\"c\":{\"id\":4294967296001},\"phone\":\"+3\"}\n"
               "{\"c\":{\"id\":\"id-1\"},\"phone\":\"+1\"}\n"
               "{\"other\":\"id-1\"}");
    folder_put(&w->folder, "2026/b.jsonl",
               "{\"c\":{\"id\":\"id-2\"},\"phone\":\"+2\"}\r\n{\"c\":{\"id\":\"x\"},\"phone\":\"+9\"}\r\n");
}

static void world_make(struct world *w)
{
    folder_world_make(&w->folder);
    for (size_t i = 0; i < N; i++)
        w->targets[i] = trial_target(ids[i]);
    (void)snprintf(w->aside, sizeof(w->aside), "%s-aside", w->folder.dir);
    (void)snprintf(
        w->yaml, sizeof(w->yaml),
        "type: folder\npath: %s\ncontrol: .mounted\nartefacts:\n"
        "  - {kind: event_record, key: \"{yyyy}/*.jsonl\", format: json_lines, id_field: c.id, fields: [phone]}\n",
        w->folder.dir);
}

static bool contains(const struct world *w, const char *path, const char *text)
{
    char content[65536];
    return strstr(folder_read(&w->folder, path, content), text) != NULL;
}

static int64_t left(void *ctx, size_t target)
{
    static const char *const marks[N][2] = {
        {"\"id-1\"},", "\"id-1\"},"}, {"\\u0069d-2", "\"id-2\"}"}, {"296001", "296001"}};
    const struct world *w = ctx;
    bool rewritten = target == 1 && contains(w, "2026/a.jsonl", "\"id-2\"");
    return contains(w, "2026/a.jsonl", marks[target][0]) + contains(w, "2026/b.jsonl", marks[target][1]) + rewritten;
}

static bool in_clear(void *ctx, size_t target)
{
    static const char *const phones[N] = {"\"+1\"", "\"+2\"", "\"+3\""};
    return contains(ctx, "2026/a.jsonl", phones[target]) || contains(ctx, "2026/b.jsonl", phones[target]);
}

static void away(void *ctx)
{
    char path[512];
    folder_path(&((struct world *)ctx)->folder, ".mounted", path);
    assert_int_equal(unlink(path), 0);
}

static void back(void *ctx)
{
    folder_put(&((struct world *)ctx)->folder, ".mounted", "");
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
                               .artefacts = N + 1,
                               .ctx = &w,
                               .fill = fill,
                               .left = left,
                               .in_clear = in_clear,
                               .away = away,
                               .back = back,
                               .effects = EFFECT_PSEUDONYMISE};
    contract_store(&c);
    folder_world_remove(&w.folder);
}

static void other_lines_stay_byte_for_byte(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char content[65536];
    world_make(&w);
    fill(&w);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    struct artefact *two = trial_found(&t, 0, 0);
    assert_int_equal(two->count, 2);
    assert_int_equal(two->scope, SCOPE_CONTACT);
    assert_true(str_is(two->locator, "2026/a.jsonl#id-1"));
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, t.found_n), OK);
    assert_string_equal(folder_read(&w.folder, "2026/a.jsonl", content),
                        "{\"c\":{\"id\":\"id-10\"},\"phone\":\"+10\"}\n\n{\"other\":\"id-1\"}");
    assert_string_equal(folder_read(&w.folder, "2026/b.jsonl", content), "{\"c\":{\"id\":\"x\"},\"phone\":\"+9\"}\r\n");
    assert_int_equal(folder_files(&w.folder), 2);
    /* A locator of the archive itself is never obeyed. */
    two->locator = STR("2026/a.jsonl");
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, &two, 1), OK);
    assert_int_equal(two->outcome, OUT_REFUSED);
    assert_true(folder_has(&w.folder, "2026/a.jsonl"));
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void the_same_id_of_two_sources_is_told_to_both(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    fill(&w);
    struct store_target both[2] = {w.targets[0], w.targets[0]};
    both[1].contact.b[0] ^= 1;
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, both, 2), OK);
    assert_int_equal(t.found_n, 2);
    const struct permit *p = trial_permit(&t, both, 2, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 2), OK);
    assert_int_equal(t.found[0]->outcome, OUT_GONE);
    assert_int_equal(t.found[1]->outcome, OUT_GONE);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void what_cannot_be_read_is_unknown(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    fill(&w);
    trial_open(&t, w.yaml, "/");
    folder_put(&w.folder, "2026/c.jsonl", "not JSON, but about id-1\n");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    assert_int_equal(t.seen[0].sight, SIGHT_UNKNOWN);
    assert_int_equal(t.seen[1].sight, SIGHT_WHOLE);
    struct artefact *a = trial_found(&t, 0, 0);
    a->locator = STR("2026/c.jsonl#id-1");
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_UNKNOWN);
    assert_int_equal(trial_verify(&t, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_UNKNOWN);
    folder_put(&w.folder, "2026/c.jsonl", "\x1f\x8b packed");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(t.seen[i].sight, SIGHT_UNKNOWN);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void lines_cannot_be_restricted(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    fill(&w);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_RESTRICT);
    assert_int_equal(trial_change(&t, p, EFFECT_RESTRICT, t.found, t.found_n), OK);
    assert_int_equal(t.found[0]->outcome, OUT_UNRESTRICTED);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

/* Another visit rewrites the archive: what it leaves behind is a new file, in which the line is still to be erased. */
struct other { struct world *w; pthread_barrier_t locked; };

static void *rewrite_meanwhile(void *arg)
{
    struct other *o = arg;
    char path[512], temp[600];
    folder_path(&o->w->folder, "2026/b.jsonl", path);
    (void)snprintf(temp, sizeof(temp), "%s.tmp", path);
    int fd = open(path, O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    pthread_barrier_wait(&o->locked);
    clock_sleep_ms(100);
    folder_put(&o->w->folder, "2026/b.jsonl.tmp", "{\"c\":{\"id\":\"id-2\"},\"phone\":\"+2\"}\n{\"c\":{\"id\":\"new\"},\"phone\":\"+7\"}\n");
    assert_int_equal(rename(temp, path), 0);
    (void)close(fd);
    return NULL;
}

static void another_visits_rewriting_is_waited_for(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    struct other o = {.w = &w};
    pthread_t thread;
    world_make(&w);
    fill(&w);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, &w.targets[1], 1), OK);
    const struct permit *p = trial_permit(&t, &w.targets[1], 1, EFFECT_ERASE);
    assert_int_equal(t.found_n, 2);
    assert_int_equal(pthread_barrier_init(&o.locked, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, rewrite_meanwhile, &o), 0);
    pthread_barrier_wait(&o.locked);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, t.found_n), OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(t.found[0]->outcome, OUT_GONE);
    assert_int_equal(t.found[1]->outcome, OUT_GONE);
    assert_true(contains(&w, "2026/b.jsonl", "\"new\""));
    assert_false(contains(&w, "2026/b.jsonl", "id-2"));
    pthread_barrier_destroy(&o.locked);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_visits_rewriting_is_waited_for),
        cmocka_unit_test(fulfils_the_contract),
        cmocka_unit_test(other_lines_stay_byte_for_byte),
        cmocka_unit_test(the_same_id_of_two_sources_is_told_to_both),
        cmocka_unit_test(what_cannot_be_read_is_unknown),
        cmocka_unit_test(lines_cannot_be_restricted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_folder_crew.c - whole files by several threads: each once, every outcome exact. */
#include "tests/lib/folder_world.h"

#include "base/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { FILES = 300, FOLDERS = 7 };

struct world {
    struct folder_world folder;
    struct arena a;
    struct folder f;
    struct folder_entry entry;
    struct epoch_watch watch;
    struct gate gate;
    struct store_call call;
    struct artefact artefacts[FILES];
    struct folder_files x;
    char paths[FILES][32];
    int root;
    _Atomic int questions; /* to the gate; at the last of them a hold comes */
    int hold_at;
};

static int64_t now(void *ctx)
{
    struct world *w = ctx;
    if (atomic_fetch_add(&w->questions, 1) == w->hold_at)
        w->watch.epoch = 2;
    return 1000;
}

static void world_make(struct world *w, size_t threads)
{
    *w = (struct world){.hold_at = -1};
    w->watch = (struct epoch_watch){.epoch = 1, .read_ms = 1000, .clock = now, .clock_ctx = w, .stale_after_ms = 1000};
    folder_world_make(&w->folder);
    arena_init(&w->a, 8 << 20);
    w->entry = (struct folder_entry){.kind = KIND_RECORDING, .format = FOLDER_FILE};
    assert_int_equal(key_pattern_parse(STR("{dd}/{contact_id}*"), &w->a, &w->entry.key, NULL), OK);
    w->f = (struct folder){.restricted = STR("away"), .threads = threads, .entries = &w->entry, .entries_n = 1};
    w->gate = (struct gate){.epoch = 1, .until_ms = 2000, .watch = &w->watch};
    w->call = (struct store_call){.a = &w->a, .gate = &w->gate, .deadline_ms = INT64_MAX};
    w->root = open(w->folder.dir, O_RDONLY | O_DIRECTORY);
    folder_files_begin(&w->x, &w->f, w->root, &w->call);
    for (size_t i = 0; i < FILES; i++) {
        (void)snprintf(w->paths[i], sizeof(w->paths[i]), "%02zu/c-%03zu.wav", i * FOLDERS / FILES, i);
        w->artefacts[i] = (struct artefact){.kind = KIND_RECORDING};
        folder_put(&w->folder, w->paths[i], "x");
        assert_int_equal(folder_files_add(&w->x, str_of(w->paths[i]), &w->artefacts[i], NULL), OK);
    }
}

static void world_remove(struct world *w)
{
    fd_close(&w->root);
    arena_release(&w->a);
    folder_world_remove(&w->folder);
}

static size_t answered(const struct world *w, enum outcome outcome)
{
    size_t n = 0;
    for (size_t i = 0; i < FILES; i++)
        n += w->artefacts[i].outcome == outcome;
    return n;
}

static void every_file_is_removed_once(void **state)
{
    (void)state;
    static const size_t threads[] = {0, 1, 2, 16, 64, 1000};
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        struct world w;
        world_make(&w, threads[i]);
        assert_int_equal(folder_erase_remove(&w.x, NULL), OK);
        assert_int_equal(w.x.sync.n, FOLDERS); /* each folder once, whoever changed it */
        assert_int_equal(folder_erase_end(&w.x, NULL), OK);
        assert_int_equal(answered(&w, OUT_GONE), FILES);
        assert_int_equal(folder_files(&w.folder), 0);
        assert_int_equal(w.call.calls, FILES);
        assert_int_equal(w.questions, FILES); /* the gate before each */
        world_remove(&w);
    }
}

static void a_hold_stops_every_thread(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, 16);
    w.hold_at = 100;
    assert_int_equal(folder_erase_remove(&w.x, NULL), OK);
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    size_t gone = answered(&w, OUT_GONE), held = answered(&w, OUT_HELD);
    assert_int_equal(gone + held, FILES);
    assert_int_equal(w.questions, FILES);
    assert_in_range(gone, 1, 101 + 16); /* those let through before, and what each thread had in hand */
    for (size_t i = 0; i < FILES; i++)
        assert_int_equal(folder_has(&w.folder, w.paths[i]), w.artefacts[i].outcome == OUT_HELD);
    world_remove(&w);
}

static void what_is_not_there_is_absent_and_the_rest_is_gone(void **state)
{
    (void)state;
    struct world w;
    char path[512];
    world_make(&w, 16);
    for (size_t i = 0; i < FILES; i += 3) {
        folder_path(&w.folder, w.paths[i], path);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(folder_erase_remove(&w.x, NULL), OK);
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    for (size_t i = 0; i < FILES; i++)
        assert_int_equal(w.artefacts[i].outcome, i % 3 == 0 ? OUT_ABSENT : OUT_GONE);
    world_remove(&w);
}

static void each_is_read_back(void **state)
{
    (void)state;
    struct world w;
    char path[512];
    world_make(&w, 16);
    for (size_t i = 0; i < FILES; i += 5) {
        folder_path(&w.folder, w.paths[i], path);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(folder_files_each(&w.x, folder_file_verify, NULL), OK);
    for (size_t i = 0; i < FILES; i++)
        assert_int_equal(w.artefacts[i].outcome, i % 5 == 0 ? OUT_ABSENT : OUT_PRESENT);
    assert_int_equal(w.call.calls, 2 * FILES);
    world_remove(&w);
}

struct meeting { pthread_barrier_t all; };
static struct meeting meeting;

static void meet(struct folder_hand *hand, struct folder_file *file)
{
    (void)file;
    hand->call.calls++;
    pthread_barrier_wait(&meeting.all); /* alone it would wait for ever */
}

static void as_many_work_as_were_asked_for(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, 10);
    assert_int_equal(pthread_barrier_init(&meeting.all, NULL, 10), 0);
    assert_int_equal(folder_files_each(&w.x, meet, NULL), OK); /* 30 meetings of 10 */
    assert_int_equal(w.call.calls, FILES);
    pthread_barrier_destroy(&meeting.all);
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_removed_once),
        cmocka_unit_test(a_hold_stops_every_thread),
        cmocka_unit_test(what_is_not_there_is_absent_and_the_rest_is_gone),
        cmocka_unit_test(each_is_read_back),
        cmocka_unit_test(as_many_work_as_were_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

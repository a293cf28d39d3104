#include "audit/verify.h"
#include "base/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ORIGIN "log.example/2026"
enum { ENTRIES = 300 };

static char dir[64];
static struct note_skey key;
static struct note_vkey vkey;
static struct hash leaves[ENTRIES];
static struct arena arena;

/* Entry 0 is an intent over all the others, which are its outcomes. */
static enum status next(void *ctx, uint64_t index, struct str *out, struct err *err)
{
    char *text = ctx;
    int n;

    (void)err;
    if (index == 0)
        n = snprintf(text, 1024,
                     "{\"actor\":\"a\",\"at\":1000,\"chains_root\":\"" HASH "\",\"effects\":[\"erase\"],\"id\":"
                     "\"%032x\",\"n\":%d,\"policy\":\"p\",\"reason\":\"OPERATOR\",\"stores\":[\"s\"],"
                     "\"type\":\"INTENT\",\"v\":1}",
                     0, ENTRIES);
    else
        n = snprintf(text, 1024,
                     "{\"actor\":\"a\",\"at\":1000,\"chain\":\"" HASH "\",\"id\":\"%032x\",\"ids\":[],"
                     "\"intent\":\"%032x\","
                     "\"stores\":{\"s\":{\"gone\":%u}},\"type\":\"OUTCOME\",\"v\":1,\"verdict\":\"VERIFYING\"}",
                     (unsigned)index, 0, (unsigned)index);
    *out = (struct str){text, (size_t)n};
    return OK;
}

static const char *file(const char *name)
{
    static char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void publish(uint64_t from, uint64_t to)
{
    char text[1024];
    struct entry_source source = {.ctx = text, .next = next};
    struct tree_head old = {from, merkle_root(leaves, (size_t)from)}, new = {to, merkle_root(leaves, (size_t)to)};
    struct checkpoint cp = {.origin = STR(ORIGIN), .size = to, .root = new.root};
    struct buf note;
    struct err err;

    assert_int_equal(tiles_extend(dir, &old, &new, &source, &err), OK);
    buf_init(&note, NOTE_BYTES_MAX);
    assert_int_equal(checkpoint_sign(&cp, &key, 1, &note, &err), OK);
    assert_int_equal(file_write(file("checkpoint"), buf_view(&note), 0644, &err), OK);
    buf_release(&note);
}

static int each_setup(void **state)
{
    (void)state;
    unsigned char seed[KEY_BYTES] = {5};
    char text[1024];
    struct str entry;
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    arena_init(&arena, 16 << 20);
    note_skey_init(&key, STR(ORIGIN), NOTE_ED25519, seed);
    vkey = note_vkey_of(&key);
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(next(text, i, &entry, &err), OK);
        leaves[i] = merkle_leaf(entry);
    }
    (void)snprintf(dir, sizeof(dir), "%s/verify-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(dir));
    publish(0, 200); /* so that there are files of an earlier size */
    publish(200, ENTRIES);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int each_teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

/* By one thread and by several: the answer is the same to the byte. */
static struct verify_report verify(void)
{
    struct verify_report report, others;
    struct verify_how alone = {.threads = 1}, three = {.threads = 3};
    struct err err;

    arena_reset(&arena);
    assert_int_equal(verify_directory(dir, STR_NONE, &vkey, 1, &alone, &arena, &report, &err), OK);
    assert_int_equal(verify_directory(dir, STR_NONE, &vkey, 1, &three, &arena, &others, &err), OK);
    assert_true(report.ok == others.ok && report.entries_verified == others.entries_verified &&
                report.checkpoint_verified == others.checkpoint_verified);
    assert_memory_equal(&report.mismatch, &others.mismatch, sizeof(report.mismatch));
    assert_memory_equal(&report.meaning, &others.meaning, sizeof(report.meaning));
    return report;
}

/* Another program's opinion: tests/verify_log.py, where Python is installed. */
static int python_says(void)
{
    struct buf text;
    int how = 0;

    buf_init(&text, 1024);
    note_vkey_format(&vkey, &text);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        (void)execlp("python3", "python3", "tests/verify_log.py", dir, "--vkey", text.p, (char *)NULL);
        _exit(127);
    }
    buf_release(&text);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    return WEXITSTATUS(how);
}

static void tick(void *ctx, uint64_t done, uint64_t total)
{
    uint64_t *last = ctx;

    assert_true(done > *last && done <= total && total == ENTRIES);
    *last = done;
}

static void a_sound_log_verifies(void **state)
{
    (void)state;
    uint64_t last = 0;
    struct verify_how progress = {.ctx = &last, .tick = tick};
    struct verify_report r;
    struct err err;
    struct hash root = merkle_root(leaves, ENTRIES);

    assert_int_equal(verify_directory(dir, STR(ORIGIN), &vkey, 1, &progress, &arena, &r, &err), OK);
    assert_true(r.ok && r.checkpoint_verified && !r.mismatch.any);
    assert_true(r.size == ENTRIES && r.entries_verified == ENTRIES && last == ENTRIES && hash_eq(&r.root, &root));
    assert_true(str_is(r.origin, ORIGIN) && str_starts(r.vkey, STR(ORIGIN "+")));
    assert_true(r.meaning.intents == 1 && r.meaning.intents_open == 1);
    if (python_says() != 127)
        assert_int_equal(python_says(), 0);
}

static size_t flips, found;

static int flip_in_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    int fd = type == FTW_F ? open(path, O_RDWR) : -1;

    for (off_t at = st->st_size > 331 ? 5 : 0; fd >= 0 && at < st->st_size; at += 331) {
        unsigned char byte, other;

        assert_int_equal(pread(fd, &byte, 1, at), 1);
        other = byte ^ (unsigned char)(1 << (at % 8));
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        struct verify_report r = verify();
        flips++;
        found += !r.ok && r.mismatch.any && r.mismatch.path[0] && r.mismatch.expected[0] && r.mismatch.got[0];
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    fd_close(&fd);
    return 0;
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    flips = found = 0;
    assert_int_equal(nftw(dir, flip_in_file, 16, FTW_PHYS), 0);
    assert_true(flips > 300);
    assert_int_equal(found, flips);
    assert_true(verify().ok);
}

static void flip(const char *name, off_t at)
{
    unsigned char byte;
    int fd = open(file(name), O_RDWR);

    assert_true(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    fd_close(&fd);
}

static void the_place_is_named(void **state)
{
    (void)state;
    flip("tile/0/000", 32 * 77 + 3);
    struct verify_report r = verify();
    assert_true(!r.ok && r.mismatch.has_index && r.mismatch.index == 77);
    assert_string_equal(r.mismatch.path, "tile/0/000");
    assert_int_equal(strlen(r.mismatch.expected), 64);
    assert_int_equal(strncmp(r.mismatch.expected, r.mismatch.got, 6), 0);
    assert_int_not_equal(strcmp(r.mismatch.expected, r.mismatch.got), 0);
    if (python_says() != 127)
        assert_int_equal(python_says(), 4);
    flip("tile/0/000", 32 * 77 + 3);

    flip("tile/0/001.p/44", 32 * 43);
    r = verify();
    assert_true(r.mismatch.index == 299);
    flip("tile/0/001.p/44", 32 * 43);

    flip("tile/1/000.p/1", 0);
    r = verify();
    assert_true(r.mismatch.index == 0);
    assert_string_equal(r.mismatch.path, "tile/1/000.p/1");
    flip("tile/1/000.p/1", 0);

    flip("tile/entries/000.p/200", 1000);
    r = verify();
    assert_string_equal(r.mismatch.path, "tile/entries/000.p/200");
    if (python_says() != 127)
        assert_int_equal(python_says(), 4);
}

static void missing_and_cut_files_are_named(void **state)
{
    (void)state;
    static const char *const FILES[] = {"checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
                                        "tile/entries/000", "tile/entries/001.p/44"};
    struct arena a;
    struct err err;

    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        struct str content;
        struct verify_report r;

        assert_int_equal(file_read(file(FILES[i]), 1 << 20, &a, &content, &err), OK);
        assert_int_equal(truncate(file(FILES[i]), (off_t)content.n - 1), 0);
        r = verify();
        assert_true(!r.ok && r.mismatch.any);
        assert_string_equal(r.mismatch.path, FILES[i]);
        assert_int_equal(unlink(file(FILES[i])), 0);
        r = verify();
        assert_true(!r.ok && r.mismatch.any);
        assert_string_equal(r.mismatch.path, FILES[i]);
        assert_string_equal(r.mismatch.got, "missing");
        assert_int_equal(file_write(file(FILES[i]), content, 0644, &err), OK);
    }
    assert_true(verify().ok);
    arena_release(&a);
}

static void a_folder_in_place_of_a_file_and_a_huge_file(void **state)
{
    (void)state;
    assert_int_equal(unlink(file("tile/0/001.p/44")), 0);
    assert_int_equal(mkdir(file("tile/0/001.p/44"), 0755), 0);
    assert_true(verify().mismatch.any);
    assert_int_equal(rmdir(file("tile/0/001.p/44")), 0);
    FILE *f = fopen(file("tile/0/001.p/44"), "w");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), TILE_BYTES + 1), 0);
    assert_int_equal(fclose(f), 0);
    assert_true(verify().mismatch.any);
}

static void another_key_or_log_is_not_believed(void **state)
{
    (void)state;
    unsigned char seed[KEY_BYTES] = {6};
    struct note_skey other;
    struct verify_report r;
    struct err err;

    note_skey_init(&other, STR(ORIGIN), NOTE_ED25519, seed);
    struct note_vkey wrong = note_vkey_of(&other);
    assert_int_equal(verify_directory(dir, STR_NONE, &wrong, 1, NULL, &arena, &r, &err), OK);
    assert_true(!r.ok && !r.checkpoint_verified && r.mismatch.any && r.entries_verified == 0);
    assert_int_equal(verify_directory(dir, STR("log.example/2025"), &vkey, 1, NULL, &arena, &r, &err), OK);
    assert_true(!r.ok && r.mismatch.any);
}

/* Tiles and entries rewritten together still do not have the signed root. */
static void a_log_rewritten_as_a_whole_has_another_root(void **state)
{
    (void)state;
    struct hash other[1] = {merkle_leaf(STR("x"))};
    struct checkpoint cp = {.origin = STR(ORIGIN), .size = ENTRIES, .root = other[0]};
    struct buf note;
    struct err err;

    buf_init(&note, NOTE_BYTES_MAX);
    assert_int_equal(checkpoint_sign(&cp, &key, 1, &note, &err), OK);
    assert_int_equal(file_write(file("checkpoint"), buf_view(&note), 0644, &err), OK);
    buf_release(&note);
    struct verify_report r = verify();
    assert_true(!r.ok && r.checkpoint_verified && !r.mismatch.has_index);
    assert_string_equal(r.mismatch.what, "root of the tree");
}

static void files_written_ahead_of_the_checkpoint_do_no_harm(void **state)
{
    (void)state;
    struct arena a;
    struct str old;
    struct err err;

    assert_int_equal(nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH), 0);
    assert_int_equal(mkdir(dir, 0755), 0);
    arena_init(&a, 1 << 20);
    publish(0, 250);
    assert_int_equal(file_read(file("checkpoint"), 4096, &a, &old, &err), OK);
    publish(250, ENTRIES);
    assert_int_equal(file_write(file("checkpoint"), old, 0644, &err), OK);
    struct verify_report r = verify();
    assert_true(r.ok && r.size == 250);
    assert_int_equal(unlink(file("tile/0/000.p/250")), 0); /* the full ones serve */
    assert_int_equal(unlink(file("tile/entries/000.p/250")), 0);
    assert_true(verify().ok);
    if (python_says() != 127)
        assert_int_equal(python_says(), 0);
    flip("tile/0/000", 32 * 249);
    assert_false(verify().ok);
    arena_release(&a);
}

/* One buffer a thread, as the registry has one connection a thread. */
struct elsewhere {
    char *text[4];
    enum status (*next)(void *ctx, uint64_t index, struct str *out, struct err *err);
};

static enum status read_block(void *ctx, unsigned thread, uint64_t first, size_t n, struct str *entries,
                              struct err *err)
{
    struct elsewhere *e = ctx;

    assert_true(thread < ARRAY_LEN(e->text) && first % TILE_WIDTH == 0 && n > 0 && n <= TILE_WIDTH);
    for (size_t i = 0; i < n; i++)
        TRY(e->next(e->text[thread] + i * 1024, first + i, &entries[i], err));
    return OK;
}

static void elsewhere_init(struct elsewhere *e, struct entry_blocks *blocks)
{
    *e = (struct elsewhere){.next = next};
    for (size_t i = 0; i < ARRAY_LEN(e->text); i++) {
        e->text[i] = calloc(TILE_WIDTH, 1024);
        assert_non_null(e->text[i]);
    }
    *blocks = (struct entry_blocks){.ctx = e, .threads = ARRAY_LEN(e->text), .read = read_block};
}

static void elsewhere_release(struct elsewhere *e)
{
    for (size_t i = 0; i < ARRAY_LEN(e->text); i++)
        free(e->text[i]);
}

static void entries_from_elsewhere_verify_alike(void **state)
{
    (void)state;
    struct elsewhere e;
    struct entry_blocks blocks;
    struct hash root = merkle_root(leaves, ENTRIES), empty = merkle_empty_root();
    struct verify_report r;
    struct err err;

    elsewhere_init(&e, &blocks);
    for (unsigned threads = 1; threads <= 8; threads++) {
        struct verify_how how = {.threads = threads}; /* more than there may be are not made */

        assert_int_equal(verify_entries(&blocks, ENTRIES, &root, &how, &r, &err), OK);
        assert_true(r.ok && r.entries_verified == ENTRIES && r.meaning.intents_open == 1 && !r.checkpoint_verified);
        assert_true(r.open_n == 1 && r.open[0].index == 0 && r.open[0].owing == 1);
        root.b[0] ^= 1;
        assert_int_equal(verify_entries(&blocks, ENTRIES, &root, &how, &r, &err), OK);
        assert_true(!r.ok && r.mismatch.any && r.entries_verified == ENTRIES);
        root.b[0] ^= 1;
        assert_int_equal(verify_entries(&blocks, 0, &empty, &how, &r, &err), OK);
        assert_true(r.ok);
    }
    elsewhere_release(&e);
}

static enum status bad_next(void *ctx, uint64_t index, struct str *out, struct err *err)
{
    TRY(next(ctx, index, out, err));
    if (index == 7)
        *out = STR("{\"v\":1}");
    return index == 290 ? FAIL(err, E_IO, "disk") : OK;
}

/* What comes behind the first bad entry is not heeded, whichever thread met it first. */
static void a_bad_entry_stops_with_its_index(void **state)
{
    (void)state;
    struct elsewhere e;
    struct entry_blocks blocks;
    struct hash root = merkle_root(leaves, ENTRIES);
    struct verify_report r;
    struct err err;

    elsewhere_init(&e, &blocks);
    e.next = bad_next;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct verify_how how = {.threads = threads};

        assert_int_equal(verify_entries(&blocks, ENTRIES, &root, &how, &r, &err), OK);
        assert_true(!r.ok && r.mismatch.has_index && r.mismatch.index == 7 && r.entries_verified == 7);
    }
    elsewhere_release(&e);
}

static enum status failing_next(void *ctx, uint64_t index, struct str *out, struct err *err)
{
    return index == 290 ? FAIL(err, E_IO, "disk") : next(ctx, index, out, err);
}

static void a_failing_disk_is_no_answer(void **state)
{
    (void)state;
    struct elsewhere e;
    struct entry_blocks blocks;
    struct hash root = merkle_root(leaves, ENTRIES);
    struct verify_report r;
    struct err err;

    elsewhere_init(&e, &blocks);
    e.next = failing_next;
    assert_int_equal(verify_entries(&blocks, ENTRIES, &root, NULL, &r, &err), E_IO);
    assert_string_equal(err.text, "disk");
    assert_false(r.ok);
    elsewhere_release(&e);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, each_setup, each_teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_sound_log_verifies),
        EACH(every_flipped_bit_is_found),
        EACH(the_place_is_named),
        EACH(missing_and_cut_files_are_named),
        EACH(a_folder_in_place_of_a_file_and_a_huge_file),
        EACH(another_key_or_log_is_not_believed),
        EACH(a_log_rewritten_as_a_whole_has_another_root),
        EACH(files_written_ahead_of_the_checkpoint_do_no_harm),
        EACH(entries_from_elsewhere_verify_alike),
        EACH(a_bad_entry_stops_with_its_index),
        EACH(a_failing_disk_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

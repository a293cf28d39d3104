#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "registry/sqlite.h"

struct place { char dir[64], path[128], url[160]; };

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/expunge-sqlite-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof(p->path), "%s/r.db", p->dir);
    snprintf(p->url, sizeof(p->url), "sqlite:%s", p->path);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char file[160];
    static const char *const ends[] = {"", "-wal", "-shm", ".copy"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(file, sizeof(file), "%s%s", p->path, ends[i]);
        unlink(file);
    }
    rmdir(p->dir);
    free(p);
    return 0;
}


static struct entry entry_of(unsigned char id)
{
    return (struct entry){.id = {id}, .body = STR("body"), .type = STR("RUN"), .at_ms = id, .actor = STR("a")};
}

/* A group that fails after its entry leaves no gap in the positions. */
static void test_no_gaps(void **state)
{
    struct place *p = *state;
    struct backend b;
    uint64_t size, looked_to;
    struct entry e1 = entry_of(1), twice[] = {entry_of(2), entry_of(1)}, e3 = entry_of(3), *out;
    struct group groups[] = {{.entries = &e1, .entries_n = 1}, {.entries = twice, .entries_n = 2},
                             {.entries = &e3, .entries_n = 1}};
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct arena a;
    size_t n;
    arena_init(&a, 1 << 20);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    assert_int_equal(sqlite_number(&b, &size, NULL), OK);
    assert_int_equal(size, 0);
    assert_int_equal(sqlite_commit(&b, groups, 3, NULL), OK);
    assert_int_equal(groups[1].result, E_CONFLICT);
    assert_int_equal(sqlite_number(&b, &size, NULL), OK);
    assert_int_equal(size, 2);
    assert_int_equal(sqlite_entries(&b, &q, 10, &a, &out, &n, &looked_to, NULL), OK);
    assert_int_equal(n, 2);
    assert_true(out[1].index == 1 && out[1].id[0] == 3);
    q.from = UINT64_MAX;
    assert_int_equal(sqlite_entries(&b, &q, 10, &a, &out, &n, &looked_to, NULL), OK);
    assert_int_equal(n, 0);
    backend_close(&b);
    arena_release(&a);
}

static void test_no_room(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct entry e = entry_of(1), *out = NULL;
    struct group g = {.entries = &e, .entries_n = 1};
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct arena a;
    size_t n = 7;
    uint64_t looked_to;
    arena_init(&a, 16);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    assert_int_equal(sqlite_commit(&b, &g, 1, NULL), OK);
    assert_int_equal(sqlite_entries(&b, &q, 10, &a, &out, &n, &looked_to, NULL), E_LIMIT);
    assert_int_equal(n, 7);
    backend_close(&b);
    arena_release(&a);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_no_gaps), TEST(test_no_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

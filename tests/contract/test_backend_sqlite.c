/* The SQLite backend through the suite of every backend: on a file, in memory, made weak, and with levels so small that keys
 * sink with nearly every write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "registry/sqlite.h"
#include "tests/lib/conform_backend.h"
#include "tests/lib/weak_backend.h"

struct place { char dir[64]; char url[128]; bool weak, sinking; uint64_t opened; };

/* Every second write is a load. */
static enum status either_write(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    static uint64_t writes;
    return __atomic_add_fetch(&writes, 1, __ATOMIC_RELAXED) % 2 ? sqlite_load(b, groups, n, err) : sqlite_commit(b, groups, n, err);
}

static void let_sink(struct backend *b)
{
    static struct backend_driver sinking;
    if (sinking.scheme == NULL) { /* the first is opened before any thread begins */
        sinking = *b->driver;
        sinking.commit = either_write;
    }
    b->driver = &sinking;
    struct sqlite *s = b->own;
    s->level_max[0] = 2;
    s->level_max[1] = 3;
}

static void open_place(void *ctx, bool create, struct backend *out)
{
    struct place *p = ctx;
    struct err err = {0};
    if (backend_open(str_of(p->url), create, out, &err) != OK)
        fail_msg("%s", err.text);
    if (p->sinking)
        let_sink(out);
    if (p->weak)
        weak_wrap(out, str_of(p->url), __atomic_add_fetch(&p->opened, 1, __ATOMIC_RELAXED));
}

static void remove_place(void *ctx)
{
    struct place *p = ctx;
    char path[160];
    const char *file = strchr(p->url, '/');
    if (file == NULL)
        return;
    unlink(file);
    snprintf(path, sizeof(path), "%s-wal", file);
    assert_int_equal(access(path, F_OK), -1); /* the last connection takes the log in */
}

int main(void)
{
    struct place file = {.dir = "/tmp/expunge-backend-XXXXXX"}, weak, sinking, memory = {.url = "sqlite:memory:conform"};
    assert_non_null(mkdtemp(file.dir));
    snprintf(file.url, sizeof(file.url), "sqlite:%s/r.db", file.dir);
    weak = file;
    weak.weak = true;
    sinking = file;
    sinking.sinking = true;
    int failed = conform_backend(&(struct conform){"sqlite on a file", &file, open_place, remove_place, false});
    failed += conform_backend(&(struct conform){"sqlite in memory", &memory, open_place, remove_place, false});
    failed += conform_backend(&(struct conform){"sqlite made weak", &weak, open_place, remove_place, true});
    failed += conform_backend(&(struct conform){"sqlite with small levels", &sinking, open_place, remove_place, false});
    rmdir(file.dir);
    return failed;
}

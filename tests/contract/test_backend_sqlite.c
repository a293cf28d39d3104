/* The SQLite backend through the suite of every backend: on a file, in memory, and made weak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/conform_backend.h"
#include "tests/lib/weak_backend.h"

struct place { char dir[64]; char url[128]; bool weak; uint64_t opened; };

static void open_place(void *ctx, bool create, struct backend *out)
{
    struct place *p = ctx;
    struct err err = {0};
    if (backend_open(str_of(p->url), create, out, &err) != OK)
        fail_msg("%s", err.text);
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
    struct place file = {.dir = "/tmp/expunge-backend-XXXXXX"}, weak, memory = {.url = "sqlite:memory:conform"};
    assert_non_null(mkdtemp(file.dir));
    snprintf(file.url, sizeof(file.url), "sqlite:%s/r.db", file.dir);
    weak = file;
    weak.weak = true;
    int failed = conform_backend(&(struct conform){"sqlite on a file", &file, open_place, remove_place, false});
    failed += conform_backend(&(struct conform){"sqlite in memory", &memory, open_place, remove_place, false});
    failed += conform_backend(&(struct conform){"sqlite made weak", &weak, open_place, remove_place, true});
    rmdir(file.dir);
    return failed;
}

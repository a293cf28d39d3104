/*
 * fuzz_config.c - a whole configuration: it is right, or the report says at which line it is not; never both, and the
 * same twice. A schedule that was read is the same after writing its canonical text and loading that.
 */
#include "engine/config.h"
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>

/* FILE:LINE:COL: message, FILE being ours, or FILE: message. */
static void lines_have_places(struct str report, struct str path)
{
    while (report.n > 0) {
        struct str line = fuzz_until(&report, '\n');
        HOLDS(str_starts(line, path) && line.n > path.n + 2 && line.p[path.n] == ':');
    }
}

static void schedule_survives(const struct policy *policy)
{
    struct buf text, again;
    struct policy loaded;
    struct arena a;
    struct err err;
    arena_init(&a, 16 << 20);
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&again, POLICY_BYTES_MAX);
    if (policy_write(policy, &text, &err) == OK) {
        HOLDS_OK(policy_load(buf_view(&text), &a, &loaded, &err), &err);
        HOLDS_OK(policy_write(&loaded, &again, &err), &err);
        HOLDS(str_eq(buf_view(&text), buf_view(&again)));
        HOLDS(str_eq(loaded.version, policy->version) && loaded.categories_n == policy->categories_n);
    }
    buf_release(&text);
    buf_release(&again);
    arena_release(&a);
}

static enum status load(const char *path, struct buf *report)
{
    struct config c;
    struct err err = {.code = OK};
    enum status st = config_load(path, &c, report, &err);
    HOLDS(!report->failed);
    if (st == OK) {
        HOLDS(c.zone != NULL && c.policy.version.n > 0);
        schedule_survives(&c.policy);
    } else {
        HOLDS(st == E_INVALID || st == E_LIMIT);
        HOLDS(report->n > 0 || err.text[0] != '\0');
    }
    config_release(&c);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[256];
    struct buf first, second;
    fuzz_put("expunge.yaml", (struct str){(const char *)data, size});
    fuzz_dir_path("expunge.yaml", path);
    buf_init(&first, 4 << 20);
    buf_init(&second, 4 << 20);
    enum status st = load(path, &first);
    HOLDS(load(path, &second) == st && str_eq(buf_view(&first), buf_view(&second)));
    if (st != OK)
        lines_have_places(buf_view(&first), str_of(path));
    buf_release(&first);
    buf_release(&second);
    return 0;
}

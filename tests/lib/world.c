/* world.c - see world.h. */
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/init.h"

enum { WORLD_ARENA_MAX = 64 << 20, WORLD_FILE_MAX = 16 << 20 };

void world_ok(struct world *w, enum status s, const char *what, const char *file, int line)
{
    if (s == OK)
        return;
    print_error("%s: %s: %s (%s)\n", what, status_name(s), w->err.text, w->err.where ? w->err.where : "");
    _fail(file, line);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void world_remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *world_path(struct world *w, const char *name)
{
    const char *path = path_join(&w->a, str_of(w->dir), str_of(name)).p;
    assert_non_null(path);
    return path;
}

struct str world_read(struct world *w, const char *name)
{
    struct str text;
    WORLD_OK(w, file_read(world_path(w, name), WORLD_FILE_MAX, &w->a, &text, &w->err));
    return text;
}

void world_write(struct world *w, const char *name, const char *text)
{
    WORLD_OK(w, file_write(world_path(w, name), str_of(text), 0600, &w->err));
}

bool world_has(struct world *w, const char *name)
{
    const char *path = world_path(w, name);
    return file_exists(path) || dir_exists(path);
}

void world_edit(struct world *w, const char *name, const char *from, const char *to)
{
    struct str text = world_read(w, name);
    const char *at = memmem(text.p, text.n, from, strlen(from));
    assert_non_null(at);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, WORLD_FILE_MAX);
    buf_add(&b, text.p, (size_t)(at - text.p));
    buf_cstr(&b, to);
    size_t behind = (size_t)(at - text.p) + strlen(from);
    buf_add(&b, text.p + behind, text.n - behind);
    WORLD_OK(w, file_write(world_path(w, name), buf_view(&b), 0600, &w->err));
}

void world_copy_file(struct world *w, const char *from, const char *to)
{
    WORLD_OK(w, file_write(world_path(w, to), world_read(w, from), 0600, &w->err));
}

enum status world_open(struct world *w, int64_t now_ms, unsigned flags)
{
    struct engine_options o = {.config_path = w->config, .now_ms = now_ms, .flags = flags};
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 16);
    enum status s = engine_open(&o, &w->e, &report, &w->err);
    if (s != OK)
        w->e = NULL;
    if (report.n)
        print_error("%s", report.p);
    return s;
}

void world_close(struct world *w)
{
    engine_close(w->e);
    w->e = NULL;
}

void world_reopen(struct world *w, int64_t now_ms, unsigned flags)
{
    world_close(w);
    WORLD_OK(w, world_open(w, now_ms, flags));
}

int world_begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    *state = w;
    (void)unsetenv("EXPUNGE_TOKEN");
    arena_init(&w->a, WORLD_ARENA_MAX);
    memcpy(w->dir, "/tmp/expunge-world.XXXXXX", sizeof "/tmp/expunge-world.XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    snprintf(w->config, sizeof w->config, "%s/expunge.yaml", w->dir);
    snprintf(w->publish, sizeof w->publish, "%s/audit", w->dir);
    if (postgresql_wanted())
        postgresql_make(w->registry);
    WORLD_OK(w, init_named(w->dir, STR_NONE, w->registry[0] ? str_of(w->registry) : STR_NONE, true, WORLD_NOW_MS, &w->err));
    world_edit(w, "expunge.yaml", "# audit:\n", "audit:\n  publish: audit/\n");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    return 0;
}

int world_end(void **state)
{
    struct world *w = *state;
    world_close(w);
    world_remove_tree(w->dir);
    if (w->registry[0])
        postgresql_remove(w->registry);
    arena_release(&w->a);
    free(w);
    return 0;
}

void world_commit(struct world *w, struct entry *entry)
{
    struct group g = {.entries = entry, .entries_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
}

struct entry *world_entries(struct world *w, size_t *n)
{
    struct entry_query q = {.from = 0, .to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct entry *entries;
    uint64_t size;
    WORLD_OK(w, registry_log_size(w->e->registry, &size, &w->err)); /* what is pending gets its position */
    WORLD_OK(w, registry_log_entries(w->e->registry, &q, 1000, &w->a, &entries, n, &w->err));
    return entries;
}

bool str_contains(struct str s, const char *part)
{
    return s.n && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

struct chain world_chain(struct world *w, bool store, ...)
{
    enum { WORLD_LEGS_MAX = 600 };
    struct chain c = {.source = STR("connect-eu"),
                      .state = CHAIN_ACTIVE,
                      .next_ms = TIME_NONE,
                      .grace_until_ms = TIME_NONE,
                      .verified_ms = TIME_NONE,
                      .verified_again_ms = TIME_NONE,
                      .purged_ms = TIME_NONE,
                      .scrubbed_until_ms = TIME_NONE,
                      .retained_until_ms = TIME_NONE,
                      .risen_ms = TIME_NONE,
                      .registered_ms = WORLD_NOW_MS,
                      .queue = QUEUE_DUE};
    c.mandate.accepted_ms = c.mandate.deadline_ms = c.claimed_ms = c.first_try_ms = TIME_NONE;
    c.legs = ARENA_ARRAY(&w->a, struct leg, WORLD_LEGS_MAX);
    assert_non_null(c.legs);
    va_list ids;
    va_start(ids, store);
    for (const char *id; c.legs_n < WORLD_LEGS_MAX && (id = va_arg(ids, const char *)) != NULL; c.legs_n++) {
        struct leg *leg = &c.legs[c.legs_n];
        leg_init(leg);
        leg->id = str_of(id);
        leg->key = engine_contact_key(w->e, c.source, leg->id);
        leg->started_ms = WORLD_NOW_MS - 800 * DAY_MS;
        leg->ended_ms = leg->started_ms + MINUTE_MS;
        leg->registered_ms = WORLD_NOW_MS;
    }
    va_end(ids);
    assert_true(c.legs_n > 0);
    c.key = c.legs[0].key;
    if (!store)
        return c;
    struct row row;
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_chain_row(&c, &w->a, &row, &w->err));
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    c.version = 1;
    return c;
}

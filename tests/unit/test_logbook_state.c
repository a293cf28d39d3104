/* test_logbook_state.c - the log's values in the registry; its folder and key by its origin; gaps. */
#include "engine/logbook_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/story.h"

static void put_meta(struct world *w, const char *name, struct str body)
{
    struct row row = {.table = TABLE_META, .op = ROW_PUT, .key = str_of(name), .version = VERSION_ANY, .body = body};
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
}

static void a_damaged_head_is_said(void **state)
{
    struct world *w = *state;
    struct log_head head;
    struct str body;
    uint64_t version;
    WORLD_OK(w, registry_meta_get(w->e->registry, "head", &w->a, &body, &version, &w->err));
    for (size_t i = 2; i < body.n && i < 60; i += 7) { /* size, peaks, root */
        char *flipped = arena_cstr(&w->a, body);
        flipped[i] = (char)(flipped[i] ^ 1);
        put_meta(w, "head", (struct str){flipped, body.n});
        assert_int_equal(log_head_get(w->e, &w->a, &head, &w->err), E_IO);
    }
    put_meta(w, "head", (struct str){body.p, body.n / 2});
    assert_int_equal(log_head_get(w->e, &w->a, &head, &w->err), E_IO);
    put_meta(w, "head", body);
    WORLD_OK(w, log_head_get(w->e, &w->a, &head, &w->err));
    assert_int_equal(head.frontier.size, 1);
}

static void what_was_published_is_kept(void **state)
{
    struct world *w = *state;
    struct log_published p, q = {.size = 300, .root = {{5}}, .dir = STR("/srv/audit")};
    WORLD_OK(w, log_published_get(w->e, &w->a, &p, &w->err));
    assert_int_equal(p.version, 0);
    WORLD_OK(w, log_published_put(w->e, &q, &w->err));
    WORLD_OK(w, log_published_get(w->e, &w->a, &p, &w->err));
    assert_int_equal(p.version, 1);
    assert_int_equal(p.size, 300);
    assert_true(hash_eq(&p.root, &q.root));
    assert_true(str_is(p.dir, "/srv/audit"));
    assert_int_equal(log_published_put(w->e, &q, &w->err), E_CONFLICT);
    q.version = 1;
    q.size = 301;
    WORLD_OK(w, log_published_put(w->e, &q, &w->err));
}

static void the_folder_follows_the_origin(void **state)
{
    struct world *w = *state;
    assert_true(str_is(log_dir(w->e, STR("a.example/log/2026"), STR("/x"), &w->a), "/x"));
    assert_true(str_is(log_dir(w->e, STR("a.example/log/2026/r2"), STR("/x"), &w->a), "/x/r2"));
    assert_true(str_is(log_dir(w->e, STR("a.example/log/2026/r12"), STR("/x"), &w->a), "/x/r12"));
    assert_true(str_is(log_dir(w->e, STR("a.example/log/2026/r1"), STR("/x"), &w->a), "/x"));
    assert_true(str_is(log_dir(w->e, STR("a.example/log/2026/rx"), STR("/x"), &w->a), "/x"));
    assert_true(str_starts(log_dir(w->e, STR("a/2026"), STR_NONE, &w->a), str_of(w->publish)));
    w->e->config.audit_publish = STR_NONE;
    assert_null(log_dir(w->e, STR("a/2026"), STR_NONE, &w->a).p);
}

static void a_key_has_its_logs_name(void **state)
{
    struct world *w = *state;
    struct log_keys one, two;
    struct log_vkeys vkeys;
    struct str text;
    WORLD_OK(w, log_keys(w->e, STR("a.example/log/2026"), &one, &w->err));
    WORLD_OK(w, log_keys(w->e, STR("a.example/log/2026/r2"), &two, &w->err));
    assert_int_equal(one.n, 1);
    assert_memory_equal(one.key[0].pub, two.key[0].pub, KEY_BYTES);
    assert_int_not_equal(one.key[0].id, two.key[0].id);
    assert_int_equal(log_keys(w->e, STR("a b"), &one, &w->err), E_INVALID);
    WORLD_OK(w, log_vkey(w->e, STR("a.example/log/2026"), &w->a, &text, &w->err));
    assert_true(str_starts(text, STR("a.example/log/2026+")));
    WORLD_OK(w, log_vkeys(w->e, STR("a.example/log/2026"), &vkeys, &w->err));
    assert_memory_equal(vkeys.key[0].pub, two.key[0].pub, KEY_BYTES);
}

static void entries_come_in_order_or_not_at_all(void **state)
{
    struct world *w = *state;
    struct log_reader r;
    const struct entry *e;
    (void)world_story(w, "reader-1", STATUS_VERIFYING);
    uint64_t size;
    WORLD_OK(w, registry_log_size(w->e->registry, &size, &w->err));
    log_reader_init(&r, w->e, size);
    for (uint64_t i = 0; i < size; i++) {
        WORLD_OK(w, log_reader_entry(&r, i, &e, &w->err));
        assert_int_equal(e->index, i);
    }
    assert_int_equal(log_reader_entry(&r, size, &e, &w->err), E_IO);
    WORLD_OK(w, log_reader_entry(&r, 0, &e, &w->err));
    assert_true(str_is(e->type, "POLICY_CHANGED"));
    log_reader_release(&r);
    struct hash root;
    assert_int_equal(log_root_at(w->e, size + 1, &root, &w->err), E_IO);
}

static void an_empty_folder_has_nothing_published(void **state)
{
    struct world *w = *state;
    struct log_there there = {.any = true};
    struct log_identity log;
    WORLD_OK(w, log_identity_get(w->e, &w->a, &log, &w->err));
    WORLD_OK(w, log_there_get(w->e, log.origin, str_of(w->publish), &w->a, &there, &w->err));
    assert_false(there.any);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(a_damaged_head_is_said),
                                       WORLD_TEST(what_was_published_is_kept),
                                       WORLD_TEST(the_folder_follows_the_origin),
                                       WORLD_TEST(a_key_has_its_logs_name),
                                       WORLD_TEST(entries_come_in_order_or_not_at_all),
                                       WORLD_TEST(an_empty_folder_has_nothing_published)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

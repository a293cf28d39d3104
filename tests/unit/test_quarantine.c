#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/quarantine.h"
#include "tests/lib/centre.h"

static struct quarantined *page(struct world *w, size_t *n)
{
    struct quarantined *list;
    WORLD_OK(w, quarantine_page(w->e, STR_NONE, 100, &w->a, &list, n, &w->err));
    return list;
}

static void test_ingest_keeps(void **state)
{
    struct world *w = *state;
    struct quarantined q;
    size_t n;
    struct ingest_report r = centre_ingest(w, "{\"secret\":\"0044 20 7946\"}\n");
    assert_int_equal(r.quarantined, 1);
    struct quarantined *list = page(w, &n);
    assert_int_equal(n, 1);
    assert_true(str_is(list[0].file, "test") && str_is(list[0].position, "1:1") && list[0].reason.n > 0 && list[0].at_ms == WORLD_NOW_MS);
    assert_null(list[0].bytes.p);
    WORLD_OK(w, quarantine_get(w->e, list[0].id, &w->a, &q, &w->err));
    assert_true(str_is(q.bytes, "{\"secret\":\"0044 20 7946\"}") && !q.cut);
    struct str sealed;
    uint64_t version;
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_QUARANTINE, list[0].id, &w->a, &sealed, &version, &w->err));
    assert_null(memmem(sealed.p, sealed.n, "7946", 4));
}

static void put_good(struct world *w, const char *document)
{
    struct quarantine_box box;
    struct quarantined q = {.file = STR("f"), .position = STR("1:1"), .reason = STR("was wrong"), .bytes = str_of(document)};
    quarantine_begin(&box, w->e);
    WORLD_OK(w, quarantine_add(&box, &q, &w->err));
    WORLD_OK(w, quarantine_flush(&box, &w->err));
    quarantine_end(&box);
}

static void test_retry(void **state)
{
    struct world *w = *state;
    struct ingest_report r;
    struct str why;
    size_t n;
    put_good(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    struct quarantined *list = page(w, &n);
    WORLD_OK(w, quarantine_retry(w->e, list[0].id, &w->a, &r, &why, &w->err));
    assert_true(r.registered == 1 && !why.n);
    assert_int_equal(centre_status(w, "c-1"), STATUS_ACTIVE);
    page(w, &n);
    assert_int_equal(n, 0);
    centre_ingest(w, "{\"still\":\"wrong\"}\n");
    list = page(w, &n);
    WORLD_OK(w, quarantine_retry(w->e, list[0].id, &w->a, &r, &why, &w->err));
    assert_true(r.quarantined == 1 && why.n > 0);
    page(w, &n);
    assert_int_equal(n, 1); /* neither gone nor doubled */
    assert_int_equal(quarantine_retry(w->e, STR("q-nothing"), &w->a, &r, &why, &w->err), E_ABSENT);
}

static void test_csv_has_its_header(void **state)
{
    struct world *w = *state;
    struct quarantined q;
    size_t n;
    world_edit(w, "expunge.yaml", "# sources:\n", "sources:\n  calls: {type: csv, columns: {id: id, started: started}}\n");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    centre_ingest(w, "id,started\nok-1,2026-01-01T00:00:00Z\n,2026-01-01T00:00:00Z\n");
    struct quarantined *list = page(w, &n);
    assert_int_equal(n, 1);
    WORLD_OK(w, quarantine_get(w->e, list[0].id, &w->a, &q, &w->err));
    assert_true(str_starts(q.bytes, STR("id,started\n,2026")));
}

static void test_too_long(void **state)
{
    struct world *w = *state;
    struct quarantined q;
    struct ingest_report r;
    struct str why;
    size_t n;
    char *long_one = arena_alloc(&w->a, QUARANTINE_BYTES_MAX + 100);
    memset(long_one, 'x', QUARANTINE_BYTES_MAX + 99);
    put_good(w, long_one);
    struct quarantined *list = page(w, &n);
    WORLD_OK(w, quarantine_get(w->e, list[0].id, &w->a, &q, &w->err));
    assert_true(q.cut && q.bytes.n == QUARANTINE_BYTES_MAX);
    WORLD_OK(w, quarantine_retry(w->e, list[0].id, &w->a, &r, &why, &w->err));
    assert_true(why.n > 0 && r.read == 0);
}

static void test_drop_and_expire(void **state)
{
    struct world *w = *state;
    uint64_t dropped;
    size_t n;
    put_good(w, "{}");
    put_good(w, "{}");
    struct quarantined *list = page(w, &n);
    WORLD_OK(w, quarantine_drop(w->e, list[0].id, &w->a, &w->err));
    assert_int_equal(quarantine_drop(w->e, list[0].id, &w->a, &w->err), E_ABSENT);
    WORLD_OK(w, quarantine_expire(w->e, &w->a, &dropped, &w->err));
    assert_int_equal(dropped, 0);
    world_reopen(w, WORLD_NOW_MS + 31 * DAY_MS, OPEN_WRITE);
    WORLD_OK(w, quarantine_expire(w->e, &w->a, &dropped, &w->err));
    assert_int_equal(dropped, 1);
    page(w, &n);
    assert_int_equal(n, 0);
    assert_true(world_has(w, "keys/seal/quarantine-2026-11.key"));
    world_reopen(w, WORLD_NOW_MS + 70 * DAY_MS, OPEN_WRITE);
    WORLD_OK(w, quarantine_expire(w->e, &w->a, &dropped, &w->err));
    assert_false(world_has(w, "keys/seal/quarantine-2026-11.key")); /* in every backup too */
}

static void test_bad_file_is_kept_in_its_first_documents_and_a_number(void **state)
{
    struct world *w = *state;
    enum { BAD = 2503 };
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < BAD; i++)
        buf_cstr(&b, "{}\n");
    struct ingest_report r = centre_ingest(w, b.p);
    assert_int_equal(r.quarantined, BAD);
    uint64_t n;
    WORLD_OK(w, quarantine_count(w->e, STR_NONE, &n, &w->err));
    assert_int_equal(n, QUARANTINE_FILE_MAX + 1);
    struct quarantined *list;
    size_t listed, numbers = 0;
    WORLD_OK(w, quarantine_page(w->e, STR_NONE, 1000, &w->a, &list, &listed, &w->err));
    WORLD_OK(w, quarantine_count(w->e, list[listed - 8].id, &n, &w->err));
    assert_int_equal(n, QUARANTINE_FILE_MAX + 1 - (listed - 7));
    for (size_t i = 0; i < listed; i++)
        numbers += str_is(list[i].reason, "and 1503 more like this");
    WORLD_OK(w, quarantine_page(w->e, list[listed - 1].id, 1000, &w->a, &list, &listed, &w->err));
    for (size_t i = 0; i < listed; i++)
        numbers += str_is(list[i].reason, "and 1503 more like this");
    assert_int_equal(numbers, 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_ingest_keeps), IN_WORLD(test_retry), IN_WORLD(test_csv_has_its_header),
                                       IN_WORLD(test_too_long), IN_WORLD(test_drop_and_expire),
                                       IN_WORLD(test_bad_file_is_kept_in_its_first_documents_and_a_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static const struct row_key chain = {{5}};

static struct artefact sample(struct arena *a, int64_t i)
{
    struct artefact f = {.store = STR("recordings"), .kind = KIND_RECORDING, .scope = SCOPE_SHARED,
        .stage = STAGE_DERIVED, .locator = arena_fmt(a, "s3://bucket/%d", (int)i), .contact = {{6}}, .owners_n = 2,
        .count = i, .ticket = STR("job 1"), .effect = EFFECT_RECALL, .outcome = OUT_SUBMITTED, .at_ms = i + 1,
        .verified_ms = TIME_NONE, .not_before_ms = i + 2, .tries = 3, .first_try_ms = i + 3, .residuals_n = 2,
        .note = STR("busy"), .sent_ms = i + 4, .mirror = MIRROR_FOREIGN};
    f.owners = ARENA_ARRAY(a, struct row_key, 2);
    f.owners[1].b[0] = 8;
    f.residuals = ARENA_ARRAY(a, struct residual, 2);
    f.residuals[0] = (struct residual){STR("backup"), 99};
    f.residuals[1] = (struct residual){STR("vendor"), TIME_NONE};
    return f;
}

static void store(struct registry_fixture *f, const struct artefact *artefacts, size_t n, uint64_t parts,
                  size_t expected)
{
    struct row *rows = NULL;
    size_t rows_n = 0;
    assert_int_equal(registry_work_rows(&chain, artefacts, n, parts, &f->a, &rows, &rows_n, NULL), OK);
    assert_int_equal(rows_n, expected);
    assert_int_equal(registry_commit_one(f->r, rows, rows_n, NULL, NULL), OK);
}

static void test_round_trip(void **state)
{
    struct registry_fixture *f = *state;
    struct artefact in = sample(&f->a, 7), *out;
    size_t n = 9;
    uint64_t parts = 9;
    assert_int_equal(registry_work_get(f->r, &chain, &f->a, &out, &n, &parts, NULL), OK);
    assert_true(n == 0 && parts == 0);
    store(f, &in, 1, 0, 1);
    assert_int_equal(registry_work_get(f->r, &chain, &f->a, &out, &n, &parts, NULL), OK);
    assert_true(n == 1 && parts == 1);
    assert_true(str_eq(out->store, in.store) && out->kind == in.kind && out->scope == in.scope);
    assert_int_equal(out->stage, in.stage);
    assert_true(str_eq(out->locator, in.locator) && row_key_eq(&out->contact, &in.contact) && out->count == 7);
    assert_true(out->owners_n == 2 && row_key_eq(&out->owners[1], &in.owners[1]));
    assert_true(str_eq(out->ticket, in.ticket) && out->effect == EFFECT_RECALL && out->outcome == OUT_SUBMITTED);
    assert_true(out->at_ms == 8 && out->verified_ms == TIME_NONE && out->not_before_ms == 9 && out->tries == 3);
    assert_true(out->first_try_ms == 10 && str_eq(out->note, in.note) && out->residuals_n == 2);
    assert_true(out->sent_ms == 11 && out->mirror == MIRROR_FOREIGN);
    assert_true(str_is(out->residuals[0].kind, "backup") && out->residuals[0].until_ms == 99);
    assert_true(str_is(out->residuals[1].kind, "vendor") && out->residuals[1].until_ms == TIME_NONE);
}

static void test_parts(void **state)
{
    struct registry_fixture *f = *state;
    enum { N = 200 };
    struct artefact *in = ARENA_ARRAY(&f->a, struct artefact, N), *out;
    char *locator = arena_alloc(&f->a, LOCATOR_BYTES_MAX);
    size_t n;
    uint64_t parts;
    memset(locator, 'l', LOCATOR_BYTES_MAX);
    for (size_t i = 0; i < N; i++) {
        in[i] = sample(&f->a, (int64_t)i);
        in[i].locator = (struct str){locator, LOCATOR_BYTES_MAX};
    }
    store(f, in, N, 0, 5);
    assert_int_equal(registry_work_get(f->r, &chain, &f->a, &out, &n, &parts, NULL), OK);
    assert_int_equal(n, N);
    assert_int_equal(parts, 5);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(out[i].count, i);
    store(f, in, 1, parts, 5); /* one put, four removed */
    assert_int_equal(registry_work_get(f->r, &chain, &f->a, &out, &n, &parts, NULL), OK);
    assert_true(n == 1 && parts == 1);
    store(f, NULL, 0, parts, 1);
    assert_int_equal(registry_work_get(f->r, &chain, &f->a, &out, &n, &parts, NULL), OK);
    assert_true(n == 0 && parts == 0);
}

static void test_append(void **state)
{
    struct registry_fixture *f = *state;
    struct artefact in[2] = {sample(&f->a, 1), sample(&f->a, 2)}, *out = NULL;
    struct row *rows = NULL;
    size_t rows_n = 0, n = 0;
    assert_int_equal(registry_work_rows(&chain, in, 1, 0, &f->a, &rows, &rows_n, NULL), OK);
    assert_int_equal(registry_work_rows(&chain, in + 1, 1, 0, &f->a, &rows, &rows_n, NULL), OK);
    assert_int_equal(rows_n, 2);
    assert_int_equal(registry_work_read(rows[0].body, &f->a, &out, &n, NULL), OK);
    assert_int_equal(registry_work_read(rows[1].body, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, 2);
    assert_true(out[0].count == 1 && out[1].count == 2);
    assert_int_equal(registry_work_read(STR("\x05"), &f->a, &out, &n, NULL), E_INVALID);
    struct str huge = {arena_alloc(&f->a, BODY_BYTES_MAX), BODY_BYTES_MAX};
    in[0].note = huge;
    assert_int_equal(registry_work_rows(&chain, in, 1, 0, &f->a, &rows, &rows_n, NULL), E_LIMIT);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_round_trip),
        ON_MEMORY(test_parts),
        ON_MEMORY(test_append),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lists longer than a row, read while somebody writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"

static const struct row_key owner = {{5}};

/* As many rows as `parts`, each with the mark; the rest up to `stored` removed. */
static struct group group_of(struct registry_fixture *f, size_t parts, size_t stored, struct str mark)
{
    size_t n = parts > stored ? parts : stored;
    struct row *rows = ARENA_ARRAY(&f->a, struct row, n);
    struct buf b;
    assert_non_null(rows);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct row){.table = TABLE_WORK, .op = i < parts ? ROW_PUT : ROW_REMOVE, .version = VERSION_ANY};
        assert_int_equal(part_key(&owner, i, &f->a, &rows[i].key, NULL), OK);
        buf_init(&b, 1000);
        if (i == 0)
            pack_int(&b, PART_COUNT, (int64_t)parts);
        pack_str(&b, PART_COUNT + 1, mark);
        assert_int_equal(body_take(&b, "a part", &f->a, &rows[i].body, NULL), OK);
        if (i >= parts)
            rows[i].body = STR_NONE;
    }
    return (struct group){.rows = rows, .rows_n = n};
}

static void write_parts(struct registry_fixture *f, size_t parts, size_t stored, const char *mark)
{
    struct group g = group_of(f, parts, stored, str_of(mark));
    assert_int_equal(registry_commit(f->r, &g, 1, NULL), OK);
    assert_int_equal(g.result, OK);
}

static enum status read_parts(struct registry *r, struct arena *a, struct row **rows, size_t *n)
{
    struct str first;
    assert_int_equal(part_key(&owner, 0, a, &first, NULL), OK);
    return parts_get(r, TABLE_WORK, first, &owner, a, rows, n, NULL);
}

static struct str mark_of(const struct row *row)
{
    struct unpack u;
    struct str mark = STR_NONE;
    for (unpack_init(&u, row->body); unpack_next(&u);)
        if (u.number == PART_COUNT + 1)
            mark = u.s;
    return mark;
}

static void test_read_whole(void **state)
{
    struct registry_fixture *f = *state;
    struct row *rows;
    size_t n = 7;
    assert_int_equal(read_parts(f->r, &f->a, &rows, &n), OK);
    assert_int_equal(n, 0);
    for (size_t parts = 1; parts <= 4; parts++) {
        write_parts(f, parts, parts - 1, "x");
        assert_int_equal(read_parts(f->r, &f->a, &rows, &n), OK);
        assert_int_equal(n, parts);
    }
    struct str key;
    assert_int_equal(part_key(&owner, 2, &f->a, &key, NULL), OK);
    assert_int_equal(registry_record_remove(f->r, TABLE_WORK, key, VERSION_ANY, NULL), OK);
    assert_int_equal(read_parts(f->r, &f->a, &rows, &n), E_INVALID); /* one is lost: damaged, not busy */
    write_parts(f, 0, 4, "x");
    assert_int_equal(read_parts(f->r, &f->a, &rows, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(part_key(&owner, 0, &f->a, &key, NULL), OK);
    assert_int_equal(registry_record_put(f->r, TABLE_WORK, key, STR(""), 0, NULL, NULL), OK);
    assert_int_equal(read_parts(f->r, &f->a, &rows, &n), E_INVALID); /* does not say how many */
}

/* Before each read of several rows, the list is written anew; so many times. */
struct busy { struct backend inner; struct registry_fixture *f; int left; size_t stored; };

static enum status busy_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                            struct row *out, struct err *err)
{
    struct busy *x = b->own;
    if (n > 1 && x->left > 0) {
        size_t parts = x->stored == 3 ? 5 : 3;
        x->left--;
        write_parts(x->f, parts, x->stored, parts == 3 ? "three" : "five");
        x->stored = parts;
    }
    return x->inner.driver->get(&x->inner, t, keys, n, a, out, err);
}

static void test_written_meanwhile(void **state)
{
    struct registry_fixture *f = *state;
    const struct backend_driver driver = {.scheme = "busy", .get = busy_get};
    struct busy own = {.inner = f->r->backend, .f = f, .left = 3, .stored = 5};
    struct registry r = {.backend = {.driver = &driver, .own = &own}};
    struct row *rows;
    size_t n;
    write_parts(f, 5, 0, "five");
    assert_int_equal(read_parts(&r, &f->a, &rows, &n), OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++)
        assert_true(str_is(mark_of(&rows[i]), "three")); /* never a mixture */
    own.left = 1000;
    assert_int_equal(read_parts(&r, &f->a, &rows, &n), E_RETRY);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_read_whole),
        ON_MEMORY(test_written_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/row_fields.h"

struct sample {
    struct str text, gone;
    int64_t time_ms, none_ms, early_ms, never_ms, epoch_ms, number;
    bool flag;
    struct row_key key;
    struct hash hash;
    enum artefact_kind kind;
};
#define AT(type, member) {type, offsetof(struct sample, member), 0}
static const struct field fields[] = {
    AT(FIELD_TEXT, text),     AT(FIELD_TEXT, gone),     AT(FIELD_TIME, time_ms),  AT(FIELD_TIME, none_ms),
    AT(FIELD_TIME, early_ms), AT(FIELD_TIME, never_ms), AT(FIELD_TIME, epoch_ms), AT(FIELD_INT, number),
    AT(FIELD_BOOL, flag),     AT(FIELD_KEY, key),       AT(FIELD_HASH, hash),
    {FIELD_ENUM, offsetof(struct sample, kind), KIND_COUNT},
};

static bool read_all(struct str body, struct sample *out)
{
    struct unpack u;
    fields_clear(fields, ARRAY_LEN(fields), out);
    unpack_init(&u, body);
    while (unpack_next(&u))
        (void)field_read(&u, fields, ARRAY_LEN(fields), out);
    return !u.bad;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct sample in = {.text = STR("words"), .gone = STR_NONE, .time_ms = 1700000000123, .none_ms = TIME_NONE,
                        .early_ms = -1, .never_ms = INT64_MAX, .epoch_ms = 0, .number = -42, .flag = true,
                        .key = {{1, 2, 3}}, .hash = {{7}}, .kind = KIND_EXPORT};
    struct sample out;
    struct buf b;
    buf_init(&b, 4096);
    fields_pack(&b, fields, ARRAY_LEN(fields), &in);
    assert_true(read_all(buf_view(&b), &out));
    assert_true(str_is(out.text, "words"));
    assert_null(out.gone.p);
    assert_true(out.time_ms == in.time_ms && out.none_ms == TIME_NONE && out.early_ms == -1);
    assert_true(out.never_ms == INT64_MAX && out.epoch_ms == 0 && out.number == -42 && out.flag);
    assert_true(row_key_eq(&out.key, &in.key));
    assert_memory_equal(&out.hash, &in.hash, sizeof(in.hash));
    assert_int_equal(out.kind, KIND_EXPORT);
    buf_release(&b);
}

static void test_absent_costs_nothing(void **state)
{
    (void)state;
    struct sample in, out;
    struct buf b;
    buf_init(&b, 4096);
    fields_clear(fields, ARRAY_LEN(fields), &in);
    fields_pack(&b, fields, ARRAY_LEN(fields), &in);
    assert_int_equal(b.n, 0);
    assert_true(read_all(STR(""), &out));
    assert_true(out.time_ms == TIME_NONE && out.number == 0 && out.text.p == NULL);
    buf_release(&b);
}

static void test_damage(void **state)
{
    (void)state;
    struct sample out;
    struct buf b;
    buf_init(&b, 4096);
    pack_int(&b, 12, KIND_COUNT); /* no such kind */
    assert_false(read_all(buf_view(&b), &out));
    buf_clear(&b);
    pack_int(&b, 1, 5); /* a number where text belongs */
    assert_false(read_all(buf_view(&b), &out));
    buf_clear(&b);
    pack_str(&b, 10, STR("short")); /* no key */
    assert_false(read_all(buf_view(&b), &out));
    buf_clear(&b);
    pack_str(&b, 11, STR("short")); /* no hash */
    assert_false(read_all(buf_view(&b), &out));
    buf_clear(&b);
    pack_int(&b, 40, 5); /* a newer program's */
    assert_true(read_all(buf_view(&b), &out));
    buf_release(&b);
}

static void test_keys(void **state)
{
    (void)state;
    struct row_key in[3] = {{{1}}, {{2}}, {{3}}}, *out = NULL;
    struct arena a;
    struct buf b;
    struct unpack u;
    size_t n = 0;
    arena_init(&a, 4096);
    buf_init(&b, 4096);
    pack_keys(&b, 64, in, 3);
    unpack_init(&u, buf_view(&b));
    assert_true(unpack_next(&u));
    assert_int_equal(unpack_keys(&u, &a, &out, &n, NULL), OK);
    assert_int_equal(n, 3);
    assert_memory_equal(out, in, sizeof(in));
    u.s.n--;
    assert_int_equal(unpack_keys(&u, &a, &out, &n, NULL), OK);
    assert_true(u.bad);
    buf_release(&b);
    arena_release(&a);
}

static void test_body_limit(void **state)
{
    (void)state;
    struct arena a;
    struct buf b;
    struct str body;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    buf_init(&b, 10);
    buf_cstr(&b, "more than ten bytes");
    assert_int_equal(body_take(&b, "a thing", &a, &body, &err), E_LIMIT);
    assert_non_null(strstr(err.text, "a thing"));
    buf_init(&b, 10);
    assert_int_equal(body_take(&b, "a thing", &a, &body, &err), OK);
    assert_int_equal(body.n, 0);
    assert_non_null(body.p);
    assert_int_equal(fail_damaged("hold", STR("\x01\xff"), &err), E_INVALID);
    assert_non_null(strstr(err.text, "hold 01ff is damaged"));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_absent_costs_nothing), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_keys), cmocka_unit_test(test_body_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

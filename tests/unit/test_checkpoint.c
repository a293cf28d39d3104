#include "audit/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ROOT "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="

static struct note_skey key_of(const char *name, unsigned char alg, unsigned char fill)
{
    unsigned char seed[KEY_BYTES];
    struct note_skey key;

    memset(seed, fill, sizeof(seed));
    note_skey_init(&key, str_of(name), alg, seed);
    return key;
}

static void bodies_are_read_strictly(void **state)
{
    (void)state;
    static const char *const GOOD[] = {
        "log\n0\n" EMPTY "\n", "log\n1\n" ROOT "\n", "log\n9223372036854775807\n" ROOT "\n", "log\n1\n" ROOT "\nmore\n",
    };
    static const char *const BAD[] = {
        "", "log\n", "log\n1\n", "log\n1\n" ROOT, "\n1\n" ROOT "\n", "log\n01\n" ROOT "\n", "log\n+1\n" ROOT "\n",
        "log\n-1\n" ROOT "\n", "log\n1 \n" ROOT "\n", "log\n\n" ROOT "\n", "log\n9223372036854775808\n" ROOT "\n",
        "log\n18446744073709551616\n" ROOT "\n", "log\n0x1\n" ROOT "\n", "log\n0\n" ROOT "\n", "log\n1\nAAAA\n",
        "log\n1\n" ROOT "=\n", "log\n1\n\n", "log\n1\n" ROOT "\n\n", "log\n1\n" ROOT "\nmore",
    };
    struct checkpoint cp;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
        struct buf again;

        assert_int_equal(checkpoint_parse(str_of(GOOD[i]), &cp, &err), OK);
        buf_init(&again, 1024);
        checkpoint_format(&cp, &again);
        assert_true(str_is(buf_view(&again), GOOD[i]));
        buf_release(&again);
    }
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_int_equal(checkpoint_parse(str_of(BAD[i]), &cp, &err), E_INVALID);
}

static void opening_believes_only_the_log_itself(void **state)
{
    (void)state;
    struct note_skey log = key_of("log.example/2026", NOTE_ED25519, 1), other = key_of("x.example", NOTE_ED25519, 2),
                     witness = key_of("log.example/2026", NOTE_COSIGNATURE, 3);
    struct note_vkey vkeys[] = {note_vkey_of(&log), note_vkey_of(&other), note_vkey_of(&witness)};
    struct checkpoint cp = {.origin = STR("log.example/2026"), .size = 5, .root = merkle_leaf(STR("x"))};
    struct checkpoint_opened o;
    struct buf note;
    struct err err;

    buf_init(&note, NOTE_BYTES_MAX);
    assert_int_equal(checkpoint_sign(&cp, &log, 1, &note, &err), OK);
    assert_int_equal(checkpoint_open(buf_view(&note), cp.origin, vkeys, 3, &o, &err), OK);
    assert_true(o.checkpoint.size == 5 && hash_eq(&o.checkpoint.root, &cp.root));
    assert_int_equal(checkpoint_open(buf_view(&note), STR("log.example/2027"), vkeys, 3, &o, &err), E_DENIED);
    assert_int_equal(checkpoint_open(buf_view(&note), STR_NONE, vkeys + 1, 2, &o, &err), E_DENIED);

    checkpoint_cosign(&o.signatures.note, &witness, 1764000000, &note);
    assert_int_equal(checkpoint_open(buf_view(&note), STR_NONE, vkeys, 3, &o, &err), OK);
    assert_int_equal(o.signatures.by, 5);
    assert_int_equal(o.signatures.time_s[2], 1764000000);
    /* A witness of the log's own name is still no log key. */
    assert_int_equal(checkpoint_open(buf_view(&note), STR_NONE, vkeys + 2, 1, &o, &err), E_DENIED);
    /* Signed by a key we know, of another name. */
    buf_clear(&note);
    assert_int_equal(checkpoint_sign(&cp, &other, 1, &note, &err), OK);
    assert_int_equal(checkpoint_open(buf_view(&note), STR_NONE, vkeys, 3, &o, &err), E_DENIED);
    buf_release(&note);
}

static void nonsense_is_not_signed(void **state)
{
    (void)state;
    struct note_skey log = key_of("log", NOTE_ED25519, 1);
    struct hash root = merkle_leaf(STR("x"));
    struct checkpoint bad[] = {
        {.origin = STR("log\n7"), .size = 5, .root = root},
        {.origin = STR(""), .size = 5, .root = root},
        {.origin = STR("log"), .size = 0, .root = root},
        {.origin = STR("log"), .size = UINT64_MAX, .root = root},
    };
    struct buf note;
    struct err err;

    buf_init(&note, NOTE_BYTES_MAX);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(checkpoint_sign(&bad[i], &log, 1, &note, &err), E_INVALID);
    assert_int_equal(note.n, 0);
    buf_release(&note);
}

static int setup(void **state)
{
    (void)state;
    struct err err;

    return crypto_init(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_read_strictly),
        cmocka_unit_test(opening_believes_only_the_log_itself),
        cmocka_unit_test(nonsense_is_not_signed),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

#include "audit/proof.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ENTRIES = 5 };
static struct hash leaves[ENTRIES];
static struct note_skey key;
static struct note_vkey vkey;
static struct buf text; /* proof of entry 3, as text */

static int setup(void **state)
{
    (void)state;
    unsigned char seed[KEY_BYTES] = {9};
    struct leaf_array array = {.leaves = leaves, .n = ENTRIES};
    struct hash_reader reader = leaf_array_reader(&array);
    struct tlog_proof proof = {.extra = STR("AAAA"), .index = 3};
    struct checkpoint cp = {.origin = STR("log.example"), .size = ENTRIES};
    struct buf note;
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    note_skey_init(&key, STR("log.example"), NOTE_ED25519, seed);
    vkey = note_vkey_of(&key);
    for (size_t i = 0; i < ENTRIES; i++)
        leaves[i] = merkle_leaf((struct str){(const char *)&i, 1});
    cp.root = merkle_root(leaves, ENTRIES);
    buf_init(&note, NOTE_BYTES_MAX);
    buf_init(&text, PROOF_BYTES_MAX);
    assert_int_equal(checkpoint_sign(&cp, &key, 1, &note, &err), OK);
    assert_int_equal(merkle_prove_inclusion(&reader, 3, ENTRIES, &proof.path, &err), OK);
    proof.checkpoint = buf_view(&note);
    proof_format(&proof, &text);
    buf_release(&note);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&text);
    return 0;
}

static void a_proof_proves_its_entry_alone(void **state)
{
    (void)state;
    struct proof_opened o;
    struct err err;

    assert_true(str_starts(buf_view(&text), STR("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 3\n")));
    assert_int_equal(proof_verify(buf_view(&text), &leaves[3], STR("log.example"), &vkey, 1, &o, &err), OK);
    assert_true(o.proof.index == 3 && o.head.checkpoint.size == ENTRIES && str_is(o.proof.extra, "AAAA"));
    assert_int_equal(proof_verify(buf_view(&text), &leaves[2], STR_NONE, &vkey, 1, &o, &err), E_DENIED);
    assert_int_equal(proof_verify(buf_view(&text), &leaves[3], STR("other"), &vkey, 1, &o, &err), E_DENIED);
    assert_int_equal(proof_verify(buf_view(&text), &leaves[3], STR_NONE, &vkey, 0, &o, &err), E_DENIED);
}

static void every_flipped_bit_but_extra_is_noticed(void **state)
{
    (void)state;
    struct str extra = STR("c2sp.org/tlog-proof@v1\nextra AAAA\n"), header = STR("c2sp.org/tlog-proof@v1\n");
    struct proof_opened o;
    struct err err;

    for (size_t i = 0; i < text.n; i++) {
        if (i >= header.n && i < extra.n)
            continue; /* not covered by anything */
        for (unsigned bit = 0; bit < 8; bit++) {
            text.p[i] = (char)(text.p[i] ^ (1 << bit));
            assert_int_not_equal(proof_verify(buf_view(&text), &leaves[3], STR_NONE, &vkey, 1, &o, &err), OK);
            text.p[i] = (char)(text.p[i] ^ (1 << bit));
        }
    }
}

static void malformed_proofs_are_refused(void **state)
{
    (void)state;
#define HEAD "c2sp.org/tlog-proof@v1\n"
#define HASH_LINE "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"
    static const char *const BAD[] = {
        "", HEAD, HEAD "index 1\n", "c2sp.org/tlog-proof@v2\nindex 1\n\n", HEAD "index 01\n\n", HEAD "index -1\n\n",
        HEAD "index\n\n", HEAD "extra !\nindex 1\n\n", HEAD "extra \nindex 1\n\n", HEAD "extra AAAA\n",
        HEAD "extra AA==AAAA\nindex 1\n\n", HEAD "index 1\nAAAA\n\n", HEAD "index 1\n" HASH_LINE,
        HEAD "index 1\nextra AAAA\n\n",
    };
    struct tlog_proof proof;
    struct buf many;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_int_equal(proof_parse(str_of(BAD[i]), &proof, &err), E_INVALID);
    buf_init(&many, PROOF_BYTES_MAX * 2);
    buf_cstr(&many, HEAD "index 1\n");
    for (size_t i = 0; i < MERKLE_PATH_MAX; i++)
        buf_cstr(&many, HASH_LINE);
    buf_cstr(&many, "\n");
    assert_int_equal(proof_parse(buf_view(&many), &proof, &err), OK);
    assert_int_equal(proof.path.n, MERKLE_PATH_MAX);
    many.n--;
    buf_cstr(&many, HASH_LINE "\n");
    assert_int_equal(proof_parse(buf_view(&many), &proof, &err), E_INVALID);
    while (many.n <= PROOF_BYTES_MAX)
        buf_cstr(&many, HASH_LINE);
    assert_int_equal(proof_parse(buf_view(&many), &proof, &err), E_INVALID);
    buf_release(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_proves_its_entry_alone),
        cmocka_unit_test(every_flipped_bit_but_extra_is_noticed),
        cmocka_unit_test(malformed_proofs_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

#include "audit/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TEXT "log.example/test\n3\nAAAA\n"

static struct note_skey key_of(const char *name, unsigned char alg, unsigned char fill)
{
    unsigned char seed[KEY_BYTES];
    struct note_skey key;

    memset(seed, fill, sizeof(seed));
    note_skey_init(&key, str_of(name), alg, seed);
    return key;
}

static struct str signed_by(struct buf *out, const struct note_skey *keys, size_t n, int64_t time_s)
{
    struct err err;

    buf_init(out, NOTE_BYTES_MAX);
    assert_int_equal(note_sign(STR(TEXT), keys, n, time_s, out, &err), OK);
    return buf_view(out);
}

static enum status verify(const char *text, const struct note_skey *key)
{
    struct note_vkey vkey = note_vkey_of(key);
    struct note_verified v;
    struct err err;

    return note_verify(str_of(text), &vkey, 1, &v, &err);
}

/* The key of RFC 8032 section 7.1, TEST 1; its id was computed with sha256sum. */
static void key_of_rfc_8032(void **state)
{
    (void)state;
    const char *text = "example.com/foo+bf66b263+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    unsigned char seed[KEY_BYTES];
    size_t n = sizeof(seed);
    struct note_skey key;
    struct note_vkey vkey;
    struct buf again;

    assert_true(hex_decode(STR("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), seed, &n));
    note_skey_init(&key, STR("example.com/foo"), NOTE_ED25519, seed);
    vkey = note_vkey_of(&key);
    buf_init(&again, 1024);
    note_vkey_format(&vkey, &again);
    assert_true(str_is(buf_view(&again), text));
    buf_release(&again);
}

static void keys_survive_their_text_form(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example/a", NOTE_ED25519, 7), secret;
    struct note_vkey vkey = note_vkey_of(&key), parsed;
    struct buf text;
    struct err err;

    buf_init(&text, 1024);
    note_vkey_format(&vkey, &text);
    assert_int_equal(note_vkey_parse(buf_view(&text), &parsed, &err), OK);
    assert_true(parsed.id == key.id && str_eq(parsed.name, key.name));
    assert_memory_equal(parsed.pub, key.pub, KEY_BYTES);
    text.p[14] = text.p[14] == '0' ? '1' : '0'; /* first digit of the id */
    assert_int_equal(note_vkey_parse(buf_view(&text), &parsed, &err), E_INVALID);
    buf_clear(&text);
    note_skey_format(&key, &text);
    assert_true(str_starts(buf_view(&text), STR("PRIVATE+KEY+log.example/a+")));
    assert_int_equal(note_skey_parse(buf_view(&text), &secret, &err), OK);
    assert_memory_equal(secret.seed, key.seed, KEY_BYTES);
    assert_int_equal(note_vkey_parse(buf_view(&text), &parsed, &err), E_INVALID); /* a secret is no verifier key */
    text.p[12 + 14] = text.p[12 + 14] == '0' ? '1' : '0';
    assert_int_equal(note_skey_parse(buf_view(&text), &secret, &err), E_INVALID);
    buf_release(&text);
}

static void malformed_keys_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "name", "name+12345678", "+12345678+AQ==", "na me+12345678+AQ==", "name+1234567+AQ==", "name+12345678+AQ==",
        "name+12345678+AZXQ3+FcmB+WIOe+AvttIu0gpLqpHL/aNwF6q1Y8M0v", "PRIVATE+KEY+name+12345678+AQ==",
    };
    struct note_vkey vkey;
    struct note_skey skey;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        assert_int_equal(note_vkey_parse(str_of(BAD[i]), &vkey, &err), E_INVALID);
        assert_int_equal(note_skey_parse(str_of(BAD[i]), &skey, &err), E_INVALID);
    }
    /* Algorithm 0x06 is well-formed but not ours. */
    assert_int_equal(note_vkey_parse(STR("n+12345678+BpXQ3+FcmB+WIOe+AvttIu0gpLqpHL/aNwF6q1Y8M0v7"), &vkey, &err),
                     E_UNSUPPORTED);
}

static void names_have_no_spaces_and_no_plus(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", " ", "a b", "a+b", "a\tb", "a\xC2\xA0z", "a\xE2\x80\x83z", "a\xE3\x80\x80",
                                      "a\xE1\x9A\x80z", "\xFF", "a\x1Fz"};
    static const char *const GOOD[] = {"a", "privacy.example.com/x/2026", "b\xC3\xBC" "cher.example", "\xE2\x80\x94"};

    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_false(note_name_ok(str_of(BAD[i])));
    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
        assert_true(note_name_ok(str_of(GOOD[i])));
}

static void signed_notes_verify(void **state)
{
    (void)state;
    struct note_skey keys[] = {key_of("log.example", NOTE_ED25519, 1), key_of("w.example", NOTE_COSIGNATURE, 2)};
    struct note_vkey vkeys[] = {note_vkey_of(&keys[0]), note_vkey_of(&keys[1])};
    struct note_verified v;
    struct buf note;
    struct err err;
    struct str text = signed_by(&note, keys, 2, 1764000000);

    assert_int_equal(note_verify(text, vkeys, 2, &v, &err), OK);
    assert_int_equal(v.by, 3);
    assert_int_equal(v.time_s[1], 1764000000);
    assert_true(str_is(v.note.text, TEXT));
    assert_int_equal(note_verify(text, vkeys + 1, 1, &v, &err), OK);
    assert_int_equal(v.by, 1);
    assert_int_equal(note_verify(text, vkeys, 0, &v, &err), E_DENIED);
    buf_release(&note);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example", NOTE_ED25519, 3);
    struct note_vkey vkey = note_vkey_of(&key);
    struct note_verified v;
    struct buf note;
    struct err err;
    struct str text = signed_by(&note, &key, 1, 0);

    for (size_t i = 0; i < text.n * 8; i++) {
        note.p[i / 8] = (char)(note.p[i / 8] ^ (1 << (i % 8)));
        assert_int_not_equal(note_verify(text, &vkey, 1, &v, &err), OK);
        note.p[i / 8] = (char)(note.p[i / 8] ^ (1 << (i % 8)));
    }
    buf_release(&note);
}

static void unknown_lines_of_any_size_are_carried(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example", NOTE_ED25519, 3);
    struct note_vkey vkey = note_vkey_of(&key);
    struct note_verified v;
    struct buf note;
    struct err err;
    static unsigned char big[100000];

    (void)signed_by(&note, &key, 1, 0);
    buf_cstr(&note, "\xE2\x80\x94 log.example ");
    buf_base64(&note, big, sizeof(big));
    buf_cstr(&note, "\n");
    assert_int_equal(note_verify(buf_view(&note), &vkey, 1, &v, &err), OK);
    assert_true(v.note.signatures.n > sizeof(big));
    note.p[note.n - 50000] = '!'; /* base64 no longer, deep inside */
    assert_int_equal(note_verify(buf_view(&note), &vkey, 1, &v, &err), E_INVALID);
    buf_release(&note);
}

static void a_hundred_lines_and_no_more(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example", NOTE_ED25519, 3), other = key_of("x.example", NOTE_ED25519, 4);
    struct note_vkey vkey = note_vkey_of(&key);
    struct note_verified v;
    struct buf note;
    struct err err;

    (void)signed_by(&note, &key, 1, 0);
    for (size_t i = 1; i < NOTE_SIGNATURES_MAX; i++)
        note_sign_line(STR(TEXT), &other, 0, &note);
    assert_int_equal(note_verify(buf_view(&note), &vkey, 1, &v, &err), OK);
    note_sign_line(STR(TEXT), &other, 0, &note);
    assert_int_equal(note_verify(buf_view(&note), &vkey, 1, &v, &err), E_LIMIT);
    buf_release(&note);
}

static void malformed_notes_are_refused(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example", NOTE_ED25519, 3);
    static const char *const BAD[] = {
        "", "\n", "\n\n", "a\n", "a\n\n", "a\n\n\xE2\x80\x94 n AAAAAAA=", "a\n\n- n AAAAAAA=\n",
        "a\n\n\xE2\x80\x94 n AAAAAA==\n", "a\n\n\xE2\x80\x94 n  AAAAAAA=\n", "a\n\n\xE2\x80\x94 AAAAAAA=\n",
        "a\n\n\xE2\x80\x94 n AAAAAAB=\n", "a\tb\n\n\xE2\x80\x94 n AAAAAAA=\n", "\xFF\n\n\xE2\x80\x94 n AAAAAAA=\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_int_equal(verify(BAD[i], &key), E_INVALID);
    assert_int_equal(verify("a\n\n\xE2\x80\x94 n AAAAAAA=\n", &key), E_DENIED); /* well-formed, unknown */
}

/* The shortest text there is: what is signed can be read. */
static void an_empty_line_is_a_text(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example", NOTE_ED25519, 3);
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(note_sign(STR("\n"), &key, 1, 0, &out, NULL), OK);
    assert_int_equal(verify(out.p, &key), OK);
    buf_release(&out);
}

static void texts_that_cannot_be_notes_are_not_signed(void **state)
{
    (void)state;
    struct note_skey key = key_of("log.example", NOTE_ED25519, 3);
    struct buf out;
    struct err err;

    buf_init(&out, 4096);
    assert_int_equal(note_sign(STR(""), &key, 1, 0, &out, &err), E_INVALID);
    assert_int_equal(note_sign(STR("no newline"), &key, 1, 0, &out, &err), E_INVALID);
    assert_int_equal(note_sign(STR("tab\t\n"), &key, 1, 0, &out, &err), E_INVALID);
    assert_int_equal(out.n, 0);
    buf_release(&out);
    buf_init(&out, 40);
    assert_int_equal(note_sign(STR(TEXT), &key, 1, 0, &out, &err), E_LIMIT);
    buf_release(&out);
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
        cmocka_unit_test(key_of_rfc_8032),
        cmocka_unit_test(keys_survive_their_text_form),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(names_have_no_spaces_and_no_plus),
        cmocka_unit_test(signed_notes_verify),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(unknown_lines_of_any_size_are_carried),
        cmocka_unit_test(a_hundred_lines_and_no_more),
        cmocka_unit_test(malformed_notes_are_refused),
        cmocka_unit_test(an_empty_line_is_a_text),
        cmocka_unit_test(texts_that_cannot_be_notes_are_not_signed),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

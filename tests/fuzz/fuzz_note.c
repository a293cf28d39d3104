/*
 * fuzz_note.c - signed notes, checkpoints and proofs. What is accepted has one spelling; nothing verifies that was not
 * signed; what we sign verifies, and no longer once a byte of it is another.
 */
#include "audit/proof.h"
#include "tests/fuzz/lib/fuzz.h"

static const unsigned char seed[KEY_BYTES] = "thirty-two bytes of no secret...";
#define ORIGIN "log.example/fuzz"

static void checkpoint_has_one_spelling(struct str text)
{
    struct checkpoint cp;
    struct buf again;
    if (checkpoint_parse(text, &cp, NULL) != OK)
        return;
    buf_init(&again, 1 << 20);
    checkpoint_format(&cp, &again);
    HOLDS(str_eq(buf_view(&again), text));
    buf_release(&again);
}

static void proof_has_one_spelling(struct str text)
{
    struct tlog_proof proof;
    struct buf again;
    if (proof_parse(text, &proof, NULL) != OK)
        return;
    buf_init(&again, 2 << 20);
    proof_format(&proof, &again);
    HOLDS(str_eq(buf_view(&again), text));
    buf_release(&again);
}

static void key_has_one_spelling(struct str text)
{
    struct note_vkey key;
    struct note_skey secret;
    struct buf again;
    buf_init(&again, 1 << 20);
    if (note_vkey_parse(text, &key, NULL) == OK) {
        note_vkey_format(&key, &again);
        HOLDS(str_eq(buf_view(&again), text));
    } else if (note_skey_parse(text, &secret, NULL) == OK) {
        note_skey_format(&secret, &again);
        HOLDS(str_eq(buf_view(&again), text));
    }
    buf_release(&again);
}

/* Of all bytes handed in, only those made by sign_and_break are ever signed. */
static void nothing_verifies(struct str bytes, const struct note_vkey *key)
{
    struct note_verified v;
    struct checkpoint_opened cp;
    struct proof_opened proof;
    struct hash leaf = merkle_leaf(bytes);
    struct note note;
    HOLDS(note_verify(bytes, key, 1, &v, NULL) != OK);
    HOLDS(checkpoint_open(bytes, STR_NONE, key, 1, &cp, NULL) != OK);
    HOLDS(proof_verify(bytes, &leaf, STR_NONE, key, 1, &proof, NULL) != OK);
    if (note_split(bytes, &note, NULL) == OK)
        HOLDS(note.text.n + 1 + note.signatures.n == bytes.n);
}

static void sign_and_break(struct str text, size_t at, const struct note_skey *secret, const struct note_vkey *key)
{
    struct buf note;
    struct note_verified v;
    struct err err;
    buf_init(&note, 2 << 20);
    if (note_sign(text, secret, 1, 0, &note, NULL) == OK) {
        HOLDS_OK(note_verify(buf_view(&note), key, 1, &v, &err), &err);
        HOLDS(v.by == 1 && str_eq(v.note.text, text));
        note.p[at % note.n] ^= (char)(1U << (at % 8));
        HOLDS(note_verify(buf_view(&note), key, 1, &v, NULL) != OK);
    }
    buf_release(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct note_skey secret;
    struct err err;
    HOLDS_OK(crypto_init(&err), &err);
    note_skey_init(&secret, STR(ORIGIN), NOTE_ED25519, seed);
    struct note_vkey key = note_vkey_of(&secret);
    nothing_verifies(input, &key);
    checkpoint_has_one_spelling(input);
    proof_has_one_spelling(input);
    key_has_one_spelling(input);
    size_t at = fuzz_byte(&input);
    at = at << 8 | fuzz_byte(&input);
    sign_and_break(input, at, &secret, &key);
    return 0;
}

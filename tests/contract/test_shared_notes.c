/* test_shared_notes.c - keys, notes, checkpoints, proofs, cosignatures and commitments against signed_note.json. */
#include "audit/commit.h"
#include "audit/proof.h"
#include "tests/lib/shared_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct vectors vectors;

#define SKIP_WITHOUT_VECTORS                                                                                           \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (!vectors.root)                                                                                             \
            skip();                                                                                                    \
    } while (0)

static struct note_skey key_named(struct str name)
{
    char key[64];
    struct note_skey skey;
    struct err err;

    (void)snprintf(key, sizeof(key), "%.*s", STR_ARG(name));
    const struct json *k = need(need(vectors.root, "keys"), key);
    /* The evil key comes without its Go form. */
    if (json_get(k, "skey_go")) {
        assert_int_equal(note_skey_parse(need_text(k, "skey_go"), &skey, &err), OK);
        return skey;
    }
    struct str seed = vectors_bytes(&vectors, need_text(k, "seed_hex"));
    unsigned char bytes[KEY_BYTES];
    memcpy(bytes, seed.p, sizeof(bytes));
    note_skey_init(&skey, need_text(k, "name"), (unsigned char)need_number(k, "alg"), bytes);
    return skey;
}

static size_t trusted_keys(const struct json *list, struct note_vkey *out)
{
    size_t n = 0;

    for (const struct json *v = list->first; v; v = v->next) {
        struct note_skey skey = key_named(json_string(v));

        out[n++] = note_vkey_of(&skey);
    }
    return n;
}

static void keys(void **state)
{
    SKIP_WITHOUT_VECTORS;
    for (const struct json *k = need(vectors.root, "keys")->first; k; k = k->next) {
        struct note_skey skey = key_named(k->key);
        struct note_vkey vkey;
        struct buf text;
        struct err err;

        assert_int_equal(note_vkey_parse(need_text(k, "vkey"), &vkey, &err), OK);
        assert_true(vkey.id == skey.id && vkey.alg == skey.alg && str_eq(vkey.name, skey.name));
        assert_memory_equal(vkey.pub, vectors_bytes(&vectors, need_text(k, "public_hex")).p, KEY_BYTES);
        assert_memory_equal(skey.pub, vkey.pub, KEY_BYTES);
        assert_memory_equal(skey.seed, vectors_bytes(&vectors, need_text(k, "seed_hex")).p, KEY_BYTES);
        buf_init(&text, 4096);
        note_vkey_format(&vkey, &text);
        assert_true(str_eq(buf_view(&text), need_text(k, "vkey")));
        buf_clear(&text);
        note_skey_format(&skey, &text);
        assert_true(!json_get(k, "skey_go") || str_eq(buf_view(&text), need_text(k, "skey_go")));
        buf_release(&text);
        vectors.checked += 2;
    }
}

static void checkpoints(void **state)
{
    SKIP_WITHOUT_VECTORS;
    struct note_skey log = key_named(STR("log"));
    struct note_vkey vkey = note_vkey_of(&log);

    for (const struct json *v = need(vectors.root, "checkpoints")->first; v; v = v->next) {
        struct checkpoint_opened opened;
        struct buf note;
        struct err err;

        assert_int_equal(checkpoint_open(need_text(v, "note"), need_text(vectors.root, "origin"), &vkey, 1,
                         &opened, &err), OK);
        assert_int_equal(opened.checkpoint.size, need_number(v, "size"));
        buf_init(&note, NOTE_BYTES_MAX);
        assert_int_equal(checkpoint_sign(&opened.checkpoint, &log, 1, &note, &err), OK);
        assert_true(str_eq(buf_view(&note), need_text(v, "note")));
        buf_release(&note);
        vectors.checked++;
    }
}

static void notes_accepted(void **state)
{
    SKIP_WITHOUT_VECTORS;
    for (const struct json *v = need(vectors.root, "accept")->first; v; v = v->next) {
        const struct json *trusted = need(v, "trusted");
        struct note_vkey vkeys[NOTE_KEYS_MAX];
        size_t n = trusted_keys(trusted, vkeys), signers = 0;
        struct checkpoint_opened opened;
        struct err err;

        assert_int_equal(checkpoint_open(need_text(v, "note"), STR_NONE, vkeys, n, &opened, &err), OK);
        for (size_t i = 0; i < n; i++)
            signers += opened.signatures.by >> i & 1;
        assert_int_equal(signers, need(v, "verified_by")->count);
        const struct json *times = json_get(v, "cosignature_times");
        size_t i = 0;
        for (const struct json *t = trusted->first; times && t; t = t->next, i++) {
            char name[64];
            int64_t at;

            (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(json_string(t)));
            if (json_int(json_get(times, name), &at))
                assert_int_equal(opened.signatures.time_s[i], at);
        }
        vectors.checked++;
    }
}

static void notes_rejected(void **state)
{
    SKIP_WITHOUT_VECTORS;
    for (const struct json *v = need(vectors.root, "reject_note")->first; v; v = v->next) {
        struct note_vkey vkeys[NOTE_KEYS_MAX];
        size_t n = trusted_keys(need(v, "trusted"), vkeys);
        struct note_verified verified;
        struct err err;

        assert_int_not_equal(note_verify(need_text(v, "note"), vkeys, n, &verified, &err), OK);
        vectors.must_fail++;
    }
}

static void checkpoints_rejected(void **state)
{
    SKIP_WITHOUT_VECTORS;
    for (const struct json *v = need(vectors.root, "reject_checkpoint")->first; v; v = v->next) {
        struct note_vkey vkeys[NOTE_KEYS_MAX];
        size_t n = trusted_keys(need(v, "trusted"), vkeys);
        struct note_verified verified;
        struct checkpoint_opened opened;
        struct err err;

        bool valid = note_verify(need_text(v, "note"), vkeys, n, &verified, &err) == OK;
        assert_true(valid == json_true(need(v, "note_signature_valid")));
        assert_int_not_equal(
            checkpoint_open(need_text(v, "note"), need_text(v, "expected_origin"), vkeys, n, &opened, &err), OK);
        vectors.must_fail++;
    }
}

static void tlog_proofs(void **state)
{
    SKIP_WITHOUT_VECTORS;
    struct note_skey log = key_named(STR("log")), w1 = key_named(STR("witness1"));
    struct note_vkey vkeys[] = {note_vkey_of(&log), note_vkey_of(&w1)};
    struct hash_reader reader = generated_reader(&vectors);

    for (const struct json *v = need(vectors.root, "tlog_proofs")->first; v; v = v->next) {
        struct str text = need_text(v, "text");
        struct hash leaf = merkle_leaf(vectors_bytes(&vectors, need_text(v, "entry_hex"))),
                                       other = merkle_leaf(STR("another"));
        struct proof_opened opened;
        struct merkle_path path;
        struct buf again;
        struct err err;

        assert_int_equal(proof_verify(text, &leaf, STR_NONE, vkeys, 2, &opened, &err), OK);
        assert_int_equal(opened.proof.index, need_number(v, "index"));
        assert_int_equal(opened.head.checkpoint.size, need_number(v, "size"));
        assert_int_equal(proof_verify(text, &other, STR_NONE, vkeys, 2, &opened, &err), E_DENIED);
        assert_int_equal(proof_verify(text, &leaf, STR_NONE, vkeys, 2, &opened, &err), OK);
        assert_int_equal(
            merkle_prove_inclusion(&reader, need_number(v, "index"), need_number(v, "size"), &path, &err), OK);
        same_path(&vectors, &path, &opened.proof.path);
        buf_init(&again, PROOF_BYTES_MAX);
        proof_format(&opened.proof, &again);
        assert_true(str_eq(buf_view(&again), text));
        buf_release(&again);
        vectors.checked++;
    }
}

static void witness_request(void **state)
{
    SKIP_WITHOUT_VECTORS;
    const struct json *w = need(vectors.root, "witness_add_checkpoint_request");
    struct str body = need_text(w, "body"), line, rest;
    struct note_skey log = key_named(STR("log")), witness = key_named(STR("witness1"));
    struct note_vkey vkey = note_vkey_of(&log);
    struct merkle_path path = {0};
    struct hash_reader reader = generated_reader(&vectors);
    struct checkpoint_opened opened;
    struct hash old_root;
    struct err err;
    int64_t old_size, time_s;

    assert_true(str_split(body, '\n', &line, &rest) && str_starts(line, STR("old ")));
    assert_true(str_to_i64((struct str){line.p + 4, line.n - 4}, &old_size));
    while (str_split(rest, '\n', &line, &rest) && line.n > 0) {
        size_t n = HASH_BYTES;

        assert_true(base64_decode(line, path.hash[path.n++].b, &n));
    }
    assert_int_equal(checkpoint_open(rest, STR_NONE, &vkey, 1, &opened, &err), OK);
    assert_int_equal(merkle_read_root(&reader, (uint64_t)old_size, &old_root, &err), OK);
    assert_true(merkle_verify_consistency((uint64_t)old_size, &old_root, opened.checkpoint.size,
                                          &opened.checkpoint.root, &path));
    for (const struct json *v = need(w, "expected_cosignature_at_time")->first; v; v = v->next) {
        struct buf cosignature;

        assert_true(str_to_i64(v->key, &time_s));
        buf_init(&cosignature, 4096);
        checkpoint_cosign(&opened.signatures.note, &witness, time_s, &cosignature);
        assert_true(str_eq(buf_view(&cosignature), json_string(v)));
        buf_release(&cosignature);
        vectors.checked++;
    }
}

static void commitments(void **state)
{
    SKIP_WITHOUT_VECTORS;
    const struct json *c = need(vectors.root, "commitment"), *set = need(c, "set");
    struct hash key = vectors_hash(need_text(c, "key_hex")), want = vectors_hash(need_text(c, "commitment_hex"));
    struct hash got = commit_with_key(&key, STR(COMMIT_CONTACT_ID), need_text(c, "contact_id"));
    struct hash member[16], leaves[16];
    const struct json *id = need(set, "contact_ids")->first, *commit = need(set, "commitments_hex")->first;
    size_t n = 0;

    same_hash(&vectors, &got, &want);
    for (const struct json *k = need(set, "keys_hex")->first; k; k = k->next, id = id->next, commit = commit->next) {
        key = vectors_hash(json_string(k));
        want = vectors_hash(json_string(commit));
        assert_true(n < ARRAY_LEN(member));
        member[n] = commit_with_key(&key, STR(COMMIT_CONTACT_ID), json_string(id));
        same_hash(&vectors, &member[n++], &want);
    }
    got = commit_root(member, n, leaves);
    want = vectors_hash(need_text(set, "set_root_hex"));
    same_hash(&vectors, &got, &want);
}

static void dsse(void **state)
{
    SKIP_WITHOUT_VECTORS;
    const struct json *d = need(vectors.root, "dsse");
    struct note_skey key = key_named(need_text(d, "key"));
    unsigned char sig[SIG_BYTES];
    size_t n = sizeof(sig);

    assert_true(base64_decode(need_text(d, "sig_b64"), sig, &n) && n == sizeof(sig));
    assert_true(ed25519_verify(key.pub, need_text(d, "pae"), sig));
    vectors.checked++;
}

static int setup(void **state)
{
    (void)state;
    vectors_open(&vectors, "signed_note.json", 70000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vectors_close(&vectors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(checkpoints),
        cmocka_unit_test(notes_accepted),
        cmocka_unit_test(notes_rejected),
        cmocka_unit_test(checkpoints_rejected),
        cmocka_unit_test(tlog_proofs),
        cmocka_unit_test(witness_request),
        cmocka_unit_test(commitments),
        cmocka_unit_test(dsse),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

#include "audit/proof.h"

static const char HEADER[] = "c2sp.org/tlog-proof@v1";

void proof_format(const struct tlog_proof *proof, struct buf *out)
{
    buf_fmt(out, "%s\n", HEADER);
    if (proof->extra.p)
        buf_fmt(out, "extra %.*s\n", STR_ARG(proof->extra));
    buf_fmt(out, "index %llu\n", (unsigned long long)proof->index);
    for (size_t i = 0; i < proof->path.n; i++) {
        buf_base64(out, proof->path.hash[i].b, HASH_BYTES);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
    buf_str(out, proof->checkpoint);
}

/* The line's value behind `word` and a space. */
static bool take_word(struct str line, struct str word, struct str *value)
{
    if (!str_starts(line, word))
        return false;
    *value = (struct str){line.p + word.n, line.n - word.n};
    return true;
}

static bool base64_line_ok(struct str s)
{
    /* Decoded nowhere, so only its form is checked, four characters at a time. */
    unsigned char three[3];

    for (; s.n > 4; s = (struct str){s.p + 4, s.n - 4}) {
        size_t n = sizeof(three);

        if (!base64_decode((struct str){s.p, 4}, three, &n) || n != 3)
            return false;
    }
    size_t n = sizeof(three);
    return s.n == 4 && base64_decode(s, three, &n);
}

static enum status parse_path(struct str *rest, struct merkle_path *out, struct err *err)
{
    out->n = 0;
    for (;;) {
        struct str line;
        size_t n = HASH_BYTES;

        if (!str_split(*rest, '\n', &line, rest))
            return FAIL(err, E_INVALID, "proof has no blank line before its checkpoint");
        if (line.n == 0)
            return OK;
        if (out->n == MERKLE_PATH_MAX)
            return FAIL(err, E_INVALID, "proof has more than %d hashes", MERKLE_PATH_MAX);
        if (!base64_decode(line, out->hash[out->n].b, &n) || n != HASH_BYTES)
            return FAIL(err, E_INVALID, "hash %zu of the proof is not base64 of 32 bytes", out->n + 1);
        out->n++;
    }
}

enum status proof_parse(struct str text, struct tlog_proof *out, struct err *err)
{
    struct tlog_proof proof = {.extra = STR_NONE};
    struct str line, rest = text, value;
    int64_t index;

    if (text.n > PROOF_BYTES_MAX)
        return FAIL(err, E_INVALID, "proof is longer than %d bytes", PROOF_BYTES_MAX);
    if (!str_split(rest, '\n', &line, &rest) || !str_is(line, HEADER))
        return FAIL(err, E_INVALID, "not a proof: its first line is not %s", HEADER);
    if (!str_split(rest, '\n', &line, &rest))
        return FAIL(err, E_INVALID, "proof is cut short");
    if (take_word(line, STR("extra "), &value)) {
        if (!base64_line_ok(value) || !str_split(rest, '\n', &line, &rest))
            return FAIL(err, E_INVALID, "the extra line of the proof is not base64");
        proof.extra = value;
    }
    if (!take_word(line, STR("index "), &value) || !str_to_i64(value, &index) || index < 0)
        return FAIL(err, E_INVALID, "proof has no index line with a plain decimal number");
    proof.index = (uint64_t)index;
    TRY(parse_path(&rest, &proof.path, err));
    proof.checkpoint = rest;
    *out = proof;
    return OK;
}

enum status proof_verify(struct str text, const struct hash *leaf, struct str origin, const struct note_vkey *keys,
                         size_t n, struct proof_opened *out, struct err *err)
{
    struct proof_opened o;

    TRY(proof_parse(text, &o.proof, err));
    TRY(checkpoint_open(o.proof.checkpoint, origin, keys, n, &o.head, err));
    const struct checkpoint *cp = &o.head.checkpoint;
    if (!merkle_verify_inclusion(leaf, o.proof.index, cp->size, &o.proof.path, &cp->root))
        return FAIL(err, E_DENIED, "the entry does not stand at index %llu of the log of %llu entries",
                    (unsigned long long)o.proof.index, (unsigned long long)cp->size);
    *out = o;
    return OK;
}

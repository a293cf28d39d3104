#include "audit/checkpoint.h"

enum status checkpoint_parse(struct str text, struct checkpoint *out, struct err *err)
{
    struct checkpoint cp = {0};
    struct str size, root, rest;
    struct hash empty = merkle_empty_root();
    size_t n = HASH_BYTES;
    int64_t value;

    if (!str_split(text, '\n', &cp.origin, &rest) || !str_split(rest, '\n', &size, &rest) ||
        !str_split(rest, '\n', &root, &cp.extensions))
        return FAIL(err, E_INVALID, "checkpoint has fewer than three lines");
    if (cp.origin.n == 0)
        return FAIL(err, E_INVALID, "checkpoint has an empty origin");
    if (!str_to_i64(size, &value) || size.p[0] == '-')
        return FAIL(err, E_INVALID, "checkpoint size is not a plain decimal number below 2^63");
    if (!base64_decode(root, cp.root.b, &n) || n != HASH_BYTES)
        return FAIL(err, E_INVALID, "checkpoint root is not base64 of 32 bytes");
    if (value == 0 && !hash_eq(&cp.root, &empty))
        return FAIL(err, E_INVALID, "checkpoint of an empty log has the root of another");
    cp.size = (uint64_t)value;
    for (rest = cp.extensions; rest.n > 0;) {
        struct str line;

        if (!str_split(rest, '\n', &line, &rest) || line.n == 0)
            return FAIL(err, E_INVALID, "checkpoint has a malformed extension line");
    }
    *out = cp;
    return OK;
}

void checkpoint_format(const struct checkpoint *cp, struct buf *out)
{
    buf_str(out, cp->origin);
    buf_fmt(out, "\n%llu\n", (unsigned long long)cp->size);
    buf_base64(out, cp->root.b, HASH_BYTES);
    buf_char(out, '\n');
    buf_str(out, cp->extensions);
}

enum status checkpoint_sign(const struct checkpoint *cp, const struct note_skey *keys, size_t n, struct buf *out,
                            struct err *err)
{
    struct buf body;
    struct checkpoint again;

    buf_init(&body, CHECKPOINT_BYTES_MAX);
    checkpoint_format(cp, &body);
    enum status status = buf_check(&body, err);
    /* A line break in the origin would sign another size and root. */
    if (status == OK)
        status = checkpoint_parse(buf_view(&body), &again, err);
    if (status == OK && (again.size != cp->size || !str_eq(again.origin, cp->origin)))
        status = FAIL(err, E_INVALID, "origin holds a line break");
    if (status == OK)
        status = note_sign(buf_view(&body), keys, n, 0, out, err);
    buf_release(&body);
    return status;
}

void checkpoint_cosign(const struct note *note, const struct note_skey *key, int64_t time_s, struct buf *out)
{
    ASSERT(key->alg == NOTE_COSIGNATURE);
    note_sign_line(note->text, key, time_s, out);
}

static bool signed_by_log(const struct checkpoint_opened *o, const struct note_vkey *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((o->signatures.by >> i & 1) && keys[i].alg == NOTE_ED25519 &&
            str_eq(keys[i].name, o->checkpoint.origin))
            return true;
    }
    return false;
}

enum status checkpoint_open(struct str bytes, struct str origin, const struct note_vkey *keys, size_t n,
                            struct checkpoint_opened *out, struct err *err)
{
    struct checkpoint_opened o;

    TRY(note_verify(bytes, keys, n, &o.signatures, err));
    TRY(checkpoint_parse(o.signatures.note.text, &o.checkpoint, err));
    if (origin.p && !str_eq(origin, o.checkpoint.origin))
        return FAIL(err, E_DENIED, "checkpoint is of the log %.*s, not of %.*s", STR_ARG(o.checkpoint.origin),
                    STR_ARG(origin));
    if (!signed_by_log(&o, keys, n))
        return FAIL(err, E_DENIED, "checkpoint of %.*s is not signed by a key of that name",
                    STR_ARG(o.checkpoint.origin));
    *out = o;
    return OK;
}

/*
 * checkpoint.h - C2SP tlog-checkpoint v1.0.0: a log's signed tree head.
 *
 *     <origin>\n<size, decimal>\n<base64 of the root>\n
 *
 * Lines behind these three are extensions; we never write any, and carry those of others unread.
 */
#ifndef EXPUNGE_AUDIT_CHECKPOINT_H
#define EXPUNGE_AUDIT_CHECKPOINT_H

#include "audit/merkle.h"
#include "audit/note.h"

enum { CHECKPOINT_BYTES_MAX = 64 * 1024 };

/* The strings are views of the text parsed. */
struct checkpoint {
    struct str origin;
    uint64_t size;
    struct hash root;
    struct str extensions;
};

/* The note's text alone. E_INVALID: empty origin, a size that is not plain decimal or not below 2^63, a root that is
 * not 32 bytes in strict base64, an empty tree whose root is not that of the empty tree, an empty extension line. */
enum status checkpoint_parse(struct str text, struct checkpoint *out, struct err *err) MUST_USE;
void checkpoint_format(const struct checkpoint *cp, struct buf *out);

/* Body signed by the log's key (and, during a rotation, by several). E_INVALID: the origin is empty or holds a line
 * break. */
enum status checkpoint_sign(const struct checkpoint *cp, const struct note_skey *keys, size_t n, struct buf *out,
                            struct err *err) MUST_USE;
/* The signature line of a witness over a note that was opened before. key->alg is NOTE_COSIGNATURE. */
void checkpoint_cosign(const struct note *note, const struct note_skey *key, int64_t time_s, struct buf *out);

struct checkpoint_opened {
    struct checkpoint checkpoint;
    struct note_verified signatures;
};
/* A signed checkpoint, believed: note_verify with these keys, parsed strictly, signed by a log key (0x01) whose name is
 * the checkpoint's origin, and of the expected origin unless that is absent. E_DENIED: signatures or origin;
 * E_INVALID: form. */
enum status checkpoint_open(struct str bytes, struct str origin, const struct note_vkey *keys, size_t n,
                            struct checkpoint_opened *out, struct err *err) MUST_USE;

#endif

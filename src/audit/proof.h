/*
 * proof.h - C2SP .tlog-proof files: that one entry stands in a log, in a file of its own.
 *
 *     c2sp.org/tlog-proof@v1\n
 *     extra <base64>\n          optional; not covered by any signature
 *     index <decimal>\n
 *     <base64 of a hash>\n      from the leaf's sibling to the root's child
 *     \n
 *     <signed checkpoint>
 */
#ifndef EXPUNGE_AUDIT_PROOF_H
#define EXPUNGE_AUDIT_PROOF_H

#include "audit/checkpoint.h"

enum { PROOF_BYTES_MAX = NOTE_BYTES_MAX + 64 * 1024 };

/* Strings are views of the text parsed. */
struct tlog_proof {
    struct str extra; /* base64 as it stands; absent when there is none */
    uint64_t index;
    struct merkle_path path;
    struct str checkpoint; /* the signed note, verbatim */
};

void proof_format(const struct tlog_proof *proof, struct buf *out);
/* E_INVALID: form, more hashes than a tree can need included. The checkpoint is not looked into. */
enum status proof_parse(struct str text, struct tlog_proof *out, struct err *err) MUST_USE;
/* The proof's checkpoint opens (checkpoint_open with these arguments), and the leaf stands at the proof's index of that
 * tree: else E_DENIED, or E_INVALID for form. *out holds what was proven. */
struct proof_opened {
    struct tlog_proof proof;
    struct checkpoint_opened head;
};
enum status proof_verify(struct str text, const struct hash *leaf, struct str origin, const struct note_vkey *keys,
                         size_t n, struct proof_opened *out, struct err *err) MUST_USE;

#endif

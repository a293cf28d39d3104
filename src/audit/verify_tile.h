/*
 * verify_tile.h - files of a published folder compared with what the entries imply: the part of verify.h that reads tiles.
 *
 * What is wrong is put into *mismatch, the first time only; a status other than OK means that nobody can say (disk,
 * permission).
 */
#ifndef EXPUNGE_AUDIT_VERIFY_TILE_H
#define EXPUNGE_AUDIT_VERIFY_TILE_H

#include "audit/verify.h"

void mismatch_set(struct verify_mismatch *m, const char *path, const char *what, const char *expected, const char *got);
void mismatch_at(struct verify_mismatch *m, uint64_t index, const char *path, const char *what, const char *expected,
                 const char *got);
void mismatch_hash(struct verify_mismatch *m, uint64_t index, const char *path, const char *what,
                   const struct hash *expected, const struct hash *got);
/* A file that cannot be read because it is not there or not what it should be is an answer; a failing disk is not. */
enum status mismatch_unreadable(struct verify_mismatch *m, enum status status, uint64_t index, const char *path,
                                const struct err *why, struct err *err) MUST_USE;

/* Of one thread. */
struct tile_check {
    const char *dir;
    struct verify_mismatch *mismatch;
    struct arena *scratch; /* TILE_CHECK_BYTES; reset by every file */
};
enum { TILE_CHECK_BYTES = BUNDLE_BYTES_MAX + (64 << 10) };

/* The tile of this width, and every file of it that was left of earlier sizes, begin with these hashes. */
enum status tile_check_hashes(const struct tile_check *c, unsigned level, uint64_t index, const struct hash *hashes,
                              unsigned width, struct err *err) MUST_USE;
/* Other files of a bundle than the one it was read from. */
enum status tile_check_bundle(const struct tile_check *c, uint64_t index, const struct bundle *bundle, unsigned width,
                              struct err *err) MUST_USE;

#endif

/*
 * verify.h - a whole log checked from its bytes: signature, entries, leaf hashes, every tile, root, meaning.
 *
 * Several threads each take a bundle of 256 entries, read, hash, compare and read it for its meaning; what they found is
 * taken in order, so that the answer is that of one thread. Bounded memory: a few hundred KB a thread (where entries are as
 * long as they may be, 34 MB a thread), and up to 86 bytes per intent and approval. Stops at the first byte that is not what
 * it should be and says which; it always ends, because every step reads one file of a size that the signed checkpoint implies.
 */
#ifndef EXPUNGE_AUDIT_VERIFY_H
#define EXPUNGE_AUDIT_VERIFY_H

#include "audit/checkpoint.h"
#include "audit/meaning.h"
#include "audit/tile_dir.h"

struct verify_how {
    unsigned threads; /* 0: one for each core; 1: all in the caller's */
    void *ctx;
    void (*tick)(void *ctx, uint64_t done, uint64_t total); /* NULL: none wanted; called every 256 entries */
};

enum { VERIFY_OPEN_MAX = 20 };

struct verify_mismatch {
    bool any;
    bool has_index;
    uint64_t index; /* of the entry; for a tile above the entries, of the first entry under the hash */
    char path[80];  /* relative to the folder; "" for entries that are not in one */
    char what[96];
    char expected[200]; /* what the entries, the signature or the format imply */
    char got[200];      /* what is there */
};

struct verify_report {
    bool ok; /* nothing is wrong: no mismatch, no finding. Open intents are not wrong. */
    struct str origin, vkey; /* of the checkpoint, and the key that signed it; in the caller's arena */
    uint64_t size;
    struct hash root;
    bool checkpoint_verified;
    uint64_t entries_verified;
    struct verify_mismatch mismatch; /* the first */
    struct meaning meaning;          /* its slots are gone */
    struct meaning_open open[VERIFY_OPEN_MAX]; /* the oldest open intents */
    size_t open_n;
};

/* A bare folder, with the keys the caller trusts (`how` may be NULL); `origin` absent: that of the checkpoint. OK whenever the question
 * was answered, also with no; E_IO, E_DENIED when it cannot be (disk, permission), E_LIMIT. */
enum status verify_directory(const char *dir, struct str origin, const struct note_vkey *keys, size_t n,
                             const struct verify_how *how, struct arena *a, struct verify_report *out,
                             struct err *err) MUST_USE;
/* Entries in pieces of TILE_WIDTH: `n` from `first` on, in place until the thread's next call. Several threads call it at once,
 * each with a number of its own below `threads`. */
struct entry_blocks {
    void *ctx;
    unsigned threads; /* at most */
    enum status (*read)(void *ctx, unsigned thread, uint64_t first, size_t n, struct str *entries, struct err *err);
};
/* Entries from elsewhere (the registry) against a head that the caller has: its size and root. */
enum status verify_entries(const struct entry_blocks *blocks, uint64_t size, const struct hash *root,
                           const struct verify_how *how, struct verify_report *out, struct err *err) MUST_USE;

#endif

/*
 * keys.h - the four keys of rule 2.29, kept outside the database: identifier, pseudonym, seal (one a month and purpose),
 * audit (audit_keys.h). Made by `init`, 0600 in a 0700 folder, or each kept where `keys:` says; a file readable by others is
 * refused.
 */
#ifndef EXPUNGE_KEYS_H
#define EXPUNGE_KEYS_H

#include "registry/registry.h"

enum { KEYS_CACHED_MAX = 8 };
/* Where each is kept: references as in secret.h, file: ones absolute; the seal keys' folder. */
struct key_places { struct str identifier, pseudonym, audit, seal; };
struct cached_key { const char *name; unsigned char key[KEY_BYTES]; };
struct keys {
    struct str seal_dir;
    unsigned char identifier[KEY_BYTES];
    unsigned char pseudonym[KEY_BYTES];
    struct hmac_key pseudonym_key;
    struct sealer sealer;  /* ctx is this struct */
    struct arena arena;
    struct cached_key cached[KEYS_CACHED_MAX];
    size_t cached_n;
};
/* Makes the folder and every key that is missing; E_CONFLICT when an identifier key is already there. origin: key name. */
enum status keys_make(struct str dir, struct str origin, struct err *err) MUST_USE;
/* As keys_make lays them out in one folder; its strings are the arena's. */
enum status key_places_in(struct str dir, struct arena *a, struct key_places *out, struct err *err) MUST_USE;
enum status keys_open(const struct key_places *places, struct keys *out, struct err *err) MUST_USE;
void keys_close(struct keys *k); /* wipes */
/* E_DENIED when others than its owner can read it, E_ABSENT when it is not there. */
enum status key_check_private(const char *path, struct err *err) MUST_USE;
/* What a reference names, trimmed; a file as key_check_private demands. */
enum status key_read_text(struct str reference, struct arena *a, struct str *out, struct err *err) MUST_USE;
/* Destroys the seal key of a month and purpose; what it sealed can no longer be read anywhere. */
enum status keys_destroy_seal(struct keys *k, const char *purpose, int64_t month_ms, struct err *err) MUST_USE;
/* "PSN-" and 20 base32 digits: the same value gives the same pseudonym in every store (rule 2.8). */
struct str keys_pseudonym(void *keys, struct str value, struct arena *a);

#endif

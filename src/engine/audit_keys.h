/*
 * audit_keys.h - the files of the keys that sign the log: audit.key; audit-ID.key, replaced by it and signing beside it
 * for a while; audit-new.key, made and about to take its place. `where` is the reference of audit.key (secret.h): the others
 * lie beside a file: one and carry its name; any other kind is one key alone, which cannot be changed. They are read for every signature, never kept in memory:
 * another process may replace them at any time.
 */
#ifndef EXPUNGE_AUDIT_KEYS_H
#define EXPUNGE_AUDIT_KEYS_H

#include "audit/note.h"
#include "base/arena.h"

enum { AUDIT_KEYS_OLD_MAX = 6, AUDIT_KEY_LABEL = 8 /* hex digits */ };
struct audit_keys {
    struct note_skey current, prepared;
    bool has_prepared;
    struct note_skey old[AUDIT_KEYS_OLD_MAX]; /* by label; never the current one */
    char label[AUDIT_KEYS_OLD_MAX][AUDIT_KEY_LABEL + 1]; /* ID of the file's name: the key's id when it was replaced */
    size_t old_n;
};
/* All of them under the name of the log; `name` must outlive *out. The caller wipes *out in every case. E_ABSENT: no
 * audit.key; E_DENIED: one can be read by others; E_LIMIT: more old ones than there is room for. */
enum status audit_keys_read(struct str where, struct str name, struct audit_keys *out, struct err *err) MUST_USE;
/* Whether the keys are files of ours; only these can be changed. */
bool audit_keys_are_files(struct str where);
/* The folder they lie in; absent when they are no files. */
struct str audit_keys_dir(struct str where);
void audit_keys_wipe(struct audit_keys *k);

/* A new key into a file that is not there yet. */
enum status audit_key_make(const char *path, struct str name, struct err *err) MUST_USE;
/* Makes audit-new.key unless a rotation that was interrupted has left one. */
enum status audit_keys_prepare(struct str where, struct str name, struct err *err) MUST_USE;
/* audit.key becomes audit-LABEL.key, audit-new.key becomes audit.key; at no instant is there no audit.key. Repeatable
 * after a crash between the two. */
enum status audit_keys_switch(struct str where, const char *label, struct err *err) MUST_USE;
/* Overwrites and removes audit-LABEL.key, and what a crash has left of others. */
enum status audit_keys_destroy(struct str where, const char *label, struct err *err) MUST_USE;

#endif

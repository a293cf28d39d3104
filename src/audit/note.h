/*
 * note.h - C2SP signed notes (signed-note v1.0.0): a text, a blank line, signature lines.
 *
 *     <text, ending in a newline>
 *
 *     <U+2014> <key name> <base64(key id[4] || signature)>
 *
 * The key's algorithm byte says what is signed: Ed25519 (0x01) signs the text; a timestamped cosignature (0x04, C2SP
 * tlog-cosignature v1) signs "cosignature/v1\ntime <seconds>\n" and the text, and carries the time in front. Every
 * other algorithm is unknown to us: its lines are carried and skipped, whatever their size.
 */
#ifndef EXPUNGE_AUDIT_NOTE_H
#define EXPUNGE_AUDIT_NOTE_H

#include "base/buf.h"
#include "base/crypto.h"

enum {
    NOTE_ED25519 = 0x01,
    NOTE_COSIGNATURE = 0x04,
    NOTE_KEYS_MAX = 32,       /* keys one verification may be given */
    NOTE_SIGNATURES_MAX = 100, /* lines in one note, as in Go's sumdb/note */
    NOTE_BYTES_MAX = 1 << 20,
    NOTE_COSIGNATURE_BYTES = 8 + SIG_BYTES
};

/* Names are views of the text a key was parsed from, or of what the caller gave. */
struct note_vkey {
    struct str name;
    uint32_t id;
    unsigned char alg;
    unsigned char pub[KEY_BYTES];
};
/* The owner wipes it with explicit_bzero. */
struct note_skey {
    struct str name;
    uint32_t id;
    unsigned char alg;
    unsigned char seed[KEY_BYTES];
    unsigned char pub[KEY_BYTES];
};

bool note_name_ok(struct str name); /* UTF-8, not empty, no space of any kind, no '+' */
/* First four bytes of SHA-256(name || 0x0A || alg || pub), big-endian. */
uint32_t note_key_id(struct str name, unsigned char alg, const unsigned char pub[KEY_BYTES]);

/* "name+<8 hex>+base64(alg || pub)". E_INVALID: form, or the id does not belong to the key; E_UNSUPPORTED: alg. */
enum status note_vkey_parse(struct str text, struct note_vkey *out, struct err *err) MUST_USE;
void note_vkey_format(const struct note_vkey *key, struct buf *out);
/* "PRIVATE+KEY+name+<8 hex>+base64(alg || seed)", the form of Go's note.GenerateKey. Errors never show the key. */
enum status note_skey_parse(struct str text, struct note_skey *out, struct err *err) MUST_USE;
void note_skey_format(const struct note_skey *key, struct buf *out);
void note_skey_init(struct note_skey *key, struct str name, unsigned char alg, const unsigned char seed[KEY_BYTES]);
struct note_vkey note_vkey_of(const struct note_skey *key);

/* Views of one note. */
struct note {
    struct str text;       /* with its last newline */
    struct str signatures; /* the lines, each with its newline */
};
/* Form only, every line included; no signature is checked. E_INVALID, or E_LIMIT (size, number of lines). */
enum status note_split(struct str bytes, struct note *out, struct err *err) MUST_USE;

/* Appends one signature line over `text`, which ends in a newline. Only a cosignature key uses `time_s`. */
void note_sign_line(struct str text, const struct note_skey *key, int64_t time_s, struct buf *out);
/* Text, blank line, one line per key. E_INVALID: the text cannot be a note's. */
enum status note_sign(struct str text, const struct note_skey *keys, size_t n, int64_t time_s, struct buf *out,
                      struct err *err) MUST_USE;

struct note_verified {
    struct note note;
    uint32_t by;                   /* bit i: keys[i] signed */
    int64_t time_s[NOTE_KEYS_MAX]; /* of cosignatures */
};
/* At least one known key signed, and no known key's line is wrong: else E_DENIED. A line is known when its name and
 * key id are those of one of the n keys. */
enum status note_verify(struct str bytes, const struct note_vkey *keys, size_t n, struct note_verified *out,
                        struct err *err) MUST_USE;

#endif

/*
 * key_rotate.h - another key signs the log: the same name, a new key id (C2SP signed-note), both for a while.
 *
 * In this order, so that a crash anywhere leaves a log that verifies: the new key's file; the KEY_ROTATED entry with its
 * verifier key, from whose commit on heads carry both signatures; the new file in the old one's place; the head; the
 * published folder. An interrupted rotation is finished by the next one or by the next purge.
 */
#ifndef EXPUNGE_KEY_ROTATE_H
#define EXPUNGE_KEY_ROTATE_H

#include "engine/logbook.h"

/* Meta value "audit-key-ID" of a key that was replaced. version 0: this registry knows of no such thing. */
struct key_replaced {
    int64_t until_ms;  /* end of the overlap */
    uint32_t next;     /* id of the key that took its place; 0: unknown */
    uint64_t version;
};
enum status key_replaced_get(struct engine *e, const char *label, struct arena *a, struct key_replaced *out,
                             struct err *err) MUST_USE;

struct key_rotation {
    struct str origin, previous, vkey; /* verifier keys: give out the new one */
    int64_t at_ms, until_ms;           /* until then each head carries both signatures */
    uint64_t size;                     /* of the log, the KEY_ROTATED entry included */
    bool published;
};
/* overlap: how long the old key goes on signing. E_CONFLICT: another rotation is under way; E_LIMIT: too many replaced
 * keys are still in their overlap; E_UNSUPPORTED: the key is kept elsewhere than in a file. */
enum status key_rotate(struct engine *e, const struct period *overlap, struct arena *a, struct key_rotation *out,
                       struct err *err) MUST_USE;
/* Part of housekeeping: finishes what was interrupted, and destroys old keys whose overlap is over, once what is
 * published is signed by the current one. An old key that the registry knows nothing of begins its overlap now. */
enum status key_rotate_follow_up(struct engine *e, struct arena *a, uint64_t *destroyed, struct err *err) MUST_USE;

#endif

/* front.h - what the front files of the registry share among themselves. */
#ifndef EXPUNGE_REGISTRY_FRONT_H
#define EXPUNGE_REGISTRY_FRONT_H

#include "registry/registry.h"
#include "registry/row_fields.h"

enum { CONFLICT_ROUNDS = 20 };

/* One group; E_CONFLICT as the status. `entry` may be NULL. */
enum status registry_commit_one(struct registry *r, struct row *rows, size_t rows_n, struct entry *entry,
                                struct err *err) MUST_USE;
enum status registry_get_one(struct registry *r, enum table t, struct str key, struct arena *a, struct row *out,
                             struct err *err) MUST_USE;
/* The hold epoch moved on: a row for a group that changes what is held. */
struct row epoch_row(void);

/* A worker as its row tells; alive: present, and its lease not over for longer than WORKER_DEAD_AFTER_MS. */
struct worker_state { struct row_key key; uint64_t version; int64_t lease_until_ms; bool alive; };
enum status worker_states(struct registry *r, const struct row_key *keys, size_t n, int64_t now_ms, struct arena *a,
                          struct worker_state *out, struct err *err) MUST_USE;
/* Takes a dead worker's row away, so that it can never renew. *alive: it has just renewed. */
enum status worker_bury(struct registry *r, struct worker_state *w, struct err *err) MUST_USE;

/* Longer than a row: rows of PART_BYTES, numbered from 0. Field PART_COUNT of the first says how many they are; its key is the
 * caller's, the others' owner + number. Read whole although somebody may be writing them; *n is 0 when there are none. */
enum { PART_BYTES = 192 << 10, PARTS_MAX = 1000, PART_COUNT = 1 };
enum status part_key(const struct row_key *owner, uint64_t part, struct arena *a, struct str *out, struct err *err) MUST_USE;
enum status parts_get(struct registry *r, enum table t, struct str first, const struct row_key *owner, struct arena *a,
                      struct row **rows, size_t *n, struct err *err) MUST_USE;

#endif

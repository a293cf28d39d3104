/*
 * plan.h - the exact list an expiry run will act on, with a digest (rule 2.25). 24 bytes a chain, in chunks of 10,000
 * lines in the registry, so that memory does not grow with it.
 *
 * Leaf 0 of the digest's RFC 6962 tree is the header (policy version, cut-off, stores); each further leaf is one line:
 * chain key (16 bytes), row version (7 bytes, big-endian), decision (1 byte: enum verdict).
 */
#ifndef EXPUNGE_PLAN_H
#define EXPUNGE_PLAN_H
#include "engine/runs.h"

enum { PLAN_LINE_BYTES = 24, PLAN_CHUNK_LINES = 10000 };
struct plan_line { struct row_key chain; uint64_t version; enum verdict verdict; };

/* Everything due by now, in order of category and anchor; at most `limit` lines (0: no limit). Stored under run->id; fills
 * run->digest, planned, chunks, cutoff. No state of any contact changes. */
enum status plan_make(struct engine *e, struct run_record *run, uint64_t limit, struct arena *a, struct err *err) MUST_USE;
/* The same by a worker that holds the plan's lock: its lease is renewed, however long it takes. */
enum status plan_make_by(struct engine *e, const struct row_key *worker, struct run_record *run, uint64_t limit, struct arena *a, struct err *err) MUST_USE;
/* One chunk back, from 0; *n 0 behind the last. */
enum status plan_chunk(struct engine *e, struct str run_id, uint64_t chunk, struct arena *a, struct plan_line **out, size_t *n, struct err *err) MUST_USE;
/* Takes the chunks away again: a preview leaves nothing behind. */
enum status plan_forget(struct engine *e, const struct run_record *run, struct err *err) MUST_USE;
/* A file for people and for `purge --plan` (of a preview: for people only, and it says so): a JSON header line, then "key version decision" lines. */
enum status plan_write(struct engine *e, const struct run_record *run, const char *path, struct err *err) MUST_USE;
/* The digest a file's lines really have; E_INVALID with the line when it is not a plan, or says another digest. */
enum status plan_read_digest(const char *path, struct hash *out, struct err *err) MUST_USE;
#endif

/*
 * logbook.h - the log as a tree: integration of new entries, signed checkpoints, publishing, proofs (rules 2.27, 2.30).
 */
#ifndef EXPUNGE_LOGBOOK_H
#define EXPUNGE_LOGBOOK_H

#include "engine/engine.h"

struct logbook_head { uint64_t size; struct hash root; struct str checkpoint; struct str origin, vkey; int64_t signed_ms; };
enum status logbook_create(struct engine *e, struct str origin, struct err *err) MUST_USE; /* by init */
enum status logbook_head(struct engine *e, struct arena *a, struct logbook_head *out, struct err *err) MUST_USE;
/* Takes new entries into the tree, signs, stores the head by compare-and-swap; returns when the head covers every entry
 * committed before the call. Does nothing when there are none. */
enum status logbook_integrate(struct engine *e, struct err *err) MUST_USE;
/* E_DENIED with the sentence of rule 2.30 when something published is ahead of, or another than, this registry, or is no longer
 * there to be compared with. */
enum status logbook_check_behind(struct engine *e, struct err *err) MUST_USE;
/* Writes the tile directory, checkpoint last, VERIFY.txt and the format. Integrates first. dir absent: the
 * configured one, to which what is new is added. A dir that is named is written and compared from its first entry on, which
 * puts back what is missing: E_CONFLICT names a file that somebody changed. */
enum status logbook_publish(struct engine *e, struct str dir, struct arena *a, struct logbook_head *out, struct err *err) MUST_USE;
/* .tlog-proof text for the entry at `index`, from the published directory (published first when needed). */
enum status logbook_prove(struct engine *e, uint64_t index, struct arena *a, struct str *out, struct err *err) MUST_USE;

#endif

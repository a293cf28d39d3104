/*
 * request_parts.h - what the files of requests share. Private to requests.c, candidates.c, request_accept.c, request_run.c,
 * letter.c, letter_facts.c.
 */
#ifndef EXPUNGE_REQUEST_PARTS_H
#define EXPUNGE_REQUEST_PARTS_H

#include "engine/requests.h"
#include "engine/runs.h"

enum { REQUEST_APPROVAL_ABOVE = 500, REQUEST_SCRATCH_MAX = 256 << 20 };

/* Request and entries in one commit; q->version follows. E_CONFLICT: somebody else has changed it meanwhile. */
enum status request_save(struct engine *e, struct request *q, struct entry *entries, size_t n, struct arena *a, struct err *err) MUST_USE;
/* REQUESTED, saying what state or act it is. contacts < 0: no number. */
enum status request_entry(struct engine *e, const struct request *q, const char *state, int64_t contacts, struct arena *a,
                          struct entry *out, struct err *err) MUST_USE;
/* To another state, logged and saved. E_INVALID: it may not move there. Ending it drops what names the person. */
enum status request_move(struct engine *e, struct request *q, enum request_state to, struct arena *a, struct err *err) MUST_USE;
/* E_INVALID naming both states. */
enum status request_check_move(const struct request *q, enum request_state to, struct err *err) MUST_USE;
void request_forget(struct request *q); /* values away; types, times and hashes stay */

size_t request_count(const struct request *q, enum candidate_state s);
/* Chains confirmed, in the order of their keys. */
enum status request_confirmed(const struct request *q, struct arena *a, struct row_key **out, size_t *n, struct err *err) MUST_USE;
/* New proposals are added to q; *added says how many. Nothing is saved. */
enum status request_look(struct engine *e, struct request *q, struct arena *a, size_t *added, struct err *err) MUST_USE;

/* request_accept.c: the mandate written into every chain confirmed that has none of a request yet. What is claimed by
 * another just now is left for the next time. */
struct mandate request_mandate(const struct engine *e, const struct request *q, struct str run_id);
enum status request_accept(struct engine *e, const struct request *q, const struct row_key *keys, size_t n, struct str run_id,
                           struct err *err) MUST_USE;
/* Taken back from the chains where nothing has been sent. */
enum status request_revoke(struct engine *e, const struct request *q, const struct row_key *keys, size_t n, struct err *err) MUST_USE;

/* Where the confirmed chains stand. */
struct request_standing { uint64_t done, kept, moving; };
enum status request_stand(struct engine *e, const struct row_key *keys, size_t n, struct request_standing *out, struct err *err) MUST_USE;

#endif

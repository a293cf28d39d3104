/*
 * journal.h - audit entries as the engine writes them: facts in clear, commitments for everything personal.
 *
 * Each maker fills one struct entry whose memory is the arena's; the caller commits it in the group of the change it
 * records. Openings (the secret from which an owner's commitments come, with the ids) are made on first use.
 */
#ifndef EXPUNGE_JOURNAL_H
#define EXPUNGE_JOURNAL_H

#include "engine/engine.h"

/* What an opening holds, sealed at rest. */
struct opening {
    struct row_key owner;
    uint64_t version;           /* 0: new, not stored yet */
    unsigned char secret[KEY_BYTES];
    struct str source;
    struct str *ids;            /* contacts of a chain; or the matter text, or the request id, as the one entry */
    size_t ids_n;
    bool changed;               /* ids were added since it was read */
};
enum status opening_of_chain(struct engine *e, const struct chain *c, struct arena *a, struct opening *out, struct err *err) MUST_USE;
enum status opening_of_text(struct engine *e, const struct row_key *owner, struct str text, struct arena *a, struct opening *out, struct err *err) MUST_USE;
enum status opening_get(struct engine *e, const struct row_key *owner, struct arena *a, struct opening *out, struct err *err) MUST_USE; /* E_ABSENT */
/* The row to commit with the entry; none when !changed and version != 0 (*needed = false). */
enum status opening_row(struct engine *e, const struct opening *o, int64_t now_ms, struct arena *a, struct row *row, bool *needed, struct err *err) MUST_USE;

enum functionality { FUNC_NONE, FUNC_DELETE_CONTACT, FUNC_BULK_DELETE, FUNC_ERASURE_REQUEST, FUNC_RETENTION_PURGE, FUNC_RE_ERASURE, FUNC_SCRUB, FUNC_RESTRICT };
const char *functionality_name(enum functionality f);

/* read_ms: when the store was read back last; 0: at the time of the entry. */
struct store_tally { struct str store; uint64_t outcome[OUT_COUNT]; int64_t read_ms; };

enum status journal_registered(struct engine *e, uint64_t n, const struct hash *digest, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
/* An order or a request was accepted for n chains. o: of the chain (n == 1), of the request, or NULL: then `note` cannot
 * be committed to and is left out. */
enum status journal_requested(struct engine *e, enum functionality f, enum reason why, uint64_t n, struct str request_id, const struct opening *o,
                              struct str note, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
struct intent_facts { struct row_key id; /* chosen before; zero: made here */ enum functionality functionality; enum reason reason; struct str run, request_id; unsigned effects; struct str *stores; size_t stores_n; };
enum status journal_intent(struct engine *e, const struct intent_facts *f, const struct opening *openings, size_t n, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
/* verified: a VERIFIED entry (what a certificate carries), else OUTCOME, which never says PURGED or SCRUBBED: then
 * VERIFYING. intent zero: nothing had to be changed. */
struct outcome_facts {
    bool verified, again; enum functionality functionality; enum reason reason; struct row_key intent; struct str run, request_id;
    const struct store_tally *stores; size_t stores_n; enum contact_status verdict; const struct residual *residuals; size_t residuals_n;
    struct str law; int64_t keep_until_ms;
};
enum status journal_outcome(struct engine *e, const struct outcome_facts *f, const struct opening *o, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_risen(struct engine *e, const struct opening *o, struct str how, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_hold(struct engine *e, bool applied, const struct opening *matter, const char *scope, uint64_t n, struct str reason, int64_t review_ms, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
/* The grace after a release was waived: a HOLD_RELEASED of its own, which says so. */
enum status journal_waived(struct engine *e, const struct opening *matter, const char *scope, uint64_t n, struct str reason, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_lost(struct engine *e, const struct opening *chain, const struct opening *matter, const struct str *stores, size_t n, bool freed, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_planned(struct engine *e, const struct hash *digest, uint64_t n, int64_t cutoff_ms, struct str run, bool dry_run, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_approved(struct engine *e, const struct hash *digest, struct str requester, const char *what, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_refused(struct engine *e, enum functionality f, uint64_t n, const char *why, struct str run, const struct opening *o, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
/* What a guard stopped before it began: n of them where `limit` might go. */
enum status journal_stopped(struct engine *e, const char *why, const struct hash *digest, uint64_t n, uint64_t limit, struct str run, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
/* phase: started, finished, paused, resumed, cancelled; "dry started" and so on for a dry run. */
enum status journal_run(struct engine *e, struct str run, const char *phase, const uint64_t *counts, const char *const *names, size_t n, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
struct policy_facts {
    struct str version, previous;      /* previous absent: the first */
    uint64_t earlier, later, due_now;
    const struct period *delay;        /* stood in for a second person (rule 2.26); NULL: none was needed, or one approved */
};
enum status journal_policy(struct engine *e, const struct policy_facts *p, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
enum status journal_decided(struct engine *e, const struct opening *o, struct str decision, struct str note, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;
/* Anything else: a type of the log's table and up to 8 of its fields, in any order: text (a list of names: one name),
 * or a number (is_number; a boolean: 0 or 1). Absent text of a field that may be null is null. */
struct journal_fact { const char *name; struct str text; int64_t number; bool is_number; };
enum status journal_plain(struct engine *e, const char *type, const struct journal_fact *facts, size_t n, const struct row_key *subject, int64_t now_ms, struct arena *a, struct entry *out, struct err *err) MUST_USE;

#endif

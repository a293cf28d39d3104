/*
 * registry.h - the registry as the engine sees it: chains, holds, requests, workers, artefacts under way, audit entries.
 * What a claim, a hold, a settlement MEANS is written here once for every backend (backend.h stores and compares).
 *
 * Keys (rule 2.29): `identifier` makes row keys; `seal` protects ledger and openings at rest. Both are handed in.
 * A struct registry belongs to one thread; several may be open on one database, in one process or many.
 */
#ifndef EXPUNGE_REGISTRY_H
#define EXPUNGE_REGISTRY_H

#include "model/hold.h"
#include "model/permit.h"
#include "model/request.h"
#include "registry/backend.h"

struct seal_keys; /* engine/keys.c; here only passed through as callbacks */
struct sealer {   /* how sensitive bodies are protected at rest: key by month and purpose */
    void *ctx;
    enum status (*seal)(void *ctx, const char *purpose, int64_t at_ms, struct str plain, struct arena *a, struct str *out, struct err *err);
    enum status (*unseal)(void *ctx, const char *purpose, struct str sealed, struct arena *a, struct str *out, struct err *err);
};
struct committer; /* committer.h */
struct registry {
    struct backend backend;
    struct hmac_key identifier;
    const struct sealer *sealer;
    struct committer *committer; /* what writes for this one; NULL: it writes for itself */
};

/* create: also writes schema version, hold epoch, instance id. The identifier key's check value is stored at creation and
 * compared at every open: a wrong key is E_DENIED with a clear sentence, before anything is read by it. */
enum status registry_open(struct str url, bool create, const unsigned char identifier[KEY_BYTES], const struct sealer *sealer,
                          struct registry **out, struct err *err) MUST_USE;
void registry_close(struct registry *r);
/* What `r` commits from now on is written by the committer, together with what other threads commit at that moment. The
 * committer outlives `r`. registry_load stays with `r`: it is a transaction of its own size. */
void registry_share(struct registry *r, struct committer *c);

/* ---- small values ---- */
enum status registry_meta_get(struct registry *r, const char *name, struct arena *a, struct str *out, uint64_t *version, struct err *err) MUST_USE; /* absent: STR_NONE */
/* Compare and swap on the version got. */
enum status registry_meta_put(struct registry *r, const char *name, struct str value, uint64_t version, struct entry *entry, struct err *err) MUST_USE;

/* ---- sources ---- */
enum status registry_sources(struct registry *r, struct arena *a, struct str **out, size_t *n, struct err *err) MUST_USE;
enum status registry_source_add(struct registry *r, struct str source, struct err *err) MUST_USE; /* idempotent */

/* ---- chains ---- */
/* By chain key; version 0 in out[i] when absent. Erased chains answer blanked rows. */
enum status registry_chains(struct registry *r, const struct row_key *keys, size_t n, struct arena *a, struct chain *out, struct err *err) MUST_USE;
/* The chain key a contact key belongs to now: its leg row, else itself. *known: whether a chain row holds this contact. */
enum status registry_chain_of(struct registry *r, const struct row_key *contacts, size_t n, struct arena *a, struct row_key *chains, struct err *err) MUST_USE;
/* A row for `commit`: body packed, place taken from chain->queue..., version expected = chain->version. */
enum status registry_chain_row(const struct chain *c, struct arena *a, struct row *out, struct err *err) MUST_USE;
/* Text in *out points into row->body. E_INVALID: the row is damaged. */
enum status registry_chain_read(const struct row *row, struct arena *a, struct chain *out, struct err *err) MUST_USE;
/* The same, for a row that is yet to fit: *fits says whether the body stays within max_bytes, at most BODY_BYTES_MAX; without
 * it *out is not written. Documents may fill INGEST_BYTES_MAX; what is above is kept for holds and settlements. */
enum { INGEST_BYTES_MAX = 300 << 10 };
enum status registry_chain_row_within(const struct chain *c, size_t max_bytes, struct arena *a, struct row *out, bool *fits, struct err *err) MUST_USE;
/* The contact is a leg of that chain: out[0] says so (for its own chain: that no other has it), *n = 1. For another's chain
 * out[1] is the condition that no row stands at the contact's own key, which a hold by id may just have announced, *n = 2.
 * E_CONFLICT: read that row and take its holds over; a group that writes that row itself leaves the condition out. */
enum status registry_leg_rows(const struct row_key *contact, const struct row_key *chain, struct arena *a, struct row out[2],
                              size_t *n, struct err *err) MUST_USE;
/* The chain is found by that subject. Version VERSION_ANY, as leg rows have. */
enum status registry_subject_row(const struct row_key *subject, const struct row_key *chain, struct arena *a, struct row *out, struct err *err) MUST_USE;
/* Blank an erased chain to its tombstone: ids, text, locators gone; keyed hashes, facts holds match on, times, outcomes stay. */
void chain_blank(struct chain *c);
/* Results are OK, E_CONFLICT or E_LIMIT (too large, see backend.h): groups of unknown fate are looked up by their first
 * entry, else by their first row with a stated version, and what is not there is done again, all together, with a pause
 * between rounds. (E_RETRY only when twenty rounds left it unknown.) A group of neither entries nor stated versions may be
 * done twice. One without an entry that was done, and whose row somebody changed at once, is reported as E_CONFLICT: its
 * caller reads again and may find its own change there. */
enum status registry_commit(struct registry *r, struct group *groups, size_t n, struct err *err) MUST_USE;
enum status registry_load(struct registry *r, struct group *groups, size_t n, struct err *err) MUST_USE;
/* A page of a queue: keys and places only, or with chains read. */
struct queue_line { struct row_key chain; uint64_t version; uint16_t category; int64_t time_ms; };
enum status registry_queue(struct registry *r, const struct queue_query *q, size_t max, struct arena *a, struct queue_line **out, size_t *n, struct err *err) MUST_USE;
/* Chains of a subject, by hash; at most max; *more when there are others. */
enum status registry_by_subject(struct registry *r, const struct row_key *subject, size_t max, struct arena *a, struct row_key **chains, size_t *n, bool *more, struct err *err) MUST_USE;
/* The next chains of all, in no order, some perhaps twice: `contact find`, standing-hold membership, probes. Until w->done;
 * *n may be 0 before. Zeroed *w starts. */
enum status registry_walk_chains(struct registry *r, struct walk *w, size_t max, struct arena *a, struct chain **out, size_t *n, struct err *err) MUST_USE;

/* ---- workers and claims (architecture.md 2.2) ---- */
/* A worker row with a lease; renewing is one write. The lease counts as dead one minute after its end, by the clock of
 * whoever looks: machines whose clocks differ from the registry server's by half of that take no work (engine/guard.c). */
enum { WORKER_DEAD_AFTER_MS = 60000 };
enum status registry_worker_start(struct registry *r, struct row_key *worker, int64_t now_ms, int64_t lease_ms, struct str what, struct err *err) MUST_USE;
enum status registry_worker_renew(struct registry *r, const struct row_key *worker, int64_t now_ms, int64_t lease_ms, struct err *err) MUST_USE; /* E_CONFLICT: taken for dead */
enum status registry_worker_stop(struct registry *r, const struct row_key *worker, struct err *err) MUST_USE;
struct registry_worker { struct row_key key; int64_t lease_until_ms; struct str what; };
enum status registry_workers(struct registry *r, struct arena *a, struct registry_worker **out, size_t *n, struct err *err) MUST_USE; /* all, dead ones too; consistent (a small table), worker by worker */
/* Those of these workers, by key: alive[i] says whether its row is there and its lease counts. */
enum status registry_workers_alive(struct registry *r, const struct row_key *workers, size_t n, int64_t now_ms, struct arena *a, bool *alive, struct err *err) MUST_USE;
/* Claim each chain if it is unclaimed (or its worker is dead) and its version is still chains[i].version. A claim by a worker
 * that has no row any more (stopped, or buried by worker_begin) is free. results[i]: OK (chains[i] re-read as claimed,
 * claims[i] filled; a hold that followed the claim at once may be on it already), E_CONFLICT (changed, another's, or named
 * before in this call), E_ABSENT, E_LIMIT (the row is too large to be claimed). */
enum status registry_claim(struct registry *r, const struct row_key *worker, struct chain *chains, size_t n, int64_t now_ms,
                           struct arena *a, struct claim *claims, enum status *results, struct err *err) MUST_USE;
/* Changes with every hold, by a random step: a database that lost its last moments never counts up to a value it had.
 * Claim, epoch, then a WRITE of the row at the claimed version (settlement.as_claimed): no hold slips between these. */
enum status registry_epoch(struct registry *r, uint64_t *epoch, struct err *err) MUST_USE;

/* ---- work: artefacts found, outcomes, tickets; kept from the intent until PURGED ---- */
enum status registry_work_get(struct registry *r, const struct row_key *chain, struct arena *a, struct artefact **out, size_t *n, uint64_t *parts, struct err *err) MUST_USE;
/* Artefacts packed in one work row's body, appended to *out (grown in a): for the ledger. */
enum status registry_work_read(struct str body, struct arena *a, struct artefact **out, size_t *n, struct err *err) MUST_USE;
/* Rows that replace the stored work of this chain (parts: how many are stored now); appended to rows[] (grown in a). */
enum status registry_work_rows(const struct row_key *chain, const struct artefact *artefacts, size_t n, uint64_t parts_stored, struct arena *a,
                               struct row **rows, size_t *rows_n, struct err *err) MUST_USE;
/* The batch's intent, alone in its group, after the artefacts found are committed: its entry id is the receipt. */
enum status registry_intend(struct registry *r, const struct row_key *chains, size_t n, unsigned effects, struct entry *intent,
                            struct arena *a, struct receipt *out, struct err *err) MUST_USE;
/* Chains an intent named, for re-driving what was interrupted. */
enum status registry_intent_chains(struct registry *r, const struct row_key *intent, struct arena *a, struct row_key **out, size_t *n, struct err *err) MUST_USE;
/* Settle one chain: `change` is applied to a freshly read row whose claim is ours (holds and requests that came meanwhile
 * survive), then row, work, ledger and entries commit as one group and the claim is freed when free_claim. E_CONFLICT:
 * the claim is not ours any more; E_RETRY: changed by others twenty times over, or one of `rows` was (claim still ours);
 * E_LIMIT: chain, rows and entries are more than one group may have (claim still ours). Nothing is written then, and the
 * others go on. OK: claim.chain_version is the new one. */
struct settlement {
    struct claim claim;
    void (*change)(void *ctx, struct chain *fresh, struct arena *a); /* sets state, outcomes, place; may run again */
    void *ctx;
    bool free_claim;
    bool as_claimed; /* before anything is sent: only at claim.chain_version, else E_CONFLICT, the claim still ours: decide again
                      * (rule 2.12). And only to half of GROUP_BYTES_MAX, so that what becomes of it can be written too */
    struct row *rows; size_t rows_n;       /* work, ledger, subject rows to go with it */
    struct entry *entries; size_t entries_n;
    enum status result;
};
enum status registry_settle(struct registry *r, struct settlement *s, size_t n, int64_t now_ms, struct arena *a, struct err *err) MUST_USE;

/* ---- holds ---- */
enum status registry_holds(struct registry *r, struct arena *a, struct hold **out, size_t *n, struct err *err) MUST_USE; /* all, released too; filters uncompiled */
/* Writes or updates the hold row with its entry and raises the epoch, in one group. */
enum status registry_hold_put(struct registry *r, const struct hold *h, struct entry *entry, struct arena *a, struct err *err) MUST_USE;
/* Put or take membership on the chains these contacts are legs of, each chain in a group of its own with the epoch: re-reads
 * and repeats on conflict, makes an announced row for a contact not registered yet.
 * Per member: E_ABSENT when a release names a contact that is not known; E_LIMIT: its row has no room left; E_RETRY: changed by
 * others twenty times over. Members of one chain share a group. Released: back in QUEUE_WAKE at the end of the grace,
 * or now when grace_until_ms is TIME_NONE. An erased chain keeps its place. */
struct hold_member { struct row_key contact; struct str source; struct row_key chain; bool existed; bool claimed; bool erased; enum status result; };
enum status registry_hold_members(struct registry *r, const struct row_key *matter, bool apply, int64_t now_ms, int64_t grace_until_ms,
                                  struct hold_member *members, size_t n, struct arena *a, struct err *err) MUST_USE;

/* ---- requests, runs, plans, approvals, and other rows of one body ---- */
enum status registry_request_get(struct registry *r, struct str id, struct arena *a, struct request *out, struct err *err) MUST_USE;
enum status registry_requests(struct registry *r, struct str after, size_t max, struct arena *a, struct request **out, size_t *n, struct err *err) MUST_USE;
enum status registry_request_row(struct registry *r, const struct request *q, int64_t now_ms, struct arena *a, struct row *out, struct err *err) MUST_USE;
/* Generic small records: body is JSON or packed by the caller. version 0 in *version: absent. */
enum status registry_record_get(struct registry *r, enum table t, struct str key, struct arena *a, struct str *body, uint64_t *version, struct err *err) MUST_USE;
enum status registry_record_put(struct registry *r, enum table t, struct str key, struct str body, uint64_t version, struct entry *entry, struct err *err) MUST_USE;
enum status registry_record_remove(struct registry *r, enum table t, struct str key, uint64_t version, struct err *err) MUST_USE;
enum status registry_record_page(struct registry *r, enum table t, struct str prefix, struct str after, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err) MUST_USE;

/* ---- openings and ledger (sealed) ---- */
enum status registry_opening_get(struct registry *r, const struct row_key *owner, struct arena *a, struct str *plain, uint64_t *version, struct err *err) MUST_USE; /* absent: STR_NONE */
enum status registry_opening_row(struct registry *r, const struct row_key *owner, struct str plain, uint64_t version, int64_t now_ms, struct arena *a, struct row *out, struct err *err) MUST_USE;
/* A ledger line lies in as many rows as its length needs. *version: of the first, 0 absent; *parts: how many rows. */
enum status registry_ledger_get(struct registry *r, const struct row_key *chain, struct arena *a, struct str *plain, uint64_t *version, uint64_t *parts, struct err *err) MUST_USE;
/* Rows that put `plain` where `parts_stored` rows are now (the first at `version`), appended to rows[] (grown in a). Absent
 * `plain`: rows that remove it. */
enum status registry_ledger_rows(struct registry *r, const struct row_key *chain, struct str plain, uint64_t version, uint64_t parts_stored, int64_t changed_ms, int64_t now_ms,
                                 struct arena *a, struct row **rows, size_t *rows_n, struct err *err) MUST_USE;

/* ---- the log ---- */
enum status registry_log_size(struct registry *r, uint64_t *size, struct err *err) MUST_USE; /* numbers pending ones first */
enum status registry_log_entries(struct registry *r, const struct entry_query *q, size_t max, struct arena *a, struct entry **out, size_t *n, struct err *err) MUST_USE;

#endif

/*
 * permit.h - a deletion that cannot be written by accident (architecture.md section 3).
 *
 * store_change takes a permit for one batch and one visit. permit_mint is called in engine/erase.c alone (tidy.sh) and
 * succeeds only when a decision, a mandate, a claim and a receipt agree about every chain. claim and receipt are filled
 * by the registry alone.
 */
#ifndef EXPUNGE_PERMIT_H
#define EXPUNGE_PERMIT_H

#include "model/decide.h"

/* Ours to work on. Filled by registry_claim only. */
struct claim { struct row_key chain; struct row_key worker; uint64_t chain_version; int64_t lease_until_ms; };
/* The intent naming these chains is durable. Filled by registry_intend only. */
struct receipt {
    struct row_key intent;
    struct row_key *chains;
    size_t chains_n;
    unsigned effects;
    int64_t at_ms;
    bool subject_complete; /* these are all the chains the person has. Nobody can say so yet: it stays false */
};

/* Every changing call asks the gate just before it is sent: the hold epoch must still be the one the permit was minted
 * under, known to be at most a second old, and the permit not at its end (rule 2.12). */
struct gate {
    uint64_t epoch;
    int64_t until_ms;
    const struct epoch_watch *watch;
};
/* Kept current by one engine thread (engine/epoch.c); fields are atomics. clock is clock_now_ms or the test clock. */
struct epoch_watch {
    _Atomic uint64_t epoch;
    _Atomic int64_t read_ms; /* when it was last read, by `clock` */
    int64_t (*clock)(void *clock_ctx);
    void *clock_ctx;
    int64_t stale_after_ms;  /* 1000 */
};
bool gate_open(const struct gate *g);

enum mandate_kind { MANDATE_PLAN_LINE, MANDATE_ORDER, MANDATE_REQUEST, MANDATE_OPEN_INTENT, MANDATE_RISEN, MANDATE_HOLD };
struct permit_line { const struct decision *decision; const struct mandate *mandate; const struct claim *claim; };

struct permit;
/* E_DENIED with the reason when anything does not agree: a line whose decision allows nothing the receipt names, a
 * decision taken on another version of the row than was claimed (decide again after claiming: it is pure), a claim of
 * another chain or worker or at its end, a chain the receipt does not name or that stands in two lines, a change of data
 * that no mandate asks for (lock, unlock and recall need none).
 * What may be done is what decision AND receipt allow. Nothing of the lines is referred to afterwards.
 * The permit lives in the arena; valid until min(lease end) - call_max_ms. */
enum status permit_mint(const struct permit_line *lines, size_t n, const struct receipt *receipt, uint64_t epoch,
                        const struct epoch_watch *watch, int64_t now_ms, int64_t call_max_ms, struct arena *a,
                        const struct permit **out, struct err *err) MUST_USE;
/* Whether this permit covers doing `effect` (one bit) to this artefact: its contact's leg allows it on that kind; a
 * shared artefact needs every owner covered by this permit and n > 0; so does a subject artefact, whose line and every
 * owner's must also serve a person's request of which no line of this permit retains anything, under a receipt that is
 * subject_complete: chains that are held or retained never become lines, so that their absence proves nothing.
 * ERASE allows BLANK. LOCK: held lines. UNLOCK: lines not held. RECALL: whatever may not be erased. LOCK and RECALL only
 * protect, so a shared or subject artefact needs no more than its own contact for them. */
bool permit_covers(const struct permit *p, const struct artefact *artefact, enum effect effect);
const struct gate *permit_gate(const struct permit *p);

#endif

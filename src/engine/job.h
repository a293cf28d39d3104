/*
 * job.h - one chain on its way through a visit. Private to visit.c, search.c, erase.c, readback.c, settle.c, turns.c.
 */
#ifndef EXPUNGE_JOB_H
#define EXPUNGE_JOB_H

#include "engine/visit.h"

struct job {
    struct chain chain;        /* as claimed */
    struct claim claim;
    struct decision decision;
    struct mandate stored_mandate; /* as the row has it: what is not begun is not remembered */
    struct opening opening;
    struct leg *legs;          /* with ids: the chain's, or the ledger's once it is blanked */
    size_t legs_n;
    struct artefact *work;     /* what was found, in the order found; grown in the visit's arena */
    size_t work_n, work_cap;
    uint64_t parts;            /* work rows stored now */
    bool active;               /* takes part from here on */
    bool claimed;
    bool read_back_only;       /* erased before: second verification, or a look asked for by `verify` */
    bool looked;               /* a search after the last change saw every store */
    bool blind;                /* some store has gone blind (2.15) */
    bool store_away;           /* some store could not be searched: it still owes */
    bool changed;              /* a change was sent in this visit */
    struct row_key intent;     /* the entry that announced it */
    bool found_again;          /* a fresh look found what should be gone */
    struct str away_why, away_store; /* of the first such store */
    struct residual *unplaced; /* places its documents name that no configured store looks at */
    size_t unplaced_n;
    struct visit_result *result;
};
struct run {                   /* of one visit */
    const struct visit *visit;
    struct engine *engine;
    struct arena *a;
    struct job *jobs;
    size_t n;
    int64_t now_ms;
    uint64_t epoch;
    struct receipt receipt;
    const struct permit *permit;
    struct str *sources;       /* all that are known; read when first needed */
    size_t sources_n;
    bool *away;                /* per store: failed as a whole in this visit (rule 2.18) */
    struct store_turn *turns;  /* per store; turns_begin */
};

/* turns.c: one step of the visit at every store that takes part, side by side. */
struct store_turn {
    struct store *store;
    struct store_call call;
    struct artefact **batch;   /* what change and verify are given */
    size_t batch_n;
    bool takes_part;           /* in the step that is being prepared */
    void *own;                 /* the step's */
    enum status status;        /* of the call; the store is away for the rest of the visit unless OK */
    struct err why;
    struct arena arena;        /* of all its turns; what they made lives as long as the visit */
};
enum status turns_begin(struct run *r, struct err *err) MUST_USE;
void turns_end(struct run *r);
/* The store's turn with a new call, taking no part yet. */
struct store_turn *turn_at(struct run *r, size_t store);
/* Calls work for every turn that takes part, in threads of their own unless engine->stores_in_turn, and comes back when all
 * have ended. `work` touches its turn, its store and the artefacts of its batch alone; the rest of the run it may read. Adds
 * to the statistics and to r->away. */
enum status turns_take(struct run *r, enum status (*work)(struct store_turn *turn, struct err *why), struct err *err) MUST_USE;

/* search.c: find in rounds with leads; merges into job->work. `fresh`: a look after the change: what is found and not
 * recorded as staying makes the job found_again. Sets looked, blind, store_away, unplaced. */
enum status run_search(struct run *r, bool fresh, struct err *err) MUST_USE;
/* owners.c: takes owners that are erased off what is shared. */
enum status run_owners(struct run *r, struct err *err) MUST_USE;
/* claims.c: what a search found and another registered contact may claim becomes shared with it. */
enum status claims_collect(struct run *r, const struct job *j, const struct leg *leg, bool sources_apart, const struct artefact *found,
                           struct artefact *to, struct err *err) MUST_USE;
enum status run_claims(struct run *r, struct err *err) MUST_USE;
/* It is not only a contact's own, and somebody it belongs to does not go the same way in this visit, or is not known. */
bool artefact_is_others_too(const struct run *r, const struct artefact *f, enum effect effect);
/* erase.c: effects are given to artefacts by the decision; work and intent are made durable; permit; changes. */
enum status run_erase(struct run *r, struct err *err) MUST_USE;
/* readback.c: read back what is settled and not verified. */
enum status run_readback(struct run *r, struct err *err) MUST_USE;
/* settle.c: outcomes, entries, next queue; frees the claims. */
enum status run_settle(struct run *r, struct err *err) MUST_USE;

/* A crash left an intent of this chain without its OUTCOME: the entry that closes it, with what is known now. *any false:
 * there is none (it never became durable either). */
enum status job_close_intent(struct run *r, struct job *j, struct entry *out, bool *any, struct err *err) MUST_USE;

/* Shared by the parts. */
bool artefact_to_change(const struct job *j, const struct artefact *f, int64_t now_ms);
bool artefact_to_verify(const struct artefact *f, int64_t now_ms); /* also: what became of it, when it is submitted */
/* Of a chain whose worker died: a change may have been sent for it that no outcome tells of. */
bool artefact_is_doubtful(const struct artefact *f);
bool artefact_owes(const struct artefact *f); /* not settled, or settled but not yet read back */
/* What the log files this under: the visit's, else by who asked for this chain. */
enum functionality job_functionality(const struct run *r, const struct job *j);
int64_t backoff_ms(int64_t tries); /* 1 min doubling to 6 h */
/* A lease outlasts four rounds of slow searches; a process that dies on this machine is buried at once (worker.c). */
enum { CALL_MAX_MS = 60000, LEASE_MS = 15 * 60000 };
#define EACH_JOB(r, j) struct job *j = (r)->jobs; j < (r)->jobs + (r)->n; j++
#define EACH_WORK(j, f) struct artefact *f = (j)->work; f < (j)->work + (j)->work_n; f++

#endif

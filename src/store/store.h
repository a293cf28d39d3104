/*
 * store.h - the store driver contract: where artefacts are found, changed and read back (architecture.md 2.1).
 *
 * A driver is a table of six operations, a question about locators and its own options. store.c is the only caller of the pointers: argument
 * checks, permits, batching, deadlines and timing are written there once. A driver gets options, memory and the
 * current time as a value; no registry, no policy, no log, no key, no clock. It therefore cannot decide.
 * Blocking code; one call at a time per struct store (the engine opens one per worker thread).
 *
 * Where people erase by hand, find yields one artefact a target and answers WHOLE, and change answers OUT_SUBMITTED. A
 * driver makes no tasks and hears of none: the engine makes them of what is submitted, and sets OUT_ATTESTED with who said
 * so and when. A driver that hands its work to another program gives it one artefact at a time and asks the gate before
 * each; the program ends its answer before the next. Killed at the deadline: OUT_UNKNOWN for the one it had, OUT_RETRY
 * for the rest. It asks back for pseudonyms: it gets no key either.
 *
 * Adding one: src/store/store_NAME.c, one line in drivers.h, tests/unit/test_store_NAME.c that calls contract_store().
 */
#ifndef EXPUNGE_STORE_H
#define EXPUNGE_STORE_H

#include "base/option.h"
#include "model/permit.h"

/* A contact to look for: its id and what documents said about where its artefacts lie. Ids in clear, in memory only. */
struct store_target {
    struct row_key contact;      /* written into every artefact found for it */
    struct str source, id;
    int64_t started_ms, ended_ms; /* TIME_NONE: unknown; for key patterns with dates: then every date is searched */
    const struct locator *locators; /* of documents and leads of other stores; any may be foreign: skip those */
    size_t locators_n;
    const struct identifier *identifiers; /* a person's request only */
    size_t identifiers_n;
    struct str ticket; /* what find left in store_seen at an earlier visit; absent: nothing */
};
/* How far a search saw, per target. Zero is unknown: nothing may be concluded from an empty result. BLIND: everything
 * that can still be seen was, but the store has forgotten what is older than blind_before_ms. LATER: the vendor is
 * searching; `ticket` (nothing personal) and not_before_ms say how and when to ask again. To the engine it is unknown. */
enum sight { SIGHT_UNKNOWN, SIGHT_WHOLE, SIGHT_BLIND, SIGHT_LATER };
struct store_seen {
    enum sight sight;
    int64_t blind_before_ms;
    struct str ticket;
    int64_t not_before_ms;
    const char *why; /* unknown: a literal sentence without personal data; NULL: none */
};

/* What find yields into, page by page. Driver calls add for each artefact and lead for each locator of another store;
 * both copy. A failing status must be returned by the driver at once. `target` is an index of this very call: a driver
 * that has it from somebody else (a child process) checks it. An artefact that breaks a limit makes its target unknown
 * and the search goes on. */
struct store_sink {
    void *ctx;
    enum status (*add)(void *ctx, size_t target, const struct artefact *found, struct err *err);
    enum status (*lead)(void *ctx, size_t target, const struct locator *lead, struct err *err);
    /* The key of any contact, for `owners`: it need not be among the targets, nor known to anybody. False: cannot be
     * made; then the artefact cannot tell whose it is (owners_n = 0). NULL in an engine's sink: it wants no owners. */
    bool (*owner)(void *ctx, struct str source, struct str id, struct row_key *out);
};

/* The same value gives the same pseudonym in every store (rule 2.8). Drivers hold no key. */
struct pseudonymiser { void *ctx; struct str (*of)(void *ctx, struct str value, struct arena *a); };
/* "PSN-" and 20 letters or digits: every pseudonym has this shape, so that doing it again is harmless and a read-back
 * can tell without the key. */
bool store_is_pseudonym(struct str value);

struct store_call {
    int64_t now_ms;
    int64_t deadline_ms;       /* by the same clock; at most 60 s after now. End by it: what is not done is OUT_RETRY */
    struct arena *a;           /* for this call */
    const struct gate *gate;   /* change only: ask gate_open just before EVERY request that changes something; closed:
                                  leave the rest OUT_HELD and return OK */
    const struct pseudonymiser *pseudonymiser; /* EFFECT_PSEUDONYMISE only */
    int64_t keep_until_ms;     /* UNLOCK, RECALL: nothing may go by itself before then; TIME_NONE: no such date */
    /* This run has proved that the store answers truthfully (rule 2.16). Set by the front when something was found or
     * read back here within the last minutes; a driver that has read its control sets it, and it is remembered. It
     * speaks of the store: a driver of several areas (buckets, tables, divisions) reads a control in each. That an
     * area itself is gone, said by the listing of what holds it, counts as a control. */
    bool control_seen;
    uint64_t calls;            /* out: requests made, for the report */
    int64_t began_ms;          /* set by the front: clock_monotonic_ms, for store_call_late */
};
/* The deadline has passed: stop here, leave the rest OUT_RETRY (change, verify) or unknown (find). */
bool store_call_late(const struct store_call *call);

/* What a store can do with a kind of artefact. Filled by open from the driver's own tables and the configuration. */
struct store_kind {
    enum artefact_kind kind;
    unsigned effects;          /* bits of enum effect */
    enum scope scope;
    enum stage stage;
    int64_t settle_ms;         /* earliest honest read-back after a change */
    int64_t late_ms;           /* an artefact may still appear this long after the contact's end */
};

struct store {
    struct str name;                  /* configured */
    const struct store_driver *driver;
    struct options options;
    struct store_kind *kinds;         /* set by open, in the store's arena */
    size_t kinds_n;
    struct period backup_age;         /* common option: oldest backup of this store; .set false: not stated */
    struct str *sources;              /* common option: whose contacts lie here, as targets name them; none: everybody's */
    size_t sources_n;
    int64_t control_ms;               /* the front's: when a control was last seen, by now_ms of the call */
    bool control_known;
    void *own;                        /* the driver's, in the store's arena */
    struct arena arena;               /* lives as long as the store is open */
};

/* One permission or fact that check established: shown by `store check`, missing ones by name. */
struct store_finding { bool good; struct str what; };
struct store_check { struct store_finding *findings; size_t n, cap; int64_t server_ms; /* store's own clock; TIME_NONE */ };

struct store_driver {
    const char *name;             /* "folder": `type:` in the configuration */
    const char *help;             /* one sentence */
    const struct option *options; /* ends with name NULL; common options (backup_age, sources) are store.c's */
    size_t find_batch_max, change_batch_max, verify_batch_max; /* targets or artefacts per call; store.c splits */
    int64_t retry_horizon_ms;     /* how long failing calls are repeated while the store answers, then FAILED */
    /* Reads options (OPT_YAML nodes included, reporting to `p`), fills kinds; must not touch the outside world. */
    enum status (*configure)(struct store *store, struct problems *p, struct err *err);
    enum status (*open)(struct store *store, struct err *err); /* connect */
    void (*close)(struct store *store);
    /* Can it be reached, are rights sufficient, is the control there; OK also when findings are bad. E_RETRY: down. */
    enum status (*check)(struct store *store, struct store_call *call, struct store_check *out, struct err *err);
    /* Whether a document's locator is for this store: true says that find follows it. NULL: never. Locators that no
     * configured store owns are reported; nobody else would look there. Pure, from the configuration alone. */
    bool (*owns)(const struct store *store, const struct locator *locator);
    /* All artefacts of the targets. May repeat, must never omit: what it is not sure of leaves seen[i] unknown. Out of
     * time is no failure: OK, the targets seen whole say so, the rest stays unknown (E_RETRY then means the same, but
     * leaves all of them unknown). */
    enum status (*find)(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                        const struct store_sink *sink, struct store_seen *seen, struct err *err);
    /* Do effect to each. Sets outcome, note, ticket, not_before_ms, residuals per artefact (arena call->a). Repeatable: doing it
     * again must be harmless. Already gone is OUT_ABSENT only under call->control_seen or a control of its own in this
     * very call, else OUT_UNKNOWN. A time-out is OUT_UNKNOWN. The status speaks of the call: E_RETRY store is away,
     * E_DENIED not allowed; artefacts not reached keep OUT_UNKNOWN.
     * - A request reaches nothing but the artefacts of this call. One that starts something prepared earlier (a bulk
     *   job) is sent only when every artefact it would reach is in this call; else it is cancelled and prepared anew.
     *   So a ticket holds the vendor's job and a digest of its members. A delete by query is never sent.
     * - OUT_SUBMITTED: the vendor has it and does it by itself; verify is asked what became of it, change is not called
     *   again. Prepared, but not started: OUT_RETRY with a ticket; change is called with it at not_before_ms.
     * - The vendor refuses until a date (a compliance lock): OUT_RETRY with that date as not_before_ms. Up to it neither
     *   tries nor the horizon count. OUT_NOT_DELETABLE is settled: nobody comes back.
     * - A vendor whose delete only overwrites declares EFFECT_ERASE and answers OUT_SCRUBBED; a kind with EFFECT_BLANK
     *   alone is refused whenever erasure is asked for.
     * - LOCK, UNLOCK and RECALL answer with store_mirror; the outcome is none of their business. LOCK also recalls what
     *   is submitted. A lock that is there already and not ours by the ticket is MIRROR_FOREIGN. UNLOCK lifts only what
     *   the ticket says we set, and only when every artefact under that lock is in this call; first what would then go
     *   by itself is put off to keep_until_ms or later and read back as such, else MIRROR_FAILED. */
    enum status (*change)(struct store *store, struct store_call *call, enum effect effect, struct artefact **artefacts,
                          size_t n, struct err *err);
    /* Read back by another path than change's answer: OUT_ABSENT (not there, under control), OUT_PRESENT,
     * OUT_SCRUBBED / OUT_PSEUDONYMISED / OUT_RESTRICTED when effect was that and it reads so, OUT_UNKNOWN. An artefact
     * that was submitted comes with its ticket: OUT_SUBMITTED (with not_before_ms) while the vendor has it. */
    enum status (*verify)(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                          struct err *err);
};
extern const struct store_driver *const store_drivers[]; /* ends with NULL; from drivers.h */
const struct store_driver *store_driver_named(struct str name);

/* ---- what drivers call ---- */

/* From configure: the store has this kind. A kind named again adds its effects, and the longer times count. The stage
 * is the kind's own (copies are STAGE_DERIVED) unless given as STAGE_RECORD. */
enum status store_kind_add(struct store *store, const struct store_kind *kind, struct err *err) MUST_USE;
/* Its pseudonym; the value itself when it is one already. p == NULL: the arena is full. */
struct str store_pseudonym(const struct store_call *call, struct str value);
/* Outcome and the reason, a literal sentence without personal data (NULL: none). */
void store_answer(struct artefact *artefact, enum outcome outcome, const char *note);
/* To LOCK: mirrored, failed, not_applicable, over_quota, foreign. To UNLOCK and RECALL: none (done), failed,
 * not_applicable, foreign. An artefact without an answer, or with another, counts as failed. */
void store_mirror(struct artefact *artefact, enum mirror mirror);
/* Something is left elsewhere until then; one residual of each kind, the later date counts. */
enum status store_residual(struct store_call *call, struct artefact *artefact, const char *kind, int64_t until_ms,
                           struct err *err) MUST_USE;
enum status store_finding(struct store_call *call, struct store_check *out, bool good, struct err *err, const char *fmt,
                          ...) PRINTF(5, 6) MUST_USE;

/* ---- the front: what the engine calls ---- */

extern const struct option store_common_options[]; /* type, backup_age, sources */
/* Reads one entry of `stores:`; reports problems; the store is not connected yet. *out is allocated, owned by the
 * caller, and NULL when nothing could be made of the entry (a problem says why). `node` and base_dir must outlive
 * it. */
enum status store_configure(struct str name, const struct yaml *node, struct str base_dir, struct problems *p,
                            struct store **out, struct err *err) MUST_USE;
enum status store_open(struct store *store, struct err *err) MUST_USE;
void store_close(struct store *store); /* NULL-safe; releases everything */
enum status store_check(struct store *store, struct store_call *call, struct store_check *out, struct err *err) MUST_USE;
bool store_serves(const struct store *store, struct str source);
/* Whether a locator that a document of this source names is looked at here. */
bool store_owns(const struct store *store, struct str source, const struct locator *locator);
/* Hands the driver the targets of the store's sources; of others nothing lies here: SIGHT_WHOLE. seen[i] counts whatever
 * the status: a sub-batch that fails leaves its own targets unknown and those before it as they were, those behind it
 * unasked. Out of time is OK, the rest unknown. */
enum status store_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                       const struct store_sink *sink, struct store_seen *seen, struct err *err) MUST_USE;
/* The only way to change a store. Asserts permit != NULL; an artefact the permit does not cover is OUT_REFUSED and never
 * reaches the driver; one whose store cannot do `effect` is OUT_UNRESTRICTED (restrict) or OUT_REFUSED; one that belongs
 * to others too, who are not covered or not known, is OUT_RETAINED with effect NONE: to be looked at again. Outcomes a
 * driver may not give for the effect become OUT_UNKNOWN. What success reads: gone (erase), scrubbed (blank),
 * pseudonymised, restricted. Sets call->gate from the permit, at_ms, not_before_ms (settle time), and the residual of
 * the store's backups.
 * What is known is not lost by what is not sent: a submitted artefact that is refused here, stopped by the gate or out
 * of time stays OUT_SUBMITTED. sent_ms is set just before the driver is called with an effect on data and stays, whatever
 * the outcome becomes, until RECALL has succeeded; an answer that nothing was done (absent, held, refused, retained,
 * retry, not deletable, unrestricted) takes it back when this very call had set it.
 * LOCK and UNLOCK change `mirror` and nothing else: not_applicable when the store cannot; LOCK that was not sent has
 * failed, UNLOCK that was not sent leaves it as it is; a foreign lock is never unlocked. RECALL that succeeds clears
 * sent_ms and makes what was submitted OUT_PRESENT; it leaves a lock's state alone. */
enum status store_change(struct store *store, struct store_call *call, const struct permit *permit, enum effect effect,
                         struct artefact **artefacts, size_t n, struct err *err) MUST_USE;
/* Whatever the status: an artefact that was not reached, also for want of time, is OUT_UNKNOWN. */
enum status store_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                         struct err *err) MUST_USE;
const struct store_kind *store_kind_of(const struct store *store, enum artefact_kind kind); /* NULL: has none */

#endif

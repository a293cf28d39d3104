/*
 * hold_parts.h - what the files of holds share. Private to candidates.c (names), holds.c, hold_apply.c, hold_ids.c, hold_match.c,
 * hold_follow.c, hold_dead.c, hold_release.c, hold_waive.c, hold_filter.c; purge.c buries what a killed hold_apply left.
 */
#ifndef EXPUNGE_HOLD_PARTS_H
#define EXPUNGE_HOLD_PARTS_H

#include "engine/holds.h"

enum { HOLD_SCRATCH_MAX = 256 << 20, HOLD_PAGE = 500, MATTER_BYTES_MAX = 256 };

/* Texts in any order; sorted, each once, by names_settle. */
struct names { struct str *items; size_t n, cap; };
enum status names_add(struct names *l, struct str s, struct arena *a, struct err *err) MUST_USE; /* copies */
void names_settle(struct names *l);

/* A chain whose erasure had begun, or was claimed, when the hold came. */
struct flight { struct row_key chain; struct str id; };
/* What a hold met: of the chains it covers, what is lost already and what may be. */
struct met {
    uint64_t covered;      /* contacts or chains not erased before */
    struct names purged;   /* ids */
    struct flight *flights;
    size_t flights_n, flights_cap;
    struct hold_lost *lost;
    size_t lost_n, lost_cap;
};
/* Sorts a chain just read under the hold into covered, purged or in flight. id: as given, or absent. */
enum status met_add(struct engine *e, struct met *m, const struct chain *c, struct str id, struct arena *a, struct err *err) MUST_USE;

/* The matter's opening, its row durable: entries about the matter may follow. */
enum status hold_opening(struct engine *e, const struct row_key *matter, struct str text, struct arena *a,
                         struct opening *out, struct err *err) MUST_USE;
/* Writes the row with its entry; h->version follows. */
enum status hold_put(struct engine *e, struct hold *h, struct entry *entry, struct arena *a, struct err *err) MUST_USE;
const char *hold_scope_name(enum hold_scope s); /* ids, subject, filter: as in the log */
/* What people call the chain: its naming contact's id, from the row or from its opening; else its key in hex. */
enum status hold_chain_id(struct engine *e, const struct chain *c, struct arena *a, struct str *out, struct err *err) MUST_USE;

/* hold_filter.c: checks the filter, and puts hashes for subjects and instances for source labels into its text. */
enum status hold_filter_text(struct engine *e, struct str text, struct arena *a, struct str *out, struct filter *compiled,
                             struct err *err) MUST_USE;

/* hold_match.c: the chains a standing hold covers, listed as members of its matter and sorted into *m. *whole: all chains
 * were looked at (of a filter, not above `max`; 0: no limit). */
enum status hold_match(struct engine *e, const struct hold *h, uint64_t max, struct arena *a, struct met *m, bool *whole,
                       struct err *err) MUST_USE;

/* Contacts that came since a standing hold was matched, added to their counts: covered, parked when they were registered and
 * not listed yet. Nothing is added when more stand parked than a list should wait for. */
enum status hold_count_new(struct engine *e, const struct hold *const *holds, uint64_t *counts, size_t n, struct arena *a, struct err *err) MUST_USE;

/* hold_ids.c: the contacts named, what is announced, ambiguous, related. */
struct naming {
    struct hold_member *members; /* each contact once */
    struct str *given;           /* same order */
    size_t n, cap;
    struct names ambiguous, pending, related;
};
enum status naming_read(struct engine *e, const struct hold_order *o, struct arena *a, struct naming *out, struct err *err) MUST_USE;
enum status naming_hold(struct engine *e, const struct naming *x, const struct row_key *matter, int64_t now_ms, struct err *err) MUST_USE;
/* After all are held: reads the chains again. */
enum status naming_look(struct engine *e, struct naming *x, struct arena *a, struct met *m, struct err *err) MUST_USE;

/* hold_follow.c: logs what became of flights whose claims have ended; the others go into h->in_flight (h is written then). */
enum status hold_take_off(struct engine *e, struct hold *h, const struct opening *matter, struct met *m, struct arena *a, struct err *err) MUST_USE;
/* The same for what the row lists; those lost are added to *m (NULL: nobody asks). */
enum status hold_follow(struct engine *e, struct hold *h, struct met *m, struct arena *a, struct err *err) MUST_USE;

/* hold_dead.c: the worker that claimed it is dead: what it may have changed is read in the stores (then sent_ms says so in
 * the work), the OUTCOME of its intent is logged, the claim given back. *done false: not now, another has it or a store
 * cannot be asked. */
enum status hold_bury(struct engine *e, const struct chain *c, struct arena *a, bool *done, struct err *err) MUST_USE;

#endif

/*
 * meaning.h - whether the entries of a log make sense together, read in order of index.
 *
 * What is checked: an OUTCOME or VERIFIED has its INTENT before it, or names none and tells of no change; no INTENT
 * has more OUTCOMEs than chains; no intent id is used twice; an approver is another than the requester, unless a
 * cooling-off stood in; PURGED is said only by VERIFIED and only when no artefact is in an open outcome; times do not
 * run back more than five minutes unless the clock was confirmed or the log reopened.
 */
#ifndef EXPUNGE_AUDIT_MEANING_H
#define EXPUNGE_AUDIT_MEANING_H

#include "audit/entry.h"
#include "base/arena.h"

enum finding {
    FINDING_NO_INTENT,
    FINDING_SURPLUS_OUTCOME,
    FINDING_INTENT_TWICE,
    FINDING_SELF_APPROVED,
    FINDING_VERDICT,
    FINDING_TIME,
    FINDING_COUNT
};
const char *finding_text(enum finding f);

struct intent_slot {
    unsigned char id[16];
    int64_t owing; /* chains without OUTCOME */
    bool used;
};

struct meaning {
    uint64_t entries;
    uint64_t intents;
    uint64_t intents_open; /* of those, with fewer OUTCOMEs than chains */
    uint64_t intents_elsewhere; /* answers to intents of another log (last year's) */
    uint64_t findings[FINDING_COUNT];
    bool any;            /* a finding at all */
    enum finding first;  /* and the first one */
    uint64_t first_index;
    uint64_t first_of[FINDING_COUNT];

    int64_t latest_ms;
    struct arena *arena;
    struct intent_slot *slots; /* open addressing; capacity a power of two */
    size_t cap, n;
};

/* Memory: up to 64 bytes per intent, from the arena. */
void meaning_init(struct meaning *m, struct arena *arena);
/* A log whose origin says "/test-clock/" was written under a clock that may be set back (product rule 2.3): its times are
 * no finding. */
bool meaning_test_clock(struct str origin);
void meaning_forgive_time(struct meaning *m);
/* Takes a checked entry. E_LIMIT: the arena is full. */
enum status meaning_entry(struct meaning *m, uint64_t index, const struct entry_view *e, struct err *err) MUST_USE;

#endif

/*
 * meaning.h - whether the entries of a log make sense together, read in order of index.
 *
 * What is checked: an OUTCOME or VERIFIED has its INTENT before it, or names none and tells of no change; no INTENT
 * has more OUTCOMEs than chains; no intent id is used twice; what names an approval or a lost chain's intent has it before it;
 * an approver is another than the requester, unless a cooling-off stood in; PURGED is said only by VERIFIED and only when no
 * artefact is in an open outcome; times do not run back more than five minutes unless the clock was confirmed or the log
 * reopened.
 *
 * An entry is read for what it means by itself, which may happen in any thread; the facts are then taken in order.
 */
#ifndef EXPUNGE_AUDIT_MEANING_H
#define EXPUNGE_AUDIT_MEANING_H

#include "audit/entry.h"

enum finding {
    FINDING_NO_INTENT,
    FINDING_SURPLUS_OUTCOME,
    FINDING_INTENT_TWICE,
    FINDING_SELF_APPROVED,
    FINDING_VERDICT,
    FINDING_TIME,
    FINDING_NO_APPROVAL,
    FINDING_COUNT
};
const char *finding_text(enum finding f);

/* What one entry means by itself. */
struct meaning_fact {
    int64_t at_ms;
    uint32_t bits;
    uint32_t chains;            /* of an INTENT; more than 2^32 - 1 count as so many */
    unsigned char id[16];       /* the INTENT or APPROVED it is, or the intent it names */
    unsigned char approval[16]; /* the approval it names */
};

/* An INTENT or APPROVED seen. */
struct meaning_slot {
    unsigned char id[16];
    uint64_t index;
    uint32_t owing; /* chains without OUTCOME */
    uint32_t kind;  /* 0: the slot is free */
};
struct meaning_open { /* an intent with fewer OUTCOMEs than chains */
    unsigned char id[16];
    uint64_t index;
    uint32_t owing;
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
    size_t bytes_max;
    struct meaning_slot *slots; /* open addressing; capacity a power of two */
    size_t cap, n;
};

/* Memory: 43 to 86 bytes for each intent and approval, at most bytes_max. */
void meaning_init(struct meaning *m, size_t bytes_max);
void meaning_release(struct meaning *m); /* what was counted stays */
/* A log whose origin says "/test-clock/" was written under a clock that may be set back (product rule 2.3): its times are
 * no finding. */
bool meaning_test_clock(struct str origin);
void meaning_forgive_time(struct meaning *m);
void meaning_read(const struct entry_view *e, struct meaning_fact *out); /* of a checked entry */
/* E_LIMIT: more intents than bytes_max has room for. */
enum status meaning_take(struct meaning *m, uint64_t index, const struct meaning_fact *fact, struct err *err) MUST_USE;
/* The oldest open intents, at most max, in order of index; how many there are. Before meaning_release. */
size_t meaning_open_intents(const struct meaning *m, struct meaning_open *out, size_t max);

#endif

/*
 * batch.h - what ingest has read and not yet written: arrivals merged into their chains, committed together. Private to
 * ingest.c, reading.c, batch.c, arrival.c.
 */
#ifndef EXPUNGE_BATCH_H
#define EXPUNGE_BATCH_H

#include "engine/ingest.h"

/* A batch is full when it has this much, between documents. Two are in memory at once. */
enum { BATCH_ARRIVALS_MAX = 3000, BATCH_ARENA_FLUSH = 16 << 20, BATCH_ARENA_MAX = 256 << 20,
       CHAIN_ROWS_A_PASS = 40 /* beside each contact's own; GROUP_ROWS_MAX holds for all that is written together */ };

enum arrival_fate { FATE_REGISTERED, FATE_UPDATED, FATE_DUPLICATE, FATE_RISEN, FATE_ECHO, FATE_QUARANTINED,
                    FATE_LATER /* its chain has as many rows as a pass may bring: next pass */ };

struct arrival {               /* one contact as one document states it */
    struct intake_contact contact;
    struct str source;         /* resolved */
    struct str country;
    struct row_key key;
    struct row_key stored_in;  /* the chain its contact stands in before this batch */
    struct arrival *same_slot; /* earlier arrivals whose keys share a hash slot */
    struct str position, bytes; /* of its document */
    enum arrival_fate fate;
    struct str why;            /* FATE_QUARANTINED */
    bool done;                 /* committed and counted */
    struct working *working;   /* the chain it ended in */
};
struct working {               /* a chain being changed by this batch */
    struct chain chain;
    bool stored;               /* there was a row */
    bool changed, removed;
    struct working *with;      /* committed in the same group as that one (a leg moved between them, or one's row is the
                                * other's condition): batch_unite */
    struct row *extra;         /* leg and subject rows */
    size_t extra_n, extra_cap;
    struct entry *entries;
    size_t entries_n, entries_cap;
    struct working *next;      /* in its hash slot */
    size_t group;              /* 1 + its group's place; 0: none yet */
    enum status result;
    struct str why;            /* its group cannot be written: too large */
};
struct refused { struct str position, reason, bytes; }; /* a document to be put into quarantine */
struct batch {
    struct engine *engine;
    struct arena a;
    struct arrival *arrivals;
    size_t n, cap;
    struct refused *refused;
    size_t refused_n, refused_cap;
    bool refused_lost;         /* no memory to say so */
    uint64_t ignored;          /* documents that are about no contact */
    struct str csv_header;     /* of the file, as read so far; not the batch's memory */
    struct working **slots;
    struct arrival **arrival_slots; /* those applied, newest first */
    struct working **list;     /* in order of first use */
    size_t list_n, list_cap;
    struct row *ahead;         /* index rows that say nothing alone: committed before the chains they lead to */
    size_t ahead_n, ahead_cap;
    int64_t now_ms;
};

/* batch.c */
void batch_init(struct batch *b, struct engine *e);
void batch_release(struct batch *b);
/* Everything into the registry; counts into the report; empties the batch. */
enum status batch_flush(struct batch *b, struct str file, struct ingest_report *report, struct err *err) MUST_USE;
struct working *batch_chain(struct batch *b, const struct row_key *key); /* NULL: not in this batch */
void batch_unite(struct working *a, struct working *b);

/* arrival.c: applies one arrival to the batch's chains; all chains it can touch have been loaded. */
enum status arrival_apply(struct batch *b, struct arrival *arrival, struct err *err) MUST_USE;
/* The chain the contact stands in now, in this batch or stored; NULL: not registered. */
struct working *batch_chain_holding(struct batch *b, const struct arrival *arrival);
struct working *batch_chain_new(struct batch *b, const struct row_key *key, struct str source); /* NULL: arena full */

#endif

/*
 * letter_facts.h - what a letter states, gathered from the chains of one request, their work and their ledger. Private to
 * letter.c, letter_facts.c.
 */
#ifndef EXPUNGE_LETTER_FACTS_H
#define EXPUNGE_LETTER_FACTS_H

#include "engine/request_parts.h"

/* What became of artefacts, as a person reads it. */
enum letter_fate { FATE_DELETED, FATE_OVERWRITTEN, FATE_CONFIRMED, FATE_NOT_DELETABLE, FATE_REPLACED, FATE_LOCKED, FATE_KEPT,
                   FATE_UNLOCKED, FATE_SHARED, FATE_HELD, FATE_PENDING, FATE_KINDS };
struct letter_line {           /* one store, kind and fate */
    struct str store;
    enum artefact_kind kind;
    enum letter_fate fate;
    uint64_t n;
    int64_t first_ms, last_ms; /* of the outcomes */
    int64_t read_ms;           /* read back last; TIME_NONE: not yet */
    int64_t gone_by_ms;        /* FATE_NOT_DELETABLE: by then; TIME_NONE: no date */
};
struct letter_law { struct str cite; int64_t until_ms; uint64_t contacts; };
struct letter_copy { struct str store, kind; int64_t until_ms; /* TIME_NONE: no bounded date */ };
struct letter_facts {
    uint64_t contacts, erased, held, moving, undecided, unlisted /* erased so long ago that no list is left */;
    struct letter_line *lines;
    size_t lines_n, lines_cap;
    struct letter_law *laws;
    size_t laws_n, laws_cap;
    struct letter_copy *copies;
    size_t copies_n, copies_cap;
};
enum status letter_gather(struct engine *e, const struct request *q, struct arena *a, struct letter_facts *out, struct err *err) MUST_USE;

#endif

/* scripted_store.h - the first store of a world, answering as it is told instead of as it would. */
#ifndef EXPUNGE_TEST_SCRIPTED_STORE_H
#define EXPUNGE_TEST_SCRIPTED_STORE_H

#include "tests/lib/world.h"

/* Zero: the store's own answer. */
struct script {
    enum sight sight;           /* of every target */
    enum status find_status;    /* after it has found everything */
    enum outcome changed;       /* of every change, nothing is done */
    enum status change_status;
    int64_t not_before_ms;      /* beside `changed` and `read`; 0: none */
    enum outcome read;          /* of every read-back */
    size_t changes, reads;      /* artefacts that were handed over */
};
/* Until the engine is closed. One at a time; the script may be changed meanwhile. */
void scripted_store(struct world *w, struct script *script);
/* The artefacts under way of the chain with this key. */
struct artefact *scripted_work(struct world *w, const struct row_key *chain, size_t *n);

#endif

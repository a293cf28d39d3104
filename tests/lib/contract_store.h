/*
 * contract_store.h - the checks every store driver must pass (architecture.md section 6). A driver's test fills in a
 * world and calls contract_store; what the world cannot do is left NULL and said so in the test's own words.
 */
#ifndef EXPUNGE_TEST_CONTRACT_STORE_H
#define EXPUNGE_TEST_CONTRACT_STORE_H

#include "tests/lib/store_trial.h"

struct contract_store {
    const char *yaml, *base_dir;
    const struct store_target *targets; /* at least 3, with something in the store each, nothing shared */
    size_t n;
    size_t artefacts; /* that they have together; more than one page where the store has pages */
    void *ctx;
    void (*fill)(void *ctx);                     /* everything is there, as new */
    int64_t (*left)(void *ctx, size_t target);   /* pieces of a contact in the store, by a look beside the driver */
    bool (*in_clear)(void *ctx, size_t target);  /* what is to be pseudonymised or blanked is readable */
    void (*away)(void *ctx);                     /* the store cannot be reached, and looks as it then looks */
    void (*back)(void *ctx);
    void (*lie)(void *ctx);    /* from now on the store says yes and keeps the data; NULL: fill is called behind */
    void (*honest)(void *ctx);
    unsigned effects; /* beyond erase: what the artefacts of the targets can all have done to them */
};
void contract_store(const struct contract_store *c);

#endif

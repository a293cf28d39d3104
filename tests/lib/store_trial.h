/*
 * store_trial.h - one store under test: configured from a few lines of YAML, opened, asked through the front as the
 * engine does it. Failures fail the test.
 */
#ifndef EXPUNGE_TEST_STORE_TRIAL_H
#define EXPUNGE_TEST_STORE_TRIAL_H

#include "store/store.h"

#define TRIAL_NOW_MS INT64_C(1785542400000) /* 2026-08-01T00:00:00Z */

struct trial {
    struct arena a;
    struct store *store;
    struct epoch_watch watch;
    int64_t now_ms;
    struct store_call call; /* of the last operation */
    struct err err;         /* of the last operation */
    struct artefact **found;
    size_t *found_target;
    size_t found_n, found_cap, target_cap;
    struct store_seen *seen;
    struct locator leads[8];
    size_t leads_n;
    bool no_owners; /* the engine makes no keys of owners */
};

/* `yaml` is the entry of `stores:`. */
void trial_open(struct trial *t, const char *yaml, const char *base_dir);
/* Around a store made by hand, of a driver that is not in the list. */
void trial_open_driver(struct trial *t, const struct store_driver *driver, const struct store_kind *kinds, size_t n);
void trial_close(struct trial *t);
/* The problems that configuring reports, one a line; "" when there is none. */
struct str trial_problems(struct arena *a, const char *yaml, const char *base_dir);

/* A contact as target: key made from its id. Times unknown. */
struct store_target trial_target(const char *id);

enum status trial_find(struct trial *t, const struct store_target *targets, size_t n);
/* Artefacts of one target among those found, or NULL behind the last. */
struct artefact *trial_found(const struct trial *t, size_t target, size_t number);

/* For these contacts, as a person's request asks for it: every kind of artefact; they are all the person has. */
const struct permit *trial_permit(struct trial *t, const struct store_target *targets, size_t n, enum effect effect);
enum status trial_change(struct trial *t, const struct permit *permit, enum effect effect, struct artefact **artefacts,
                         size_t n);
enum status trial_verify(struct trial *t, struct artefact **artefacts, size_t n);

#endif

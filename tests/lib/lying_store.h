/* lying_store.h - a driver that misbehaves on purpose: what the front must catch, or must not believe. */
#ifndef EXPUNGE_TEST_LYING_STORE_H
#define EXPUNGE_TEST_LYING_STORE_H

#include "store/store.h"

enum lie {
    LIE_NONE,
    LIE_KEEPS,        /* says gone, keeps the data */
    LIE_FORGETS,      /* leaves every second artefact without an answer */
    LIE_WRONG_ANSWER, /* answers "gone" to whatever was asked, "pseudonymised" to a read-back */
    LIE_FAILS_LATER,  /* the second batch fails */
    LIE_SEES_WHOLE_AND_FAILS,
    LIE_FAILS_AFTER_FINDING, /* the second batch of find fails */
    LIE_TOO_LATE,     /* the time is over in the second batch of find */
    LIE_FOREIGN_KIND, /* the third target's artefact is of a kind it has not declared */
    LIE_NO_LOCATOR,   /* ... has no locator */
    LIE_LONG_LOCATOR,
    LIE_FOREIGN_TARGET, /* yields for a target it was not given */
    LIE_LONG_TICKET
};
enum { LYING_ARTEFACTS_MAX = 64 };
/* Artefact number i of the store has the locator "0".."63"; find gives each target the one of its own number. */
struct lying_world {
    enum lie lie;
    bool there[LYING_ARTEFACTS_MAX];
    size_t changes, calls; /* artefacts that reached change; calls of change */
    size_t finds;
    size_t asked;          /* targets that reached find */
    bool control_seen;     /* what the last call said of it */
    bool shows_control;    /* reads a control by itself */
    enum outcome answer;   /* to every change and read-back; UNKNOWN: as the lie goes */
    enum mirror mirror;    /* to every LOCK, UNLOCK and RECALL */
    int64_t keep_until_ms; /* as the last change was told */
    struct store_seen seen; /* of every target, when its sight is not UNKNOWN */
};
extern const struct store_driver lying_driver; /* batches of 4; store->own is a struct lying_world; owns "lying" */

#endif

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
    LIE_FOREIGN_KIND, /* yields what it has not declared */
    LIE_NO_LOCATOR
};
enum { LYING_ARTEFACTS_MAX = 64 };
/* Artefact number i of the store has the locator "0".."63"; find gives each target the one of its own number. */
struct lying_world {
    enum lie lie;
    bool there[LYING_ARTEFACTS_MAX];
    size_t changes, calls; /* artefacts that reached change; calls of change */
};
extern const struct store_driver lying_driver; /* batches of 4; store->own is a struct lying_world */

#endif

/* conform_backend.h - what every registry backend must do, whichever database it runs on. */
#ifndef EXPUNGE_TEST_CONFORM_BACKEND_H
#define EXPUNGE_TEST_CONFORM_BACKEND_H

#include "registry/backend.h"

/* A place for one database. */
struct conform {
    const char *name;
    void *ctx;
    /* create: a new, empty database; else another connection to the one made last. */
    void (*open)(void *ctx, bool create, struct backend *out);
    void (*remove)(void *ctx); /* the database made last, all connections closed */
    bool weak; /* pages may lag, conflicts may be made up */
};
/* Runs the suite; the number of failed tests. */
int conform_backend(const struct conform *c);

#endif

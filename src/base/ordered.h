/*
 * ordered.h - pieces of work done by several threads, their results taken one after another, in order.
 *
 * Memory: four results for each thread, however many pieces there are.
 */
#ifndef EXPUNGE_ORDERED_H
#define EXPUNGE_ORDERED_H

#include "base/base.h"

enum { ORDERED_THREADS_MAX = 64 };

struct ordered {
    void *ctx;
    uint64_t pieces;
    unsigned threads;    /* 1: everything in the caller's thread */
    size_t result_bytes; /* of one piece; what `work` finds in it is an older one's */
    /* In any order, several at once; `thread` counts from 0 and is one thread's own. */
    enum status (*work)(void *ctx, unsigned thread, uint64_t piece, void *result, struct err *err);
    /* In the caller's thread, in order. *enough ends the run: later pieces may have been worked on, none is taken. */
    enum status (*take)(void *ctx, uint64_t piece, void *result, bool *enough, struct err *err);
};

/* Threads for work that is nothing but computing: one for each core this process may use. */
unsigned ordered_threads(void);
/* The status of the first piece, in order, that failed in `work` or `take`; those before it were taken. No thread is left
 * behind. E_LIMIT: no memory, or no thread can be started. */
enum status ordered_run(const struct ordered *o, struct err *err) MUST_USE;

#endif

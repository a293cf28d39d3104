/*
 * crew.h - one piece of work done by several threads at once, which all have ended when the call comes back.
 *
 * Nothing outlives a call: no pool, no queue, no thread that could be found in the middle of something. What the members
 * share they must share safely; each has a number to find its own by.
 */
#ifndef EXPUNGE_CREW_H
#define EXPUNGE_CREW_H

#include <stddef.h>

enum { CREW_MAX = 64 };
/* Calls work(ctx, 0) to work(ctx, members - 1), each once: 0 in the calling thread, the others in threads of their own.
 * Those whose thread cannot be started, or beyond CREW_MAX, are called by the calling thread, one after another: the work is
 * done in any case. One member: no thread is started. */
void crew_run(size_t members, void (*work)(void *ctx, size_t member), void *ctx);

#endif

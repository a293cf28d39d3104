/*
 * committer.h - group commit: what several threads want durable at the same time is written in one transaction.
 *
 * A durable commit waits for the disk, and SQLite has one writer. Callers that come while a commit is being written wait
 * together, and the next commit writes all of theirs: sixteen callers of one entry each cost about as many flushes as one.
 * There is no thread of its own: one of those who wait writes for all, so a caller alone waits for nobody.
 *
 *     committer_new(registry, &c)            the registry belongs to the committer from now on
 *     registry_share(mine, c)                registry_commit of `mine` goes through it; reading stays with `mine`
 *
 * Each thread keeps a registry of its own to read with (a registry belongs to one thread) and shares the committer to write.
 */
#ifndef EXPUNGE_COMMITTER_H
#define EXPUNGE_COMMITTER_H

#include "registry/registry.h"

struct committer;

/* Takes `r` over: nobody else uses it any more. E_LIMIT leaves it with the caller. */
enum status committer_new(struct registry *r, struct committer **out, struct err *err) MUST_USE;
/* As registry_commit, from any thread; returns when these groups are durable (or are not, and why). A group's conflict is its
 * own; a commit that fails as a whole (disk full, read-only, busy for too long) is told to everyone it was made for.
 * Groups of two callers that name one row are never in one transaction: the later caller's come in the next.
 * E_DENIED after committer_stop: nothing of it was done. */
enum status committer_commit(struct committer *c, struct group *groups, size_t n, struct err *err) MUST_USE;
/* Callers that have no answer yet. */
size_t committer_waiting(struct committer *c);
/* Takes nothing new; returns when everything handed over before has its answer. Repeatable. */
void committer_stop(struct committer *c);
/* Stops, and closes the registry. No call may be made any more, nor any registry that shares it be used. NULL: nothing. */
void committer_close(struct committer *c);

#endif

/*
 * progress.h - how far it is, on standard error: a bar on a terminal once it takes two seconds; elsewhere a plain line
 * every ten seconds at most.
 */
#ifndef EXPUNGE_PROGRESS_H
#define EXPUNGE_PROGRESS_H

#include "base/buf.h"

struct progress_bar {
    int fd;
    bool terminal;
    size_t width;       /* of the terminal */
    int64_t began_ms, shown_ms; /* monotonic */
    bool drawn;         /* a bar stands on the last line */
};
void progress_init(struct progress_bar *p, int fd, int64_t now_ms);
/* As struct progress wants it; ctx is the bar. */
void progress_tick(void *ctx, const char *what, uint64_t done, uint64_t total);
void progress_clear(struct progress_bar *p); /* takes the bar away: before any other line, and at the end */

/* Pure parts. Whether there is something to show now; then the line, without its end. total 0: unknown. */
bool progress_due(const struct progress_bar *p, int64_t now_ms);
void progress_text(struct buf *out, const char *what, uint64_t done, uint64_t total, int64_t elapsed_ms, bool terminal,
                   size_t width);

#endif

/* because.h - the lines of reasoning that `contact explain` prints, as a decision collects them. */
#ifndef EXPUNGE_BECAUSE_H
#define EXPUNGE_BECAUSE_H

#include "model/decide.h"
#include "model/schedule.h"

/* Drops what no longer fits in the arena and remembers it in `full`; a `brief` decision collects nothing. */
struct reasons {
    struct arena *a;
    struct because *list;
    size_t n, cap;
    bool brief, full;
};
void because_add(struct reasons *r, const char *rule, struct str value, const char *fmt, ...) PRINTF(4, 5);
/* In the order of reasoning: each leg's category, start, keep and due; the chain's due; what holds it. Never a matter,
 * an identifier or an attribute's value. */
void because_schedule(struct reasons *r, const struct decide_input *in, const struct schedule *s);

#endif

/* schedule.h - a chain's own dates and what holds it: what decision, status and place are all computed from. */
#ifndef EXPUNGE_SCHEDULE_H
#define EXPUNGE_SCHEDULE_H

#include "model/hold.h"
#include "model/policy.h"

enum decided { DECIDED_NOTHING, DECIDED_ERASE, DECIDED_KEEP, DECIDED_CATEGORY };
/* What a person decided (`contact decide`): a text that is none of the three is DECIDED_NOTHING. */
enum decided chain_decided(const struct chain *c);
/* The leg as it is judged: where a person decided a category, an unmapped leg has that one. */
struct leg leg_as_decided(const struct policy *p, const struct chain *c, const struct leg *leg);

struct schedule {
    bool open;             /* some leg has stated no end: never due */
    bool single;           /* due is exactly anchor + `category`'s erase_after: no due date need be stored */
    const struct category *category; /* of every leg; NULL when they differ or there are no legs */
    const struct category *binding;  /* of the leg that keeps longest; NULL: none */
    int64_t anchor_ms;     /* the latest leg's; TIME_NONE while any is unknown */
    int64_t keep_until_ms; /* the latest; TIME_NONE: no minimum */
    int64_t erase_ms;      /* by the periods alone; TIME_NONE: never */
    int64_t due_ms;        /* and older than the minimum age; TIME_NONE: never */
    int64_t overdue_ms;
    int64_t news_ms;       /* open: its source was last heard then; TIME_NONE: no document says that it is alive */
    int64_t silent_ms;     /* open: from then on a person is asked; TIME_NONE: at once */
};
struct schedule chain_schedule(const struct policy *p, const struct chain *c);

/* Rule 2.10. Also true where a leg's category opens a hold that has not been written yet. */
bool chain_held(const struct chain *c, const struct hold *holds, size_t holds_n, const struct policy *p);
/* Rule 2.11: the latest end of a grace still running at now; TIME_NONE: none. */
int64_t chain_grace_ms(const struct chain *c, const struct hold *holds, size_t holds_n, int64_t now_ms);
/* The same for what asks: nothing keeps an order waiting, and a request only a grace that nobody has waived. */
int64_t chain_wait_ms(const struct chain *c, enum reason asked, const struct hold *holds, size_t holds_n, int64_t now_ms);
/* Rule 2.21: a document arrived, or a restore was declared, after it was last seen gone. */
bool chain_is_risen(const struct chain *c);

#endif

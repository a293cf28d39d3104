#include "engine/tally.h"

enum status tally_init(struct tally *t, const struct engine *e, struct arena *a, struct err *err)
{
    t->stores_n = e->stores_n;
    t->stores = ARENA_ARRAY(a, struct visit_stats, e->stores_n + 1);
    if (!t->stores)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < e->stores_n; i++)
        t->stores[i].name = e->store_names[i];
    return OK;
}

static uint64_t *counter_of_status(struct tally *t, enum contact_status s)
{
    switch (s) {
    case STATUS_PURGED:
        return &t->purged;
    case STATUS_SCRUBBED:
        return &t->scrubbed;
    case STATUS_RETAINED:
        return &t->retained;
    case STATUS_PARTIAL:
        return &t->partial;
    case STATUS_FAILED:
        return &t->failed;
    case STATUS_LITIGATION_HOLD:
        return &t->held;
    case STATUS_NEEDS_DECISION:
        return &t->needs_decision;
    case STATUS_PURGING:
    case STATUS_VERIFYING:
    case STATUS_OPEN:
    case STATUS_EXPIRY_DUE:
    case STATUS_ACTIVE:
    case STATUS_COUNT:
        break;
    }
    return &t->verifying;
}

void tally_add(struct tally *t, const struct visit_result *r)
{
    t->considered++;
    for (int o = 0; o < OUT_COUNT; o++)
        t->artefacts[o] += r->outcomes[o];
    switch (r->did) {
    case VISIT_HELD:
        t->held++;
        break;
    case VISIT_NEEDS_DECISION:
        t->needs_decision++;
        break;
    case VISIT_REFUSED:
        t->retained++;
        t->refused++;
        break;
    case VISIT_BUSY:
        t->busy++;
        break;
    case VISIT_CHANGED:
        t->changed++;
        t->still_due += r->still_due;
        break;
    case VISIT_ALREADY:
        t->already++;
        break;
    case VISIT_KEPT:
    case VISIT_WORKED:
        if (!t->dry_run && r->did == VISIT_WORKED)
            (*counter_of_status(t, r->status))++;
        t->would += t->dry_run && r->did == VISIT_WORKED;
        t->erased_in_part += !t->dry_run && r->did == VISIT_WORKED && r->status == STATUS_RETAINED;
        if (r->did == VISIT_KEPT)
            t->retained++;
        break;
    }
    t->goes_on += r->did == VISIT_WORKED && r->goes_on;
    if (t->on_contact)
        t->on_contact(t->ctx, r);
}

void tally_merge(struct tally *t, const struct tally *other)
{
    uint64_t *const into[] = {&t->considered, &t->purged, &t->verifying, &t->scrubbed, &t->retained, &t->partial, &t->held, &t->needs_decision,
                              &t->failed, &t->already, &t->refused, &t->changed, &t->busy, &t->still_due, &t->goes_on, &t->would, &t->erased_in_part};
    const uint64_t from[] = {other->considered, other->purged, other->verifying, other->scrubbed, other->retained, other->partial, other->held, other->needs_decision,
                             other->failed, other->already, other->refused, other->changed, other->busy, other->still_due, other->goes_on, other->would, other->erased_in_part};
    for (size_t i = 0; i < ARRAY_LEN(into); i++)
        *into[i] += from[i];
    for (size_t o = 0; o < OUT_COUNT; o++)
        t->artefacts[o] += other->artefacts[o];
    t->guard_stopped |= other->guard_stopped;
    for (size_t i = 0; i < t->stores_n && i < other->stores_n; i++) {
        ASSERT(str_eq(t->stores[i].name, other->stores[i].name));
        t->stores[i].calls += other->stores[i].calls;
        t->stores[i].artefacts += other->stores[i].artefacts;
        t->stores[i].errors += other->stores[i].errors;
    }
}

const char *visit_outcome(const struct visit_result *r, bool dry_run)
{
    switch (r->did) {
    case VISIT_HELD:
        return "held";
    case VISIT_NEEDS_DECISION:
        return "needs_decision";
    case VISIT_REFUSED:
        return "retained";
    case VISIT_BUSY:
        return "busy";
    case VISIT_CHANGED:
        return "changed";
    case VISIT_ALREADY:
        return "already";
    case VISIT_KEPT:
        return "retained";
    case VISIT_WORKED:
        break;
    }
    if (dry_run)
        return r->verdict == VERDICT_PARTIAL ? "would_erase_part" : "would_erase";
    switch (r->status) {
    case STATUS_PURGED:
        return "purged";
    case STATUS_SCRUBBED:
        return "scrubbed";
    case STATUS_RETAINED:
        return "retained";
    case STATUS_PARTIAL:
        return "partial";
    case STATUS_FAILED:
        return "failed";
    case STATUS_LITIGATION_HOLD:
        return "held";
    case STATUS_NEEDS_DECISION:
        return "needs_decision";
    case STATUS_PURGING:
    case STATUS_VERIFYING:
    case STATUS_OPEN:
    case STATUS_EXPIRY_DUE:
    case STATUS_ACTIVE:
    case STATUS_COUNT:
        break;
    }
    return "verifying";
}

int tally_exit(const struct tally *t, bool asked)
{
    if (t->guard_stopped || t->needs_approval)
        return 3;
    if (t->stopped || t->elsewhere)
        return 1;
    if (t->dry_run)
        return t->unknown_n || t->ambiguous_n ? 1 : 0;
    uint64_t done = t->purged + t->scrubbed + t->already + t->erased_in_part;
    uint64_t open = t->verifying + t->partial + t->failed + t->needs_decision + t->busy + t->still_due + t->unknown_n + t->ambiguous_n;
    if (!asked)
        return open ? 1 : 0;
    uint64_t refused = t->held + t->retained;
    if (refused && !done && !open)
        return 3;
    return open || refused ? 1 : 0;
}

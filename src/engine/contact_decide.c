#include "engine/contact_decide.h"
#include "engine/runs.h"
#include "model/schedule.h"

enum { TRIES_MAX = 20 };

static enum status check_decision(const struct engine *e, struct str decision, struct err *err)
{
    struct str prefix = STR("category:");
    if (str_is(decision, "erase") || str_is(decision, "keep"))
        return OK;
    if (!str_starts(decision, prefix))
        return FAIL(err, E_INVALID, "\"%.*s\" is no decision: erase, keep or category:NAME", STR_ARG(decision));
    struct str name = {decision.p + prefix.n, decision.n - prefix.n};
    if (!policy_category(&e->policy, name))
        return FAIL(err, E_INVALID, "the schedule in force has no category \"%.*s\" (see `expunge policy show`)", STR_ARG(name));
    return OK;
}

/* Whether expiry, an order or a person's request would ask for a decision, as if none had been taken and nothing held it. */
static enum status asks_for_decision(struct engine *e, const struct chain *c, struct arena *a, bool *yes, struct err *err)
{
    static const enum reason asked[] = {REASON_RETENTION_EXPIRY, REASON_OPERATOR, REASON_GDPR_ERASURE};
    struct chain undecided = *c;
    undecided.decided = STR_NONE;
    undecided.holds_n = 0;
    undecided.grace_until_ms = TIME_NONE;
    *yes = c->needs_decision || c->state == CHAIN_REVIEW || c->decided.n > 0;
    for (size_t i = 0; i < ARRAY_LEN(asked) && !*yes; i++) {
        struct decision d;
        struct decide_input in = {.policy = &e->policy, .chain = &undecided, .holds = NULL, .holds_n = 0, .asked = asked[i],
                                  .now_ms = engine_now(e), .brief = true};
        TRY(decide(&in, a, &d, err));
        *yes = d.verdict == VERDICT_NEEDS_DECISION;
    }
    for (size_t i = 0; i < c->legs_n && !*yes; i++)
        *yes = c->legs[i].unmapped;
    return OK;
}

static enum status may_decide(struct engine *e, const struct chain *c, struct arena *a, struct err *err)
{
    bool asked;
    if (!c->version)
        return FAIL(err, E_ABSENT, "the contact was taken away just now");
    if (c->state == CHAIN_ERASED)
        return FAIL(err, E_CONFLICT, "it is erased already: there is nothing left to decide");
    if (chain_claimed(c))
        return FAIL(err, E_RETRY, "it is being worked on right now; try again in a moment");
    TRY(asks_for_decision(e, c, a, &asked, err));
    if (!asked)
        return FAIL(err, E_CONFLICT, "nothing about this contact asks for a decision: `expunge contact explain` says how it stands; "
                                     "`erase` and `hold` act on it");
    return OK;
}

static void take_decision(struct engine *e, struct chain *c, struct str decision, struct str note)
{
    int64_t now = engine_now(e);
    c->decided = decision;
    c->needs_decision = false;
    c->next_ms = TIME_NONE;
    if (str_is(decision, "keep"))
        c->mandate = (struct mandate){.accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE};
    else if (str_is(decision, "erase") && (c->mandate.reason == REASON_NONE || c->mandate.reason == REASON_RETENTION_EXPIRY))
        c->mandate = (struct mandate){.reason = REASON_OPERATOR, .actor = e->actor.id, .note = note, .accepted_ms = now, .deadline_ms = TIME_NONE};
    chain_place(c, e->holds, e->holds_n, &e->policy, now);
}

/* The row with its entry, and the opening that shows whom it is about. */
static enum status commit_told(struct engine *e, struct chain *c, struct str told, struct str note, struct arena *a, struct err *err)
{
    struct opening opening;
    struct entry entry;
    struct row rows[2];
    bool needed;
    int64_t now = engine_now(e);
    TRY(opening_of_chain(e, c, a, &opening, err));
    TRY(journal_decided(e, &opening, told, note, now, a, &entry, err));
    TRY(registry_chain_row(c, a, &rows[0], err));
    TRY(opening_row(e, &opening, now, a, &rows[1], &needed, err));
    struct group g = {.rows = rows, .rows_n = 1 + (size_t)needed, .entries = &entry, .entries_n = 1};
    TRY(registry_commit(e->registry, &g, 1, err));
    return g.result;
}

/* ---- a category that makes it due earlier waits for a second person (rule 2.7) ---- */

static bool due_earlier(const struct engine *e, const struct chain *before, const struct chain *after)
{
    int64_t was = chain_schedule(&e->policy, before).due_ms, is = chain_schedule(&e->policy, after).due_ms;
    return chain_decided(after) == DECIDED_CATEGORY && is != TIME_NONE && (was == TIME_NONE || is < was);
}

/* The record that waits, made when there is none; E_DENIED until it is approved. */
static enum status wait_for_second(struct engine *e, const struct chain *c, struct arena *a, struct run_record *run,
                                   struct err *err)
{
    bool yes = false;
    struct approval approval;
    struct str why, key = {(const char *)c->key.b, ROW_KEY_BYTES};
    struct hash digest = sha256_3(STR("contact decide\n"), key, c->decided);
    enum status s = run_by_digest(e, &digest, a, run, err);
    if (s != OK && s != E_ABSENT)
        return s;
    if (s == E_ABSENT || !str_is(run->state, "waiting")) {
        TRY(run_new(e, "decide", a, run, err));
        run->state = STR("waiting");
        run->digest = digest;
        run->has_digest = true;
        run->ids = 1;
        TRY(run_put(e, run, NULL, a, err));
    }
    TRY(approval_holds(e, run, a, &yes, &why, err));
    s = approval_get(e, &digest, a, &approval, err);
    if (s != OK && s != E_ABSENT)
        return s;
    bool spent = s == OK && approval.at_ms < run->started_ms;
    if (yes && !spent)
        return OK;
    if (spent)
        why = STR("a second person must approve it again: `expunge approve DIGEST`");
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, digest.b, HASH_BYTES);
    return FAIL(err, E_DENIED, "it would be due earlier (rule 2.7): %.*s. Digest %.*s; then decide again", STR_ARG(why),
                STR_ARG(buf_view(&hex)));
}

static enum status decided_under(struct engine *e, struct run_record *run, struct arena *a, struct err *err)
{
    if (!run->has_digest)
        return OK;
    run->state = STR("done");
    run->worked = 1;
    run->ended_ms = engine_now(e);
    return run_close(e, run, NULL, a, err);
}

enum status contact_decide(struct engine *e, const struct row_key *chain, struct str decision, struct str note, struct arena *a,
                           struct chain *after, struct err *err)
{
    TRY(check_decision(e, decision, err));
    TRY(engine_holds(e, NULL, err));
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct chain c;
        TRY(registry_chains(e->registry, chain, 1, a, &c, err));
        TRY(may_decide(e, &c, a, err));
        struct chain before = c;
        struct run_record run = {.has_digest = false};
        take_decision(e, &c, decision, note);
        if (due_earlier(e, &before, &c))
            TRY(wait_for_second(e, &c, a, &run, err));
        enum status s = commit_told(e, &c, decision, note, a, err);
        if (s == OK) {
            c.version++;
            *after = c;
            return decided_under(e, &run, a, err);
        }
        if (s != E_CONFLICT)
            return s;
    }
    return FAIL(err, E_RETRY, "others keep changing this contact; try again in a moment");
}

#include "cli/contact_text.h"
#include "model/schedule.h"

struct str outcome_words(enum outcome o)
{
    switch (o) {
    case OUT_GONE:
        return STR("deleted");
    case OUT_NOT_DELETABLE:
        return STR("not deletable");
    case OUT_RETRY:
        return STR("to be tried again");
    case OUT_UNKNOWN:
    case OUT_ABSENT:
    case OUT_SCRUBBED:
    case OUT_PSEUDONYMISED:
    case OUT_RESTRICTED:
    case OUT_UNRESTRICTED:
    case OUT_RETAINED:
    case OUT_HELD:
    case OUT_REFUSED:
    case OUT_SUBMITTED:
    case OUT_FAILED:
    case OUT_ATTESTED:
    case OUT_PRESENT:
    case OUT_COUNT:
        break;
    }
    return str_of(outcome_name(o));
}

/* Dates that mean "no end in sight" are none. */
int64_t stated(int64_t ms)
{
    return ms >= TIME_MOST ? TIME_NONE : ms;
}

const char *no_artefacts_words(const struct chain *c)
{
    if (c->state == CHAIN_ERASED)
        return "No store had anything of it.";
    return "No artefact has been looked for yet: `expunge contact locate` searches the stores now.";
}

struct str grace_words(const struct chain *c, const struct hold *holds, size_t holds_n, int64_t now_ms, struct arena *a)
{
    int64_t until = chain_wait_ms(c, c->mandate.reason, holds, holds_n, now_ms);
    if (until == TIME_NONE)
        return STR_NONE;
    return arena_fmt(a, "kept during the grace after the release of a legal hold, until %.*s", STR_ARG(time_str(until, a)));
}

size_t owed_by_store(const struct contact_view *v, struct owed *out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < v->artefacts_n; i++) {
        const struct artefact *f = &v->artefacts[i];
        size_t k = 0;
        if (outcome_is_settled(f->outcome))
            continue;
        while (k < n && !str_eq(out[k].store, f->store))
            k++;
        if (k == max)
            continue;
        if (k == n)
            out[n++] = (struct owed){.store = f->store, .next_ms = TIME_NONE};
        out[k].artefacts++;
        if (!out[k].why.n)
            out[k].why = f->note.n ? f->note : outcome_words(f->outcome);
        if (f->not_before_ms != TIME_NONE && (out[k].next_ms == TIME_NONE || f->not_before_ms < out[k].next_ms))
            out[k].next_ms = f->not_before_ms;
    }
    return n;
}

size_t owed_of(const struct contact_view *v, struct owed *out, size_t max)
{
    const struct chain *c = &v->chain;
    size_t n = c->state == CHAIN_ERASING ? owed_by_store(v, out, max) : 0;
    bool away = c->state == CHAIN_ERASING && c->away_store.n;
    for (size_t i = 0; away && i < n; i++)
        away = !str_eq(out[i].store, c->away_store);
    if (away && n < max)
        out[n++] = (struct owed){.store = c->away_store, .why = STR("could not be searched"), .next_ms = c->next_ms};
    else if (!n && max && v->status == STATUS_PARTIAL) /* what it has forgotten, or nobody looks at */
        out[n++] = (struct owed){.why = STR("a store could not be searched whole"), .next_ms = c->next_ms};
    return n;
}

/* ---- JSON ---- */

static struct str present(struct str s)
{
    return s.n ? s : STR_NONE;
}

static void owed_json(struct json_writer *w, const struct contact_view *v)
{
    struct owed owed[OWED_MAX];
    size_t n = owed_of(v, owed, OWED_MAX);
    jw_key(w, "owed");
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        jw_key_string(w, "store", present(owed[i].store));
        jw_key_int(w, "artefacts", owed[i].artefacts);
        jw_key_string(w, "why", owed[i].why);
        jw_key_time(w, "next_at", owed[i].next_ms);
        jw_end(w);
    }
    jw_end(w);
}

static void holds_json(struct json_writer *w, const char *key, const struct hold_view *list, size_t n, bool past)
{
    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        jw_key_string(w, "matter", list[i].matter);
        jw_key_time(w, "since", list[i].since_ms);
        jw_key_string(w, "by", list[i].by.n ? list[i].by : STR_NONE);
        if (past)
            jw_key_time(w, "released", list[i].released_ms);
        jw_end(w);
    }
    jw_end(w);
}

static void residuals_json(struct json_writer *w, const struct residual *residuals, size_t n)
{
    jw_key(w, "residuals");
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        jw_key_string(w, "kind", residuals[i].kind);
        jw_key_time(w, "until", stated(residuals[i].until_ms));
        jw_end(w);
    }
    jw_end(w);
}

static void artefact_json(struct cli *c, struct json_writer *w, const struct artefact *f)
{
    jw_object(w);
    jw_key_string(w, "store", f->store);
    jw_key_string(w, "kind", str_of(kind_name(f->kind)));
    jw_key_string(w, "locator_hash", artefact_locator_hash(c->engine, f, &c->arena));
    jw_key_string(w, "outcome", str_of(outcome_name(f->outcome)));
    jw_key_time(w, "at", f->at_ms);
    jw_key_time(w, "verified_at", f->verified_ms);
    jw_key_string(w, "note", f->note.n ? f->note : STR_NONE);
    residuals_json(w, f->residuals, f->residuals_n);
    jw_end(w);
}

static void facts_json(const struct cli *cli, struct json_writer *w, const struct contact_view *v)
{
    const struct chain *c = &v->chain;
    jw_key_string(w, "category", v->category);
    jw_key_bool(w, "unmapped", v->unmapped);
    jw_key_string(w, "policy_version", c->policy_version.n ? c->policy_version : cli->engine->policy.version);
    jw_key_string(w, "channel", present(v->leg.channel));
    jw_key_string(w, "queue", present(v->leg.queue));
    jw_key_string(w, "agent", present(v->leg.agent));
    jw_key_time(w, "started_at", v->leg.started_ms);
    jw_key_time(w, "ended_at", v->leg.ended_ms);
    jw_key_time(w, "anchor_at", v->anchor_ms);
    jw_key_time(w, "keep_until", stated(v->keep_until_ms));
    jw_key_time(w, "due_at", stated(v->due_ms));
    jw_key_string(w, "status", str_of(contact_status_name(v->status)));
    jw_key_string(w, "reason", c->mandate.reason == REASON_NONE ? STR_NONE : str_of(reason_name(c->mandate.reason)));
    jw_key_string(w, "decision", present(c->decided));
    jw_key_string(w, "decision_why", c->needs_decision ? present(c->decision_why) : STR_NONE);
    jw_key_time(w, "registered_at", c->registered_ms);
    jw_key_time(w, "purged_at", c->purged_ms);
    jw_key_time(w, "verified_at", c->verified_ms);
    jw_key_time(w, "verified_again_at", c->verified_again_ms);
}

void contact_json(struct cli *c, const struct contact_view *v)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "source", v->source);
    jw_key_string(w, "id", v->id);
    jw_strings(w, "chain", v->ids, v->ids_n);
    jw_strings(w, "related", v->related, v->related_n);
    facts_json(c, w, v);
    holds_json(w, "holds", v->holds, v->holds_n, false);
    holds_json(w, "past_holds", v->past_holds, v->past_holds_n, true);
    jw_strings(w, "requests", v->requests, v->requests_n);
    jw_key(w, "artefacts");
    jw_array(w);
    for (size_t i = 0; i < v->artefacts_n; i++)
        artefact_json(c, w, &v->artefacts[i]);
    jw_end(w);
    owed_json(w, v);
    residuals_json(w, v->residuals, v->residuals_n);
    jw_end(w);
    cli_json_end(c);
}

/* ---- for people ---- */

static void line(struct cli *c, const char *label, struct str value)
{
    if (value.n)
        cli_print(c, "  %-14s %.*s\n", label, STR_ARG(cli_shown(c, value)));
}

static void line_time(struct cli *c, const char *label, int64_t ms)
{
    if (stated(ms) != TIME_NONE)
        line(c, label, cli_time(c, ms));
}

static void line_list(struct cli *c, const char *label, const struct str *list, size_t n, size_t least)
{
    for (size_t i = 0; n >= least && i < n; i++)
        line(c, i ? "" : label, list[i]);
}

static const char *status_words(const struct contact_view *v)
{
    switch (v->status) {
    case STATUS_PURGING:
        return "being erased right now";
    case STATUS_LITIGATION_HOLD:
        return "under a legal hold: nothing of it is erased";
    case STATUS_NEEDS_DECISION:
        return "a person must decide (`expunge contact decide`)";
    case STATUS_FAILED:
        return "a store keeps failing; tried again when its check succeeds, or with `erase --retry`";
    case STATUS_PARTIAL:
        return "some store still owes its erasure";
    case STATUS_VERIFYING:
        return "erased; not everything has been read back yet";
    case STATUS_RETAINED:
        return "the rest is kept by law, or shared with others";
    case STATUS_SCRUBBED:
        return "what can be deleted is gone; the rest was overwritten, ages out, or could not be read back";
    case STATUS_PURGED:
        return "deleted everywhere, and read back as gone";
    case STATUS_OPEN:
        return "its end has not been stated: never due";
    case STATUS_EXPIRY_DUE:
        return "its period has passed; the next run erases it";
    case STATUS_ACTIVE:
    case STATUS_COUNT:
        break;
    }
    return "kept until it is due";
}

static void hold_lines(struct cli *c, const struct contact_view *v)
{
    for (size_t i = 0; i < v->holds_n; i++) {
        const struct hold_view *h = &v->holds[i];
        cli_print(c, "  %-14s %.*s, since %.*s, by %.*s\n", "legal hold", STR_ARG(h->matter.n ? cli_shown(c, h->matter) : STR("matter not shown")),
                  STR_ARG(cli_time(c, h->since_ms)), STR_ARG(cli_shown(c, h->by)));
    }
    for (size_t i = 0; i < v->past_holds_n; i++) {
        const struct hold_view *h = &v->past_holds[i];
        cli_print(c, "  %-14s %.*s, released %.*s\n", "past hold", STR_ARG(h->matter.n ? cli_shown(c, h->matter) : STR("matter not shown")),
                  STR_ARG(cli_time(c, h->released_ms)));
    }
}

static struct str residual_words(struct cli *c, const struct artefact *f)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < f->residuals_n; i++) {
        int64_t until = stated(f->residuals[i].until_ms);
        buf_fmt(&b, "%s%.*s%s%.*s", i ? ", " : "", STR_ARG(f->residuals[i].kind), until == TIME_NONE ? "" : " until ",
                until == TIME_NONE ? 0 : 10, until == TIME_NONE ? "" : cli_time(c, until).p);
    }
    return b.n ? arena_str(&c->arena, buf_view(&b)) : STR_NONE;
}

struct str owed_words(struct cli *c, const struct owed *o)
{
    const struct str again = o->next_ms == TIME_NONE ? STR_NONE : cli_time(c, o->next_ms);
    if (!o->store.n)
        return STR("a store could not be searched whole at the last visit: `expunge contact locate` asks each now");
    if (!o->artefacts)
        return arena_fmt(&c->arena, "store %.*s could not be searched%s%.*s", STR_ARG(o->store), again.n ? "; tried again " : "",
                         STR_ARG(again));
    return arena_fmt(&c->arena, "store %.*s: %lld artefact%s, %.*s%s%.*s", STR_ARG(o->store), (long long)o->artefacts,
                     o->artefacts == 1 ? "" : "s", STR_ARG(cli_shown(c, o->why)), again.n ? "; next at " : "", STR_ARG(again));
}

/* Which store has still to do what. */
static void owed_lines(struct cli *c, const struct contact_view *v)
{
    struct owed owed[OWED_MAX];
    size_t n = owed_of(v, owed, OWED_MAX);
    for (size_t i = 0; i < n; i++)
        cli_print(c, "  %-14s %.*s\n", i ? "" : "still owed", STR_ARG(owed_words(c, &owed[i])));
}

static void artefact_lines(struct cli *c, const struct contact_view *v)
{
    static const char *const heads[] = {"STORE", "ARTEFACT", "OUTCOME", "AT", "READ BACK", "COPIES THAT REMAIN", "NOTE", NULL};
    struct listing t;
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < v->artefacts_n; i++) {
        const struct artefact *f = &v->artefacts[i];
        listing_cell(&t, f->store);
        listing_cell(&t, str_of(kind_name(f->kind)));
        listing_cell(&t, outcome_words(f->outcome));
        listing_cell(&t, cli_time(c, f->at_ms));
        listing_cell(&t, cli_time(c, f->verified_ms));
        listing_cell(&t, residual_words(c, f));
        listing_cell(&t, f->note.n ? cli_shown(c, f->note) : STR_NONE);
    }
    cli_print(c, "\n");
    cli_listing(c, &t);
    if (!v->artefacts_n)
        cli_print(c, "%s\n", no_artefacts_words(&v->chain));
}

void contact_text(struct cli *c, const struct contact_view *v)
{
    const struct engine *e = c->engine;
    struct str words = STR_NONE;
    if (v->status == STATUS_ACTIVE)
        words = grace_words(&v->chain, e->holds, e->holds_n, engine_now(e), &c->arena);
    if (!words.n)
        words = str_of(status_words(v));
    cli_print(c, "%.*s\n  %-14s %s: %.*s\n", STR_ARG(cli_shown(c, v->id)), "status", contact_status_name(v->status),
              STR_ARG(words));
    if (v->chain.needs_decision)
        line(c, "to decide", v->chain.decision_why);
    line(c, "decided", v->chain.decided);
    line(c, "source", v->source);
    line_list(c, "legs", v->ids, v->ids_n, 2);
    line_list(c, "related", v->related, v->related_n, 1);
    line(c, "category", v->unmapped ? arena_fmt(&c->arena, "%.*s (its own value is mapped to nothing)", STR_ARG(v->category)) : v->category);
    line(c, "channel", v->leg.channel);
    line(c, "queue", v->leg.queue);
    line(c, "agent", v->leg.agent);
    line_time(c, "started", v->leg.started_ms);
    line_time(c, "ended", v->leg.ended_ms);
    if (v->anchor_ms != v->leg.ended_ms)
        line_time(c, "clock started", v->anchor_ms);
    line_time(c, "keep until", v->keep_until_ms);
    line_time(c, "due", v->due_ms);
    line_time(c, "registered", v->chain.registered_ms);
    if (v->chain.mandate.reason != REASON_NONE)
        line(c, "erased for", str_of(reason_name(v->chain.mandate.reason)));
    line_time(c, "purged", v->chain.purged_ms);
    line_time(c, "checked again", v->chain.verified_again_ms);
    line_list(c, "requests", v->requests, v->requests_n, 1);
    for (size_t i = 0; i < v->residuals_n; i++)
        line(c, i ? "" : "not searched", v->residuals[i].kind);
    owed_lines(c, v);
    hold_lines(c, v);
    artefact_lines(c, v);
}

#include "cli/summary.h"

#include "cli/listing.h"

struct count {
    const char *name;
    uint64_t n;
    const char *people;
};

enum { COUNTS = 10 };

static void counts_of(const struct tally *t, struct count out[COUNTS])
{
    const struct count counts[COUNTS] = {
        {"considered", t->considered, "looked at"},
        {"purged", t->purged, "purged: gone from every store and read back"},
        {"verifying", t->verifying, "accepted by every store, to be read back when they have settled"},
        {"scrubbed", t->scrubbed, "scrubbed: the rest is overwritten and ages out"},
        {"retained", t->retained, "kept: by law, shared with others, still going on, or not due"},
        {"partial", t->partial, "partly erased: a store still owes its part"},
        {"held", t->held, "under a legal hold: untouched"},
        {"needs_decision", t->needs_decision, "waiting for a person's decision"},
        {"failed", t->failed, "failed: a store refuses or stays away"},
        {"already", t->already, "purged before"},
    };
    memcpy(out, counts, sizeof counts);
}

static void digest_json(struct json_writer *w, const struct tally *t)
{
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, t->plan_digest.b, HASH_BYTES);
    jw_key_string(w, "plan_digest", t->has_plan ? buf_view(&hex) : STR_NONE);
}

static void names_json(struct json_writer *w, const char *key, const struct str *list, size_t n)
{
    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_string(w, list[i]);
    jw_end(w);
}

static void contacts_json(const struct tally *t, struct json_writer *w)
{
    struct count counts[COUNTS];
    counts_of(t, counts);
    jw_key(w, "contacts");
    jw_object(w);
    for (size_t i = 0; i < COUNTS; i++)
        jw_key_int(w, counts[i].name, (int64_t)counts[i].n);
    jw_key_int(w, "changed", (int64_t)t->changed);
    jw_key_int(w, "busy", (int64_t)t->busy);
    jw_end(w);
}

static void stores_json(const struct tally *t, struct json_writer *w)
{
    jw_key(w, "stores");
    jw_object(w);
    for (size_t i = 0; i < t->stores_n; i++) {
        char name[256];
        size_t n = t->stores[i].name.n < sizeof name - 1 ? t->stores[i].name.n : sizeof name - 1;
        memcpy(name, t->stores[i].name.p, n);
        name[n] = '\0';
        jw_key(w, name);
        jw_object(w);
        jw_key_int(w, "calls", (int64_t)t->stores[i].calls);
        jw_key_int(w, "artefacts", (int64_t)t->stores[i].artefacts);
        jw_key_int(w, "errors", (int64_t)t->stores[i].errors);
        jw_end(w);
    }
    jw_end(w);
}

void summary_json(const struct tally *t, struct json_writer *w)
{
    jw_object(w);
    jw_key_string(w, "run", t->run);
    jw_key_bool(w, "dry_run", t->dry_run);
    jw_key_bool(w, "disarmed", t->disarmed);
    jw_key_bool(w, "needs_approval", t->needs_approval || t->guard_stopped);
    jw_key_string(w, "stopped", t->stopped ? str_of(t->stopped) : STR_NONE);
    jw_key_bool(w, "elsewhere", t->elsewhere);
    digest_json(w, t);
    jw_key(w, "ids");
    jw_object(w);
    jw_key_int(w, "given", (int64_t)t->given);
    jw_key_int(w, "duplicate", (int64_t)t->duplicate);
    jw_key_int(w, "legs_added", (int64_t)t->legs_added);
    names_json(w, "unknown", t->unknown, t->unknown_n);
    names_json(w, "ambiguous", t->ambiguous, t->ambiguous_n);
    jw_end(w);
    contacts_json(t, w);
    jw_key(w, "artefacts");
    jw_object(w);
    for (int o = 0; o < OUT_COUNT; o++)
        if (t->artefacts[o])
            jw_key_int(w, outcome_name((enum outcome)o), (int64_t)t->artefacts[o]);
    jw_end(w);
    stores_json(t, w);
    jw_end(w);
}

static void line(struct buf *out, uint64_t n, const char *what)
{
    if (n)
        buf_fmt(out, "%9llu  %s\n", (unsigned long long)n, what);
}

static void stores_text(const struct tally *t, struct buf *out)
{
    for (size_t i = 0; i < t->stores_n; i++)
        if (t->stores[i].errors && t->stores[i].calls < t->stores[i].errors)
            buf_fmt(out, "Store %.*s could not be reached: see `expunge store check %.*s`.\n", STR_ARG(t->stores[i].name),
                    STR_ARG(t->stores[i].name));
        else if (t->stores[i].errors)
            buf_fmt(out, "Store %.*s answered %llu of %llu calls with an error: see `expunge store check %.*s`.\n",
                    STR_ARG(t->stores[i].name), (unsigned long long)t->stores[i].errors,
                    (unsigned long long)t->stores[i].calls, STR_ARG(t->stores[i].name));
}

static void next_text(const struct tally *t, struct buf *out)
{
    if (t->verifying || t->partial || t->busy)
        buf_cstr(out, "The next `expunge purge` reads back and finishes what is open.\n");
    if (t->failed)
        buf_cstr(out,
                 "Failed ones are tried again when their store answers, or at once with `expunge erase --retry ID`.\n");
    if (t->needs_decision)
        buf_cstr(out, "Decide with `expunge contact decide`; `expunge contact explain ID` says why it is asked.\n");
    if (t->held || t->retained)
        buf_cstr(out, "`expunge contact explain ID` says why a contact was kept.\n");
}

void summary_text(const struct tally *t, const char *verb, struct buf *out)
{
    struct count counts[COUNTS];
    uint64_t artefacts = 0;
    counts_of(t, counts);
    for (int o = 0; o < OUT_COUNT; o++)
        artefacts += t->artefacts[o];
    uint64_t n = t->dry_run ? t->would : t->considered;
    buf_fmt(out, "%llu contact%s %s%s, %llu artefact%s\n", (unsigned long long)n, n == 1 ? "" : "s", t->dry_run ? "would be " : "", t->dry_run ? verb : counts[0].people,
            (unsigned long long)artefacts, artefacts == 1 ? "" : "s");
    for (size_t i = 1; i < COUNTS; i++)
        line(out, counts[i].n, t->held_at_least && counts[i].n == t->held && str_is(str_of(counts[i].name), "held")
                                   ? "at least, under a legal hold: untouched"
                                   : counts[i].people);
    line(out, t->changed, "left alone: changed since the plan was made");
    line(out, t->busy, "left to another worker that has them now");
    for (int o = 0; artefacts && o < OUT_COUNT; o++)
        if (t->artefacts[o])
            buf_fmt(out, "%9llu  artefact%s %s\n", (unsigned long long)t->artefacts[o], t->artefacts[o] == 1 ? "" : "s",
                    o == OUT_GONE ? "deleted" : outcome_name((enum outcome)o));
    stores_text(t, out);
    if (t->stopped)
        buf_fmt(out, "Run %.*s was %s meanwhile: it stopped there, and the rest was not begun.\n", STR_ARG(t->run), t->stopped);
    if (t->elsewhere)
        buf_fmt(out, "The rest of run %.*s is in the hands of another worker: see `expunge run show`.\n", STR_ARG(t->run));
    if (!t->dry_run)
        next_text(t, out);
}

void summary_contact_json(const struct visit_result *r, bool dry_run, struct json_writer *w)
{
    jw_object(w);
    jw_key_string(w, "source", r->source);
    jw_key_string(w, "id", r->ids_n ? r->ids[0] : STR_NONE);
    names_json(w, "ids", r->ids, r->ids_n);
    jw_key_string(w, "outcome", str_of(visit_outcome(r, dry_run)));
    jw_key_string(w, "reason", r->why.n ? r->why : STR_NONE);
    jw_key_time(w, "until", r->until_ms);
    jw_end(w);
}

void summary_contact_text(const struct visit_result *r, bool dry_run, struct arena *a, struct buf *out)
{
    struct str id = r->ids_n ? text_shown(a, r->ids[0]) : STR("(erased)");
    buf_fmt(out, "%-16s  %.*s/%.*s", visit_outcome(r, dry_run), STR_ARG(r->source), STR_ARG(id));
    if (r->ids_n > 1)
        buf_fmt(out, " and %zu more", r->ids_n - 1);
    if (r->why.n)
        buf_fmt(out, "  (%.*s)", STR_ARG(r->why));
    buf_char(out, '\n');
}

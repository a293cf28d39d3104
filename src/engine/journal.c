/* journal.c - entries about single chains: asked for, intended, done, read back, risen, decided, refused. */
#include "engine/journal.h"

#include "engine/opening.h"
#include "engine/record.h"

enum { IDS_LISTED_MAX = 500 };

const char *functionality_name(enum functionality f)
{
    static const char *const names[] = {
        [FUNC_NONE] = "",
        [FUNC_DELETE_CONTACT] = "Delete Contact",
        [FUNC_BULK_DELETE] = "Bulk Delete",
        [FUNC_ERASURE_REQUEST] = "Erasure Request",
        [FUNC_RETENTION_PURGE] = "Retention Purge",
        [FUNC_RE_ERASURE] = "Re-erasure",
        [FUNC_SCRUB] = "Scrub",
        [FUNC_RESTRICT] = "Restrict",
    };
    ASSERT((size_t)f < ARRAY_LEN(names));
    return names[f];
}

/* A matter's or a request's opening holds a text, not contacts: it has no source. */
static void add_chain(struct record *r, const struct opening *o)
{
    record_commit(r, "chain", o, COMMIT_CHAIN, opening_chain_value(o, r->a));
}

/* The contact ids, each behind a commitment; of a chain too long to list them, the root over them and their number. */
static void add_ids(struct record *r, const struct opening *o)
{
    struct hash *ids = ARENA_ARRAY(r->a, struct hash, 2 * o->ids_n + 1);
    struct hash key = commit_key(o->secret, str_of(r->id), STR(COMMIT_CONTACT_ID));
    if (!ids) {
        r->full = true;
        return;
    }
    for (size_t i = 0; i < o->ids_n; i++)
        ids[i] = commit_with_key(&key, STR(COMMIT_CONTACT_ID), opening_contact_value(o, i, r->a));
    if (o->ids_n <= IDS_LISTED_MAX) {
        record_hashes(r, "ids", ids, o->ids_n);
        return;
    }
    struct hash root = commit_root(ids, o->ids_n, ids + o->ids_n);
    record_hashes(r, "ids", ids, 0);
    record_hash(r, "ids_root", &root);
    record_count(r, "n", o->ids_n);
}

enum status journal_requested(struct engine *e, enum functionality f, enum reason why, uint64_t n,
                              struct str request_id, const struct opening *o, struct str note, int64_t now_ms,
                              struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_REQUESTED, now_ms, a);
    record_functionality(&r, f);
    record_count(&r, "n", n);
    record_code(&r, "request", request_id);
    record_code(&r, "state", request_id.n ? STR("running") : STR("ordered"));
    if (why == REASON_CCPA_ERASURE)
        record_code(&r, "regime", STR("ccpa"));
    if (o && !request_id.n)
        add_chain(&r, o);
    record_commit(&r, "note", o, COMMIT_REASON, note);
    return record_finish(&r, o ? &o->owner : NULL, out, err);
}

static void add_effects(struct record *r, unsigned effects)
{
    struct str names[8];
    size_t n = 0;
    for (unsigned bit = EFFECT_ERASE; bit <= EFFECT_RECALL; bit <<= 1)
        if (effects & bit)
            names[n++] = str_of(effect_name((enum effect)bit));
    record_names(r, "effects", names, n);
}

enum status journal_intent(struct engine *e, const struct intent_facts *f, const struct opening *openings, size_t n,
                           int64_t now_ms, struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    if (row_key_is_none(&f->id))
        record_begin(&r, e, ENTRY_INTENT, now_ms, a);
    else
        record_begin_as(&r, e, ENTRY_INTENT, &f->id, now_ms, a);
    struct hash *chains = ARENA_ARRAY(a, struct hash, 2 * n + 1);
    if (!chains)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++) {
        struct str value = opening_chain_value(&openings[i], a);
        if (!value.p)
            return ARENA_FULL(err, a);
        chains[i] = commitment(openings[i].secret, str_of(r.id), STR(COMMIT_CHAIN), value);
    }
    struct hash root = commit_root(chains, n, chains + n);
    record_hash(&r, "chains_root", &root);
    add_effects(&r, f->effects);
    record_functionality(&r, f->functionality);
    record_count(&r, "n", n);
    record_code(&r, "policy", e->policy.version);
    record_code(&r, "reason", str_of(reason_name(f->reason)));
    record_code(&r, "request", f->request_id);
    record_code(&r, "run", f->run);
    record_names(&r, "stores", f->stores, f->stores_n);
    return record_finish(&r, n == 1 ? &openings[0].owner : NULL, out, err);
}

enum status journal_outcome(struct engine *e, const struct outcome_facts *f, const struct opening *o, int64_t now_ms,
                            struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    enum contact_status verdict = f->verdict;
    /* Only a read-back may say so (product.md section 1): until the VERIFIED entry it is being verified. */
    if (!f->verified && (verdict == STATUS_PURGED || verdict == STATUS_SCRUBBED))
        verdict = STATUS_VERIFYING;
    record_begin(&r, e, f->verified ? ENTRY_VERIFIED : ENTRY_OUTCOME, now_ms, a);
    add_chain(&r, o);
    add_ids(&r, o);
    record_functionality(&r, f->functionality);
    if (row_key_is_none(&f->intent))
        record_null(&r, "intent");
    else
        record_id(&r, "intent", &f->intent);
    record_text(&r, "law", f->law);
    record_code(&r, "request", f->request_id);
    record_residuals(&r, "residuals", f->residuals, f->residuals_n);
    record_code(&r, "run", f->run);
    record_outcomes(&r, "stores", f->stores, f->stores_n);
    if (f->verified)
        record_times(&r, "times", f->stores, f->stores_n, now_ms);
    record_time(&r, "until", f->keep_until_ms);
    record_code(&r, "verdict", str_of(contact_status_name(verdict)));
    return record_finish(&r, &o->owner, out, err);
}

enum status journal_risen(struct engine *e, const struct opening *o, struct str how, int64_t now_ms, struct arena *a,
                          struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_RISEN, now_ms, a);
    record_code(&r, "cause", how);
    add_chain(&r, o);
    return record_finish(&r, &o->owner, out, err);
}

enum status journal_decided(struct engine *e, const struct opening *o, struct str decision, struct str note,
                            int64_t now_ms, struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_DECIDED, now_ms, a);
    add_chain(&r, o);
    record_code(&r, "decision", decision);
    record_commit(&r, "note", o, COMMIT_REASON, note);
    return record_finish(&r, &o->owner, out, err);
}

enum status journal_refused(struct engine *e, enum functionality f, uint64_t n, const char *why, struct str run,
                            const struct opening *o, int64_t now_ms, struct arena *a, struct entry *out,
                            struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_REFUSED, now_ms, a);
    if (o)
        add_chain(&r, o);
    record_functionality(&r, f);
    record_count(&r, "n", n);
    record_code(&r, "run", run);
    record_code(&r, "why", str_of(why));
    return record_finish(&r, o ? &o->owner : NULL, out, err);
}

enum status journal_lost(struct engine *e, const struct opening *chain, const struct opening *matter,
                         const struct str *stores, size_t n, bool freed, int64_t now_ms, struct arena *a,
                         struct entry *out, struct err *err)
{
    struct record r;
    ASSERT(matter->ids_n);
    record_begin(&r, e, ENTRY_LOST_IN_FLIGHT, now_ms, a);
    add_chain(&r, chain);
    add_ids(&r, chain);
    record_commit(&r, "matter", matter, COMMIT_MATTER, matter->ids[0]);
    record_code(&r, "result", freed ? STR("freed") : STR("lost"));
    record_code(&r, "setting", STR("Litigation Holds"));
    record_names(&r, "stores", stores, n);
    return record_finish(&r, &chain->owner, out, err);
}

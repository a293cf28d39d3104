/* certificate.c - what can be said about one chain, from its row, its last VERIFIED entry and that entry's proof. */
#include "engine/certificate.h"

#include "audit/commit.h"
#include "audit/entry.h"
#include "engine/certificate_parts.h"
#include "engine/late_store.h"
#include "engine/logbook.h"
#include "engine/opening.h"

enum { PAIRS_MAX = 1 << 20 };

static struct str status_headline(enum contact_status s)
{
    switch (s) {
    case STATUS_PURGED:
        return STR("Erased: read back as absent from every store");
    case STATUS_SCRUBBED:
        return STR("Not erased: what cannot be deleted was overwritten and ages out");
    case STATUS_RETAINED:
        return STR("Not erased: a part is kept by law or belongs to others too");
    case STATUS_LITIGATION_HOLD:
        return STR("Not erased: under a legal hold");
    case STATUS_VERIFYING:
        return STR("Not yet erased: everything was sent, the read-back is not complete");
    case STATUS_PURGING:
    case STATUS_PARTIAL:
        return STR("Not erased: the erasure is under way, some store still owes");
    case STATUS_FAILED:
        return STR("Not erased: the erasure has failed in some store and waits for a person");
    case STATUS_NEEDS_DECISION:
        return STR("Not erased: a person must decide first");
    case STATUS_OPEN:
    case STATUS_EXPIRY_DUE:
    case STATUS_ACTIVE:
    case STATUS_COUNT:
        break;
    }
    return STR("Not erased: the contact is kept");
}

/* Rule 2.23: a person ended the duty; that is no read-back. */
static bool left_unread(const struct certificate *c)
{
    static const char mark[] = ": retired and not read";
    return c->residuals.n && memmem(c->residuals.p, c->residuals.n, mark, sizeof mark - 1) != NULL;
}

static enum status status_now(struct engine *e, const struct row_key *key, struct arena *a, struct certificate *c,
                              struct err *err)
{
    struct chain chain;
    TRY(engine_holds(e, NULL, err));
    TRY(registry_chains(e->registry, key, 1, a, &chain, err));
    c->reference = row_key_hex(key, a);
    c->registered_ms = c->purged_ms = c->verified_again_ms = TIME_NONE;
    c->status = STATUS_PURGED; /* its row outlives the last verified absence; gone with it, the entry alone speaks */
    if (!chain.version)
        return OK;
    c->status = chain_status(&chain, e->holds, e->holds_n, &e->policy, c->issued_ms);
    c->registered_ms = chain.registered_ms;
    c->purged_ms = chain.purged_ms;
    c->verified_again_ms = chain.verified_again_ms;
    return OK;
}

static struct str copied(struct arena *a, struct str s)
{
    return arena_str(a, s);
}

static enum status reason_of_intent(struct engine *e, const struct entry_view *view, struct arena *a,
                                    struct certificate *c, struct err *err)
{
    unsigned char id[16];
    size_t id_n = sizeof id, n;
    struct entry *intent;
    struct entry_view v;
    if (!hex_decode(entry_string(view, "intent"), id, &id_n) || id_n != sizeof id)
        return OK;
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .id = id};
    TRY(registry_log_entries(e->registry, &q, 1, a, &intent, &n, err));
    if (!n)
        return OK;
    TRY(entry_check(intent->body, &v, err));
    c->reason = copied(a, entry_string(&v, "reason"));
    return OK;
}

/* The newest VERIFIED entry of the chain, word for word. */
static enum status read_statement(struct engine *e, const struct row_key *key, struct arena *a, struct certificate *c,
                                  struct entry *entry, struct err *err)
{
    struct entry_query q = {.to = UINT64_MAX,
                            .subject = key,
                            .type = STR("VERIFIED"),
                            .from_ms = TIME_NONE,
                            .to_ms = TIME_NONE,
                            .newest_first = true};
    struct entry *entries;
    struct entry_view v;
    size_t n;
    TRY(registry_log_entries(e->registry, &q, 1, a, &entries, &n, err));
    c->proven = n > 0;
    c->at_ms = c->until_ms = TIME_NONE;
    if (!n)
        return OK;
    *entry = entries[0];
    TRY(entry_check(entry->body, &v, err));
    c->statement = entry->body;
    c->index = entry->index;
    c->verdict = entry_string(&v, "verdict");
    c->law = entry_string(&v, "law");
    c->request = entry_string(&v, "request");
    c->actor = entry_string(&v, "actor");
    c->run = entry_string(&v, "run");
    c->stores = entry_raw(&v, "stores");
    c->times = entry_raw(&v, "times");
    c->residuals = entry_raw(&v, "residuals");
    (void)entry_integer(&v, "at", &c->at_ms);
    (void)entry_integer(&v, "until", &c->until_ms);
    return reason_of_intent(e, &v, a, c, err);
}

static void opening_json(struct json_writer *w, const struct hash *key, const char *name, struct str value)
{
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, key->b, sizeof key->b);
    jw_object(w);
    jw_key_string(w, "field", str_of(name));
    jw_key_string(w, "key", buf_view(&hex));
    jw_key_string(w, "value", value);
    jw_end(w);
}

/* Only the keys of this entry's two fields: they open nothing else. */
static enum status disclose(struct engine *e, const struct row_key *key, struct arena *a, struct certificate *c,
                            struct err *err)
{
    struct opening o;
    struct json_writer w;
    struct entry_view v;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, PAIRS_MAX);
    enum status s = opening_get(e, key, a, &o, err);
    if (s == E_ABSENT)
        return OK; /* destroyed: the certificate stays true, and says nothing about whom */
    TRY(s);
    TRY(entry_check(c->statement, &v, err));
    struct str id = entry_string(&v, "id");
    struct hash chain_key = commit_key(o.secret, id, STR(COMMIT_CHAIN)),
                id_key = commit_key(o.secret, id, STR(COMMIT_CONTACT_ID));
    jw_init(&w, &b, 0);
    jw_array(&w);
    opening_json(&w, &chain_key, COMMIT_CHAIN, opening_chain_value(&o, a));
    struct str ids = entry_raw(&v, "ids");
    for (size_t i = 0; i < o.ids_n && ids.n > 2; i++)
        opening_json(&w, &id_key, COMMIT_CONTACT_ID, opening_contact_value(&o, i, a));
    jw_end(&w);
    TRY(buf_check(&b, err));
    c->openings = copied(a, buf_view(&b));
    return c->openings.p ? OK : ARENA_FULL(err, a);
}

/* Purged, and its entries can no longer be told from the others: the opening was destroyed after own_data's period. */
static enum status say_forgotten(struct engine *e, const struct row_key *key, uint64_t entries, struct arena *a,
                                 struct certificate *c, struct err *err)
{
    struct opening o;
    enum status s = opening_get(e, key, a, &o, err);
    if (s != E_ABSENT)
        return s;
    c->headline = STR("Purged; which entry of the log says so can no longer be shown");
    c->why = arena_fmt(a,
                       "The opening that joined this contact to its entries was destroyed when its period (own_data: "
                       "openings) had passed. Its entries are still among the %llu of the log, unchanged, and nobody "
                       "can say any more whom they are about: nothing is proved by this document.",
                       (unsigned long long)entries);
    return c->why.p ? OK : ARENA_FULL(err, a);
}

/* Rule 2.23: the entry speaks of the stores there were; of those since, how far they have been searched. */
static enum status later_stores(struct engine *e, struct arena *a, struct certificate *c, struct err *err)
{
    struct json_writer w;
    CLEANUP(buf_release) struct buf b;
    size_t n = 0;
    buf_init(&b, PAIRS_MAX);
    jw_init(&w, &b, 0);
    jw_array(&w);
    for (size_t i = 0; c->purged_ms != TIME_NONE && i < e->config.stores_n; i++) {
        struct late_store s;
        TRY(late_store_get(e, e->store_names[i], a, &s, err));
        if (s.version && s.since_ms <= c->purged_ms)
            continue;
        n++;
        jw_object(&w);
        jw_key_string(&w, "store", s.name);
        jw_key(&w, "searched");
        s.done_ms != TIME_NONE ? jw_int(&w, s.done_ms) : jw_null(&w);
        jw_end(&w);
    }
    jw_end(&w);
    TRY(buf_check(&b, err));
    if (!n)
        return OK;
    c->later = copied(a, buf_view(&b));
    return c->later.p ? OK : ARENA_FULL(err, a);
}

static void judge(struct certificate *c)
{
    bool said = str_is(c->verdict, contact_status_name(STATUS_PURGED));
    c->erased = c->status == STATUS_PURGED && said;
    c->headline = c->erased || c->status != STATUS_PURGED ? status_headline(c->status)
                                                          : STR("Nothing can be shown: no read-back is in the log");
    if (c->status == STATUS_SCRUBBED && left_unread(c))
        c->headline = STR("Not shown to be erased: a store was retired without having been read back");
    if (c->erased)
        c->why = STR(
            "The log holds a VERIFIED entry that says so; it is proved below. What is proved is that this was recorded "
            "then and not changed since; that data is gone is the operator's own reading of its stores.");
    else if (c->proven && said)
        c->why = STR(
            "An earlier entry says PURGED. Since then data has come back or a hold was applied: do not rely on it.");
    else if (c->proven)
        c->why =
            STR("The log holds a VERIFIED entry of what was read back; it does not say that the contact is erased.");
    else
        c->why = STR("The log holds no VERIFIED entry for this contact: nothing is proved by this document.");
}

enum status certificate_of_chain(struct engine *e, const struct row_key *key, const struct certificate_options *o,
                                 struct arena *a, struct certificate *out, struct err *err)
{
    struct certificate c = {.issued_ms = engine_now(e)};
    struct logbook_head head;
    struct entry entry;
    TRY(status_now(e, key, a, &c, err));
    TRY(read_statement(e, key, a, &c, &entry, err));
    if (c.proven)
        TRY(logbook_prove(e, c.index, a, &c.proof, err));
    TRY(logbook_head(e, a, &head, err));
    c.origin = head.origin;
    c.vkey = head.vkey;
    if (c.proven && o->disclose)
        TRY(disclose(e, key, a, &c, err));
    TRY(later_stores(e, a, &c, err));
    judge(&c);
    if (!c.proven && c.purged_ms != TIME_NONE)
        TRY(say_forgotten(e, key, head.size, a, &c, err));
    if (!c.reference.p)
        return ARENA_FULL(err, a);
    *out = c;
    return OK;
}

/* One document's facts onto its chain: register, update, move between chains, or notice that the erased came back. */
#include "engine/batch.h"
#include "engine/holds.h"
#include "engine/journal.h"
#include "engine/ledger.h"

static enum status add_extra(struct batch *b, struct working *w, struct row row, struct err *err)
{
    for (size_t i = 0; i < w->extra_n; i++)
        if (w->extra[i].table == row.table && str_eq(w->extra[i].key, row.key)) {
            w->extra[i] = row;
            return OK;
        }
    void *items = w->extra;
    if (!arena_grow(&b->a, &items, &w->extra_cap, w->extra_n + 1, sizeof *w->extra))
        return ARENA_FULL(err, &b->a);
    w->extra = items;
    w->extra[w->extra_n++] = row;
    return OK;
}

static struct str key_str(struct batch *b, const struct row_key *first, const struct row_key *second)
{
    char both[2 * ROW_KEY_BYTES];
    memcpy(both, first->b, ROW_KEY_BYTES);
    if (second)
        memcpy(both + ROW_KEY_BYTES, second->b, ROW_KEY_BYTES);
    return arena_str(&b->a, (struct str){both, second ? sizeof both : ROW_KEY_BYTES});
}

/* The batch knows better by now where this contact stands. */
static void forget_leg_rows(struct working *w, const struct row_key *contact)
{
    size_t kept = 0;
    struct str key = {(const char *)contact->b, sizeof contact->b};
    for (size_t i = 0; i < w->extra_n; i++)
        if ((w->extra[i].table != TABLE_LEG && w->extra[i].table != TABLE_CHAIN) || !str_eq(w->extra[i].key, key))
            w->extra[kept++] = w->extra[i];
    w->extra_n = kept;
}

/* Contact key -> chain key, only where they differ. */
static enum status leg_row(struct batch *b, struct working *w, const struct row_key *contact, struct err *err)
{
    bool own = row_key_eq(contact, &w->chain.key);
    struct row row = {.table = TABLE_LEG, .op = own ? ROW_REMOVE : ROW_PUT, .version = VERSION_ANY, .key = key_str(b, contact, NULL)};
    if (own)
        return add_extra(b, w, row, err);
    row.body = key_str(b, &w->chain.key, NULL);
    /* A hold that announces this contact at this very moment makes or changes the row under its own key: then read again. */
    struct working *at_own_key = batch_chain(b, contact);
    if (at_own_key) {
        at_own_key->changed = true;
        batch_unite(at_own_key, w);
    } else {
        TRY(add_extra(b, w, (struct row){.table = TABLE_CHAIN, .op = ROW_REMOVE, .version = 0, .key = row.key}, err));
    }
    return add_extra(b, w, row, err);
}

static enum status subject_rows(struct batch *b, struct working *w, const struct leg *leg, struct err *err)
{
    for (size_t i = 0; i < leg->subjects_n; i++)
        TRY(add_extra(b, w, (struct row){.table = TABLE_SUBJECT, .op = ROW_PUT, .version = VERSION_ANY,
                                         .key = key_str(b, &leg->subjects[i], &w->chain.key), .body = STR("")}, err));
    /* Two contacts may name one recording: whoever erases one must find the other (rule 2.20). */
    for (size_t i = 0; i < leg->locators_n; i++) {
        struct row_key hash = row_key_of_locator(&b->engine->registry->identifier, leg->locators[i].place, leg->locators[i].path);
        void *rows = b->ahead;
        if (!arena_grow(&b->a, &rows, &b->ahead_cap, b->ahead_n + 1, sizeof *b->ahead))
            return ARENA_FULL(err, &b->a);
        b->ahead = rows;
        TRY(registry_subject_row(&hash, &w->chain.key, &b->a, &b->ahead[b->ahead_n++], err));
    }
    return OK;
}

/* The document's facts with keyed hashes in place of identifiers. */
static enum status facts_of(struct batch *b, const struct arrival *x, struct leg *out, struct err *err)
{
    *out = x->contact.facts;
    out->key = x->key;
    out->registered_ms = b->now_ms;
    out->subjects = ARENA_ARRAY(&b->a, struct row_key, x->contact.identifiers_n + 1);
    if (!out->subjects)
        return ARENA_FULL(err, &b->a);
    out->subjects_n = x->contact.identifiers_n;
    for (size_t i = 0; i < x->contact.identifiers_n; i++)
        out->subjects[i] = row_key_of_subject(&b->engine->registry->identifier, x->contact.identifiers[i].type, x->contact.identifiers[i].value);
    return OK;
}

static enum status leg_add(struct batch *b, struct working *w, const struct leg *leg, struct err *err)
{
    size_t cap = w->chain.legs_n;
    void *items = w->chain.legs;
    if (w->chain.legs_n >= LEGS_MAX)
        return FAIL(err, E_LIMIT, "a chain has more than %d contacts", LEGS_MAX);
    if (!arena_grow(&b->a, &items, &cap, w->chain.legs_n + 1, sizeof *w->chain.legs))
        return ARENA_FULL(err, &b->a);
    w->chain.legs = items;
    w->chain.legs[w->chain.legs_n++] = *leg;
    w->changed = true;
    return OK;
}

static enum status relate(struct batch *b, struct leg *leg, struct str id, struct err *err)
{
    for (size_t i = 0; i < leg->related_n; i++)
        if (str_eq(leg->related[i], id))
            return OK;
    struct str *grown = ARENA_ARRAY(&b->a, struct str, leg->related_n + 1);
    if (!grown)
        return ARENA_FULL(err, &b->a);
    if (leg->related_n)
        memcpy(grown, leg->related, leg->related_n * sizeof *grown);
    grown[leg->related_n++] = id;
    leg->related = grown;
    return OK;
}

static bool takes_no_leg(const struct working *w)
{
    return w && (w->chain.state == CHAIN_ERASED || w->chain.state == CHAIN_ERASING);
}

/* The chain a leg belongs to by what it states; a chain that is being erased or is erased takes no new leg. */
static enum status wanted_chain(struct batch *b, const struct arrival *x, struct leg *leg, struct working **out, struct err *err)
{
    struct row_key key = x->key;
    if (leg->initial.n && !str_eq(leg->initial, leg->id)) {
        key = engine_contact_key(b->engine, x->source, leg->initial);
        struct working *w = batch_chain(b, &key);
        if (takes_no_leg(w)) {
            TRY(relate(b, leg, leg->initial, err));
            key = x->key;
        }
    }
    *out = batch_chain(b, &key);
    if (takes_no_leg(*out)) { /* of others, who stated this contact as their first */
        key = row_key_of_late_chain(&b->engine->registry->identifier, x->source, x->contact.facts.id);
        *out = batch_chain(b, &key);
    }
    if (!*out)
        *out = batch_chain_new(b, &key, x->source);
    return *out ? OK : ARENA_FULL(err, &b->a);
}

static enum status move_holds(struct batch *b, struct working *from, struct working *to, const struct row_key *leg, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < from->chain.holds_n; i++) {
        if (!row_key_eq(&from->chain.holds[i].leg, leg)) {
            from->chain.holds[kept++] = from->chain.holds[i];
            continue;
        }
        size_t cap = to->chain.holds_n;
        void *items = to->chain.holds;
        if (!arena_grow(&b->a, &items, &cap, to->chain.holds_n + 1, sizeof *to->chain.holds))
            return ARENA_FULL(err, &b->a);
        to->chain.holds = items;
        to->chain.holds[to->chain.holds_n++] = from->chain.holds[i];
    }
    from->chain.holds_n = kept;
    return OK;
}

static enum status move_leg(struct batch *b, struct working *from, struct working *to, const struct row_key *key, struct err *err)
{
    struct leg *at = chain_leg(&from->chain, key);
    forget_leg_rows(from, key);
    TRY(leg_add(b, to, at, err));
    TRY(move_holds(b, from, to, key, err));
    size_t i = (size_t)(at - from->chain.legs);
    memmove(at, at + 1, (from->chain.legs_n - i - 1) * sizeof *at);
    from->chain.legs_n--;
    from->changed = true;
    from->removed = from->chain.legs_n == 0 && from->chain.holds_n == 0;
    if (from->chain.legs_n == 0 && from->chain.holds_n)
        from->chain.state = CHAIN_ANNOUNCED;
    batch_unite(from, to);
    return OK;
}

/* A hold by id that came before the contact waits under the contact's key, on a row of its own or on the chain of others
 * that state this contact as their first. */
static enum status adopt_announced(struct batch *b, struct working *to, const struct row_key *key, struct err *err)
{
    struct working *w = batch_chain(b, key);
    if (!w || w == to)
        return OK;
    TRY(move_holds(b, w, to, key, err));
    if (w->chain.state == CHAIN_ANNOUNCED)
        w->removed = w->chain.holds_n == 0;
    return OK;
}

static enum status entry_of(struct batch *b, struct working *w, const struct entry *entry, struct err *err)
{
    void *items = w->entries;
    if (!arena_grow(&b->a, &items, &w->entries_cap, w->entries_n + 1, sizeof *w->entries))
        return ARENA_FULL(err, &b->a);
    w->entries = items;
    w->entries[w->entries_n++] = *entry;
    return OK;
}

/* What was changed where is read back as if for the first time; the line that is written when it is gone again still has it. */
static enum status work_comes_back(struct batch *b, struct working *w, const struct ledger *old, struct err *err)
{
    struct row *rows = NULL;
    size_t n = 0;
    for (size_t i = 0; i < old->work_n; i++)
        old->work[i].verified_ms = old->work[i].not_before_ms = TIME_NONE;
    TRY(registry_work_rows(&w->chain.key, old->work, old->work_n, 0, &b->a, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(add_extra(b, w, rows[i], err));
    return OK;
}

/* Rule 2.21: the row of an erased contact rises, first in line; ids, locators and artefacts come back from the ledger. */
static enum status rise(struct batch *b, struct working *w, const struct leg *facts, struct err *err)
{
    struct ledger old;
    enum status s = ledger_get(b->engine, &w->chain.key, &b->a, &old, err);
    if (s != OK && s != E_ABSENT)
        return s;
    if (s == OK) {
        w->chain.legs = old.chain.legs;
        w->chain.legs_n = old.chain.legs_n;
        TRY(work_comes_back(b, w, &old, err));
    }
    bool full = false;
    struct leg *leg = chain_leg(&w->chain, &facts->key);
    if (leg)
        (void)leg_merge(leg, facts, &b->a, &full);
    if (leg && !leg->id.n)
        leg->id = facts->id;
    if (full)
        return ARENA_FULL(err, &b->a);
    if (!leg)
        TRY(leg_add(b, w, facts, err));
    w->chain.state = CHAIN_ERASING;
    w->chain.mandate = (struct mandate){.reason = REASON_RISEN, .actor = b->engine->actor.id, .accepted_ms = b->now_ms, .deadline_ms = TIME_NONE};
    w->chain.risen_ms = w->chain.next_ms = b->now_ms;
    w->chain.partial = true;
    w->chain.submitted_any = false;
    w->chain.purged_ms = w->chain.verified_ms = w->chain.verified_again_ms = TIME_NONE;
    w->changed = true;
    struct opening opening;
    struct entry entry;
    TRY(opening_of_chain(b->engine, &w->chain, &b->a, &opening, err));
    TRY(journal_risen(b->engine, &opening, STR("delivered again"), b->now_ms, &b->a, &entry, err));
    TRY(entry_of(b, w, &entry, err));
    struct row row;
    bool needed;
    TRY(opening_row(b->engine, &opening, b->now_ms, &b->a, &row, &needed, err));
    return needed ? add_extra(b, w, row, err) : OK;
}

/* A place nobody has looked at tells of more than an echo of what is gone. */
static enum status names_new_place(struct batch *b, const struct working *w, const struct leg *facts, bool *yes, struct err *err)
{
    struct ledger known;
    *yes = false;
    if (!facts->locators_n)
        return OK;
    enum status s = ledger_get(b->engine, &w->chain.key, &b->a, &known, err);
    if (s != OK && s != E_ABSENT)
        return s;
    const struct leg *leg = s == OK ? chain_leg(&known.chain, &facts->key) : NULL;
    for (size_t i = 0; i < facts->locators_n && !*yes; i++) {
        bool found = false;
        for (size_t k = 0; leg && k < leg->locators_n && !found; k++)
            found = str_eq(leg->locators[k].place, facts->locators[i].place) && str_eq(leg->locators[k].path, facts->locators[i].path);
        *yes = !found;
    }
    return OK;
}

/* About a contact that is erased or being erased. */
static enum status came_back(struct batch *b, struct arrival *x, struct working *w, const struct leg *facts, struct err *err)
{
    x->working = w;
    bool judged = w->chain.state == CHAIN_ERASED && w->chain.verified_again_ms != TIME_NONE;
    if (w->chain.state == CHAIN_ERASED && !judged)
        TRY(names_new_place(b, w, facts, &judged, err));
    if (judged) {
        x->fate = FATE_RISEN;
        return rise(b, w, facts, err);
    }
    x->fate = FATE_ECHO;
    w->chain.echoes++;
    w->changed = true;
    bool full = false;
    struct leg *leg = chain_leg(&w->chain, &x->key);
    if (leg && w->chain.state == CHAIN_ERASING) /* new locators are looked for at the next verification */
        (void)leg_merge(leg, facts, &b->a, &full);
    return full ? ARENA_FULL(err, &b->a) : OK;
}

static bool is_full(const struct working *w, struct arrival *x)
{
    if (w->chain.legs_n < LEGS_MAX)
        return false;
    x->fate = FATE_QUARANTINED;
    x->why = STR("the chain it states has as many contacts as a chain may have");
    return true;
}

static enum status register_leg(struct batch *b, struct arrival *x, struct leg *facts, struct err *err)
{
    struct working *w;
    x->fate = FATE_REGISTERED;
    TRY(wanted_chain(b, x, facts, &w, err));
    if (is_full(w, x))
        return OK;
    if (w->extra_n >= CHAIN_ROWS_A_PASS) {
        x->fate = FATE_LATER;
        return OK;
    }
    policy_classify(&b->engine->policy, x->source, facts, &b->a);
    if (w->chain.state == CHAIN_ANNOUNCED)
        w->chain.state = CHAIN_ACTIVE;
    w->removed = false;
    TRY(leg_add(b, w, facts, err));
    TRY(adopt_announced(b, w, &x->key, err));
    TRY(leg_row(b, w, &x->key, err));
    TRY(subject_rows(b, w, facts, err));
    x->working = w;
    return holds_open_for_category(b->engine, &w->chain, b->now_ms, &b->a, err);
}

static enum status update_leg(struct batch *b, struct arrival *x, struct working *w, const struct leg *facts, struct err *err)
{
    struct leg *leg = chain_leg(&w->chain, &x->key);
    bool full = false, changed = leg_merge(leg, facts, &b->a, &full);
    if (full)
        return ARENA_FULL(err, &b->a);
    x->fate = changed ? FATE_UPDATED : FATE_DUPLICATE;
    x->working = w;
    w->changed = true; /* versions of facts may have moved although no value did */
    if (w->chain.state == CHAIN_REVIEW && changed) /* found in stores before any document: now it has facts */
        w->chain.state = CHAIN_ACTIVE;
    if (w->chain.state == CHAIN_ACTIVE && changed) /* asked about what was known then: the next visit judges anew */
        w->chain.needs_decision = false;
    if (!changed)
        return OK;
    policy_classify(&b->engine->policy, x->source, leg, &b->a);
    struct working *to;
    TRY(wanted_chain(b, x, leg, &to, err));
    if (to != w && !is_full(to, x)) {
        if (to->chain.state == CHAIN_ANNOUNCED)
            to->chain.state = CHAIN_ACTIVE;
        to->removed = false;
        TRY(move_leg(b, w, to, &x->key, err));
        TRY(leg_row(b, to, &x->key, err));
        w = x->working = to;
        leg = chain_leg(&w->chain, &x->key);
    }
    TRY(subject_rows(b, w, leg, err));
    return holds_open_for_category(b->engine, &w->chain, b->now_ms, &b->a, err);
}

enum status arrival_apply(struct batch *b, struct arrival *x, struct err *err)
{
    struct leg facts;
    TRY(facts_of(b, x, &facts, err));
    struct working *w = batch_chain_holding(b, x);
    if (!w)
        return register_leg(b, x, &facts, err);
    if (w->chain.state == CHAIN_ERASED || w->chain.state == CHAIN_ERASING)
        return came_back(b, x, w, &facts, err);
    return update_leg(b, x, w, &facts, err);
}

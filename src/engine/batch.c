#include "engine/batch.h"
#include "engine/journal.h"

#include <stdlib.h>

enum { SLOTS = 8192, TRIES_MAX = 20 };

void batch_init(struct batch *b, struct engine *e)
{
    *b = (struct batch){.engine = e};
    arena_init(&b->a, BATCH_ARENA_MAX);
}

void batch_release(struct batch *b)
{
    arena_release(&b->a);
}

static size_t slot_of(const struct row_key *key)
{
    uint32_t h;
    memcpy(&h, key->b, sizeof h);
    return h % SLOTS;
}

struct working *batch_chain(struct batch *b, const struct row_key *key)
{
    for (struct working *w = b->slots[slot_of(key)]; w; w = w->next)
        if (row_key_eq(&w->chain.key, key))
            return w;
    return NULL;
}

struct working *batch_chain_holding(struct batch *b, const struct arrival *x)
{
    for (const struct arrival *y = b->arrival_slots[slot_of(&x->key)]; y; y = y->same_slot)
        if (row_key_eq(&y->key, &x->key) && y->working)
            return y->working;
    struct working *w = batch_chain(b, &x->stored_in);
    return w && chain_leg(&w->chain, &x->key) ? w : NULL;
}

static struct working *batch_add(struct batch *b, const struct chain *c)
{
    void *list = b->list;
    struct working *w = ARENA_NEW(&b->a, struct working);
    if (!w || !arena_grow(&b->a, &list, &b->list_cap, b->list_n + 1, sizeof *b->list))
        return NULL;
    b->list = list;
    b->list[b->list_n++] = w;
    w->chain = *c;
    w->stored = c->version != 0;
    w->with = w;
    w->next = b->slots[slot_of(&c->key)];
    b->slots[slot_of(&c->key)] = w;
    return w;
}

struct working *batch_chain_new(struct batch *b, const struct row_key *key, struct str source)
{
    struct chain c = {.key = *key, .source = source, .state = CHAIN_ACTIVE, .registered_ms = b->now_ms,
                      .grace_until_ms = TIME_NONE, .claimed_ms = TIME_NONE, .next_ms = TIME_NONE, .first_try_ms = TIME_NONE,
                      .verified_ms = TIME_NONE, .verified_again_ms = TIME_NONE, .purged_ms = TIME_NONE,
                      .scrubbed_until_ms = TIME_NONE, .retained_until_ms = TIME_NONE, .risen_ms = TIME_NONE};
    c.mandate.accepted_ms = c.mandate.deadline_ms = TIME_NONE;
    return batch_add(b, &c);
}

/* Every chain an arrival can touch: the one its contact is in, its own, and its initial contact's. */
static enum status load_chains(struct batch *b, struct err *err)
{
    size_t n = 0;
    struct row_key *contacts = ARENA_ARRAY(&b->a, struct row_key, b->n + 1), *keys = ARENA_ARRAY(&b->a, struct row_key, b->n * 3 + 1);
    if (!contacts || !keys)
        return ARENA_FULL(err, &b->a);
    for (size_t i = 0; i < b->n; i++)
        contacts[i] = b->arrivals[i].key;
    TRY(registry_chain_of(b->engine->registry, contacts, b->n, &b->a, keys, err));
    n = b->n;
    for (size_t i = 0; i < b->n; i++) {
        struct arrival *x = &b->arrivals[i];
        x->stored_in = keys[i];
        x->working = NULL;
        if (!row_key_eq(&keys[i], &x->key))
            keys[n++] = x->key;
        if (x->contact.facts.initial.n)
            keys[n++] = engine_contact_key(b->engine, x->source, x->contact.facts.initial);
    }
    struct chain *chains = ARENA_ARRAY(&b->a, struct chain, n + 1);
    if (!chains)
        return ARENA_FULL(err, &b->a);
    TRY(registry_chains(b->engine->registry, keys, n, &b->a, chains, err));
    for (size_t i = 0; i < n; i++)
        if (chains[i].version && !batch_chain(b, &keys[i]) && !batch_add(b, &chains[i]))
            return ARENA_FULL(err, &b->a);
    return OK;
}

static struct working *group_of(struct working *w)
{
    while (w->with != w)
        w = w->with;
    return w;
}

void batch_unite(struct working *a, struct working *b)
{
    group_of(a)->with = group_of(b);
}

/* Documents may fill this much of a row; what is being erased or held needs its room for more than documents. */
static enum status chain_row(struct batch *b, struct working *w, struct row *out, bool *fits, struct err *err)
{
    size_t max = w->chain.state == CHAIN_ACTIVE ? INGEST_BYTES_MAX : BODY_BYTES_MAX;
    return registry_chain_row_within(&w->chain, max, &b->a, out, fits, err);
}

static enum status chain_rows(struct batch *b, struct working *w, struct group *g, size_t *cap, struct err *err)
{
    void *rows = g->rows, *entries = g->entries;
    size_t entries_cap = g->entries_n;
    if (!arena_grow(&b->a, &rows, cap, g->rows_n + w->extra_n + 1, sizeof *g->rows) ||
        !arena_grow(&b->a, &entries, &entries_cap, g->entries_n + w->entries_n + 1, sizeof *g->entries))
        return ARENA_FULL(err, &b->a);
    g->rows = rows;
    g->entries = entries;
    if (w->removed) /* one that was never stored: the condition that it is not */
        g->rows[g->rows_n++] = (struct row){.table = TABLE_CHAIN, .op = ROW_REMOVE, .version = w->chain.version,
                                            .key = {(const char *)w->chain.key.b, ROW_KEY_BYTES}};
    else {
        bool fits;
        TRY(chain_row(b, w, &g->rows[g->rows_n], &fits, err));
        g->rows_n += fits;
        if (!fits)
            group_of(w)->why = STR("with it the contact and all it is linked to are larger than a registry row may be");
    }
    if (w->extra_n)
        memcpy(g->rows + g->rows_n, w->extra, w->extra_n * sizeof *w->extra);
    g->rows_n += w->extra_n;
    if (w->entries_n)
        memcpy(g->entries + g->entries_n, w->entries, w->entries_n * sizeof *w->entries);
    g->entries_n += w->entries_n;
    return OK;
}

/* What can never be written must not stop the rest: its documents are put aside, with the reason. */
static void drop_oversize(struct batch *b, struct group *groups, size_t *n, struct working **owners)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        const struct group *g = &groups[i];
        if (!owners[i]->why.n && (g->rows_n > GROUP_ROWS_MAX || g->rows_n + g->entries_n > GROUP_ITEMS_MAX ||
                                  group_bytes(g) > GROUP_BYTES_MAX))
            owners[i]->why = STR("too many contacts and identifiers of one chain in one batch");
        if (owners[i]->why.n)
            continue;
        owners[kept] = owners[i];
        groups[kept++] = *g;
    }
    *n = kept;
    for (size_t i = 0; i < b->n; i++) {
        struct arrival *x = &b->arrivals[i];
        if (x->done || !x->working || !group_of(x->working)->why.n)
            continue;
        x->fate = FATE_QUARANTINED;
        x->why = group_of(x->working)->why;
    }
}

/* A row that must not be there and that this batch makes itself is one group with those who demand it. */
static void own_conditions(struct batch *b, struct working *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->extra_n; i++) {
        const struct row *row = &w->extra[i];
        struct row_key key;
        struct working *at = NULL;
        if (row->table == TABLE_CHAIN) {
            memcpy(key.b, row->key.p, sizeof key.b);
            at = batch_chain(b, &key);
        }
        if (!at) {
            w->extra[kept++] = *row;
            continue;
        }
        at->changed = true;
        batch_unite(at, w);
    }
    w->extra_n = kept;
}

/* One group for each chain, or for those that must be written together. */
static enum status make_groups(struct batch *b, struct group **out, size_t *n, struct working ***owners, struct err *err)
{
    size_t cap = b->list_n + 2;
    struct group *groups = ARENA_ARRAY(&b->a, struct group, cap);
    size_t *caps = ARENA_ARRAY(&b->a, size_t, cap);
    *owners = ARENA_ARRAY(&b->a, struct working *, cap);
    if (!groups || !caps || !*owners)
        return ARENA_FULL(err, &b->a);
    *n = 0;
    for (size_t i = 0; i < b->list_n; i++)
        own_conditions(b, b->list[i]);
    for (size_t i = 0; i < b->list_n; i++) {
        struct working *w = b->list[i], *root = group_of(w);
        if (!w->changed)
            continue;
        if (!root->group) {
            (*owners)[*n] = root;
            root->group = ++*n;
        }
        size_t g = root->group - 1;
        TRY(chain_rows(b, w, &groups[g], &caps[g], err));
    }
    drop_oversize(b, groups, n, *owners);
    *out = groups;
    return OK;
}

static enum status add_registered_entry(struct batch *b, struct group *groups, size_t *n, struct err *err)
{
    uint64_t count = 0;
    CLEANUP(buf_release) struct buf keys;
    buf_init(&keys, b->n * ROW_KEY_BYTES + 64);
    for (size_t i = 0; i < b->n; i++)
        if (b->arrivals[i].fate == FATE_REGISTERED && !b->arrivals[i].done) {
            buf_add(&keys, b->arrivals[i].key.b, ROW_KEY_BYTES);
            count++;
        }
    if (!count)
        return OK;
    struct entry *entry = ARENA_NEW(&b->a, struct entry);
    if (!entry)
        return ARENA_FULL(err, &b->a);
    struct hash digest = hmac(&b->engine->registry->identifier, buf_view(&keys));
    TRY(journal_registered(b->engine, count, &digest, b->now_ms, &b->a, entry, err));
    groups[(*n)++] = (struct group){.entries = entry, .entries_n = 1};
    return OK;
}

static void count_fate(const struct arrival *x, struct str file, struct ingest_report *r)
{
    const struct leg *leg = x->working ? chain_leg(&x->working->chain, &x->key) : NULL;
    r->read++;
    r->registered += x->fate == FATE_REGISTERED;
    r->updated += x->fate == FATE_UPDATED;
    r->duplicate += x->fate == FATE_DUPLICATE;
    r->risen += x->fate == FATE_RISEN;
    r->echo += x->fate == FATE_ECHO;
    if (x->fate == FATE_REGISTERED && leg) {
        r->defaulted_category += leg->defaulted;
        r->unmapped_category += leg->unmapped;
        r->suspect_times += leg->time_suspect;
    }
    if (x->fate != FATE_QUARANTINED)
        return;
    r->quarantined++;
    struct quarantine_line line = {file, x->position, x->why, x->bytes};
    if (r->on_quarantine)
        r->on_quarantine(r->ctx, &line);
}

static int by_row_key(const void *a, const void *b)
{
    return str_cmp(((const struct row *)a)->key, ((const struct row *)b)->key);
}

/* A contact may name hundreds of places, more than its group holds. */
static enum status load_ahead(struct batch *b, struct err *err)
{
    enum { ROWS = 80 };
    size_t n = 0, groups_n;
    if (!b->ahead_n)
        return OK;
    qsort(b->ahead, b->ahead_n, sizeof *b->ahead, by_row_key);
    for (size_t i = 0; i < b->ahead_n; i++)
        if (!n || !str_eq(b->ahead[n - 1].key, b->ahead[i].key))
            b->ahead[n++] = b->ahead[i];
    groups_n = (n + ROWS - 1) / ROWS;
    struct group *groups = ARENA_ARRAY(&b->a, struct group, groups_n);
    if (!groups)
        return ARENA_FULL(err, &b->a);
    for (size_t g = 0; g < groups_n; g++)
        groups[g] = (struct group){.rows = b->ahead + g * ROWS, .rows_n = n - g * ROWS < ROWS ? n - g * ROWS : ROWS};
    return registry_load(b->engine->registry, groups, groups_n, err);
}

/* One pass: load, apply, commit; arrivals whose chain somebody else changed meanwhile stay for the next pass. */
static enum status flush_once(struct batch *b, struct str file, struct ingest_report *report, size_t *done, struct err *err)
{
    b->slots = ARENA_ARRAY(&b->a, struct working *, SLOTS);
    b->list = NULL;
    b->list_n = b->list_cap = 0;
    b->ahead = NULL;
    b->ahead_n = b->ahead_cap = 0;
    b->arrival_slots = ARENA_ARRAY(&b->a, struct arrival *, SLOTS);
    if (!b->slots || !b->arrival_slots)
        return ARENA_FULL(err, &b->a);
    TRY(engine_holds(b->engine, NULL, err));
    TRY(load_chains(b, err));
    for (size_t i = 0; i < b->n; i++)
        if (!b->arrivals[i].done) {
            struct arrival *x = &b->arrivals[i], **slot = &b->arrival_slots[slot_of(&x->key)];
            TRY(arrival_apply(b, x, err));
            x->same_slot = *slot;
            *slot = x;
        }
    struct group *groups = NULL;
    struct working **owners = NULL;
    size_t n = 0;
    for (size_t i = 0; i < b->list_n; i++)
        chain_place(&b->list[i]->chain, b->engine->holds, b->engine->holds_n, &b->engine->policy, b->now_ms);
    TRY(make_groups(b, &groups, &n, &owners, err));
    size_t chains_n = n;
    TRY(add_registered_entry(b, groups, &n, err));
    TRY(load_ahead(b, err));
    if (n)
        TRY(registry_load(b->engine->registry, groups, n, err));
    for (size_t g = 0; g < chains_n; g++)
        owners[g]->result = groups[g].result;
    for (size_t i = 0; i < b->n; i++) {
        struct arrival *x = &b->arrivals[i];
        if (x->done || x->fate == FATE_LATER)
            continue;
        x->done = x->fate == FATE_QUARANTINED || !x->working || group_of(x->working)->result == OK;
        *done += x->done;
        if (x->done)
            count_fate(x, file, report);
    }
    return OK;
}

enum status batch_flush(struct batch *b, struct str file, struct ingest_report *report, struct err *err)
{
    size_t done = 0;
    for (int tries = 0; done < b->n; tries++) {
        size_t before = done;
        if (tries == TRIES_MAX)
            return FAIL(err, E_CONFLICT, "the registry changes faster than it can be written: try again");
        TRY(flush_once(b, file, report, &done, err));
        tries = done > before ? -1 : tries; /* only passes that wrote nothing tire it */
    }
    b->n = b->cap = b->refused_n = b->refused_cap = 0;
    b->arrivals = NULL;
    b->refused = NULL;
    b->ignored = 0;
    arena_reset(&b->a);
    return OK;
}

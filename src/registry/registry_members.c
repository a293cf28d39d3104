/* registry_members.c - holds by ids: membership put on chains and taken off, each chain in a group of its own,
 * with all of its members. */
#include "registry/front.h"

enum { MEMBERS_AT_ONCE = 100, MEMBER_ROWS_MAX = 4 };

struct change {
    struct registry *r;
    const struct row_key *matter;
    bool apply;
    int64_t now_ms, grace_until_ms;
    struct arena *a;
};
/* What one chain's group is made of. */
struct member_rows { struct row rows[MEMBER_ROWS_MAX]; struct row_key key[2]; };
/* A chain and what becomes of it in one round; the members on it share its fate. */
struct target {
    struct chain chain;
    bool changed;
    bool without_leg; /* a member that is no leg of it: a contact no document has brought yet, waiting under its own key */
    enum status result;
};

static enum status holds_append(struct chain_hold **holds, size_t *n, struct chain_hold one, struct arena *a,
                                struct err *err)
{
    struct chain_hold *more = ARENA_ARRAY(a, struct chain_hold, *n + 1);
    if (more == NULL)
        return ARENA_FULL(err, a);
    if (*n > 0)
        memcpy(more, *holds, *n * sizeof(*more));
    more[(*n)++] = one;
    *holds = more;
    return OK;
}

/* *changed: false when it is covered already. */
static enum status hold_chain(const struct change *ch, const struct row_key *leg, struct chain *c, bool *changed,
                              struct err *err)
{
    *changed = false;
    for (size_t i = 0; i < c->holds_n; i++)
        if (row_key_eq(&c->holds[i].matter, ch->matter) && row_key_eq(&c->holds[i].leg, leg))
            return OK;
    struct chain_hold hold = {.matter = *ch->matter, .since_ms = ch->now_ms, .leg = *leg};
    TRY(holds_append(&c->holds, &c->holds_n, hold, ch->a, err));
    if (c->state != CHAIN_ERASED) {
        c->queue = QUEUE_PARKED;
        c->queue_category = 0;
        c->queue_time_ms = ch->now_ms;
    }
    *changed = true;
    return OK;
}

/* A release is by matter and frees only what no other hold covers (rule 2.10); then a grace begins (2.11). */
static enum status release_chain(const struct change *ch, const struct row_key *leg, struct chain *c, bool *changed,
                                 struct err *err)
{
    size_t kept = 0, held = c->holds_n;
    for (size_t i = 0; i < held; i++) {
        struct chain_hold h = c->holds[i];
        if (!row_key_eq(&h.matter, ch->matter) || !row_key_eq(&h.leg, leg)) {
            c->holds[kept++] = h;
            continue;
        }
        h.since_ms = ch->now_ms;
        TRY(holds_append(&c->past_holds, &c->past_holds_n, h, ch->a, err));
    }
    c->holds_n = kept;
    *changed = kept != held;
    if (!*changed || kept > 0)
        return OK;
    if (ch->grace_until_ms != TIME_NONE && (c->grace_until_ms == TIME_NONE || c->grace_until_ms < ch->grace_until_ms))
        c->grace_until_ms = ch->grace_until_ms;
    if (c->state != CHAIN_ERASED) { /* its place needs the policy: whoever wakes it gives it one */
        c->queue = QUEUE_WAKE;
        c->queue_category = 0;
        c->queue_time_ms = ch->grace_until_ms == TIME_NONE ? ch->now_ms : ch->grace_until_ms;
    }
    return OK;
}

static struct chain announced(const struct hold_member *m, const struct row_key *key, int64_t now_ms)
{
    struct chain c = {.key = *key, .source = m->source, .state = CHAIN_ANNOUNCED, .registered_ms = now_ms};
    c.grace_until_ms = c.claimed_ms = c.next_ms = c.first_try_ms = c.verified_ms = c.verified_again_ms = TIME_NONE;
    c.purged_ms = c.scrubbed_until_ms = c.retained_until_ms = c.risen_ms = TIME_NONE;
    c.mandate.accepted_ms = c.mandate.deadline_ms = TIME_NONE;
    return c;
}

static bool matter_remains(const struct chain *c, const struct row_key *matter)
{
    for (size_t i = 0; i < c->holds_n; i++)
        if (row_key_eq(&c->holds[i].matter, matter))
            return true;
    return false;
}

/* Chain, epoch, membership; for a contact no document has brought yet also the condition that none has meanwhile. */
static enum status make_group(const struct change *ch, struct target *t, struct group *out, bool *fits, struct err *err)
{
    struct member_rows *g = ARENA_NEW(ch->a, struct member_rows);
    const struct chain *c = &t->chain;
    if (g == NULL)
        return ARENA_FULL(err, ch->a);
    g->key[0] = *ch->matter;
    g->key[1] = c->key;
    TRY(registry_chain_row_within(c, BODY_BYTES_MAX, ch->a, &g->rows[0], fits, err));
    g->rows[1] = epoch_row();
    g->rows[2] = (struct row){.table = TABLE_MEMBER, .version = VERSION_ANY,
                              .op = matter_remains(c, ch->matter) ? ROW_PUT : ROW_REMOVE,
                              .key = {(const char *)g->key, sizeof(g->key)}};
    g->rows[3] = (struct row){.table = TABLE_LEG, .op = ROW_REMOVE, .key = key_str(&g->key[1])};
    *out = (struct group){.rows = g->rows, .rows_n = t->without_leg ? 4 : 3};
    return OK;
}

/* E_RETRY: the member goes with its chain; else its result, nothing is written for it. */
static enum status member_apply(const struct change *ch, struct hold_member *m, struct target *t, struct err *err)
{
    struct chain *c = &t->chain;
    bool own = row_key_eq(&c->key, &m->contact), changed;
    m->existed = c->version > 0;
    m->chain = c->key;
    m->result = E_RETRY;
    if (chain_leg(c, &m->contact) == NULL) {
        if (!own) { /* it has moved on since its leg row was read: read again */
            t->result = E_RETRY;
            return OK;
        }
        t->without_leg = true;
    }
    if (!m->existed && !ch->apply) {
        m->result = E_ABSENT;
        return OK;
    }
    if (!m->existed && c->state != CHAIN_ANNOUNCED)
        *c = announced(m, &c->key, ch->now_ms);
    m->claimed = chain_claimed(c);
    m->erased = c->state == CHAIN_ERASED;
    TRY((ch->apply ? hold_chain : release_chain)(ch, &m->contact, c, &changed, err));
    t->changed |= changed;
    return OK;
}

static enum status commit_targets(const struct change *ch, struct target *targets, size_t n, struct err *err)
{
    struct group groups[MEMBERS_AT_ONCE];
    struct target *of[MEMBERS_AT_ONCE];
    size_t groups_n = 0;
    for (size_t i = 0; i < n; i++) {
        struct target *t = &targets[i];
        bool fits;
        if (!t->changed || t->result != OK)
            continue;
        TRY(make_group(ch, t, &groups[groups_n], &fits, err));
        if (fits)
            of[groups_n++] = t;
        else
            t->result = E_LIMIT;
    }
    TRY(registry_commit(ch->r, groups, groups_n, err));
    for (size_t g = 0; g < groups_n; g++)
        of[g]->result = groups[g].result == E_CONFLICT ? E_RETRY : groups[g].result;
    return OK;
}

static size_t target_of(const struct row_key *keys, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (row_key_eq(&keys[k], &keys[i]))
            return k;
    return i;
}

/* Those not done yet, once. *left: how many found somebody else's change and must read again. */
static enum status round_run(const struct change *ch, struct hold_member **members, size_t n, size_t *left,
                             struct err *err)
{
    struct row_key contacts[MEMBERS_AT_ONCE], keys[MEMBERS_AT_ONCE];
    struct chain chains[MEMBERS_AT_ONCE];
    struct target targets[MEMBERS_AT_ONCE] = {0};
    for (size_t i = 0; i < n; i++)
        contacts[i] = members[i]->contact;
    TRY(registry_chain_of(ch->r, contacts, n, ch->a, keys, err));
    TRY(registry_chains(ch->r, keys, n, ch->a, chains, err));
    for (size_t i = 0; i < n; i++)
        targets[i].chain = chains[i];
    for (size_t i = 0; i < n; i++)
        TRY(member_apply(ch, members[i], &targets[target_of(keys, i)], err));
    TRY(commit_targets(ch, targets, n, err));
    *left = 0;
    for (size_t i = 0; i < n; i++) {
        struct hold_member *m = members[i];
        if (m->result == E_RETRY)
            m->result = targets[target_of(keys, i)].result;
        if (m->result == E_RETRY)
            members[(*left)++] = m;
    }
    return OK;
}

static enum status change_some(const struct change *ch, struct hold_member *members, size_t n, struct err *err)
{
    struct hold_member *pending[MEMBERS_AT_ONCE];
    size_t left = n;
    for (size_t i = 0; i < n; i++)
        pending[i] = &members[i];
    for (int round = 0; round < CONFLICT_ROUNDS && left > 0; round++)
        TRY(round_run(ch, pending, left, &left, err));
    for (size_t i = 0; i < left; i++)
        pending[i]->result = E_RETRY;
    return OK;
}

enum status registry_hold_members(struct registry *r, const struct row_key *matter, bool apply, int64_t now_ms,
                                  int64_t grace_until_ms, struct hold_member *members, size_t n, struct arena *a,
                                  struct err *err)
{
    struct change ch = {.r = r, .matter = matter, .apply = apply, .now_ms = now_ms, .grace_until_ms = grace_until_ms,
                        .a = a};
    ASSERT(!row_key_is_none(matter));
    for (size_t done = 0; done < n; done += MEMBERS_AT_ONCE)
        TRY(change_some(&ch, members + done, n - done < MEMBERS_AT_ONCE ? n - done : MEMBERS_AT_ONCE, err));
    return OK;
}

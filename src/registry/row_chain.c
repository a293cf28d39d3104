/* row_chain.c - a chain as a row: everything of struct chain but key, version and place, which are the row's own. */
#include "registry/registry.h"
#include "registry/row_leg.h"

#define AT(type, member) {type, offsetof(struct chain, member), 0}
#define AT_ENUM(member, limit) {FIELD_ENUM, offsetof(struct chain, member), limit}
/* Stored numbers: append only. */
static const struct field chain_fields[] = {
    AT(FIELD_TEXT, source),
    AT_ENUM(state, CHAIN_ANNOUNCED + 1),
    AT(FIELD_TIME, grace_until_ms),
    AT_ENUM(mandate.reason, REASON_COUNT),
    AT(FIELD_TEXT, mandate.actor),
    AT(FIELD_TEXT, mandate.request_id),
    AT(FIELD_TEXT, mandate.regime),
    AT(FIELD_TEXT, mandate.run_id),
    AT(FIELD_TEXT, mandate.note),
    AT(FIELD_TIME, mandate.accepted_ms),
    AT(FIELD_TIME, mandate.deadline_ms),
    AT(FIELD_KEY, mandate.digest),
    AT(FIELD_KEY, worker),
    AT(FIELD_TIME, claimed_ms),
    AT(FIELD_KEY, intent),
    AT(FIELD_BOOL, submitted_any),
    AT(FIELD_TIME, next_ms),
    AT(FIELD_INT, tries),
    AT(FIELD_TIME, first_try_ms),
    AT(FIELD_BOOL, failed),
    AT(FIELD_BOOL, needs_decision),
    AT(FIELD_TEXT, decision_why),
    AT(FIELD_TEXT, decided),
    AT(FIELD_TIME, verified_ms),
    AT(FIELD_TIME, verified_again_ms),
    AT(FIELD_TIME, purged_ms),
    AT(FIELD_TIME, scrubbed_until_ms),
    AT(FIELD_TIME, retained_until_ms),
    AT(FIELD_TIME, risen_ms),
    AT(FIELD_INT, echoes),
    AT(FIELD_BOOL, partial),
    AT(FIELD_TIME, registered_ms),
    AT(FIELD_TEXT, policy_version),
    AT(FIELD_KEY, open_intent),
    AT(FIELD_TEXT, away_store),
};
enum chain_list { CHAIN_LEG = FIELD_LISTS, CHAIN_HOLD, CHAIN_PAST_HOLD };

#define HOLD_AT(type, member) {type, offsetof(struct chain_hold, member), 0}
static const struct field hold_fields[] = {HOLD_AT(FIELD_KEY, matter), HOLD_AT(FIELD_TIME, since_ms),
                                           HOLD_AT(FIELD_KEY, leg)};

static void holds_pack(struct buf *b, unsigned number, const struct chain_hold *holds, size_t n, struct buf *item)
{
    for (size_t i = 0; i < n; i++) {
        buf_clear(item);
        fields_pack(item, hold_fields, ARRAY_LEN(hold_fields), &holds[i]);
        pack_buf(b, number, item);
    }
}

enum status registry_chain_row_within(const struct chain *c, size_t max_bytes, struct arena *a, struct row *out,
                                      bool *fits, struct err *err)
{
    struct buf b, item;
    struct row row = {.table = TABLE_CHAIN, .op = ROW_PUT, .version = c->version, .queue = c->queue,
                      .queue_category = c->queue_category, .queue_time_ms = c->queue_time_ms};
    ASSERT(max_bytes <= BODY_BYTES_MAX);
    buf_init(&b, max_bytes);
    buf_init(&item, BODY_BYTES_MAX);
    fields_pack(&b, chain_fields, ARRAY_LEN(chain_fields), c);
    for (size_t i = 0; i < c->legs_n && !b.failed; i++) {
        buf_clear(&item);
        leg_pack(&item, &c->legs[i], &c->key);
        pack_buf(&b, CHAIN_LEG, &item);
    }
    holds_pack(&b, CHAIN_HOLD, c->holds, c->holds_n, &item);
    holds_pack(&b, CHAIN_PAST_HOLD, c->past_holds, c->past_holds_n, &item);
    buf_release(&item);
    *fits = !b.failed;
    if (!*fits) {
        buf_release(&b);
        return OK;
    }
    TRY(body_take(&b, "a contact", a, &row.body, err));
    row.key = arena_str(a, key_str(&c->key));
    if (row.key.p == NULL)
        return ARENA_FULL(err, a);
    *out = row;
    return OK;
}

enum status registry_chain_row(const struct chain *c, struct arena *a, struct row *out, struct err *err)
{
    bool fits;
    TRY(registry_chain_row_within(c, BODY_BYTES_MAX, a, out, &fits, err));
    if (!fits)
        return FAIL(err, E_LIMIT, "a contact with everything its documents say is larger than the %d bytes a registry row may have",
                    BODY_BYTES_MAX);
    return OK;
}

/* Every list allocated once, at its size. */
static enum status lists_make(struct str body, struct arena *a, struct chain *c, struct err *err)
{
    size_t legs = 0, holds = 0, past = 0;
    struct unpack u;
    unpack_init(&u, body);
    while (unpack_next(&u)) {
        legs += u.number == CHAIN_LEG;
        holds += u.number == CHAIN_HOLD;
        past += u.number == CHAIN_PAST_HOLD;
    }
    c->legs = legs > 0 ? ARENA_ARRAY(a, struct leg, legs) : NULL;
    c->holds = holds > 0 ? ARENA_ARRAY(a, struct chain_hold, holds) : NULL;
    c->past_holds = past > 0 ? ARENA_ARRAY(a, struct chain_hold, past) : NULL;
    if ((legs > 0 && !c->legs) || (holds > 0 && !c->holds) || (past > 0 && !c->past_holds))
        return ARENA_FULL(err, a);
    return OK;
}

static void hold_read(struct unpack *outer, struct chain_hold *out)
{
    struct unpack u;
    fields_clear(hold_fields, ARRAY_LEN(hold_fields), out);
    unpack_init(&u, outer->s);
    while (unpack_next(&u))
        (void)field_read(&u, hold_fields, ARRAY_LEN(hold_fields), out);
    outer->bad |= u.bad || !outer->is_bytes;
}

static enum status body_read(struct str body, struct arena *a, struct chain *c, bool *bad, struct err *err)
{
    struct unpack u;
    fields_clear(chain_fields, ARRAY_LEN(chain_fields), c);
    TRY(lists_make(body, a, c, err));
    unpack_init(&u, body);
    while (unpack_next(&u)) {
        bool bad_leg = false;
        if (field_read(&u, chain_fields, ARRAY_LEN(chain_fields), c))
            continue;
        if (u.number == CHAIN_LEG)
            TRY(leg_unpack(u.s, &c->key, a, &c->legs[c->legs_n++], &bad_leg, err));
        else if (u.number == CHAIN_HOLD)
            hold_read(&u, &c->holds[c->holds_n++]);
        else if (u.number == CHAIN_PAST_HOLD)
            hold_read(&u, &c->past_holds[c->past_holds_n++]);
        u.bad |= bad_leg;
    }
    *bad = u.bad;
    return OK;
}

enum status registry_chain_read(const struct row *row, struct arena *a, struct chain *out, struct err *err)
{
    struct chain c = {.version = row->version, .queue = row->queue, .queue_category = row->queue_category,
                      .queue_time_ms = row->queue_time_ms};
    bool bad = row->key.n != ROW_KEY_BYTES || row->queue >= QUEUE_COUNT;
    if (!bad) {
        memcpy(c.key.b, row->key.p, ROW_KEY_BYTES);
        TRY(body_read(row->body, a, &c, &bad, err));
    }
    if (bad)
        return fail_damaged("contact", row->key, err);
    *out = c;
    return OK;
}

/* Rule 2.21. What holds match on stays: source, category, queue, agent, channel, direction, division, dates and
 * subjects. */
static void leg_blank(struct leg *leg)
{
    leg->id = STR_NONE;
    leg->initial = STR_NONE;
    leg->attributes = NULL;
    leg->attributes_n = 0;
    leg->unmapped_value = STR_NONE;
    leg->newest_digest = (struct hash){{0}}; /* of clear facts without a key: could be guessed back */
    leg->locators = NULL;
    leg->locators_n = 0;
    leg->related = NULL;
    leg->related_n = 0;
}

void chain_blank(struct chain *c)
{
    for (size_t i = 0; i < c->legs_n; i++)
        leg_blank(&c->legs[i]);
    c->mandate.note = STR_NONE;
}

/* registry_intent.c - the intent of a batch: durable before anything is changed (rule 2.27). */
#include "registry/front.h"

enum intent_field { INTENT_AT = 1, INTENT_EFFECTS, INTENT_CHAINS };

static enum status intent_row(const struct row_key *chains, size_t n, unsigned effects, const struct entry *intent,
                              struct arena *a, struct row *out, struct err *err)
{
    struct buf b;
    buf_init(&b, BODY_BYTES_MAX);
    pack_time(&b, INTENT_AT, intent->at_ms);
    pack_int(&b, INTENT_EFFECTS, (int64_t)effects);
    pack_keys(&b, INTENT_CHAINS, chains, n);
    *out = (struct row){.table = TABLE_INTENT, .op = ROW_PUT, .version = 0,
                        .key = {(const char *)intent->id, sizeof(intent->id)}};
    return body_take(&b, "the list of contacts of one intent", a, &out->body, err);
}

enum status registry_intend(struct registry *r, const struct row_key *chains, size_t n, unsigned effects,
                            struct entry *intent, struct arena *a, struct receipt *out, struct err *err)
{
    struct row row;
    struct receipt receipt = {.chains_n = n, .effects = effects, .at_ms = intent->at_ms};
    _Static_assert(sizeof(receipt.intent.b) == sizeof(intent->id), "an entry id is a row key");
    memcpy(receipt.intent.b, intent->id, sizeof(intent->id));
    ASSERT(n > 0 && !row_key_is_none(&receipt.intent));
    receipt.chains = ARENA_ARRAY(a, struct row_key, n);
    if (receipt.chains == NULL)
        return ARENA_FULL(err, a);
    memcpy(receipt.chains, chains, n * sizeof(*chains));
    TRY(intent_row(chains, n, effects, intent, a, &row, err));
    TRY(registry_commit_one(r, &row, 1, intent, err));
    *out = receipt;
    return OK;
}

enum status registry_intent_chains(struct registry *r, const struct row_key *intent, struct arena *a,
                                   struct row_key **out, size_t *n, struct err *err)
{
    struct row row;
    struct unpack u;
    struct row_key *chains = NULL;
    size_t chains_n = 0;
    TRY(registry_get_one(r, TABLE_INTENT, key_str(intent), a, &row, err));
    if (row.version == 0)
        return FAIL(err, E_ABSENT, "the registry knows no intent of that id");
    unpack_init(&u, row.body);
    while (unpack_next(&u))
        if (u.number == INTENT_CHAINS)
            TRY(unpack_keys(&u, a, &chains, &chains_n, err));
    if (u.bad)
        return fail_damaged("intent", row.key, err);
    *out = chains;
    *n = chains_n;
    return OK;
}

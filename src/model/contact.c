/* contact.c - row keys, and plain questions asked of a chain. */
#include "model/contact.h"

bool row_key_eq(const struct row_key *a, const struct row_key *b)
{
    return memcmp(a->b, b->b, ROW_KEY_BYTES) == 0;
}

bool row_key_is_none(const struct row_key *k)
{
    static const struct row_key none;
    return row_key_eq(k, &none);
}

/* The domain in front keeps keys of different nouns apart although they share one identifier key. */
static struct row_key row_key_of(const struct hmac_key *identifier, struct str domain, struct str first,
                                 struct str second)
{
    const struct str parts[] = {domain, first, second};
    struct hash h = hmac_parts(identifier, parts, ARRAY_LEN(parts));
    struct row_key k;
    memcpy(k.b, h.b, ROW_KEY_BYTES);
    return k;
}

struct row_key row_key_of_contact(const struct hmac_key *identifier, struct str source, struct str id)
{
    return row_key_of(identifier, STR("contact"), source, id);
}

struct row_key row_key_of_late_chain(const struct hmac_key *identifier, struct str source, struct str id)
{
    return row_key_of(identifier, STR("late chain"), source, id);
}

struct row_key row_key_of_request(const struct hmac_key *identifier, struct str request_id)
{
    return row_key_of(identifier, STR("request"), request_id, STR_NONE);
}

struct row_key row_key_of_matter(const struct hmac_key *identifier, struct str matter)
{
    return row_key_of(identifier, STR("matter"), matter, STR_NONE);
}

struct row_key row_key_of_locator(const struct hmac_key *identifier, struct str store, struct str locator)
{
    const char *slash = locator.n > 0 ? memrchr(locator.p, '/', locator.n) : NULL;
    struct str folder = {locator.p, slash != NULL ? (size_t)(slash - locator.p) : 0};
    struct row_key near = row_key_of(identifier, STR("folder"), store, folder);
    struct row_key k = row_key_of(identifier, STR("locator"), store, locator);
    memmove(k.b + LOCATOR_FOLDER_BYTES, k.b, ROW_KEY_BYTES - LOCATOR_FOLDER_BYTES);
    memcpy(k.b, near.b, LOCATOR_FOLDER_BYTES);
    return k;
}

struct row_key row_key_of_subject(const struct hmac_key *identifier, enum subject_type type, struct str normal)
{
    return row_key_of(identifier, STR("subject"), str_of(subject_type_name(type)), normal);
}

struct str row_key_hex(const struct row_key *k, struct arena *a)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_alloc(a, (size_t)2 * ROW_KEY_BYTES + 1);
    if (hex == NULL)
        return STR_NONE;
    for (size_t i = 0; i < ROW_KEY_BYTES; i++) {
        hex[2 * i] = digits[k->b[i] >> 4];
        hex[2 * i + 1] = digits[k->b[i] & 15];
    }
    return (struct str){hex, (size_t)2 * ROW_KEY_BYTES};
}

void leg_init(struct leg *leg)
{
    *leg = (struct leg){.started_ms = TIME_NONE,
                        .ended_ms = TIME_NONE,
                        .created_ms = TIME_NONE,
                        .case_closed_ms = TIME_NONE,
                        .contract_end_ms = TIME_NONE,
                        .registered_ms = TIME_NONE,
                        .newest_ms = -1};
    for (size_t f = 0; f < FACT_COUNT; f++)
        leg->fact_version_ms[f] = -1;
}

struct leg *chain_leg(const struct chain *c, const struct row_key *key)
{
    for (size_t i = 0; i < c->legs_n; i++)
        if (row_key_eq(&c->legs[i].key, key))
            return &c->legs[i];
    return NULL;
}

int64_t chain_started_ms(const struct chain *c)
{
    int64_t earliest = TIME_NONE;
    for (size_t i = 0; i < c->legs_n; i++) {
        int64_t t = c->legs[i].started_ms;
        if (t != TIME_NONE && (earliest == TIME_NONE || t < earliest))
            earliest = t;
    }
    return earliest;
}

int64_t chain_ended_ms(const struct chain *c)
{
    int64_t latest = TIME_NONE;
    for (size_t i = 0; i < c->legs_n; i++) {
        if (c->legs[i].ended_ms == TIME_NONE)
            return TIME_NONE;
        if (c->legs[i].ended_ms > latest)
            latest = c->legs[i].ended_ms;
    }
    return latest;
}

bool chain_is_open(const struct chain *c)
{
    for (size_t i = 0; i < c->legs_n; i++)
        if (!c->legs[i].end_stated)
            return true;
    return false;
}

bool chain_claimed(const struct chain *c)
{
    return !row_key_is_none(&c->worker);
}

/* row_leg.c - one leg inside a chain's body: facts, their versions, locators, subjects, links. */
#include "registry/row_leg.h"

#define AT(type, member) {type, offsetof(struct leg, member), 0}
/* Stored numbers: append only. */
static const struct field leg_fields[] = {
    AT(FIELD_TEXT, id),          AT(FIELD_TEXT, initial),      AT(FIELD_TIME, started_ms),
    AT(FIELD_TIME, ended_ms),    AT(FIELD_TIME, created_ms),   AT(FIELD_TIME, case_closed_ms),
    AT(FIELD_TIME, contract_end_ms), AT(FIELD_TEXT, channel),  AT(FIELD_TEXT, queue),
    AT(FIELD_TEXT, agent),       AT(FIELD_TEXT, direction),    AT(FIELD_TEXT, division),
    AT(FIELD_INT, customers),    AT(FIELD_BOOL, time_suspect), AT(FIELD_BOOL, end_stated),
    AT(FIELD_TEXT, category),    AT(FIELD_BOOL, unmapped),     AT(FIELD_TEXT, unmapped_value),
    AT(FIELD_BOOL, defaulted),   AT(FIELD_TIME, registered_ms), AT(FIELD_TIME, newest_ms),
    AT(FIELD_HASH, newest_digest),
};
/* Facts have one field each from LEG_FACT on, so nothing else may follow them. */
enum leg_list { LEG_KEY = FIELD_LISTS, LEG_FACTS_NEWEST, LEG_ATTRIBUTE, LEG_LOCATOR, LEG_SUBJECTS, LEG_RELATED,
                LEG_FACT = 128 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_VALUE };
enum { LOCATOR_KIND = 1, LOCATOR_PLACE, LOCATOR_PATH };

/* Nearly every fact has the newest document's version, which is said once, in a mask. */
static void facts_mask(struct buf *b, const struct leg *leg)
{
    int64_t mask = 0;
    for (unsigned f = 0; f < FACT_COUNT; f++)
        if (leg->fact_version_ms[f] == leg->newest_ms && leg->newest_ms != -1)
            mask |= INT64_C(1) << f;
    pack_int(b, LEG_FACTS_NEWEST, mask);
}

/* -1, no document carried it, is what absent reads as; times are stored one higher, so -1 and none change places. */
static int64_t swap_none(int64_t version_ms)
{
    return version_ms == -1 ? TIME_NONE : version_ms == TIME_NONE ? -1 : version_ms;
}

static void facts_rest(struct buf *b, const struct leg *leg)
{
    for (unsigned f = 0; f < FACT_COUNT; f++)
        if (leg->fact_version_ms[f] != leg->newest_ms)
            pack_time(b, LEG_FACT + f, swap_none(leg->fact_version_ms[f]));
}

static void attributes_pack(struct buf *b, const struct leg *leg, struct buf *item)
{
    for (size_t i = 0; i < leg->attributes_n; i++) {
        buf_clear(item);
        pack_str(item, ATTRIBUTE_NAME, leg->attributes[i].name);
        pack_str(item, ATTRIBUTE_VALUE, leg->attributes[i].value);
        pack_buf(b, LEG_ATTRIBUTE, item);
    }
}

static void locators_pack(struct buf *b, const struct leg *leg, struct buf *item)
{
    for (size_t i = 0; i < leg->locators_n; i++) {
        buf_clear(item);
        pack_int(item, LOCATOR_KIND, (int64_t)leg->locators[i].kind);
        pack_str(item, LOCATOR_PLACE, leg->locators[i].place);
        pack_str(item, LOCATOR_PATH, leg->locators[i].path);
        pack_buf(b, LEG_LOCATOR, item);
    }
}

void leg_pack(struct buf *b, const struct leg *leg, const struct row_key *chain)
{
    struct buf item;
    buf_init(&item, b->max);
    fields_pack(b, leg_fields, ARRAY_LEN(leg_fields), leg);
    if (!row_key_eq(&leg->key, chain))
        pack_bytes(b, LEG_KEY, leg->key.b, ROW_KEY_BYTES);
    facts_mask(b, leg);
    attributes_pack(b, leg, &item);
    locators_pack(b, leg, &item);
    pack_keys(b, LEG_SUBJECTS, leg->subjects, leg->subjects_n);
    for (size_t i = 0; i < leg->related_n; i++)
        pack_str(b, LEG_RELATED, leg->related[i].p ? leg->related[i] : STR(""));
    facts_rest(b, leg);
    buf_release(&item);
}

/* How many slots each list needs, so that every array is allocated once. */
struct counts { size_t attributes, locators, related; };
static struct counts count_lists(struct str body)
{
    struct counts c = {0};
    struct unpack u;
    unpack_init(&u, body);
    while (unpack_next(&u)) {
        c.attributes += u.number == LEG_ATTRIBUTE;
        c.locators += u.number == LEG_LOCATOR;
        c.related += u.number == LEG_RELATED;
    }
    return c;
}

static void attribute_read(struct unpack *outer, struct attribute *out)
{
    struct unpack u;
    unpack_init(&u, outer->s);
    while (unpack_next(&u)) {
        if (u.number == ATTRIBUTE_NAME)
            out->name = u.s;
        else if (u.number == ATTRIBUTE_VALUE)
            out->value = u.s;
    }
    outer->bad |= u.bad || !outer->is_bytes;
}

static void locator_read(struct unpack *outer, struct locator *out)
{
    struct unpack u;
    unpack_init(&u, outer->s);
    while (unpack_next(&u)) {
        if (u.number == LOCATOR_KIND && u.i >= 0 && u.i < KIND_COUNT)
            out->kind = (enum artefact_kind)u.i;
        else if (u.number == LOCATOR_KIND)
            outer->bad = true;
        else if (u.number == LOCATOR_PLACE)
            out->place = u.s;
        else if (u.number == LOCATOR_PATH)
            out->path = u.s;
    }
    outer->bad |= u.bad || !outer->is_bytes;
}

static enum status list_read(struct unpack *u, struct arena *a, struct leg *leg, struct err *err)
{
    switch (u->number) {
    case LEG_KEY:
        unpack_key(u, &leg->key);
        break;
    case LEG_FACTS_NEWEST:
        for (unsigned f = 0; f < FACT_COUNT; f++)
            if ((u->i >> f & 1) != 0)
                leg->fact_version_ms[f] = leg->newest_ms; /* a lower number: already read */
        break;
    case LEG_ATTRIBUTE:
        attribute_read(u, &leg->attributes[leg->attributes_n++]);
        break;
    case LEG_LOCATOR:
        locator_read(u, &leg->locators[leg->locators_n++]);
        break;
    case LEG_SUBJECTS:
        return unpack_keys(u, a, &leg->subjects, &leg->subjects_n, err);
    case LEG_RELATED:
        leg->related[leg->related_n++] = u->s;
        break;
    default:
        if (u->number >= LEG_FACT && u->number < LEG_FACT + FACT_COUNT)
            leg->fact_version_ms[u->number - LEG_FACT] = swap_none(unpack_time(u->i));
    }
    return OK;
}

enum status leg_unpack(struct str body, const struct row_key *chain, struct arena *a, struct leg *out, bool *bad,
                       struct err *err)
{
    struct unpack u;
    struct counts c = count_lists(body);
    struct leg leg = {.key = *chain};
    fields_clear(leg_fields, ARRAY_LEN(leg_fields), &leg);
    for (unsigned f = 0; f < FACT_COUNT; f++)
        leg.fact_version_ms[f] = -1;
    leg.attributes = c.attributes > 0 ? ARENA_ARRAY(a, struct attribute, c.attributes) : NULL;
    leg.locators = c.locators > 0 ? ARENA_ARRAY(a, struct locator, c.locators) : NULL;
    leg.related = c.related > 0 ? ARENA_ARRAY(a, struct str, c.related) : NULL;
    if ((c.attributes > 0 && !leg.attributes) || (c.locators > 0 && !leg.locators) || (c.related > 0 && !leg.related))
        return ARENA_FULL(err, a);
    unpack_init(&u, body);
    while (unpack_next(&u))
        if (!field_read(&u, leg_fields, ARRAY_LEN(leg_fields), &leg))
            TRY(list_read(&u, a, &leg, err));
    *bad = u.bad;
    *out = leg;
    return OK;
}

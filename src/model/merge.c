/*
 * merge.c - what one more document tells about a contact (rule 2.7).
 *
 * A field is taken when its document is not older than the one the stored value came from. A field that the document
 * carries as unknown is taken too: it was said to be so. Attributes are one field with one version, but merge name by
 * name: all names are kept, and where both sides have a name the newer document's value stands; so an attribute that
 * a vendor removes stays here, which is the side that finds more.
 */
#include "model/contact.h"

/* More than any vendor sends; keeps comparing each with each in bounds. */
enum { LIST_MAX = 4096 };

struct merge {
    struct leg leg; /* what `into` becomes when everything fits */
    struct arena *arena;
    bool changed, full;
};

static const struct { enum fact fact; size_t at; } text_facts[] = {
    {FACT_INITIAL, offsetof(struct leg, initial)},     {FACT_CHANNEL, offsetof(struct leg, channel)},
    {FACT_QUEUE, offsetof(struct leg, queue)},         {FACT_AGENT, offsetof(struct leg, agent)},
    {FACT_DIRECTION, offsetof(struct leg, direction)}, {FACT_DIVISION, offsetof(struct leg, division)},
};
static const struct { enum fact fact; size_t at; } number_facts[] = {
    {FACT_STARTED, offsetof(struct leg, started_ms)},
    {FACT_ENDED, offsetof(struct leg, ended_ms)},
    {FACT_CREATED, offsetof(struct leg, created_ms)},
    {FACT_CASE_CLOSED, offsetof(struct leg, case_closed_ms)},
    {FACT_CONTRACT_END, offsetof(struct leg, contract_end_ms)},
    {FACT_CUSTOMERS, offsetof(struct leg, customers)},
};

static bool is_newer(const struct leg *into, const struct leg *from, enum fact f)
{
    return from->fact_version_ms[f] >= 0 && from->fact_version_ms[f] >= into->fact_version_ms[f];
}

static struct str copy(struct merge *m, struct str s)
{
    struct str c = arena_str(m->arena, s);
    if (!arena_str_ok(c, s))
        m->full = true;
    return c;
}

static bool same_text(struct str a, struct str b)
{
    return (a.p == NULL) == (b.p == NULL) && str_eq(a, b);
}

static void merge_text(struct merge *m, const struct leg *from)
{
    for (size_t i = 0; i < ARRAY_LEN(text_facts); i++) {
        enum fact f = text_facts[i].fact;
        if (!is_newer(&m->leg, from, f))
            continue;
        struct str *to = (void *)((char *)&m->leg + text_facts[i].at);
        const struct str *is = (const void *)((const char *)from + text_facts[i].at);
        if (!same_text(*to, *is)) {
            *to = copy(m, *is);
            m->changed = true;
        }
        m->leg.fact_version_ms[f] = from->fact_version_ms[f];
    }
}

static bool is_time(enum fact f)
{
    return f != FACT_CUSTOMERS; /* of number_facts */
}

/* Suspect stays until newer documents leave no stated time unknown. */
static void merge_suspect(struct merge *m, const struct leg *from, bool took_time)
{
    bool was = m->leg.time_suspect;
    if (from->time_suspect && (took_time || from->newest_ms >= m->leg.newest_ms)) {
        m->leg.time_suspect = true;
    } else if (took_time) {
        bool unknown = false;
        for (size_t i = 0; i < ARRAY_LEN(number_facts); i++) {
            enum fact f = number_facts[i].fact;
            const int64_t *t = (const void *)((const char *)&m->leg + number_facts[i].at);
            unknown |= is_time(f) && m->leg.fact_version_ms[f] >= 0 && *t == TIME_NONE;
        }
        m->leg.time_suspect = was && unknown;
    }
    m->changed |= m->leg.time_suspect != was;
}

static void merge_numbers(struct merge *m, const struct leg *from)
{
    bool took_time = false;
    for (size_t i = 0; i < ARRAY_LEN(number_facts); i++) {
        enum fact f = number_facts[i].fact;
        if (!is_newer(&m->leg, from, f))
            continue;
        int64_t *to = (void *)((char *)&m->leg + number_facts[i].at);
        const int64_t *is = (const void *)((const char *)from + number_facts[i].at);
        m->changed |= *to != *is;
        *to = *is;
        m->leg.fact_version_ms[f] = from->fact_version_ms[f];
        took_time |= is_time(f);
    }
    merge_suspect(m, from, took_time);
    if (from->end_stated && !m->leg.end_stated) {
        m->leg.end_stated = true; /* an end that was told is not untold by a document that carries none */
        m->changed = true;
    }
}

static size_t attribute_at(const struct attribute *list, size_t n, struct str name)
{
    size_t i = 0;
    while (i < n && !str_eq(list[i].name, name))
        i++;
    return i;
}

static void merge_attributes(struct merge *m, const struct leg *from)
{
    int64_t version = from->fact_version_ms[FACT_ATTRIBUTES];
    if (version < 0)
        return;
    bool newer = is_newer(&m->leg, from, FACT_ATTRIBUTES);
    size_t n = m->leg.attributes_n;
    if (newer)
        m->leg.fact_version_ms[FACT_ATTRIBUTES] = version;
    if (from->attributes_n == 0)
        return;
    struct attribute *all = NULL;
    if (n + from->attributes_n <= LIST_MAX)
        all = ARENA_ARRAY(m->arena, struct attribute, n + from->attributes_n);
    if (all == NULL) {
        m->full = true;
        return;
    }
    if (n > 0)
        memcpy(all, m->leg.attributes, n * sizeof(*all));
    for (size_t i = 0; i < from->attributes_n; i++) {
        const struct attribute *is = &from->attributes[i];
        size_t at = attribute_at(all, n, is->name);
        if (at == n)
            all[n++] = (struct attribute){copy(m, is->name), copy(m, is->value)};
        else if ((newer || at >= m->leg.attributes_n) && !same_text(all[at].value, is->value))
            all[at].value = copy(m, is->value);
    }
    m->changed |= n > m->leg.attributes_n;
    for (size_t i = 0; i < m->leg.attributes_n; i++)
        m->changed |= !same_text(all[i].value, m->leg.attributes[i].value);
    m->leg.attributes = all;
    m->leg.attributes_n = n;
}

static bool same_locator(const void *a, const void *b)
{
    const struct locator *x = a, *y = b;
    return x->kind == y->kind && str_eq(x->path, y->path) && str_eq(x->place, y->place);
}

static void copy_locator(struct merge *m, void *to, const void *from)
{
    const struct locator *is = from;
    *(struct locator *)to = (struct locator){is->kind, copy(m, is->place), copy(m, is->path)};
}

static bool same_key(const void *a, const void *b)
{
    return row_key_eq(a, b);
}

static void copy_key(struct merge *m UNUSED, void *to, const void *from)
{
    *(struct row_key *)to = *(const struct row_key *)from;
}

static bool same_id(const void *a, const void *b)
{
    return str_eq(*(const struct str *)a, *(const struct str *)b);
}

static void copy_id(struct merge *m, void *to, const void *from)
{
    *(struct str *)to = copy(m, *(const struct str *)from);
}

/* A list that only grows: of what sort its items are. */
struct sort {
    size_t size;
    bool (*same)(const void *a, const void *b);
    void (*copy)(struct merge *m, void *to, const void *from);
};
static const struct sort locator_sort = {sizeof(struct locator), same_locator, copy_locator};
static const struct sort key_sort = {sizeof(struct row_key), same_key, copy_key};
static const struct sort id_sort = {sizeof(struct str), same_id, copy_id};

static bool has(const struct sort *sort, const char *items, size_t n, const char *item)
{
    for (size_t i = 0; i < n; i++)
        if (sort->same(items + i * sort->size, item))
            return true;
    return false;
}

/* The list `items` of *n with what `from` adds; the same list when it adds nothing. */
static void *accumulate(struct merge *m, const struct sort *sort, void *items, size_t *n, const void *from,
                        size_t from_n)
{
    char *all = NULL;
    for (size_t i = 0; i < from_n; i++) {
        const char *item = (const char *)from + i * sort->size;
        if (has(sort, all != NULL ? all : items, *n, item))
            continue;
        if (all == NULL) {
            if (*n + from_n <= LIST_MAX)
                all = arena_array(m->arena, sort->size, *n + from_n);
            if (all == NULL) {
                m->full = true;
                return items;
            }
            if (*n > 0)
                memcpy(all, items, *n * sort->size);
        }
        sort->copy(m, all + (*n)++ * sort->size, item);
        m->changed = true;
    }
    return all != NULL ? all : items;
}

static void merge_identity(struct merge *m, const struct leg *from)
{
    if (row_key_is_none(&m->leg.key))
        m->leg.key = from->key;
    if (m->leg.id.p == NULL && from->id.p != NULL) {
        m->leg.id = copy(m, from->id);
        m->changed = true;
    }
    if (from->newest_ms >= m->leg.newest_ms) {
        m->leg.newest_ms = from->newest_ms;
        m->leg.newest_digest = from->newest_digest;
    }
}

bool leg_merge(struct leg *into, const struct leg *from, struct arena *a, bool *full)
{
    struct merge m = {.leg = *into, .arena = a};
    struct leg *leg = &m.leg;
    merge_text(&m, from);
    merge_numbers(&m, from);
    merge_attributes(&m, from);
    leg->locators =
        accumulate(&m, &locator_sort, leg->locators, &leg->locators_n, from->locators, from->locators_n);
    leg->subjects = accumulate(&m, &key_sort, leg->subjects, &leg->subjects_n, from->subjects, from->subjects_n);
    leg->related = accumulate(&m, &id_sort, leg->related, &leg->related_n, from->related, from->related_n);
    merge_identity(&m, from);
    if (m.full) {
        *full = true;
        return false;
    }
    *into = m.leg;
    return m.changed;
}

/*
 * fuzz_entry.c - an entry that is accepted is JSON for jansson too, in the one spelling: written by jansson with sorted
 * names and without spaces it has the same bytes. Lines are entries; all together are given to the check of meaning.
 */
#include "audit/meaning.h"
#include "audit/tile.h"
#include "tests/fuzz/lib/fuzz.h"

#include <jansson.h>
#include <stdlib.h>

static void one_spelling(struct str bytes, const struct entry_view *e)
{
    json_error_t why;
    json_t *theirs = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &why);
    HOLDS(theirs != NULL && json_is_object(theirs) && json_object_size(theirs) == e->n);
    /* jansson spells control characters with upper-case digits: those are compared by what they say only. */
    char *text = json_dumps(theirs, JSON_COMPACT | JSON_SORT_KEYS);
    HOLDS(text != NULL);
    if (!memchr(bytes.p, '\\', bytes.n))
        HOLDS(str_eq(bytes, str_of(text)));
    free(text);
    json_decref(theirs);
}

static void fields_are_found(const struct entry_view *e)
{
    char name[128];
    for (size_t i = 0; i < e->n; i++) {
        HOLDS(e->name[i].n < sizeof name);
        memcpy(name, e->name[i].p, e->name[i].n);
        name[e->name[i].n] = '\0';
        HOLDS(str_eq(entry_raw(e, name), e->value[i]));
        HOLDS(i == 0 || str_cmp(e->name[i - 1], e->name[i]) < 0);
        struct str rest = e->value[i], key, value;
        while (rest.n && rest.p[0] == '{' && entry_member(&rest, &key, &value))
            HOLDS(value.n > 0);
    }
}

static void meaning_agrees(const struct meaning *m, uint64_t entries)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < FINDING_COUNT; i++)
        sum += m->findings[i];
    HOLDS(m->entries == entries && m->any == (sum > 0) && m->intents_open <= m->intents && m->intents <= entries);
    HOLDS(!m->any || m->first_index < entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct meaning m;
    struct err err;
    uint64_t index = 0;
    meaning_init(&m, 1 << 20);
    while (rest.n > 0) {
        struct str line = fuzz_until(&rest, '\n');
        struct entry_view e;
        if (entry_check(line, &e, &err) != OK)
            continue;
        HOLDS(line.n <= ENTRY_BYTES_MAX && e.type > ENTRY_NONE && e.type < ENTRY_TYPE_COUNT);
        one_spelling(line, &e);
        fields_are_found(&e);
        struct meaning_fact fact;
        meaning_read(&e, &fact);
        HOLDS_OK(meaning_take(&m, index, &fact, &err), &err);
        index++;
    }
    meaning_agrees(&m, index);
    meaning_release(&m);
    return 0;
}

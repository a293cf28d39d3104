/*
 * fuzz_filter.c - a filter written from its words says the same; it matches when each of its words does. Lines: filter,
 * source, category, queue, agent, channel, direction, id, then name=value of attributes; the year of the start is fixed.
 */
#include "model/filter.h"
#include "tests/fuzz/lib/fuzz.h"

static const char *const key_names[] = {
    [FILTER_SOURCE] = "source",       [FILTER_CATEGORY] = "category",   [FILTER_QUEUE] = "queue", [FILTER_AGENT] = "agent",
    [FILTER_CHANNEL] = "channel",     [FILTER_DIRECTION] = "direction", [FILTER_DIVISION] = "division",
    [FILTER_STATUS] = "status",       [FILTER_ID] = "id",               [FILTER_ATTRIBUTE] = "attribute.",
    [FILTER_FROM] = "from",           [FILTER_TO] = "to",               [FILTER_SUBJECT] = "subject",
};

static bool quotable(struct str s, char *quote)
{
    size_t at;
    *quote = str_find(s, '"', &at) ? '\'' : '"';
    return !str_find(s, *quote, &at) && !str_find(s, '\\', &at);
}

static bool write_word(const struct filter_word *w, struct buf *out)
{
    char quote;
    buf_cstr(out, key_names[w->key]);
    if (w->key == FILTER_ATTRIBUTE) {
        if (!quotable(w->name, &quote))
            return false;
        buf_char(out, quote);
        buf_str(out, w->name);
        buf_char(out, quote);
    }
    if (!quotable(w->value, &quote))
        return false;
    buf_char(out, ':');
    buf_char(out, quote);
    buf_str(out, w->value);
    buf_char(out, quote);
    buf_char(out, ' ');
    return true;
}

static void written_again(const struct filter *f, struct arena *a)
{
    struct buf text;
    struct filter again;
    struct err err;
    bool writable = true;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < f->n; i++)
        writable = writable && write_word(&f->words[i], &text);
    if (writable && filter_parse(buf_view(&text), zone_utc(), a, &again, &err) == OK) {
        HOLDS(again.n == f->n);
        for (size_t i = 0; i < f->n; i++)
            HOLDS(again.words[i].key == f->words[i].key && str_eq(again.words[i].name, f->words[i].name) &&
                  str_eq(again.words[i].value, f->words[i].value) && again.words[i].time_ms == f->words[i].time_ms);
    } else
        HOLDS_ERR(!writable || text.n > 4000, "its own words are no filter", &err);
    buf_release(&text);
}

static void read_leg(struct str *input, struct leg *leg, struct arena *a)
{
    leg_init(leg);
    leg->category = fuzz_until(input, '\n');
    leg->queue = fuzz_until(input, '\n');
    leg->agent = fuzz_until(input, '\n');
    leg->channel = fuzz_until(input, '\n');
    leg->direction = fuzz_until(input, '\n');
    leg->id = fuzz_until(input, '\n');
    leg->started_ms = INT64_C(1767225600000);
    leg->attributes = ARENA_ARRAY(a, struct attribute, 8);
    HOLDS(leg->attributes != NULL);
    while (input->n > 0 && leg->attributes_n < 8) {
        struct str line = fuzz_until(input, '\n');
        leg->attributes[leg->attributes_n].name = fuzz_until(&line, '=');
        leg->attributes[leg->attributes_n++].value = line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena a;
    struct filter f;
    struct leg leg;
    arena_init(&a, 4 << 20);
    struct str text = fuzz_until(&input, '\n'), source = fuzz_until(&input, '\n');
    if (filter_parse(text, zone_utc(), &a, &f, NULL) == OK) {
        HOLDS(f.n > 0);
        written_again(&f, &a);
        read_leg(&input, &leg, &a);
        bool all = true;
        for (size_t i = 0; i < f.n; i++) {
            struct filter one = {.words = &f.words[i], .n = 1};
            all &= filter_matches(&one, source, &leg, STATUS_COUNT);
        }
        HOLDS(filter_matches(&f, source, &leg, STATUS_COUNT) == all);
    }
    arena_release(&a);
    return 0;
}

/*
 * fuzz_intake.c - vendors' documents: every part is one of known, ignored or trouble; what a format takes has an id, and
 * the same document gives the same contacts. The first byte's lowest bit: CSV with the columns id, started, phone.
 */
#include "intake/intake.h"
#include "tests/fuzz/lib/fuzz.h"

#define NOW_MS INT64_C(1795262400000)

static bool time_is_known(int64_t ms)
{
    return ms == TIME_NONE || (ms >= TIME_LEAST && ms <= TIME_MOST);
}

static void contact_is_sound(const struct intake_contact *c)
{
    const struct leg *l = &c->facts;
    HOLDS(l->id.n > 0 && l->id.n <= ID_BYTES_MAX && str_is_utf8(l->id));
    HOLDS(time_is_known(l->started_ms) && time_is_known(l->ended_ms) && time_is_known(l->created_ms));
    HOLDS(l->subjects_n == 0 && row_key_is_none(&l->key)); /* the caller's to hash */
    for (size_t i = 0; i < FACT_COUNT; i++)
        HOLDS(l->fact_version_ms[i] >= -1);
    for (size_t i = 0; i < l->locators_n; i++)
        HOLDS(l->locators[i].kind < KIND_COUNT && l->locators[i].path.n > 0);
    for (size_t i = 0; i < c->identifiers_n; i++)
        HOLDS(c->identifiers[i].type < SUBJECT_TYPE_COUNT && c->identifiers[i].value.n > 0);
    for (size_t i = 0; i < l->related_n; i++)
        HOLDS(!str_eq(l->related[i], l->id));
}

static void result_is_sound(const struct intake_result *r)
{
    HOLDS(r->verdict == INTAKE_IGNORED || r->contacts_n > 0);
    HOLDS(r->verdict == INTAKE_CONTACTS || r->why != NULL);
    for (size_t i = 0; r->verdict == INTAKE_CONTACTS && i < r->contacts_n; i++)
        contact_is_sound(&r->contacts[i]);
}

static void same_result(const struct intake_result *a, const struct intake_result *b)
{
    HOLDS(a->verdict == b->verdict && a->contacts_n == b->contacts_n);
    for (size_t i = 0; a->verdict == INTAKE_CONTACTS && i < a->contacts_n; i++)
        HOLDS(str_eq(a->contacts[i].facts.id, b->contacts[i].facts.id) &&
              a->contacts[i].facts.started_ms == b->contacts[i].facts.started_ms &&
              a->contacts[i].identifiers_n == b->contacts[i].identifiers_n);
}

static void read_part(const struct intake_part *part, const struct intake_context *context, struct arena *a)
{
    struct intake_result r, again;
    struct err err = {.code = OK};
    HOLDS((part->format != NULL) + (part->ignored_why != NULL) + (part->trouble.n > 0) == 1);
    if (!part->format)
        return;
    HOLDS(part->format->recognise(part->document));
    for (const struct intake_format *const *f = intake_formats; *f; f++) /* no document is two formats' */
        HOLDS(*f == part->format || !(*f)->recognise || !(*f)->recognise(part->document));
    if (part->format->read(part->document, context, a, &r, &err) == OK) {
        result_is_sound(&r);
        HOLDS_OK(part->format->read(part->document, context, a, &again, &err), &err);
        same_result(&r, &again);
    } else
        HOLDS(err.text[0] != '\0');
}

static void read_json(struct str text, const struct intake_context *context, struct arena *a)
{
    const struct json *document;
    struct intake_part *parts;
    size_t n;
    struct err err;
    if (json_parse(text, a, &document, NULL) != OK)
        return;
    if (intake_open(document, a, &parts, &n, &err) != OK) {
        HOLDS_ERR(err.code == E_LIMIT, "intake_open", &err);
        return;
    }
    HOLDS(n > 0);
    for (size_t i = 0; i < n; i++)
        read_part(&parts[i], context, a);
}

static void csv_options(struct options *options, struct arena *a)
{
    struct str text = STR("type: csv\ncolumns: {id: id, started: started}\nsubjects: {phone: phone}\n");
    static const char *const also[] = {"type", "name", "instance", "country", "timezone", NULL};
    struct problems p;
    struct yaml *y = NULL;
    const struct intake_format *csv = intake_format_named(STR("csv"));
    problems_init(&p, a, STR("f"));
    yaml_parse(text, a, &y, &p);
    HOLDS(csv && options_read(y, csv->options, also, STR("/"), a, &p, options, NULL) == OK && p.count == 0);
}

static void read_csv(struct str text, struct intake_context *context, struct arena *a)
{
    const struct intake_format *csv = intake_format_named(STR("csv"));
    struct options options;
    struct intake_result r;
    void *state;
    csv_options(&options, a);
    context->options = &options;
    struct str header = fuzz_until(&text, '\n');
    if (csv->read_header(header, context, a, &state, NULL) != OK)
        return;
    while (text.n > 0)
        if (csv->read_record(state, fuzz_until(&text, '\n'), context, a, &r, NULL) == OK)
            result_is_sound(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena a;
    struct intake_context context = {.now_ms = NOW_MS, .country = STR("GB"), .source = STR("s"), .zone = zone_utc()};
    arena_init(&a, 32 << 20);
    if (fuzz_byte(&input) & 1)
        read_csv(input, &context, &a);
    else
        read_json(input, &context, &a);
    (void)intake_ignored_text(input);
    arena_release(&a);
    return 0;
}

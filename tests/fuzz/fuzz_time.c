/*
 * fuzz_time.c - times, formats, periods, zones. A time that is taken prints so that it is taken again; periods print as
 * they were read, never run backwards, and their cut-off is exact. Parts are separated by newlines: text, format, zone,
 * period; the bytes behind are an instant.
 */
#include "base/timeform.h"
#include "tests/fuzz/lib/fuzz.h"

static const char *const zone_names[] = {"UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                                         "Pacific/Apia", "Africa/Casablanca"};

static const struct zone *zone_of(struct str text)
{
    const struct zone *z;
    if (zone_open(text, &z, NULL) == OK) {
        HOLDS(str_eq(zone_name(z), text));
        return z;
    }
    unsigned n = text.n ? (unsigned char)text.p[0] : 0;
    HOLDS(zone_open(str_of(zone_names[n % ARRAY_LEN(zone_names)]), &z, NULL) == OK);
    return z;
}

static void taken_again(int64_t ms)
{
    char text[32];
    int64_t again;
    struct err err;
    HOLDS(ms >= TIME_LEAST && ms <= TIME_MOST);
    time_text(ms, text);
    HOLDS_OK(time_parse(str_of(text), zone_utc(), &again, &err), &err);
    HOLDS(again == ms);
    HOLDS_OK(time_form_parse(str_of(text), NULL, &again, &err), &err);
    HOLDS(again == ms);
    HOLDS_OK(time_format_parse(str_of(text), STR("%Y-%m-%dT%H:%M:%S.%f%z"), zone_utc(), &again, &err), &err);
    HOLDS(again == ms);
}

static void texts(struct str text, struct str format, const struct zone *z)
{
    int64_t ms;
    if (time_form_parse(text, NULL, &ms, NULL) == OK) {
        taken_again(ms);
        int64_t in_zone;
        HOLDS(time_form_parse(text, z, &in_zone, NULL) == OK && in_zone == ms); /* a zone is only for texts without */
    }
    if (time_form_parse(text, z, &ms, NULL) == OK)
        taken_again(ms);
    if (time_parse(text, z, &ms, NULL) == OK)
        taken_again(ms);
    if (time_format_check(format, NULL) == OK && time_format_parse(text, format, z, &ms, NULL) == OK)
        taken_again(ms);
}

static void wall_clock(int64_t ms, const struct zone *z)
{
    struct civil c, utc;
    zone_civil(z, ms, &c);
    HOLDS(civil_valid(&c));
    int64_t back = zone_instant(z, &c);
    HOLDS(back == ms || (back < ms && ms - back <= 2 * HOUR_MS)); /* a repeated hour: the earlier one */
    ms_to_civil(ms, &utc);
    HOLDS(civil_valid(&utc) && civil_to_ms(&utc) == ms);
}

static void period_on(const struct period *p, int64_t ms, int64_t later, const struct zone *z)
{
    int64_t back = period_add_back(ms, p, z), keep = period_add_keep(ms, p, z);
    HOLDS(period_add_back(later, p, z) >= back && period_add_keep(later, p, z) >= keep);
    HOLDS(keep >= back);
    int64_t cut = period_cutoff(later, p, z);
    HOLDS((back <= later) == (ms <= cut));
    cut = period_cutoff_keep(later, p, z);
    HOLDS((keep <= later) == (ms <= cut));
}

static void periods(struct str text, int64_t ms, int64_t later, const struct zone *z)
{
    struct period p, again;
    struct arena a;
    if (period_parse(text, &p, NULL) != OK)
        return;
    arena_init(&a, 1 << 16);
    HOLDS(p.set && period_parse(period_text(&p, &a), &again, NULL) == OK);
    HOLDS(again.years == p.years && again.months == p.months && again.days == p.days && again.ms == p.ms);
    HOLDS(period_cmp(&p, &again) == 0);
    if (ms >= 0 && later <= INT64_C(4102444800000)) /* 1970 to 2100 */
        period_on(&p, ms, later, z);
    arena_release(&a);
}

static int64_t instant(struct str *input)
{
    uint64_t v = 0;
    for (int i = 0; i < 6; i++)
        v = v << 8 | fuzz_byte(input);
    return (int64_t)(v % UINT64_C(4102444800000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct str text = fuzz_until(&input, '\n'), format = fuzz_until(&input, '\n');
    const struct zone *z = zone_of(fuzz_until(&input, '\n'));
    struct str period = fuzz_until(&input, '\n');
    int64_t ms = instant(&input), later = instant(&input);
    texts(text, format, z);
    wall_clock(ms, z);
    periods(period, ms < later ? ms : later, ms < later ? later : ms, z);
    return 0;
}

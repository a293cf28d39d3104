/* timeform.c - a time in one of the forms that vendors' documents use. */
#include "base/timeform.h"

#include "base/scan.h"

static bool in_range(int64_t ms, int64_t *out)
{
    if (ms < TIME_LEAST || ms > TIME_MOST)
        return false;
    *out = ms;
    return true;
}

/* Epoch seconds or milliseconds. 10^11 seconds are the year 5138, 10^11 milliseconds the year 1973. */
static bool parse_epoch(struct str s, int64_t *out)
{
    struct str whole = s, fraction = STR_NONE;
    bool pointed = str_split(s, '.', &whole, &fraction);
    int64_t v;
    int ms = 0;
    if (!str_to_i64(whole, &v) || (pointed && !scan_fraction_ms(&fraction, &ms)) || fraction.n > 0)
        return false;
    if (v >= INT64_C(100000000000) || v <= INT64_C(-100000000000))
        return in_range(v, out);
    return in_range(v * 1000 + (v < 0 ? -ms : ms), out);
}

/* What the end of a text says about its zone. */
enum zone_said { ZONE_WRONG, ZONE_ABSENT, ZONE_STATED };

static bool finish(struct civil *c, enum zone_said said, int minutes, const struct zone *if_none, int64_t *out)
{
    if (said == ZONE_WRONG || (said == ZONE_ABSENT && if_none == NULL) || !civil_valid(c))
        return false;
    if (said == ZONE_ABSENT)
        return in_range(zone_instant(if_none, c), out);
    return in_range(civil_to_ms(c) - minutes * MINUTE_MS, out);
}

static enum zone_said scan_zone(struct str rest, int *minutes)
{
    if (rest.n == 0)
        return ZONE_ABSENT;
    scan_char(&rest, ' ');
    return scan_offset(&rest, true, minutes) && rest.n == 0 ? ZONE_STATED : ZONE_WRONG;
}

static bool scan_iso_clock(struct str *s, struct civil *c)
{
    if (!scan_digits(s, 1, 2, &c->hour) || !scan_char(s, ':') || !scan_digits(s, 2, 2, &c->minute))
        return false;
    if (!scan_char(s, ':'))
        return true;
    if (!scan_digits(s, 2, 2, &c->second))
        return false;
    return !(scan_char(s, '.') || scan_char(s, ',')) || scan_fraction_ms(s, &c->ms);
}

static bool parse_iso(struct str s, const struct zone *if_none, int64_t *out)
{
    struct civil c = {0};
    if (!scan_digits(&s, 4, 4, &c.year) || !scan_char(&s, '-') || !scan_digits(&s, 1, 2, &c.month) ||
        !scan_char(&s, '-') || !scan_digits(&s, 1, 2, &c.day))
        return false;
    if (s.n == 0)
        return finish(&c, ZONE_ABSENT, 0, if_none, out);
    if (!(scan_char(&s, 'T') || scan_char(&s, 't') || scan_char(&s, ' ')) || !scan_iso_clock(&s, &c))
        return false;
    int minutes = 0;
    enum zone_said said = scan_zone(s, &minutes);
    return finish(&c, said, minutes, if_none, out);
}

/* RFC 2822 section 4.3: the letters that have one meaning. */
static bool scan_zone_letters(struct str *s, int *minutes)
{
    static const struct {
        const char *name;
        int hours;
    } known[] = {{"GMT", 0},  {"UTC", 0},  {"UT", 0},   {"EST", -5}, {"EDT", -4}, {"CST", -6},
                 {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct str name = str_of(known[i].name);
        if (s->n >= name.n && str_eq_nocase((struct str){s->p, name.n}, name)) {
            *s = (struct str){s->p + name.n, s->n - name.n};
            *minutes = known[i].hours * 60;
            return true;
        }
    }
    return false;
}

static bool skip_blanks(struct str *s)
{
    size_t before = s->n;
    while (scan_char(s, ' ') || scan_char(s, '\t') || scan_char(s, '\r') || scan_char(s, '\n')) {
    }
    return s->n < before;
}

/* A comment such as "(CEST)" may follow. */
static enum zone_said scan_mail_zone(struct str rest, int *minutes)
{
    skip_blanks(&rest);
    bool stated = scan_offset(&rest, true, minutes) || scan_zone_letters(&rest, minutes);
    if (!stated)
        return rest.n == 0 ? ZONE_ABSENT : ZONE_WRONG;
    rest = str_trim(rest);
    bool comment = rest.n >= 2 && rest.p[0] == '(' && rest.p[rest.n - 1] == ')';
    return rest.n == 0 || comment ? ZONE_STATED : ZONE_WRONG;
}

/* Section 4.3 of RFC 2822 on years of two and three digits. */
static bool scan_mail_year(struct str *s, int *year)
{
    size_t before = s->n;
    if (!scan_digits(s, 2, 4, year))
        return false;
    size_t digits = before - s->n;
    if (digits == 2)
        *year += *year < 50 ? 2000 : 1900;
    else if (digits == 3)
        *year += 1900;
    return true;
}

static bool parse_mail(struct str s, const struct zone *if_none, int64_t *out)
{
    struct civil c = {0};
    if (scan_weekday(&s)) {
        scan_char(&s, ',');
        skip_blanks(&s);
    }
    if (!scan_digits(&s, 1, 2, &c.day) || !skip_blanks(&s) || !scan_month(&s, &c.month) || !skip_blanks(&s) ||
        !scan_mail_year(&s, &c.year) || !skip_blanks(&s) || !scan_digits(&s, 1, 2, &c.hour) || !scan_char(&s, ':') ||
        !scan_digits(&s, 2, 2, &c.minute))
        return false;
    if (scan_char(&s, ':') && !scan_digits(&s, 2, 2, &c.second))
        return false;
    int minutes = 0;
    enum zone_said said = scan_mail_zone(s, &minutes);
    return finish(&c, said, minutes, if_none, out);
}

enum status time_form_parse(struct str s, const struct zone *if_none, int64_t *out, struct err *err)
{
    s = str_trim(s);
    if (parse_epoch(s, out) || parse_iso(s, if_none, out) || parse_mail(s, if_none, out))
        return OK;
    int64_t ignored;
    if (if_none == NULL && (parse_iso(s, zone_utc(), &ignored) || parse_mail(s, zone_utc(), &ignored)))
        return FAIL(err, E_INVALID, "the time states no zone");
    return FAIL(err, E_INVALID, "not a time in any known form");
}

bool time_plausible(int64_t ms, int64_t now_ms)
{
    static const struct civil floor = {.year = 2000, .month = 1, .day = 1};
    return ms >= civil_to_ms(&floor) && ms <= now_ms + 5 * MINUTE_MS;
}

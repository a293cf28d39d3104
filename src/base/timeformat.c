/* timeformat.c - a time in a form that the configuration states. */
#include "base/timeform.h"

#include "base/scan.h"

/* What the letters read so far have said. */
struct reading {
    struct civil c;
    int hour_12; /* 0: not given */
    bool pm;
    bool has_offset;
    int minutes;
    int64_t epoch_ms; /* TIME_NONE: not given */
};

static bool scan_epoch(struct str *s, int64_t unit_ms, int64_t *out)
{
    size_t n = s->n > 0 && s->p[0] == '-' ? 1 : 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    int64_t v;
    if (!str_to_i64((struct str){s->p, n}, &v) || __builtin_mul_overflow(v, unit_ms, &v) || v < TIME_LEAST ||
        v > TIME_MOST)
        return false;
    *s = (struct str){s->p + n, s->n - n};
    *out = v;
    return true;
}

static bool scan_word(struct str *s, struct str word)
{
    if (s->n < word.n || !str_eq_nocase((struct str){s->p, word.n}, word))
        return false;
    *s = (struct str){s->p + word.n, s->n - word.n};
    return true;
}

static bool scan_half(struct str *s, struct reading *r)
{
    r->pm = scan_word(s, STR("PM"));
    return r->pm || scan_word(s, STR("AM"));
}

static bool scan_short_year(struct str *s, int *year)
{
    if (!scan_digits(s, 2, 2, year))
        return false;
    *year += *year < 69 ? 2000 : 1900; /* as POSIX strptime */
    return true;
}

static bool scan_letter(char letter, struct str *s, struct reading *r)
{
    switch (letter) {
    case 'Y':
        return scan_digits(s, 4, 4, &r->c.year);
    case 'y':
        return scan_short_year(s, &r->c.year);
    case 'm':
        return scan_digits(s, 1, 2, &r->c.month);
    case 'b':
    case 'B':
        return scan_month(s, &r->c.month);
    case 'd':
        return scan_digits(s, 1, 2, &r->c.day);
    case 'H':
        return scan_digits(s, 1, 2, &r->c.hour);
    case 'I':
        return scan_digits(s, 1, 2, &r->hour_12) && r->hour_12 >= 1 && r->hour_12 <= 12;
    case 'M':
        return scan_digits(s, 1, 2, &r->c.minute);
    case 'S':
        return scan_digits(s, 1, 2, &r->c.second);
    case 'f':
        return scan_fraction_ms(s, &r->c.ms);
    case 'p':
        return scan_half(s, r);
    case 'z':
        r->has_offset = true;
        return scan_offset(s, true, &r->minutes);
    case 'Z':
        r->has_offset = true;
        return scan_word(s, STR("UTC")) || scan_word(s, STR("GMT"));
    case 's':
        return scan_epoch(s, 1000, &r->epoch_ms);
    case 'Q':
        return scan_epoch(s, 1, &r->epoch_ms);
    case '%':
        return scan_char(s, '%');
    default:
        return false;
    }
}

/* The kinds of thing a letter states; none may be stated twice. */
static char kind_of(char letter)
{
    switch (letter) {
    case 'y':
        return 'Y';
    case 'b':
    case 'B':
        return 'm';
    case 'I':
        return 'H';
    case 'Z':
        return 'z';
    case 'Q':
        return 's';
    default:
        return letter;
    }
}

enum status time_format_check(struct str format, struct err *err)
{
    bool stated[128] = {false};
    bool twelve = false;
    for (size_t i = 0; i < format.n; i++) {
        if (format.p[i] != '%')
            continue;
        char letter = ++i < format.n ? format.p[i] : '\0';
        if (letter == '\0' || strchr("YymdHIMSfpbBzZsQ%", letter) == NULL)
            return FAIL(err, E_INVALID, "the time format \"%.*s\" has an unknown %%-letter", STR_ARG(format));
        size_t kind = (size_t)kind_of(letter);
        if (stated[kind] && letter != '%')
            return FAIL(err, E_INVALID, "the time format \"%.*s\" states one thing twice (%%%c)", STR_ARG(format),
                        letter);
        stated[kind] = true;
        twelve |= letter == 'I';
    }
    bool epoch = stated['s'], date = stated['Y'] && stated['m'] && stated['d'];
    if (epoch == date || (epoch && stated['H']))
        return FAIL(err, E_INVALID, "the time format \"%.*s\" needs year, month and day, or %%s or %%Q alone",
                    STR_ARG(format));
    if (twelve != stated['p'])
        return FAIL(err, E_INVALID, "the time format \"%.*s\" must have %%I and %%p together", STR_ARG(format));
    return OK;
}

static bool read_all(struct str *s, struct str format, struct reading *r)
{
    for (size_t i = 0; i < format.n; i++) {
        bool read = format.p[i] == '%' && i + 1 < format.n ? scan_letter(format.p[++i], s, r)
                                                            : scan_char(s, format.p[i]);
        if (!read)
            return false;
    }
    return s->n == 0;
}

enum status time_format_parse(struct str s, struct str format, const struct zone *z, int64_t *out, struct err *err)
{
    struct reading r = {.epoch_ms = TIME_NONE};
    struct str rest = str_trim(s);
    if (!read_all(&rest, format, &r))
        return FAIL(err, E_INVALID, "the time does not have the form %.*s", STR_ARG(format));
    if (r.epoch_ms != TIME_NONE) {
        *out = r.epoch_ms;
        return OK;
    }
    if (r.hour_12 > 0)
        r.c.hour = r.hour_12 % 12 + (r.pm ? 12 : 0);
    if (!civil_valid(&r.c))
        return FAIL(err, E_INVALID, "there is no such date or time");
    *out = r.has_offset ? civil_to_ms(&r.c) - r.minutes * MINUTE_MS : zone_instant(z, &r.c);
    return OK;
}

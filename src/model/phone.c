/*
 * phone.c - reading telephone numbers. The same person's number arrives in many spellings, and erasure by person finds
 * only what has the same normal form; what nobody owns (withheld, service numbers) must match nobody (rule 2.28).
 */
#include "model/phone.h"

#include "model/dialplan.h"

/* E.164: at most 15 digits. Below seven are emergency, directory and short-code services, except in small countries. */
enum { DIGITS_MAX = 15, DIGITS_MIN = 7, READ_MAX = 40 };

static const char *const withheld_words[] = {
    "anonymous", "unavailable", "private",  "restricted", "unknown",          "withheld",     "number withheld",
    "blocked",   "hidden",      "no caller id", "not available", "private number", "unknown caller",
    "payphone",  "undisclosed", "null",     "none",       "nil",              "undefined",    "n/a",
    "na",        "-",
};
/* The same words on a telephone keypad, which carriers send as numbers: anonymous, restricted, unavailable, unknown,
 * blocked, private (Twilio, "Calls from unusual numbers"). */
static const char *const keypad_words[] = {"266696687", "7378742833", "86282452253",
                                           "8656696",   "2562533",    "7748283"};
/* Freephone, shared cost and premium rate of no country: services, never a person. */
static const char *const service_codes[] = {"800", "808", "979"};
static const char *const schemes[] = {"tel:", "sip:", "sips:", "callto:", "whatsapp:", "sms:", "phone:"};

struct digits {
    char d[READ_MAX];
    size_t n;
    bool plus;
};

bool is_withheld_word(struct str s)
{
    s = str_trim(s);
    for (size_t i = 0; i < ARRAY_LEN(withheld_words); i++)
        if (str_eq_nocase(s, str_of(withheld_words[i])))
            return true;
    return false;
}

static struct str from(struct str s, size_t at)
{
    return (struct str){s.p + at, s.n - at};
}

struct str inside_angles(struct str s)
{
    size_t open = s.n, close;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '<')
            open = i;
    if (open == s.n || !str_find(from(s, open), '>', &close))
        return str_trim(s);
    return str_trim((struct str){s.p + open + 1, close - 1});
}

static struct str without_scheme(struct str s)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (s.n >= n && str_eq_nocase((struct str){s.p, n}, str_of(schemes[i])))
            return from(s, n);
    }
    return s;
}

/* How many bytes of white space, punctuation or invisible marks stand at the front: ASCII ones, U+00A0, and the dashes,
 * spaces and direction marks of U+2000..U+203F that word processors and address books put in. */
static size_t separator_length(struct str s)
{
    if (s.p[0] != '\0' && strchr(" \t.-()/[]", s.p[0]) != NULL)
        return 1;
    if (str_starts(s, STR("\xc2\xa0")))
        return 2;
    return s.n >= 3 && str_starts(s, STR("\xe2\x80")) ? 3 : 0;
}

/* An extension or parameter, or the host of a SIP address. A letter needs a digit behind it: "+44207946XXXX" is masked,
 * and its head is nobody's number. */
static bool starts_extension(struct str s)
{
    if (s.p[0] != '\0' && strchr(";,#@", s.p[0]) != NULL)
        return true;
    if (s.n >= 3 && str_eq_nocase((struct str){s.p, 3}, STR("ext")))
        s = from(s, 3);
    else if (s.p[0] == 'x' || s.p[0] == 'X')
        s = from(s, 1);
    else
        return false;
    while (s.n > 0 && separator_length(s) > 0)
        s = from(s, separator_length(s));
    return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

/* Percent-encoded '+' and space (RFC 3986), as in form posts and URLs. */
static bool decode_percent(struct str *s, char *c)
{
    if (s->n < 3 || s->p[0] != '%' || s->p[1] != '2')
        return false;
    if (s->p[2] != 'B' && s->p[2] != 'b' && s->p[2] != '0')
        return false;
    *c = s->p[2] == '0' ? ' ' : '+';
    *s = from(*s, 3);
    return true;
}

static enum status read_digits(struct str s, struct digits *out, struct err *err)
{
    while (s.n > 0) {
        char c = s.p[0];
        size_t skip = separator_length(s);
        if (skip > 0) {
            s = from(s, skip);
            continue;
        }
        if (out->n > 0 && starts_extension(s))
            return OK;
        if (!decode_percent(&s, &c))
            s = from(s, 1);
        if (c == ' ')
            continue;
        if (c == '+' && !out->plus && out->n == 0) {
            out->plus = true;
            continue;
        }
        if (c < '0' || c > '9')
            return FAIL(err, E_INVALID, "not a telephone number: it has other characters than digits");
        if (out->n == READ_MAX)
            return FAIL(err, E_INVALID, "not a telephone number: too long");
        out->d[out->n++] = c;
    }
    return OK;
}

static bool all_same(struct str digits)
{
    for (size_t i = 1; i < digits.n; i++)
        if (digits.p[i] != digits.p[0])
            return false;
    return true;
}

static bool is_one_of(struct str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(s, list[i]))
            return true;
    return false;
}

/* A national number without its trunk prefix, however often it stands there: what is left must be its own normal form. A
 * prefix that begins with 0 starts no number; another digit does, so it is a prefix only where it makes the number too
 * long. */
static struct str without_trunk(const struct dialplan *plan, struct str n)
{
    struct str trunk = str_of(plan->trunk);
    while (trunk.n > 0 && str_starts(n, trunk) && (trunk.p[0] == '0' || n.n > plan->digits_max))
        n = from(n, trunk.n);
    return n;
}

static enum status too_short(struct err *err)
{
    return FAIL(err, E_INVALID, "not a person's telephone number: too short, as service numbers are");
}

/* Digits that begin with a country code. */
static enum status international(struct str n, struct arena *a, struct str *out, struct err *err)
{
    if (n.n < DIGITS_MIN)
        return too_short(err);
    if (n.p[0] == '0')
        return FAIL(err, E_INVALID, "not a telephone number: no country code begins with 0");
    if (is_one_of(n, keypad_words, ARRAY_LEN(keypad_words)))
        return FAIL(err, E_INVALID, "the number is withheld");
    if (is_one_of((struct str){n.p, 3}, service_codes, ARRAY_LEN(service_codes)))
        return FAIL(err, E_INVALID, "not a person's telephone number: an international service number");
    const struct dialplan *plan = dialplan_of_number(n);
    struct str code = plan != NULL ? str_of(plan->code) : STR("");
    struct str rest = from(n, code.n);
    if (plan != NULL)
        rest = without_trunk(plan, rest); /* "+44 (0)20", "+52 1 55" */
    if (code.n + rest.n > DIGITS_MAX)
        return FAIL(err, E_INVALID, "not a telephone number: more than %d digits", DIGITS_MAX);
    if (code.n + rest.n < DIGITS_MIN)
        return too_short(err);
    if (all_same(rest))
        return FAIL(err, E_INVALID, "not a person's telephone number: all digits are the same");
    struct str e164 = arena_fmt(a, "+%.*s%.*s", STR_ARG(code), STR_ARG(rest));
    if (e164.p == NULL)
        return ARENA_FULL(err, a);
    *out = e164;
    return OK;
}

/* Digits as dialled inside the country. */
static enum status national(const struct dialplan *plan, struct str n, struct arena *a, struct str *out,
                            struct err *err)
{
    struct str code = str_of(plan->code);
    struct str own = without_trunk(plan, n);
    size_t least = plan->digits_min > 0 && plan->digits_min < DIGITS_MIN ? plan->digits_min : DIGITS_MIN;
    if (own.n < least)
        return too_short(err);
    /* Many exports drop the '+'. That can be told where the number is longer than any of the country's own. */
    bool has_code = plan->digits_max > 0 && n.n > plan->digits_max && str_starts(n, code);
    if (has_code)
        return international(n, a, out, err);
    struct str whole = arena_fmt(a, "%.*s%.*s", STR_ARG(code), STR_ARG(own));
    if (whole.p == NULL)
        return ARENA_FULL(err, a);
    return international(whole, a, out, err);
}

enum status phone_normalise(struct str raw, struct str country, struct arena *a, struct str *out, struct err *err)
{
    struct str s = without_scheme(inside_angles(raw));
    struct str user, host;
    if (is_withheld_word(s) || (str_split(s, '@', &user, &host) && is_withheld_word(user)))
        return FAIL(err, E_INVALID, "the number is withheld");
    struct digits d = {.n = 0};
    TRY(read_digits(s, &d, err));
    struct str n = {d.d, d.n};
    if (n.n == 0)
        return FAIL(err, E_INVALID, "not a telephone number: it is empty");
    if (d.plus)
        return international(n, a, out, err);
    const struct dialplan *plan = dialplan_of_country(country);
    if (plan != NULL && str_starts(n, str_of(plan->international)))
        return international(from(n, strlen(plan->international)), a, out, err);
    if (str_starts(n, STR("00")))
        return international(from(n, 2), a, out, err);
    if (plan == NULL)
        return FAIL(err, E_INVALID, "a national telephone number, and the source has no country: set `country`");
    return national(plan, n, a, out, err);
}

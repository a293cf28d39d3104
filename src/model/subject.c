/* subject.c - the normal forms by which a person is found again. */
#include "model/contact.h"

#include "model/phone.h"

/* RFC 5321 4.5.3.1: local part 64, domain 255. */
enum { EMAIL_BYTES_MAX = 64 + 1 + 255 };

static const char *const type_names[SUBJECT_TYPE_COUNT] = {
    [SUBJECT_PHONE] = "phone",
    [SUBJECT_EMAIL] = "email",
    [SUBJECT_CUSTOMER_ID] = "customer_id",
    [SUBJECT_EXTERNAL_ID] = "external_id",
    [SUBJECT_SOCIAL_ID] = "social_id",
};

const char *subject_type_name(enum subject_type t)
{
    return (size_t)t < ARRAY_LEN(type_names) ? type_names[t] : "invalid";
}

bool subject_type_parse(struct str s, enum subject_type *out)
{
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
        if (str_is(s, type_names[i])) {
            *out = (enum subject_type)i;
            return true;
        }
    }
    return false;
}

static bool has_blank_or_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

/* "mailto:x@y?subject=..." (RFC 6068) to "x@y". */
static struct str without_mailto(struct str s)
{
    static const struct str scheme = {"mailto:", 7};
    if (s.n < scheme.n || !str_eq_nocase((struct str){s.p, scheme.n}, scheme))
        return s;
    s = (struct str){s.p + scheme.n, s.n - scheme.n};
    size_t query;
    if (str_find(s, '?', &query))
        s.n = query;
    return s;
}

static bool is_address(struct str s)
{
    struct str local, domain;
    size_t second;
    return str_split(s, '@', &local, &domain) && local.n > 0 && domain.n > 0 && !str_find(domain, '@', &second) &&
           domain.p[0] != '.' && domain.p[domain.n - 1] != '.' && !has_blank_or_control(s) && str_is_utf8(s);
}

static enum status lower_copy(struct str s, struct arena *a, struct str *out, struct err *err)
{
    char *p = arena_cstr(a, s);
    if (p == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    *out = (struct str){p, s.n};
    return OK;
}

/* The local part is lower-cased too: no provider in use tells two people apart by case, and one person who is written
 * in two ways must be found in both. */
static enum status email_normalise(struct str raw, struct arena *a, struct str *out, struct err *err)
{
    struct str s = str_trim(without_mailto(inside_angles(raw)));
    if (s.n > EMAIL_BYTES_MAX)
        return FAIL(err, E_INVALID, "not an e-mail address: longer than %d bytes", EMAIL_BYTES_MAX);
    if (!is_address(s))
        return FAIL(err, E_INVALID, "not an e-mail address: expected name@domain, without spaces");
    return lower_copy(s, a, out, err);
}

static enum status id_normalise(enum subject_type type, struct str s, struct arena *a, struct str *out,
                                struct err *err)
{
    if (s.n > ID_BYTES_MAX)
        return FAIL(err, E_INVALID, "%s: longer than %d bytes", subject_type_name(type), ID_BYTES_MAX);
    if (!str_is_utf8(s))
        return FAIL(err, E_INVALID, "%s: not UTF-8", subject_type_name(type));
    struct str copy = arena_str(a, s);
    if (!arena_str_ok(copy, s))
        return ARENA_FULL(err, a);
    *out = copy;
    return OK;
}

enum status subject_normalise(enum subject_type type, struct str raw, struct str country, struct arena *a,
                              struct str *out, struct err *err)
{
    ASSERT(type < SUBJECT_TYPE_COUNT);
    struct str s = str_trim(raw);
    if (s.n == 0)
        return FAIL(err, E_INVALID, "%s: empty", subject_type_name(type));
    /* A word that stands for "nobody" would otherwise join everyone who has it to one person. */
    if (is_withheld_word(s))
        return FAIL(err, E_INVALID, "%s: withheld or unknown, so it names nobody", subject_type_name(type));
    if (type == SUBJECT_PHONE)
        return phone_normalise(s, country, a, out, err);
    if (type == SUBJECT_EMAIL)
        return email_normalise(s, a, out, err);
    return id_normalise(type, s, a, out, err);
}

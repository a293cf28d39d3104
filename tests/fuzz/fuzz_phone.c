/*
 * fuzz_phone.c - identifiers of persons: the normal form is its own normal form, whatever the country. First byte: the
 * type; the next two: the country.
 */
#include "model/contact.h"
#include "model/dialplan.h"
#include "model/phone.h"
#include "tests/fuzz/lib/fuzz.h"

static void is_e164(struct str n)
{
    HOLDS(n.n >= 4 && n.n <= 16 && n.p[0] == '+' && n.p[1] != '0');
    for (size_t i = 1; i < n.n; i++)
        HOLDS(n.p[i] >= '0' && n.p[i] <= '9');
}

/* No number stands in an error. */
static void names_nobody(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        digits = text.p[i] >= '0' && text.p[i] <= '9' ? digits + 1 : 0;
        HOLDS(digits < 5);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena a;
    struct str normal, again;
    struct err err;
    arena_init(&a, 1 << 20);
    enum subject_type type = (enum subject_type)(fuzz_byte(&input) % SUBJECT_TYPE_COUNT);
    struct str country = input.n >= 2 ? (struct str){input.p, 2} : STR_NONE;
    input = (struct str){input.p + country.n, input.n - country.n};
    if (subject_normalise(type, input, country, &a, &normal, &err) == OK) {
        HOLDS(normal.n > 0 && str_is_utf8(normal) >= str_is_utf8(input));
        HOLDS_OK(subject_normalise(type, normal, country, &a, &again, &err), &err);
        HOLDS(str_eq(normal, again));
        HOLDS_OK(subject_normalise(type, normal, STR_NONE, &a, &again, &err), &err);
        HOLDS(str_eq(normal, again));
        if (type == SUBJECT_PHONE)
            is_e164(normal);
    } else
        names_nobody(str_of(err.text));
    (void)dialplan_of_country(input);
    (void)dialplan_of_number(input);
    arena_release(&a);
    return 0;
}

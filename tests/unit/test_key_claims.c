/* The other ids a name may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/key_pattern.h"

struct told { char text[512]; size_t n; };

static bool remember(void *ctx, struct str id)
{
    struct told *t = ctx;
    if (t->n + id.n + 2 > sizeof t->text)
        return false;
    memcpy(t->text + t->n, id.p, id.n);
    t->text[t->n + id.n] = '|';
    t->n += id.n + 1;
    t->text[t->n] = '\0';
    return true;
}

static void claims_are_the_longer_ids(void **state)
{
    static const struct { const char *pattern, *id, *key, *told; } cases[] = {
        {"r/{contact_id}*", "call", "r/call_2_1.wav", "call_2|call_2_1|call_2_1.wav|"},
        {"r/{contact_id}*", "call", "r/call.wav", "call.wav|"},
        {"r/{contact_id}*", "call", "r/call", ""},
        {"r/{contact_id}.wav", "call", "r/call.wav", ""}, /* no star: the name can hold this id alone */
        {"r/*{contact_id}.wav", "call", "r/my_call.wav", "my_call|"},
        {"{contact_id}*/x.wav", "a", "a b/x.wav", "a b|"},
        {"r/{contact_id}*", "", "r/call", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a;
        struct key_pattern p;
        struct told t = {.n = 0};
        arena_init(&a, 1 << 20);
        assert_int_equal(key_pattern_parse(str_of(cases[i].pattern), &a, &p, NULL), OK);
        assert_true(key_claims(&p, str_of(cases[i].id), str_of(cases[i].key), remember, &t));
        assert_string_equal(t.text, cases[i].told);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(claims_are_the_longer_ids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_letter.c - the answer to the person in every state. */
#include "engine/requests.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

/* The words of a text, one space between: lines may break anywhere. */
static struct str words(struct world *w, struct str s)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > ' ')
            buf_char(&b, s.p[i]);
        else if (b.n && b.p[b.n - 1] != ' ')
            buf_char(&b, ' ');
    return arena_str(&w->a, buf_view(&b));
}

static struct str letter(struct world *w, struct str id)
{
    return words(w, asking_letter(w, id, false));
}

static struct request ask(struct world *w, enum regime regime, size_t contacts)
{
    struct request q = asking_open(w, regime, true);
    for (size_t i = 1; i <= contacts; i++) {
        const char *id = arena_fmt(&w->a, "c-%zu", i).p;
        centre_ingest(w, centre_record(w, id, NULL, 100, NULL, NULL));
        centre_files(w, id, 100);
    }
    asking_confirm(w, q.id);
    return q;
}

static void received_it_is_acknowledged(void **state)
{
    struct world *w = *state;
    struct str id = asking_open(w, REGIME_CCPA, false).id, text = letter(w, id);
    assert_true(str_contains(text, "Our reference: R-2026-000001"));
    assert_true(str_contains(text, "On 20 November 2026 we received your request"));
    assert_true(str_contains(text, "Please confirm your identity"));
    assert_true(str_contains(text, "You will have our answer by 4 January 2027."));
    assert_false(str_contains(text, "complain"));
    assert_false(str_contains(text, "2079460123"));
}

static void an_extension_says_why(void **state)
{
    struct world *w = *state;
    struct str id = asking_open(w, REGIME_UK_GDPR, true).id;
    WORLD_OK(w, request_extend(w->e, id, STR("there are <many> of them"), &w->a, &w->err));
    struct str text = letter(w, id);
    assert_true(str_contains(text, "The reason: there are <many> of them"));
    assert_true(str_contains(text, "by 20 February 2027."));
    assert_true(str_contains(text, "Information Commissioner"));
    assert_true(str_contains(asking_letter(w, id, true), "there are &lt;many&gt; of them"));
}

static void done_it_says_what_where_and_when(void **state)
{
    struct world *w = *state;
    struct str id = ask(w, REGIME_GDPR, 2).id;
    assert_int_equal(asking_run(w, id).state, REQUEST_COMPLETED);
    struct str text = letter(w, id);
    assert_true(str_contains(text, "the data of 2 contacts has been erased. This was completed on 21 November 2026."));
    assert_true(str_contains(text, "artefacts, recording (2): deleted on 21 November 2026; checked to be so on 21 November 2026"));
    assert_true(str_contains(text, "artefacts, transcript (2): deleted"));
    assert_true(str_contains(text, "no longer contains the telephone number by which we found you"));
    assert_true(str_contains(text, "Article 77 GDPR"));
    assert_false(str_contains(text, "What stays"));
    assert_false(str_contains(text, "c-1"));
}

static void nothing_found_says_where_we_looked(void **state)
{
    struct world *w = *state;
    struct str id = asking_open(w, REGIME_GDPR, true).id;
    assert_int_equal(asking_run(w, id).state, REQUEST_COMPLETED);
    struct str text = letter(w, id);
    assert_true(str_contains(text, "We have found no data to erase"));
    assert_true(str_contains(text, "by the telephone number you gave us, in these systems: - our register of calls, chats and messages - artefacts"));
}

static void a_law_is_cited_with_its_end(void **state)
{
    struct world *w = *state;
    asking_law(w, "standard_support", "P1Y");
    struct str id = ask(w, REGIME_GDPR, 1).id;
    assert_int_equal(asking_run(w, id).state, REQUEST_PARTIAL);
    struct str text = letter(w, id);
    assert_true(str_contains(text, "artefacts, transcript (1): deleted"));
    assert_true(str_contains(text, "What stays for now, and why"));
    assert_true(str_contains(text, "artefacts, recording (1): kept For 1 contact"));
    assert_true(str_contains(text, "For 1 contact the law obliges us to keep data until 14 August 2027: MiFID II Art. 16(7) (Article 17(3)(b))"));
    assert_true(str_contains(text, "go to court"));
    assert_false(str_contains(text, "has been fulfilled"));
}

static void a_hold_keeps_its_secret(void **state)
{
    struct world *w = *state;
    struct str id = ask(w, REGIME_CCPA, 2).id;
    centre_hold(w, "Secret v. Matter", "c-2");
    assert_int_equal(asking_run(w, id).state, REQUEST_PARTIAL);
    struct str text = letter(w, id);
    assert_true(str_contains(text, "Data of 1 contact is under a legal hold (Cal. Civ. Code 1798.145(a))."));
    assert_false(str_contains(text, "Secret"));
    assert_false(str_contains(text, "court order"));
}

static void a_refusal_says_why_and_where_to_complain(void **state)
{
    struct world *w = *state;
    struct str id = asking_open(w, REGIME_OTHER, true).id;
    WORLD_OK(w, request_refuse(w->e, id, STR("manifestly excessive"), &w->a, &w->err));
    struct str text = letter(w, id);
    assert_true(str_contains(text, "The reason: manifestly excessive"));
    assert_true(str_contains(text, "You may complain to the authority"));
}

static void withdrawn_it_is_confirmed(void **state)
{
    struct world *w = *state;
    struct str id = asking_open(w, REGIME_GDPR, true).id;
    WORLD_OK(w, request_withdraw(w->e, id, &w->a, &w->err));
    assert_true(str_contains(letter(w, id), "You have withdrawn your request."));
}

static void an_unknown_request_has_no_letter(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(request_letter(w->e, STR("R-2026-000009"), false, &w->a, &b, &w->err), E_ABSENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(received_it_is_acknowledged), TEST(an_extension_says_why), TEST(done_it_says_what_where_and_when),
        TEST(nothing_found_says_where_we_looked), TEST(a_law_is_cited_with_its_end), TEST(a_hold_keeps_its_secret),
        TEST(a_refusal_says_why_and_where_to_complain), TEST(withdrawn_it_is_confirmed), TEST(an_unknown_request_has_no_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_kind.c - names read back, and what counts as gone or settled. */
#include "model/kind.h"

#include <setjmp.h>
#include <cmocka.h>

static void every_kind_has_its_own_name_and_reads_back(void **state UNUSED)
{
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
        enum artefact_kind back = KIND_NONE;
        assert_true(kind_parse(str_of(kind_name((enum artefact_kind)k)), &back));
        assert_int_equal(back, k);
    }
    assert_string_equal(kind_name(KIND_EVENT_RECORD), "event_record");
    assert_string_equal(kind_name(KIND_NONE), "none");
}

static void every_outcome_reads_back(void **state UNUSED)
{
    for (int o = 0; o < OUT_COUNT; o++) {
        enum outcome back = OUT_COUNT;
        assert_true(outcome_parse(str_of(outcome_name((enum outcome)o)), &back));
        assert_int_equal(back, o);
    }
    assert_string_equal(outcome_name(OUT_NOT_DELETABLE), "not_deletable");
    for (int m = 0; m < MIRROR_COUNT; m++)
        assert_true(strlen(mirror_name((enum mirror)m)) > 0);
    assert_string_equal(mirror_name(MIRROR_OVER_QUOTA), "over_quota");
}

static void every_status_reads_back(void **state UNUSED)
{
    for (int s = 0; s < STATUS_COUNT; s++) {
        enum contact_status back = STATUS_COUNT;
        assert_true(contact_status_parse(str_of(contact_status_name((enum contact_status)s)), &back));
        assert_int_equal(back, s);
    }
    assert_string_equal(contact_status_name(STATUS_LITIGATION_HOLD), "LITIGATION_HOLD");
}

static void every_reason_reads_back(void **state UNUSED)
{
    for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
        enum reason back = REASON_NONE;
        assert_true(reason_parse(str_of(reason_name((enum reason)r)), &back));
        assert_int_equal(back, r);
    }
    assert_string_equal(reason_name(REASON_RETENTION_EXPIRY), "RETENTION_EXPIRY");
}

static void names_not_in_a_list_are_refused(void **state UNUSED)
{
    enum artefact_kind k = KIND_EXPORT;
    enum outcome o = OUT_PRESENT;
    enum contact_status s = STATUS_ACTIVE;
    enum reason r = REASON_RISEN;
    assert_false(kind_parse(STR("none"), &k)); /* stands for "no kind", so nobody can configure it */
    assert_false(kind_parse(STR("Recording"), &k));
    assert_false(kind_parse(STR(""), &k));
    assert_false(kind_parse(STR_NONE, &k));
    assert_false(outcome_parse(STR("deleted"), &o));
    assert_false(contact_status_parse(STR("purged"), &s));
    assert_false(reason_parse(STR("NONE"), &r));
    assert_int_equal(k, KIND_EXPORT);
    assert_int_equal(o, OUT_PRESENT);
    assert_int_equal(s, STATUS_ACTIVE);
    assert_int_equal(r, REASON_RISEN);
}

static void a_number_that_is_no_member_still_prints(void **state UNUSED)
{
    assert_string_equal(kind_name((enum artefact_kind)KIND_COUNT), "invalid");
    assert_string_equal(outcome_name((enum outcome)99), "invalid");
    assert_string_equal(scope_name((enum scope)3), "invalid");
    assert_string_equal(chain_state_name((enum chain_state)5), "invalid");
    assert_string_equal(contact_status_name(STATUS_COUNT), "invalid");
    assert_string_equal(reason_name(REASON_COUNT), "invalid");
    assert_string_equal(effect_name((enum effect)(EFFECT_ERASE | EFFECT_BLANK)), "invalid");
}

static void effects_scopes_and_states_are_named(void **state UNUSED)
{
    assert_string_equal(effect_name(EFFECT_NONE), "none");
    assert_string_equal(effect_name(EFFECT_ERASE), "erase");
    assert_string_equal(effect_name(EFFECT_BLANK), "blank");
    assert_string_equal(effect_name(EFFECT_PSEUDONYMISE), "pseudonymise");
    assert_string_equal(effect_name(EFFECT_RESTRICT), "restrict");
    assert_string_equal(effect_name(EFFECT_LOCK), "lock");
    assert_string_equal(effect_name(EFFECT_UNLOCK), "unlock");
    assert_string_equal(effect_name(EFFECT_RECALL), "recall");
    assert_string_equal(scope_name(SCOPE_SUBJECT), "subject");
    assert_string_equal(chain_state_name(CHAIN_ERASED), "erased");
    assert_string_equal(chain_state_name(CHAIN_ANNOUNCED), "announced");
}

static void only_gone_and_absent_are_gone(void **state UNUSED)
{
    for (int o = 0; o < OUT_COUNT; o++)
        assert_int_equal(outcome_is_gone((enum outcome)o), o == OUT_GONE || o == OUT_ABSENT);
}

static void what_is_still_owed_is_not_settled(void **state UNUSED)
{
    const enum outcome owed[] = {OUT_UNKNOWN, OUT_HELD,   OUT_REFUSED, OUT_SUBMITTED,
                                 OUT_RETRY,   OUT_FAILED, OUT_PRESENT, (enum outcome)99};
    const enum outcome done[] = {OUT_GONE,         OUT_ABSENT,        OUT_SCRUBBED, OUT_PSEUDONYMISED, OUT_RESTRICTED,
                                 OUT_UNRESTRICTED, OUT_NOT_DELETABLE, OUT_RETAINED, OUT_ATTESTED};
    for (size_t i = 0; i < ARRAY_LEN(owed); i++)
        assert_false(outcome_is_settled(owed[i]));
    for (size_t i = 0; i < ARRAY_LEN(done); i++)
        assert_true(outcome_is_settled(done[i]));
    assert_int_equal(ARRAY_LEN(owed) - 1 + ARRAY_LEN(done), OUT_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_own_name_and_reads_back),
        cmocka_unit_test(every_outcome_reads_back),
        cmocka_unit_test(every_status_reads_back),
        cmocka_unit_test(every_reason_reads_back),
        cmocka_unit_test(names_not_in_a_list_are_refused),
        cmocka_unit_test(a_number_that_is_no_member_still_prints),
        cmocka_unit_test(effects_scopes_and_states_are_named),
        cmocka_unit_test(only_gone_and_absent_are_gone),
        cmocka_unit_test(what_is_still_owed_is_not_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "audit/entry_types.h"
#include "base/file.h"
#include "model/kind.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void every_type_has_its_name_and_sorted_fields(void **state)
{
    (void)state;
    for (unsigned t = ENTRY_NONE; t < ENTRY_TYPE_COUNT; t++) {
        const struct entry_spec *spec = entry_spec_of((enum entry_type)t);
        enum entry_type parsed;

        assert_non_null(spec->name);
        assert_non_null(spec->meaning);
        assert_true(spec->n > 0);
        for (size_t i = 1; i < spec->n; i++)
            assert_true(strcmp(spec->fields[i - 1].name, spec->fields[i].name) < 0);
        for (size_t i = 0; i < spec->n; i++) {
            enum entry_form f = spec->fields[i].form;
            bool needs_values = f == FORM_ENUM || f == FORM_ENUMS || f == FORM_OUTCOMES;

            assert_true(needs_values == (spec->fields[i].values != NULL));
        }
        if (t == ENTRY_NONE)
            continue;
        assert_true(entry_type_parse(str_of(entry_type_name((enum entry_type)t)), &parsed));
        assert_int_equal(parsed, t);
    }
    enum entry_type none;
    assert_false(entry_type_parse(STR("every type"), &none));
    assert_false(entry_type_parse(STR(""), &none));
    assert_false(entry_type_parse(STR("intent"), &none));
}

static const struct entry_field *field(enum entry_type t, const char *name)
{
    const struct entry_spec *spec = entry_spec_of(t);

    for (size_t i = 0; i < spec->n; i++) {
        if (strcmp(spec->fields[i].name, name) == 0)
            return &spec->fields[i];
    }
    fail_msg("no field %s", name);
    return NULL;
}

static size_t listed(const char *values)
{
    size_t n = 1;

    for (; *values; values++)
        n += *values == '|';
    return n;
}

/* The log says what the model says: same outcomes, statuses, reasons, effects. */
static void lists_are_those_of_the_model(void **state)
{
    (void)state;
    const char *outcomes = field(ENTRY_OUTCOME, "stores")->values, *statuses = field(ENTRY_OUTCOME, "verdict")->values;
    const char *reasons = field(ENTRY_INTENT, "reason")->values, *effects = field(ENTRY_INTENT, "effects")->values;

    for (unsigned i = 0; i < OUT_COUNT; i++)
        assert_true(entry_value_listed(outcomes, str_of(outcome_name((enum outcome)i))));
    assert_int_equal(listed(outcomes), OUT_COUNT);
    for (unsigned i = 0; i < STATUS_COUNT; i++)
        assert_true(entry_value_listed(statuses, str_of(contact_status_name((enum contact_status)i))));
    assert_int_equal(listed(statuses), STATUS_COUNT);
    for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++)
        assert_true(entry_value_listed(reasons, str_of(reason_name((enum reason)i))));
    assert_int_equal(listed(reasons), REASON_COUNT - 1);
    for (unsigned e = EFFECT_ERASE; e <= EFFECT_RECALL; e <<= 1)
        assert_true(entry_value_listed(effects, str_of(effect_name((enum effect)e))));
    assert_int_equal(listed(effects), 7);
}

static void values_are_compared_whole(void **state)
{
    (void)state;
    assert_true(entry_value_listed("a|bc|d", STR("a")) && entry_value_listed("a|bc|d", STR("bc")));
    assert_true(entry_value_listed("a|bc|d", STR("d")) && entry_value_listed("a", STR("a")));
    assert_false(entry_value_listed("a|bc|d", STR("b")) || entry_value_listed("a|bc|d", STR("")));
    assert_false(entry_value_listed("a|bc|d", STR("a|bc")));
}

static void the_document_has_the_same_tables(void **state)
{
    (void)state;
    struct arena a;
    struct str document;
    struct buf tables;
    struct err err;

    arena_init(&a, 1 << 20);
    buf_init(&tables, 1 << 20);
    entry_types_describe(&tables);
    assert_int_equal(file_read("docs/audit-format.md", 1 << 20, &a, &document, &err), OK);
    if (!memmem(document.p, document.n, tables.p, tables.n))
        fail_msg("docs/audit-format.md is stale; between its marks must stand what entry_types_describe prints");
    buf_release(&tables);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_name_and_sorted_fields),
        cmocka_unit_test(lists_are_those_of_the_model),
        cmocka_unit_test(values_are_compared_whole),
        cmocka_unit_test(the_document_has_the_same_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

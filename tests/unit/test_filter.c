/* test_filter.c - reading filters, their errors, and matching. */
#include "model/filter.h"

#include <setjmp.h>
#include <cmocka.h>

static struct arena arena;
static struct filter parsed;
static struct err err;

static int setup(void **state UNUSED)
{
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state UNUSED)
{
    arena_release(&arena);
    return 0;
}

static void parse(const char *text)
{
    parsed = (struct filter){.n = 0};
    if (filter_parse(str_of(text), zone_utc(), &arena, &parsed, &err) != OK)
        fail_msg("%s: %s", text, err.text);
}

static bool matches(const char *text, const struct leg *leg)
{
    parse(text);
    return filter_matches(&parsed, STR("connect-eu"), leg, STATUS_ACTIVE);
}

static void refuses(const char *text, const char *because)
{
    parsed = (struct filter){.n = 77};
    enum status s = filter_parse(str_of(text), zone_utc(), &arena, &parsed, &err);
    if (s != E_INVALID || strstr(err.text, because) == NULL || parsed.n != 77)
        fail_msg("\"%s\": status %d, %s", text, (int)s, err.text);
    assert_int_equal(filter_parse(str_of(text), zone_utc(), &arena, &parsed, NULL), E_INVALID); /* nobody asks why */
}

static void expect_word(size_t i, enum filter_key key, const char *name, const char *value)
{
    assert_true(i < parsed.n);
    assert_int_equal(parsed.words[i].key, key);
    assert_true(str_is(parsed.words[i].name, name));
    assert_true(str_is(parsed.words[i].value, value));
}

static struct leg sample(void)
{
    static struct attribute kept[5];
    const struct attribute attributes[] = {
        {STR("LOB name"), STR("Cards")}, {STR("retentionCategory"), STR("health")}, {STR("empty"), STR("")},
        {STR("tier "), STR("gold")},     {STR("connect:Subtype"), STR("connect:WhatsApp")},
    };
    struct leg leg;
    leg_init(&leg);
    leg.id = STR("1f3c-0001");
    leg.category = STR("payment_card");
    leg.queue = STR("Payments UK");
    leg.agent = STR("O'Brien");
    leg.channel = STR("voice");
    leg.direction = STR("inbound");
    memcpy(kept, attributes, sizeof(attributes));
    leg.attributes = kept;
    leg.attributes_n = ARRAY_LEN(kept);
    leg.started_ms = INT64_C(1767225600000); /* 2026-01-01T00:00:00Z */
    return leg;
}

static void words_are_split_at_spaces(void **state UNUSED)
{
    parse("  queue:Payments\tagent:ann   from:2026-01-01 ");
    assert_int_equal(parsed.n, 3);
    expect_word(0, FILTER_QUEUE, "", "Payments");
    expect_word(1, FILTER_AGENT, "", "ann");
    expect_word(2, FILTER_FROM, "", "2026-01-01");
    assert_int_equal(parsed.words[2].time_ms, INT64_C(1767225600000));
    assert_true(str_is(parsed.text, "  queue:Payments\tagent:ann   from:2026-01-01 "));
}

static void every_key_is_known_in_any_case(void **state UNUSED)
{
    parse("source:a category:b QUEUE:c agent:d channel:e direction:f division:g status:active id:i Attribute.J:j "
          "from:2026-01-01 to:2026-02-01 subject:x");
    assert_int_equal(parsed.n, FILTER_SUBJECT + 1);
    for (size_t i = 0; i < parsed.n; i++)
        assert_int_equal(parsed.words[i].key, i);
    expect_word(FILTER_ATTRIBUTE, FILTER_ATTRIBUTE, "J", "j");
}

static void quotes_go_around_values_names_and_words(void **state UNUSED)
{
    parse("queue:'Payments *' agent:\"Ann Lee\"");
    expect_word(0, FILTER_QUEUE, "", "Payments *");
    expect_word(1, FILTER_AGENT, "", "Ann Lee");
    parse("attribute.'LOB name':cards attribute.\"connect:Subtype\":'connect:*'");
    expect_word(0, FILTER_ATTRIBUTE, "LOB name", "cards");
    expect_word(1, FILTER_ATTRIBUTE, "connect:Subtype", "connect:*");
    parse("\"attribute.LOB name:x y\" 'queue:A B' \"attribute.'a:b':c\"");
    expect_word(0, FILTER_ATTRIBUTE, "LOB name", "x y");
    expect_word(1, FILTER_QUEUE, "", "A B");
    expect_word(2, FILTER_ATTRIBUTE, "a:b", "c");
    parse("queue:\"It's\" queue:''");
    expect_word(0, FILTER_QUEUE, "", "It's");
    expect_word(1, FILTER_QUEUE, "", "");
}

static void a_quote_inside_a_value_is_a_byte(void **state UNUSED)
{
    parse("agent:O'Brien queue:D'Souza");
    assert_int_equal(parsed.n, 2);
    expect_word(0, FILTER_AGENT, "", "O'Brien");
    expect_word(1, FILTER_QUEUE, "", "D'Souza");
}

static void values_may_hold_colons(void **state UNUSED)
{
    parse("from:2026-01-31T13:05:00Z queue:a:b attribute.x:c:d");
    assert_int_equal(parsed.words[0].time_ms, INT64_C(1769864700000));
    expect_word(1, FILTER_QUEUE, "", "a:b");
    expect_word(2, FILTER_ATTRIBUTE, "x", "c:d");
}

static void wrong_filters_say_where(void **state UNUSED)
{
    refuses("", "empty");
    refuses("   ", "empty");
    refuses("smith", "column 1");
    refuses("queue:a smith", "column 9");
    refuses("queue:a colour:red", "column 9: \"colour\"");
    refuses("queue:", "column 7");
    refuses("queue: a", "column 7");
    refuses(":x", "column 1");
    refuses("queue:'abc", "column 7: this quote is not closed");
    refuses("'queue:abc", "column 1: this quote is not closed");
    refuses("queue:'a'b", "column 10: expected a space");
    refuses("'queue:a'b", "column 10: expected a space");
    refuses("''", "expected key:value");
    refuses("'queue:'", "expected a value");
    refuses("attribute:x", "attribute.NAME");
    refuses("attribute.:x", "needs its name");
    refuses("attribute.'':x", "needs its name");
    refuses("attribute.", "needs its name");
    refuses("attribute.a", "expected key:value");
    refuses("attribute.'a", "not closed");
    refuses("\"attribute.'a:b\" queue:'x'", "column 12: this quote is not closed");
    refuses("attribute.'a'b:x", "expected key:value");
    refuses("from:yesterday", "column 1");
    refuses("queue:a to:2026-02-30", "column 9");
    refuses("from:''", "column 1");
    refuses("status:deleted", "no such status");
    refuses("status:''", "no such status");
    refuses("subject:''", "identifier");
    refuses("queue:\xff", "UTF-8");
}

static void limits_hold(void **state UNUSED)
{
    static char text[5000];
    memset(text, 'x', sizeof(text));
    memcpy(text, "queue:", 6);
    assert_int_equal(filter_parse((struct str){text, 4096}, zone_utc(), &arena, &parsed, &err), OK);
    assert_int_equal(filter_parse((struct str){text, 4097}, zone_utc(), &arena, &parsed, &err), E_LIMIT);
    for (size_t i = 0; i < 65; i++)
        memcpy(text + i * 5, "id:x ", 5);
    assert_int_equal(filter_parse((struct str){text, (size_t)64 * 5}, zone_utc(), &arena, &parsed, &err), OK);
    assert_int_equal(parsed.n, 64);
    assert_int_equal(filter_parse((struct str){text, (size_t)65 * 5}, zone_utc(), &arena, &parsed, &err), E_LIMIT);
    struct arena tiny;
    arena_init(&tiny, 32);
    assert_int_equal(filter_parse(STR("queue:a"), zone_utc(), &tiny, &parsed, &err), E_LIMIT);
    arena_release(&tiny);
}

static void text_compares_without_case_and_with_stars(void **state UNUSED)
{
    struct leg leg = sample();
    assert_true(matches("queue:'payments uk'", &leg));
    assert_true(matches("queue:pay*", &leg));
    assert_true(matches("queue:*UK", &leg));
    assert_false(matches("queue:payments", &leg));
    assert_true(matches("source:CONNECT-EU", &leg));
    assert_false(matches("source:connect-us", &leg));
    assert_true(matches("id:1F3C-*", &leg));
    assert_true(matches("agent:o'brien channel:Voice direction:inbound category:payment_card", &leg));
    assert_false(matches("agent:o'brien channel:chat", &leg)); /* all must hold */
    assert_true(matches("queue:Pay* queue:*UK", &leg));
    assert_false(matches("queue:Pay* queue:*US", &leg));
}

static void what_is_absent_matches_only_the_empty_value(void **state UNUSED)
{
    struct leg leg = sample();
    assert_false(matches("division:*", &leg));
    assert_false(matches("division:uk", &leg));
    assert_true(matches("division:''", &leg));
    assert_false(matches("queue:''", &leg));
    assert_true(matches("queue:*", &leg));
}

static void attributes_are_found_by_name(void **state UNUSED)
{
    struct leg leg = sample();
    assert_true(matches("attribute.'LOB name':cards", &leg));
    assert_true(matches("'attribute.lob NAME:CARDS'", &leg));
    assert_true(matches("attribute.retentionCategory:*", &leg));
    assert_true(matches("attribute.tier:gold", &leg));
    assert_true(matches("attribute.'connect:Subtype':*WhatsApp", &leg));
    assert_false(matches("attribute.empty:*", &leg));
    assert_false(matches("attribute.none:*", &leg));
    assert_true(matches("attribute.none:''", &leg));
}

static void the_exact_name_comes_first(void **state UNUSED)
{
    struct attribute attributes[] = {{STR("lob "), STR("1")}, {STR("LOB"), STR("2")}, {STR("lob"), STR("3")}};
    struct leg leg;
    leg_init(&leg);
    leg.attributes = attributes;
    leg.attributes_n = 3;
    assert_true(str_is(leg_attribute(&leg, STR("LOB")), "2"));
    assert_true(str_is(leg_attribute(&leg, STR("lob")), "3"));
    assert_true(str_is(leg_attribute(&leg, STR(" Lob")), "1"));
    assert_null(leg_attribute(&leg, STR("other")).p);
}

static void from_is_inclusive_and_to_exclusive(void **state UNUSED)
{
    struct leg leg = sample();
    assert_true(matches("from:2026-01-01", &leg));
    assert_false(matches("to:2026-01-01", &leg));
    assert_true(matches("from:2025-12-01 to:2026-01-02", &leg));
    assert_false(matches("from:2026-01-02", &leg));
    leg.started_ms = TIME_NONE;
    assert_false(matches("from:2000-01-01", &leg));
    assert_false(matches("to:2100-01-01", &leg));
}

static void dates_are_read_in_the_zone(void **state UNUSED)
{
    const struct zone *london;
    assert_int_equal(zone_open(STR("Europe/London"), &london, &err), OK);
    assert_int_equal(filter_parse(STR("from:2026-07-01"), london, &arena, &parsed, &err), OK);
    assert_int_equal(parsed.words[0].time_ms, INT64_C(1782860400000)); /* 2026-06-30T23:00:00Z */
}

static void a_status_is_compared_when_known(void **state UNUSED)
{
    struct leg leg = sample();
    assert_true(matches("status:active", &leg));
    assert_true(matches("status:a*", &leg));
    assert_false(matches("status:PURGED", &leg));
    parse("status:*");
    assert_true(filter_matches(&parsed, STR_NONE, &leg, STATUS_PURGED));
    assert_false(filter_matches(&parsed, STR_NONE, &leg, STATUS_COUNT));
}

static void a_subject_matches_by_its_key_alone(void **state UNUSED)
{
    struct leg leg = sample();
    struct row_key keys[] = {{{1, 2}}, {{0xab, [ROW_KEY_BYTES - 1] = 0xcd}}}, other = {{0xab}};
    leg.subjects = keys;
    leg.subjects_n = 2;
    parse("subject:+442079460958");
    assert_false(filter_matches(&parsed, STR_NONE, &leg, STATUS_ACTIVE));
    parsed.words[0].value = row_key_hex(&keys[1], &arena);
    assert_true(filter_matches(&parsed, STR_NONE, &leg, STATUS_ACTIVE));
    parsed.words[0].value = row_key_hex(&other, &arena);
    assert_false(filter_matches(&parsed, STR_NONE, &leg, STATUS_ACTIVE));
}

static void a_filter_never_compiled_matches_nothing(void **state UNUSED)
{
    struct leg leg = sample();
    struct filter none = {.n = 0};
    assert_false(filter_matches(&none, STR("connect-eu"), &leg, STATUS_ACTIVE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_at_spaces),
        cmocka_unit_test(every_key_is_known_in_any_case),
        cmocka_unit_test(quotes_go_around_values_names_and_words),
        cmocka_unit_test(a_quote_inside_a_value_is_a_byte),
        cmocka_unit_test(values_may_hold_colons),
        cmocka_unit_test(wrong_filters_say_where),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(text_compares_without_case_and_with_stars),
        cmocka_unit_test(what_is_absent_matches_only_the_empty_value),
        cmocka_unit_test(attributes_are_found_by_name),
        cmocka_unit_test(the_exact_name_comes_first),
        cmocka_unit_test(from_is_inclusive_and_to_exclusive),
        cmocka_unit_test(dates_are_read_in_the_zone),
        cmocka_unit_test(a_status_is_compared_when_known),
        cmocka_unit_test(a_subject_matches_by_its_key_alone),
        cmocka_unit_test(a_filter_never_compiled_matches_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

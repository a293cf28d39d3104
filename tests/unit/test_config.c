/* test_config.c - a configuration is read whole; all its mistakes come at once, with their places. */
#include "engine/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/world.h"

static const char head[] = "categories:\n  standard_support: {erase_after: P2Y}\n";

static enum status load(struct world *w, const char *rest, struct config *c, struct str *report)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 16);
    struct str text = arena_fmt(&w->a, "%s%s", head, rest);
    world_write(w, "expunge.yaml", text.p);
    enum status s = config_load(w->config, c, &b, &w->err);
    *report = b.n ? arena_str(&w->a, buf_view(&b)) : STR_NONE;
    return s;
}

static void good(struct world *w, const char *rest, struct config *c)
{
    struct str report;
    enum status s = load(w, rest, c, &report);
    if (s != OK)
        print_error("%.*s\n", STR_ARG(report));
    assert_int_equal(s, OK);
}

/* The report must hold the place and the words. */
static void bad(struct world *w, const char *rest, const char *place, const char *words)
{
    struct config c;
    struct str report;
    assert_int_equal(load(w, rest, &c, &report), E_INVALID);
    if (!str_contains(report, place) || !str_contains(report, words))
        print_error("%.*s\n", STR_ARG(report));
    assert_true(str_contains(report, place));
    assert_true(str_contains(report, words));
    config_release(&c);
}

static void what_is_not_stated_has_its_preset(void **state)
{
    struct world *w = *state;
    struct config c;
    good(w, "", &c);
    assert_true(str_eq(c.registry, arena_fmt(&w->a, "sqlite:%s/expunge.db", w->dir)));
    assert_true(str_starts(c.keys, str_of(w->dir)));
    assert_ptr_equal(c.zone, zone_utc());
    assert_true(str_is(c.audit_origin, "expunge.local/main"));
    assert_null(c.audit_publish.p);
    assert_int_equal(c.guard_floor, 100);
    assert_int_equal(c.guard_times, 3);
    assert_true(str_is(c.purge_at, "02:00"));
    assert_false(c.strict_sources);
    assert_false(c.strict_places);
    assert_false(c.approval_delay.set);
    assert_int_equal(c.own_tombstones.years, 7);
    assert_int_equal(c.own_openings.years, 3);
    assert_int_equal(c.own_results.years, 1);
    assert_int_equal(c.own_quarantine.days, 30);
    assert_int_equal(c.target.ms, 24 * HOUR_MS);
    assert_int_equal(c.stores_n, 0);
    config_release(&c);
}

static void what_is_stated_counts(void **state)
{
    struct world *w = *state;
    struct config c;
    good(w,
         "timezone: Europe/London\nstrict_sources: true\nkeys: /srv/keys\nregistry: sqlite:/srv/x.db\n"
         "audit: {origin: a.example/log, publish: out/}\n"
         "purge: {at: \"23:59\", zone: Europe/Berlin, guard: {floor: 5, times: 2}}\n"
         "approval: {delay: P3D}\nnotify: {legal: legal@example.com}\nown: {openings: P1Y}\n",
         &c);
    assert_true(str_is(zone_name(c.zone), "Europe/London"));
    assert_true(str_is(zone_name(c.purge_zone), "Europe/Berlin"));
    assert_true(c.strict_sources);
    assert_true(str_is(c.keys, "/srv/keys"));
    assert_true(str_is(c.registry, "sqlite:/srv/x.db"));
    assert_true(str_is(c.audit_origin, "a.example/log"));
    assert_true(str_starts(c.audit_publish, arena_fmt(&w->a, "%s/out", w->dir)));
    assert_int_equal(c.guard_floor, 5);
    assert_int_equal(c.approval_delay.days, 3);
    assert_true(str_is(c.notify_legal, "legal@example.com"));
    assert_int_equal(c.own_openings.years, 1);
    assert_true(c.policy.zone == c.zone);
    config_release(&c);
}

static void sources_by_label_and_instance(void **state)
{
    struct world *w = *state;
    struct config c;
    good(w,
         "sources:\n  connect-eu: {type: amazon-connect, instance: 1111-2222, country: GB, record_retention: P24M}\n",
         &c);
    const struct source_config *s = config_source(&c, STR("connect-eu"));
    assert_non_null(s);
    assert_ptr_equal(s, config_source(&c, STR("1111-2222")));
    assert_null(config_source(&c, STR("connect-us")));
    assert_true(str_is(s->country, "GB"));
    assert_int_equal(s->record_retention.months, 24);
    config_release(&c);
}

static void stores_are_read_by_their_drivers(void **state)
{
    struct world *w = *state;
    struct config c;
    good(w,
         "stores:\n  files: {type: folder, path: f, control: c, artefacts: [{kind: recording, key: "
         "\"{contact_id}*\"}]}\n",
         &c);
    assert_int_equal(c.stores_n, 1);
    assert_true(str_is(c.stores[0].name, "files"));
    config_release(&c);
    bad(w, "stores:\n  files: {type: folder, control: c}\n", "expunge.yaml:4:", "path");
    bad(w,
        "stores:\n  Files 1: {type: folder, path: f, control: c, artefacts: [{kind: recording, key: "
        "\"{contact_id}\"}]}\n",
        "expunge.yaml:4:3:", "a store's name");
    bad(w, "stores:\n  files: {type: cupboard}\n", "expunge.yaml:4:", "cupboard");
}

static void each_mistake_has_its_place(void **state)
{
    struct world *w = *state;
    bad(w, "registri: x\n", "expunge.yaml:3:1:", "registri");
    bad(w, "timezone: Europe/Atlantis\n", "expunge.yaml:3:11:", "Atlantis");
    bad(w, "stores:\n  a: {type: folder, path: x, control: c, sources: [nobody], artefacts: [{kind: sms, key: \"{contact_id}\"}]}\n",
        "expunge.yaml:4:", "there is no source 'nobody'");
    bad(w, "strict_places: maybe\n", "expunge.yaml:3:16:", "");
    bad(w, "strict_sources: maybe\n", "expunge.yaml:3:17:", "");
    bad(w, "purge: {guard: {floor: 0}}\n", "expunge.yaml:3:24:", "");
    bad(w, "purge: {guard: [1, 2]}\n", "expunge.yaml:3:16:", "");
    bad(w, "purge: {at: \"24:00\"}\n", "expunge.yaml:3:13:", "time of day");
    bad(w, "purge: {at: \"2:00\"}\n", "expunge.yaml:3:13:", "time of day");
    bad(w, "audit: tiles\n", "expunge.yaml:3:8:", "");
    bad(w, "own: {openings: forever}\n", "expunge.yaml:3:17:", "");
    bad(w, "sources:\n  a: {type: telegraph}\n", "expunge.yaml:4:13:", "telegraph");
    bad(w, "strict_sources: true\nstrict_sources: true\n", "expunge.yaml:4:1:", "strict_sources");
    bad(w, "registry: oracle://db/expunge\n", "expunge.yaml:3:11:", "neither sqlite:PATH nor postgresql:");
    bad(w, "registry: postgresql://me:secret@db/expunge\n", "expunge.yaml:3:11:", "a password is never in this file");
    bad(w, "audit: {publish: \"s3://bucket/log\"}\n", "expunge.yaml:3:18:", "a folder in this version");
    bad(w, "audit: {origin: \"https://x.example/log\"}\n", "expunge.yaml:3:17:", "without scheme");
    bad(w, "registry: env:NO_SUCH_VARIABLE\n", "expunge.yaml:3:11:", "NO_SUCH_VARIABLE");
}

static void all_mistakes_come_at_once(void **state)
{
    struct world *w = *state;
    struct config c;
    struct str report, line, rest;
    assert_int_equal(load(w, "timezone: Nowhere\nown: {results: soon}\nfoo: 1\n", &c, &report), E_INVALID);
    config_release(&c);
    assert_true(str_contains(str_of(w->err.text), "3 problems"));
    rest = report;
    int lines = 0;
    while (str_split(rest, '\n', &line, &rest))
        lines++;
    assert_int_equal(lines, 3);
    assert_true(str_contains(report, ":3:") && str_contains(report, ":4:") && str_contains(report, ":5:"));
}

static size_t times(struct str text, const char *words)
{
    size_t n = 0, size = strlen(words);
    for (size_t i = 0; i + size <= text.n; i++)
        n += memcmp(text.p + i, words, size) == 0;
    return n;
}

static void a_repeated_key_hides_nothing(void **state)
{
    struct world *w = *state;
    struct config c;
    struct str report;
    assert_int_equal(load(w, "strict_sources: true\nstrict_sources: true\nfoo: 1\n", &c, &report), E_INVALID);
    config_release(&c);
    assert_true(str_contains(report, ":4:1:") && str_contains(report, ":5:1:"));
    assert_true(str_contains(str_of(w->err.text), "2 problems"));
    assert_int_equal(load(w, "sources:\n  a: {type: csv, colour: red}\n", &c, &report), E_INVALID);
    config_release(&c);
    assert_int_equal(times(report, "colour"), 1); /* although two tables read that section */
}

static void names_of_a_log(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "a b", "a+b", "https://a.example", "/a", "a/", "a\nb", "\xc3\xa4.example"};
    char longest[CONFIG_ORIGIN_MAX + 2];
    assert_true(config_origin_good(STR("privacy.example.com/expunge-1/main")));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(config_origin_good(str_of(wrong[i])));
    memset(longest, 'a', sizeof longest);
    assert_true(config_origin_good((struct str){longest, CONFIG_ORIGIN_MAX}));
    assert_false(config_origin_good((struct str){longest, CONFIG_ORIGIN_MAX + 1}));
}

static void secrets_are_fetched_and_not_repeated(void **state)
{
    struct world *w = *state;
    struct config c;
    assert_int_equal(setenv("EXPUNGE_TEST_URL", "sqlite:hidden.db", 1), 0);
    good(w, "registry: env:EXPUNGE_TEST_URL\n", &c);
    assert_true(str_eq(c.registry, arena_fmt(&w->a, "sqlite:%s/hidden.db", w->dir)));
    config_release(&c);
    assert_int_equal(unsetenv("EXPUNGE_TEST_URL"), 0);
}

static void keys_lie_in_one_folder_or_each_in_its_place(void **state)
{
    struct world *w = *state;
    struct config c;
    good(w, "keys: /srv/keys\n", &c);
    assert_true(str_is(c.key_places.identifier, "file:/srv/keys/identifier.key"));
    assert_true(str_is(c.key_places.pseudonym, "file:/srv/keys/pseudonym.key"));
    assert_true(str_is(c.key_places.audit, "file:/srv/keys/audit.key"));
    assert_true(str_is(c.key_places.seal, "/srv/keys/seal"));
    config_release(&c);
    good(w, "keys: {identifier: env:ID_KEY, pseudonym: credential:psn, audit: file:log.key, seal: months}\n", &c);
    assert_true(str_is(c.key_places.identifier, "env:ID_KEY"));
    assert_true(str_is(c.key_places.pseudonym, "credential:psn"));
    assert_true(str_eq(c.key_places.audit, arena_fmt(&w->a, "file:%s/log.key", w->dir)));
    assert_true(str_eq(c.key_places.seal, arena_fmt(&w->a, "%s/months", w->dir)));
    assert_true(str_eq(c.keys, c.key_places.seal));
    config_release(&c);
}

#define KEYS_BUT(rest) "keys:\n  identifier: env:A\n  pseudonym: env:B\n" rest
static void a_place_of_keys_that_cannot_be_is_told(void **state)
{
    struct world *w = *state;
    struct config c;
    struct str report;
    bad(w, "keys: {identifier: env:A}\n", "expunge.yaml:3:", "pseudonym");
    bad(w, "keys: {}\n", "expunge.yaml:3:", "seal");
    bad(w, KEYS_BUT("  audit: env:C\n"), "expunge.yaml:", "seal");
    bad(w, KEYS_BUT("  audit: PRIVATE+KEY+x\n  seal: s\n"), "expunge.yaml:6:10:", "'audit' must be env:NAME");
    bad(w, KEYS_BUT("  audit: \"file:\"\n  seal: s\n"), "expunge.yaml:6:10:", "nothing behind the prefix");
    bad(w, KEYS_BUT("  audit: env:C\n  seal: file:s\n"), "expunge.yaml:7:9:", "is a folder");
    bad(w, KEYS_BUT("  audit: env:C\n  seal: s\n  colour: red\n"), "expunge.yaml:8:3:", "colour");
    bad(w, "keys: [a, b]\n", "expunge.yaml:3:7:", "");
    bad(w, "keys: \"\"\n", "expunge.yaml:3:7:", "empty");
    bad(w, "keys:\n", "expunge.yaml:3:", "");
    bad(w, "keys: file:keys\n", "expunge.yaml:3:7:", "is a folder");
    assert_int_equal(load(w, KEYS_BUT("  audit: 5ec2e7\n  seal: s\n"), &c, &report), E_INVALID);
    assert_false(str_contains(report, "5ec2e7"));
    config_release(&c);
}

static void memory_is_no_file(void **state)
{
    struct world *w = *state;
    struct config c;
    good(w, "registry: \"sqlite::memory:\"\n", &c);
    assert_true(str_is(c.registry, "sqlite::memory:"));
    config_release(&c);
}

static void no_file_says_what_to_do(void **state)
{
    struct world *w = *state;
    struct config c;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(config_load(world_path(w, "missing.yaml"), &c, &b, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "expunge init"));
    config_release(&c);
    world_write(w, "empty.yaml", "");
    assert_int_equal(config_load(world_path(w, "empty.yaml"), &c, &b, &w->err), E_INVALID);
    config_release(&c);
}

static void a_relative_path_is_found_from_the_folder_we_are_in(void **state)
{
    struct world *w = *state;
    struct config c;
    CLEANUP(buf_release) struct buf b;
    char before[4096];
    buf_init(&b, 1 << 16);
    assert_non_null(getcwd(before, sizeof before));
    world_write(w, "expunge.yaml", head);
    assert_int_equal(chdir(w->dir), 0);
    enum status s = config_load(NULL, &c, &b, &w->err);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(s, OK);
    assert_true(str_is(c.dir, w->dir));
    config_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_not_stated_has_its_preset),
                                       cmocka_unit_test(what_is_stated_counts),
                                       cmocka_unit_test(sources_by_label_and_instance),
                                       cmocka_unit_test(stores_are_read_by_their_drivers),
                                       cmocka_unit_test(each_mistake_has_its_place),
                                       cmocka_unit_test(all_mistakes_come_at_once), cmocka_unit_test(a_repeated_key_hides_nothing),
        cmocka_unit_test(names_of_a_log),
                                       cmocka_unit_test(secrets_are_fetched_and_not_repeated),
                                       cmocka_unit_test(keys_lie_in_one_folder_or_each_in_its_place),
                                       cmocka_unit_test(a_place_of_keys_that_cannot_be_is_told),
                                       cmocka_unit_test(memory_is_no_file),
                                       cmocka_unit_test(no_file_says_what_to_do),
                                       cmocka_unit_test(a_relative_path_is_found_from_the_folder_we_are_in)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}

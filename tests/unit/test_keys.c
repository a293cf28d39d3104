/* test_keys.c - keys made once, private, one seal key a month and purpose, destroyed for good. */
#include "engine/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/note.h"
#include "base/file.h"
#include "store/store.h"
#include "tests/lib/world.h"

#define NOVEMBER WORLD_NOW_MS
#define DECEMBER (WORLD_NOW_MS + 15 * DAY_MS)

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    *state = w;
    arena_init(&w->a, 16 << 20);
    memcpy(w->dir, "/tmp/expunge-keys.XXXXXX", sizeof "/tmp/expunge-keys.XXXXXX");
    if (!mkdtemp(w->dir) || crypto_init(&w->err) != OK)
        return -1;
    WORLD_OK(w, keys_make(str_of(world_path(w, "keys")), STR("a.example/log/2026"), &w->err));
    return 0;
}

static enum status open_folder(struct world *w, struct keys *k)
{
    struct key_places places;
    WORLD_OK(w, key_places_in(str_of(world_path(w, "keys")), &w->a, &places, &w->err));
    return keys_open(&places, k, &w->err);
}

static void opened(struct world *w, struct keys *k)
{
    WORLD_OK(w, open_folder(w, k));
}

static struct str sealed(struct world *w, struct keys *k, const char *purpose, int64_t at, const char *text)
{
    struct str out;
    WORLD_OK(w, k->sealer.seal(k->sealer.ctx, purpose, at, str_of(text), &w->a, &out, &w->err));
    return out;
}

static enum status unsealed(struct world *w, struct keys *k, const char *purpose, struct str s, struct str *out)
{
    return k->sealer.unseal(k->sealer.ctx, purpose, s, &w->a, out, &w->err);
}

static void they_are_made_once(void **state)
{
    struct world *w = *state;
    struct str before = world_read(w, "keys/identifier.key");
    assert_int_equal(before.n, 65);
    assert_int_equal(keys_make(str_of(world_path(w, "keys")), STR("x"), &w->err), E_CONFLICT);
    assert_true(str_eq(before, world_read(w, "keys/identifier.key")));
    assert_false(str_eq(before, world_read(w, "keys/pseudonym.key")));
}

static void the_audit_key_has_the_logs_name(void **state)
{
    struct world *w = *state;
    struct note_skey key;
    WORLD_OK(w, note_skey_parse(str_trim(world_read(w, "keys/audit.key")), &key, &w->err));
    assert_true(str_is(key.name, "a.example/log/2026"));
}

static void a_key_others_can_read_is_refused(void **state)
{
    static const char *const names[] = {"keys/identifier.key", "keys/pseudonym.key", "keys/audit.key"};
    struct world *w = *state;
    struct keys k;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(chmod(world_path(w, names[i]), 0640), 0);
        assert_int_equal(open_folder(w, &k), E_DENIED);
        assert_true(str_contains(str_of(w->err.text), "chmod 600"));
        keys_close(&k);
        assert_int_equal(chmod(world_path(w, names[i]), 0600), 0);
    }
}

static void damaged_and_missing_keys_are_named(void **state)
{
    struct world *w = *state;
    struct keys k;
    world_write(w, "keys/pseudonym.key", "0123\n");
    assert_int_equal(open_folder(w, &k), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "pseudonym.key"));
    keys_close(&k);
    assert_int_equal(unlink(world_path(w, "keys/identifier.key")), 0);
    assert_int_equal(open_folder(w, &k), E_ABSENT);
    assert_true(str_contains(str_of(w->err.text), "expunge init"));
    keys_close(&k);
}

static void what_is_sealed_comes_back_after_reopening(void **state)
{
    struct world *w = *state;
    struct keys k;
    struct str out;
    opened(w, &k);
    struct str s = sealed(w, &k, "opening", NOVEMBER, "contact-1");
    assert_false(str_contains(s, "contact-1"));
    assert_true(world_has(w, "keys/seal/opening-2026-11.key"));
    keys_close(&k);
    opened(w, &k);
    WORLD_OK(w, unsealed(w, &k, "opening", s, &out));
    assert_true(str_is(out, "contact-1"));
    keys_close(&k);
}

static void purpose_and_month_have_their_own(void **state)
{
    struct world *w = *state;
    struct keys k;
    struct str out;
    opened(w, &k);
    struct str s = sealed(w, &k, "opening", NOVEMBER, "x");
    (void)sealed(w, &k, "ledger", NOVEMBER, "x");
    (void)sealed(w, &k, "opening", DECEMBER, "x");
    assert_true(world_has(w, "keys/seal/ledger-2026-11.key"));
    assert_true(world_has(w, "keys/seal/opening-2026-12.key"));
    assert_int_equal(unsealed(w, &k, "ledger", s, &out), E_DENIED);
    char *moved = arena_cstr(&w->a, s);
    moved[5] = '1';
    moved[6] = '2'; /* says December */
    assert_int_equal(unsealed(w, &k, "opening", (struct str){moved, s.n}, &out), E_DENIED);
    assert_int_equal(unsealed(w, &k, "opening", (struct str){s.p, 20}, &out), E_INVALID);
    char *flipped = arena_cstr(&w->a, s);
    flipped[s.n - 1] = (char)(flipped[s.n - 1] ^ 1);
    assert_int_equal(unsealed(w, &k, "opening", (struct str){flipped, s.n}, &out), E_DENIED);
    keys_close(&k);
}

static void destroying_one_destroys_its_month_alone(void **state)
{
    struct world *w = *state;
    struct keys k;
    struct str out;
    opened(w, &k);
    struct str november = sealed(w, &k, "opening", NOVEMBER, "x"), december = sealed(w, &k, "opening", DECEMBER, "y");
    WORLD_OK(w, keys_destroy_seal(&k, "opening", NOVEMBER, &w->err));
    assert_false(world_has(w, "keys/seal/opening-2026-11.key"));
    assert_int_equal(unsealed(w, &k, "opening", november, &out), E_ABSENT);
    assert_true(str_contains(str_of(w->err.text), "destroyed"));
    WORLD_OK(w, unsealed(w, &k, "opening", december, &out));
    WORLD_OK(w, keys_destroy_seal(&k, "opening", NOVEMBER, &w->err)); /* again */
    struct str anew = sealed(w, &k, "opening", NOVEMBER, "z");
    assert_int_equal(unsealed(w, &k, "opening", november, &out), E_DENIED);
    WORLD_OK(w, unsealed(w, &k, "opening", anew, &out));
    keys_close(&k);
}

static void more_months_than_are_kept_in_memory(void **state)
{
    struct world *w = *state;
    struct keys k;
    struct str s[2 * KEYS_CACHED_MAX], out;
    opened(w, &k);
    for (size_t i = 0; i < ARRAY_LEN(s); i++)
        s[i] = sealed(w, &k, "opening", NOVEMBER + (int64_t)i * 31 * DAY_MS, i % 2 ? "odd" : "even");
    for (size_t i = 0; i < ARRAY_LEN(s); i++) {
        WORLD_OK(w, unsealed(w, &k, "opening", s[i], &out));
        assert_true(str_is(out, i % 2 ? "odd" : "even"));
    }
    keys_close(&k);
}

static void a_pseudonym_is_the_same_every_time(void **state)
{
    struct world *w = *state;
    struct keys k;
    opened(w, &k);
    struct str one = keys_pseudonym(&k, STR("+442079460958"), &w->a),
               two = keys_pseudonym(&k, STR("+442079460959"), &w->a);
    assert_true(store_is_pseudonym(one));
    assert_int_equal(one.n, 24);
    assert_false(str_eq(one, two));
    keys_close(&k);
    opened(w, &k);
    assert_true(str_eq(one, keys_pseudonym(&k, STR("+442079460958"), &w->a)));
    keys_close(&k);
}

/* Identifier in the environment, pseudonym a credential, audit a file of another name, seal a folder of its own. */
static struct key_places scattered(struct world *w)
{
    assert_int_equal(setenv("EXPUNGE_TEST_ID_KEY", arena_cstr(&w->a, world_read(w, "keys/identifier.key")), 1), 0);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", world_path(w, "keys"), 1), 0);
    world_copy_file(w, "keys/audit.key", "signing");
    WORLD_OK(w, dir_make(world_path(w, "months"), 0700, &w->err));
    return (struct key_places){.identifier = STR("env:EXPUNGE_TEST_ID_KEY"),
                               .pseudonym = STR("credential:pseudonym.key"),
                               .audit = arena_fmt(&w->a, "file:%s/signing", w->dir),
                               .seal = str_of(world_path(w, "months"))};
}

static void each_may_have_its_own_place(void **state)
{
    struct world *w = *state;
    struct keys folder, k;
    struct str out;
    struct key_places places = scattered(w);
    opened(w, &folder);
    WORLD_OK(w, keys_open(&places, &k, &w->err));
    assert_memory_equal(k.identifier, folder.identifier, KEY_BYTES);
    assert_memory_equal(k.pseudonym, folder.pseudonym, KEY_BYTES);
    struct str s = sealed(w, &k, "opening", NOVEMBER, "contact-1");
    assert_true(world_has(w, "months/opening-2026-11.key"));
    assert_false(world_has(w, "keys/seal/opening-2026-11.key"));
    WORLD_OK(w, unsealed(w, &k, "opening", s, &out));
    assert_true(str_is(out, "contact-1"));
    keys_close(&folder);
    keys_close(&k);
}

static void refused(struct world *w, const struct key_places *places, enum status expected, const char *words)
{
    struct keys k;
    assert_int_equal(keys_open(places, &k, &w->err), expected);
    assert_true(str_contains(str_of(w->err.text), words));
    keys_close(&k);
}

static void a_place_that_holds_no_key_is_named(void **state)
{
    struct world *w = *state;
    struct key_places places = scattered(w), wrong = places;
    assert_int_equal(setenv("EXPUNGE_TEST_ID_KEY", "5ec2e7", 1), 0);
    refused(w, &places, E_INVALID, "env:EXPUNGE_TEST_ID_KEY");
    assert_false(str_contains(str_of(w->err.text), "5ec2e7"));
    assert_int_equal(unsetenv("EXPUNGE_TEST_ID_KEY"), 0);
    refused(w, &places, E_ABSENT, "env:EXPUNGE_TEST_ID_KEY");
    places = scattered(w);
    wrong.pseudonym = STR("credential:nobody");
    refused(w, &wrong, E_ABSENT, "credential:nobody");
    wrong = places;
    wrong.seal = str_of(world_path(w, "nowhere"));
    refused(w, &wrong, E_ABSENT, "nowhere");
    assert_int_equal(chmod(world_path(w, "signing"), 0644), 0);
    refused(w, &places, E_DENIED, "chmod 600");
    assert_int_equal(unlink(world_path(w, "signing")), 0);
    refused(w, &places, E_ABSENT, "signing");
}

#define KEYS_TEST(f) cmocka_unit_test_setup_teardown(f, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {KEYS_TEST(they_are_made_once),
                                       KEYS_TEST(the_audit_key_has_the_logs_name),
                                       KEYS_TEST(a_key_others_can_read_is_refused),
                                       KEYS_TEST(damaged_and_missing_keys_are_named),
                                       KEYS_TEST(what_is_sealed_comes_back_after_reopening),
                                       KEYS_TEST(purpose_and_month_have_their_own),
                                       KEYS_TEST(destroying_one_destroys_its_month_alone),
                                       KEYS_TEST(more_months_than_are_kept_in_memory),
                                       KEYS_TEST(a_pseudonym_is_the_same_every_time),
                                       KEYS_TEST(each_may_have_its_own_place),
                                       KEYS_TEST(a_place_that_holds_no_key_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_bad_logs.c - logs whose bytes are sound and signed, but which tell a story that cannot be: each is found, by the program
 * and by tests/verify_log.py alike, at the same entry and in the same words. Stories that can be are found good by both.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/verify.h"
#include "base/file.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define OWN "0123456789abcdef0123456789abcdef"

#define INTENT(id, n, more)                                                                                            \
    "{\"actor\":\"ann\"," more "\"at\":1000000000,\"chains_root\":\"" HASH "\",\"effects\":[\"erase\"],\"id\":\"" id "\",\"n\":" n         \
    ",\"policy\":\"p\",\"reason\":\"OPERATOR\",\"stores\":[\"s\"],\"type\":\"INTENT\",\"v\":1}"
#define OUTCOME(intent, outcome, verdict)                                                                              \
    "{\"actor\":\"ann\",\"at\":1000000000,\"chain\":\"" HASH "\",\"id\":\"" OWN "\",\"ids\":[],\"intent\":" intent                      \
    ",\"stores\":{\"s\":{\"" outcome "\":1}},\"type\":\"OUTCOME\",\"v\":1,\"verdict\":\"" verdict "\"}"
#define VERIFIED(intent, outcome, verdict)                                                                             \
    "{\"actor\":\"ann\",\"at\":1000000000,\"chain\":\"" HASH "\",\"id\":\"" OWN "\",\"ids\":[],\"intent\":" intent                      \
    ",\"residuals\":[],\"stores\":{\"s\":{\"" outcome "\":1}},\"times\":{\"s\":1000000000},\"type\":\"VERIFIED\",\"v\":1,"             \
    "\"verdict\":\"" verdict "\"}"
#define APPROVED(actor, more)                                                                                          \
    "{\"actor\":\"" actor "\",\"at\":1000000000," more "\"digest\":\"" HASH "\",\"id\":\"" B "\",\"requester\":\"ann\","               \
    "\"type\":\"APPROVED\",\"v\":1}"
#define LOST(intent)                                                                                                   \
    "{\"actor\":\"ann\",\"at\":1000000000,\"chain\":\"" HASH "\",\"id\":\"" OWN "\",\"intent\":\"" intent "\",\"matter\":\"" HASH       \
    "\",\"result\":\"lost\",\"stores\":[\"s\"],\"type\":\"LOST_IN_FLIGHT\",\"v\":1}"
#define POLICY(approval)                                                                                               \
    "{\"actor\":\"ann\",\"approval\":\"" approval "\",\"at\":1000000000,\"counts\":{},\"id\":\"" OWN "\",\"previous\":null,"           \
    "\"type\":\"POLICY_CHANGED\",\"v\":1,\"version\":\"p\"}"
#define OVERRIDE(approval)                                                                                             \
    "{\"actor\":\"ann\",\"approval\":\"" approval "\",\"at\":1000000000,\"id\":\"" OWN "\",\"type\":\"OVERRIDE\",\"v\":1,"              \
    "\"what\":\"guard\"}"
#define RESUMED(at) "{\"actor\":\"ann\",\"at\":" at ",\"id\":\"" OWN "\",\"type\":\"RESUMED\",\"v\":1}"
#define CLOCK(at) "{\"actor\":\"ann\",\"at\":" at ",\"id\":\"" OWN "\",\"now\":" at ",\"type\":\"CLOCK_CONFIRMED\",\"v\":1}"
#define BY(id) "\"" id "\""

enum { ENTRIES_MAX = 8, GOOD = FINDING_COUNT };

static const struct told {
    const char *name;
    const char *entries[ENTRIES_MAX];
    int finding; /* GOOD: none */
    uint64_t index;
    uint64_t open; /* intents without all their outcomes */
} TOLD[] = {
    {"intent, outcome, read back", {INTENT(A, "1", ""), OUTCOME(BY(A), "gone", "VERIFYING"), VERIFIED(BY(A), "absent", "PURGED")}, GOOD, 0, 0},
    {"an intent that is not finished", {INTENT(A, "3", ""), OUTCOME(BY(A), "gone", "VERIFYING")}, GOOD, 0, 1},
    {"nothing had to be changed", {VERIFIED("null", "absent", "PURGED"), OUTCOME("null", "held", "LITIGATION_HOLD")}, GOOD, 0, 0},
    {"approved by another", {APPROVED("bob", ""), INTENT(A, "1", "\"approval\":\"" B "\",")}, GOOD, 0, 1},
    {"a delay stood in", {APPROVED("ann", "\"delay\":\"P3D\","), POLICY(B), OVERRIDE(B)}, GOOD, 0, 0},
    {"lost in flight", {INTENT(A, "1", ""), LOST(A)}, GOOD, 0, 1},
    {"the clock was put back on purpose", {RESUMED("2000000000"), CLOCK("1000000000"), RESUMED("1000000001")}, GOOD, 0, 0},
    {"back by five minutes", {RESUMED("2000000000"), RESUMED("1999700000")}, GOOD, 0, 0},

    {"erased before the intent", {OUTCOME(BY(A), "gone", "VERIFYING"), INTENT(A, "1", "")}, FINDING_NO_INTENT, 0, 1},
    {"erased under an intent nobody wrote", {INTENT(A, "1", ""), OUTCOME(BY(B), "gone", "VERIFYING")}, FINDING_NO_INTENT, 1, 1},
    {"erased under no intent", {OUTCOME("null", "gone", "VERIFYING")}, FINDING_NO_INTENT, 0, 0},
    {"overwritten under no intent", {OUTCOME("null", "pseudonymised", "RETAINED")}, FINDING_NO_INTENT, 0, 0},
    {"locked away under no intent", {OUTCOME("null", "restricted", "RETAINED")}, FINDING_NO_INTENT, 0, 0},
    {"submitted under no intent", {OUTCOME("null", "submitted", "VERIFYING")}, FINDING_NO_INTENT, 0, 0},
    {"read back without an intent", {VERIFIED(BY(A), "absent", "PURGED")}, FINDING_NO_INTENT, 0, 0},
    {"an approval taken for an intent", {APPROVED("bob", ""), OUTCOME(BY(B), "gone", "VERIFYING")}, FINDING_NO_INTENT, 1, 0},
    {"lost under an intent nobody wrote", {LOST(A)}, FINDING_NO_INTENT, 0, 0},
    {"more contacts than were meant", {INTENT(A, "1", ""), OUTCOME(BY(A), "gone", "VERIFYING"), OUTCOME(BY(A), "gone", "VERIFYING")}, FINDING_SURPLUS_OUTCOME, 2, 0},
    {"one of none", {INTENT(A, "0", ""), OUTCOME(BY(A), "absent", "VERIFYING")}, FINDING_SURPLUS_OUTCOME, 1, 0},
    {"one intent written twice", {INTENT(A, "1", ""), INTENT(A, "9", "")}, FINDING_INTENT_TWICE, 1, 1},
    {"approved by who asked", {APPROVED("ann", "")}, FINDING_SELF_APPROVED, 0, 0},
    {"an approval that came later", {POLICY(B), APPROVED("bob", "")}, FINDING_NO_APPROVAL, 0, 0},
    {"an override nobody approved", {APPROVED("bob", ""), OVERRIDE(A)}, FINDING_NO_APPROVAL, 1, 0},
    {"an intent nobody approved", {INTENT(A, "1", "\"approval\":\"" B "\",")}, FINDING_NO_APPROVAL, 0, 1},
    {"an intent taken for an approval", {INTENT(A, "1", ""), POLICY(A)}, FINDING_NO_APPROVAL, 1, 1},
    {"purged before it was read back", {INTENT(A, "1", ""), OUTCOME(BY(A), "gone", "PURGED")}, FINDING_VERDICT, 1, 0},
    {"purged while a store has it", {INTENT(A, "1", ""), VERIFIED(BY(A), "present", "PURGED")}, FINDING_VERDICT, 1, 1},
    {"purged while a store does not answer", {INTENT(A, "1", ""), VERIFIED(BY(A), "unknown", "PURGED")}, FINDING_VERDICT, 1, 1},
    {"purged while it is held", {VERIFIED("null", "held", "PURGED")}, FINDING_VERDICT, 0, 0},
    {"time runs back", {RESUMED("2000000000"), RESUMED("1999699999")}, FINDING_TIME, 1, 0},
};

static char dir[64];
static struct note_skey key;

static size_t entries_of(const struct told *t)
{
    size_t n = 0;
    while (n < ENTRIES_MAX && t->entries[n])
        n++;
    return n;
}

static enum status next(void *ctx, uint64_t index, struct str *out, struct err *err)
{
    (void)err;
    *out = str_of(((const struct told *)ctx)->entries[index]);
    return OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void publish(const struct told *t)
{
    struct hash leaves[ENTRIES_MAX];
    size_t n = entries_of(t);
    struct told copy = *t;
    struct entry_source source = {&copy, next};
    struct buf note;
    struct err err;
    char path[128];
    for (size_t i = 0; i < n; i++)
        leaves[i] = merkle_leaf(str_of(t->entries[i]));
    struct tree_head old = {0, merkle_empty_root()}, new = {n, merkle_root(leaves, n)};
    struct checkpoint cp = {.origin = STR("log.example/2026"), .size = n, .root = new.root};
    assert_int_equal(tiles_extend(dir, &old, &new, &source, &err), OK);
    buf_init(&note, NOTE_BYTES_MAX);
    assert_int_equal(checkpoint_sign(&cp, &key, 1, &note, &err), OK);
    (void)snprintf(path, sizeof(path), "%s/checkpoint", dir);
    assert_int_equal(file_write(path, buf_view(&note), 0644, &err), OK);
    buf_release(&note);
}

static struct verify_report program_says(void)
{
    struct note_vkey vkey = note_vkey_of(&key);
    struct verify_report r;
    struct arena a;
    struct err err;
    arena_init(&a, 1 << 20);
    assert_int_equal(verify_directory(dir, STR_NONE, &vkey, 1, NULL, &a, &r, &err), OK);
    r.origin = r.vkey = STR_NONE;
    arena_release(&a);
    return r;
}

/* Its status; what it prints is one JSON object. False: no Python here. */
static bool python_says(struct buf *out, int *status)
{
    struct note_vkey vkey = note_vkey_of(&key);
    struct buf text;
    char some[4096];
    int ends[2], how = 0;
    buf_init(&text, 4096);
    note_vkey_format(&vkey, &text);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execlp("python3", "python3", "tests/verify_log.py", "--json", dir, "--vkey", text.p, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    for (ssize_t n; (n = read(ends[0], some, sizeof(some))) > 0;)
        buf_add(out, some, (size_t)n);
    (void)close(ends[0]);
    buf_release(&text);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    *status = WEXITSTATUS(how);
    buf_char(out, '\0');
    return *status != 127;
}

static void expect_python(const struct told *t)
{
    struct buf out;
    char expected[200];
    int status;
    buf_init(&out, 1 << 16);
    if (!python_says(&out, &status)) {
        print_message("SKIPPED: no python3, the other verifier was not asked\n");
        buf_release(&out);
        return;
    }
    assert_int_equal(status, t->finding == GOOD ? 0 : 4);
    if (t->finding != GOOD) {
        (void)snprintf(expected, sizeof(expected), "{\"index\": %llu, \"what\": \"%s\"}", (unsigned long long)t->index,
                       finding_text((enum finding)t->finding));
        if (!strstr(out.p, expected))
            fail_msg("%s: %s is not in %s", t->name, expected, out.p);
    }
    (void)snprintf(expected, sizeof(expected), "\"intents_open\": %llu", (unsigned long long)t->open);
    if (!strstr(out.p, expected))
        fail_msg("%s: %s is not in %s", t->name, expected, out.p);
    buf_release(&out);
}

static void both_say_the_same(void **state)
{
    (void)state;
    unsigned char seed[KEY_BYTES] = {3};
    struct err err;
    bool caught[FINDING_COUNT] = {false};
    assert_int_equal(crypto_init(&err), OK);
    note_skey_init(&key, STR("log.example/2026"), NOTE_ED25519, seed);
    for (size_t i = 0; i < ARRAY_LEN(TOLD); i++) {
        const struct told *t = &TOLD[i];
        (void)snprintf(dir, sizeof(dir), "/tmp/bad-log-XXXXXX");
        assert_non_null(mkdtemp(dir));
        publish(t);
        struct verify_report r = program_says();
        if (r.mismatch.any)
            fail_msg("%s: %s %s", t->name, r.mismatch.what, r.mismatch.got);
        if (r.ok != (t->finding == GOOD))
            fail_msg("%s: ok %d", t->name, r.ok);
        if (!r.ok && ((int)r.meaning.first != t->finding || r.meaning.first_index != t->index))
            fail_msg("%s: %s at %llu", t->name, finding_text(r.meaning.first), (unsigned long long)r.meaning.first_index);
        if (!r.ok)
            caught[t->finding] = true;
        assert_int_equal(r.meaning.intents_open, t->open);
        expect_python(t);
        assert_int_equal(nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH), 0);
    }
    for (size_t f = 0; f < FINDING_COUNT; f++)
        assert_true(caught[f]); /* every kind of finding is planted once at least */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_say_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_tiledir.c - a published log of 300 entries in which one file was changed: the verifier finds it, whatever the
 * bytes; only the log as it was is ok. First byte: which file; the next two: where; the rest: what is written there
 * (to the end of the file when the second byte is odd).
 */
#include "audit/verify.h"
#include "tests/fuzz/lib/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define ORIGIN "log.example/fuzz"
enum { ENTRIES = 300 };
static const char *const files[] = {"checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000",
                                    "tile/entries/001.p/44"};
static struct str original[ARRAY_LEN(files)];
static struct arena kept;
static struct note_vkey vkey;

static enum status next(void *ctx, uint64_t index, struct str *out, struct err *err)
{
    static const char hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char *text = ctx;
    (void)err;
    int n = index == 0 ? snprintf(text, 1024,
                                  "{\"actor\":\"a\",\"at\":1000,\"chains_root\":\"%s\",\"effects\":[\"erase\"],\"id\":"
                                  "\"%032x\",\"n\":%d,\"policy\":\"p\",\"reason\":\"OPERATOR\",\"stores\":[\"s\"],"
                                  "\"type\":\"INTENT\",\"v\":1}", hash, 0, ENTRIES)
                       : snprintf(text, 1024,
                                  "{\"actor\":\"a\",\"at\":1000,\"chain\":\"%s\",\"id\":\"%032x\",\"ids\":[],\"intent\":\"%032x\","
                                  "\"stores\":{\"s\":{\"gone\":%u}},\"type\":\"OUTCOME\",\"v\":1,\"verdict\":\"VERIFYING\"}",
                                  hash, (unsigned)index, 0, (unsigned)index);
    *out = (struct str){text, (size_t)n};
    return OK;
}

static void publish(void)
{
    static const unsigned char seed[KEY_BYTES] = "a seed that is no secret at all";
    static char text[1024];
    static struct hash leaves[ENTRIES];
    struct entry_source source = {.ctx = text, .next = next};
    struct tree_head old = {0, merkle_empty_root()}, new = {.size = ENTRIES};
    struct checkpoint cp = {.origin = STR(ORIGIN), .size = ENTRIES};
    struct note_skey key;
    struct str entry;
    struct buf note;
    struct err err;
    HOLDS_OK(crypto_init(&err), &err);
    note_skey_init(&key, STR(ORIGIN), NOTE_ED25519, seed);
    vkey = note_vkey_of(&key);
    for (size_t i = 0; i < ENTRIES; i++) {
        HOLDS(next(text, i, &entry, &err) == OK);
        leaves[i] = merkle_leaf(entry);
    }
    new.root = cp.root = merkle_root(leaves, ENTRIES);
    HOLDS_OK(tiles_extend(fuzz_dir(), &old, &new, &source, &err), &err);
    buf_init(&note, NOTE_BYTES_MAX);
    HOLDS_OK(checkpoint_sign(&cp, &key, 1, &note, &err), &err);
    fuzz_put("checkpoint", buf_view(&note));
    buf_release(&note);
}

static void release(void)
{
    arena_release(&kept);
}

static bool verified(void)
{
    struct arena a;
    struct verify_report report;
    struct err err = {.code = OK};
    arena_init(&a, 64 << 20);
    enum status st = verify_directory(fuzz_dir(), STR_NONE, &vkey, 1, NULL, &a, &report, &err);
    HOLDS_ERR(st == OK, "the question was not answered", &err);
    HOLDS(report.ok || report.mismatch.any || report.meaning.any);
    HOLDS(!report.ok || (report.checkpoint_verified && report.entries_verified == ENTRIES));
    bool ok = report.ok;
    arena_release(&a);
    return ok;
}

static void begin(void)
{
    arena_init(&kept, 16 << 20);
    publish();
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        original[i] = fuzz_get(files[i], &kept);
        HOLDS(original[i].n > 0);
    }
    HOLDS(verified());
    HOLDS(atexit(release) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct buf changed;
    if (!original[0].p)
        begin();
    size_t file = fuzz_byte(&input) % ARRAY_LEN(files);
    bool to_end = fuzz_byte(&input) & 1;
    size_t at = fuzz_byte(&input);
    at = (at << 8 | fuzz_byte(&input)) % (original[file].n + 1);
    struct str was = original[file], rest = {was.p + at, was.n - at};
    buf_init(&changed, 4 << 20);
    buf_add(&changed, was.p, at);
    buf_str(&changed, input);
    if (!to_end && input.n < rest.n)
        buf_add(&changed, rest.p + input.n, rest.n - input.n);
    fuzz_put(files[file], buf_view(&changed));
    HOLDS(verified() == str_eq(buf_view(&changed), was));
    fuzz_put(files[file], was);
    buf_release(&changed);
    return 0;
}

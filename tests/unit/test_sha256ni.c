/* test_sha256ni.c - OpenSSL is the judge: every number of blocks, messages that differ, states that go on. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256ni.h"

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/crypto.h"

enum { BLOCKS = 40, BLOCK_BYTES = 64 };

static void fill(unsigned char *p, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = (unsigned char)(seed >> 24);
    }
}

static void compare(const unsigned char *a, const unsigned char *b, size_t blocks)
{
    SHA256_CTX x, y;
    uint32_t mine[2][8];
    (void)SHA256_Init(&x);
    (void)SHA256_Init(&y);
    memcpy(mine[0], x.h, sizeof(mine[0]));
    memcpy(mine[1], y.h, sizeof(mine[1]));
    sha256ni_two(mine[0], a, mine[1], b, blocks);
    (void)SHA256_Update(&x, a, blocks * BLOCK_BYTES);
    (void)SHA256_Update(&y, b, blocks * BLOCK_BYTES);
    assert_memory_equal(mine[0], x.h, sizeof(mine[0]));
    assert_memory_equal(mine[1], y.h, sizeof(mine[1]));
}

static void test_as_the_library_does(void **state)
{
    (void)state;
    static unsigned char a[BLOCKS * BLOCK_BYTES + 16], b[sizeof(a)];
    if (!sha256ni_available()) {
        fprintf(stderr, "SKIPPED: this processor has no SHA instructions\n");
        skip();
    }
    for (size_t blocks = 0; blocks <= BLOCKS; blocks++)
        for (uint32_t seed = 1; seed <= 50; seed++) {
            fill(a, sizeof(a), seed * 2 + (uint32_t)blocks);
            fill(b, sizeof(b), seed * 3 + 7);
            compare(a + seed % 16, b + seed % 7, blocks); /* from any place in memory */
            compare(a, a, blocks);
        }
}

/* What callers see, on any processor: lengths around every border, mixed, an odd one out. */
static void test_each_of_many(void **state)
{
    (void)state;
    static char bytes[5000];
    static struct str texts[700];
    static struct hash out[700];
    fill((unsigned char *)bytes, sizeof(bytes), 5);
    for (size_t n = 0; n <= ARRAY_LEN(texts); n = n < 4 ? n + 1 : n + 58) {
        for (size_t i = 0; i < n; i++)
            texts[i] = (struct str){bytes + i % 13, n % 2 ? i * 7 % 300 : i < 650 ? i : 4096 + i};
        sha256_each(0x01, texts, n, out);
        for (size_t i = 0; i < n; i++) {
            struct hash expected = sha256_2(STR("\x01"), texts[i]);
            assert_memory_equal(out[i].b, expected.b, HASH_BYTES);
        }
    }
    texts[0] = STR_NONE;
    texts[1] = STR("");
    sha256_each(0x00, texts, 2, out);
    struct hash expected = sha256(STR("\0"));
    assert_memory_equal(out[0].b, expected.b, HASH_BYTES);
    assert_memory_equal(out[1].b, expected.b, HASH_BYTES);
}

/* The hashes of a level may take the place of those below. */
static void test_in_place(void **state)
{
    (void)state;
    static struct hash level[64], expected[32];
    struct str pairs[32];
    fill(level[0].b, sizeof(level), 11);
    for (size_t i = 0; i < 32; i++) {
        pairs[i] = (struct str){(const char *)level[2 * i].b, 2 * HASH_BYTES};
        expected[i] = sha256_2(STR("\x01"), pairs[i]);
    }
    sha256_each(0x01, pairs, 31, level); /* an odd one out at the end */
    assert_memory_equal(level, expected, 31 * sizeof(*level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_library_does),
        cmocka_unit_test(test_each_of_many),
        cmocka_unit_test(test_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/sha256ni.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* CPUID leaf 1: SSSE3 and SSE4.1 in ECX; leaf 7: SHA in EBX (Intel SDM, vol. 2A). clang 14 has no name for "sha". */
static bool ask_cpu(void)
{
    enum { SSSE3 = 1 << 9, SSE41 = 1 << 19, SHA = 1 << 29 };
    unsigned eax, ebx, ecx, edx;
    bool sse = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & SSSE3) && (ecx & SSE41);
    return sse && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & SHA);
}

/* Asked once: on a virtual machine CPUID costs more than a hash. Two threads that ask at once hear the same. */
bool sha256ni_available(void)
{
    enum { UNKNOWN, NO, YES };
    static _Atomic int known = UNKNOWN;
    int k = known;
    if (k == UNKNOWN)
        known = k = ask_cpu() ? YES : NO;
    return k == YES;
}

#define NI __attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline

/* The instructions want the eight words as ABEF and CDGH. */
struct halves { __m128i abef, cdgh; };

NI struct halves halves_of(const uint32_t state[8])
{
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    return (struct halves){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
}

NI void put_halves(struct halves h, uint32_t state[8])
{
    __m128i feba = _mm_shuffle_epi32(h.abef, 0x1B), dchg = _mm_shuffle_epi32(h.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

NI void load_block(__m128i w[4], const unsigned char *p)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), big_endian);
}

/* Four rounds, and the four words of the schedule that take the place of those just used (sixteen rounds later). */
NI void four_rounds(struct halves *h, __m128i w[4], int quad)
{
    __m128i sum = _mm_add_epi32(w[quad & 3], _mm_load_si128((const __m128i *)(const void *)&K[4 * quad]));
    h->cdgh = _mm_sha256rnds2_epu32(h->cdgh, h->abef, sum);
    h->abef = _mm_sha256rnds2_epu32(h->abef, h->cdgh, _mm_shuffle_epi32(sum, 0x0E));
    if (quad < 12) {
        __m128i last = w[(quad + 3) & 3], seventh = _mm_alignr_epi8(last, w[(quad + 2) & 3], 4);
        __m128i part = _mm_add_epi32(_mm_sha256msg1_epu32(w[quad & 3], w[(quad + 1) & 3]), seventh);
        w[quad & 3] = _mm_sha256msg2_epu32(part, last);
    }
}

__attribute__((target("sha,sse4.1,ssse3"))) void
sha256ni_two(uint32_t state_a[8], const unsigned char *a, uint32_t state_b[8], const unsigned char *b, size_t blocks)
{
    struct halves x = halves_of(state_a), y = halves_of(state_b);
    for (; blocks > 0; blocks--, a += 64, b += 64) {
        struct halves x_was = x, y_was = y;
        __m128i v[4], w[4];
        load_block(v, a);
        load_block(w, b);
#pragma GCC unroll 16
        for (int quad = 0; quad < 16; quad++) {
            four_rounds(&x, v, quad);
            four_rounds(&y, w, quad);
        }
        x = (struct halves){_mm_add_epi32(x.abef, x_was.abef), _mm_add_epi32(x.cdgh, x_was.cdgh)};
        y = (struct halves){_mm_add_epi32(y.abef, y_was.abef), _mm_add_epi32(y.cdgh, y_was.cdgh)};
    }
    put_halves(x, state_a);
    put_halves(y, state_b);
}

#else

bool sha256ni_available(void)
{
    return false;
}

void sha256ni_two(uint32_t state_a[8], const unsigned char *a, uint32_t state_b[8], const unsigned char *b, size_t blocks)
{
    (void)state_a, (void)a, (void)state_b, (void)b, (void)blocks;
    ASSERT(!"this processor");
}

#endif

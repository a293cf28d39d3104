/*
 * sha256ni.h - SHA-256's block function for two messages at once, by the processor's own instructions (x86-64 SHA-NI).
 *
 * One message leaves the processor waiting for itself: each round needs the one before. Two, interleaved, are done in about
 * the time of one, which is what makes the verification of a log faster than the library's hash alone (bench/audit.c).
 * crypto.c alone uses it, where it is there; OpenSSL does everything else, and is its test.
 */
#ifndef EXPUNGE_SHA256NI_H
#define EXPUNGE_SHA256NI_H

#include "base/base.h"

bool sha256ni_available(void);
/* Takes `blocks` blocks of 64 bytes of each message into its state (FIPS 180-4, section 6.2.2). Only where available. */
void sha256ni_two(uint32_t state_a[8], const unsigned char *a, uint32_t state_b[8], const unsigned char *b, size_t blocks);

#endif

/* policy_case.h - policies from YAML, and legs and chains to judge by them, for tests of the rules. */
#ifndef EXPUNGE_TESTS_POLICY_CASE_H
#define EXPUNGE_TESTS_POLICY_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/decide.h"

/* A policy of every sort of category: std (P2Y, the default), fin (keep P5Y, confirmed, P7Y), fin_open (the same, not
 * confirmed), hipaa (keep P3Y, resists nothing, P6Y), bare (keep P1Y without a law, P2Y), fraud (hold, P6Y from
 * case_closed), year (P6Y from end_of_year), eight others. All times UTC. */
extern const char *const policy_case_yaml;

struct policy_case {
    struct arena a;
    struct policy policy;
    struct str problems; /* what was reported; empty: none */
};
void policy_case_init(struct policy_case *c, const char *yaml, const char *zone);
void policy_case_release(struct policy_case *c);

int64_t at(const char *rfc3339_or_date); /* in UTC */
/* A leg of this category that ended then, registered a minute later; key made from `n`. */
struct leg leg_case(unsigned char n, const char *category, int64_t ended_ms);
/* A chain over legs the caller owns; all times unknown, nothing asked. */
struct chain chain_case(struct leg *legs, size_t n);
struct row_key key_case(unsigned char n);
struct decision decide_case(struct policy_case *c, const struct chain *chain, enum reason asked, enum regime regime,
                            int64_t now_ms);

#endif

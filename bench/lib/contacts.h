/*
 * contacts.h - invented contacts of Amazon Connect for benchmarks: as documents of about 2.5 KB, and as rows.
 *
 * Contact `i` is the same in every run: ids at random, `customers` who come back, recordings in folders by day. Every
 * tenth is the transfer of the one before. No data of real persons:
 * their numbers begin with +999, which no country has.
 */
#ifndef EXPUNGE_BENCH_CONTACTS_H
#define EXPUNGE_BENCH_CONTACTS_H

#include "engine/engine.h"

#define BENCH_NOW_MS INT64_C(1795226400000) /* 2026-11-21T02:00:00Z */
#define BENCH_INSTANCE "a1b2c3d4-0000-4000-8000-00000000beef"

struct bench_contact {
    char id[37], initial[37]; /* "": it is the first of its chain */
    char phone[24], customer[24];
    char queue[16], agent[16], category[24];
    char recording[160], screen[160]; /* bucket/key; "": none */
    int64_t started_ms, ended_ms, updated_ms;
};
void bench_contact(uint64_t i, int64_t started_ms, uint64_t customers, struct bench_contact *out);
/* One line. */
void bench_contact_json(const struct bench_contact *c, struct buf *b);
/* The leg a registry has of it. Text points into `c`. E_LIMIT: arena full. */
enum status bench_contact_leg(const struct bench_contact *c, const struct engine *e, struct arena *a, struct leg *out, struct err *err);

/* A new installation in `dir`, its engine opened; ends the program on failure. */
struct engine *bench_engine(const char *dir, bool make, int64_t now_ms);
/* A registry of that many contacts in the folder `dir`, built by big_registry unless there is one. */
void bench_registry(const char *dir, uint64_t contacts);

#endif

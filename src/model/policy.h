/*
 * policy.h - categories with their schedules, classification, and the version that is their digest (rules 2.1-2.8).
 */
#ifndef EXPUNGE_POLICY_H
#define EXPUNGE_POLICY_H

#include "base/json.h"
#include "base/yaml.h"
#include "model/filter.h"

enum start_event {
    START_INTERACTION_END, START_RECORD_CREATED, START_CASE_CLOSED, START_CONTRACT_END, START_END_OF_YEAR
};
const char *start_event_name(enum start_event e);
bool start_event_parse(struct str s, enum start_event *out);

enum regime { REGIME_NONE, REGIME_GDPR, REGIME_UK_GDPR, REGIME_CCPA, REGIME_OTHER, REGIME_COUNT };
const char *regime_name(enum regime r); /* gdpr, uk-gdpr, ccpa, other */
bool regime_parse(struct str s, enum regime *out);

struct law {
    struct str cite;
    bool resists[REGIME_COUNT]; /* Art. 17(3)(b): only where the law is that regime's own */
    struct str confirmed_by;    /* absent: nobody has confirmed it; it then neither refuses nor erases */
    int64_t confirmed_ms;
};
struct category {
    struct str name;
    struct period keep;        /* not before; .set false: none */
    struct period erase_after; /* .set false only with `hold` */
    struct period erase_within; /* default P30D */
    enum start_event from;
    struct law law;
    enum effect on_request[KIND_COUNT]; /* while `keep` binds: ERASE, PSEUDONYMISE or RESTRICT; [KIND_NONE]: default */
    struct str hold;           /* opens the matter HOLD/CHAIN when a contact is classified so */
    struct period review;      /* of that hold */
    struct str note;
    int line;                  /* in the YAML, for messages */
};
struct classify_rule { struct filter when; struct str category; /* a name, or "{attribute.NAME}" */ int line; };

struct policy {
    struct category *categories;
    size_t categories_n;
    struct classify_rule *rules;
    size_t rules_n;
    struct str default_category;
    const struct zone *zone;
    struct period minimum_age;    /* P1D, expiry only */
    struct period hold_grace;     /* P14D */
    struct period cooling_off;    /* P7D */
    struct period verify_again;   /* P1D */
    struct period open_ask_after; /* P30D */
    struct str version;           /* hex of the first 8 bytes of the digest */
    struct hash digest;
};

/* Reads `categories`, `classify`, `default_category` and the periods from the configuration's root map. Every problem
 * is reported with its place; *out is usable only when none was added. The problems include: keep > erase_after, unknown
 * keys, kinds and effects, a default or rule naming an unknown category, law.resists naming HIPAA-like non-regimes,
 * resists without cite, on_request without keep, from: without a period. */
enum status policy_read(const struct yaml *root, const struct zone *zone, struct arena *a, struct policy *out,
                        struct problems *p, struct err *err) MUST_USE;
/* One canonical JSON text (sorted keys), from which the digest is taken and a version is stored; and back again. */
enum status policy_write(const struct policy *policy, struct buf *b, struct err *err) MUST_USE;
enum { POLICY_BYTES_MAX = 1 << 20 };
enum status policy_version_of(const struct hash *digest, struct arena *a, struct str *out, struct err *err) MUST_USE;
enum status policy_load(struct str canonical, struct arena *a, struct policy *out, struct err *err) MUST_USE;

/* The keys of the configuration's root map that policy_read reads; ends with NULL. */
extern const char *const policy_keys[];

const struct category *policy_category(const struct policy *p, struct str name); /* NULL: no such */
/* The category that decides about a leg: its own, else the default. *unmapped: by a value nobody has mapped, or a
 * category this policy does not have (rule 2.6). */
const struct category *policy_category_of(const struct policy *p, const struct leg *leg, bool *unmapped);
/* A category's number in the queues: the same in every policy version. policy_read reports two names that share one. */
uint16_t category_code(struct str name);
size_t policy_category_index(const struct policy *p, const struct category *c);

/* Rule 2.6: when several rules match, the latest keep wins, then the first. Sets category, unmapped, defaulted. */
void policy_classify(const struct policy *p, struct str source, struct leg *leg, struct arena *a);

/* The instant a leg's clock starts (rule 2.2), TIME_NONE when unknown or not yet told. */
int64_t policy_anchor_ms(const struct policy *p, const struct category *c, const struct leg *leg);
/* A `keep` whose start event has not happened yet binds without a known end: the last instant that can be written. */
#define KEEP_UNBOUNDED_MS TIME_MOST
/* Two dates of a leg. TIME_NONE: never (erase) or none (keep). An unmapped leg is kept until the longest keep.
 * ceiling: the anchor is unknown and the category's period after registration was used. due_ms >= keep_until_ms. */
struct dates { int64_t anchor_ms, keep_until_ms, due_ms, overdue_ms; bool ceiling; };
struct dates policy_dates(const struct policy *p, const struct leg *leg);

/* What changes between two versions, for activation's impact (rule 2.7). `category` names a category, or in round
 * brackets what is no category: "(hold_grace)", "(timezone)". Only what differs is listed, by name. */
struct policy_change {
    struct str category;
    bool shorter, longer, start_changed, added, removed, keep_shorter, law_changed;
};
enum status policy_compare(const struct policy *was, const struct policy *is, struct arena *a,
                           struct policy_change **out, size_t *n, bool *classification_changed, struct err *err) MUST_USE;

#endif

/*
 * contact.h - contacts, chains, artefacts and where the facts about them come from. Values only; no I/O.
 */
#ifndef EXPUNGE_CONTACT_H
#define EXPUNGE_CONTACT_H

#include "base/calendar.h"
#include "base/crypto.h"
#include "model/kind.h"

enum { ROW_KEY_BYTES = 16, ID_BYTES_MAX = 256, LEGS_MAX = 1000 };

/* HMAC(identifier key, domain, parts...), first 16 bytes. What rows, subjects and locators are found by. */
struct row_key { unsigned char b[ROW_KEY_BYTES]; };
bool row_key_eq(const struct row_key *a, const struct row_key *b);
bool row_key_is_none(const struct row_key *k); /* all zero */
struct row_key row_key_of_contact(const struct hmac_key *identifier, struct str source, struct str id);
/* The chain of a contact that was registered when the chain keyed by its id, of others that state it as their first, was
 * erased or being erased: that row is theirs. */
struct row_key row_key_of_late_chain(const struct hmac_key *identifier, struct str source, struct str id);
struct row_key row_key_of_request(const struct hmac_key *identifier, struct str request_id);
struct row_key row_key_of_matter(const struct hmac_key *identifier, struct str matter);
/* What lies in one folder begins alike (3 bytes; the other 13 are the locator's own): contacts that come in together, whose
 * recordings lie in folders by date, then meet few pages of a large index. */
enum { LOCATOR_FOLDER_BYTES = 3 };
struct row_key row_key_of_locator(const struct hmac_key *identifier, struct str store, struct str locator);
/* The 16 bytes as 32 lower-case hex digits: how a key is named where ids may not be. */
struct str row_key_hex(const struct row_key *k, struct arena *a);

/* A person is known by identifiers; each is kept only as a keyed hash (Art. 4(5) GDPR: still personal data). */
enum subject_type { SUBJECT_PHONE, SUBJECT_EMAIL, SUBJECT_CUSTOMER_ID, SUBJECT_EXTERNAL_ID, SUBJECT_SOCIAL_ID, SUBJECT_TYPE_COUNT };
const char *subject_type_name(enum subject_type t); /* phone, email, customer_id, external_id, social_id */
bool subject_type_parse(struct str s, enum subject_type *out);
struct row_key row_key_of_subject(const struct hmac_key *identifier, enum subject_type type, struct str normal);
/* Normal form: phone to E.164 using the source's country (ISO 3166 alpha-2, may be absent: then only numbers with
 * '+', '00' or 'tel:+' are taken); e-mail trimmed and lower-cased; others trimmed. E_INVALID: not such an identifier
 * ("anonymous", withheld numbers, too short, no '@'). */
enum status subject_normalise(enum subject_type type, struct str raw, struct str country, struct arena *a, struct str *out,
                              struct err *err) MUST_USE;

/* An identifier as a document or a request gives it, in clear, only while in memory. */
struct identifier { enum subject_type type; struct str value; /* normal form */ int64_t from_ms, to_ms; /* TIME_NONE: open */ };

/* Where a document says an artefact lies. `place` is what the vendor calls the store: a bucket, an index, an API. */
struct locator { enum artefact_kind kind; struct str place, path; };

struct attribute { struct str name, value; };

/* Facts with the version (vendor's own update time, ms; 0: unversioned) of the document each was taken from, so that
 * the newest document wins field by field (rule 2.7). A field no document carried has version -1. */
enum fact {
    FACT_INITIAL, FACT_STARTED, FACT_ENDED, FACT_CHANNEL, FACT_QUEUE, FACT_AGENT, FACT_DIRECTION, FACT_ATTRIBUTES,
    FACT_CREATED, FACT_CASE_CLOSED, FACT_CONTRACT_END, FACT_CUSTOMERS, FACT_DIVISION, FACT_COUNT
};
/* One contact, as its documents tell it. Absent text is STR_NONE, absent time TIME_NONE. */
struct leg {
    struct row_key key;
    struct str id;      /* absent once erased */
    struct str initial; /* the initial contact's id as the document states it; absent: none stated */
    int64_t started_ms, ended_ms; /* plausible or TIME_NONE (rule 2.2) */
    int64_t created_ms, case_closed_ms, contract_end_ms;
    struct str channel; /* lower case: voice, chat, email, sms, whatsapp, task, callback, social, webform, ... */
    struct str queue, agent, direction, division;
    struct attribute *attributes;
    size_t attributes_n;
    int64_t customers; /* how many customers took part; 0: not stated */
    bool time_suspect; /* some stated time was implausible: reported, anchor unknown */
    bool end_stated;   /* a document said that it ended */
    struct str category;  /* the name it was classified to; stored so that a later policy can show the difference */
    bool unmapped;        /* classified by a value nobody has mapped (rule 2.6) */
    struct str unmapped_value;
    bool defaulted;       /* no rule matched */
    int64_t registered_ms;
    int64_t fact_version_ms[FACT_COUNT];
    int64_t newest_ms; /* newest document seen */
    struct hash newest_digest; /* of that document's facts: tells a duplicate from an update */
    struct locator *locators;
    size_t locators_n;
    struct row_key *subjects;
    size_t subjects_n;
    struct str *related; /* ids of other contacts that are links only */
    size_t related_n;
};

/* Membership of a chain in a hold by ids. Standing holds are not listed here until membership is filled in. */
struct chain_hold { struct row_key matter; int64_t since_ms; struct row_key leg; };

/* Why a chain is being erased, remembered from acceptance to PURGED. */
struct mandate {
    enum reason reason;     /* REASON_NONE: nothing asks */
    struct str actor;       /* who: account id or os:NAME@HOST */
    struct str request_id;  /* the person's request, when that is it */
    struct str regime;      /* of the request: gdpr, uk-gdpr, ccpa, other */
    struct str run_id;
    struct str note;        /* --reason, sealed text of the operator; committed in the log, never in clear */
    int64_t accepted_ms, deadline_ms;
    struct row_key digest; /* first 16 bytes of the plan digest it came by; zero: none */
};

enum chain_queue { /* product: architecture.md 2.2. Stored numbers. */
    QUEUE_NONE, QUEUE_DUE /* by category, time = anchor */, QUEUE_KEPT /* by category, time = anchor */,
    QUEUE_MIXED /* time = computed due */, QUEUE_RETRY, QUEUE_VERIFY, QUEUE_REQUEST, QUEUE_WAKE, QUEUE_RISEN,
    QUEUE_PARKED, QUEUE_DOWN, QUEUE_REVIEW, QUEUE_GONE /* category: enum gone_place */, QUEUE_OPEN /* no end stated; time = last news */,
    QUEUE_LEDGER /* ledger lines, by time of last change */, QUEUE_COUNT
};

/* Only where the row stands in its queue, not a fact about the chain: one that is written anew stands in the first again. */
enum gone_place { GONE_WITH_OPENING, GONE_OPENING_DESTROYED };

/* The unit of decision. */
struct chain {
    struct row_key key;
    uint64_t version; /* of the row; 0: not stored yet */
    struct str source;
    enum chain_state state;
    struct leg *legs;
    size_t legs_n;
    struct chain_hold *holds;
    size_t holds_n;
    struct chain_hold *past_holds; /* released; since_ms is the release */
    size_t past_holds_n;
    int64_t grace_until_ms; /* rule 2.11; TIME_NONE: none */
    struct mandate mandate;
    struct row_key worker; /* who has claimed it; zero: nobody */
    int64_t claimed_ms;
    struct row_key open_intent; /* announced, and its OUTCOME not logged yet: a crash came between; zero: none */
    struct row_key intent; /* entry id of the last intent; zero: none */
    bool submitted_any;    /* a change was sent under the current mandate */
    /* work between visits */
    int64_t next_ms;       /* when the queue brings it back */
    int64_t tries, first_try_ms;
    bool failed;           /* past a store's horizon: asks for a person (rule 2.18) */
    bool needs_decision;
    struct str decision_why; /* why a person must decide; no personal data */
    struct str decided;      /* what a person decided: "erase", "keep", "category:NAME" */
    int64_t verified_ms;     /* first complete verification; TIME_NONE */
    int64_t verified_again_ms;
    int64_t purged_ms;
    int64_t scrubbed_until_ms;  /* rest ages out then; TIME_NONE: unknown or nothing left */
    int64_t retained_until_ms;
    int64_t risen_ms;           /* a document about an erased contact arrived then */
    int64_t echoes;
    bool partial;               /* some store still owes */
    struct str away_store;      /* configured name of one that could not be searched at the last visit; absent: none */
    enum chain_queue queue;     /* where the row stands; set by the registry front when it is written */
    uint16_t queue_category;
    int64_t queue_time_ms;
    int64_t registered_ms;
    struct str policy_version;  /* in force when it was last decided */
};

/* One piece of data in a store, as found, and what became of it. */
struct residual { struct str kind; int64_t until_ms; /* TIME_NONE: no bounded date */ };
enum { TICKET_BYTES_MAX = 512, LOCATOR_BYTES_MAX = 4096, OWNERS_MAX = 1000 };
struct artefact {
    struct str store;       /* configured name */
    enum artefact_kind kind;
    enum scope scope;
    enum stage stage;
    struct str locator;     /* the driver's own, opaque to everyone else */
    struct row_key contact; /* which leg (row key) it belongs to */
    struct row_key *owners; /* shared, subject: every contact it belongs to, this one included; n == 0: cannot tell */
    size_t owners_n;
    /* Of a search only, not stored. Contacts whose it would be too, if they are registered: a longer id that the name may
     * hold, another document's locator. Then it is shared, and goes with all of them or not at all. */
    struct row_key *claims;
    size_t claims_n;
    bool in_doubt;          /* of a visit only: sent_ms was set because a worker died that may have sent a change */
    const struct locator *named_by; /* the target's locator it was found by; NULL: by its id */
    bool of_source;         /* the store tells sources apart: the same id of another source is another's */
    int64_t count;          /* 0: not counted */
    struct str ticket;      /* the driver's memory between visits; nothing personal */
    enum effect effect;     /* what is being done to it */
    enum outcome outcome;
    int64_t sent_ms;        /* a change of its data has been sent to the store since then; TIME_NONE: never, or recalled */
    enum mirror mirror;     /* of a hold, in the store's own locks */
    int64_t at_ms;          /* of the outcome */
    int64_t verified_ms;    /* read back; TIME_NONE: not yet */
    int64_t not_before_ms;  /* settle time, poll or retry: do nothing earlier */
    int64_t tries, first_try_ms;
    struct residual *residuals;
    size_t residuals_n;
    struct str note;        /* why it failed or stays: a sentence without personal data */
};

/* Plain helpers on the values. */
void leg_init(struct leg *leg); /* no fact known: times TIME_NONE, versions -1, newest_ms -1, text absent */
struct leg *chain_leg(const struct chain *c, const struct row_key *key);
int64_t chain_started_ms(const struct chain *c);     /* earliest, TIME_NONE: unknown */
int64_t chain_ended_ms(const struct chain *c);       /* latest; TIME_NONE while any leg's is unknown */
bool chain_is_open(const struct chain *c);           /* some leg has stated no end */
bool chain_claimed(const struct chain *c);
/* Rule 2.7: newest document wins field by field; locators and subjects accumulate. Returns true when anything changed.
 * `from` is one document's facts, its fact_version_ms[f] >= 0 for each field it carries. Arena full: *full = true, and
 * `into` is as it was. An equal value with a newer version is no change but moves the version: keep the row also when
 * newest_ms grew, else a late document between the two would win. */
bool leg_merge(struct leg *into, const struct leg *from, struct arena *a, bool *full);

#endif

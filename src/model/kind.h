/*
 * kind.h - the closed lists of the field: kinds of artefact, scopes, effects, outcomes, states, statuses, reasons.
 * The names are product.md's, in configuration, JSON and audit log alike. Numbers are stored: append, never renumber.
 */
#ifndef EXPUNGE_KIND_H
#define EXPUNGE_KIND_H

#include "base/base.h"

enum artefact_kind {
    KIND_NONE, KIND_CONTACT_RECORD, KIND_ATTRIBUTES, KIND_RECORDING, KIND_SCREEN_RECORDING, KIND_VIDEO, KIND_IMAGE,
    KIND_TRANSCRIPT, KIND_ANALYSIS, KIND_SENTIMENT, KIND_EVALUATION, KIND_SURVEY, KIND_CHAT_MESSAGE, KIND_SMS,
    KIND_WHATSAPP, KIND_EMAIL, KIND_EMAIL_THREAD, KIND_ATTACHMENT, KIND_WEBFORM, KIND_SOCIAL_MESSAGE,
    KIND_SOCIAL_COMMENT, KIND_PROFILE, KIND_INDEX_DOCUMENT, KIND_WAREHOUSE_ROW, KIND_EVENT_RECORD, KIND_EXPORT,
    KIND_COUNT
};
/* contact: this contact's alone. shared: several contacts' (a thread, an archive file). subject: a person's. */
enum scope { SCOPE_CONTACT, SCOPE_SHARED, SCOPE_SUBJECT };

/* What store_change may be asked to do. Bits, so that a driver can say which it is able to. */
enum effect {
    EFFECT_NONE = 0, EFFECT_ERASE = 1, EFFECT_BLANK = 2, EFFECT_PSEUDONYMISE = 4, EFFECT_RESTRICT = 8,
    EFFECT_LOCK = 16, EFFECT_UNLOCK = 32, EFFECT_RECALL = 64
};

/* What became of an artefact. Zero is "we do not know", and unknown is never gone (rule 2.17). */
enum outcome {
    OUT_UNKNOWN, OUT_GONE, OUT_ABSENT, OUT_SCRUBBED, OUT_PSEUDONYMISED, OUT_RESTRICTED, OUT_UNRESTRICTED,
    OUT_NOT_DELETABLE, OUT_RETAINED, OUT_HELD, OUT_REFUSED, OUT_SUBMITTED, OUT_RETRY, OUT_FAILED, OUT_ATTESTED,
    OUT_PRESENT, OUT_COUNT
};

/* How a hold is mirrored in a store that has locks of its own (rule 2.13). Zero: no lock of ours is there. */
enum mirror {
    MIRROR_NONE, MIRROR_MIRRORED, MIRROR_FAILED, MIRROR_NOT_APPLICABLE, MIRROR_OVER_QUOTA,
    MIRROR_FOREIGN /* locked already, by somebody else: theirs is never lifted */, MIRROR_COUNT
};

/* When in the order of rule 2.15 a kind is changed: the system of record first, copies of it when it has settled. */
enum stage { STAGE_RECORD, STAGE_FREE, STAGE_DERIVED };

enum chain_state { CHAIN_ACTIVE, CHAIN_ERASING, CHAIN_ERASED, CHAIN_REVIEW, CHAIN_ANNOUNCED /* held before known */ };

/* What people see; computed, in this order of precedence (product.md section 1). */
enum contact_status {
    STATUS_PURGING, STATUS_LITIGATION_HOLD, STATUS_NEEDS_DECISION, STATUS_FAILED, STATUS_PARTIAL, STATUS_VERIFYING,
    STATUS_RETAINED, STATUS_SCRUBBED, STATUS_PURGED, STATUS_OPEN, STATUS_EXPIRY_DUE, STATUS_ACTIVE, STATUS_COUNT
};

enum reason {
    REASON_NONE, REASON_RETENTION_EXPIRY, REASON_GDPR_ERASURE, REASON_CCPA_ERASURE, REASON_OPERATOR, REASON_RISEN,
    REASON_REPLAYED, REASON_COUNT
};

/* Names for JSON, YAML and the log; never NULL. *_parse answers false for a name not in the list. */
const char *kind_name(enum artefact_kind k);
bool kind_parse(struct str s, enum artefact_kind *out);
const char *scope_name(enum scope s);
const char *effect_name(enum effect e); /* of a single bit */
const char *outcome_name(enum outcome o);
bool outcome_parse(struct str s, enum outcome *out);
const char *mirror_name(enum mirror m);
const char *chain_state_name(enum chain_state s);
const char *contact_status_name(enum contact_status s);
bool contact_status_parse(struct str s, enum contact_status *out);
const char *reason_name(enum reason r);
bool reason_parse(struct str s, enum reason *out);

/* Nothing of it is left that we could erase: gone, absent. */
bool outcome_is_gone(enum outcome o);
/* The duty for this artefact is done or answered: gone, absent, scrubbed, pseudonymised, restricted, unrestricted,
 * not_deletable, retained, attested. */
bool outcome_is_settled(enum outcome o);

#endif

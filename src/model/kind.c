/* kind.c - names of the closed lists, in the order of their enums. */
#include "model/kind.h"

/* A number that is no member (a damaged row) is named like this, so that printing never fails. */
static const char INVALID[] = "invalid";

static const char *const kind_names[KIND_COUNT] = {
    [KIND_NONE] = "none",
    [KIND_CONTACT_RECORD] = "contact_record",
    [KIND_ATTRIBUTES] = "attributes",
    [KIND_RECORDING] = "recording",
    [KIND_SCREEN_RECORDING] = "screen_recording",
    [KIND_VIDEO] = "video",
    [KIND_IMAGE] = "image",
    [KIND_TRANSCRIPT] = "transcript",
    [KIND_ANALYSIS] = "analysis",
    [KIND_SENTIMENT] = "sentiment",
    [KIND_EVALUATION] = "evaluation",
    [KIND_SURVEY] = "survey",
    [KIND_CHAT_MESSAGE] = "chat_message",
    [KIND_SMS] = "sms",
    [KIND_WHATSAPP] = "whatsapp",
    [KIND_EMAIL] = "email",
    [KIND_EMAIL_THREAD] = "email_thread",
    [KIND_ATTACHMENT] = "attachment",
    [KIND_WEBFORM] = "webform",
    [KIND_SOCIAL_MESSAGE] = "social_message",
    [KIND_SOCIAL_COMMENT] = "social_comment",
    [KIND_PROFILE] = "profile",
    [KIND_INDEX_DOCUMENT] = "index_document",
    [KIND_WAREHOUSE_ROW] = "warehouse_row",
    [KIND_EVENT_RECORD] = "event_record",
    [KIND_EXPORT] = "export",
};

static const char *const scope_names[] = {
    [SCOPE_CONTACT] = "contact", [SCOPE_SHARED] = "shared", [SCOPE_SUBJECT] = "subject"};

static const char *const outcome_names[OUT_COUNT] = {
    [OUT_UNKNOWN] = "unknown",
    [OUT_GONE] = "gone",
    [OUT_ABSENT] = "absent",
    [OUT_SCRUBBED] = "scrubbed",
    [OUT_PSEUDONYMISED] = "pseudonymised",
    [OUT_RESTRICTED] = "restricted",
    [OUT_UNRESTRICTED] = "unrestricted",
    [OUT_NOT_DELETABLE] = "not_deletable",
    [OUT_RETAINED] = "retained",
    [OUT_HELD] = "held",
    [OUT_REFUSED] = "refused",
    [OUT_SUBMITTED] = "submitted",
    [OUT_RETRY] = "retry",
    [OUT_FAILED] = "failed",
    [OUT_ATTESTED] = "attested",
    [OUT_PRESENT] = "present",
};

static const char *const mirror_names[MIRROR_COUNT] = {
    [MIRROR_NONE] = "none",
    [MIRROR_MIRRORED] = "mirrored",
    [MIRROR_FAILED] = "failed",
    [MIRROR_NOT_APPLICABLE] = "not_applicable",
    [MIRROR_OVER_QUOTA] = "over_quota",
    [MIRROR_FOREIGN] = "foreign",
};

static const char *const chain_state_names[] = {
    [CHAIN_ACTIVE] = "active", [CHAIN_ERASING] = "erasing",     [CHAIN_ERASED] = "erased",
    [CHAIN_REVIEW] = "review", [CHAIN_ANNOUNCED] = "announced",
};

static const char *const contact_status_names[STATUS_COUNT] = {
    [STATUS_PURGING] = "PURGING",
    [STATUS_LITIGATION_HOLD] = "LITIGATION_HOLD",
    [STATUS_NEEDS_DECISION] = "NEEDS_DECISION",
    [STATUS_FAILED] = "FAILED",
    [STATUS_PARTIAL] = "PARTIAL",
    [STATUS_VERIFYING] = "VERIFYING",
    [STATUS_RETAINED] = "RETAINED",
    [STATUS_SCRUBBED] = "SCRUBBED",
    [STATUS_PURGED] = "PURGED",
    [STATUS_OPEN] = "OPEN",
    [STATUS_EXPIRY_DUE] = "EXPIRY_DUE",
    [STATUS_ACTIVE] = "ACTIVE",
};

static const char *const reason_names[REASON_COUNT] = {
    [REASON_NONE] = "NONE",
    [REASON_RETENTION_EXPIRY] = "RETENTION_EXPIRY",
    [REASON_GDPR_ERASURE] = "GDPR_ERASURE",
    [REASON_CCPA_ERASURE] = "CCPA_ERASURE",
    [REASON_OPERATOR] = "OPERATOR",
    [REASON_RISEN] = "RISEN",
    [REASON_REPLAYED] = "REPLAYED",
};

static const char *name_at(const char *const *names, size_t n, size_t i)
{
    return i < n && names[i] != NULL ? names[i] : INVALID;
}

/* Names from `first` on may be given; the members below it mean "none" and are never written by people. */
static bool index_of(const char *const *names, size_t first, size_t n, struct str s, size_t *out)
{
    for (size_t i = first; i < n; i++) {
        if (str_is(s, names[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

const char *kind_name(enum artefact_kind k)
{
    return name_at(kind_names, ARRAY_LEN(kind_names), (size_t)k);
}

bool kind_parse(struct str s, enum artefact_kind *out)
{
    size_t i;
    if (!index_of(kind_names, KIND_NONE + 1, ARRAY_LEN(kind_names), s, &i))
        return false;
    *out = (enum artefact_kind)i;
    return true;
}

const char *scope_name(enum scope s)
{
    return name_at(scope_names, ARRAY_LEN(scope_names), (size_t)s);
}

const char *effect_name(enum effect e)
{
    switch (e) {
    case EFFECT_NONE:
        return "none";
    case EFFECT_ERASE:
        return "erase";
    case EFFECT_BLANK:
        return "blank";
    case EFFECT_PSEUDONYMISE:
        return "pseudonymise";
    case EFFECT_RESTRICT:
        return "restrict";
    case EFFECT_LOCK:
        return "lock";
    case EFFECT_UNLOCK:
        return "unlock";
    case EFFECT_RECALL:
        return "recall";
    default: /* several bits, or none of ours */
        return INVALID;
    }
}

const char *outcome_name(enum outcome o)
{
    return name_at(outcome_names, ARRAY_LEN(outcome_names), (size_t)o);
}

bool outcome_parse(struct str s, enum outcome *out)
{
    size_t i;
    if (!index_of(outcome_names, OUT_UNKNOWN, ARRAY_LEN(outcome_names), s, &i))
        return false;
    *out = (enum outcome)i;
    return true;
}

const char *mirror_name(enum mirror m)
{
    return name_at(mirror_names, ARRAY_LEN(mirror_names), (size_t)m);
}

const char *chain_state_name(enum chain_state s)
{
    return name_at(chain_state_names, ARRAY_LEN(chain_state_names), (size_t)s);
}

const char *contact_status_name(enum contact_status s)
{
    return name_at(contact_status_names, ARRAY_LEN(contact_status_names), (size_t)s);
}

bool contact_status_parse(struct str s, enum contact_status *out)
{
    size_t i;
    if (!index_of(contact_status_names, STATUS_PURGING, ARRAY_LEN(contact_status_names), s, &i))
        return false;
    *out = (enum contact_status)i;
    return true;
}

const char *reason_name(enum reason r)
{
    return name_at(reason_names, ARRAY_LEN(reason_names), (size_t)r);
}

bool reason_parse(struct str s, enum reason *out)
{
    size_t i;
    if (!index_of(reason_names, REASON_NONE + 1, ARRAY_LEN(reason_names), s, &i))
        return false;
    *out = (enum reason)i;
    return true;
}

bool outcome_is_gone(enum outcome o)
{
    return o == OUT_GONE || o == OUT_ABSENT;
}

bool outcome_is_settled(enum outcome o)
{
    switch (o) {
    case OUT_GONE:
    case OUT_ABSENT:
    case OUT_SCRUBBED:
    case OUT_PSEUDONYMISED:
    case OUT_RESTRICTED:
    case OUT_UNRESTRICTED:
    case OUT_NOT_DELETABLE:
    case OUT_RETAINED:
    case OUT_ATTESTED:
        return true;
    case OUT_UNKNOWN:
    case OUT_HELD:
    case OUT_REFUSED:
    case OUT_SUBMITTED:
    case OUT_RETRY:
    case OUT_FAILED:
    case OUT_PRESENT:
    case OUT_COUNT:
        return false;
    }
    return false; /* unknown is never gone (rule 2.17) */
}

/*
 * contact_view.h - one contact as people see it: facts, status, holds, what became of each artefact; the decision with
 * its reasons; what the stores hold now (`contact show`, `explain`, `locate`, the console's View Contact Record).
 */
#ifndef EXPUNGE_CONTACT_VIEW_H
#define EXPUNGE_CONTACT_VIEW_H

#include "engine/journal.h"

/* matter: absent when the reader may not see it (rule 2.14). released_ms: TIME_NONE in force. */
struct hold_view { struct str matter, by; int64_t since_ms, released_ms; };
struct contact_view {
    struct str source, id;
    struct chain chain;          /* an erased one with the ids its ledger still has */
    struct leg leg;              /* this contact's */
    struct str *ids;             /* of the chain's legs, as far as known */
    size_t ids_n;
    struct str *related;
    size_t related_n;
    struct str category;         /* the one that decides */
    bool unmapped;
    int64_t anchor_ms, keep_until_ms, due_ms; /* anchor: the leg's; the two dates: the chain's */
    enum contact_status status;
    struct hold_view *holds, *past_holds;
    size_t holds_n, past_holds_n;
    struct str *requests;
    size_t requests_n;
    struct artefact *artefacts;  /* found so far, with outcomes; of this chain */
    size_t artefacts_n;
    struct residual *residuals;  /* of no artefact: places its documents name that no configured store looks at */
    size_t residuals_n;
};
/* see_matters: the reader has hold.view. E_ABSENT: no such chain or leg any more. */
enum status contact_view(struct engine *e, const struct found_contact *which, bool see_matters, struct arena *a, struct contact_view *out,
                         struct err *err) MUST_USE;
struct str artefact_locator_hash(const struct engine *e, const struct artefact *f, struct arena *a); /* hex */

/* The decision a visit would take now. as: absent what the contact's own mandate or schedule asks; else "schedule", "order",
 * "gdpr", "uk-gdpr", "ccpa" or "other". E_INVALID: another word. */
enum status contact_explain(struct engine *e, const struct row_key *chain, struct str as, struct arena *a, struct decision *out,
                            struct err *err) MUST_USE;

/* Live from every store. */
struct located { struct str store; enum artefact_kind kind; enum scope scope; struct str locator; struct row_key contact;
                 bool there; /* found now */ enum outcome recorded; /* OUT_UNKNOWN: nothing was done to it */ int64_t at_ms, count; };
struct searched { struct str store; enum { SEARCH_WHOLE, SEARCH_BLIND, SEARCH_UNSURE, SEARCH_AWAY } saw; struct str why; };
struct location {
    struct located *items; size_t items_n, items_cap;
    struct searched *stores; size_t stores_n;
    bool whole;                  /* every store was seen whole */
};
/* The stores must be open (OPEN_STORES). What is recorded but not found now is listed too. A store that fails does not stop
 * the others. */
enum status contact_locate(struct engine *e, const struct found_contact *which, struct arena *a, struct location *out, struct err *err) MUST_USE;

/* The legs of a chain with ids (an erased one's from its ledger) and its artefacts with outcomes. */
enum status contact_whole(struct engine *e, struct chain *c, struct arena *a, struct artefact **work, size_t *n, struct err *err) MUST_USE;

#endif

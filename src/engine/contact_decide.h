/*
 * contact_decide.h - what a person adds to a contact: a decision where the rules ask for one, and a start event that no
 * document carries (rules 2.2, 2.5, 2.6, 2.18, 2.20).
 */
#ifndef EXPUNGE_CONTACT_DECIDE_H
#define EXPUNGE_CONTACT_DECIDE_H

#include "engine/journal.h"

/* decision: "erase", "keep" or "category:NAME" of the schedule in force. Written with its DECIDED entry; the chain is placed
 * anew. Erase leaves an order behind, unless a request asks already: the next run, or a visit, carries it out. A hold
 * still stands above it. E_CONFLICT: nothing about this contact asks for a decision, it is erased, or a worker has it.
 * E_DENIED: a category makes it due earlier, so a second person must approve the digest that *err names (rule 2.7); once it is
 * approved, the same decision told again is taken. */
enum status contact_decide(struct engine *e, const struct row_key *chain, struct str decision, struct str note, struct arena *a,
                           struct chain *after, struct err *err) MUST_USE;

/* event: "case_closed" or "contract_end". Told again, the later telling counts. E_INVALID: another event, or a time that is
 * not plausible (rule 2.2: what has not happened yet cannot be told). E_CONFLICT: erased. */
enum status contact_event(struct engine *e, const struct found_contact *which, struct str event, int64_t at_ms, struct arena *a, struct err *err) MUST_USE;
struct event_line { size_t line; struct str id, event; int64_t at_ms; enum status status; struct str why; };
/* CSV of id, event, at; a first line with these names is a heading. Each line stands for itself: one that is wrong or unknown
 * costs no other, and says why. E_INVALID: no CSV at all. */
enum status contact_events(struct engine *e, struct str csv, struct str source, struct arena *a, struct event_line **out, size_t *n, struct err *err) MUST_USE;

#endif

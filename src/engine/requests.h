/*
 * requests.h - a person's request from receipt to answer (rule 2.28).
 */
#ifndef EXPUNGE_REQUESTS_H
#define EXPUNGE_REQUESTS_H

#include "engine/visit.h"
#include "model/request.h"

struct request_order {
    enum regime regime;
    struct str ground, identity_checked, note;
    int64_t received_ms;
    const struct identifier *identifiers; /* normalised */
    size_t identifiers_n;
};
/* Identifiers from a file or standard input: lines "phone +44...", "email a@b", "customer_id X", each optionally followed by
 * "from DATE" and "to DATE"; '#' comments; or the same as JSON. Errors name the line, never the value. */
enum status request_read_identifiers(struct str content, struct str country, const struct zone *z, struct arena *a,
                                     struct identifier **out, size_t *n, struct err *err) MUST_USE;
enum status request_open(struct engine *e, const struct request_order *o, struct arena *a, struct request *out, struct err *err) MUST_USE;
/* Identity has been checked, and how (the method, never the document): a request being verified is assessed from now on. */
enum status request_verify(struct engine *e, struct str id, struct str how, struct arena *a, struct request *out, struct err *err) MUST_USE;
/* Proposes chains by subject hash (also those newly registered since); new proposals are stored. Withheld identifiers match nobody. */
enum status request_propose(struct engine *e, struct str id, struct arena *a, struct request *out, struct err *err) MUST_USE;
/* chains empty: every candidate proposed. Confirming more than 500 needs an approval. */
enum status request_decide_candidates(struct engine *e, struct str id, const struct str *contacts, size_t n, bool confirm, struct arena *a, struct request *out, struct err *err) MUST_USE;
/* Contacts confirmed that a person must decide about (`contact decide`), by id, at most `max`; *n: how many there are. */
enum status request_undecided(struct engine *e, const struct request *q, size_t max, struct arena *a, struct str **ids, size_t *n, struct err *err) MUST_USE;
/* Runs what is confirmed now: mandates are set, visits made; the state moves to running, partial or completed (not while a
 * proposal is undecided). E_DENIED: identity not checked, or more than 500 contacts and no approval; the sentence names the digest. */
enum status request_run(struct engine *e, struct str id, const struct row_key *worker, struct arena *a, struct request *out, struct visit_stats *stats, struct err *err) MUST_USE;
enum status request_extend(struct engine *e, struct str id, struct str why, struct arena *a, struct err *err) MUST_USE;
enum status request_refuse(struct engine *e, struct str id, struct str why, struct arena *a, struct err *err) MUST_USE;
enum status request_withdraw(struct engine *e, struct str id, struct arena *a, struct err *err) MUST_USE;
/* Moves requests whose chains have settled since (law or hold ended): called at the end of every purge. */
enum status requests_follow_up(struct engine *e, struct arena *a, struct err *err) MUST_USE;
/* The answer to the person, as text and HTML (letter.c). */
enum status request_letter(struct engine *e, struct str id, bool html, struct arena *a, struct buf *out, struct err *err) MUST_USE;
#endif

/*
 * certificate.h - what can be shown to a stranger about one contact or one request: the VERIFIED entry, its place in
 * the log, and how to check both with common tools. It says no more than was measured.
 */
#ifndef EXPUNGE_CERTIFICATE_H
#define EXPUNGE_CERTIFICATE_H

#include "engine/engine.h"

struct certificate_options {
    struct str source; /* of a contact given by its id alone */
    bool disclose;     /* write openings.json: the contact ids behind this entry's commitments; logged as DISCLOSED */
    struct str recipient; /* to whom, as a code; absent: "holder" */
};
/* What the certificate says; certificate.json has the same. */
struct certificate {
    struct str source, id;       /* as given; written into the files only with `disclose` */
    struct str reference;        /* row key in hex: names the contact without saying who it is */
    enum contact_status status;  /* now */
    bool erased;                 /* status PURGED, and the entry says so: only then is it called erased */
    struct str headline, why;    /* for people: what stands */
    bool proven;                 /* a VERIFIED entry goes with it */
    struct str statement, proof; /* exact bytes of the entry; text of the .tlog-proof */
    uint64_t index;
    struct str verdict, law;                                              /* of the entry; absent: none */
    int64_t at_ms, until_ms, registered_ms, purged_ms, verified_again_ms; /* TIME_NONE: not (yet) */
    struct str reason, request, actor, run;
    struct str stores, times, residuals; /* raw JSON of the entry; absent: none */
    struct str later; /* raw JSON list of stores that came after it was purged, and when they were searched; absent: none */
    struct str origin, vkey;
    struct str openings; /* raw JSON list; absent: not disclosed */
    int64_t issued_ms;
};
struct certificate_report {
    struct certificate *certificates;
    size_t n;
    struct str folder;
    bool all_erased;
};

/* Writes the folder (made if needed; a certificate there before is replaced): statement.json, statement.tlog-proof,
 * trust.policy, certificate.json, certificate.html, VERIFY.txt, and openings.json when disclosed. While nothing is
 * proven only certificate.json, certificate.html and VERIFY.txt, which say so. The log is published first when it has
 * to be. E_ABSENT: the contact is unknown. E_INVALID: it is ambiguous (name its source). */
enum status certificate_of_contact(struct engine *e, struct str given, const struct certificate_options *o,
                                   const char *folder, struct arena *a, struct certificate_report *out,
                                   struct err *err) MUST_USE;
/* One subfolder per confirmed contact (001, 002, ...) and a summary with the request's state. */
enum status certificate_of_request(struct engine *e, struct str request_id, const struct certificate_options *o,
                                   const char *folder, struct arena *a, struct certificate_report *out,
                                   struct err *err) MUST_USE;

/* Parts, for their tests. */
enum status certificate_html(const struct certificate *c, struct buf *b, struct err *err) MUST_USE;
enum status certificate_json(const struct certificate *c, struct buf *b, struct err *err) MUST_USE;
enum status certificate_verify_text(const struct certificate *c, struct buf *b, struct err *err) MUST_USE;

#endif

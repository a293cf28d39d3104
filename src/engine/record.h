/*
 * record.h - one audit entry being put together: fields in any order, written in the log's one spelling at the end.
 *
 * Absent text, TIME_NONE and empty lists of optional fields are left out. Codes are made to fit what a code may hold,
 * so that no comma in a sentence can stop an erasure from being recorded; that nothing personal is in them is the
 * caller's duty. Private to the journal, the accounts and reopening.
 */
#ifndef EXPUNGE_RECORD_H
#define EXPUNGE_RECORD_H

#include "audit/commit.h"
#include "audit/entry_writer.h"
#include "engine/journal.h"

enum { RECORD_FIELDS_MAX = ENTRY_FIELDS_MAX };
enum record_form {
    RECORD_NULL,
    RECORD_TEXT,
    RECORD_INT,
    RECORD_BOOL,
    RECORD_HEX,
    RECORD_NAMES,
    RECORD_HASHES,
    RECORD_COUNTS,
    RECORD_OUTCOMES,
    RECORD_TIMES,
    RECORD_RESIDUALS
};
struct record_count {
    const char *name;
    uint64_t n;
};
struct record_field {
    const char *name;
    enum record_form form;
    struct str text;   /* TEXT; HEX: the bytes */
    int64_t number;    /* INT, BOOL; TIMES: where a tally says none */
    const void *items; /* of the lists */
    size_t items_n;
};
struct record {
    struct engine *engine;
    struct arena *a;
    char id[ENTRY_ID_DIGITS + 1];
    enum entry_type type;
    int64_t now_ms;
    struct record_field fields[RECORD_FIELDS_MAX];
    size_t n;
    bool full; /* the arena was: record_finish says so */
};

/* With id, type, time and who acts. */
void record_begin(struct record *r, struct engine *e, enum entry_type type, int64_t now_ms, struct arena *a);
/* With an entry id chosen before: what was written down ahead of the entry names it. */
void record_begin_as(struct record *r, struct engine *e, enum entry_type type, const struct row_key *id, int64_t now_ms, struct arena *a);
void record_text(struct record *r, const char *name, struct str text);
void record_code(struct record *r, const char *name, struct str text);
void record_null(struct record *r, const char *name);
void record_int(struct record *r, const char *name, int64_t n);
void record_count(struct record *r, const char *name, uint64_t n);
void record_time(struct record *r, const char *name, int64_t ms);
void record_bool(struct record *r, const char *name, bool b);
void record_hash(struct record *r, const char *name, const struct hash *h);
void record_id(struct record *r, const char *name, const struct row_key *id); /* of another entry */
/* The commitment under the opening's secret; absent value: left out. */
void record_commit(struct record *r, const char *name, const struct opening *o, const char *field, struct str value);
/* Sorted, without repetition. Written also when empty. */
void record_names(struct record *r, const char *name, const struct str *names, size_t n);
void record_hashes(struct record *r, const char *name, struct hash *hashes, size_t n); /* sorts them */
void record_counts(struct record *r, const char *name, const struct record_count *counts, size_t n);
void record_outcomes(struct record *r, const char *name, const struct store_tally *stores, size_t n);
void record_times(struct record *r, const char *name, const struct store_tally *stores, size_t n, int64_t ms);
void record_residuals(struct record *r, const char *name, const struct residual *residuals, size_t n);
/* What the console files it under and filters by; FUNC_NONE: nothing. */
void record_functionality(struct record *r, enum functionality f);

/* The entry, its memory the arena's. subject: whose opening shows what is committed; NULL: nobody's.
 * E_INVALID: not of the log's format, E_LIMIT: too long, out of memory. */
enum status record_finish(struct record *r, const struct row_key *subject, struct entry *out, struct err *err) MUST_USE;

#endif

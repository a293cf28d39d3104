/* ingest.h - documents into the registry (rules 2.2, 2.6, 2.7, 2.21; product.md section 3, `ingest`). */
#ifndef EXPUNGE_INGEST_H
#define EXPUNGE_INGEST_H
#include "engine/engine.h"
#include "intake/intake.h"

/* bytes: of the document, as far as there are any; a CSV record without its header. */
struct quarantine_line { struct str file, position, reason, bytes; };
struct ingest_report {
    uint64_t read, registered, updated, duplicate, risen, echo, ignored, quarantined;
    uint64_t defaulted_category, unmapped_category;
    uint64_t suspect_times;
    /* Called for each quarantined document, as it happens. */
    void (*on_quarantine)(void *ctx, const struct quarantine_line *line);
    void *ctx;
};
struct ingest_options {
    struct str source, format; /* "auto" or a name */
    unsigned threads;          /* 1: the caller alone; 0: as the machine has cores. What comes of it is the same */
    bool not_kept;             /* what is wrong is reported, not put into quarantine (it lies there already) */
};
/* One open file or pipe. What cannot be registered is kept in quarantine (quarantine.h). `file` is its name for messages. */
enum status ingest_fd(struct engine *e, int fd, struct str file, const struct ingest_options *o, struct ingest_report *report, struct err *err) MUST_USE;
/* A path: file, folder (walked in name order, hidden files skipped, links not followed out of it), or "-". */
enum status ingest_path(struct engine *e, const char *path, const struct ingest_options *o, struct ingest_report *report, struct err *err) MUST_USE;
#endif

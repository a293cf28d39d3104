/*
 * reading.h - documents into batches: what ingest does before anything is written. Private to ingest.c.
 *
 * Reading asks the registry nothing and changes nothing outside the batch it fills, so that the next batch can be read by
 * another thread while the last one is written. What cannot be registered stands in the batch as refused.
 */
#ifndef EXPUNGE_READING_H
#define EXPUNGE_READING_H

#include "engine/batch.h"

struct reading {
    const struct engine *engine;
    const struct ingest_options *options;
    const struct intake_format *only; /* --format; NULL: auto */
    const struct source_config *source;
    struct docstream *stream;
    bool no_contacts;                 /* the whole file is of a kind that holds none (an e-mail message) */
    void *csv;                        /* state of the CSV format */
    struct arena csv_arena;
    struct arena nodes;               /* of one document's tree */
    bool header_done;
    struct str bytes, csv_header;     /* of the document being read */
    struct batch *batch;              /* being filled */
};
/* E_INVALID: an unknown format; E_IO: the file cannot be read. To be ended also then. */
enum status reading_begin(struct reading *r, const struct engine *e, int fd, const struct ingest_options *o, struct err *err) MUST_USE;
void reading_end(struct reading *r);
/* Documents until the batch is full or there are no more (*end). */
enum status reading_fill(struct reading *r, struct batch *b, bool *end, struct err *err) MUST_USE;

#endif

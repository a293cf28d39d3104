/* ids.h - contact ids from a file: one a line, or the first or the named column of a CSV file. */
#ifndef EXPUNGE_IDS_H
#define EXPUNGE_IDS_H

#include "base/arena.h"

/* Calls `add` for each id in order. '#' at the start of a line begins a comment; empty lines and a byte order mark are
 * skipped. When the first line is a CSV header (separator ',' ';' or tab) with a column id, contact_id, contactid or
 * conversation_id (any case), that column is taken, else the whole line. E_INVALID names the line. */
enum status ids_read(struct str content, enum status (*add)(void *ctx, struct str id, struct err *err), void *ctx,
                     struct arena *a, struct err *err) MUST_USE;

#endif

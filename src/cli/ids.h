/* ids.h - contact ids from a file: one a line, or the id column of a CSV file. */
#ifndef EXPUNGE_IDS_H
#define EXPUNGE_IDS_H

#include "base/arena.h"

/* Said in the help of every command that takes such a file. */
#define IDS_HELP                                                                                                       \
    "A file of ids has one id a line, taken as it stands: spaces belong to the id, and a line that begins with # is "  \
    "an id too. The first line is a header when it is exactly id or contact_id, or has a comma (or has ; or tab and "  \
    "names an id column); exactly one column must then be called id, contact_id or conversation_id."

/* Calls `add` for each id in order, byte for byte as it is written; empty lines and a byte order mark are skipped, and
 * \n or \r\n ends a line. In a CSV file an empty id, several id columns or none are refused. E_INVALID names the line.
 * Takes memory for one line; a line has at most 64 KB. */
enum status ids_read(int fd, enum status (*add)(void *ctx, struct str id, struct err *err), void *ctx,
                     struct err *err) MUST_USE;
/* The same for a path, or "-" for standard input; errors name it. */
enum status ids_read_path(const char *path, enum status (*add)(void *ctx, struct str id, struct err *err), void *ctx,
                          struct err *err) MUST_USE;
/* Why an id may be unknown: "" or that it has a space at its start or end. */
const char *ids_spaces(struct str id);

#endif

/* persons.h - a person's identifiers from a file or standard input: never from arguments, which others can see. */
#ifndef EXPUNGE_PERSONS_H
#define EXPUNGE_PERSONS_H

#include "cli/cli.h"

/* path "-" is standard input. National phone numbers are read with the country of `source`, else of the only country
 * that is configured. The engine is open. E_INVALID: a line, or nothing in it. */
enum status cli_identifiers(struct cli *c, const char *path, struct str source, struct identifier **out, size_t *n,
                            struct err *err) MUST_USE;
/* "phone ...958": enough to tell one from another, not enough to call. */
struct str identifier_hint(const struct identifier *i, struct arena *a);

#endif

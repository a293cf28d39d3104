/* certificate_parts.h - the certificate's files among themselves. */
#ifndef EXPUNGE_CERTIFICATE_PARTS_H
#define EXPUNGE_CERTIFICATE_PARTS_H

#include "engine/certificate.h"

enum status certificate_of_chain(struct engine *e, const struct row_key *chain, const struct certificate_options *o,
                                 struct arena *a, struct certificate *out, struct err *err) MUST_USE;
enum status certificate_write(const struct certificate *c, const char *folder, struct arena *a,
                              struct err *err) MUST_USE;
/* Text of a checked entry, its escapes resolved. */
struct str certificate_plain(struct str quoted, struct arena *a);

#endif

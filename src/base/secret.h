/* secret.h - values that never stand in the configuration itself: env:NAME, file:PATH, credential:NAME (systemd). */
#ifndef EXPUNGE_SECRET_H
#define EXPUNGE_SECRET_H
#include "base/arena.h"
bool secret_is_reference(struct str s); /* starts with one of the three prefixes */
/* The value, one trailing newline removed. Errors name the reference, never the value. Relative file: paths are taken
 * from `base_dir`. credential:NAME reads $CREDENTIALS_DIRECTORY/NAME. */
enum status secret_read(struct str reference, struct str base_dir, struct arena *a, struct str *out, struct err *err) MUST_USE;
#endif

/* asking.h - a person who asks to be erased, in a contact centre. For tests of requests. */
#ifndef EXPUNGE_TEST_ASKING_H
#define EXPUNGE_TEST_ASKING_H

#include "engine/requests.h"
#include "tests/lib/centre.h"

#define ASKING_PHONE "+442079460123" /* of every centre_record */

/* Stores open, for setup; the clock is WORLD_NOW_MS. */
int asking_begin(void **state);
/* By that telephone number, received a day ago; identity: checked already. */
struct request asking_open(struct world *w, enum regime regime, bool identity);
struct request asking_read(struct world *w, struct str id);
/* Everything proposed is confirmed. */
void asking_confirm(struct world *w, struct str id);
enum status asking_try(struct world *w, struct str id, struct request *out);
struct request asking_run(struct world *w, struct str id);
struct str asking_letter(struct world *w, struct str id, bool html);
/* A confirmed legal minimum for a category of the policy in force, against GDPR requests. */
void asking_law(struct world *w, const char *category, const char *keep);

#endif

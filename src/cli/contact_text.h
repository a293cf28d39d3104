/* contact_text.h - a contact's page on a terminal and as JSON (product.md section 3, `contact show`). */
#ifndef EXPUNGE_CONTACT_TEXT_H
#define EXPUNGE_CONTACT_TEXT_H

#include "cli/cli.h"
#include "engine/contact_view.h"

void contact_json(struct cli *c, const struct contact_view *v);
void contact_text(struct cli *c, const struct contact_view *v);
struct str outcome_words(enum outcome o); /* people read "deleted" for gone */

/* What each store has still to do, in the order met; at most max stores. why: the note of the first, else its outcome. */
enum { OWED_MAX = 32 };
struct owed { struct str store, why; int64_t artefacts, next_ms; };
size_t owed_by_store(const struct contact_view *v, struct owed *out, size_t max);
/* The same of a contact under way, and the store that could not be searched: it has no artefact to count. */
size_t owed_of(const struct contact_view *v, struct owed *out, size_t max);
struct str owed_words(struct cli *c, const struct owed *o);

/* A date as people are told it; TIME_NONE for one that means "no end in sight". */
int64_t stated(int64_t ms);
/* What to say where no artefact is listed. */
const char *no_artefacts_words(const struct chain *c);
/* Why it is kept while a grace runs (rule 2.11); absent when none does. */
struct str grace_words(const struct chain *c, const struct hold *holds, size_t holds_n, int64_t now_ms, struct arena *a);

#endif

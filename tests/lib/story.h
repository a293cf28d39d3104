/* story.h - a chain's way through the log: asked for, intended, done, read back; as a visit writes it. */
#ifndef EXPUNGE_TEST_STORY_H
#define EXPUNGE_TEST_STORY_H

#include "engine/journal.h"
#include "tests/lib/world.h"

struct story {
    struct chain chain;
    struct opening opening;
    struct entry requested, intent, outcome, verified;
};
/* Stores the chain of one contact, its opening, and the entries. `verdict` is what VERIFIED says; on PURGED the chain's
 * row becomes a tombstone. */
struct story world_story(struct world *w, const char *id, enum contact_status verdict);
/* The opening stored, so that what it opens can be shown. */
void story_keep_opening(struct world *w, struct opening *o);
/* Row and opening gone, entries blanked: as when its period has ended. */
void story_destroy_opening(struct world *w, const struct opening *o);
/* n entries about nobody. */
void story_fill(struct world *w, size_t n);

#endif

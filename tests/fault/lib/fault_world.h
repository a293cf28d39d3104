/* fault_world.h - the small contact centre of the fault stories: two folders, a database, contacts due, held and young. */
#ifndef EXPUNGE_FAULT_WORLD_H
#define EXPUNGE_FAULT_WORLD_H

enum { WORLD_PATH_MAX = 256, STATE_MAX = 16384 };

/* A folder of its own; made by the program's own commands. */
void world_make(char dir[WORLD_PATH_MAX]);
void world_copy(const char *from, const char *to);
void world_remove(const char *dir);
/* What is registered, how each contact stands, what of it is in the stores, how many documents wait in quarantine: the same
 * text for the same world. Lines beginning with BAD: an invariant is broken. */
void world_state(const char *dir, char out[STATE_MAX]);
/* Fails the test unless it ends with 0 or 1. args end with NULL. fault_story.c has it. */
void world_command(const char *dir, const char *now, const char *const *args);

void prepare_documents(const char *dir); /* `more`: one document of each format */
void prepare_request(const char *dir);   /* R-2026-000001, confirmed */
void prepare_erased(const char *dir);    /* due-1, due-2 erased */

#endif

/* folder_world.h - a temporary folder with files in it, for tests. */
#ifndef EXPUNGE_TEST_FOLDER_WORLD_H
#define EXPUNGE_TEST_FOLDER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/folder.h"

struct folder_world { char dir[64]; };
void folder_world_make(struct folder_world *w); /* with the control file ".mounted" */
void folder_world_remove(struct folder_world *w);
void folder_put(const struct folder_world *w, const char *path, const char *content); /* folders on the way are made */
bool folder_has(const struct folder_world *w, const char *path); /* a link counts too */
/* Content, at most 64 KB, until the next call with the same buffer; "" when there is none. */
const char *folder_read(const struct folder_world *w, const char *path, char out[65536]);
void folder_path(const struct folder_world *w, const char *path, char out[512]);
size_t folder_files(const struct folder_world *w); /* how many plain files there are, the control file not counted */

#endif

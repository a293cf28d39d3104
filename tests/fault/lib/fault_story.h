/*
 * fault_story.h - stories of the program's commands, each run with its Nth call failing, for one N after another.
 *
 * Every command runs in a process of its own (forked, through cli_main), so that an abort, a leak or a descriptor left open is
 * seen and belongs to one N. After it: it ended with a status and a sentence, the invariants of architecture.md hold, status
 * 0 means that all of it was done, and the next run without faults ends in the world that a run without faults ends in.
 *
 * FAULT_STRIDE=1: every N. Else a few of each story, spread by a fixed pattern. FAULT_STORIES: names, by spaces.
 */
#ifndef EXPUNGE_FAULT_STORY_H
#define EXPUNGE_FAULT_STORY_H

#include <stddef.h>

#include "tests/fault/lib/fault.h"

/* What fails, and for how long: `at` is filled in. To be called by main; its status. */
int fault_suite(const struct fault *faults, size_t n);

#endif

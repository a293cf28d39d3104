/*
 * doctor.h - what is missing or unsafe in an installation, line by line. Looks only; changes nothing.
 */
#ifndef EXPUNGE_DOCTOR_H
#define EXPUNGE_DOCTOR_H

#include "engine/engine.h"

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_WARNING, /* works today; somebody will be sorry later */
    DOCTOR_PROBLEM  /* unsafe, or something owed is not done */
};
const char *doctor_level_name(enum doctor_level level); /* ok, warning, problem */

/* `text` says what is so and, unless it is OK, what to do next. */
struct doctor_line { enum doctor_level level; const char *check; struct str text; };
struct doctor {
    struct engine *e;
    struct arena *a;
    struct doctor_line *lines;
    size_t n, cap;
    bool full; /* a line had no room */
};
/* Everything, in order. The engine was opened with its stores. What cannot be looked at is a line, too; the status is not
 * OK only where the registry fails, or with E_LIMIT. */
enum status doctor_examine(struct engine *e, struct arena *a, struct doctor *out, struct err *err) MUST_USE;

/* ---- between its files ---- */
void doctor_say(struct doctor *d, enum doctor_level level, const char *check, const char *fmt, ...) PRINTF(4, 5);
/* doctor_files.c: modes of files and folders, what lies beside what, room on the disk, age of keys and of what is published. */
void doctor_files(struct doctor *d);

#endif

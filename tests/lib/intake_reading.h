/*
 * intake_reading.h - reading synthetic documents in tests of src/intake.
 */
#ifndef EXPUNGE_TESTS_INTAKE_READING_H
#define EXPUNGE_TESTS_INTAKE_READING_H

#include "intake/intake.h"

/* 2026-11-21T12:00:00Z: what these tests call now. */
#define READING_NOW_MS INT64_C(1795262400000)

struct reading {
    struct arena arena;
    struct intake_context context;
    struct options options;
    struct err err;
    struct intake_result result;
};
/* `yaml` (may be NULL) is the configured source's entry, read by the options of `format` and checked: must be right. */
void reading_init(struct reading *r, const struct intake_format *format, const char *yaml);
void reading_release(struct reading *r);
/* The problems of a source's entry, one a line, in the reading's arena; "" when there is none. */
const char *reading_problems(struct reading *r, const struct intake_format *format, const char *yaml);

/* Single quotes stand for double quotes, so that documents can be read in the source. */
const struct json *reading_json(struct reading *r, const char *text);
/* Asserts that the document holds one contact. */
const struct intake_contact *reading_contact(struct reading *r, const struct intake_format *format, const char *text);
/* Asserts that it is bad, for this reason. */
void reading_wrong(struct reading *r, const struct intake_format *format, const char *text, const char *reason);
/* The part of an opened document that is expected to be the only one. */
const struct intake_part *reading_part(struct reading *r, const char *text);

void assert_str(struct str s, const char *expected);       /* expected NULL: absent */
void assert_time(int64_t ms, const char *rfc3339);         /* NULL: TIME_NONE */
void assert_attribute(const struct intake_contact *c, const char *name, const char *value); /* NULL: there is none */
void assert_identifiers(const struct intake_contact *c, const char *expected); /* "phone:+44..., email:a@b"; "" none */
void assert_locators(const struct intake_contact *c, const char *expected);    /* "recording place path\n..." */
void assert_related(const struct intake_contact *c, const char *expected);     /* "id,id" */

#endif

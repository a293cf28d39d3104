/*
 * subjects.h - the option `subjects: {NAME: phone|email|customer_id|external_id|social_id}` of a source: which
 * attributes, or columns of a CSV file, identify a person. Names are compared exactly.
 */
#ifndef EXPUNGE_INTAKE_SUBJECTS_H
#define EXPUNGE_INTAKE_SUBJECTS_H

#include "intake/draft.h"

#define SUBJECTS_OPTION                                                                                                \
    {.name = "subjects",                                                                                               \
     .type = OPT_YAML,                                                                                                 \
     .help = "Which attributes identify a person: {NAME: phone | email | customer_id | external_id | social_id}."}

/* Reports what is wrong with the option's value. */
void subjects_check(const struct options *options, struct problems *p);
/* What `name` is, as configured. False: nothing is said about it. options may be NULL. */
bool subjects_type(const struct options *options, struct str name, enum subject_type *out);
/* Takes identifiers from the attributes gathered so far, and these attributes away: no identifier is kept in clear. */
enum status subjects_from_attributes(struct draft *d, struct err *err) MUST_USE;

#endif

/*
 * ignored.h - documents that are known and are no contacts: artefacts, notifications, logs.
 */
#ifndef EXPUNGE_INTAKE_IGNORED_H
#define EXPUNGE_INTAKE_IGNORED_H

#include "base/json.h"

/* What the document is, as static text ("an S3 event notification"); NULL: not known. Looks at names of fields only,
 * and never knows a document that a format recognises. */
const char *ignored_kind(const struct json *document);

#endif

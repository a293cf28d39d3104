/* backends.h - every registry backend, one line each. A new one: its source file, its line here, its test file. */
#ifndef EXPUNGE_BACKENDS_H
#define EXPUNGE_BACKENDS_H

#include "registry/backend.h"

extern const struct backend_driver backend_sqlite;
extern const struct backend_driver backend_postgresql;

#define BACKEND_LIST \
    &backend_sqlite, \
    &backend_postgresql,

#endif

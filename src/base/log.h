/*
 * log.h - structured lines to standard error ("level=warn event=... key=value"), one per call, written at once.
 * Only cli/ and the long-running engine loops log; libraries return errors. Never personal data, never secrets.
 */
#ifndef EXPUNGE_LOG_H
#define EXPUNGE_LOG_H
#include "base/base.h"
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_set_level(enum log_level least);
void log_line(enum log_level level, const char *event, const char *fmt, ...) PRINTF(3, 4); /* thread-safe */
#endif

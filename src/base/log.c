/* log.c - one line, one write: lines of several threads and processes do not mix. */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 2048 };

static _Atomic int least_level = LOG_INFO; /* the process's one log level; everything else is passed by value */

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info";
    case LOG_WARN:
        return "warn";
    case LOG_ERROR:
        return "error";
    }
    return "?";
}

void log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    if ((int)level < atomic_load(&least_level))
        return;
    char line[LINE_BYTES];
    int head = snprintf(line, sizeof(line), "level=%s event=%s ", level_name(level), event);
    size_t n = head < 0 ? 0 : (size_t)head < sizeof(line) - 1 ? (size_t)head : sizeof(line) - 1;
    va_list ap;
    va_start(ap, fmt);
    int tail = vsnprintf(line + n, sizeof(line) - n, fmt, ap);
    va_end(ap);
    if (tail > 0)
        n += (size_t)tail;
    if (n > sizeof(line) - 1) { /* cut: say so */
        n = sizeof(line) - 1;
        memcpy(line + n - 3, "...", 3);
    }
    for (size_t i = 0; i < n; i++) /* what came from outside must not forge a line of its own */
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = ' ';
    while (n > 0 && line[n - 1] == ' ')
        n--;
    line[n++] = '\n';
    while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR)
        continue;
}

/* base.c - status names, the error object, the assertion's end. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

const char *status_name(enum status code)
{
    switch (code) {
    case OK:
        return "OK";
    case E_RETRY:
        return "E_RETRY";
    case E_ABSENT:
        return "E_ABSENT";
    case E_CONFLICT:
        return "E_CONFLICT";
    case E_DENIED:
        return "E_DENIED";
    case E_INVALID:
        return "E_INVALID";
    case E_UNSUPPORTED:
        return "E_UNSUPPORTED";
    case E_IO:
        return "E_IO";
    case E_LIMIT:
        return "E_LIMIT";
    }
    return "E_?";
}

enum status err_set(struct err *err, enum status code, const char *where, const char *fmt, ...)
{
    ASSERT(code != OK);
    if (err == NULL)
        return code;
    /* Into a local first: an argument may be the very text that is being replaced. */
    char text[sizeof(err->text)];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err->code = code;
    err->where = where;
    memcpy(err->text, text, sizeof(text));
    return code;
}

enum status err_prefix(struct err *err, const char *fmt, ...)
{
    ASSERT(err != NULL && err->code != OK);
    char text[sizeof(err->text)];
    va_list ap;
    va_start(ap, fmt);
    int wrote = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    /* Of a context that fills the whole text keep half, so that the reason is still read. */
    size_t n = wrote < 0 ? 0 : (size_t)wrote;
    if (n > sizeof(text) / 2)
        n = sizeof(text) / 2;
    size_t left = sizeof(text) - n;
    (void)snprintf(text + n, left, ": %.*s", (int)left, err->text);
    memcpy(err->text, text, sizeof(text));
    return err->code;
}

_Noreturn void assert_failed(const char *what, const char *where)
{
    (void)fprintf(stderr, "expunge: internal error at %s: %s does not hold; stopping before anything is changed\n",
                  where, what);
    abort();
}

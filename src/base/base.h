/*
 * base.h - what every file may assume: status codes, the error object, text views, small macros.
 *
 * Idioms (docs/architecture.md, "Idioms"):
 *   - A function that can fail returns enum status and takes `struct err *err` last. On success err is untouched.
 *   - Out-parameters are written only on success.
 *   - Programming errors use ASSERT, which stays on in release builds: stopping is better than deleting wrongly.
 */
#ifndef EXPUNGE_BASE_H
#define EXPUNGE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Named for what the caller should do next. */
enum status {
    OK = 0,
    E_RETRY,       /* the other side is busy, slow or away: the same call may succeed later */
    E_ABSENT,      /* what was named does not exist */
    E_CONFLICT,    /* somebody else changed it first: read again, decide again */
    E_DENIED,      /* we are not allowed; repeating does not help */
    E_INVALID,     /* the input is wrong; the text says where and why */
    E_UNSUPPORTED, /* this driver or version cannot do that */
    E_IO,          /* disk or network failed in a way that repeating may not cure */
    E_LIMIT        /* a stated limit (size, depth, count, memory) was reached */
};

/* Fixed size, no allocation: making an error cannot fail. `where` is a static string (file:line) for the developer. */
struct err {
    enum status code;
    const char *where;
    char text[488]; /* one plain-English sentence for a person: what, where, what to do. Never a secret. */
};

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED __attribute__((unused))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)
#define WHERE __FILE__ ":" STRINGIFY(__LINE__)

/* Fill *err (may be NULL) and return `code`, so that `return FAIL(err, E_INVALID, "...")` is one line. */
enum status err_set(struct err *err, enum status code, const char *where, const char *fmt, ...) PRINTF(4, 5);
#define FAIL(err, code, ...) err_set((err), (code), WHERE, __VA_ARGS__)

/* Put "context: " before the text already in *err; returns err->code. For adding which file, store or contact. */
enum status err_prefix(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* For the rare call whose failure changes nothing for the caller: say why in a comment beside it. */
#define IGNORE(call)                                                                                                   \
    do {                                                                                                               \
        enum status ignored_ UNUSED = (call);                                                                          \
    } while (0)

/* Return early when `call` fails. Use only where nothing needs undoing. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum status try_status_ = (call);                                                                              \
        if (try_status_ != OK)                                                                                         \
            return try_status_;                                                                                        \
    } while (0)

const char *status_name(enum status code); /* "OK", "E_RETRY", ...; never NULL */

_Noreturn void assert_failed(const char *what, const char *where);
#define ASSERT(cond) ((cond) ? (void)0 : assert_failed(#cond, WHERE))

/* A view of bytes somebody else owns. Not NUL-terminated. {NULL, 0} is the absent string; STR("") is present, empty. */
struct str {
    const char *p;
    size_t n;
};
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : "" /* for "%.*s" */

struct str str_of(const char *nul_terminated); /* NULL gives STR_NONE */
bool str_eq(struct str a, struct str b);       /* bytewise; an absent string equals an empty one */
bool str_is(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
int str_cmp(struct str a, struct str b);        /* bytewise, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s); /* ASCII white space at both ends */
bool str_find(struct str s, char c, size_t *at);
bool str_split(struct str s, char sep, struct str *head, struct str *tail); /* false and untouched: no sep */
/* Decimal digits only, an optional leading '-'; no spaces, no leading zeros but "0" itself. */
bool str_to_i64(struct str s, int64_t *out);
bool str_is_utf8(struct str s); /* strict RFC 3629: no surrogates, no overlong forms */
/* '*' matches any run (also empty), every other byte itself; ASCII letters without case when nocase. Linear space. */
bool str_match(struct str pattern, struct str s, bool nocase);

#endif

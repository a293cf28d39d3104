/* secret.c - secrets fetched from the environment, a file or systemd's credential folder. */
#include "base/secret.h"

#include "base/file.h"

#include <stdlib.h>

enum { SECRET_BYTES_MAX = 64 << 10 };

static bool strip(struct str s, struct str prefix, struct str *rest)
{
    if (!str_starts(s, prefix))
        return false;
    *rest = (struct str){s.p + prefix.n, s.n - prefix.n};
    return true;
}

bool secret_is_reference(struct str s)
{
    return str_starts(s, STR("env:")) || str_starts(s, STR("file:")) || str_starts(s, STR("credential:"));
}

static enum status from_env(struct str name, struct arena *a, struct str *out, struct err *err)
{
    const char *key = arena_cstr(a, name);
    if (key == NULL)
        return ARENA_FULL(err, a);
    const char *value = getenv(key);
    if (value == NULL)
        return FAIL(err, E_ABSENT, "the environment variable is not set");
    if (strlen(value) > SECRET_BYTES_MAX)
        return FAIL(err, E_LIMIT, "the value is longer than %d bytes", (int)SECRET_BYTES_MAX);
    *out = arena_str(a, str_of(value));
    return out->p == NULL ? ARENA_FULL(err, a) : OK;
}

static enum status from_file(struct str path, struct str base_dir, struct arena *a, struct str *out, struct err *err)
{
    struct str full = path_join(a, base_dir, path);
    if (full.p == NULL)
        return ARENA_FULL(err, a);
    return file_read(full.p, SECRET_BYTES_MAX, a, out, err);
}

static enum status from_credential(struct str name, struct arena *a, struct str *out, struct err *err)
{
    size_t at;
    if (str_find(name, '/', &at) || str_is(name, ".") || str_is(name, ".."))
        return FAIL(err, E_INVALID, "a credential's name is one plain file name");
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (dir == NULL || dir[0] != '/')
        return FAIL(err, E_ABSENT, "CREDENTIALS_DIRECTORY is not set: credentials exist only under systemd "
                                   "(LoadCredential=)");
    return from_file(name, str_of(dir), a, out, err);
}

static enum status fetch(struct str reference, struct str base_dir, struct arena *a, struct str *out, struct err *err)
{
    struct str rest;
    size_t at;
    if (str_find(reference, '\0', &at))
        return FAIL(err, E_INVALID, "the reference contains a NUL byte");
    if (strip(reference, STR("env:"), &rest) && rest.n > 0)
        return from_env(rest, a, out, err);
    if (strip(reference, STR("file:"), &rest) && rest.n > 0)
        return from_file(rest, base_dir, a, out, err);
    if (strip(reference, STR("credential:"), &rest) && rest.n > 0)
        return from_credential(rest, a, out, err);
    return FAIL(err, E_INVALID, "nothing is named behind the prefix");
}

enum status secret_read(struct str reference, struct str base_dir, struct arena *a, struct str *out, struct err *err)
{
    /* What is no reference may be the secret itself, pasted in: do not repeat it. */
    if (!secret_is_reference(reference))
        return FAIL(err, E_INVALID, "a secret is given as env:NAME, file:PATH or credential:NAME, never as itself");
    struct err why = {.code = OK};
    struct str s = STR_NONE;
    enum status got = fetch(reference, base_dir, a, &s, &why);
    if (got != OK)
        return FAIL(err, got, "secret %.*s: %s", STR_ARG(reference), why.text);
    if (str_ends(s, STR("\n")))
        s.n -= str_ends(s, STR("\r\n")) ? 2 : 1;
    if (s.n == 0)
        return FAIL(err, E_INVALID, "secret %.*s: it is empty", STR_ARG(reference));
    *out = s;
    return OK;
}

#include "cli/persons.h"

#include "engine/requests.h"

enum { IDENTIFIERS_BYTES_MAX = 1 << 20, HINT_BYTES = 3 };

static struct str country_of(const struct config *config, struct str source)
{
    const struct source_config *named = source.n ? config_source(config, source) : NULL;
    struct str only = named ? named->country : STR_NONE;
    for (size_t i = 0; !named && i < config->sources_n; i++) {
        struct str country = config->sources[i].country;
        if (country.n && only.n && !str_eq(country, only))
            return STR_NONE;
        if (country.n)
            only = country;
    }
    return only;
}

enum status cli_identifiers(struct cli *c, const char *path, struct str source, struct identifier **out, size_t *n,
                            struct err *err)
{
    struct str content;
    const struct config *config = &c->engine->config;
    TRY(cli_read(c, path, IDENTIFIERS_BYTES_MAX, &content, err));
    enum status s = request_read_identifiers(content, country_of(config, source), config->zone, &c->arena, out, n, err);
    if (s != OK)
        return err_prefix(err, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
    return *n ? OK
              : FAIL(err, E_INVALID,
                     "no identifiers: give lines such as `phone +442079460958` or `email a@example.com`");
}

struct str identifier_hint(const struct identifier *i, struct arena *a)
{
    struct str v = i->value;
    size_t shown = v.n > 2 * HINT_BYTES ? HINT_BYTES : 0;
    while (shown && v.n > shown && ((unsigned char)v.p[v.n - shown] & 0xc0) == 0x80)
        shown--; /* not into the middle of a character */
    struct str hint = arena_fmt(a, "%s ...%.*s", subject_type_name(i->type), (int)shown, v.p ? v.p + v.n - shown : "");
    return text_shown(a, hint);
}

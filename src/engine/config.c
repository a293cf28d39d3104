#include "engine/config.h"
#include "base/file.h"
#include "base/secret.h"
#include "intake/intake.h"
#include <unistd.h>

enum { CONFIG_BYTES_MAX = 4 << 20, CONFIG_ARENA_MAX = 64 << 20 };

const struct option config_options[] = {
    {"registry", OPT_TEXT, false, "sqlite:expunge.db", NULL, "Where the registry is kept: sqlite:PATH, postgresql://USER@HOST/DATABASE without a password, or a reference (env:NAME, file:PATH, credential:NAME) to it."},
    {"timezone", OPT_TEXT, false, "UTC", NULL, "IANA name of the zone in which a day of a period ends."},
    {"keys", OPT_YAML, false, NULL, NULL, "Folder of the keys, keys/ unless stated, outside the database and its backups; or the place of each (see `keys`)."},
    {"default_category", OPT_TEXT, false, "standard_support", NULL, "Category of contacts that no rule classifies."},
    {"strict_sources", OPT_BOOL, false, "false", NULL, "Refuse contacts of sources that are not configured."},
    {"strict_places", OPT_BOOL, false, "false", NULL, "A contact whose documents name a place no store looks at stays PARTIAL; else the place is reported."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};

static const struct option audit_options[] = {
    {"origin", OPT_TEXT, false, "expunge.local/main", NULL, "Name of the log, a URL without scheme; the engine appends the year. `init` begins the log under it; a later change has no effect."},
    {"publish", OPT_PATH, false, NULL, NULL, "Folder of tiles that others can verify; written after every run."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option key_options[] = {
    {"identifier", OPT_SECRET, true, NULL, NULL, "The identifier key, 64 hexadecimal digits: file:PATH, env:NAME or credential:NAME."},
    {"pseudonym", OPT_SECRET, true, NULL, NULL, "The pseudonym key, in the same form."},
    {"audit", OPT_SECRET, true, NULL, NULL, "The key that signs the log, PRIVATE+KEY+...; only one in a file: can be rotated."},
    {"seal", OPT_PATH, true, NULL, NULL, "Folder of the seal keys, which are made and destroyed month by month."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option purge_options[] = {
    {"at", OPT_TEXT, false, "02:00", NULL, "Time of day of the daily run."},
    {"zone", OPT_TEXT, false, "UTC", NULL, "Zone of that time."},
    {"visits", OPT_INT, false, "1", "1 16", "How many batches of 500 contacts a purge works on at the same time; one waits for disks while another thinks."},
    {"guard", OPT_YAML, false, NULL, NULL, "When expiry needs an approval: {floor: N, times: N} (rule 2.25)."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option guard_options[] = {
    {"floor", OPT_INT, false, "100", "1 1000000000", "Expiry of fewer contacts than this never needs approval."},
    {"times", OPT_INT, false, "3", "1 1000", "Expiry above this many times the largest run of 30 days does."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option notify_options[] = {
    {"legal", OPT_TEXT, false, NULL, NULL, "Who gets the monthly list of holds."},
    {"privacy", OPT_TEXT, false, NULL, NULL, "Who is told of deadlines."},
    {"operations", OPT_TEXT, false, NULL, NULL, "Who is told of failures."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option approval_options[] = {
    {"delay", OPT_PERIOD, false, NULL, NULL, "A site of one person: what waits for a second person begins after this delay instead."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option own_options[] = {
    {"tombstones", OPT_PERIOD, false, "P7Y", NULL, "How long tombstones are kept."},
    {"openings", OPT_PERIOD, false, "P3Y", NULL, "How long the log can name contact ids."},
    {"results", OPT_PERIOD, false, "P1Y", NULL, "How long plans and results are kept."},
    {"quarantine", OPT_PERIOD, false, "P30D", NULL, "How long quarantined documents are kept, encrypted."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
static const struct option source_options[] = {
    {"type", OPT_TEXT, true, NULL, NULL, "amazon-connect, genesys or csv."},
    {"instance", OPT_TEXT, false, NULL, NULL, "Instance or organisation id, as documents state it."},
    {"region", OPT_TEXT, false, NULL, NULL, "Region of the vendor's API."},
    {"country", OPT_TEXT, false, NULL, NULL, "ISO 3166 country of national phone numbers, e.g. GB."},
    {"zone", OPT_TEXT, false, NULL, NULL, "Zone of dates that state none."},
    {"record_retention", OPT_PERIOD, false, NULL, NULL, "After this long the source itself has forgotten a contact."},
    {NULL, OPT_TEXT, false, NULL, NULL, NULL}};
const struct config_section config_sections[] = {
    {"audit", audit_options}, {"keys", key_options}, {"purge", purge_options},       {"purge: guard", guard_options},     {"notify", notify_options},
    {"own", own_options},     {"approval", approval_options}, {"sources: every", source_options}, {NULL, NULL}};
static const char *const root_keys[] = {"registry", "timezone", "audit", "keys", "purge", "notify", "default_category",
                                        "categories", "classify", "sources", "strict_sources", "strict_places", "stores", "own",
                                        "approval", "minimum_age", "hold_grace", "cooling_off", "verify_again",
                                        "open_ask_after", "erase_within", NULL};

struct reading { struct config *c; struct problems *p; const struct yaml *root; struct err *err; };

/* Options of a named section; an absent section gives the presets. */
static enum status section(const struct reading *r, const char *name, const struct option *table, struct options *out)
{
    const struct yaml *node = name ? yaml_get(r->root, name) : r->root;
    if (node && !yaml_expect(node, YAML_MAP, r->p))
        node = NULL;
    return options_read(node, table, name ? NULL : root_keys, r->c->dir, &r->c->arena, r->p, out, r->err);
}

static const struct zone *zone_at(const struct reading *r, const struct options *o, const char *name)
{
    const struct option_value *v = option_of(o, name);
    if (!v->present || !v->text.n)
        return NULL;
    const struct zone *z = NULL;
    struct err why;
    if (zone_open(v->text, &z, &why) != OK) {
        if (v->node)
            problem_at(r->p, v->node, "%s", why.text);
        else
            problem_add(r->p, 1, 1, "%s", why.text);
    }
    return z;
}

static struct period period_of(const struct options *o, const char *name)
{
    const struct option_value *v = option_of(o, name);
    return v->present ? v->period : (struct period){.set = false};
}

/* A secret is resolved, and a relative SQLite path starts at the file's folder. */
static enum status registry_url(const struct reading *r, const struct options *o)
{
    struct str url = option_text(o, "registry"), scheme = STR("sqlite:");
    const struct yaml *node = yaml_get(r->root, "registry");
    struct arena *a = &r->c->arena;
    bool reference = secret_is_reference(url);
    struct err why;
    if (reference && secret_read(url, r->c->dir, a, &url, &why) != OK) {
        problem_at(r->p, node, "registry: %s", why.text);
        return OK;
    }
    if (!backend_scheme_known(url)) { /* not shown: it may hold a password */
        problem_at(r->p, node, "registry: neither sqlite:PATH nor postgresql://USER@HOST/DATABASE, nor a reference to such");
        return OK;
    }
    if (!reference && backend_url_has_password(url)) {
        problem_at(r->p, node, "registry: a password is never in this file: name the whole address by env:NAME, file:PATH or "
                               "credential:NAME, or let libpq find the password (PGPASSFILE)");
        return OK;
    }
    if (str_starts(url, scheme) && !str_starts(url, STR("sqlite::memory:"))) {
        struct str path = {url.p + scheme.n, url.n - scheme.n};
        struct str full = path_join(a, r->c->dir, path);
        url = arena_fmt(a, "sqlite:%.*s", STR_ARG(full));
    }
    r->c->registry = url;
    return url.p ? OK : ARENA_FULL(r->err, a);
}

/* A note's key name: no space, no '+'; and a URL without its scheme (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). */
bool config_origin_good(struct str origin)
{
    for (size_t i = 0; i < origin.n; i++) {
        char c = origin.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '.' && c != '-' && c != '_' && c != '~' && c != '/')
            return false;
    }
    return origin.n > 0 && origin.n <= CONFIG_ORIGIN_MAX && origin.p[0] != '/' && origin.p[origin.n - 1] != '/';
}

static void read_audit(const struct reading *r, const struct options *o)
{
    const struct option_value *origin = option_of(o, "origin"), *publish = option_of(o, "publish");
    r->c->audit_origin = origin->text;
    r->c->audit_publish = publish->text;
    if (origin->node && !config_origin_good(origin->text))
        problem_at(r->p, origin->node, "'origin' is a URL without scheme, of letters, digits and . - _ ~ /: privacy.example.com/expunge");
    if (publish->node && publish->text.n && memmem(publish->text.p, publish->text.n, "://", 3))
        problem_at(r->p, publish->node, "'publish' is a folder in this version; copy it to where others read it");
}

/* Relative files start at the configuration's folder. */
static enum status key_reference(const struct reading *r, const struct options *o, const char *name, struct str *out)
{
    const struct option_value *v = option_of(o, name);
    struct str prefix, rest, file = STR("file:");
    *out = v->text;
    if (!v->node || !secret_is_reference(v->text))
        return OK;
    if (!str_split(v->text, ':', &prefix, &rest) || !rest.n)
        problem_at(r->p, v->node, "'%s' names nothing behind the prefix", name);
    if (!str_starts(v->text, file))
        return OK;
    struct str path = path_join(&r->c->arena, r->c->dir, rest);
    *out = arena_fmt(&r->c->arena, "file:%.*s", STR_ARG(path));
    return path.p && out->p ? OK : ARENA_FULL(r->err, &r->c->arena);
}

static enum status read_key_places(const struct reading *r)
{
    struct key_places *places = &r->c->key_places;
    const struct yaml *seal = yaml_get(yaml_get(r->root, "keys"), "seal");
    struct options o;
    TRY(section(r, "keys", key_options, &o));
    TRY(key_reference(r, &o, "identifier", &places->identifier));
    TRY(key_reference(r, &o, "pseudonym", &places->pseudonym));
    TRY(key_reference(r, &o, "audit", &places->audit));
    places->seal = r->c->keys = option_text(&o, "seal");
    if (seal && secret_is_reference(seal->text))
        problem_at(r->p, seal, "'seal' is a folder: its keys are made and destroyed month by month");
    return OK;
}

/* One folder with all of them, or the place of each. */
static enum status read_keys(const struct reading *r)
{
    struct config *c = r->c;
    const struct yaml *node = yaml_get(r->root, "keys");
    struct str dir = STR("keys/");
    if (node && node->type == YAML_MAP)
        return read_key_places(r);
    if (node && !yaml_string(node, r->p, &dir))
        return OK;
    if (!dir.n)
        problem_at(r->p, node, "'keys' is empty");
    if (secret_is_reference(dir))
        problem_at(r->p, node, "'keys' is a folder, or {identifier: ..., pseudonym: ..., audit: ..., seal: FOLDER}");
    c->keys = path_join(&c->arena, c->dir, dir);
    return c->keys.p ? key_places_in(c->keys, &c->arena, &c->key_places, r->err) : ARENA_FULL(r->err, &c->arena);
}

static bool time_of_day_good(struct str s)
{
    static const char digits[] = "0123456789";
    if (s.n != 5 || s.p[2] != ':' || !memchr(digits, s.p[0], 3) || !memchr(digits, s.p[1], s.p[0] == '2' ? 4 : 10))
        return false;
    return memchr(digits, s.p[3], 6) && memchr(digits, s.p[4], 10);
}

static enum status read_scalars(const struct reading *r)
{
    struct config *c = r->c;
    struct options o;
    TRY(section(r, NULL, config_options, &o));
    TRY(registry_url(r, &o));
    c->zone = zone_at(r, &o, "timezone");
    TRY(read_keys(r));
    c->strict_sources = option_bool(&o, "strict_sources");
    c->strict_places = option_bool(&o, "strict_places");
    TRY(section(r, "audit", audit_options, &o));
    read_audit(r, &o);
    TRY(section(r, "purge", purge_options, &o));
    c->purge_at = option_text(&o, "at");
    if (!time_of_day_good(c->purge_at))
        problem_at(r->p, option_of(&o, "at")->node, "'at' is a time of day, \"00:00\" to \"23:59\"");
    c->purge_zone = zone_at(r, &o, "zone");
    c->purge_visits = (size_t)option_int(&o, "visits");
    const struct yaml *guard = option_of(&o, "guard")->node;
    if (guard && !yaml_expect(guard, YAML_MAP, r->p))
        guard = NULL;
    TRY(options_read(guard, guard_options, NULL, c->dir, &c->arena, r->p, &o, r->err));
    c->guard_floor = option_int(&o, "floor");
    c->guard_times = option_int(&o, "times");
    TRY(section(r, "notify", notify_options, &o));
    c->notify_legal = option_text(&o, "legal");
    c->notify_privacy = option_text(&o, "privacy");
    c->notify_operations = option_text(&o, "operations");
    TRY(section(r, "approval", approval_options, &o));
    c->approval_delay = period_of(&o, "delay");
    TRY(section(r, "own", own_options, &o));
    c->own_tombstones = period_of(&o, "tombstones");
    c->own_openings = period_of(&o, "openings");
    c->own_results = period_of(&o, "results");
    c->own_quarantine = period_of(&o, "quarantine");
    return period_parse(STR("PT24H"), &c->target, r->err);
}

static const struct intake_format *format_of_type(struct str type)
{
    for (size_t i = 0; intake_formats[i]; i++)
        if (str_is(type, intake_formats[i]->source_type) && intake_formats[i]->options)
            return intake_formats[i];
    for (size_t i = 0; intake_formats[i]; i++)
        if (str_is(type, intake_formats[i]->source_type))
            return intake_formats[i];
    return NULL;
}

static size_t table_names(const struct option *table, const char **names, size_t n, size_t max)
{
    for (; table && table->name && n + 1 < max; table++)
        names[n++] = table->name;
    names[n] = NULL;
    return n;
}

static enum status read_source(const struct reading *r, const struct yaml *node, struct source_config *s)
{
    struct config *c = r->c;
    const char *names[96];
    if (!yaml_expect(node, YAML_MAP, r->p))
        return OK;
    struct str type = STR_NONE;
    const struct yaml *stated = yaml_get(node, "type");
    if (stated && !yaml_string(stated, r->p, &type))
        return OK;
    s->format = format_of_type(type);
    table_names(s->format ? s->format->options : NULL, names, 0, ARRAY_LEN(names));
    struct options o;
    TRY(options_read(node, source_options, names, c->dir, &c->arena, r->p, &o, r->err));
    s->name = node->key;
    s->type = type;
    s->instance = option_text(&o, "instance");
    s->country = option_text(&o, "country");
    s->zone = zone_at(r, &o, "zone");
    s->record_retention = period_of(&o, "record_retention");
    if (stated && !s->format)
        problem_at(r->p, stated, "unknown source type \"%.*s\": amazon-connect, genesys or csv", STR_ARG(type));
    if (!s->format || !s->format->options)
        return OK;
    table_names(source_options, names, 0, ARRAY_LEN(names));
    size_t before = r->p->count;
    TRY(options_read(node, s->format->options, names, c->dir, &c->arena, r->p, &s->options, r->err));
    if (s->format->check && r->p->count == before)
        s->format->check(&s->options, r->p);
    return OK;
}

static enum status read_sources(const struct reading *r)
{
    struct config *c = r->c;
    const struct yaml *map = yaml_get(r->root, "sources");
    if (!map || yaml_is_null(map) || !yaml_expect(map, YAML_MAP, r->p))
        return OK;
    c->sources = ARENA_ARRAY(&c->arena, struct source_config, map->count + 1);
    if (!c->sources)
        return ARENA_FULL(r->err, &c->arena);
    for (const struct yaml *node = map->first; node; node = node->next)
        TRY(read_source(r, node, &c->sources[c->sources_n++]));
    return OK;
}

static bool store_name_good(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '_' || name.p[i] == '-'))
            return false;
    return name.n >= 1 && name.n <= 64;
}

static void check_store_sources(const struct reading *r, const struct yaml *node, const struct store *store)
{
    for (size_t i = 0; store && i < store->sources_n; i++)
        if (!config_source(r->c, store->sources[i]))
            problem_at(r->p, yaml_get(node, "sources"), "store '%.*s': there is no source '%.*s'", STR_ARG(node->key),
                       STR_ARG(store->sources[i]));
}

static enum status read_stores(const struct reading *r)
{
    struct config *c = r->c;
    const struct yaml *map = yaml_get(r->root, "stores");
    if (!map || yaml_is_null(map) || !yaml_expect(map, YAML_MAP, r->p))
        return OK;
    c->stores = ARENA_ARRAY(&c->arena, struct store_config, map->count + 1);
    if (!c->stores)
        return ARENA_FULL(r->err, &c->arena);
    for (const struct yaml *node = map->first; node; node = node->next) {
        if (!store_name_good(node->key)) /* names stand in clear in the audit log */
            problem_add(r->p, node->key_line, node->key_column, "a store's name is 1-64 of a-z, 0-9, '_' and '-'");
        struct store *probe = NULL;
        size_t before = r->p->count;
        enum status s = store_configure(node->key, node, c->dir, r->p, &probe, r->err);
        check_store_sources(r, node, probe);
        store_close(probe);
        if (s != OK && r->p->count == before)
            return s;
        c->stores[c->stores_n++] = (struct store_config){node->key, node};
    }
    return OK;
}

static enum status read_root(const struct reading *r)
{
    if (!yaml_expect(r->root, YAML_MAP, r->p))
        return OK;
    TRY(read_scalars(r));
    const struct zone *zone = r->c->zone ? r->c->zone : zone_utc();
    TRY(policy_read(r->root, zone, &r->c->arena, &r->c->policy, r->p, r->err));
    TRY(read_sources(r));
    return read_stores(r);
}

static const char *config_path(const char *path)
{
    if (path)
        return path;
    return file_exists("expunge.yaml") ? "expunge.yaml" : "/etc/expunge/expunge.yaml";
}

/* Paths must not change when somebody changes folder. */
static struct str absolute_dir(struct arena *a, const char *path)
{
    struct str dir = path_dir(str_of(path));
    char here[4096];
    if (dir.n && dir.p[0] == '/')
        return arena_str(a, dir);
    if (!getcwd(here, sizeof here))
        return arena_str(a, dir);
    return str_is(dir, ".") ? arena_str(a, str_of(here)) : path_join(a, str_of(here), dir);
}

enum status config_load(const char *path, struct config *out, struct buf *report, struct err *err)
{
    *out = (struct config){.path = STR_NONE};
    arena_init(&out->arena, CONFIG_ARENA_MAX);
    path = config_path(path);
    out->path = arena_str(&out->arena, str_of(path));
    out->dir = absolute_dir(&out->arena, path);
    struct str content;
    enum status s = file_read(path, CONFIG_BYTES_MAX, &out->arena, &content, err);
    if (s == E_ABSENT)
        return FAIL(err, E_INVALID, "no configuration at %s: run `expunge init`, or name one with --config FILE", path);
    TRY(s);
    struct problems p;
    problems_init(&p, &out->arena, out->path);
    struct yaml *root = NULL;
    yaml_parse(content, &out->arena, &root, &p);
    if (root) { /* also when a key stands twice: all mistakes are told at once */
        struct reading r = {.c = out, .p = &p, .root = root, .err = err};
        s = read_root(&r);
        if (s != OK && !p.count)
            return s;
    }
    if (!p.count && root)
        return OK;
    problems_print(&p, report);
    return FAIL(err, E_INVALID, "%zu problem%s in %s", p.count, p.count == 1 ? "" : "s", path);
}

void config_release(struct config *c)
{
    arena_release(&c->arena);
}

const struct source_config *config_source(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->sources_n; i++)
        if (str_eq(c->sources[i].name, name) || (c->sources[i].instance.n && str_eq(c->sources[i].instance, name)))
            return &c->sources[i];
    return NULL;
}

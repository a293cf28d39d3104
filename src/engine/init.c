/* init.c - the first files of an installation and the first rows of its registry. */
#include "engine/init.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "engine/actor.h"
#include "engine/embedded.h"
#include "engine/journal.h"
#include "engine/key_check.h"
#include "engine/logbook.h"

enum { INIT_ARENA_MAX = 16 << 20, REPORT_MAX = 64 << 10, DIR_MODE = 0750, CONFIG_MODE = 0640 };

struct installation {
    struct arena a;
    struct str dir, origin, place; /* origin, place of the registry absent: the template's presets */
    const char *config, *keys, *registry, *artefacts, *control; /* paths; as the template names them */
    bool test_clock;
    int64_t now_ms;
    struct engine *engine;
};

static const char *at(struct installation *in, const char *name)
{
    return path_join(&in->a, in->dir, str_of(name)).p;
}

static enum status refuse_existing(const char *path, const char *what, struct err *err)
{
    if (file_exists(path) || dir_exists(path))
        return FAIL(err, E_INVALID, "%s exists already: `expunge init` overwrites no %s. Choose another folder", path,
                    what);
    return OK;
}

/* A registry without its keys, or keys without their registry, is a loss somebody should look at, not a blank sheet. */
static enum status refuse_all_existing(struct installation *in, struct err *err)
{
    in->config = at(in, "expunge.yaml");
    in->registry = at(in, "expunge.db");
    in->keys = at(in, "keys");
    in->artefacts = at(in, "artefacts");
    in->control = at(in, "artefacts/.expunge-control");
    if (!in->config || !in->registry || !in->keys || !in->artefacts || !in->control)
        return ARENA_FULL(err, &in->a);
    TRY(refuse_existing(in->config, "configuration", err));
    TRY(refuse_existing(in->registry, "registry", err));
    return refuse_existing(in->keys, "keys", err);
}

/* `text` with the line that begins with `head` replaced. */
static enum status with_line(struct installation *in, struct str text, struct str head, struct str line, struct str *out,
                             struct err *err)
{
    struct str before, rest, old;
    const char *at = memmem(text.p, text.n, head.p, head.n);
    ASSERT(at != NULL);
    before = (struct str){text.p, (size_t)(at - text.p)};
    rest = (struct str){at + head.n, text.n - before.n - head.n};
    ASSERT(str_split(rest, '\n', &old, &rest));
    *out = arena_fmt(&in->a, "%.*s%.*s\n%.*s", STR_ARG(before), STR_ARG(line), STR_ARG(rest));
    return out->p ? OK : ARENA_FULL(err, &in->a);
}

/* The template, with the log's name where it has one as an example, and the registry's place. */
static enum status template_of(struct installation *in, struct str *out, struct err *err)
{
    *out = (struct str){embedded_template, (size_t)(embedded_template_end - embedded_template)};
    if (in->origin.n)
        TRY(with_line(in, *out, STR("# audit:\n#   origin: "), arena_fmt(&in->a, "audit:\n  origin: %.*s", STR_ARG(in->origin)),
                      out, err));
    if (in->place.n)
        TRY(with_line(in, *out, STR("registry: "), arena_fmt(&in->a, "registry: \"%.*s\"", STR_ARG(in->place)), out, err));
    return OK;
}

/* As it will stand in the file, between quotes. */
static enum status check_place(struct str place, struct err *err)
{
    for (size_t i = 0; i < place.n; i++)
        if ((unsigned char)place.p[i] < ' ' || place.p[i] == '"' || place.p[i] == '\\')
            return FAIL(err, E_INVALID, "the place of a registry has no quotes, backslashes or control characters");
    if (secret_is_reference(place))
        return OK;
    if (backend_url_has_password(place))
        return FAIL(err, E_INVALID, "a password is never in the configuration: name the address by env:NAME, file:PATH or "
                                    "credential:NAME");
    return backend_scheme_known(place) ? OK : FAIL(err, E_INVALID, "a registry is at sqlite:PATH or postgresql://USER@HOST/DATABASE");
}

static enum status write_files(struct installation *in, struct err *err)
{
    struct str template;
    TRY(template_of(in, &template, err));
    TRY(dir_make(in->artefacts, DIR_MODE, err));
    TRY(file_write_once(in->control, STR("This file tells that the folder is mounted. Leave it here.\n"), 0644, err));
    return file_write_once(in->config, template, CONFIG_MODE, err);
}

static enum status load_config(struct installation *in, struct err *err)
{
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, REPORT_MAX);
    enum status s = config_load(in->config, &in->engine->config, &report, err);
    if (s != OK && report.n)
        return FAIL(err, s, "the new configuration does not work: %.*s", STR_ARG(buf_view(&report)));
    return s;
}

/* audit.origin, "/test-clock" when it may be told the time, and the year. */
static struct str origin_of(struct installation *in)
{
    struct civil c;
    ms_to_civil(in->now_ms, &c);
    return arena_fmt(&in->a, "%.*s%s/%04d", STR_ARG(in->engine->config.audit_origin),
                     in->test_clock ? "/test-clock" : "", c.year);
}

static enum status open_parts(struct installation *in, struct str origin, struct err *err)
{
    struct engine *e = in->engine;
    TRY(keys_make(e->config.keys, origin, err));
    TRY(keys_open(&e->config.key_places, &e->keys, err));
    TRY(registry_open(e->config.registry, true, e->keys.identifier, &e->keys.sealer, &e->registry, err));
    e->policy = e->config.policy;
    return actor_find(e, STR_NONE, err);
}

/* Version 0 of product.md: the template's schedule, in force for orders, until somebody activates one (rule 2.24). */
static enum status write_policy(struct installation *in, struct err *err)
{
    struct engine *e = in->engine;
    struct entry entry;
    CLEANUP(buf_release) struct buf body;
    buf_init(&body, POLICY_BYTES_MAX);
    TRY(policy_write(&e->policy, &body, err));
    TRY(buf_check(&body, err));
    const struct policy_facts first = {.version = e->policy.version};
    TRY(journal_policy(e, &first, in->now_ms, &in->a, &entry, err));
    struct row rows[] = {
        {.table = TABLE_POLICY, .op = ROW_PUT, .key = e->policy.version, .body = buf_view(&body)},
        {.table = TABLE_META, .op = ROW_PUT, .key = STR("policy"), .body = e->policy.version},
        {.table = TABLE_META, .op = ROW_PUT, .key = STR("test_clock"), .body = STR("yes")},
    };
    struct group g = {.rows = rows, .rows_n = in->test_clock ? 3 : 2, .entries = &entry, .entries_n = 1};
    TRY(registry_commit(e->registry, &g, 1, err));
    return g.result == OK ? OK : FAIL(err, g.result, "the new registry is being changed by somebody else");
}

static enum status make(struct installation *in, struct err *err)
{
    TRY(write_files(in, err));
    TRY(load_config(in, err));
    struct str origin = origin_of(in);
    if (!origin.p)
        return ARENA_FULL(err, &in->a);
    TRY(open_parts(in, origin, err));
    TRY(key_check_create(in->engine, origin, err));
    TRY(logbook_create(in->engine, origin, err));
    TRY(write_policy(in, err));
    return logbook_integrate(in->engine, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* What refuse_all_existing found absent is ours. The artefacts folder may have been somebody's: it stays. */
static void undo(struct installation *in)
{
    enum { OPEN_FOLDERS_MAX = 8 };
    static const char *const beside[] = {"expunge.db", "expunge.db-wal", "expunge.db-shm", "expunge.db-journal",
                                         "expunge.yaml"};
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        const char *path = at(in, beside[i]);
        if (path)
            (void)unlink(path);
    }
    (void)nftw(in->keys, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}

static struct engine *engine_blank(int64_t now_ms)
{
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    arena_init(&e->arena, INIT_ARENA_MAX);
    arena_init(&e->hold_arena, INIT_ARENA_MAX);
    e->fixed_now_ms = now_ms;
    return e;
}

enum status init_registry(const char *dir, bool test_clock, int64_t now_ms, struct err *err)
{
    return init_named(dir, STR_NONE, STR_NONE, test_clock, now_ms, err);
}

enum status init_named(const char *dir, struct str origin, struct str registry, bool test_clock, int64_t now_ms,
                       struct err *err)
{
    struct installation in = {
        .dir = str_of(dir ? dir : "."), .origin = origin, .place = registry, .test_clock = test_clock, .now_ms = now_ms};
    if (origin.p && !config_origin_good(origin))
        return FAIL(err, E_INVALID, "\"%.*s\" cannot name a log: a URL without scheme, of letters, digits and . - _ ~ /",
                    STR_ARG(origin));
    if (registry.p)
        TRY(check_place(registry, err));
    TRY(crypto_init(err));
    in.engine = engine_blank(now_ms);
    if (!in.engine)
        return FAIL(err, E_LIMIT, "out of memory");
    in.engine->test_clock = test_clock;
    arena_init(&in.a, INIT_ARENA_MAX);
    enum status s = refuse_all_existing(&in, err);
    if (s == OK)
        s = dir_make(in.dir.p, DIR_MODE, err);
    bool begun = s == OK;
    if (s == OK)
        s = make(&in, err);
    engine_close(in.engine);
    if (s != OK && begun)
        undo(&in);
    arena_release(&in.a);
    return s;
}

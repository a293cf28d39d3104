/* folder_find.c - all artefacts of many contacts in a tree: by pattern, among what is restricted, and where documents
 * say. */
#include "store/folder.h"

#include "base/file.h"

#include <stdlib.h>

struct hit { struct str path; size_t target; };
struct finding {
    const struct folder *f;
    struct store_call *call;
    const struct store_target *targets;
    size_t n;
    const struct store_sink *sink;
    bool *blind;
    const struct folder_entry *entry;
    bool restricted; /* the walk is among what was put away */
    struct hit *hits; /* json_lines: archives to be read */
    size_t hits_n, hits_cap;
};

/* Ids that the name may hold besides the target's own. */
struct naming { struct finding *s; size_t target; struct row_key *keys; size_t n, cap; bool full; };

static bool name_claim(void *ctx, struct str other_id)
{
    struct naming *c = ctx;
    void *keys = c->keys;
    struct row_key key;
    if (other_id.n > ID_BYTES_MAX || c->s->sink->owner == NULL ||
        !c->s->sink->owner(c->s->sink->ctx, c->s->targets[c->target].source, other_id, &key))
        return true;
    c->full = !arena_grow(c->s->call->a, &keys, &c->cap, c->n + 1, sizeof(*c->keys));
    if (c->full)
        return false;
    c->keys = keys;
    c->keys[c->n++] = key;
    return true;
}

static bool pattern_names_source(const struct key_pattern *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->parts[i].n; k++)
            if (p->parts[i].tokens[k].type == KEY_SOURCE)
                return true;
    return false;
}

/* `named`: the document's locator it was found by, else the entry's pattern found it. */
static enum status yield_file(struct finding *s, size_t target, enum artefact_kind kind, enum scope scope,
                              struct str path, const struct stat *st, bool restricted, const struct locator *named, struct err *err)
{
    struct artefact found = {.kind = kind, .scope = scope, .count = 1, .named_by = named};
    struct naming claims = {.s = s, .target = target};
    if (named == NULL) {
        if (!key_claims(&s->entry->key, s->targets[target].id, path, name_claim, &claims) && claims.full)
            return ARENA_FULL(err, s->call->a);
        found.claims = claims.keys;
        found.claims_n = claims.n;
        found.of_source = pattern_names_source(&s->entry->key);
    }
    found.locator = folder_locator(path, STR_NONE, s->call->a);
    if (found.locator.p == NULL)
        return ARENA_FULL(err, s->call->a);
    if (!S_ISREG(st->st_mode))
        store_answer(&found, OUT_UNKNOWN, "not a plain file (a link?): it is not followed; a person must look");
    else if (restricted)
        store_answer(&found, OUT_RESTRICTED, NULL);
    return s->sink->add(s->sink->ctx, target, &found, err);
}

static enum status found_file(void *ctx, size_t target, struct str path, const struct stat *st, struct err *err)
{
    struct finding *s = ctx;
    return yield_file(s, target, s->entry->kind, s->entry->scope, path, st, s->restricted, NULL, err);
}

static enum status found_archive(void *ctx, size_t target, struct str path, const struct stat *st, struct err *err)
{
    struct finding *s = ctx;
    void *hits = s->hits;
    if (!S_ISREG(st->st_mode)) {
        s->blind[target] = true;
        return OK;
    }
    if (!arena_grow(s->call->a, &hits, &s->hits_cap, s->hits_n + 1, sizeof(*s->hits)))
        return ARENA_FULL(err, s->call->a);
    s->hits = hits;
    bool same = s->hits_n > 0 && str_eq(s->hits[s->hits_n - 1].path, path);
    struct str kept = same ? s->hits[s->hits_n - 1].path : arena_str(s->call->a, path);
    if (kept.p == NULL)
        return ARENA_FULL(err, s->call->a);
    s->hits[s->hits_n++] = (struct hit){kept, target};
    return OK;
}

static int by_path_and_target(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    int order = str_cmp(x->path, y->path);
    return order != 0 ? order : (x->target > y->target) - (x->target < y->target);
}

/* One seeker for each target and day that fills the pattern differently. */
static enum status make_seekers(struct finding *s, struct folder_seeker **out, size_t *out_n, struct err *err)
{
    struct folder_seeker *seekers = NULL;
    size_t n = 0, cap = 0;
    int64_t days[KEY_DAYS_MAX];
    for (size_t t = 0; t < s->n; t++) {
        const struct store_target *target = &s->targets[t];
        if (!key_value_usable(target->id) || (target->source.n > 0 && !key_value_usable(target->source))) {
            s->blind[t] = true; /* whoever files it must write the id in another way, which we do not know */
            continue;
        }
        size_t days_n = key_days(target->started_ms, target->ended_ms, s->call->now_ms, days);
        for (size_t d = 0; d < days_n; d++) {
            void *p = seekers;
            if (d > 0 && !key_days_differ(&s->entry->key, days[d - 1], days[d]))
                continue;
            if (!arena_grow(s->call->a, &p, &cap, n + 1, sizeof(*seekers)))
                return ARENA_FULL(err, s->call->a);
            seekers = p;
            seekers[n++] = (struct folder_seeker){t, {target->id, target->source, days[d]}};
        }
    }
    *out = seekers;
    *out_n = n;
    return OK;
}

static enum status walk_entry(struct finding *s, int root, struct err *err)
{
    bool archives = s->entry->format == FOLDER_JSON_LINES;
    struct folder_seeker *seekers = NULL;
    size_t n = 0;
    TRY(make_seekers(s, &seekers, &n, err));
    struct folder_walk w = {.call = s->call,
                            .pattern = &s->entry->key,
                            .skip = s->f->restricted,
                            .control = s->f->control,
                            .blind = s->blind,
                            .ctx = s,
                            .found = archives ? found_archive : found_file};
    s->restricted = false;
    TRY(folder_walk(&w, root, seekers, n, err));
    CLEANUP(fd_close) int away = -1;
    enum reach reach = archives ? REACH_ABSENT : folder_dir_open(root, s->f->restricted.p, &away);
    if (reach == REACH_ABSENT)
        return OK;
    for (size_t t = 0; t < s->n && reach != REACH_FOUND; t++)
        s->blind[t] = true;
    w.skip = w.control = STR_NONE;
    s->restricted = true;
    return reach == REACH_FOUND ? folder_walk(&w, away, seekers, n, err) : OK;
}

static enum status yield_lines(struct finding *s, const struct hit *hit, const struct folder_lines *lines,
                               struct err *err)
{
    s->blind[hit->target] = s->blind[hit->target] || lines->unclear;
    if (lines->count == 0)
        return OK;
    struct artefact found = {.kind = s->entry->kind, .scope = SCOPE_CONTACT, .count = lines->count};
    found.locator = folder_locator(hit->path, lines->id, s->call->a);
    if (found.locator.p == NULL)
        return ARENA_FULL(err, s->call->a);
    return s->sink->add(s->sink->ctx, hit->target, &found, err);
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct folder_lines *)a)->id, ((const struct folder_lines *)b)->id);
}

/* All hits of one archive: it is read once. Two sources may use the same id; both are told. */
static enum status search_archive(struct finding *s, int root, const struct hit *hits, size_t n, struct err *err)
{
    struct folder_lines *lines = ARENA_ARRAY(s->call->a, struct folder_lines, n);
    size_t lines_n = 0;
    enum reach reach;
    if (lines == NULL)
        return ARENA_FULL(err, s->call->a);
    for (size_t i = 0; i < n; i++)
        lines[i].id = s->targets[hits[i].target].id;
    qsort(lines, n, sizeof(*lines), by_id);
    for (size_t i = 0; i < n; i++)
        if (lines_n == 0 || !str_eq(lines[lines_n - 1].id, lines[i].id))
            lines[lines_n++].id = lines[i].id;
    TRY(folder_lines_count(root, hits[0].path, s->entry, s->call, lines, lines_n, &reach, err));
    for (size_t i = 0; i < n; i++) {
        const struct folder_lines *l = folder_lines_of(lines, lines_n, s->targets[hits[i].target].id);
        s->blind[hits[i].target] = s->blind[hits[i].target] || (reach != REACH_FOUND && reach != REACH_ABSENT);
        TRY(yield_lines(s, &hits[i], l, err));
    }
    return OK;
}

static enum status search_archives(struct finding *s, int root, struct err *err)
{
    size_t end;
    if (s->hits_n > 1)
        qsort(s->hits, s->hits_n, sizeof(*s->hits), by_path_and_target);
    for (size_t i = 0; i < s->hits_n; i = end) {
        for (end = i + 1; end < s->hits_n && str_eq(s->hits[i].path, s->hits[end].path);)
            end++;
        size_t n = 0;
        for (size_t k = i; k < end; k++) /* each target once */
            if (n == 0 || s->hits[i + n - 1].target != s->hits[k].target)
                s->hits[i + n++] = s->hits[k];
        if (store_call_late(s->call))
            return FAIL(err, E_RETRY, "not finished in time");
        TRY(search_archive(s, root, &s->hits[i], n, err));
    }
    s->hits_n = 0;
    return OK;
}

bool folder_is_archive(const struct folder *f, struct str path)
{
    struct key_values any = {.day = KEY_ANY_DAY};
    for (size_t i = 0; i < f->entries_n; i++)
        if (f->entries[i].format == FOLDER_JSON_LINES && key_pattern_match(&f->entries[i].key, &any, path))
            return true;
    return false;
}

static enum status look_at_locator(struct finding *s, const struct store *store, int root, size_t target,
                                   const struct locator *l, struct err *err)
{
    if (!folder_path_safe(l->path)) {
        s->blind[target] = true;
        return OK;
    }
    if (str_eq(l->path, s->f->control) || folder_is_archive(s->f, l->path))
        return OK; /* an archive's lines are found by its own entry */
    for (int away = 0; away < 2; away++) {
        struct folder_spot spot;
        folder_spot_open(root, away ? s->f->restricted : STR_NONE, l->path, &spot);
        enum reach reach = spot.reach;
        struct stat st = spot.st;
        folder_spot_close(&spot);
        s->call->calls++;
        bool known = store_kind_of(store, l->kind) != NULL;
        s->blind[target] = s->blind[target] || (reach != REACH_ABSENT && !known) || reach == REACH_DENIED ||
                           reach == REACH_FAILED || (reach == REACH_LINK && !S_ISLNK(st.st_mode));
        if (known && (reach == REACH_FOUND || (reach == REACH_LINK && S_ISLNK(st.st_mode))))
            TRY(yield_file(s, target, l->kind, SCOPE_CONTACT, l->path, &st, away, l, err));
    }
    return OK;
}

static enum status find_in_tree(struct finding *s, const struct store *store, int root, struct err *err)
{
    for (size_t i = 0; i < s->f->entries_n; i++) {
        s->entry = &s->f->entries[i];
        TRY(walk_entry(s, root, err));
        TRY(search_archives(s, root, err));
    }
    for (size_t t = 0; t < s->n; t++)
        for (size_t i = 0; i < s->targets[t].locators_n; i++)
            if (folder_owns_place(s->f, s->targets[t].locators[i].place))
                TRY(look_at_locator(s, store, root, t, &s->targets[t].locators[i], err));
    return OK;
}

enum status folder_tree_find(const struct store *store, int root, struct store_call *call,
                             const struct store_target *targets, size_t n, const struct store_sink *sink, bool *blind,
                             struct err *err)
{
    struct finding s = {
        .f = store->own, .call = call, .targets = targets, .n = n, .sink = sink, .blind = blind};
    return find_in_tree(&s, store, root, err);
}

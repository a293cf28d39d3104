#include "engine/runs.h"
#include "base/pack.h"
#include "engine/actor.h"
#include "engine/journal.h"
#include "engine/shares.h"

enum { F_KIND = 1, F_ACTOR, F_STATE, F_STARTED, F_ENDED, F_DIGEST, F_IDS, F_PLANNED, F_WORKED, F_PURGED, F_FAILED, F_HELD, F_PARTIAL,
       F_CUTOFF, F_POLICY, F_CHUNKS, F_DRY, F_SHARE };
enum { A_BY = 1, A_REQUESTER, A_AT };

enum status run_new(struct engine *e, const char *kind, struct arena *a, struct run_record *out, struct err *err)
{
    char when[32];
    unsigned char salt[4];
    *out = (struct run_record){.kind = str_of(kind), .state = STR("running"), .actor = e->actor.id, .started_ms = engine_now(e),
                               .ended_ms = TIME_NONE, .cutoff_ms = TIME_NONE, .policy = e->policy.version};
    time_text(out->started_ms, when);
    crypto_random(salt, sizeof salt);
    out->id = arena_fmt(a, "%s-%02x%02x%02x%02x", when, salt[0], salt[1], salt[2], salt[3]);
    return out->id.p ? OK : ARENA_FULL(err, a);
}

enum status run_put(struct engine *e, struct run_record *r, struct entry *entry, struct arena *a, struct err *err)
{
    (void)a;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 8192);
    pack_str(&b, F_KIND, r->kind);
    pack_str(&b, F_ACTOR, r->actor);
    pack_str(&b, F_STATE, r->state);
    pack_int(&b, F_STARTED, r->started_ms);
    pack_int(&b, F_ENDED, r->ended_ms == TIME_NONE ? 0 : r->ended_ms);
    if (r->has_digest)
        pack_bytes(&b, F_DIGEST, r->digest.b, HASH_BYTES);
    const uint64_t counts[] = {r->ids, r->planned, r->worked, r->purged, r->failed, r->held, r->partial};
    for (unsigned i = 0; i < ARRAY_LEN(counts); i++)
        pack_int(&b, F_IDS + i, (int64_t)counts[i]);
    pack_int(&b, F_CUTOFF, r->cutoff_ms == TIME_NONE ? 0 : r->cutoff_ms);
    pack_str(&b, F_POLICY, r->policy);
    pack_int(&b, F_CHUNKS, (int64_t)r->chunks);
    pack_int(&b, F_DRY, r->dry_run);
    pack_int(&b, F_SHARE, (int64_t)r->share_lines);
    TRY(buf_check(&b, err));
    TRY(registry_record_put(e->registry, TABLE_RUN, r->id, buf_view(&b), r->version, entry, err));
    r->version++;
    return OK;
}

/* Several workers may be at it: what each has done stands in rows of its own until the run ends. */
static enum status add_shares(struct engine *e, struct run_record *r, struct err *err)
{
    struct shares_sum sum;
    if (!r->share_lines || str_is(r->state, "done"))
        return OK;
    TRY(shares_sum(e, r->id, &sum, err));
    r->worked = sum.worked;
    r->purged = sum.done.purged;
    r->failed = sum.done.failed;
    r->held = sum.done.held;
    r->partial = sum.done.partial;
    return OK;
}

static enum status run_unpack(const struct row *row, struct arena *a, struct run_record *out, struct err *err)
{
    *out = (struct run_record){.id = arena_str(a, row->key), .version = row->version, .ended_ms = TIME_NONE, .cutoff_ms = TIME_NONE};
    uint64_t *const counts[] = {&out->ids, &out->planned, &out->worked, &out->purged, &out->failed, &out->held, &out->partial};
    struct unpack u;
    for (unpack_init(&u, row->body); unpack_next(&u);) {
        if (u.number == F_KIND)
            out->kind = arena_str(a, u.s);
        else if (u.number == F_ACTOR)
            out->actor = arena_str(a, u.s);
        else if (u.number == F_STATE)
            out->state = arena_str(a, u.s);
        else if (u.number == F_STARTED)
            out->started_ms = u.i;
        else if (u.number == F_ENDED)
            out->ended_ms = u.i;
        else if (u.number == F_DIGEST && u.s.n == HASH_BYTES) {
            memcpy(out->digest.b, u.s.p, HASH_BYTES);
            out->has_digest = true;
        } else if (u.number >= F_IDS && u.number <= F_PARTIAL)
            *counts[u.number - F_IDS] = (uint64_t)u.i;
        else if (u.number == F_CUTOFF)
            out->cutoff_ms = u.i;
        else if (u.number == F_POLICY)
            out->policy = arena_str(a, u.s);
        else if (u.number == F_CHUNKS)
            out->chunks = (uint64_t)u.i;
        else if (u.number == F_DRY)
            out->dry_run = u.i != 0;
        else if (u.number == F_SHARE)
            out->share_lines = (uint64_t)u.i;
    }
    return u.bad ? FAIL(err, E_IO, "run %.*s is damaged in the registry", STR_ARG(row->key)) : OK;
}

static enum status run_read(struct engine *e, const struct row *row, struct arena *a, struct run_record *out, struct err *err)
{
    TRY(run_unpack(row, a, out, err));
    return add_shares(e, out, err);
}

enum status run_peek(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err)
{
    struct row row = {.table = TABLE_RUN, .key = id};
    TRY(registry_record_get(e->registry, TABLE_RUN, id, a, &row.body, &row.version, err));
    if (!row.version)
        return FAIL(err, E_ABSENT, "no run %.*s: see `expunge run list`", STR_ARG(id));
    return run_unpack(&row, a, out, err);
}

enum status run_get(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err)
{
    TRY(run_peek(e, id, a, out, err));
    return add_shares(e, out, err);
}

enum status runs_since(struct engine *e, int64_t since_ms, size_t max, struct arena *a, struct run_record **out, size_t *n, struct err *err)
{
    char after[32];
    struct row *rows;
    size_t rows_n;
    time_text(since_ms, after);
    TRY(registry_record_page(e->registry, TABLE_RUN, STR_NONE, str_of(after), max, a, &rows, &rows_n, err));
    struct run_record *list = ARENA_ARRAY(a, struct run_record, rows_n + 1);
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++)
        TRY(run_read(e, &rows[i], a, &list[i], err));
    *out = list;
    *n = rows_n;
    return OK;
}

enum status run_by_digest(struct engine *e, const struct hash *digest, struct arena *a, struct run_record *out, struct err *err)
{
    struct run_record *runs;
    size_t n;
    TRY(runs_since(e, engine_now(e) - 30 * DAY_MS, 10000, a, &runs, &n, err));
    for (size_t i = n; i > 0; i--)
        if (runs[i - 1].has_digest && bytes_equal(runs[i - 1].digest.b, digest->b, HASH_BYTES) && !str_is(runs[i - 1].state, "cancelled")) {
            *out = runs[i - 1];
            return OK;
        }
    return FAIL(err, E_ABSENT, "nothing waits under this digest: see `expunge run list`");
}

enum status run_keep(struct engine *e, struct run_record *r, bool *stop, struct arena *a, struct err *err)
{
    enum status s = run_put(e, r, NULL, a, err);
    if (s != E_CONFLICT)
        return s;
    struct run_record now;
    TRY(run_get(e, r->id, a, &now, err));
    r->version = now.version;
    *stop = str_is(now.state, "paused") || str_is(now.state, "cancelled");
    if (*stop)
        r->state = now.state;
    return run_put(e, r, NULL, a, err);
}

enum status run_close(struct engine *e, struct run_record *r, struct entry *entry, struct arena *a, struct err *err)
{
    enum { TRIES = 20 };
    enum status s = E_CONFLICT;
    for (int i = 0; s == E_CONFLICT && i < TRIES; i++) {
        s = run_put(e, r, entry, a, err);
        if (s != E_CONFLICT)
            break;
        struct run_record now;
        TRY(run_get(e, r->id, a, &now, err));
        r->version = now.version;
    }
    return s;
}

bool digest_parse(struct str hex, struct hash *out)
{
    size_t n = HASH_BYTES;
    return hex_decode(str_trim(hex), out->b, &n) && n == HASH_BYTES;
}

static struct str digest_key(const struct hash *digest)
{
    return (struct str){(const char *)digest->b, HASH_BYTES};
}

static int64_t approved_at(struct str body)
{
    struct unpack u;
    int64_t at = TIME_NONE;
    for (unpack_init(&u, body); unpack_next(&u);)
        if (u.number == A_AT && !u.is_bytes)
            at = u.i;
    return at;
}

enum status approve(struct engine *e, const struct hash *digest, struct arena *a, struct run_record *what, struct err *err)
{
    TRY(run_by_digest(e, digest, a, what, err));
    if (!e->actor.identified)
        return FAIL(err, E_DENIED, "%.*s cannot approve: an account is needed (EXPUNGE_TOKEN, see `expunge user`)", STR_ARG(e->actor.id));
    if (!role_may(e->actor.role, "approve"))
        return FAIL(err, E_DENIED, "the role %.*s may not approve", STR_ARG(e->actor.role));
    if (str_eq(e->actor.id, what->actor))
        return FAIL(err, E_DENIED, "requester and approver must be different people (rule 2.26)");
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    pack_str(&b, A_BY, e->actor.id);
    pack_str(&b, A_REQUESTER, what->actor);
    pack_int(&b, A_AT, engine_now(e));
    struct entry entry;
    struct str body;
    uint64_t version;
    TRY(journal_approved(e, digest, what->actor, what->kind.p ? arena_cstr(a, what->kind) : "plan", engine_now(e), a, &entry, err));
    TRY(registry_record_get(e->registry, TABLE_APPROVAL, digest_key(digest), a, &body, &version, err));
    /* An approval of an earlier attempt, or one too old to begin under, is given again. */
    int64_t before = version ? approved_at(body) : TIME_NONE;
    if (before != TIME_NONE && before >= what->started_ms && engine_now(e) - before <= APPROVAL_BEGINS_WITHIN_MS)
        return FAIL(err, E_CONFLICT, "it is approved already");
    return registry_record_put(e->registry, TABLE_APPROVAL, digest_key(digest), buf_view(&b), version, &entry, err);
}

enum status approval_get(struct engine *e, const struct hash *digest, struct arena *a, struct approval *out, struct err *err)
{
    struct str body;
    uint64_t version;
    struct unpack u;
    TRY(registry_record_get(e->registry, TABLE_APPROVAL, digest_key(digest), a, &body, &version, err));
    if (!version)
        return FAIL(err, E_ABSENT, "nobody has approved it");
    *out = (struct approval){.digest = *digest, .at_ms = TIME_NONE};
    for (unpack_init(&u, body); unpack_next(&u);) {
        if (u.number == A_BY)
            out->by = u.s;
        else if (u.number == A_REQUESTER)
            out->requester = u.s;
        else if (u.number == A_AT)
            out->at_ms = u.i;
    }
    return u.bad ? FAIL(err, E_IO, "an approval is damaged in the registry") : OK;
}

enum status approval_holds(struct engine *e, const struct run_record *r, struct arena *a, bool *yes, struct str *why, struct err *err)
{
    struct str body;
    uint64_t version;
    int64_t now = engine_now(e);
    *yes = false;
    *why = STR_NONE;
    TRY(registry_record_get(e->registry, TABLE_APPROVAL, digest_key(&r->digest), a, &body, &version, err));
    if (version) {
        *yes = r->worked > 0 || now - approved_at(body) <= APPROVAL_BEGINS_WITHIN_MS;
        if (!*yes)
            *why = STR("its approval is older than 72 hours: approve it again");
        return OK;
    }
    const struct period *delay = &e->config.approval_delay;
    if (delay->set) {
        int64_t from = period_add_back(r->started_ms, delay, e->policy.zone);
        *yes = now >= from;
        *why = arena_fmt(a, "it begins by itself after the delay of %.*s", STR_ARG(period_text(delay, a)));
        return OK;
    }
    *why = STR("a second person must approve it: `expunge approve DIGEST`");
    return OK;
}

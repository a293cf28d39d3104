/* requests.c - a person's request: received, extended, refused, withdrawn (rule 2.28). */
#include "engine/request_parts.h"

#include <stdlib.h>

enum { IDENTIFIERS_MAX = 1000, TEXT_MAX = 1000, CLOCK_SLACK_MS = 5 * 60 * 1000, COUNTER_ROUNDS = 50 };

enum status request_save(struct engine *e, struct request *q, struct entry *entries, size_t n, struct arena *a, struct err *err)
{
    struct row row;
    TRY(registry_request_row(e->registry, q, engine_now(e), a, &row, err));
    struct group g = {.rows = &row, .rows_n = 1, .entries = entries, .entries_n = n};
    TRY(registry_commit(e->registry, &g, 1, err));
    if (g.result != OK)
        return FAIL(err, E_CONFLICT, "request %.*s was changed by somebody else meanwhile: look at it again", STR_ARG(q->id));
    q->version++;
    return OK;
}

enum status request_entry(struct engine *e, const struct request *q, const char *state, int64_t contacts, struct arena *a,
                          struct entry *out, struct err *err)
{
    struct journal_fact facts[7] = {
        {.name = "due", .number = q->due_ms, .is_number = true},
        {.name = "received", .number = q->received_ms, .is_number = true},
        {.name = "regime", .text = str_of(regime_name(q->regime))},
        {.name = "request", .text = q->id},
        {.name = "state", .text = str_of(state)},
    };
    size_t n = 5;
    if (q->ground.n)
        facts[n++] = (struct journal_fact){.name = "ground", .text = q->ground};
    if (contacts >= 0)
        facts[n++] = (struct journal_fact){.name = "n", .number = contacts, .is_number = true};
    return journal_plain(e, "REQUESTED", facts, n, &q->key, engine_now(e), a, out, err);
}

void request_forget(struct request *q)
{
    for (size_t i = 0; i < q->identifiers_n; i++)
        q->identifiers[i].value = STR_NONE;
}

enum status request_check_move(const struct request *q, enum request_state to, struct err *err)
{
    if (!request_may_move(q->state, to))
        return FAIL(err, E_INVALID, "request %.*s is %s and cannot become %s", STR_ARG(q->id), request_state_name(q->state),
                    request_state_name(to));
    return OK;
}

enum status request_move(struct engine *e, struct request *q, enum request_state to, struct arena *a, struct err *err)
{
    static const struct period watch = {.days = 30, .set = true};
    struct entry entry;
    TRY(request_check_move(q, to, err));
    q->state = to;
    if (to == REQUEST_COMPLETED || to == REQUEST_REFUSED || to == REQUEST_WITHDRAWN) {
        request_forget(q);
        q->ended_ms = engine_now(e);
    }
    if (to == REQUEST_COMPLETED) {
        q->watch_until_ms = period_add_back(q->ended_ms, &watch, e->config.zone);
    }
    TRY(request_entry(e, q, request_state_name(to), (int64_t)request_count(q, CANDIDATE_CONFIRMED), a, &entry, err));
    return request_save(e, q, &entry, 1, a, err);
}

size_t request_count(const struct request *q, enum candidate_state s)
{
    size_t n = 0;
    for (size_t i = 0; i < q->candidates_n; i++)
        n += q->candidates[i].state == s;
    return n;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, ROW_KEY_BYTES);
}

enum status request_confirmed(const struct request *q, struct arena *a, struct row_key **out, size_t *n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, q->candidates_n + 1);
    if (!keys)
        return ARENA_FULL(err, a);
    *n = 0;
    for (size_t i = 0; i < q->candidates_n; i++)
        if (q->candidates[i].state == CANDIDATE_CONFIRMED)
            keys[(*n)++] = q->candidates[i].chain;
    qsort(keys, *n, sizeof *keys, by_key);
    *out = keys;
    return OK;
}

/* ---- received ---- */

/* R-2026-000123: the year's counter, swapped. */
static enum status next_id(struct engine *e, struct arena *a, struct str *out, struct err *err)
{
    struct civil now;
    zone_civil(e->config.zone, engine_now(e), &now);
    const char *name = arena_fmt(a, "requests-%04d", now.year).p;
    for (int i = 0; name && i < COUNTER_ROUNDS; i++) {
        struct str text;
        uint64_t version;
        int64_t last = 0;
        TRY(registry_meta_get(e->registry, name, a, &text, &version, err));
        if (version && !str_to_i64(text, &last))
            return FAIL(err, E_IO, "the counter of requests is damaged in the registry");
        struct str next = arena_fmt(a, "%lld", (long long)last + 1);
        enum status s = registry_meta_put(e->registry, name, next, version, NULL, err);
        if (s == E_CONFLICT)
            continue;
        TRY(s);
        *out = arena_fmt(a, "R-%04d-%06lld", now.year, (long long)last + 1);
        return out->p ? OK : ARENA_FULL(err, a);
    }
    return name ? FAIL(err, E_CONFLICT, "too many requests are being opened at once: try again") : ARENA_FULL(err, a);
}

static enum status check_order(const struct request_order *o, int64_t now_ms, struct err *err)
{
    if (o->regime == REGIME_NONE || o->regime >= REGIME_COUNT)
        return FAIL(err, E_INVALID, "a request states its regime: gdpr, uk-gdpr, ccpa or other");
    if (!o->identifiers_n)
        return FAIL(err, E_INVALID, "a request needs at least one identifier of the person");
    if (o->identifiers_n > IDENTIFIERS_MAX)
        return FAIL(err, E_LIMIT, "a request has at most %d identifiers", IDENTIFIERS_MAX);
    if (o->received_ms == TIME_NONE || o->received_ms > now_ms + CLOCK_SLACK_MS)
        return FAIL(err, E_INVALID, "the date of receipt must be stated and cannot lie ahead");
    if (o->ground.n > TEXT_MAX || o->note.n > TEXT_MAX || o->identity_checked.n > TEXT_MAX)
        return FAIL(err, E_LIMIT, "a text of a request has at most %d bytes", TEXT_MAX);
    return OK;
}

static enum status identifiers_of(struct engine *e, const struct request_order *o, struct arena *a, struct request *q, struct err *err)
{
    q->identifiers = ARENA_ARRAY(a, struct identifier, o->identifiers_n);
    q->subjects = ARENA_ARRAY(a, struct row_key, o->identifiers_n);
    if (!q->identifiers || !q->subjects)
        return ARENA_FULL(err, a);
    q->identifiers_n = q->subjects_n = o->identifiers_n;
    for (size_t i = 0; i < o->identifiers_n; i++) {
        q->identifiers[i] = o->identifiers[i];
        q->subjects[i] = row_key_of_subject(&e->registry->identifier, o->identifiers[i].type, o->identifiers[i].value);
    }
    return OK;
}

static enum status fill(struct engine *e, const struct request_order *o, struct arena *a, struct request *q, struct err *err)
{
    struct request_clock clock = request_clock_of(o->regime, o->received_ms, e->config.zone);
    *q = (struct request){
        .regime = o->regime, .ground = o->ground, .note = o->note, .identity_checked = str_trim(o->identity_checked),
        .actor = e->actor.id, .received_ms = o->received_ms, .due_ms = clock.due_ms, .lenient_due_ms = clock.due_ms,
        .acknowledge_ms = clock.acknowledge_ms, .extended_ms = TIME_NONE, .ended_ms = TIME_NONE, .watch_until_ms = TIME_NONE,
        .state = str_trim(o->identity_checked).n ? REQUEST_ASSESSING : REQUEST_VERIFYING,
    };
    TRY(identifiers_of(e, o, a, q, err));
    TRY(next_id(e, a, &q->id, err));
    q->key = row_key_of_request(&e->registry->identifier, q->id);
    return OK;
}

enum status request_open(struct engine *e, const struct request_order *o, struct arena *a, struct request *out, struct err *err)
{
    struct request q;
    struct opening opening;
    struct entry entries[2];
    struct row rows[2];
    bool needed;
    int64_t now = engine_now(e);
    TRY(check_order(o, now, err));
    TRY(fill(e, o, a, &q, err));
    TRY(opening_of_text(e, &q.key, q.id, a, &opening, err));
    TRY(opening_row(e, &opening, now, a, &rows[1], &needed, err));
    TRY(registry_request_row(e->registry, &q, now, a, &rows[0], err));
    TRY(request_entry(e, &q, request_state_name(REQUEST_RECEIVED), -1, a, &entries[0], err));
    TRY(request_entry(e, &q, request_state_name(q.state), -1, a, &entries[1], err));
    struct group g = {.rows = rows, .rows_n = needed ? 2 : 1, .entries = entries, .entries_n = 2};
    TRY(registry_commit(e->registry, &g, 1, err));
    if (g.result != OK)
        return FAIL(err, E_CONFLICT, "request %.*s exists already", STR_ARG(q.id));
    q.version = 1;
    *out = q;
    return OK;
}

/* ---- what a person decides about it as a whole ---- */

enum status request_verify(struct engine *e, struct str id, struct str how, struct arena *a, struct request *out, struct err *err)
{
    how = str_trim(how);
    TRY(registry_request_get(e->registry, id, a, out, err));
    if (!how.n || how.n > TEXT_MAX)
        return FAIL(err, E_INVALID, "say how identity was checked: the method, not the document");
    TRY(request_check_move(out, REQUEST_ASSESSING, err));
    out->identity_checked = how;
    return request_move(e, out, REQUEST_ASSESSING, a, err);
}

static bool is_over(const struct request *q)
{
    return q->state == REQUEST_COMPLETED || q->state == REQUEST_REFUSED || q->state == REQUEST_WITHDRAWN;
}

static enum status check_reason(struct str why, struct err *err)
{
    if (!str_trim(why).n || why.n > TEXT_MAX)
        return FAIL(err, E_INVALID, "a reason is needed (1 to %d bytes): the person has a right to it", TEXT_MAX);
    return OK;
}

enum status request_extend(struct engine *e, struct str id, struct str why, struct arena *a, struct err *err)
{
    struct request q;
    struct entry entry;
    int64_t now = engine_now(e);
    TRY(check_reason(why, err));
    TRY(registry_request_get(e->registry, id, a, &q, err));
    if (is_over(&q))
        return FAIL(err, E_INVALID, "request %.*s is %s: there is nothing to extend", STR_ARG(q.id), request_state_name(q.state));
    if (q.extended_ms != TIME_NONE)
        return FAIL(err, E_DENIED, "request %.*s was extended before: the law allows it once", STR_ARG(q.id));
    if (now > q.due_ms)
        return FAIL(err, E_DENIED, "request %.*s was due already: an extension must be told before that", STR_ARG(q.id));
    q.extended_ms = now;
    q.extended_why = str_trim(why);
    q.due_ms = q.lenient_due_ms = request_clock_of(q.regime, q.received_ms, e->config.zone).extended_due_ms;
    TRY(request_entry(e, &q, "extended", -1, a, &entry, err));
    return request_save(e, &q, &entry, 1, a, err);
}

enum status request_refuse(struct engine *e, struct str id, struct str why, struct arena *a, struct err *err)
{
    struct request q;
    TRY(check_reason(why, err));
    TRY(registry_request_get(e->registry, id, a, &q, err));
    TRY(request_check_move(&q, REQUEST_REFUSED, err));
    q.refused_why = str_trim(why);
    return request_move(e, &q, REQUEST_REFUSED, a, err);
}

/* The state moves first: a run that reads it then begins nothing new. */
enum status request_withdraw(struct engine *e, struct str id, struct arena *a, struct err *err)
{
    struct request q;
    struct row_key *keys;
    size_t n;
    TRY(registry_request_get(e->registry, id, a, &q, err));
    TRY(request_confirmed(&q, a, &keys, &n, err));
    TRY(request_move(e, &q, REQUEST_WITHDRAWN, a, err));
    return request_revoke(e, &q, keys, n, err);
}

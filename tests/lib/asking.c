/* asking.c - see asking.h. */
#include "tests/lib/asking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/epoch.h"

int asking_begin(void **state)
{
    if (world_begin(state) != 0)
        return -1;
    world_reopen(*state, WORLD_NOW_MS, OPEN_WRITE | OPEN_STORES);
    return 0;
}

struct request asking_open(struct world *w, enum regime regime, bool identity)
{
    struct identifier phone = {.type = SUBJECT_PHONE, .value = STR(ASKING_PHONE), .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct request_order o = {.regime = regime, .ground = STR("17(1)(b)"), .received_ms = WORLD_NOW_MS - DAY_MS, .identifiers = &phone,
                              .identifiers_n = 1, .identity_checked = identity ? STR("callback") : STR_NONE};
    struct request q;
    WORLD_OK(w, request_open(w->e, &o, &w->a, &q, &w->err));
    return q;
}

struct request asking_read(struct world *w, struct str id)
{
    struct request q;
    WORLD_OK(w, registry_request_get(w->e->registry, id, &w->a, &q, &w->err));
    return q;
}

void asking_confirm(struct world *w, struct str id)
{
    struct request q;
    WORLD_OK(w, request_propose(w->e, id, &w->a, &q, &w->err));
    WORLD_OK(w, request_decide_candidates(w->e, id, NULL, 0, true, &w->a, &q, &w->err));
}

enum status asking_try(struct world *w, struct str id, struct request *out)
{
    struct epoch_thread *epoch;
    struct row_key worker;
    WORLD_OK(w, worker_begin(w->e, &worker, &w->err));
    WORLD_OK(w, epoch_start(w->e, &epoch, &w->err));
    enum status s = request_run(w->e, id, &worker, &w->a, out, NULL, &w->err);
    epoch_stop(&epoch);
    worker_end(w->e, &worker);
    return s;
}

struct request asking_run(struct world *w, struct str id)
{
    struct request q;
    WORLD_OK(w, asking_try(w, id, &q));
    return q;
}

struct str asking_letter(struct world *w, struct str id, bool html)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    WORLD_OK(w, request_letter(w->e, id, html, &w->a, &b, &w->err));
    struct str text = arena_str(&w->a, buf_view(&b));
    assert_non_null(text.p);
    return text;
}

void asking_law(struct world *w, const char *category, const char *keep)
{
    for (size_t i = 0; i < w->e->policy.categories_n; i++) {
        struct category *c = &w->e->policy.categories[i];
        if (!str_is(c->name, category))
            continue;
        WORLD_OK(w, period_parse(str_of(keep), &c->keep, &w->err));
        c->law = (struct law){.cite = STR("MiFID II Art. 16(7)"), .confirmed_by = STR("counsel"), .confirmed_ms = WORLD_NOW_MS};
        c->law.resists[REGIME_GDPR] = true;
        for (size_t k = 0; k < KIND_COUNT; k++)
            c->on_request[k] = EFFECT_ERASE;
        c->on_request[KIND_RECORDING] = EFFECT_NONE;
        return;
    }
    fail_msg("no category %s", category);
}

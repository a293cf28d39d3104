/* scripted_store.c - see scripted_store.h. */
#include "tests/lib/scripted_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct store_driver *real;
static struct store_driver driver;
static struct script *script;

static enum status scripted_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                                 const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    TRY(real->find(store, call, targets, n, sink, seen, err));
    for (size_t i = 0; i < n && script->sight != SIGHT_UNKNOWN; i++)
        seen[i].sight = script->sight;
    return script->find_status == OK ? OK : FAIL(err, script->find_status, "it answers no more");
}

static void answer(struct artefact *f, enum outcome outcome)
{
    store_answer(f, outcome, NULL);
    if (script->not_before_ms)
        f->not_before_ms = script->not_before_ms;
}

static enum status scripted_change(struct store *store, struct store_call *call, enum effect effect, struct artefact **artefacts,
                                   size_t n, struct err *err)
{
    script->changes += n;
    if (script->change_status != OK)
        return FAIL(err, script->change_status, "it answers no more");
    if (script->changed == OUT_UNKNOWN)
        return real->change(store, call, effect, artefacts, n, err);
    for (size_t i = 0; i < n; i++)
        answer(artefacts[i], script->changed);
    return OK;
}

static enum status scripted_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                                   struct err *err)
{
    script->reads += n;
    if (script->read == OUT_UNKNOWN)
        return real->verify(store, call, artefacts, n, err);
    for (size_t i = 0; i < n; i++)
        answer(artefacts[i], script->read);
    return OK;
}

void scripted_store(struct world *w, struct script *s)
{
    struct store *store = w->e->stores[0];
    assert_non_null(store);
    script = s;
    real = store->driver == &driver ? real : store->driver;
    driver = *real;
    driver.find = scripted_find;
    driver.change = scripted_change;
    driver.verify = scripted_verify;
    store->driver = &driver;
}

struct artefact *scripted_work(struct world *w, const struct row_key *chain, size_t *n)
{
    struct artefact *work;
    uint64_t parts;
    WORLD_OK(w, registry_work_get(w->e->registry, chain, &w->a, &work, n, &parts, &w->err));
    return work;
}

/* Whose a shared artefact still is: who of its owners is erased, who goes in this visit, and who stays (rule 2.20). */
#include "engine/job.h"
#include "model/schedule.h"

static bool is_shared(const struct job *j, const struct artefact *f)
{
    return j->active && !j->read_back_only && f->scope == SCOPE_SHARED && f->owners_n && !outcome_is_gone(f->outcome);
}

static size_t count_owners(const struct run *r)
{
    size_t n = 0;
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            n += is_shared(j, f) ? f->owners_n : 0;
    return n;
}

/* An erased owner has nothing to lose. One that nobody has registered may yet come. */
static void leave_out_erased(struct artefact *f, const struct chain *chains)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->owners_n; i++) {
        bool erased = chains[i].version && chains[i].state == CHAIN_ERASED && !chain_is_risen(&chains[i]) &&
                      chain_leg(&chains[i], &f->owners[i]);
        if (!erased || row_key_eq(&f->owners[i], &f->contact))
            f->owners[kept++] = f->owners[i];
    }
    f->owners_n = kept;
}

enum status run_owners(struct run *r, struct err *err)
{
    size_t n = count_owners(r), k = 0;
    struct row_key *owners = ARENA_ARRAY(r->a, struct row_key, n + 1), *keys = ARENA_ARRAY(r->a, struct row_key, n + 1);
    struct chain *chains = ARENA_ARRAY(r->a, struct chain, n + 1);
    if (!owners || !keys || !chains)
        return ARENA_FULL(err, r->a);
    if (!n)
        return OK;
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            for (size_t i = 0; is_shared(j, f) && i < f->owners_n; i++)
                owners[k++] = f->owners[i];
    TRY(registry_chain_of(r->engine->registry, owners, n, r->a, keys, err));
    TRY(registry_chains(r->engine->registry, keys, n, r->a, chains, err));
    k = 0;
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            if (is_shared(j, f)) {
                size_t all = f->owners_n;
                leave_out_erased(f, chains + k);
                k += all;
            }
    return OK;
}

bool artefact_is_others_too(const struct run *r, const struct artefact *f, enum effect effect)
{
    if (f->scope == SCOPE_CONTACT)
        return false;
    size_t go = 0;
    for (size_t i = 0; i < f->owners_n; i++) {
        bool goes = false;
        for (EACH_JOB(r, j))
            goes |= j->active && !j->read_back_only && decision_effect(&j->decision, &f->owners[i], f->kind) == effect;
        go += goes;
    }
    return !f->owners_n || go < f->owners_n;
}

/* contact_explain.c - the pure decision asked for people: nothing is claimed, nothing is written (rule 2.5). */
#include "engine/contact_view.h"

/* What asks, from the word a person gave; the chain's own mandate when none was. */
static enum status asked_of(const struct chain *c, struct str as, enum reason *reason, enum regime *regime, struct err *err)
{
    *regime = REGIME_NONE;
    if (!as.n) {
        *reason = c->mandate.reason != REASON_NONE ? c->mandate.reason : REASON_RETENTION_EXPIRY;
        (void)regime_parse(c->mandate.regime, regime);
        return OK;
    }
    if (str_is(as, "schedule")) {
        *reason = REASON_RETENTION_EXPIRY;
        return OK;
    }
    if (str_is(as, "order")) {
        *reason = REASON_OPERATOR;
        return OK;
    }
    if (!regime_parse(as, regime) || *regime == REGIME_NONE)
        return FAIL(err, E_INVALID, "--as \"%.*s\": expected schedule, order, gdpr, uk-gdpr, ccpa or other", STR_ARG(as));
    *reason = *regime == REGIME_CCPA ? REASON_CCPA_ERASURE : REASON_GDPR_ERASURE;
    return OK;
}

enum status contact_explain(struct engine *e, const struct row_key *chain, struct str as, struct arena *a, struct decision *out,
                            struct err *err)
{
    struct chain c;
    TRY(engine_holds(e, NULL, err));
    TRY(registry_chains(e->registry, chain, 1, a, &c, err));
    if (!c.version)
        return FAIL(err, E_ABSENT, "the contact was taken away just now");
    struct decide_input in = {.policy = &e->policy, .chain = &c, .holds = e->holds, .holds_n = e->holds_n, .now_ms = engine_now(e)};
    TRY(asked_of(&c, as, &in.asked, &in.regime, err));
    return decide(&in, a, out, err);
}

/* policy_case.c - see policy_case.h. */
#include "tests/lib/policy_case.h"

const char *const policy_case_yaml =
    "default_category: std\n"
    "categories:\n"
    "  std: {erase_after: P2Y}\n"
    "  fin:\n"
    "    keep: P5Y\n"
    "    erase_after: P7Y\n"
    "    law: {cite: 'MiFID II 16(7)', resists: [gdpr, uk-gdpr], confirmed: {by: Ann, on: 2026-01-05}}\n"
    "    on_request: {recording: restrict, contact_record: pseudonymise, default: erase}\n"
    "  fin_open:\n"
    "    keep: P5Y\n"
    "    erase_after: P7Y\n"
    "    law: {cite: 'MiFID II 16(7)', resists: [gdpr, uk-gdpr], confirmed: null}\n"
    "    on_request: {default: erase, recording: restrict}\n"
    "  fin_all:\n"
    "    keep: P5Y\n"
    "    erase_after: P7Y\n"
    "    law: {cite: 'HGB 257', resists: [gdpr], confirmed: {by: Ann, on: 2026-01-05}}\n"
    "  fin_none:\n"
    "    keep: P5Y\n"
    "    erase_after: P7Y\n"
    "    law: {cite: 'AO 147', resists: [gdpr], confirmed: {by: Ann, on: 2026-01-05}}\n"
    "    on_request: {default: erase}\n"
    "  hipaa:\n"
    "    keep: P3Y\n"
    "    erase_after: P6Y\n"
    "    law: {cite: 'HIPAA', confirmed: {by: Ann, on: 2026-01-05}}\n"
    "  bare: {keep: P1Y, erase_after: P2Y}\n"
    "  same: {keep: P1Y, erase_after: P1Y}\n"
    "  created: {erase_after: P1Y, from: record_created}\n"
    "  case: {keep: P1Y, erase_after: P2Y, from: case_closed}\n"
    "  year: {erase_after: P6Y, from: end_of_year}\n"
    "  chat: {erase_after: P90D}\n"
    "  fraud: {hold: fraud, review: P1Y, erase_after: P6Y, from: case_closed}\n"
    "  frozen: {hold: frozen}\n"
    "classify:\n"
    "  - {when: 'attribute.retentionCategory:*', category: '{attribute.retentionCategory}'}\n"
    "  - {when: 'queue:Payments*', category: chat}\n"
    "  - {when: 'queue:*VIP*', category: hipaa}\n"
    "  - {when: 'channel:trade', category: fin}\n";

void policy_case_init(struct policy_case *c, const char *yaml, const char *zone)
{
    *c = (struct policy_case){.problems = STR_NONE};
    arena_init(&c->a, 8 << 20);
    struct err err = {.code = OK};
    const struct zone *z;
    assert_int_equal(zone_open(str_of(zone), &z, &err), OK);
    struct problems p;
    problems_init(&p, &c->a, STR("p.yaml"));
    struct yaml *root = NULL;
    yaml_parse(str_of(yaml), &c->a, &root, &p);
    assert_non_null(root);
    assert_int_equal(policy_read(root, z, &c->a, &c->policy, &p, &err), OK);
    struct buf text;
    buf_init(&text, 1 << 20);
    problems_print(&p, &text);
    c->problems = arena_str(&c->a, text.n > 0 ? buf_view(&text) : STR(""));
    buf_release(&text);
}

void policy_case_release(struct policy_case *c)
{
    arena_release(&c->a);
}

int64_t at(const char *rfc3339_or_date)
{
    int64_t ms = TIME_NONE;
    struct err err = {.code = OK};
    assert_int_equal(time_parse(str_of(rfc3339_or_date), zone_utc(), &ms, &err), OK);
    return ms;
}

struct row_key key_case(unsigned char n)
{
    return (struct row_key){.b = {0xAB, n}};
}

struct leg leg_case(unsigned char n, const char *category, int64_t ended_ms)
{
    return (struct leg){.key = key_case(n),
                        .started_ms = TIME_NONE,
                        .ended_ms = ended_ms,
                        .end_stated = ended_ms != TIME_NONE,
                        .created_ms = TIME_NONE,
                        .case_closed_ms = TIME_NONE,
                        .contract_end_ms = TIME_NONE,
                        .category = str_of(category),
                        .registered_ms = ended_ms == TIME_NONE ? TIME_NONE : ended_ms + MINUTE_MS};
}

struct chain chain_case(struct leg *legs, size_t n)
{
    return (struct chain){.key = n > 0 ? legs[0].key : key_case(0),
                          .version = 7,
                          .source = STR("s"),
                          .legs = legs,
                          .legs_n = n,
                          .grace_until_ms = TIME_NONE,
                          .mandate = {.accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE},
                          .next_ms = TIME_NONE,
                          .verified_ms = TIME_NONE,
                          .verified_again_ms = TIME_NONE,
                          .purged_ms = TIME_NONE,
                          .scrubbed_until_ms = TIME_NONE,
                          .retained_until_ms = TIME_NONE,
                          .risen_ms = TIME_NONE,
                          .registered_ms = n > 0 ? legs[0].registered_ms : TIME_NONE};
}

struct decision decide_case(struct policy_case *c, const struct chain *chain, enum reason asked, enum regime regime,
                            int64_t now_ms)
{
    struct decision d;
    struct err err = {.code = OK};
    struct decide_input in = {
        .policy = &c->policy, .chain = chain, .asked = asked, .regime = regime, .now_ms = now_ms};
    assert_int_equal(decide(&in, &c->a, &d, &err), OK);
    return d;
}

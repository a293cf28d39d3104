#include "audit/entry_types.h"

#define NAME(s) s, sizeof(s) - 1
#define REQ FIELD_REQUIRED
#define OPT FIELD_OPTIONAL
#define REQ_NULL (FIELD_REQUIRED | FIELD_NULLABLE)
#define OPT_NULL (FIELD_OPTIONAL | FIELD_NULLABLE)

/* model/kind.h has the same lists; the unit test compares them. */
#define OUTCOMES                                                                                                       \
    "absent|attested|failed|gone|held|not_deletable|present|pseudonymised|refused|restricted|retained|retry|"         \
    "scrubbed|submitted|unknown|unrestricted"
#define STATUSES                                                                                                       \
    "ACTIVE|EXPIRY_DUE|FAILED|LITIGATION_HOLD|NEEDS_DECISION|OPEN|PARTIAL|PURGED|PURGING|RETAINED|SCRUBBED|VERIFYING"
#define REASONS "CCPA_ERASURE|GDPR_ERASURE|OPERATOR|REPLAYED|RETENTION_EXPIRY|RISEN"
#define EFFECTS "blank|erase|lock|pseudonymise|recall|restrict|unlock"

static const struct entry_field COMMON[] = {
    {NAME("actor"), FORM_TEXT, REQ, NULL, "who: an account's opaque id, `os:NAME@HOST`, or `engine`"},
    {NAME("at"), FORM_TIME, REQ, NULL, "when, by the engine's clock; the order of the log is the order of indices"},
    {NAME("functionality"), FORM_CODE, OPT, NULL, "what the console filters by, e.g. `Delete Contact`"},
    {NAME("id"), FORM_ID, REQ, NULL, "this entry's own id; entries name one another by it"},
    {NAME("request"), FORM_CODE, OPT_NULL, NULL, "reference of the person's request or of the order"},
    {NAME("run"), FORM_CODE, OPT_NULL, NULL, "reference of the run"},
    {NAME("setting"), FORM_CODE, OPT, NULL, "what the console files it under, e.g. `Data Deletion`"},
    {NAME("type"), FORM_CODE, REQ, NULL, "one of the types below"},
    {NAME("v"), FORM_INT, REQ, NULL, "version of this format: 1"},
};
static const struct entry_field REGISTERED[] = {
    {NAME("counts"), FORM_COUNTS, OPT, NULL, "registered, updated, duplicate, ..."},
    {NAME("digest"), FORM_HASH, REQ, NULL, "keyed digest of the batch"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "contacts registered"},
    {NAME("source"), FORM_CODE, OPT, NULL, "the source's configured name"},
};
static const struct entry_field REQUESTED[] = {
    {NAME("chain"), FORM_HASH, OPT, NULL, "commitment to the chain, when it is about one"},
    {NAME("due"), FORM_TIME, OPT_NULL, NULL, "legal date of the answer"},
    {NAME("ground"), FORM_CODE, OPT, NULL, "ground stated, e.g. `17(1)(b)`"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "contacts confirmed, or ids ordered"},
    {NAME("note"), FORM_HASH, OPT, NULL, "commitment to free text (field `reason`)"},
    {NAME("received"), FORM_TIME, OPT, NULL, "receipt, from which legal dates count"},
    {NAME("regime"), FORM_ENUM, OPT, "ccpa|gdpr|other|uk-gdpr", "law the request invokes; missing for an order"},
    {NAME("state"), FORM_CODE, REQ, NULL, "state entered: received, verifying, ..., extended; `ordered` for an order"},
    {NAME("subject"), FORM_HASH, OPT, NULL, "commitment to the person (field `subject`)"},
};
static const struct entry_field PLANNED[] = {
    {NAME("cutoff"), FORM_TIME, REQ, NULL, "what was due by then"},
    {NAME("digest"), FORM_HASH, REQ, NULL, "RFC 6962 root of the plan's lines"},
    {NAME("dry_run"), FORM_BOOL, OPT, NULL, "made by a dry run"},
    {NAME("lane"), FORM_CODE, OPT, NULL, "lane of the run"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "chains in the plan"},
    {NAME("policy"), FORM_CODE, REQ, NULL, "policy version"},
    {NAME("stores"), FORM_NAMES, OPT, NULL, "stores configured"},
};
static const struct entry_field APPROVED[] = {
    {NAME("delay"), FORM_CODE, OPT, NULL, "cooling-off that stood in for a second person (`P3D`)"},
    {NAME("digest"), FORM_HASH, REQ, NULL, "what is approved: a plan, release, policy or override"},
    {NAME("requester"), FORM_TEXT, REQ, NULL, "who asked for it; another than the actor"},
    {NAME("what"), FORM_CODE, OPT, NULL, "kind of thing approved"},
};
static const struct entry_field REFUSED[] = {
    {NAME("chain"), FORM_HASH, OPT, NULL, "commitment to the chain, when it is about one"},
    {NAME("digest"), FORM_HASH, OPT, NULL, "what was refused"},
    {NAME("law"), FORM_TEXT, OPT, NULL, "citation of the law that retains"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "how many it concerned"},
    {NAME("what"), FORM_CODE, OPT, NULL, "kind of thing refused"},
    {NAME("why"), FORM_CODE, REQ, NULL, "guard, permission, hold, legal_minimum, not_approved, ..."},
};
static const struct entry_field INTENT[] = {
    {NAME("approval"), FORM_ID, OPT, NULL, "the APPROVED entry it relies on"},
    {NAME("chains_root"), FORM_HASH, REQ, NULL, "RFC 6962 root over the sorted commitments of the chains (field `chain`)"},
    {NAME("effects"), FORM_ENUMS, REQ, EFFECTS, "what may be done under it"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "chains"},
    {NAME("note"), FORM_HASH, OPT, NULL, "commitment to free text (field `reason`)"},
    {NAME("plan"), FORM_HASH, OPT, NULL, "digest of the plan it works off"},
    {NAME("policy"), FORM_CODE, REQ, NULL, "policy version"},
    {NAME("reason"), FORM_ENUM, REQ, REASONS, "why"},
    {NAME("stores"), FORM_NAMES, REQ, NULL, "stores it may change"},
};
#define RESULT_FIELDS(times_flag, residuals_flag)                                                                      \
    {NAME("blind"), FORM_TIMES, OPT, NULL, "stores that cannot look further back than this"},                                \
        {NAME("chain"), FORM_HASH, REQ, NULL, "commitment to the chain (field `chain`)"},                              \
        {NAME("ids"), FORM_HASHES, REQ, NULL, "commitments to its contact ids (field `contact-id`); empty above 500 legs"}, \
        {NAME("ids_root"), FORM_HASH, OPT, NULL, "root over them when `ids` is empty"},                                \
        {NAME("intent"), FORM_ID, REQ_NULL, NULL, "the INTENT entry it answers; null when nothing had to be changed"}, \
        {NAME("intent_log"), FORM_TEXT, OPT, NULL, "origin of the log that holds the intent, when another (a year ago)"}, \
        {NAME("law"), FORM_TEXT, OPT, NULL, "citation of the law that retains"},                                       \
        {NAME("n"), FORM_COUNT, OPT, NULL, "contacts when `ids` is empty"},                                            \
        {NAME("residuals"), FORM_RESIDUALS, residuals_flag, NULL, "copies that remain, and until when"},               \
        {NAME("stores"), FORM_OUTCOMES, REQ, OUTCOMES, "artefacts by store and outcome"},                              \
        {NAME("times"), FORM_TIMES, times_flag, NULL, "when each store was read back"},                                \
        {NAME("until"), FORM_TIME, OPT_NULL, NULL, "until when the rest is retained"},                                 \
        {NAME("verdict"), FORM_ENUM, REQ, STATUSES, "status of the chain after it"},
static const struct entry_field OUTCOME[] = {RESULT_FIELDS(OPT, OPT)};
static const struct entry_field VERIFIED[] = {RESULT_FIELDS(REQ, REQ)};
static const struct entry_field RISEN[] = {
    {NAME("cause"), FORM_CODE, OPT, NULL, "document, verification, restore, new_store"},
    {NAME("chain"), FORM_HASH, REQ, NULL, "commitment to the chain"},
    {NAME("ids"), FORM_HASHES, OPT, NULL, "commitments to the contact ids that rose"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "artefacts found"},
    {NAME("stores"), FORM_NAMES, OPT, NULL, "where"},
};
#define HOLD_FIELDS                                                                                                    \
    {NAME("chain"), FORM_HASH, OPT, NULL, "commitment to the chain, when it is about one"},                                  \
        {NAME("ids"), FORM_HASHES, OPT, NULL, "commitments to the contact ids named"},                                 \
        {NAME("matter"), FORM_HASH, REQ, NULL, "commitment to the matter (field `matter`)"},                           \
        {NAME("n"), FORM_COUNT, REQ, NULL, "contacts named or covered; 0 while a standing hold is being matched"},     \
        {NAME("note"), FORM_HASH, OPT, NULL, "commitment to free text (field `reason`)"},                              \
        {NAME("review"), FORM_TIME, OPT_NULL, NULL, "when it must be reviewed"},                                       \
        {NAME("scope"), FORM_ENUM, REQ, "filter|ids|subject", "what it covers"},                                       \
        {NAME("stores"), FORM_NAMES, OPT, NULL, "stores whose own lock mirrors it"},                                   \
        {NAME("waived"), FORM_BOOL, OPT, NULL, "the grace after release was waived"},
static const struct entry_field HOLD[] = {HOLD_FIELDS};
static const struct entry_field LOST_IN_FLIGHT[] = {
    {NAME("chain"), FORM_HASH, REQ, NULL, "commitment to the chain"},
    {NAME("ids"), FORM_HASHES, OPT, NULL, "commitments to its contact ids"},
    {NAME("intent"), FORM_ID, OPT, NULL, "the INTENT under way when the hold came"},
    {NAME("matter"), FORM_HASH, REQ, NULL, "commitment to the matter"},
    {NAME("result"), FORM_ENUM, REQ, "freed|lost", "whether anything was lost"},
    {NAME("stores"), FORM_NAMES, REQ, NULL, "where it was lost; empty when freed"},
};
static const struct entry_field OVERRIDE[] = {
    {NAME("approval"), FORM_ID, OPT, NULL, "the APPROVED entry it relies on"},
    {NAME("chain"), FORM_HASH, OPT, NULL, "commitment to the chain"},
    {NAME("digest"), FORM_HASH, OPT, NULL, "what it speaks of"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "how many it concerns"},
    {NAME("note"), FORM_HASH, OPT, NULL, "commitment to free text (field `reason`)"},
    {NAME("what"), FORM_CODE, REQ, NULL, "what was set aside"},
};
static const struct entry_field DECIDED[] = {
    {NAME("chain"), FORM_HASH, REQ, NULL, "commitment to the chain"},
    {NAME("decision"), FORM_CODE, REQ, NULL, "what the person decided"},
    {NAME("note"), FORM_HASH, OPT, NULL, "commitment to free text (field `reason`)"},
    {NAME("until"), FORM_TIME, OPT_NULL, NULL, "until when it stands"},
};
static const struct entry_field POLICY_CHANGED[] = {
    {NAME("approval"), FORM_ID, OPT, NULL, "the APPROVED entry it relies on"},
    {NAME("counts"), FORM_COUNTS, REQ, NULL, "impact shown before: earlier, later, due"},
    {NAME("delay"), FORM_CODE, OPT, NULL, "delay that stood in for a second person (`P3D`)"},
    {NAME("effective"), FORM_TIME, OPT, NULL, "when it acts, after a cooling-off"},
    {NAME("previous"), FORM_CODE, REQ_NULL, NULL, "version before; null for the first"},
    {NAME("version"), FORM_CODE, REQ, NULL, "version in force now"},
};
static const struct entry_field RECLASSIFIED[] = {
    {NAME("counts"), FORM_COUNTS, OPT, NULL, "impact shown before"},
    {NAME("digest"), FORM_HASH, OPT, NULL, "keyed digest of the chains"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "chains rewritten"},
    {NAME("policy"), FORM_CODE, REQ, NULL, "policy version"},
};
static const struct entry_field RUN[] = {
    {NAME("counts"), FORM_COUNTS, OPT, NULL, "contacts by result"},
    {NAME("digest"), FORM_HASH, OPT, NULL, "digest of its plan"},
    {NAME("dry_run"), FORM_BOOL, REQ, NULL, "changed nothing"},
    {NAME("policy"), FORM_CODE, OPT, NULL, "policy version"},
    {NAME("state"), FORM_ENUM, REQ, "cancelled|finished|paused|resumed|started", "what it did"},
};
static const struct entry_field STOPPED[] = {
    {NAME("digest"), FORM_HASH, OPT, NULL, "plan that waits for approval"},
    {NAME("limit"), FORM_COUNT, OPT, NULL, "limit exceeded"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "what exceeded it"},
    {NAME("why"), FORM_CODE, REQ, NULL, "guard, clock, rollback, ..."},
};
static const struct entry_field RESUMED[] = {
    {NAME("intent"), FORM_ID, OPT, NULL, "INTENT taken up again after a crash"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "chains taken up again"},
};
static const struct entry_field STORE_CHANGED[] = {
    {NAME("change"), FORM_CODE, REQ, NULL, "added, down, up, closed, opened, retired"},
    {NAME("n"), FORM_COUNT, OPT, NULL, "chains it concerns"},
    {NAME("note"), FORM_HASH, OPT, NULL, "commitment to free text (field `reason`)"},
    {NAME("store"), FORM_CODE, REQ, NULL, "the store's name"},
};
static const struct entry_field OPENING_DESTROYED[] = {
    {NAME("entries"), FORM_IDS, OPT, NULL, "entries whose openings are gone, when few"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "openings destroyed"},
    {NAME("policy"), FORM_CODE, REQ, NULL, "policy version that let them go"},
    {NAME("seal"), FORM_CODE, OPT, NULL, "name of the seal key destroyed with them"},
    {NAME("until"), FORM_TIME, OPT, NULL, "openings due by then"},
};
static const struct entry_field DISCLOSED[] = {
    {NAME("digest"), FORM_HASH, OPT, NULL, "digest of what was handed over"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "entries or openings disclosed"},
    {NAME("recipient"), FORM_CODE, REQ, NULL, "to whom, as a code"},
    {NAME("what"), FORM_CODE, REQ, NULL, "export, certificate, opening"},
};
static const struct entry_field CONFIG_CHANGED[] = {
    {NAME("digest"), FORM_HASH, REQ, NULL, "digest of the configuration now"},
    {NAME("keys"), FORM_NAMES, OPT, NULL, "settings that differ"},
    {NAME("previous"), FORM_HASH, REQ_NULL, NULL, "digest before; null for the first"},
};
static const struct entry_field CLOCK_CONFIRMED[] = {
    {NAME("last"), FORM_TIME, OPT_NULL, NULL, "time of the last entry before"},
    {NAME("now"), FORM_TIME, REQ, NULL, "time confirmed"},
};
static const struct entry_field USER_CHANGED[] = {
    {NAME("change"), FORM_CODE, REQ, NULL, "added, removed, roles, token, disabled"},
    {NAME("roles"), FORM_NAMES, OPT, NULL, "roles now"},
    {NAME("user"), FORM_TEXT, REQ, NULL, "the account's opaque id"},
};
static const struct entry_field KEY_ROTATED[] = {
    {NAME("key"), FORM_ENUM, REQ, "audit|identifier|pseudonym|seal", "which key"},
    {NAME("name"), FORM_CODE, OPT, NULL, "name of the new seal key"},
    {NAME("previous"), FORM_TEXT, OPT_NULL, NULL, "verifier key before, for `audit`"},
    {NAME("vkey"), FORM_TEXT, OPT, NULL, "verifier key from now on, for `audit`"},
};
static const struct entry_field RESTORE_DECLARED[] = {
    {NAME("as_of"), FORM_TIME, REQ, NULL, "the state the store came back in"},
    {NAME("n"), FORM_COUNT, REQ, NULL, "ledger chains made risen"},
    {NAME("store"), FORM_CODE, REQ, NULL, "the store's name"},
};
static const struct entry_field REOPENED[] = {
    {NAME("log"), FORM_TEXT, OPT, NULL, "origin of the log closed, when a new one begins here"},
    {NAME("missing"), FORM_COUNTS, REQ, NULL, "holds, erasures, policy changes that the registry has lost"},
    {NAME("root"), FORM_HASH, REQ, NULL, "root of what was published"},
    {NAME("size"), FORM_COUNT, REQ, NULL, "size of what was published"},
};

#define TYPE(type, fields, meaning) [ENTRY_##type] = {NAME(#type), meaning, fields, ARRAY_LEN(fields)}
static const struct entry_spec SPECS[ENTRY_TYPE_COUNT] = {
    [ENTRY_NONE] = {NAME("every type"), "What every entry has or may have.", COMMON, ARRAY_LEN(COMMON)},
    TYPE(REGISTERED, REGISTERED, "A batch of contacts was registered."),
    TYPE(REQUESTED, REQUESTED, "A person's request, or an order, came in or changed its state."),
    TYPE(PLANNED, PLANNED, "A plan was made."),
    TYPE(APPROVED, APPROVED, "A second person agreed."),
    TYPE(REFUSED, REFUSED, "Something asked for was refused."),
    TYPE(INTENT, INTENT, "About to change stores. Durable before the first call."),
    TYPE(OUTCOME, OUTCOME, "What one visit to one chain came to."),
    TYPE(VERIFIED, VERIFIED, "One chain read back from every store. What a certificate carries."),
    TYPE(RISEN, RISEN, "Something erased came back."),
    TYPE(HOLD_APPLIED, HOLD, "A litigation hold is in force."),
    TYPE(HOLD_RELEASED, HOLD, "A litigation hold was released."),
    TYPE(LOST_IN_FLIGHT, LOST_IN_FLIGHT, "What became of a chain that was being erased when its hold came."),
    TYPE(OVERRIDE, OVERRIDE, "A rule was set aside by a person."),
    TYPE(DECIDED, DECIDED, "A person decided about one chain."),
    TYPE(POLICY_CHANGED, POLICY_CHANGED, "Another policy version came into force."),
    TYPE(RECLASSIFIED, RECLASSIFIED, "Chains were given other categories or start events."),
    TYPE(RUN, RUN, "A run began, ended or was interrupted."),
    TYPE(STOPPED, STOPPED, "A guard stopped something before it began."),
    TYPE(RESUMED, RESUMED, "Work left by a crash was taken up again."),
    TYPE(STORE_CHANGED, STORE_CHANGED, "A store came, went, or stopped answering."),
    TYPE(OPENING_DESTROYED, OPENING_DESTROYED, "Openings reached the end of their period."),
    TYPE(DISCLOSED, DISCLOSED, "Entries, openings or certificates were handed out."),
    TYPE(CONFIG_CHANGED, CONFIG_CHANGED, "The configuration differs from the last one seen."),
    TYPE(CLOCK_CONFIRMED, CLOCK_CONFIRMED, "A person confirmed the clock."),
    TYPE(USER_CHANGED, USER_CHANGED, "An account was added, changed or removed."),
    TYPE(KEY_ROTATED, KEY_ROTATED, "A key was replaced."),
    TYPE(RESTORE_DECLARED, RESTORE_DECLARED, "A store came back from a backup."),
    TYPE(REOPENED, REOPENED, "A registry behind its published log was taken into use again."),
};

const struct entry_spec *entry_spec_of(enum entry_type t)
{
    ASSERT(t < ENTRY_TYPE_COUNT);
    return &SPECS[t];
}

const char *entry_type_name(enum entry_type t)
{
    return entry_spec_of(t)->name;
}

bool entry_type_parse(struct str name, enum entry_type *out)
{
    for (unsigned t = ENTRY_NONE + 1; t < ENTRY_TYPE_COUNT; t++) {
        if (name.n == SPECS[t].name_n && memcmp(name.p, SPECS[t].name, name.n) == 0) {
            *out = (enum entry_type)t;
            return true;
        }
    }
    return false;
}

const char *entry_form_text(enum entry_form f)
{
    static const char *const TEXT[FORM_COUNT_OF] = {
        [FORM_INT] = "integer",      [FORM_COUNT] = "count",          [FORM_TIME] = "time",
        [FORM_BOOL] = "boolean",     [FORM_ID] = "id",                [FORM_HASH] = "hash",
        [FORM_CODE] = "code",        [FORM_TEXT] = "text",            [FORM_ENUM] = "one of",
        [FORM_ENUMS] = "some of",    [FORM_NAMES] = "names",          [FORM_IDS] = "ids",
        [FORM_HASHES] = "hashes",    [FORM_COUNTS] = "counts",        [FORM_TIMES] = "times",
        [FORM_OUTCOMES] = "outcomes", [FORM_RESIDUALS] = "residuals",
    };
    ASSERT(f < FORM_COUNT_OF);
    return TEXT[f];
}

/* Byte by byte: lists and values are short, and every outcome of every entry is looked up here. */
bool entry_value_listed(const char *values, struct str s)
{
    for (const char *p = values;;) {
        size_t i = 0;

        while (i < s.n && p[i] == s.p[i] && p[i] != '|' && p[i] != '\0')
            i++;
        if (i == s.n && (p[i] == '|' || p[i] == '\0'))
            return true;
        p = strchr(p + i, '|');
        if (!p)
            return false;
        p++;
    }
}

static void describe_field(const struct entry_field *f, struct buf *out)
{
    buf_fmt(out, "| `%s` | %s", f->name, entry_form_text(f->form));
    if (f->values && f->form != FORM_OUTCOMES) {
        const char *separator = " `";

        for (struct str rest = str_of(f->values), one; rest.n > 0; separator = ", `") {
            if (!str_split(rest, '|', &one, &rest)) {
                one = rest;
                rest = STR("");
            }
            buf_fmt(out, "%s%.*s`", separator, STR_ARG(one));
        }
    }
    buf_fmt(out, "%s | %s | %s |\n", f->flags & FIELD_NULLABLE ? " or null" : "",
            f->flags & FIELD_REQUIRED ? "yes" : "no", f->meaning);
}

void entry_types_describe(struct buf *out)
{
    for (unsigned t = 0; t < ENTRY_TYPE_COUNT; t++) {
        const struct entry_spec *spec = &SPECS[t];

        buf_fmt(out, "%s### %s\n\n%s\n\n| field | form | required | meaning |\n|---|---|---|---|\n", t ? "\n" : "",
                spec->name, spec->meaning);
        for (size_t i = 0; i < spec->n; i++)
            describe_field(&spec->fields[i], out);
    }
}

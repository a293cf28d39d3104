/*
 * letter.c - the answer to the person: acknowledgement, extension, done, partly done, refused, nothing found (Art. 12(3),
 * 12(4), 19 GDPR; 11 CCR 7021, 7022). Says nothing of other people and, of a hold, nothing but that there is one.
 */
#include "engine/letter_facts.h"
#include "engine/letter_page.h"

struct letter {
    struct engine *e;
    struct request q;
    struct letter_facts f;
    struct letter_page page;
    struct arena *a;
};

/* "21 November 2026", in the zone of the request's dates. */
static const char *day(const struct letter *l, int64_t ms)
{
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
                                         "August", "September", "October", "November", "December"};
    struct civil c;
    if (ms == TIME_NONE || ms == INT64_MAX)
        return "a date not known yet";
    zone_civil(l->e->config.zone, ms, &c);
    struct str text = arena_fmt(l->a, "%d %s %d", c.day, months[c.month - 1], c.year);
    return text.p ? text.p : "";
}

static const char *kind_words(const struct letter *l, enum artefact_kind kind)
{
    char *words = arena_cstr(l->a, str_of(kind_name(kind)));
    for (char *p = words; p && *p; p++)
        if (*p == '_')
            *p = ' ';
    return words ? words : "";
}

static bool is_ccpa(const struct letter *l)
{
    return l->q.regime == REGIME_CCPA;
}

static const char *law_of(const struct letter *l)
{
    switch (l->q.regime) {
    case REGIME_GDPR:
        return "Article 17 of the General Data Protection Regulation (GDPR)";
    case REGIME_UK_GDPR:
        return "Article 17 of the UK GDPR";
    case REGIME_CCPA:
        return "the California Consumer Privacy Act (CCPA), Cal. Civ. Code 1798.105";
    case REGIME_NONE:
    case REGIME_OTHER:
    case REGIME_COUNT:
        break;
    }
    return "the data-protection law you refer to";
}

static const char *contacts(const struct letter *l, uint64_t n)
{
    struct str s = arena_fmt(l->a, n == 1 ? "%llu contact" : "%llu contacts", (unsigned long long)n);
    return s.p ? s.p : "";
}

/* ---- parts ---- */

static void opening_words(struct letter *l)
{
    page_paragraph(&l->page, "Our reference: %.*s", STR_ARG(l->q.id));
    page_paragraph(&l->page, "Date: %s", day(l, engine_now(l->e)));
    page_paragraph(&l->page, "Dear Sir or Madam,");
    page_paragraph(&l->page, "On %s we received your request to erase your personal data, under %s.", day(l, l->q.received_ms), law_of(l));
}

/* By which kinds of identifiers, never by which. */
static const char *searched_by(const struct letter *l)
{
    static const char *const words[SUBJECT_TYPE_COUNT] = {
        [SUBJECT_PHONE] = "telephone number", [SUBJECT_EMAIL] = "e-mail address", [SUBJECT_CUSTOMER_ID] = "customer number",
        [SUBJECT_EXTERNAL_ID] = "account reference", [SUBJECT_SOCIAL_ID] = "social-media account"};
    bool there[SUBJECT_TYPE_COUNT] = {false};
    struct str list = STR("");
    for (size_t i = 0; i < l->q.identifiers_n; i++)
        there[l->q.identifiers[i].type] = true;
    for (size_t t = 0; t < SUBJECT_TYPE_COUNT; t++)
        if (there[t])
            list = arena_fmt(l->a, "%.*s%s%s", STR_ARG(list), list.n ? ", " : "", words[t]);
    return list.n ? list.p : "details you gave";
}

static void where_we_looked(struct letter *l)
{
    page_paragraph(&l->page, "We searched for you by the %s you gave us, in these systems:", searched_by(l));
    page_item(&l->page, "our register of calls, chats and messages");
    for (size_t i = 0; i < l->e->stores_n; i++)
        page_item(&l->page, "%.*s", STR_ARG(l->e->store_names[i]));
}

static const char *const fate_words[FATE_KINDS] = {
    [FATE_DELETED] = "deleted",
    [FATE_OVERWRITTEN] = "overwritten",
    [FATE_CONFIRMED] = "deleted, as a member of our staff confirmed,",
    [FATE_NOT_DELETABLE] = "cannot be deleted by us",
    [FATE_REPLACED] = "your name and contact details replaced",
    [FATE_LOCKED] = "kept, but locked away from daily use",
    [FATE_KEPT] = "kept",
    [FATE_UNLOCKED] = "kept; this system has no means to lock it away",
    [FATE_SHARED] = "kept, because it belongs to other conversations too",
    [FATE_HELD] = "kept, legal hold",
    [FATE_PENDING] = "in progress",
};

/* " on 21 November 2026" where something was done; what merely stays has no date of its own. */
static const char *when(const struct letter *l, const struct letter_line *x)
{
    bool acted = x->fate == FATE_DELETED || x->fate == FATE_OVERWRITTEN || x->fate == FATE_CONFIRMED || x->fate == FATE_REPLACED ||
                 x->fate == FATE_LOCKED;
    const char *first = day(l, x->first_ms), *last = day(l, x->last_ms);
    if (x->fate == FATE_NOT_DELETABLE)
        last = arena_fmt(l->a, "; it disappears there by itself by %s", day(l, x->gone_by_ms)).p;
    else if (!acted)
        last = "";
    else if (strcmp(first, last) == 0)
        last = arena_fmt(l->a, " on %s", last).p;
    else
        last = arena_fmt(l->a, " between %s and %s", first, last).p;
    return last ? last : "";
}

static void line_item(struct letter *l, const struct letter_line *x)
{
    struct str read = x->read_ms == TIME_NONE ? STR("") : arena_fmt(l->a, "; checked to be so on %s", day(l, x->read_ms));
    page_item(&l->page, "%.*s, %s (%llu): %s%s%.*s", STR_ARG(x->store), kind_words(l, x->kind), (unsigned long long)x->n,
              fate_words[x->fate], when(l, x), STR_ARG(read));
}

static size_t items_between(struct letter *l, enum letter_fate from, enum letter_fate to, const char *heading)
{
    size_t n = 0;
    for (size_t i = 0; i < l->f.lines_n; i++) {
        if (l->f.lines[i].fate < from || l->f.lines[i].fate > to)
            continue;
        if (!n++ && heading)
            page_heading(&l->page, heading);
        line_item(l, &l->f.lines[i]);
    }
    return n;
}

static void what_is_erased(struct letter *l)
{
    size_t n = items_between(l, FATE_DELETED, FATE_NOT_DELETABLE, "What we have erased");
    if (l->f.unlisted)
        page_paragraph(&l->page, "The detailed list for %s has itself been deleted on schedule; what it listed had been erased.",
                       contacts(l, l->f.unlisted));
    if (n && (l->q.regime == REGIME_GDPR || l->q.regime == REGIME_UK_GDPR))
        page_paragraph(&l->page, "Where we had passed such data to others, the law obliges us to tell them of the erasure, unless that "
                                 "is impossible or takes disproportionate effort. If you ask, we tell you who they are (Article 19).");
}

static void what_stays(struct letter *l)
{
    bool any = l->f.laws_n || l->f.held;
    if (any)
        page_heading(&l->page, "What stays for now, and why");
    (void)items_between(l, FATE_REPLACED, FATE_HELD, any ? NULL : "What stays for now, and why");
    for (size_t i = 0; i < l->f.laws_n; i++) {
        const struct letter_law *law = &l->f.laws[i];
        const char *until = law->until_ms >= KEEP_UNBOUNDED_MS ? "the period it prescribes has begun and ended" : day(l, law->until_ms);
        page_paragraph(&l->page, "For %s the law obliges us to keep data until %s: %.*s%s. What it names is kept; the rest is erased. "
                                 "When the time is over it is erased without a new request from you.",
                       contacts(l, law->contacts), until, STR_ARG(law->cite),
                       is_ccpa(l) ? " (Cal. Civ. Code 1798.105(d)(8))" : l->q.regime == REGIME_OTHER ? "" : " (Article 17(3)(b))");
    }
    if (l->f.held)
        page_paragraph(&l->page, "Data of %s is under a legal hold%s. It is erased when the hold has ended, without a new request from you.",
                       contacts(l, l->f.held), is_ccpa(l) ? " (Cal. Civ. Code 1798.145(a))" : l->q.regime == REGIME_OTHER ? "" : " (Article 17(3)(e))");
}

static void what_goes_on(struct letter *l)
{
    (void)items_between(l, FATE_PENDING, FATE_PENDING, "What is still in progress");
    if (l->f.moving)
        page_paragraph(&l->page, "The erasure of %s is not finished yet; we shall tell you when it is.", contacts(l, l->f.moving));
    if (l->f.undecided)
        page_paragraph(&l->page, "Whether %s more concern you is still being looked at.", contacts(l, l->f.undecided));
}

static void remaining_copies(struct letter *l)
{
    if (!l->f.copies_n)
        return;
    page_heading(&l->page, "Copies that remain for a while");
    page_paragraph(&l->page, "Copies such as backups cannot be changed. They are not used, and disappear by themselves:");
    for (size_t i = 0; i < l->f.copies_n; i++) {
        const struct letter_copy *c = &l->f.copies[i];
        if (c->until_ms == TIME_NONE)
            page_item(&l->page, "%.*s, %.*s: no date is known to us", STR_ARG(c->store), STR_ARG(c->kind));
        else
            page_item(&l->page, "%.*s, %.*s: by %s", STR_ARG(c->store), STR_ARG(c->kind), day(l, c->until_ms));
    }
}

static void how_to_complain(struct letter *l)
{
    page_heading(&l->page, "If you do not agree");
    if (l->e->config.notify_privacy.n)
        page_paragraph(&l->page, "Please write to us first, naming our reference: %.*s.", STR_ARG(l->e->config.notify_privacy));
    switch (l->q.regime) {
    case REGIME_UK_GDPR:
        page_paragraph(&l->page, "You may complain to the Information Commissioner's Office (Wycliffe House, Water Lane, Wilmslow, Cheshire "
                                 "SK9 5AF; ico.org.uk), and you may go to court.");
        return;
    case REGIME_CCPA:
        page_paragraph(&l->page, "You may complain to the California Privacy Protection Agency (cppa.ca.gov) or to the California Attorney "
                                 "General (oag.ca.gov).");
        return;
    case REGIME_GDPR:
        page_paragraph(&l->page, "You may complain to a supervisory authority, in particular where you live, where you work, or where you "
                                 "think the law was broken (Article 77 GDPR), and you may go to court (Article 79 GDPR).");
        return;
    case REGIME_NONE:
    case REGIME_OTHER:
    case REGIME_COUNT:
        break;
    }
    page_paragraph(&l->page, "You may complain to the authority that supervises data protection where you live, and you may go to court.");
}

static void record_kept(struct letter *l)
{
    page_paragraph(&l->page, "Of this request itself we keep a record that shows what we did%s. It no longer contains the %s by which we found you.",
                   is_ccpa(l) ? ", as 11 CCR 7101 demands" : "", searched_by(l));
}

/* ---- letters ---- */

static void acknowledgement(struct letter *l)
{
    if (l->q.state == REQUEST_RECEIVED || l->q.state == REQUEST_VERIFYING)
        page_paragraph(&l->page, "Before we may act we must be sure that it comes from you. Please confirm your identity: answer this letter from "
                                 "the address or number we know of you, naming our reference, or call us back. Please send no copy of an "
                                 "identity document unless we ask for it.");
    else if (l->q.state == REQUEST_ASSESSING)
        page_paragraph(&l->page, "Your identity has been checked. We are now finding out which contacts with us concern you; what concerns you "
                                 "is then erased from every system, and read back to see that it is gone.");
    else
        page_paragraph(&l->page, "Your data is being erased from every system, and read back to see that it is gone.");
    page_paragraph(&l->page, "You will have our answer by %s.", day(l, l->q.due_ms));
}

static void extension(struct letter *l)
{
    page_paragraph(&l->page, "We need more time, which the law allows us once. The reason: %.*s", STR_ARG(l->q.extended_why));
    page_paragraph(&l->page, "You will have our answer by %s.", day(l, l->q.due_ms));
}

static void done(struct letter *l)
{
    page_paragraph(&l->page, "Your request has been fulfilled: the data of %s has been erased. This was completed on %s.", contacts(l, l->f.contacts),
                   day(l, l->q.ended_ms));
    what_is_erased(l);
    remaining_copies(l);
    record_kept(l);
}

static void nothing_found(struct letter *l)
{
    page_paragraph(&l->page, "We have found no data to erase that we could connect with you.");
    where_we_looked(l);
    page_paragraph(&l->page, "If you used another number, address or account with us, please tell us and we shall look again.");
    record_kept(l);
}

static void partly_done(struct letter *l)
{
    page_paragraph(&l->page, "We have erased what we may erase. Part of your data has to stay for now; this letter says what, why, and until when.");
    what_is_erased(l);
    what_stays(l);
    what_goes_on(l);
    remaining_copies(l);
}

static void refusal(struct letter *l)
{
    page_paragraph(&l->page, "We cannot do what you ask. The reason: %.*s", STR_ARG(l->q.refused_why));
}

static void body(struct letter *l)
{
    bool complain = true;
    switch (l->q.state) {
    case REQUEST_RECEIVED:
    case REQUEST_VERIFYING:
    case REQUEST_ASSESSING:
    case REQUEST_RUNNING:
        if (l->q.extended_ms != TIME_NONE)
            extension(l);
        else
            acknowledgement(l);
        if (l->q.state == REQUEST_RUNNING) {
            what_is_erased(l);
            what_stays(l);
            what_goes_on(l);
        }
        complain = l->q.extended_ms != TIME_NONE;
        break;
    case REQUEST_PARTIAL:
        partly_done(l);
        break;
    case REQUEST_COMPLETED:
        if (l->f.contacts)
            done(l);
        else
            nothing_found(l);
        break;
    case REQUEST_REFUSED:
        refusal(l);
        break;
    case REQUEST_WITHDRAWN:
        page_paragraph(&l->page, "You have withdrawn your request. What had been erased by then cannot be brought back; nothing more is erased "
                                 "because of it.");
        what_is_erased(l);
        complain = false;
        break;
    case REQUEST_STATE_COUNT:
        break;
    }
    if (complain)
        how_to_complain(l);
}

enum status request_letter(struct engine *e, struct str id, bool html, struct arena *a, struct buf *out, struct err *err)
{
    struct letter l = {.e = e, .a = a};
    TRY(registry_request_get(e->registry, id, a, &l.q, err));
    TRY(letter_gather(e, &l.q, a, &l.f, err));
    struct str title = arena_fmt(a, "Your request to erase personal data: %.*s", STR_ARG(l.q.id));
    if (!title.p)
        return ARENA_FULL(err, a);
    page_begin(&l.page, out, html, title.p);
    opening_words(&l);
    body(&l);
    page_paragraph(&l.page, "Yours faithfully");
    page_end(&l.page);
    return buf_check(out, err);
}

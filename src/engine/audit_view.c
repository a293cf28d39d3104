/* audit_view.c - one entry as a line, with the contacts that its openings still name. */
#include "engine/audit_view.h"

#include "audit/commit.h"
#include "engine/opening.h"

enum { LIST_LIMIT = 20000 };

struct showing {
    struct engine *engine;
    struct arena *a;
    const struct entry *entry;
    const struct entry_view *view;
    struct audit_line *line;
};

static struct str entry_hex(const struct entry *entry, struct arena *a)
{
    struct row_key id;
    memcpy(id.b, entry->id, sizeof id.b);
    return row_key_hex(&id, a);
}

/* Text between quotes; codes and ids have no escapes, names of people are not in entries. */
static struct str field(const struct showing *s, const char *name)
{
    return entry_string(s->view, name);
}

static bool hash_of(struct str hex, struct hash *out)
{
    size_t n = sizeof out->b;
    return hex_decode(hex, out->b, &n) && n == sizeof out->b;
}

static enum status add_contact(struct showing *s, size_t *cap, struct str contact, struct err *err)
{
    void *items = s->line->contacts;
    if (s->line->contacts_n >= LIST_LIMIT)
        return OK;
    if (!arena_grow(s->a, &items, cap, s->line->contacts_n + 1, sizeof *s->line->contacts))
        return ARENA_FULL(err, s->a);
    s->line->contacts = items;
    s->line->contacts[s->line->contacts_n++] = contact;
    return OK;
}

static bool commits_to(const struct opening *o, struct str id, const char *name, struct str value, struct str hex)
{
    struct hash stands, is = commitment(o->secret, id, str_of(name), value);
    return value.p && hash_of(hex, &stands) && hash_eq(&stands, &is);
}

/* The commitment to the chain: by its first id, or by its row key while none was known. */
static bool chain_matches(const struct showing *s, const struct opening *o)
{
    struct str hex = field(s, "chain");
    if (!hex.n)
        return true;
    if (o->ids_n && commits_to(o, s->line->id, COMMIT_CHAIN, opening_contact_value(o, 0, s->a), hex))
        return true;
    return commits_to(o, s->line->id, COMMIT_CHAIN, row_key_hex(&o->owner, s->a), hex);
}

/* "ids" is a list of hex texts in order. */
static size_t ids_listed(struct str raw)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++)
        n += raw.p[i] == '"';
    return n / 2;
}

static bool ids_hold(struct str raw, const struct hash *h)
{
    char hex[2 * HASH_BYTES + 1];
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[h->b[i] >> 4];
        hex[2 * i + 1] = digits[h->b[i] & 15];
    }
    return raw.n && memmem(raw.p, raw.n, hex, sizeof hex - 1) != NULL;
}

/* Too many to be listed: the root over the first n, because ids found later were put behind them. */
static enum status show_ids_by_root(struct showing *s, const struct opening *o, struct err *err)
{
    int64_t n = 0;
    size_t cap = 0;
    struct hash stands, key = commit_key(o->secret, s->line->id, STR(COMMIT_CONTACT_ID));
    (void)entry_integer(s->view, "n", &n);
    if (n < 0 || (uint64_t)n > o->ids_n || !hash_of(field(s, "ids_root"), &stands)) {
        s->line->shown = SHOWN_MISMATCH;
        return OK;
    }
    struct hash *set = ARENA_ARRAY(s->a, struct hash, 2 * (size_t)n + 1);
    if (!set)
        return ARENA_FULL(err, s->a);
    for (size_t i = 0; i < (size_t)n; i++) {
        struct str value = opening_contact_value(o, i, s->a);
        set[i] = commit_with_key(&key, STR(COMMIT_CONTACT_ID), value);
        TRY(add_contact(s, &cap, value, err));
    }
    struct hash root = commit_root(set, (size_t)n, set + n);
    if (!hash_eq(&root, &stands))
        s->line->shown = SHOWN_MISMATCH;
    return OK;
}

static enum status show_ids(struct showing *s, const struct opening *o, struct err *err)
{
    struct str raw = entry_raw(s->view, "ids");
    size_t cap = 0, matched = 0;
    if (entry_raw(s->view, "ids_root").p)
        return show_ids_by_root(s, o, err);
    struct hash key = commit_key(o->secret, s->line->id, STR(COMMIT_CONTACT_ID));
    for (size_t i = 0; i < o->ids_n; i++) {
        struct str value = opening_contact_value(o, i, s->a);
        if (!value.p)
            return ARENA_FULL(err, s->a);
        struct hash h = commit_with_key(&key, STR(COMMIT_CONTACT_ID), value);
        if (raw.p && !ids_hold(raw, &h))
            continue;
        matched++;
        TRY(add_contact(s, &cap, value, err));
    }
    if (raw.p && matched != ids_listed(raw))
        s->line->shown = SHOWN_MISMATCH;
    return OK;
}

static enum status show_owner(struct showing *s, struct err *err)
{
    struct opening o;
    enum status st = opening_get(s->engine, &s->entry->subject, s->a, &o, err);
    if (st == E_ABSENT) {
        s->line->shown = SHOWN_DESTROYED;
        return OK;
    }
    TRY(st);
    s->line->shown = SHOWN_ALL;
    struct str matter = field(s, "matter");
    if (!field(s, "chain").n) {
        if (matter.n && o.ids_n && commits_to(&o, s->line->id, COMMIT_MATTER, o.ids[0], matter))
            s->line->matter = o.ids[0];
        else if (matter.n)
            s->line->shown = SHOWN_MISMATCH;
        return OK;
    }
    TRY(show_ids(s, &o, err));
    if (!chain_matches(s, &o))
        s->line->shown = SHOWN_MISMATCH;
    return OK;
}

/* One chain of an intent; *known false: its opening is gone. */
static enum status intent_chain(struct showing *s, const struct row_key *chain, struct hash *h, bool *known,
                                size_t *cap, struct err *err)
{
    struct opening o;
    enum status st = opening_get(s->engine, chain, s->a, &o, err);
    *known = st == OK;
    if (st == E_ABSENT)
        return add_contact(s, cap, STR_NONE, err);
    TRY(st);
    struct str value = opening_chain_value(&o, s->a);
    if (!value.p)
        return ARENA_FULL(err, s->a);
    *h = commitment(o.secret, s->line->id, STR(COMMIT_CHAIN), value);
    for (size_t i = 0; i < o.ids_n; i++)
        TRY(add_contact(s, cap, opening_contact_value(&o, i, s->a), err));
    return OK;
}

/* The chains a batch's intent names stand in the registry; their root stands in the entry. */
static enum status show_intent(struct showing *s, struct err *err)
{
    struct row_key id, *chains;
    struct hash stands;
    size_t n, cap = 0, known_n = 0;
    memcpy(id.b, s->entry->id, sizeof id.b);
    enum status st = registry_intent_chains(s->engine->registry, &id, s->a, &chains, &n, err);
    if (st == E_ABSENT) {
        s->line->shown = SHOWN_DESTROYED;
        return OK;
    }
    TRY(st);
    struct hash *set = ARENA_ARRAY(s->a, struct hash, 2 * n + 1);
    if (!set)
        return ARENA_FULL(err, s->a);
    for (size_t i = 0; i < n; i++) {
        bool known;
        TRY(intent_chain(s, &chains[i], &set[known_n], &known, &cap, err));
        known_n += known;
    }
    s->line->shown = known_n == n ? SHOWN_ALL : known_n ? SHOWN_SOME : SHOWN_DESTROYED;
    if (known_n < n)
        return OK; /* the root can be checked with all of them only */
    struct hash root = commit_root(set, n, set + n);
    if (!hash_of(field(s, "chains_root"), &stands) || !hash_eq(&root, &stands))
        s->line->shown = SHOWN_MISMATCH;
    return OK;
}

static struct str result_of(const struct showing *s)
{
    static const char *const names[] = {"verdict", "result", "state", "decision", "change", "why"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (field(s, names[i]).n)
            return field(s, names[i]);
    return STR_NONE;
}

enum status audit_line_of(struct engine *e, const struct entry *entry, struct arena *a, struct audit_line *out,
                          struct err *err)
{
    struct entry_view view;
    struct audit_line line = {.index = entry->index, .at_ms = entry->at_ms, .id = entry_hex(entry, a)};
    struct showing s = {.engine = e, .a = a, .entry = entry, .view = &view, .line = &line};
    line.body = arena_str(a, entry->body);
    if (!line.body.p || !line.id.p)
        return ARENA_FULL(err, a);
    TRY(entry_check(line.body, &view, err));
    line.type = field(&s, "type");
    line.setting = field(&s, "setting");
    line.functionality = field(&s, "functionality");
    line.actor = field(&s, "actor");
    line.request = field(&s, "request");
    line.run = field(&s, "run");
    line.result = result_of(&s);
    /* The columns beside an entry are for finding it: what is shown is what the bytes say. */
    if (!entry_integer(&view, "at", &line.at_ms) || !str_eq(field(&s, "id"), line.id))
        line.shown = SHOWN_MISMATCH;
    else if (view.type == ENTRY_INTENT)
        TRY(show_intent(&s, err));
    else if (!row_key_is_none(&entry->subject))
        TRY(show_owner(&s, err));
    else if (field(&s, "chain").n || field(&s, "matter").n)
        line.shown = SHOWN_DESTROYED;
    *out = line;
    return OK;
}

static void contacts_json(const struct audit_line *line, struct json_writer *w)
{
    bool any = line->shown == SHOWN_ALL || line->shown == SHOWN_SOME;
    jw_key(w, "contacts");
    if (!any || !line->contacts_n) {
        jw_null(w);
        return;
    }
    jw_array(w);
    for (size_t i = 0; i < line->contacts_n; i++)
        jw_string(w, line->contacts[i]); /* absent writes null: destroyed */
    jw_end(w);
}

void audit_line_json(const struct audit_line *line, bool matters, struct json_writer *w)
{
    jw_object(w);
    jw_key_int(w, "index", (int64_t)line->index);
    jw_key_time(w, "at", line->at_ms);
    jw_key_string(w, "type", line->type);
    jw_key_string(w, "setting", line->setting);
    jw_key_string(w, "functionality", line->functionality);
    jw_key_string(w, "actor", line->actor);
    contacts_json(line, w);
    jw_key_string(w, "result", line->result);
    jw_key_string(w, "request", line->request);
    jw_key_string(w, "run", line->run);
    jw_key_string(w, "id", line->id);
    if (matters)
        jw_key_string(w, "matter", line->matter);
    if (line->shown == SHOWN_MISMATCH)
        jw_key_string(w, "error", STR("the opening does not open this entry: one of them was changed"));
    jw_end(w);
}

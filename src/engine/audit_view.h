/*
 * audit_view.h - the log as people read it: its lines with contact ids while openings last, its verification, its
 * export (product.md sections 3 and 7).
 */
#ifndef EXPUNGE_AUDIT_VIEW_H
#define EXPUNGE_AUDIT_VIEW_H

#include "audit/verify.h"
#include "engine/engine.h"

/* ---- lines ---- */

/* What the openings say of an entry's commitments. */
enum shown {
    SHOWN_NONE,      /* the entry is about no contact or matter in particular */
    SHOWN_ALL,       /* contacts and matter are what was committed to */
    SHOWN_SOME,      /* of a batch: contacts whose opening was destroyed are absent strings */
    SHOWN_DESTROYED, /* nobody can say any more */
    SHOWN_MISMATCH   /* the opening does not open what stands in the entry: one of them was changed */
};
struct audit_line {
    uint64_t index;
    int64_t at_ms;
    struct str id, type, setting, functionality, actor, request, run; /* absent: the entry has none */
    struct str result; /* verdict, result, state, decision, change or why: what the type has */
    enum shown shown;
    struct str *contacts; /* SOURCE/ID */
    size_t contacts_n;
    struct str matter; /* of hold entries; for hold.view only */
    struct str body;   /* the exact bytes */
};
struct audit_filter {
    struct str user;        /* account name or id, or os:NAME@HOST */
    int64_t from_ms, to_ms; /* [from, to); TIME_NONE: open */
    struct str functionality;
    struct str type;            /* absent: any */
    struct str contact, source; /* ID or SOURCE/ID */
    bool newest_first;
    bool has_after; /* only entries behind this place in the order */
    uint64_t after;
    size_t max; /* 0: 1000 */
};
/* E_INVALID: no entry has, or will have, that type or functionality; the text names those there are. */
enum status audit_filter_check(const struct audit_filter *f, struct err *err) MUST_USE;
/* Lines in the arena. *more: there are others behind the last one. With `contact`: what names its chain, and the
 * intents that these entries answer. E_ABSENT: no such contact was ever known. */
enum status audit_list(struct engine *e, const struct audit_filter *f, struct arena *a, struct audit_line **out,
                       size_t *n, bool *more, struct err *err) MUST_USE;
/* One entry, with its contacts. E_INVALID: its bytes are no entry. */
enum status audit_line_of(struct engine *e, const struct entry *entry, struct arena *a, struct audit_line *out,
                          struct err *err) MUST_USE;
/* One object: index, at, type, setting, functionality, actor, contacts, result, request (product.md section 3), and id,
 * run, and with `matters` matter. contacts: list of ids, null for what was destroyed; null when none is known. A
 * mismatch adds "error". */
void audit_line_json(const struct audit_line *line, bool matters, struct json_writer *w);

/* ---- verification ---- */

struct audit_check {
    struct verify_report report; /* origin, vkey, size, root, checkpoint_verified, entries_verified, meaning */
    bool with_openings;          /* of the registry; a folder has none */
    struct {
        uint64_t present, destroyed, missing, wrong;
    } openings;       /* entries, by what became of their opening */
    uint64_t pending; /* entries not yet covered by a signed head */
    bool ok;
    struct str why; /* when not ok: what, where, expected and got */
};
/* The registry's own log: entries against the signed head, commitments against their openings. OK: the question was
 * answered, also with no (exit status 4 is the caller's). */
enum status audit_check_registry(struct engine *e, const struct verify_how *how, struct arena *a,
                                 struct audit_check *out, struct err *err) MUST_USE;
/* A published folder; needs neither registry nor configuration. vkeys: texts of trusted keys. */
enum status audit_check_folder(const char *dir, const struct str *vkeys, size_t n,
                               const struct verify_how *how, struct arena *a, struct audit_check *out,
                               struct err *err) MUST_USE;
/* origin, vkey, size, root, checkpoint_verified, entries_verified, openings, intents_open, open_intents (the oldest, at most
 * VERIFY_OPEN_MAX), ok (and pending, error). */
void audit_check_json(const struct audit_check *c, struct json_writer *w);

/* ---- export ---- */

struct audit_export {
    struct audit_filter filter; /* max is not heeded: everything that matches */
    struct str recipient;       /* to whom, as a code: stands in the log */
    bool contacts;              /* write lines.jsonl with contact ids: a disclosure */
    bool matters;
};
/* Makes DIR with entries.jsonl (exact bytes, one entry a line: SHA-256 of a zero byte and the line is its leaf hash),
 * lines.jsonl (the same as `audit list`, with contact ids only when asked for), checkpoint, and manifest.json (filter,
 * rows, digests, origin, vkey). Records a DISCLOSED entry. E_CONFLICT: DIR exists already. */
enum status audit_export(struct engine *e, const struct audit_export *x, const char *dir, struct arena *a,
                         uint64_t *rows, struct err *err) MUST_USE;

#endif
